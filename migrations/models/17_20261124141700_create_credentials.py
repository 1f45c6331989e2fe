"""What tools are called with: sealed secrets, the tokens that OAuth2 gives for them, and which one an action takes."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE "credentials" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "tool_id" UUID NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "type" VARCHAR(20) NOT NULL,
    "is_default" BOOL NOT NULL DEFAULT False,
    "origin" VARCHAR(2000) NOT NULL,
    "details" JSONB NOT NULL,
    "hint" VARCHAR(20) NOT NULL,
    "secret" BYTEA NOT NULL,
    "state" VARCHAR(20) NOT NULL DEFAULT 'ready',
    "state_detail" VARCHAR(500),
    CONSTRAINT "uid_credentials_org_id_3f0f71" UNIQUE ("org_id", "id"),
    CONSTRAINT "uid_credentials_org_id_efdb3e" UNIQUE ("org_id", "tool_id", "id"),
    CONSTRAINT "uid_credentials_org_id_ec759d" UNIQUE ("org_id", "tool_id", "name")
);
COMMENT ON TABLE "credentials" IS 'What a tool asks callers for. `secret` is sealed and names the `origin` that it may be sent to.';
CREATE TABLE "credential_tokens" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "credential_id" UUID NOT NULL,
    "token" BYTEA,
    "refresh_at" TIMESTAMPTZ,
    "generation" BIGINT NOT NULL DEFAULT 0,
    "lease_id" UUID,
    "lease_until" TIMESTAMPTZ,
    CONSTRAINT "uid_credential__org_id_d14cad" UNIQUE ("org_id", "id"),
    CONSTRAINT "uid_credential__org_id_862e92" UNIQUE ("org_id", "credential_id")
);
COMMENT ON TABLE "credential_tokens" IS 'The access token of an OAuth2 credential, and the lease of who is fetching another.';
ALTER TABLE "actions" ADD "credential_id" UUID;

ALTER TABLE credentials ADD CONSTRAINT credentials_type_known
    CHECK (type IN ('bearer', 'basic', 'apiKey', 'oauth2'));
ALTER TABLE credentials ADD CONSTRAINT credentials_state_known CHECK (state IN ('ready', 'needsAuthorization'));
ALTER TABLE credentials ADD CONSTRAINT credentials_tools_fk
    FOREIGN KEY (org_id, tool_id) REFERENCES tools (org_id, id) ON DELETE CASCADE;
ALTER TABLE credential_tokens ADD CONSTRAINT credential_tokens_credentials_fk
    FOREIGN KEY (org_id, credential_id) REFERENCES credentials (org_id, id) ON DELETE CASCADE;
-- with the tool in it: a credential of one tool is never sent to another
ALTER TABLE actions ADD CONSTRAINT actions_credentials_fk
    FOREIGN KEY (org_id, tool_id, credential_id) REFERENCES credentials (org_id, tool_id, id);
CREATE UNIQUE INDEX credentials_default ON credentials (org_id, tool_id) WHERE is_default;

CREATE TRIGGER credentials_timestamps BEFORE UPDATE ON credentials
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();
CREATE TRIGGER credential_tokens_timestamps BEFORE UPDATE ON credential_tokens
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();

GRANT SELECT, INSERT, UPDATE, DELETE ON credentials, credential_tokens TO tolstoy_app;
ALTER TABLE credentials ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON credentials
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));
ALTER TABLE credential_tokens ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON credential_tokens
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
ALTER TABLE actions DROP CONSTRAINT actions_credentials_fk;
ALTER TABLE "actions" DROP COLUMN "credential_id";
DROP TABLE "credential_tokens";
DROP TABLE "credentials";"""


