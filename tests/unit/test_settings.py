import base64
import pickle
import re
from pathlib import Path

import pytest

from tolstoy.core.settings import FIELDS, Settings, SettingsError, load, with_urls

ROOT = Path(__file__).parents[2]
URL = "postgresql://app:hunter2@db.example.com/tolstoy?sslmode=require"
SECRET = "0123456789abcdef0123456789abcdef"
APP_KEY = base64.b64encode(b"k" * 32).decode()
PRODUCTION = {
    "APP_ENV": "production",
    "AUTH_MODE": "gateway",
    "GATEWAY_SECRET": SECRET,
    "DATABASE_URL": URL,
    "APP_KEY": APP_KEY,
}


def read(**environ: str) -> Settings:
    return load(environ, dotenv=None)


def problems(dotenv: Path | None = None, /, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(environ, dotenv=dotenv)
    assert str(caught.value) == "\n".join(caught.value.args)
    return list(caught.value.args)


def test_nothing_set_gives_a_development_service_on_an_embedded_database() -> None:
    settings = read()
    assert settings == Settings()
    assert (settings.env, settings.host, settings.port, settings.workers) == (
        "development",
        "127.0.0.1",
        3000,
        1,
    )
    assert (settings.database_url, settings.direct_url, settings.data_dir) == (None, None, Path(".tolstoy"))
    assert (settings.auth_mode, settings.log_format, settings.use_aws_secrets) == (
        "headers",
        "console",
        False,
    )


def test_production_listens_everywhere_uses_every_core_and_logs_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    settings = load(PRODUCTION, dotenv=None)
    assert (settings.host, settings.workers, settings.log_format) == ("0.0.0.0", 3, "json")
    assert settings.production


def test_workers_are_all_cores_where_affinity_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 5)
    assert load(PRODUCTION, dotenv=None).workers == 5


def test_what_is_written_wins_over_what_production_would_choose() -> None:
    settings = load(PRODUCTION | {"HOST": "::1", "WORKERS": "2", "LOG_FORMAT": "console"}, dotenv=None)
    assert (settings.host, settings.workers, settings.log_format) == ("::1", 2, "console")


def test_the_environment_wins_over_a_file_and_a_file_over_dotenv(tmp_path: Path) -> None:
    secret_file, dotenv = tmp_path / "name", tmp_path / ".env"
    secret_file.write_text("from file\n")
    dotenv.write_text(f"APP_NAME=from dotenv\nPORT=4000\nLOG_LEVEL_FILE={secret_file}\nLOG_LEVEL=error\n")
    by_file = {"APP_NAME_FILE": str(secret_file)}
    assert load({"APP_NAME": "from environment"} | by_file, dotenv=dotenv).app_name == "from environment"
    assert load(by_file, dotenv=dotenv).app_name == "from file"
    settings = load({}, dotenv=dotenv)
    assert (settings.app_name, settings.port, settings.log_level) == ("from dotenv", 4000, "error")


def test_dotenv_may_name_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(URL)
    (tmp_path / ".env").write_text(f"DATABASE_URL_FILE={tmp_path / 'url'}\n")
    assert load({}, dotenv=tmp_path / ".env").database_url == URL


def test_a_file_loses_one_newline_at_its_end_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "name").write_text(" two words \n")
    assert read(APP_NAME_FILE=str(tmp_path / "name")).app_name == " two words "
    (tmp_path / "name").write_text("name\n\n")
    assert "control character" in problems(APP_NAME_FILE=str(tmp_path / "name"))[0]


def test_node_env_is_an_alias_and_the_named_one_wins() -> None:
    assert read(NODE_ENV="test").env == "test"
    assert read(NODE_ENV="test", APP_ENV="development").env == "development"
    assert problems(NODE_ENV="staging") == [
        "NODE_ENV: 'staging' is not known; write development, production or test"
    ]


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=5000\nLOG_LEVEL=\nHOST\n")
    settings = load({"PORT": "", "DATABASE_URL": ""}, dotenv=tmp_path / ".env")
    assert (settings.port, settings.log_level, settings.host) == (5000, "info", "127.0.0.1")


def test_dotenv_takes_a_dollar_sign_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/wrong")
    (tmp_path / ".env").write_text('APP_NAME="a${HOME}$b"\n')
    assert load({}, dotenv=tmp_path / ".env").app_name == "a${HOME}$b"


