from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE "actions" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "tool_id" UUID NOT NULL,
    "key" VARCHAR(64) NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "method" VARCHAR(10) NOT NULL,
    "endpoint" VARCHAR(2000) NOT NULL,
    "headers" JSONB,
    "input_schema" JSONB,
    "execute_if" VARCHAR(2000),
    CONSTRAINT "uid_actions_org_id_1584d7" UNIQUE ("org_id", "id"),
    CONSTRAINT "uid_actions_org_id_e7f1b9" UNIQUE ("org_id", "key")
);
CREATE INDEX "idx_actions_org_id_35bb5f" ON "actions" ("org_id", "tool_id", "id");
CREATE TABLE "execution_logs" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "flow_id" UUID NOT NULL,
    "execution_id" UUID,
    "step_key" VARCHAR(500) NOT NULL,
    "inputs" JSONB NOT NULL,
    "outputs" JSONB,
    "error" JSONB,
    "status" VARCHAR(20) NOT NULL,
    "user_id" UUID NOT NULL,
    CONSTRAINT "uid_execution_l_org_id_032266" UNIQUE ("org_id", "id")
);
CREATE INDEX "idx_execution_l_org_id_2fa9ea" ON "execution_logs" ("org_id", "flow_id", "id");
CREATE INDEX "idx_execution_l_org_id_272573" ON "execution_logs" ("org_id", "execution_id", "id");
CREATE INDEX "idx_execution_l_org_id_e83a0d" ON "execution_logs" ("org_id", "user_id");
CREATE TABLE "flows" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "description" VARCHAR(2000),
    "version" INT NOT NULL DEFAULT 1,
    "published_version" INT,
    CONSTRAINT "uid_flows_org_id_5b7938" UNIQUE ("org_id", "id")
);
CREATE TABLE "flow_versions" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "flow_id" UUID NOT NULL,
    "version" INT NOT NULL,
    "document" JSONB NOT NULL,
    "published_at" TIMESTAMPTZ,
    "published_by" UUID,
    CONSTRAINT "uid_flow_versio_org_id_681541" UNIQUE ("org_id", "flow_id", "version"),
    CONSTRAINT "uid_flow_versio_org_id_6ab8ab" UNIQUE ("org_id", "id")
);
CREATE TABLE "idempotency_keys" (
    "id" UUID NOT NULL PRIMARY KEY,
    "org_id" UUID NOT NULL,
    "key" VARCHAR(255) NOT NULL,
    "fingerprint" BYTEA NOT NULL,
    "status" SMALLINT NOT NULL,
    "headers" JSONB NOT NULL,
    "body" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "uid_idempotency_org_id_c617f4" UNIQUE ("org_id", "key")
);
CREATE INDEX "idx_idempotency_org_id_13ca63" ON "idempotency_keys" ("org_id", "created_at");
COMMENT ON TABLE "idempotency_keys" IS 'An answer kept for its repetition. `org_id` is the platform''s id for routes outside any organization.';
CREATE TABLE "organizations" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "name" VARCHAR(200) NOT NULL
);
CREATE TABLE "tools" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "base_url" VARCHAR(2000) NOT NULL,
    "auth_type" VARCHAR(20) NOT NULL,
    "auth_config" JSONB,
    "description" VARCHAR(2000),
    CONSTRAINT "uid_tools_org_id_f2cab7" UNIQUE ("org_id", "id")
);
CREATE TABLE "users" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "email" VARCHAR(320) NOT NULL,
    "email_key" VARCHAR(320) NOT NULL,
    "name" VARCHAR(200),
    "role" VARCHAR(20) NOT NULL,
    CONSTRAINT "uid_users_org_id_9ce8ee" UNIQUE ("org_id", "id"),
    CONSTRAINT "uid_users_org_id_379664" UNIQUE ("org_id", "email_key")
);
CREATE TABLE "aerich" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "version" VARCHAR(255) NOT NULL,
    "app" VARCHAR(100) NOT NULL,
    "content" JSONB NOT NULL
);"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        """