MODELS_STATE = (
    "eJztXWtz2ziy/SsofdlslVYV23Eym926VXbGu+PdxN5KnMk+MiVBJCTxmgI4ABhFOzf//Q"
    "IgJb4ZQk+K7qp5WCCaj9Mg2H26G/itN2cu8cXgypEeo73X6LcexXOi/sgd6aMeDoKkXTdI"
    "PPZNV2z6mDY8FpKr36p5gn1BVJNLhMO9IL4ADX1fNzJHdfToNGkKqfdrSIaSTYmcEa4O/O"
    "c/PcanQ8/VZ1b//aWP0i2PZNn75Rd9iLrkKxFa4rfexCO+a/5OdZWM+Znz9MjXgBMhzH2r"
    "vropfvL4duQyMA/XM53VQ5kf33TH4HForpLBKzq7aR+uZD9+vP3xL6anfuTx0GF+OKdJ72"
    "ApZ4yuu4eh5w60jD42JZRwLImbglLfWgz6qilCTTVIHpI1Fm7S4JIJDn2tkN6fJyE1qkKS"
    "+UKy5cBhnAw8VwwoWSh8/ie+z5TMcHh3/zD8cPMwHPYslOkoXBVmHpUa3t++RedN0DGtPX"
    "2BNz9dvX928fL3Bg8m5JSbgwa73jcjiCUeJmpNIHc40QANsSxC/6M6Ir05KYc/K5lTgxuL"
    "DlZ/bKKOVUOij+R9WIG7gi8D+B1bPPv9fqB+uH138+Hh6t0/9OnnQvzqG6SuHm70kXPTus"
    "y1Pos0w9RLHb3s65OgT7cPPyH9E/37/u4mr791v4d/9/Q94VCyIWWLIXbTaKyaV02qa6Lg"
    "MHA3VHBWEhTcUgVz8sUT8fclq95rb3pLZbly01I51SqQDqnMs83VqO5R/e8Pfzw/v7h4df"
    "784uUPly9evbr84fkPqq+5y+KhVzW6v7796+3dQ1aVuuFbBvDkk9j0S5VI7PJrtfHbc/zv"
    "UQJmyqpoimZKBODMwantuQKUb2aYl0MZd8/BqG7rBAHszfHXoU/oVM7Uz5cvagD9+eq9wf"
    "Tli9y8fRcfOTeHstCa/1tgu+rfQXDPnz9vgK7qVQmvOZbFd65cFlYyEVQjnEh0EOOzJhCf"
    "VSN8VgCYUDdg8ce9KcRpmQ6CrIZhw5FcO5QLUM8IdgkXRaT/9uH+rhzplEje1PYcif4P+Z"
    "5oYpfFLmtb8K5BV2ORMbJXmD57d/XPPNxv3t5f579/+gTXOeQ9GoRyKJwZmWMb+PNyoIPN"
    "daCe0QklGXoTq6kmI7XRZNMy3A8z1yiUQvqovMMSD7Aa7azUkad2TiRftvjL6XDiEio9bO"
    "uqFAS3cFhaNrg391c0/Tt5TLGRumGMnccF5u6wcISds6q+xUPz83m+BVM8NfDo59B3HbPy"
    "N2a+qaDsk4P9OtaerLo1I+57V4iHdIBupVDqxFR4RraPMHXRYoYlmjDfZwuBJpzNEcHOTB"
    "3jBD2SQKLxEq3IZ2EksDqJN50Sjp7NvakaOubIH80xNYgHvZwiD3z5z/QzHZGAObMRclhI"
    "9VVnBDk+9ubitRJfMP6opBfck0QgRv0lCtVg5qabEUSejPoTd4BG/8vG6jUaIS86EaMEqS"
    "bEJuaneitC8plK/RxzvIzkzBHz0CNBfh2pMTAfKysretoZFurfIFDvndtXz64vzARRB1mM"
    "hLr+AF1Fp3b1edDCU31Cqe5eX9oT6hEDrB7DHb1WndVT8Cmm3n8NGH31yzRO1Kn65nLqHz"
    "Ugl/pU5odn7tVoyjp24xI3DMjQIoSj72M3IRw9O5ZeQkgsQ7HPKyi41ZQ63NfpQ0E4hLkg"
    "zAVhrpOKgkCYq+MKhjAXhLlOy89Jg5myvJqimRIBrzGL5hdlwpdOBZXzQEpio2mgZTDGM8"
    "L52YtXL364ePliPRGsW+re/+K7HmWfDS2jh1mp7jF2u48hppyLptNASgRm1XzyQMQ/2IzZ"
    "lEgn41mNGOYafjk/YmO8bFM0MlLw+cpimiJuLEZuVqqDs22j8MjLmujIy2JwJCGLLEZvRg"
    "gGbymiAVZKsxi9ObHuDd/LRsP3smb4XhaHr0uCMpg/zLHvV9q6a6HjOrzPtzZvL85fvVxb"
    "tvpHnVH74d3V27dFyzbho5uO1ETiyAZCFHVosW0QBT5KCBnGfIJp5UQQC+XgHSupQ+JrW1"
    "vTfDa9vr9/m6HVrm9zbMvdx3fXN++fnRmwVSdPVpAwJi3FKo8okdgqhaVtdu6hc1hYKBWO"
    "NsAnEpA7tEXuEOesxKGrhn0tAKhvjnoUWbej1hOZDjFqB+bYTZKDBY257n/qpt3OmMsom8"
    "QCwkQAMFzZyORXu1c/Fjh1AA/8skeOxdAe7YwcgG4Hujelylm2dlMycuCpfN9TWWDpzKxh"
    "TkkByE1A9qS6i+GkzEaupjRyYt0j33bPbSzwI9kgmSgltoNMopZh3qV0Ipdg1/foJjrOiY"
    "Ke26xnB1OH+ENOFLJiwwzQ8lOA3tutd9/XdSLKbHY4KdH5tUcxX1ZpvCCct06Wkohu0ajX"
    "MVe01q76Ol7f3l29/9eaWVqr+O393V+vS7il63893FwV3R6+2YuXlYT3rc3v28SjnphtpO"
    "acKOi5bXpuW8HeWzbt1dXs6eP9RmV7Q59NG5bu3VOCsJRkHkhdcYaRMgWCARpx4jDuEneE"
    "uK6c0+VypnyNTpWJ+DvxJzQSYUC4IKYPo0SgBVGdQurqArbxUp1K6SdUI7yXG02HumaDyr"
    "PW1JclqtvvdVZpl1AABgVgUADW0g8TFIA9IQVDARgUgLXMeocCsCOhmbcCm0KalwNc81wN"
    "CWzrEtIyHSyp2UteN6R1HjWt0wr5lAikGEJi52mhfsLlD6eRJwAVvbtdv1rdvc1oXfWHlJ"
    "bvD9WYSS7CW+k8pyRO3XfeWbKsSyT2fCsLIiUC37LNv2WrqEcJAVSXYpgWgxzD7+cYJqEj"
    "S6CzggB1A6ghNeIJENeQGvE09Lx6Jzcp8EgLQjndphGL9etirYK8JOjARgctSRD6i2/ezE"
    "JikGnv1yUE6VDLAfbezGXRQH4I5IdA+gDkh4CCIT8E8kOeNvENuwvud3fB9J1ZwJwT62KY"
    "YT+7Uh1+ieYWTcQ7CzYE4diP/FJ7PEtlO+TX7gxk/T7wkFJdIZ/d0Kkh0tUnALhbRxD8HL"
    "8MFTzBz8m7Uk8XrN6qPdMGqSTQ1Wv8S3YbKCAWWmDIAbHwZP1OIBY6rmAgFoBYOF1i4WiF"
    "J92E84T92hb5AxlmhjnhnFCrtZbTMlAPsUVOXUIS2JsveVnITmmzFZNoa1xS3lWzGUpODk"
    "rmWkNn3LpkHjBJqLP8O1n2ShiNXI9+HanhJX11OV/THc0pwlQsCI82CZ/EO15zEqh3Xnca"
    "oFFkna337Q58LFW/+e8E8lwjwVlodgAPpVB3gfQG2el9tEs2Mj/UVb/DzljsvZ3y5mFNkW"
    "5QO+Cn7LLyx67quLsFx+eXl00CcpeX1fE4fayQGTklPOBemZ1dtxRiThCWQUwbdpbLIJZW"
    "Ytbv5VVZjXnSvuMuNvaaEewqz9rGa0yJgNO4hdM4Zm7JXF03i6wkYPrYdPqAMFIH/fOW+J"
    "H3Ka+nV+JFZo7363zItP+0h8A4hLlb6wvB/NTB+QnC3E9IwRDmPnCYG1K+95vy3ba8zt2N"
    "9OdH3jywJXbrg15TosRefYjXmqi2U6XqAfWeYK+CvdpZcwbs1Y4rGOxVSMtsGfkL9Z6tMf"
    "7HWJBhyH0bjNMy3cR5L6WeapaeRUBZYJ0R6iTYjaC2Wb5TI6auOfGmNkHPnBgsQLl53BNq"
    "yPc/sbSEWvgojEdfoBZMe7+OWtCrOx+AWsjWgJI59vxhWTYicA7AOYBLCpwDKBg4B+Acnj"
    "bnYKwEG8t1LdBBB+2ikYd2UeOiXRR9tMQOs0W5wzto7QXpg/Jnbfe+dk+fceZbwbvq38Hh"
    "uxsmpyV+7SfsyV6JX2va+3V+7UL1aFgT+GmGZbxZOTJiutzutWrRtmsfqWtw9kWJqj+Rg3"
    "1fPxpiHGHKtLuLeGjq90LpsDlZFfBxghh1CPKkbmBfCC+WBR7ywvY+em7vyfS+iZyFFPIF"
    "jm8rge/+ZF078N07rmDw3cF3P2Hf/fg7XncTWNjyuuDx7GXL68jELYBcPfGu+p/6rLuzhb"
    "IOujdqu0fo7rMrXOXL2Zt+iRQsftVm24+S8v0s6xdfSKROfQ7axYILLnG89YLXTbOPMkKw"
    "6MIWyUcxK2UDfkoE0r42R97xmdiM+UkLwgeibR+IllDyN18IlT8S3/tCeOkiftkO/TqSnu"
    "iuStOmr0ca8vUPM6JXwRuzr68RpsicxKyQxyhBIhyvOw/QSOrTjpCjrHMpkPBiZtzHQqIx"
    "mWL6JzSKt41X3STxfYHYBBHszIp8/SEvbF+uV7GQX/q+MmT/xmv66cmm9FIZ532bK0AkAS"
    "IJQDRDJAEUDJEEiCQ8ccK7aL80RbVEFOBtX6DmdPxEC1xtCww7XFt42Sw8UxOdybPfAV76"
    "DJeM12pyKSUCvN4W7FLVusB10ceKNYEPPbYDQl0N5a7G9e6jOnJFgjQMOq77H9dAO/LyTp"
    "mq45hSsZka0jIwN2wxN1DyVW7gRqbEgHVumyPZEtb5J8YeeyVks2nv13HMM9XDYnMY19WM"
    "JZI6NVt9ubjepiWkhpvFSO80N0D3E7N7i2SPhCJG/aXZsGWGxUxnXOsdXsp3gNndqXdGDq"
    "e2ztsXKawLzIEPBj4Y+OAWz/LABz8hBQMfDHxwy0xh2CD4WHCuzDMLOFMiACesk3jQQm9C"
    "9bOXDNdrxnyCaUWwIpHKb+kUr719KKTX/sHON3K6v3+bMUCub3PfpbuP765v3j87M3CrTp"
    "6s+FwZ73Oonc4yC6F616ysHOydlTb8bPbO0rlwE89Z71/UdC7Jyx15TqGMkhZz7cKbmp0S"
    "BFF+aYmrUxPQKEh2b5WOvdRUucQN7aKiicSxY0fqfY103dLhHCE1jPaMtIc4Jdi9wXzWaD"
    "Cf1Qzms+Jg9mgQSjGccDa3gTsnduRhzYk6gWjzuI72TbdBOJE4MrhY/kGvxNJicDUNx0Kp"
    "v2SMuta7/ZaIH5cZutg+Er1p6VmL4mR1xRmZ4/3vxc02Ks3waFQggeLJBS1mTBCkrSYsQ0"
    "7QAgvEvelM9pH6y5PIUfc4QFeOQwI1RnQ1hUBYdYzGAxov0Si+keXQc0flhRmHuezOIm8G"
    "XijHgPAbhN8gOgPhtyekYAi/QfitZUymRYAjZbc0RTMlAnAWaJu1gWlH2mTEukfZnF9eNn"
    "F2Ly+rvV19LDd2DcdllRucEoHU4C1Sg9VD85I1y6qBXwsA7FvAPmZuCep1QbyVBITv+huG"
    "7ypXvqmezqtXvjk4ZxmzIS0mLQPO1FOXkO41xV+JCKwstPlsArWiuzMCW8IXf3BmxA0NtA"
    "WueH2sX8cTi7hXQ4Z4FFf7rJarR/o3kp7zOECjaH3CERJ4KdBiRjRph3zlPiAsTefVxV7r"
    "X7SvF8M33Ra6psIUU8ywQEQNBrfIEh/20lCjASQxkMTAIQJJDAoGkhhI4n2/Pcf/HkGNBt"
    "RonAKcUKOx3xoNh9vlra/6A77N8NWG2fC/cXZ9U5AzQkdG+uPDm50hvJfcXr1rno8DKwo3"
    "ETkyuuLRC1pM3zpYOrNhGFQnnVaat2WiR044ffm8RYsfRbnlNsR4IgFhti2I8QAre8u2KD"
    "EROnJNYjlTu5MQ2+6KEimTdkZb3L97qRF7Kc2CpbusBvbJ8Ul634EN9JsSA/22Wb/jcDIh"
    "fCNGOCcKem6znmHfty5rV7tuQakhWUP6p4ROfRnYA3P+5utGOGcl9aXVPlNWCvKJ7Nymtu"
    "S9pLYG6JXlvqSP92vzX1I9G+bAfJoxk4LCfNfs+aT3kRID9Gnm+QRhFK0roXuMiVIX4iTw"
    "sUPcPhozOTMVjcXklh2dc+dZK5BSAiklkFJyArYHpJR0XMGQUgIpJS2zKm1yILhvQ//G3b"
    "sZUm4YU64NKpcsIJUxeJtXImbEuke37wvvyEK3cTwTCQjWbRGsO1pyWsuG+W7m5Q2WT9xu"
    "2cS2Dd8DJPwE2ghjodhgrcoS0U5O0XsEPaTSK7E96n2iojQw7212jrAjvS8lCQa1GRyJEK"
    "wq/d0EDtcTZhHuISdYWNqYRdHuTWJ7SeuYYM83SxV78UKUNnNYQRimsLZNYS2JprzhxFW+"
    "iYf9XkksJXW0XxdJcdb9GsdRsEQYSTXbIiweBXKw7xMu0ITxARpFJo+p9hUEq/kDYeoifX"
    "NR+e+IcW/q0VG0I5sn0Rwv0ZiozlSqk5bFWPZ+vQbxl34mzqJvpslBo5N87AYCLBBgAf4d"
    "AiygYAiwQIDlaQdYUrZCUzRTIgAnFJketghyGdjVP8b9O4nvrmv0PLG+5+K3rI4RywpCXd"
    "P3abHIJ7QZyYlEJ8fyvqLbEnu+Vbg1JQLx1i3irbPYjG06vlf9Ozm6dz1TV0UE65Z4rQwF"
    "wiKvjRd5FRLb1aOuBY6+4xeOFvht64DWOA2judca35QcBIgqA0StCxo86I1je7WRg6hLv1"
    "n4YGh2orXYskqveix08YQS09UTmKL7q1DOzlFy0r5h8zWPr8xfQXS3RVRzMSHSmemiCkyZ"
    "Ju3L96fa8TU+0890FA9n9SQj5LBQDRsjHD3+ayM7Uc1mbyt9MnVwjjiZ6IUHogjGhHGEES"
    "ULwnWnzWIQKeRLCkQgyABBBuCgIcgACoYgAwQZnjYrnrUULDAtCAK0hfhNbCE3JwLWIhvy"
    "AC1zl45AAyhbWh2dbfC5zUpCZl2bv7mJm2X31c3KweIcdotzaA/Y8iuRloFCnTI8NypmyI"
    "nCZNW2yaoljN4V4Z4z65UQefGRfh1/h5M+3yPtqhVbwl1tQ0dVTu2lc0zJlB4P9O1oqH1S"
    "zDtZgraacPpCeLm3Ws3kp0S6GALcx8am+qWyQDju3kF097IauLqiJGUx7OrcgZQI5A6c0g"
    "ph3/4f2AP6Rw=="
)