def test_a_broken_line_of_dotenv_is_told_by_its_number(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=3000\nAPP_NAME='open\n")
    assert problems(tmp_path / ".env") == [f"{tmp_path / '.env'}: line 2 cannot be read; write NAME=value"]


def test_a_dotenv_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"APP_NAME=\xff")
    assert "not UTF-8 text" in problems(tmp_path / ".env")[0]
    assert "Is a directory" in problems(tmp_path)[0]


def test_files_that_are_missing_empty_or_binary_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    missing, empty, binary = problems(
        APP_NAME_FILE=str(tmp_path / "none"),
        PORT_FILE=str(tmp_path / "empty"),
        DATA_DIR_FILE=str(tmp_path / "binary"),
    )
    assert missing.startswith("APP_NAME: APP_NAME_FILE names") and "No such file" in missing
    assert empty.startswith("PORT: PORT_FILE names") and "empty" in empty
    assert "not UTF-8 text" in binary


def test_all_problems_are_told_at_once_each_with_what_to_write() -> None:
    assert problems(PORT="99999", LOG_LEVEL="loud", ACCESS_LOG="maybe", DATABASE_POOL_TIMEOUT="soon") == [
        "PORT: '99999' is not a port; write a number from 1 to 65535",
        "DATABASE_POOL_TIMEOUT: 'soon' is not a time in seconds; write a number from 0.1 to 300",
        "LOG_LEVEL: 'loud' is not known; write debug, info, warning or error",
        "ACCESS_LOG: 'maybe' is neither true nor false; write true or false",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"), ("PORT", "3_000"), ("PORT", "\u0663"), ("PORT", "-1"), ("PORT", "9" * 5000),
        ("WORKERS", "0"), ("DATABASE_POOL_SIZE", "201"), ("DATABASE_POOL_TIMEOUT", "nan"),
        ("DATABASE_POOL_TIMEOUT", "1e9"), ("MAX_BODY_BYTES", "1MB"), ("HOST", "http://localhost"),
        ("HOST", "a b"), ("APP_NAME", "a\nb"), ("AWS_REGION", "Frankfurt"), ("AWS_SECRET_NAME", "my secret"),
        ("AWS_ENDPOINT_URL", "localhost:4566"), ("DATABASE_URL", "mysql://app@db/x"),
        ("GATEWAY_SECRET", "short"), ("GATEWAY_SECRET", "é" * 40), ("GATEWAY_SECRET", SECRET + "\n"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_problem_that_names_its_variable(name: str, value: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name}: ")


def test_booleans_in_any_case() -> None:
    assert all(read(ACCESS_LOG=word).access_log for word in ("true", "YES", "On", "1"))
    assert not any(read(ACCESS_LOG=word).access_log for word in ("false", "no", "OFF", "0"))


def test_the_direct_address_is_the_pooled_one_where_none_is_given() -> None:
    assert read(DATABASE_URL=URL).direct_url == URL


def test_a_direct_address_alone_is_refused() -> None:
    (problem,) = problems(DIRECT_URL=URL)
    assert problem.startswith("DATABASE_URL: is missing while DIRECT_URL is set")


def test_production_refuses_to_believe_bare_headers() -> None:
    (problem,) = problems(APP_ENV="production", DATABASE_URL=URL, APP_KEY=APP_KEY, AUTH_MODE="headers")
    assert problem.startswith("AUTH_MODE: ") and "AUTH_MODE=api-key" in problem
    assert "AUTH_MODE=gateway" in problem and "GATEWAY_SECRET=" in problem and "32" in problem


def test_production_asks_for_api_keys_unless_told_otherwise() -> None:
    assert read(APP_ENV="production", DATABASE_URL=URL, APP_KEY=APP_KEY).auth_mode == "api-key"
    assert read(APP_ENV="development").auth_mode == "headers"


def test_a_platform_key_is_long() -> None:
    assert problems(PLATFORM_KEY="x" * 31) == [
        "PLATFORM_KEY: is too short; write at least 32 random characters"
    ]


def test_gateway_needs_its_secret_and_one_complaint_about_it_is_enough() -> None:
    assert problems(AUTH_MODE="gateway") == [
        "GATEWAY_SECRET: is missing; write at least 32 random characters"
    ]
    assert problems(AUTH_MODE="gateway", GATEWAY_SECRET="x" * 31) == [
        "GATEWAY_SECRET: is too short; write at least 32 random characters"
    ]


def test_production_without_an_address_reads_it_from_aws() -> None:
    settings = read(APP_ENV="production", AUTH_MODE="gateway", GATEWAY_SECRET=SECRET)
    assert settings.use_aws_secrets and settings.database_url is None


@pytest.mark.parametrize("said", [{}, {"USE_AWS_SECRETS": "false"}])
def test_production_with_an_address_does_without_aws(said: dict[str, str]) -> None:
    settings = load(PRODUCTION | said, dotenv=None)
    assert (settings.use_aws_secrets, settings.database_url) == (False, URL)


def test_production_never_falls_back_to_the_embedded_database() -> None:
    (problem,) = problems(
        APP_ENV="production",
        AUTH_MODE="gateway",
        GATEWAY_SECRET=SECRET,
        APP_KEY=APP_KEY,
        USE_AWS_SECRETS="false",
    )
    assert problem == "DATABASE_URL: is missing; write the database's address, or USE_AWS_SECRETS=true"


def test_aws_wins_over_an_address_that_is_left_over() -> None:
    settings = read(USE_AWS_SECRETS="true", DATABASE_URL=URL, DIRECT_URL=URL)
    assert (settings.use_aws_secrets, settings.database_url, settings.direct_url) == (True, None, None)


def test_half_of_an_aws_key_pair_is_refused() -> None:
    assert problems(AWS_ACCESS_KEY_ID="AKIA")[0].startswith("AWS_SECRET_ACCESS_KEY: is missing")
    assert problems(AWS_SECRET_ACCESS_KEY="k")[0].startswith("AWS_ACCESS_KEY_ID: is missing")


def test_with_urls_changes_the_addresses_only() -> None:
    settings = with_urls(read(PORT="4000"), "pooled", "direct")
    assert (settings.database_url, settings.direct_url, settings.port) == ("pooled", "direct", 4000)


def test_no_representation_shows_a_secret() -> None:
    secrets = {
        "AWS_ACCESS_KEY_ID": "keyid",
        "AWS_SECRET_ACCESS_KEY": "keysecret",
        "AWS_SESSION_TOKEN": "keytoken",
    }
    settings = load(PRODUCTION | secrets, dotenv=None)
    for shown in (repr(settings), str(settings), str(settings.__rich_repr__())):
        assert not [secret for secret in ("hunter2", SECRET, *secrets.values()) if secret in shown]
        assert "postgresql://app:***@db.example.com:5432/tolstoy" in shown
    assert "hunter2" not in repr(with_urls(settings, "no url hunter2", "no url hunter2"))


def test_no_problem_repeats_a_secret() -> None:
    wrong = {
        "DATABASE_URL": "postgresql://app:hunter2@/x",
        "GATEWAY_SECRET": "hunter2",
        "AWS_SESSION_TOKEN": "hunter2 ",
    }
    told = problems(**wrong)
    assert len(told) == 3 and "hunter2" not in str(told)


def test_settings_and_their_errors_survive_the_way_to_another_process() -> None:
    settings = load(PRODUCTION, dotenv=None)
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert pickle.loads(pickle.dumps(SettingsError("a: b", "c: d"))).args == ("a: b", "c: d")


def known_names() -> set[str]:
    return {name for variable in FIELDS.values() for name in (variable.name, variable.alias) if name}


def test_the_example_file_names_every_variable_and_no_other() -> None:
    names = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M)
    assert sorted(names) == sorted(known_names() - {"NODE_ENV"})


def test_the_example_file_is_valid_and_changes_nothing_as_it_is() -> None:
    assert load({}, dotenv=ROOT / ".env.example") == load({}, dotenv=None)


def test_the_documentation_lists_every_variable_and_no_other() -> None:
    rows = re.findall(
        r"^\| `([A-Z0-9_]+)`(?: or `([A-Z0-9_]+)`)? \|", (ROOT / "docs/configuration.md").read_text(), re.M
    )
    assert {name for row in rows for name in row if name} == known_names()
