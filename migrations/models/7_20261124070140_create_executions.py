"""Runs, what they wait for, and what their logs tell beyond what clients write."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE "executions" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "flow_id" UUID,
    "version" INT,
    "action_key" VARCHAR(64),
    "user_id" UUID NOT NULL,
    "trigger" VARCHAR(20) NOT NULL,
    "trigger_id" UUID,
    "dedupe_key" VARCHAR(600),
    "parent_id" UUID,
    "parent_path" VARCHAR(500),
    "depth" SMALLINT NOT NULL DEFAULT 0,
    "status" VARCHAR(20) NOT NULL DEFAULT 'queued',
    "parked" BOOL NOT NULL DEFAULT False,
    "inputs" JSONB NOT NULL,
    "output" JSONB,
    "error" JSONB,
    "job_id" BIGINT,
    "epoch" INT NOT NULL DEFAULT 0,
    "claims" INT NOT NULL DEFAULT 0,
    "seq" BIGINT NOT NULL DEFAULT 0,
    "status_seq" BIGINT NOT NULL DEFAULT 0,
    "signalled" BOOL NOT NULL DEFAULT False,
    "watched" BOOL NOT NULL DEFAULT False,
    "waiting_for" VARCHAR(20),
    "wake_at" TIMESTAMPTZ,
    "deadline_at" TIMESTAMPTZ,
    "cancel_requested_at" TIMESTAMPTZ,
    "callback_secret" BYTEA NOT NULL,
    "started_at" TIMESTAMPTZ,
    "finished_at" TIMESTAMPTZ,
    CONSTRAINT "uid_executions_org_id_6c7550" UNIQUE ("org_id", "id"),
    CONSTRAINT "uid_executions_org_id_f0d1b7" UNIQUE ("org_id", "dedupe_key")
);
CREATE INDEX "idx_executions_org_id_42871e" ON "executions" ("org_id", "flow_id", "id");
CREATE INDEX "idx_executions_org_id_1a3c19" ON "executions" ("org_id", "status", "id");
CREATE INDEX "idx_executions_org_id_5ca36f" ON "executions" ("org_id", "parent_id");
COMMENT ON TABLE "executions" IS 'A run. Its transitions, and what follows from each, are kept by functions and a trigger (migrations 9 and 10).';
CREATE TABLE "waits" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "execution_id" UUID NOT NULL,
    "step_key" VARCHAR(500) NOT NULL,
    "round" INT NOT NULL DEFAULT 1,
    "kind" VARCHAR(20) NOT NULL,
    "due_at" TIMESTAMPTZ,
    "needed" SMALLINT NOT NULL DEFAULT 1,
    "decisions" JSONB NOT NULL,
    "outcome" JSONB,
    "closed_at" TIMESTAMPTZ,
    CONSTRAINT "uid_waits_org_id_418c99" UNIQUE ("org_id", "id"),
    CONSTRAINT "uid_waits_org_id_1870c8" UNIQUE ("org_id", "execution_id", "step_key", "round")
);
COMMENT ON TABLE "waits" IS 'What a step waits for: a time, approvals, a callback or another run. `outcome` is there once it is over.';
ALTER TABLE "actions" ADD "on_unknown" VARCHAR(10) NOT NULL DEFAULT 'retry';
ALTER TABLE "execution_logs" ADD "started_at" TIMESTAMPTZ;
ALTER TABLE "execution_logs" ADD "details" JSONB;
ALTER TABLE "execution_logs" ADD "finished_seq" BIGINT;
ALTER TABLE "execution_logs" ADD "finished_at" TIMESTAMPTZ;
ALTER TABLE "execution_logs" ADD "started_seq" BIGINT;
ALTER TABLE "execution_logs" ADD "kind" VARCHAR(20);
ALTER TABLE "execution_logs" ADD "superseded" BOOL NOT NULL DEFAULT False;
ALTER TABLE "execution_logs" ADD "attempt" INT NOT NULL DEFAULT 1;
ALTER TABLE "execution_logs" ADD "recorded" BOOL NOT NULL DEFAULT False;
ALTER TABLE "execution_logs" ALTER COLUMN "flow_id" DROP NOT NULL;
ALTER TABLE "flows" ADD "max_running_executions" INT;
ALTER TABLE "organizations" ADD "max_running_executions" INT NOT NULL DEFAULT 100;

ALTER TABLE actions ADD CONSTRAINT actions_on_unknown_known CHECK (on_unknown IN ('retry', 'fail'));
ALTER TABLE organizations ADD CONSTRAINT organizations_max_running_bounded
    CHECK (max_running_executions BETWEEN 1 AND 10000);
ALTER TABLE flows ADD CONSTRAINT flows_max_running_bounded CHECK (max_running_executions BETWEEN 1 AND 10000);
ALTER TABLE executions ADD CONSTRAINT executions_status_known
    CHECK (status IN ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'));
ALTER TABLE executions ADD CONSTRAINT executions_of_flow_or_action
    CHECK ((flow_id IS NULL OR version IS NOT NULL) AND (flow_id IS NULL) = (action_key IS NOT NULL));
ALTER TABLE executions ADD CONSTRAINT executions_flows_fk
    FOREIGN KEY (org_id, flow_id) REFERENCES flows (org_id, id);
ALTER TABLE executions ADD CONSTRAINT executions_users_fk
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id);
ALTER TABLE waits ADD CONSTRAINT waits_executions_fk
    FOREIGN KEY (org_id, execution_id) REFERENCES executions (org_id, id) ON DELETE CASCADE;

-- A run is changed a dozen times and most columns are in no index: room on its page keeps those changes out of them.
ALTER TABLE executions SET (fillfactor = 70);
ALTER TABLE execution_logs SET (fillfactor = 85);
-- What takes a place of the organization's, what waits for one, and what is due.
CREATE INDEX executions_active ON executions (org_id, status, flow_id)
    WHERE status IN ('queued', 'running') AND NOT parked;
CREATE INDEX executions_parked ON executions
    (org_id, coalesce(flow_id, '00000000-0000-0000-0000-000000000000'::uuid), id) WHERE parked;
CREATE INDEX executions_due ON executions (wake_at) WHERE status = 'waiting';

CREATE TRIGGER executions_timestamps BEFORE UPDATE ON executions
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();
CREATE TRIGGER waits_timestamps BEFORE UPDATE ON waits
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();

GRANT SELECT, INSERT, UPDATE, DELETE ON executions, waits TO tolstoy_app;
ALTER TABLE executions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON executions
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));
ALTER TABLE waits ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON waits
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP TABLE waits;
DROP TABLE executions;
ALTER TABLE organizations DROP COLUMN max_running_executions;
ALTER TABLE flows DROP COLUMN max_running_executions;
ALTER TABLE actions DROP COLUMN on_unknown;
DELETE FROM execution_logs WHERE flow_id IS NULL;
ALTER TABLE execution_logs ALTER COLUMN flow_id SET NOT NULL;
ALTER TABLE execution_logs RESET (fillfactor);
ALTER TABLE execution_logs DROP COLUMN kind, DROP COLUMN attempt, DROP COLUMN details, DROP COLUMN recorded,
    DROP COLUMN superseded, DROP COLUMN started_at, DROP COLUMN finished_at, DROP COLUMN started_seq,
    DROP COLUMN finished_seq;
"""


