"""What AUTH_MODE=oidc is told: an issuer that can be trusted, and signatures that nobody else can make."""

import pytest

from tests.unit.test_settings import problems, read


def test_oidc_needs_an_issuer_to_trust_and_what_its_tokens_are_for() -> None:
    issuer, audience = problems(AUTH_MODE="oidc")
    assert issuer.startswith("OIDC_ISSUER: is missing") and audience.startswith("OIDC_AUDIENCE: is missing")
    for address in (
        "http://id.example.com",
        "https://",
        "https://id.example.com/?a=b",
        "https://u@id.example.com",
    ):
        (problem,) = problems(AUTH_MODE="oidc", OIDC_AUDIENCE="a", OIDC_ISSUER=address)
        assert problem.startswith(f"OIDC_ISSUER: {address!r} is not an address to trust"), address
    good = {"AUTH_MODE": "oidc", "OIDC_AUDIENCE": "a", "OIDC_ISSUER": "https://id.example.com"}
    (problem,) = problems(**good, OIDC_REFRESH="600", OIDC_MAX_AGE="599")
    assert problem.startswith("OIDC_MAX_AGE: is less than OIDC_REFRESH")


@pytest.mark.parametrize(
    "algorithms", ["none", "HS256", "RS256,HS512", "RS256, none", "NONE", "ES256K", " , "]
)
def test_no_algorithm_is_taken_of_which_the_verifier_could_sign(algorithms: str) -> None:
    good = {"AUTH_MODE": "oidc", "OIDC_AUDIENCE": "a", "OIDC_ISSUER": "https://id.example.com"}
    (problem,) = problems(**good, OIDC_ALGORITHMS=algorithms)
    assert problem.startswith("OIDC_ALGORITHMS: ")
    assert "none" not in map(str.lower, read(**good).oidc_algorithms)
    assert all(name[:2] in ("RS", "PS", "ES", "Ed") for name in read(**good).oidc_algorithms)
