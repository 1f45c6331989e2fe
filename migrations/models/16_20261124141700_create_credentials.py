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
    "eJztXW2T2zaS/isofYlTpVV5ZjzjrHN1VePEu5lb23MVj+Pb3aQoiIQknCiCIcCRlZz/+w"
    "EgJb7ThERJFKerduMRiebL0yDQ/XSj8edgyRzi8tGtLSjzBq/QnwMPL4n8I3dmiAbY95Pj"
    "6oDAE1c3xbqNPoYnXATytzw8xS4n8pBDuB1QP76BF7quOshs2ZB6s+RQ6NHfQ2IJNiNiTg"
    "J54t//HrBgZlFHXVn+97chSh9ZkPXgt9/UKc8hnwlXEn8OppS4jv471VQw5mauMyCf/YBw"
    "rp9btlWH4jePH0esff1yA91YvpT+8UU19BeWvksGr+jq+ri1kf348e7Hv+mW6pUnls3ccO"
    "klrf21mDNv2zwMqTNSMurcjHgkwII4KSjVo8Wgbw5FqMkDIgjJFgsnOeCQKQ5dpZDBf0xD"
    "T6sKCeZywdYjmwVkRB0+8shK4vOf8XOmZCzr/f2D9eHNg2UNDJRpS1wlZtQTCt4/v0TXTd"
    "DRRwfqBj/8dPvzs6ubbzUejItZoE9q7AZftCAW2ErUmkBuB0QBZGFRhP5HeUbQJSmHPyuZ"
    "U4MTi442f+yijs2BRB/J97ABdwNfBvD3bPXs28NA/XD37s2Hh9t3/60uv+T8d1cjdfvwRp"
    "251EfXuaPPIs0w+VFHH/v2IujT3cNPSP1E/7p//yavv227h38N1DPhUDDLYysLO2k0Noc3"
    "h2TTRMGh7+yo4KwkKLijCg7II+Xx/JJV72s6u/NEuXLTUjnVSpCOqcyL3dUon1H+85e/Xl"
    "5eXb28fH518931i5cvr797/p1sq5+yeOplje5f3/397v1DVpXqwJcM4MmU2HSmSiTanK12"
    "/npOPx8lYKasiqZopkQAzhycyp4rQPnDHAflUMbNczDKxzpDAAdL/NlyiTcTc/nz5kUNoL"
    "/c/qwxvXmRG7ffx2cu9akstPpfA2w37XsI7uXz5w3Qla0q4dXnsvgupcvCSgaCaoQTiR5i"
    "fNEE4otqhC8KABPP8Vk8uTeFOC3TQ5BlN2zYk2u7cgHqOcEOCXgR6f/6cP++HOmUSN7Upr"
    "ZA/4dcypvYZbHL2hW8a9BVWGSM7A2mz97d/k8e7h/e3r/Oz3/qAq9zyFPPD4XF7TlZYhP4"
    "83Kgg911IN/RDgWx6NRoqMlI7TTYdAz344w1EqXQW0jvsMQDrEY7K3XioT0gIlh3eOa0A+"
    "IQT1Bs6qoUBPdwWDrWuXf3VxT9O12k2Eh1YILtxQoHjlU4wy5ZVdviqeXlMn8Ee3im4VHv"
    "oZ56w8qTgNrzQRlfH50Z1vL1SZtW6focF29ElVeSPaV9r4TmibvYfhT5IQfUiO+5vHjx8s"
    "V3VzcvtjTP9kgdu7NhcqrJ8EdpgJUyadXjaEqkj/bx9XWTKev6unrGUueyo6n6qAwQjpv3"
    "EN2LRgbBRY09cFE0B+QdBSlz8qpt35TIXmZv19A+ht3blcnMp/8g69LJLDpTP5n51FqQdb"
    "Po8+DWFhxhjqj8J+QkGKH7qf4hyGeBmOeukZzN0BzzOaIcLYgvvkdjbjOpgLF+cLQk2JPX"
    "kH+JORa6ubrSNxwFzCVoRh8JHw1ySj7qjRtE0puFzdXlIWwOYXMIm59VVBXC5j1XMITNIW"
    "zeMaPUIM6bsiqaopkSATghtnvU2K40eKf0swnCiUQfMb5pAnF+dkwhfFMIOEqfp2wm83Cw"
    "rog3xhI5eCdrQfgZAlw3PcXu+9YqkTi+vnt/+/M/t87+1jR5e//+769L3P3X/3x4c5vDPH"
    "IsTYiWRALCi/uEF30qT+9gmmclWzDNz0cTZ2efu5gLS9osu7hgeVnQdJc1LX0qtthJz1lJ"
    "0HK3tey72JbKmpRkqFZ7LTkxiJ93JuTwwza3YVASdkidHdaFHpIMiYbRh0+Kt8dIJYEjzB"
    "cc2dh1ScDRlAUjNOZEXlGMFf/PCXaJg7DnIPVwXLP9YxbQGfXGEf9PBVriNZoQ2dgT8qLF"
    "oMMR7me8aq+wFK/ipNZJPk4BYQQIIwDLDGEEUDCEESCM8LR5b1h9B2GEMwojaIAM8N207y"
    "W+jeCtQTcPLuXbZy7OZfKjJ9ir8AQygvl4gpQ8JtimKdgGYYT7+7cZq+T1XW6yev/x3es3"
    "Pz+70KDLRlRUzmHKJzTpyYlEL/vyYVbGOERg6hpFaFIikAq7R4xmbrjOdNO+l7277ZE64p"
    "zKPI7qcG8iAwHf4a4BXyHhMenVW4GTr6/DTnvr6w7QoRVOVjT2GuObkuvfotHrRjPjdc3E"
    "eB3Ni50LGjywBSmtlpdvMmwWPrCEat0wiPAwJwjbNuEcaTHEpgh76P42FPNLlFx0qNl8xe"
    "NL85cT1Ww1Z4rsnxJhy0lrJhswRdoXAwcHuMev3q/eOO7O8k3GyGahJ6JAQ/T6r7TsVB52"
    "EPP0xeTJJQrIVMXDowjGlAUII4+sSKAa7RaDyC5thSDDqVkICDI8WQ4aggw9VzAEGSDI0D"
    "Efy4AV70T1jH5CKzYWcnMiYCuyIw/QMXfpBDSAtKXl2flO+YppSchX7PKcm7hZZrNuVu60"
    "8+7zc5t3tQdsOEukZSA9tAzPUM6hJbzaV3Los6IwWHVtsOoIo/fmUZpoPxKXPpKgtABJts"
    "Gwjs0jqqnUtG5LiQGZx0IxYZ9fKYJNX0RzXIoA4+Fk23iExkJddsubcerZRCXlqgUjaEJm"
    "2PsejbEQZOkL2UwQ1+WKQyPYnpczfMe6cWv1SNLP1U5dEjXglN4qqugY3wcqnwCbCGxiR+"
    "cSYBOfkIKBTQQ2sWMGt4FLU2K/NEW1RBTgLa3dbY5tXg48cUhdrsxpaZTSUpPRUigvg9cu"
    "wyX9tTrRMyUCiZ57JHqqFKywJMW2PmkrLMuwPXbf9onnKCjb6tft58WJDQmSxbbSRtu2P3"
    "faec8K36la0zGlYjI0pGVgbNhjbPDIZ7GDG5kSA9a5a45kV1jnjbk5KGOctyeHtWzzplnT"
    "utcoCL0RulMJlwH2ONWyUfrmSlV3mDLXZSuOpgFbauZWnguIrkONJmu0IQK5lsDyInQ2Iw"
    "F6tqSzKGLI0V/1uYvn35ZUvz7q7XWqKfGZPc9kmdoupkv+SoqvWLCQ0quACsKj4tuh/KQC"
    "3UwLKn5btyfOCI3/l02ka6ALZagWiiKXh+IEVSS/zZD86ukiGapChpbTZ/RLjzn5XVXwXk"
    "5U5Q39tnPM5f99OYkTZ6hZdzlUcBLnvyok5P1H6Da6tKOug1ZUtglVOQ91a8rlK/pYvoYz"
    "fqXriEu3G3v0Dw3GUP7SB6fyUkN9O/k/2SHX6lJxHXL1rLulzzrECX1iGey/rZ7jwIR9Yp"
    "od6g4SbhXiOdTlodj6AEIOEHI4B0MCQg5PSMEQcoCQQ8e8LQPuNmV5NUUzJQJMeBbNyk3W"
    "KseB6j3Wmg0DHYOxdY5L23qW4dbvWan+rZxtfwN42HOh3YhYxD8YBcUSkR7GxQ4SP1B4mV"
    "b4ykjB9JUvKrMlbgx6blaqh6NtozoFNzV1Cm5Kdg3ZkkUGvTcjBJ23FFEfi5LdQmo2Y8mK"
    "9a/7tlZmIztS+GUwf1hi1620dbdC5x7Cvbp8ebO1bNWPOqP2w7vbt2+Llu0ZJxdEUYcO2w"
    "ZR4KOEkKkr9ZcIQZm/r5f5o54fmqUeJBKQeLBH4gELhcTRBPhEAnZm2mNnpiBgJQ5dNexb"
    "AUB9d9SjyLoZtZ7I9IhROzLHrpMcDGjMbftzN+1aYy6jbBIDCBMBwHBbDPR3s08/Fjh3AI"
    "/8sUeOhWWOdkYOQDcDnc48tduSqZuSkQNP5eueygoLe24Mc0oKQG4CMhXyKaxpmY1cTWnk"
    "xPpHvrXPbazwguyQTJQSg8TzLqcTOQQ7LvV20XFOFPTcZT3b2LOJawVEIst3zAAtvwTovd"
    "t6d121TsTaZaeDEmHY8iCtYsMtD4LdPrysJHxvXf7eptSjfL6TmnOioOeu6blrC/bestmg"
    "bs2eOj9stGzPctms4dK9e4+geFmv3oYBSVPAH6FxQGwWOMQZo0CtnFPL5fTyNW8mTcRv+P"
    "dozEOfBJzoNswjHK2IbBR6jlrANlnLS0n9hEtSXK93pHu2VhjuCOvL8kVCDr0MDBaAwQIw"
    "WADW0YkJFoA9IQXDAjBYANYx6x0WgEGJuV7hqvwL03UJaZkeLqk5SF43pHWeNK3TCPmUCK"
    "QYQmLneaF+xssfziNPAFb0tmqALOTTm/TWTXtIafl6V42Z5CK8lc5zSuLcfefWkmWjrcKN"
    "LIiUCMxlu89lm6hHCQFUl2KYFoMcw6/nGCahI0Ogs4IAdQOoITXiCRDXkBrxNPS8+SZ3We"
    "CRFoTldLtGLLafi7EK8pKgAxMddCRB6G+u/jILiUH6+LAuIUiFWprlAVWjb55FA/khkB8C"
    "6QOQHwIKhvwQyA952sS3/rcAZTXxvWnfyyBNM+q7jvsuqaSWPJkBzDmxPoYZmqJdC3cB7+"
    "OXaO7QQNxasMEPJ27kl5rjWSrbI7+2NZDV9xCEnqdWyGc3dGqIdPUFAO7OEQS/xB9DBU/w"
    "S/Kt1NMFm6/qwLRBKgl08xn/lt0GCoiFDhhyQCw8Wb8TiIWeKxiIBSAWzpdYONnCk37Cec"
    "Z+bYf8gQwzw+xwSTyjWstpGVgPsUdOXUISmJsveVnITumyFZNoa1KyvKtmM5ScHCyZ6wyd"
    "8RNji0EJj6GPD+sIjLls0XTLcg/JXqbqXyC9tbZOVuLRBta6JomyFkbofqp3uhZsQbxoK2"
    "9VkWSO+Vxt1602EC/ZjrzVS59TFROoLgIkD5A8ZzR7AsnTcwUDyQMkz3kZoUDyHAxOWNQL"
    "uU1nlNtEPPXupsv1UlInXqu39Q86vFRPe5+WcjrLLITqUtJZOaginTb8TKpIP5KATqmNTR"
    "P48nInHlM85pEWB5O2SwSoXW9UFlNV0fSasiEFyf7lSh5oi1+1rbcJ1InEiTuz4q0iXXe0"
    "O8dbps8JdojRhjkFwf515otGnfmipjNfVNU1s6YBW5rAnRM7cbeON/rocL/GHl+ZdehE4s"
    "TgYvEX5tldngMVDcdCoWYy5jklecD1u6+XiJ+WGbo63UbsHYqT/UhcKm3B9aAiXrY9P/xa"
    "3ExCq5tS0jCC9jAniHoT9vmVLruvBxe0mjNOkN5lUIQBQSvMUUBnczFE8i8qkC2fcYRubZ"
    "v4so9ERfyxruGv+oOq4T+OH2RtUWdcjK4d77atRd40vEfcPwDCbxB+g/DbGURnIPzWcwVD"
    "+A3Cbx1jMg0CHCm7pSmaKRGAs0DbbA1MM9ImI9Y/yuby+rqJs3t9Xe3tqnO5vqs5LqN6pi"
    "kRSL7eI/lavnRQkotbDfxWAGDfA/YJc0pQrwvibSQgfDfcMXzHQmEzsyyAlMipOcuYDekw"
    "aekHTL51CelePZikRKAq9R77WsBWRH1bV3HnkKXPBPHs9T9IKWOcazGs44xp0lZtk2Sw7E"
    "LHbPQCBzRlgV4EERCfCKoajdA48sjGahWEWhHhu1jIdstvOKKOlgjkGEo4kv/l8inkBddI"
    "ymCP/qHzIcpXZBzlrl+hjNV2Ug054xSDB3RuP+hc4CZadKYNd3Pr70ZuB/Gep/L+JPADWr"
    "Z+uc6lyAmCZ7GrZ1G1w1V9lL5yl6uzXpO/a5we+KBOuBJATBx/+IDQcQ8jix3xI+9TXs+g"
    "xIvMnB/W+ZBp/+kABQdznhb4Qt3xhWB86uH4BKktT0jBkNpy5NQWWG562OWmXauX3V5Pf7"
    "5/qnwfymR/sOfECfXDF2zW7blae5XHrRoGO8Ye+SzkPLYNKqjfSFB7MUJjRxqr6hTHa45W"
    "c6IsO+QytkBY6Mabm71Sv7whYkHUbKVqSuliUnPMEZGdwSlGPI57a6hRBZ4EeBJgaIInAQ"
    "oGT6LzngQEolsMREONKqhR1V04gTQ4LGlgB2Z1ezbtAd9m+CrDzPojri7UFOSM0ImR/vjw"
    "Q2sIH6S2CXskgYt9E3xTIidGly+o32IHbjt93cbCnluhX110o9K8LRM9ccGNm1PziMWSPE"
    "VAq9N5EgnI5tlnaw0s7S3TooyJ0IlrMppmFZykKKPHhJnRFrfv39LQg5Smi6lxUzYpJQZb"
    "wnSZT3Ix30W/KTHQb5f1OwmnUxLsxAjnREHPXdZzFKY0VXEiBdrtsnaV6+aXGpI1pH9K6L"
    "TO0P6e0JE5fz27kSBgJfU1q32mrBSspzZzm7qS9xJO0hAVc1/S54e1+S+plg1zYD7NmU5B"
    "Ya6jNj8jj0QqYIQ+zalLEEZRXW3VYkKkutSSXBfbxBmiCRNzXdGxmNzS0jVbz1qBlBJIKY"
    "GUkjOwPSClpOcKhpQSSCnpmFVpkgMRuCb0b9y8nyHlhjHl2qByyQYaGYO3KdA5sf7R7YfC"
    "O7LQTRzPRAKCdXsE606WnNaxbt7OuLzD9lH7bRvVte57hIQfXxlhLOQ77NVVItrLIfqAoI"
    "eeoCW2R71PVJQG5r3LzhG2BX0sSTCozeBIhGBXza8mcDiU601IrYBgbmhjFkX7N4gdJK1j"
    "iqmrt2qk8UZcJmNYQRiGsK4NYR2Jpjyo8a4kivIQj4PV0RMhWxygys1XYhYQWIDAAvDOEF"
    "gABUNgAQILTzuwAKsBD8ujTDAnlmH0Ji3TT5wPElKQo/Q8AsoA64xQL8FuewWbRkzec0pn"
    "JuGbnBgkDu4ewoFY5eEHlo5QCx+59ugL1II+PqyjFlQJhCNQC8PsntNLTF2rbE8T4ByAcw"
    "CXFDgHUDBwDsA5PG3OQVsJJpbrVqCHDtpVIw/tqsZFuyr6aIkdZoqy1d9tsQ6C9FH5s657"
    "X+3TZwFzjeDdtO9h922HyemIX/sJUzEo8Wv18WGdX7uSLRovNMRCLf4TxEdaTG3a+UoeUb"
    "brEMl7BOxRiso/kY1dV72aKmyNPabcXVXWWu0CGu3OvCmbHRDEPJsgqpcTqrpXZasRj3dj"
    "cx89tx2vesrNqB+w0IN8gdPbSuC7P1nXDnz3nisYfHfw3c/Yd89ZD00hzcsBsIXdfRMzrP"
    "FaopRMDz2eg+SERyZuAeTqgXfT/txH3dbqrC5oGYA1G63TUgD70EPbz66ACmd9tv08Qpyy"
    "Amf1W7gnUuc+BrWxbbtDbMrL9+Grzj7KCMH68T2Sj2JWygT8lAikfe2OvO0yvhvzkxaECa"
    "JrE8RJKfkv/w9tXcYE"
)