MODELS_STATE = (
    "eJztXftz27gR/lcw+uV8M6rGb+fSTmeknO/OrR+dxEl6d8lQEAlJrCmAAcEoapr/vQBEiQ"
    "+RDCFLMkXvzD0sAB8f3wLg7mIX+NqaMId4QadrC5fR1kv0tUXxhMg/MjVt1MK+H5erAoEH"
    "nm6KdRtdhgeB4PK3LB5iLyCyyCGBzV0/ugENPU8VMls2dOkoLgqp+ykklmAjIsaEy4o//2"
    "wxPrJcR11Z/vdjGyVLHsis9fGjqqIO+UIChfjaGrrEc/TfiaaCMS91nRb54nMSBPq5ZVtV"
    "FL159Dhi5uuXa+nG8qX0j2+qof9g6buk+JpfXZdbC+zbt1c//6JbqlceWDbzwgmNW/szMW"
    "Z02TwMXaejMKpuRCjhWBAnQaV6tIj0RdGcNVkgeEiWXDhxgUOGOPSUQFp/G4ZUiwoJ5gWC"
    "zTo246TjOkGHkqnk5+/RcyYwlnV7d2+9uby3rJaBMG3Jq+TMpULR+/Xb/LoxO7q0pW7w6r"
    "fu64OT8x81HywQI64rNXetbxqIBbZiscaU25wogiwsVqn/WdYId0Ly6U8jM2JwImhn8cc6"
    "4lgUxPKIx8OC3AV9KcJv2fTgx+1QfX91c/nmvnvzL3X5SRB88jRT3ftLVXOsS2eZ0oO5ZJ"
    "gc1PPBvrwIen91/xtSP9Efd7eXWfkt293/0VLPhEPBLMqmFnaSbCyKF0WyaSzg0HfWFHAa"
    "CQKuqYA5+ewG0fclLd6eO7qiIl+4SVRGtJKkXQrzaH0xymeU//vLT8fHJycXx4cn5y/OTi"
    "8uzl4cvpBt9VOuVl2UyL539evV7X1alKrgW4rw+JNY9UsVIzb5tVp79Dz99ygmM6FVVGUz"
    "AQE6M3QqfW6FyldjzPOpjJpnaJSPtYcEtib4i+UROhJj+fP8tITQd93XmtPz08y8fRvVHO"
    "uqNLX6/wbcLto3kNzjw8MK7MpWhfTqujS/E2mysJyJoJjhGNFAjo+qUHxUzPDRCsGEOj6L"
    "Pu5VKU5iGkiy7IYVe3JpV16hekywQ3iwyvQ/3tzd5jOdgGRVbdcW6H/Ic4MqellkstaF7x"
    "J2FRcpJXvB6cFN999Zul9d3/Wy3z91gV6GeZf6obACe0wm2IT+LA5ksL4M5DvaoSCWOzSa"
    "alKotSabmvG+m7lGshTSB2kd5liAxWynUU88tXMi+KxmX07lpBw+JHxmqmCA7Ycp5o61Us"
    "OOWVHb1arJ8SRbgikeacrUG6rnj3zHl3pUFDiW48p2mW+ZLJpVcy+3uoiHtIOuRCBHFKaB"
    "q7FthKmDpmMs0JB5HpsGaMjZBBFsj2UdJ+iB+AINZmjhIg00AsuLuKMR4ehg4o5kf9I1P+"
    "k6SXWnlRHxjm//gX6gfeIze9xHNgupuuuYINvD7iR4KeFTxh8kespdQQLEqDdDoezgXDfT"
    "QOSKeXvidFD/P2wgrdM+cucXYpQgWYTYUP+UIyUk8i8sPtAJns1xuka/dD8gn/qyD0wGUh"
    "eYv+0YB/Jf35eD0WnLd1c3ZgGRlSxiQt6/g7rzSzvqOmjqyjahkE+vbi2fpO9j+RZO/+UH"
    "6so3ZHyEqftfTUZb/kKqcCgv1da3k//IDjlTl9I/5PvJZ9WSMl5hcIgT+sQyWGhQz7GZhQ"
    "Y1TebeIhBYhME27yD5JlRYsFICKyWwUrIfjnRYKWm4gGGlBFZKamZ/G7j2E2pRVTYTkEfQ"
    "WTOrejNsfpb6de5UUDgPJBBrTQM1ozGaEY6PTi9OX5ycny4ngmVJ2fhfHevzACbLcAEqjW"
    "qe02fzy1BhQLjhNJCAwKyaXX+eOwdM+mwC0sglkUpOyhIXZbbHRnyZrvKnUPD5SnOa8KoY"
    "9Nw0qoGzbSUP+3mJg/181b8ee3IMem8KBJ03l1EfS6EZ9N4MrHnd96xS9z0r6b5nq93XIX"
    "4ezW8m2PMKdd0l6GkN3sNHq7cnxxfnS81W/ShTat/cdK+vVzXb2FlctafGiCdWEOZLAjXW"
    "DebLEjkOGcY8gmnhRBCBMvQOJGqX/JqmZ1SfTXt3d9cpt1rvKuNtuX1707t8fXCkyZaNXF"
    "HghNGRDUahKDHiUVEQddNzdx0GwUIheTQhPkZA+Mkjwk84ZzkGXTHtSwCwvj7r82VvM9d6"
    "jGmQR23HPnYdgWDgxly233fVbmOey3mohwGFMQA4XOjI5JPZ0I8A+07gjgf73LCwzNlO4Y"
    "B0M9LdEZXGsrGZksKBpfJ9S2WKhT02pjmBApKrkOwK+RTWME9HLnZpZGDNc75t3rcxxQ9k"
    "jWCiBGwDkUQ147xJ4UQOwY7n0nVknIGCnOssZxtTm3gWJ5LZYM0I0PxLgNzrLXfPU0kcUm"
    "22OcmRec+lmM+KJL4CzmonM0GCZrlRe5GvaCld+XXsXd12X/++9CwtRXx9d/trL8e31Pv9"
    "/rK7avbw9QZeGgnjrc7jbehSNxivJeYMFORcNznXLZvumo1aZQl1qr5dKafO8tioYl7dHS"
    "UIC0EmvlDpYBhJVcDvoD4nNuMOcfqIq7Q2lcumc8voSKqIPwR/Rf0g9AkPiG7DKAnQlMhG"
    "IXVUdtlgJi8l5RPKHt7K9KZd3bNCWlhtkr9i0W33PouwS0gAgwQwSACr6YcJEsCekYAhAQ"
    "wSwGqmvUMC2BOxmdUCq1KaxQGvWV8N8U3zEpKYBqbUbCWuG8I6nzSs04j5BARCDCGwc79Y"
    "3+P0h/2IE4CM3s1ugSyf3qS3LtpDSMv3u2rkSV6lt9B4TiD23XbeWLCsQwR2PSMNIgGBb9"
    "n637LFqkeOA6gsxDAJgxjD78cYxktHhkSngUB1BaohNOIZOK4hNOJ5yHkxJtdJ8EgCIZ1u"
    "3RWL5XAxFkEWCTIwkUFNAoR+8fTIXAkM0uXtsoAgtdSyg+MbM1E0EB8C8SEQPgDxISBgiA"
    "+B+JDn7fiGA+q2e0Bd8skMaM7AmrjMsJ2DjXa/RXONJuKNLTb44cCb26XmfOZiG2TXboxk"
    "NR54SKnKkE+ftlSR6eILAN21cxC8iwZDgZ/gXTxWyt0Fi1G1ZbdBIgh0MYw/ps9oAsdCDR"
    "Q5cCw8W7sTHAsNFzA4FsCxsL+OhSdLPGkmnXts19bIHkh5ZpgdTkjeyfYlEXUJDORDPCKm"
    "LnYSmKsvWSxEp9RZi4mlNchJ7yo5DCWDg5S52rgzrhwy8Zkg1J79k8xaOR6NTIt2mVPDjd"
    "uqdL6qx41ThGkwJXx+gvcwOo6aE1+OedWog/pz7Wx5qLbvYSHbTX4IkOtoBGehPp47FIF8"
    "CqROr04ecp1zyviu7vod74zBwdgJax72FGmGawfslE1m/phlHTc34fj47KzKgtzZWfF6nK"
    "pbiYwcEe5zN0/PLtsKMQOEbRCTip3hNoi5mZjlZ3kVZmPute24iYO9xgQ70rI2sRoTEDAa"
    "H2E0DpiTM1eXzSILBEwf604fsIzUQPu8JnbkXcLqaeVYkan6dpkNmbSftrAwDsvctbWFYH"
    "5q4PwEy9zPSMCwzL3jZW4I+d5uyHfd4jo319MPn/jwwJrorfdqT4kcffU+2muiWE8VsgXk"
    "e4K+CvpqY9UZ0FcbLmDQVyEss2bOX8j3rI3yP8ABsULumXCcxDST562kespZejwnyoDrFK"
    "iRZFei2mT7TsWYvOfQHZksemZgsAHl+uuekEO+/YmlJq6Ft4G26FdcC7q8XeZaULs778C1"
    "kM4BJRPselZeNCL4HMDnACYp+BxAwOBzAJ/D8/Y5aC3BRHNdAhpooJ1UstBOSky0k1UbLd"
    "bDTFlu8AlaW2F6p/6zultfm3efceYZ0bto38DuuxlPTk3s2vfYFa0cu1aXt8vs2qlsUTEn"
    "8P0Yi+iwcqRhKt3upSxRumsbyXtw9llC5Z/Ixp6nXg0xjjBlytxFPNT5e6Gw2YQsEvg4QY"
    "zaBLlCFbDPhK+mBe7yxuY2eubsyeS5iZyFFOIFnl5XAtv92Zp2YLs3XMBgu4Ptvse2+9Of"
    "eN1MYuHI6xWLZytHXs9V3BWSiyfeRft9n3U3tlHWTs9GrXcP3Xx0hSNtOXPVL0bB5ld11v"
    "0oyT/PsnzzhRi173PQJjZccIjtLje8rhp9lALBpguPCD6KvFIm5CcgEPa1PvO2x4L1PD9J"
    "IHwg6vaBqIlLvku4a49bOU75qKZd5pbHcZvabLVQ+EHNNUFzPqZRR3+cC3qbyuhGNPtiZ3"
    "PhJsPFyn7xLsON0Pe3sSeaGlQGDEfNG8juUSV7/6jE3j9atfflHYXhrs4JCKiKhgrLk37M"
    "vv0fKe9A5g=="
)