MODELS_STATE = (
    "eJztXW1v2zYQ/iuCviwFPCO24yQbhgF2m7ZeE2do3G5tUai0RdtCJFGlqKZelv8+kpGsd0"
    "1ybFdR7ksSH+/08pxF3vOQVG5Vi+jYdNuDGTOIrf6q3Ko2sjD/I9HSUlTkOKFdGBiamtIV"
    "SR9pQ1OXUf6Zm+fIdDE36didUcPxT2B7pimMZMYdDXsRmjzb+OphjZEFZktMecOnTyqhC8"
    "3QxZH5z88tJWq5xiv182fRZOv4O3ZFxK06N7Cpy78jrowQM3YcFX93KHZded3cV5j8O/cv"
    "h60ceXOqdOY3JT/cCUfnWpNnieF1f3Rp14LYd+9GL15KT3HLU21GTM+yQ29nxZbEXrt7nq"
    "G3RYxoW2AbU8SwHoFSXJoPemC6R40bGPXwGgs9NOh4jjxTJET9be7ZMlUKI6bLyKo9IxS3"
    "Dd1t2/iG4/O7f52RGE0bX060q7OJpqkVkjnjuHLMDJsJeG/v7o8boiOtqjjB89eDtwe942"
    "cSD+KyBZWNEjv1TgYihrQwrSHkM4oFQBpiaehf8BZmWDgb/nhkIg26H9oO/tgkHYEhzEf4"
    "PATgBvDFAB+Tm4Nnu4F6Mro4u5oMLv4Uh7dc96spkRpMzkRLV1pXCevBfWYIf6jvH/b1QZ"
    "S/RpPXiviofLwcnyXzt/abfFTFNSGPEc0mNxrSo2gE5sDEXcMEe46+YYLjkZDgmiaY4m+G"
    "648v8fQOjcXIZtnJjUYlUstB2mcyO5unkV8j//XzL91ur3fSPewdn/aPTk76p4en3FdeZb"
    "rppCD3w9Gr0XgST6Uw3MUAD4fEsiNVGLHN0Wrjp+fHj0chmJGqoiyakRCAMwGnqOdSUD5f"
    "IpoNpe+egJFf1iMEULXQd83E9oIt+cfjowJA3w/eSkyPjxL99thv6cqmOLTydwVsA/8Ggt"
    "s9PCyBLvfKhVe2xfG1OGUhGR1BPsJhRAMx7pSBuJOPcCcFMLZ1h/iDe1mIozENBJl/DUt+"
    "kwu/yimolxjpmLpppP+4uhxnIx0JSZbaxowp/yqm4Zapy3zKWhe8C9AVWMSK7ADTg4vB30"
    "m4n59fDpPjnzjAMIG8YTse09zZEluoCvzJOMjB5jng9zjzGNaMeaWuJha1UWdTM9x319cI"
    "BW1+HRF0hGGKZtc3iOpaqoV0SZ5vusnqWkkLstFCwifuU9yDL2yeyZRxVM7JQs0QPmPtrS"
    "L5EweemkkWe1BBy0mec5PcbEfyFI9H5inCG9/teTwXUw10W9BtQbd9HLIe6LYNTzDotqDb"
    "1owNVBAaI6VRWTQjIQBnJmUKy8CymCbjHgBszcjTdnB1GXa0iqJ4NKaBmle/FA3tF7DQfl"
    "rwkvJJJb0rjHiQ1FI3rPettRCPVUU+EgIq1wNULkoJrYL7OgBQ3xx1lyHmZXzdi7rzIKKB"
    "nXm3nKRYICgme/JAKKpQhERCoLCrjzr70pTMM6XKSnurSI0Vlfr+RViQF0FeBPUJ5EVIMM"
    "iLIC8+vbIJFtvtb7Fd9MoqwJwIg0UaZReEfcM0uzPO7YkjEY+9I+52jk6OTnvHR+v+d20p"
    "6nbTXazjTU3DXfLiozqembEbIVu3L/AWQK4RY33vZyeHuL4Pk1fMX4M075jHRia1gu9VYo"
    "slMN0aVBbAdJ8sEQKm2/AEA9MFpvt4mS4spNkqnI+YaNWID8SkAjLzLJy1bSx/qjsaA8s7"
    "HjDdHbLW6uVLMnYLBUzNqG+TqpgwW9OM1Wr5g0EyDlYA1kbOGOnYcgjD9mz1Bq/UDEUj4d"
    "EqEjWM0FesTiyna6gDW0G2e4Opco0dpswJVQzmKhQ7/JkXTm3ly3119kUxXIUtseKYiHE/"
    "6ydXMXQZQYnHsKvwny6/Cn7AlcJjkG38g+Qh1EQ+93fW/1FnKrzeKsLmYY9UM6Qd4ClbLK"
    "zhzSLBFFG/X2aGqN/PnyASbQkWyM+PqUMzX88wNGxEVzlcMB6YwHu64j3oI0S8SKLwK+d1"
    "TcdhHY7Gg7cf1nX2urA7vxy/GmZU2sMPk7NByYWlVxYyzVzymLu49FFzx1735HhNG8WHIs"
    "Z4dTE4P0/Txh/4Coy6obpv0jglekZfXdSLBBHQfWzafcA0UgP5eU145GWE9agZLDLW3iri"
    "kFH+tIOJcZjmri0Xgv6pgf0TTHM/oQTDNPeep7lhDfL21yDXpKKaEGJmVVLSXlhBiZcPw9"
    "Y4qKSgkmrsQAuVVMMTDJUULBismSwJW+NqszVuilysedSsgnE0ppk472RXHO+ll/dAVcA6"
    "FtRIsEtBXeGVLhIxfs65sagyHZcIg7cWbT4jB9ttn8w70d+5ktGnpAVpbxVJC+I1Snv/B5"
    "DYQoapZa2TA80BNAegpKA5QIJBcwDN4WlrDrJKqFK5rgMaSNB6pRhar4Ci9dIcLazDqqLc"
    "4FdV7wTpvepndWdf25fPKDErwRv4N/Drux0lpya8doCpMVuqGczWb2kVcVsU+tRmxWFu1Z"
    "VZBGTUW/7D/TCuuvvV/A/cCZ7PSnP32uc/7fmb7RvxwO9ia5B4qCog7Ls3EN1OqeGqUzBc"
    "ddLDFT8jq/hyg0gIbFOpKIr/0MHs7j9/gil0"
)
