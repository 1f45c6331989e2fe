"""What starts runs from outside: hooks with their inbox, and schedules; and who is told of them: subscriptions."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE "event_deliveries" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "subscription_id" UUID NOT NULL,
    "execution_id" UUID,
    "type" VARCHAR(50) NOT NULL,
    "payload" JSONB NOT NULL,
    "status" VARCHAR(20) NOT NULL DEFAULT 'pending',
    "tries" INT NOT NULL DEFAULT 0,
    "attempts" JSONB NOT NULL,
    "next_at" TIMESTAMPTZ,
    CONSTRAINT "uid_event_deliv_org_id_fd35b0" UNIQUE ("org_id", "id")
);
CREATE INDEX "idx_event_deliv_org_id_54742b" ON "event_deliveries" ("org_id", "subscription_id", "id");
CREATE INDEX "idx_event_deliv_org_id_81a922" ON "event_deliveries" ("org_id", "execution_id");
COMMENT ON TABLE "event_deliveries" IS 'The outbox: an event for one subscription. `tries` counts since it last began; `attempts` tells of each.';
CREATE TABLE "hooks" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "flow_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "enabled" BOOL NOT NULL DEFAULT True,
    "token_hash" BYTEA NOT NULL,
    "verification" VARCHAR(20) NOT NULL DEFAULT 'none',
    "signing_secret" VARCHAR(500),
    "dedupe" VARCHAR(20) NOT NULL DEFAULT 'preset',
    "dedupe_header" VARCHAR(100),
    "inputs_from" VARCHAR(20) NOT NULL DEFAULT 'request',
    "answer" VARCHAR(20) NOT NULL DEFAULT 'at-once',
    "timeout_seconds" SMALLINT NOT NULL DEFAULT 30,
    CONSTRAINT "uid_hooks_org_id_263feb" UNIQUE ("org_id", "id")
);
CREATE INDEX "idx_hooks_org_id_b13367" ON "hooks" ("org_id", "flow_id", "id");
CREATE INDEX "idx_hooks_org_id_d85080" ON "hooks" ("org_id", "user_id");
COMMENT ON TABLE "hooks" IS 'An address that starts runs of a flow. Of its token only the hash is kept.';
CREATE TABLE "hook_deliveries" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "hook_id" UUID NOT NULL,
    "delivery_id" VARCHAR(255),
    "headers" JSONB NOT NULL,
    "query" JSONB NOT NULL,
    "body" BYTEA NOT NULL,
    "outcome" VARCHAR(20) NOT NULL DEFAULT 'accepted',
    "problem" JSONB,
    "execution_id" UUID,
    CONSTRAINT "uid_hook_delive_org_id_870c06" UNIQUE ("org_id", "id")
);
CREATE INDEX "idx_hook_delive_org_id_f44ca8" ON "hook_deliveries" ("org_id", "hook_id", "id");
CREATE INDEX "idx_hook_delive_org_id_c52348" ON "hook_deliveries" ("org_id", "execution_id");
COMMENT ON TABLE "hook_deliveries" IS 'The inbox: a request whose signature was right, as it came. Accepted ones are unique by `delivery_id`.';
CREATE TABLE "schedules" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "flow_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "cron" VARCHAR(200) NOT NULL,
    "time_zone" VARCHAR(100) NOT NULL DEFAULT 'UTC',
    "overlap" VARCHAR(20) NOT NULL DEFAULT 'skip',
    "catch_up_seconds" INT NOT NULL DEFAULT 3600,
    "inputs" JSONB NOT NULL,
    "paused" BOOL NOT NULL DEFAULT False,
    "note" VARCHAR(500),
    "next_at" TIMESTAMPTZ,
    "last_at" TIMESTAMPTZ,
    "buffered_at" TIMESTAMPTZ,
    "due_at" TIMESTAMPTZ,
    "skipped" BIGINT NOT NULL DEFAULT 0,
    "last_error" JSONB,
    CONSTRAINT "uid_schedules_org_id_4a7bab" UNIQUE ("org_id", "id")
);
CREATE INDEX "idx_schedules_org_id_c6e89a" ON "schedules" ("org_id", "flow_id", "id");
CREATE INDEX "idx_schedules_org_id_57fe6f" ON "schedules" ("org_id", "user_id");
COMMENT ON TABLE "schedules" IS '`next_at` is the next tick. `due_at` says when to look at the schedule: then, or when what runs has ended.';
CREATE TABLE "subscriptions" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "url" VARCHAR(2000) NOT NULL,
    "description" VARCHAR(2000),
    "events" JSONB NOT NULL,
    "flow_id" UUID,
    "secret" VARCHAR(200) NOT NULL,
    "previous_secret" VARCHAR(200),
    "previous_until" TIMESTAMPTZ,
    "active" BOOL NOT NULL DEFAULT True,
    "disabled_reason" VARCHAR(500),
    "failing_since" TIMESTAMPTZ,
    CONSTRAINT "uid_subscriptio_org_id_69eb1c" UNIQUE ("org_id", "id")
);
CREATE INDEX "idx_subscriptio_org_id_81e074" ON "subscriptions" ("org_id", "flow_id");
COMMENT ON TABLE "subscriptions" IS 'Who is told of events. While a secret is being replaced, both sign.';

ALTER TABLE hooks ADD CONSTRAINT hooks_verification_known
    CHECK (verification IN ('none', 'github', 'stripe', 'slack', 'standard'));
ALTER TABLE hooks ADD CONSTRAINT hooks_verified_by_secret
    CHECK ((verification = 'none') = (signing_secret IS NULL));
ALTER TABLE hooks ADD CONSTRAINT hooks_dedupe_known CHECK (dedupe IN ('preset', 'header', 'none'));
ALTER TABLE hooks ADD CONSTRAINT hooks_dedupe_by_header CHECK ((dedupe = 'header') = (dedupe_header IS NOT NULL));
ALTER TABLE hooks ADD CONSTRAINT hooks_inputs_from_known CHECK (inputs_from IN ('request', 'body'));
ALTER TABLE hooks ADD CONSTRAINT hooks_answer_known CHECK (answer IN ('at-once', 'when-done'));
ALTER TABLE hooks ADD CONSTRAINT hooks_timeout_bounded CHECK (timeout_seconds BETWEEN 1 AND 50);
ALTER TABLE hook_deliveries ADD CONSTRAINT hook_deliveries_outcome_known CHECK (outcome IN ('accepted', 'refused'));
ALTER TABLE schedules ADD CONSTRAINT schedules_overlap_known CHECK (overlap IN ('skip', 'buffer', 'allow'));
ALTER TABLE schedules ADD CONSTRAINT schedules_catch_up_bounded CHECK (catch_up_seconds BETWEEN 10 AND 2678400);
ALTER TABLE schedules ADD CONSTRAINT schedules_paused_is_not_due
    CHECK (NOT paused OR (due_at IS NULL AND next_at IS NULL AND buffered_at IS NULL));
ALTER TABLE event_deliveries ADD CONSTRAINT event_deliveries_status_known
    CHECK (status IN ('pending', 'delivered', 'failed'));

ALTER TABLE hooks ADD CONSTRAINT hooks_flows_fk FOREIGN KEY (org_id, flow_id) REFERENCES flows (org_id, id);
ALTER TABLE hooks ADD CONSTRAINT hooks_users_fk FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id);
ALTER TABLE hook_deliveries ADD CONSTRAINT hook_deliveries_hooks_fk
    FOREIGN KEY (org_id, hook_id) REFERENCES hooks (org_id, id) ON DELETE CASCADE;
ALTER TABLE hook_deliveries ADD CONSTRAINT hook_deliveries_executions_fk
    FOREIGN KEY (org_id, execution_id) REFERENCES executions (org_id, id) ON DELETE CASCADE;
ALTER TABLE schedules ADD CONSTRAINT schedules_flows_fk
    FOREIGN KEY (org_id, flow_id) REFERENCES flows (org_id, id);
ALTER TABLE schedules ADD CONSTRAINT schedules_users_fk
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id);
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_organizations_fk
    FOREIGN KEY (org_id) REFERENCES organizations (id) ON DELETE CASCADE;
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_flows_fk
    FOREIGN KEY (org_id, flow_id) REFERENCES flows (org_id, id);
ALTER TABLE event_deliveries ADD CONSTRAINT event_deliveries_subscriptions_fk
    FOREIGN KEY (org_id, subscription_id) REFERENCES subscriptions (org_id, id) ON DELETE CASCADE;
ALTER TABLE event_deliveries ADD CONSTRAINT event_deliveries_executions_fk
    FOREIGN KEY (org_id, execution_id) REFERENCES executions (org_id, id) ON DELETE CASCADE;

-- Of one delivery a hook accepts the first; one that was refused may come again.
CREATE UNIQUE INDEX hook_deliveries_once ON hook_deliveries (org_id, hook_id, delivery_id)
    WHERE outcome = 'accepted';
CREATE INDEX schedules_due ON schedules (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX subscriptions_active ON subscriptions (org_id) WHERE active;
-- The runs that a hook or a schedule started, and of a schedule those that have not ended.
CREATE INDEX executions_triggered ON executions (org_id, trigger_id, id) WHERE trigger_id IS NOT NULL;
CREATE INDEX executions_scheduled ON executions (org_id, trigger_id)
    WHERE trigger = 'schedule' AND status IN ('queued', 'running', 'waiting');
ALTER TABLE schedules SET (fillfactor = 70);
ALTER TABLE event_deliveries SET (fillfactor = 70);

CREATE TRIGGER hooks_timestamps BEFORE UPDATE ON hooks
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();
CREATE TRIGGER hook_deliveries_timestamps BEFORE UPDATE ON hook_deliveries
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();
CREATE TRIGGER schedules_timestamps BEFORE UPDATE ON schedules
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();
CREATE TRIGGER subscriptions_timestamps BEFORE UPDATE ON subscriptions
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();
CREATE TRIGGER event_deliveries_timestamps BEFORE UPDATE ON event_deliveries
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();

GRANT SELECT, INSERT, UPDATE, DELETE ON hooks, hook_deliveries, schedules, subscriptions, event_deliveries
    TO tolstoy_app;
ALTER TABLE hooks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON hooks
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));
ALTER TABLE hook_deliveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON hook_deliveries
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));
ALTER TABLE schedules ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON schedules
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));
ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON subscriptions
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));
ALTER TABLE event_deliveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON event_deliveries
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

-- A UUIDv7, as the service makes them: by its id the newest is told from the oldest.
CREATE FUNCTION tolstoy.new_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
        substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid
$$;

-- A moment as the API writes it.
CREATE FUNCTION tolstoy.told(moment timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- Tells subscribers that a run has ended, or waits for somebody: one delivery for each, and its job.
CREATE FUNCTION tolstoy.execution_announced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    event text := 'execution.' || NEW.status;
    said jsonb;
    jobs bigint;
BEGIN
    PERFORM FROM public.subscriptions WHERE org_id = NEW.org_id AND active LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    said := jsonb_build_object('id', NEW.id, 'orgId', NEW.org_id, 'flowId', NEW.flow_id, 'version', NEW.version,
        'actionKey', NEW.action_key, 'userId', NEW.user_id, 'trigger', NEW.trigger, 'triggerId', NEW.trigger_id,
        'parentId', NEW.parent_id, 'status', NEW.status, 'waitingFor', NEW.waiting_for,
        'createdAt', tolstoy.told(NEW.created_at), 'startedAt', tolstoy.told(NEW.started_at),
        'finishedAt', tolstoy.told(NEW.finished_at));
    -- Standard Webhooks asks for less than 20 kB: what is too large is to be read from the execution itself
    said := said || CASE WHEN octet_length(NEW.error::text) > 4000
        THEN '{"error": null, "errorOmitted": true}' ELSE jsonb_build_object('error', NEW.error) END;
    said := said || CASE WHEN octet_length(NEW.output::text) > 14000
        THEN '{"output": null, "outputOmitted": true}' ELSE jsonb_build_object('output', NEW.output) END;
    WITH made AS (
        INSERT INTO public.event_deliveries
            (org_id, id, subscription_id, execution_id, type, payload, attempts, next_at)
        SELECT NEW.org_id, tolstoy.new_id(), id, NEW.id, event, jsonb_build_object('type', event, 'timestamp',
            tolstoy.told(clock_timestamp()), 'data', said), '[]', clock_timestamp()
        FROM public.subscriptions
        WHERE org_id = NEW.org_id AND active AND events ? event AND (flow_id IS NULL OR flow_id = NEW.flow_id)
        RETURNING id
    )
    SELECT count(tolstoy.enqueue('deliver', id, -1, NULL)) INTO jobs FROM made;
    RETURN NULL;
END $$;
CREATE TRIGGER executions_announced AFTER UPDATE OF status ON executions
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status AND (
        NEW.status IN ('succeeded', 'failed', 'cancelled')
        OR (NEW.status = 'waiting' AND NEW.waiting_for IN ('approval', 'callback'))
    )) EXECUTE FUNCTION tolstoy.execution_announced();

-- What was buffered goes when the run that it waits for has ended. The row is locked whether or not something is
-- buffered: a scheduler that is just buffering a tick holds it, and would not be seen otherwise.
CREATE FUNCTION tolstoy.scheduled_run_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.schedules SET due_at = CASE WHEN buffered_at IS NULL THEN due_at ELSE clock_timestamp() END
    WHERE org_id = NEW.org_id AND id = NEW.trigger_id AND overlap = 'buffer';
    RETURN NULL;
END $$;
CREATE TRIGGER executions_unbuffered AFTER UPDATE OF status ON executions
    FOR EACH ROW WHEN (
        NEW.trigger = 'schedule' AND NEW.status IN ('succeeded', 'failed', 'cancelled')
        AND OLD.status IS DISTINCT FROM NEW.status
    ) EXECUTE FUNCTION tolstoy.scheduled_run_ended();

-- The schedules that are the first to be due, over all organizations, and in how many seconds: below 0, they are.
CREATE FUNCTION tolstoy.due_schedules(most integer) RETURNS TABLE (org_id uuid, id uuid, seconds float8)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.org_id, s.id, extract(epoch FROM s.due_at - clock_timestamp())::float8 FROM schedules s
    WHERE s.due_at IS NOT NULL ORDER BY s.due_at LIMIT most
$$;
GRANT CREATE ON SCHEMA tolstoy TO tolstoy_clock;
GRANT SELECT (org_id, id, due_at) ON schedules TO tolstoy_clock;
CREATE POLICY clock ON schedules FOR SELECT TO tolstoy_clock USING (true);
REVOKE EXECUTE ON FUNCTION tolstoy.new_id(), tolstoy.told(timestamptz), tolstoy.execution_announced(),
    tolstoy.scheduled_run_ended(), tolstoy.due_schedules(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.new_id(), tolstoy.told(timestamptz), tolstoy.due_schedules(integer) TO tolstoy_app;
ALTER FUNCTION tolstoy.due_schedules(integer) OWNER TO tolstoy_clock;
REVOKE CREATE ON SCHEMA tolstoy FROM tolstoy_clock;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP TRIGGER executions_unbuffered ON executions;
DROP TRIGGER executions_announced ON executions;
DROP FUNCTION tolstoy.due_schedules(integer), tolstoy.scheduled_run_ended(), tolstoy.execution_announced(),
    tolstoy.told(timestamptz), tolstoy.new_id();
DROP INDEX executions_scheduled;
DROP INDEX executions_triggered;
DROP TABLE event_deliveries;
DROP TABLE subscriptions;
DROP TABLE schedules;
DROP TABLE hook_deliveries;
DROP TABLE hooks;
"""


MODELS_STATE = (
    "eJztXftz2zYS/lcw+uXSGVUT27HTpjc3Y7du67vEvkmc5vrIUBAJSTxTAAuCUdRc/vcDIE"
    "p8M4RESRS9M31YIJaPb0Fw99td4FNvxhziBYNLW7iM9l6gTz2KZ0T+kTnSRz3s+3G7ahB4"
    "5OmuWPfRbXgUCC5/y+Yx9gIimxwS2Nz1owvQ0PNUI7NlR5dO4qaQun+GxBJsQsSUcHng99"
    "97jE8s11Fnlv9930fJlgey6L1/rw5Rh3wkgZL41Bu7xHP034mugjEvdZ4e+ehzEgT6vmVf"
    "1RQ9eXQ7YuHrh+vpzvKh9I/PqqP/YOmrpPBanl23WyvZt29vfvhR91SPPLJs5oUzGvf2F2"
    "LK6Lp7GLrOQMmoYxNCCceCOAko1a1FoK+alqjJBsFDssbCiRscMsahpxTS+/s4pFpVSDAv"
    "EGwxsBknA9cJBpTMJT7/iO4zIWNZt3f31pvre8vqGSjTlrhKzFwqFLyfPi/PG6OjW3vqAt"
    "//fPn6ydnFVxoPFogJ1wc1dr3PWhALbMVqjSG3OVEAWVjkof9BHhHujBTDn5bMqMGJRAer"
    "PzZRx6oh1kf8PqzAXcGXAvyWzZ98tRuo729eXb+5v3z1b3X6WRD86WmkLu+v1ZFT3brItD"
    "5ZaobJl3r5sq9Pgt7d3P+M1E/0293tdVZ/6373v/XUPeFQMIuyuYWdJBqr5lWT7BorOPSd"
    "DRWclgQFt1TBnHxwg+j7klbvlTu5oaJYuUmpjGolSPtU5snmapT3KP/39benp2dnz0+fnl"
    "18c/7s+fPzb55+I/vqu8wfel6h+6ubn25u79OqVA2fU4DHn8S6X6pYosmv1cZvz+G/RzGY"
    "CauiLpoJEYAzA6ey53JQfj/FvBjKqHsGRnlbRwhgb4Y/Wh6hEzGVPy+eVQD6y+VrjenFs8"
    "y8fRsdOdWH0tDq/xtgu+rfQXBPnz6tga7sVQqvPpbGdyZdFlYwEZQjHEt0EOOTOhCflCN8"
    "kgOYUMdn0ce9LsRJmQ6CLIdhzZFcOZRzUE8JdggP8kj/883dbTHSCZGsqe3aAv0PeW5Qxy"
    "6LXNa24F2BrsIiZWSvMH3y6vI/Wbi/f3l3lf3+qRNcZZB3qR8KK7CnZIZN4M/KgQ4214F8"
    "RjsUxHLHRlNNSmqjyaZluO9nrpEohfRBeocFHmA52mmpA0/tnAi+aNmXU5GU44cEZ6YaRt"
    "h+mGPuWLkj7JSV9c0fmp3Osi2Y4omGTD2huv+IO77Wb0UJsRwf7Fdxy2TVrR693LtEPKQD"
    "dCMC+UZhGrhato8wddB8igUaM89j8wCNOZshgu2pPMYJeiC+QKMFWlGkgZbA8iTuZEI4ej"
    "JzJ3I86SPf6mMS6kEvo+I9X/4P+gcdEp/Z0yGyWUjVVacE2R52Z8ELKT5n/EFKz7krSIAY"
    "9RYolAOc625aELli2Z84AzT8LxtJ73SI3OWJGCVINiE21j/lmxKSP6hQzzHDi6WcPqIfeh"
    "iQP4dyDMxG0hZYPu0UB/Jf35cvo9OXz64uzAIiD7IICXn9AbpcntpR50FzV/YJhbx7dWk3"
    "kI/oY/kYzvCF7Cyfgk8wdf/SYPTlL904lqfq68vJf+SAXKhT6R+uvletKeMIg0Oc0CeWQa"
    "BB3UczgQY1TRZeIhBYhMEuryDhJlRYECmBSAlESo6DSIdISccVDJESiJS0zP82oPYTZlFd"
    "NBMiW8DZMq+6GTQ/SPu6cCoonQcSEhtNAy2DMZoRTk+ePX/2zdnFs/VEsG6pev/z7/oygc"
    "kyDEClpbpH+jQfhgoDwg2ngYQIzKrZ+POSHDAZswmRToZEapGUFRRldsRGeJlG+VNS8PlK"
    "Y5pgVQxGblqqg7NtLYb9ooJgv8jz6zGTYzB6U0IweAsR9bFUmsHozYh1b/ie1xq+5xXD9z"
    "w/fB3iF8H8ZoY9r9TWXQsd1uF9urV5e3b6/GJt2aofVUbtm1eXL1/mLduYLK47UmOJAxsI"
    "y5BAi22DZVSigJBhzCOYlk4EkVAG3pGU2ie+puUZ9WfTq7u7lyla7eomw7bcvn11df36yY"
    "kGW3ZyRQkJozMbjFJRYomtsiDaZufuOw2ChULiaAJ8LAHpJ1ukn3DOChy6ctjXAoD65qgv"
    "w95m1Hos0yFGbc8cu85AMKAx1/2P3bRrjLlcpnoYQBgLAIYrG5n8afbqRwLHDuCeX/alY2"
    "GZo52SA9DNQHcnVDrLxm5KSg48lS97KnMs7KkxzAkpALkOyK6Qd2GNi2zkckojI9Y98q15"
    "bmOOH8gGyUQJsQYyiVqGeZfSiRyCHc+lm+g4Iwp6brOebUxt4lmcSGSDDTNAi08Bem+33j"
    "1PFXFIs9nmpEDnVy7FfFGm8Zxw1jpZCBJ0i0a9iriitXbl1/Hq5vby9a9rZmmt4pd3tz9d"
    "FXBLV7/eX1/m3R6+2YuXloT3rc3v29ilbjDdSM0ZUdBz2/Tctmq6l2zSqyqoU8f7tWrqLI"
    "9NatbV3VGCsBBk5gtVDoaRNAX8ARpyYjPuEGeIuCprU7VsuraMTqSJ+LfgOzQMQp/wgOg+"
    "jJIAzYnsFFJHVZeNFvJUUj+hHOG9zGja1zVrlIW1pvgrVt1ur7NKu4QCMCgAgwKwln6YoA"
    "DsESkYCsCgAKxl1jsUgB0IzawVWBfSrBzgmuVqiG9al5CU6WBJzU7yuiGt86BpnUbIJ0Qg"
    "xRASO48L9SMufziOPAGo6G12CWR59yajddUfUlq+PFQjJjkPb6nznJA4dt+5sWRZhwjsek"
    "YWREIEvmWbf8tWUY8CAqgqxTApBjmGX84xjENHhkCnBQHqGlBDasQjIK4hNeJx6Hn1Tm5S"
    "4JEUhHK6TSMW69fFWAVZSdCBiQ5akiD0o6ffzFxikG7vVyUEqVDLHrZvzGTRQH4I5IdA+g"
    "Dkh4CCIT8E8kMeN/ENG9TtdoO65J0ZwJwR62KYYTcbG+1/ieYWTcSNBRv8cOQt/VJzPAtl"
    "O+TXNgayeh94SKmqkE/vtlQT6fITANytIwh+iV6GEp7gl/hdqaYLVm/VjmmDRBLo6jV+n9"
    "6jCYiFFhhyQCw8Wr8TiIWOKxiIBSAWjpdYOFjhSTfhPGK/tkX+QIqZYXY4I0U721dk1CVk"
    "oB5ii5y6mCQwN1+yspCd0mYrJtbWqKC8q2IzlIwclMy1hs64ccjMZ4JQe/EvsugVMBqZHv"
    "0qUsON+6pyvrrbjVOEaTAnfLmD9zjajpoTX77zqtMADZfW2XpTbd/DQvab/S1ArqMlOAv1"
    "9tyhCORdILV7dXKT64Jdxvd11S+wMwYbYye8eVhTpBvUDvgpTVb+mFUdd7fg+PT8vE5A7v"
    "y8PB6njuUyIyeE+9wtsrOrlkLMCMIyiEnDznAZxMJKzOq9vEqrMY/ad2xiY68pwY70rE28"
    "xoQIOI1bOI0j5hTM1VWzyEoCpo9Npw8II3XQP2+JH3mX8Hp6BV5k6ni/yodM+k87CIxDmL"
    "u1vhDMTx2cnyDM/YgUDGHuPYe5IeV7tynfbcvrbG6kPz3w5oEtsVvv1ZoSBfbqfbTWRLmd"
    "KmQPqPcEexXs1c6aM2CvdlzBYK9CWmbLyF+o92yN8T/CAbFC7plgnJTpJs47KfWUs/R0CZ"
    "QB1imhToJdC2qT5TsVYvKaY3diEvTMiMEClJvHPaGGfPcTS0uohbeB9uhz1IJu71dRC2p1"
    "5z1QC+kaUDLDrmcVZSMC5wCcA7ikwDmAgoFzAM7hcXMO2kowsVzXAh100M5qeWhnFS7aWd"
    "5Hi+0wU5Q7vIPWTpDeK3/Wdu+refqMM88I3lX/Dg7fZpiclvi177AregV+rW7vV/m1c9mj"
    "Zk3guykW0WblSIupcrsXskXZrn0kr8HZBykq/0Q29jz1aIhxhClT7i7ioa7fC4XNZmRVwM"
    "cJYtQmyBWqgX0gPF8WuM8Lm/vomb0nk/smchZSyBc4vK0Evvujde3Ad++4gsF3B9/9iH33"
    "w+943U1gYcvrnMezky2vlyZuDuTyiXfV/9hn3cYWytrr3qjtHqHNZ1c40pczN/1iKVj8qs"
    "22HyXF+1lWL74QSx37HNTEggsOsd31gtd1s49SQrDowhbJRxErZQJ+QgTSvjZH3vZYsBnz"
    "kxSED0TbPhAtoeSvPxAqfiCe+4HwwkX80h36VSQ9UV2lpnVfl9Tk6++nRK2CN2IfXyBMkT"
    "6JXiGPUYKCcLTuPEBDoU47RLa0zkWAAjdixj0cCDQiE0y/Q8No23jZTRDPCxAbI4LtaZ6v"
    "3+eFzcv1ShbyS95XiuzfeE0/NdkUXirlvG9zBYgkQCQBiGaIJICCIZIAkYRHTnjn7Ze6qB"
    "aIArztC9Qcj59ogKtpgWGHawvP64VnKqIzWfbbxwuP4YLxWk4uJUSA19uCXSpbF7gq+liy"
    "JvC+x7ZPqKOgbGpcNx/VESsSpGbQcd3/sAbagZd3SlUdR5SKydSQlIG5YYu5gZKPYgM3Mi"
    "EGrHPbHMmWsM4/M/bQKyCbdXu/imOeyh4Gm8M4jmIskVCp2fLLxdU2LSHV3CxGaqe5Abob"
    "691bBHsgFDHqLfSGLVMcTFXGtdrhpXgHmOZO3Rg5nNg6b1eksCowBz4Y+GDgg1s8ywMf/I"
    "gUDHww8MEtM4Vhg+BDwbkyzwzgTIgAnLBO4l4LvQlVz14wXK8Y8wimJcGKWCq7pVO09va+"
    "kF77B41v5HR39zJlgFzdZL5Lt29fXV2/fnKi4ZadXFHyudLep6WcziILoXzXrLQc7J2VNP"
    "xM9s5SuXBj117vX1R3LsnKHXhOoYySFnPtgTvROyUERPqlBa5ORUAjJ9m9VTp2UlPlECc0"
    "i4rGEoeOHcn3danrlg7nJVLWcs9Ic4gTgt0bzCe1BvNJxWA+yQ9ml/qhCKwxZzMTuDNiBx"
    "7WnMgTBG0e18t9000QjiUODC4WX6uVWFoMrqLhWCjUl4xRx3i33wLxwzJDZ9tHojctPWtR"
    "nKyqOCN1vP+luNlGpRkuXRZIoGhyQfMpCwhSVhMWISdojgPE3clU9JH8yxXIlvc4QJe2TX"
    "w5RlQ1RYCw7LgcD2i0QMPoRhaW6wyLCzP2c9nGIm8aXijHgPAbhN8gOgPht0ekYAi/Qfit"
    "ZUymQYAjYbfURTMhAnDmaJu1gWlG2qTEukfZnJ6f13F2z8/LvV11LDN2NcdllBucEIHU4C"
    "1Sg+VD84I1y8qBXwsA7FvAPmJOAepVQbyVBITv+huG70pXvimfzstXvtk7ZxmxIS0mLX3O"
    "5FMXkO4VxV+xCKwstPlsArWizRmBLeGL39hT4oQa2hxXvD7Wr+KJg6hXTYZ4GFX7rJarR+"
    "o3Eq79MEDD5fqEQxTgRYDmU6JIO+RJ9wFhoTuvLvZC/aJ9tRi+7jZXNRW6mGKKA0TkYHDy"
    "LPF+Lw01GkASA0kMHCKQxKBgIImBJN7123P47xHUaECNxjHACTUau63RsLlZ3vqqP+BbD1"
    "9lmFl/Rdn1dUFOCR0Y6bf33zeG8E5ye9WueR72jSjcWOTA6AYPrt9i+tbGwp5aoV+edFpq"
    "3haJHjjh9OJpixY/WuaWmxDjsQSE2bYgxn0s7S3TosRY6MA1icVMbSMhtuaKEikTZkZb1L"
    "97qRE7Kc2CpbuMBvbR8Ulq34EN9JsQA/22Wb+jcDwmfCNGOCMKem6znmHfty5rV7lufqEh"
    "WUH6J4SOfRnYPXP++utGOGcF9aXlPlNaCvKJzNymtuS9JLYG6BXlviSP9yvzXxI9a+bAvJ"
    "synYLCPEfv+aT2kQoG6N3U9QjCaLmuhOoxIlJdiBPfwzZx+mjExFRXNOaTWxo6Z+NZK5BS"
    "AiklkFJyBLYHpJR0XMGQUgIpJS2zKk1yILhnQv9G3bsZUq4ZU64MKhcsIJUyeOtXIqbEuk"
    "e37wrvpYVu4njGEhCs2yJYd7DktJYN82bm5Q2WT9xu2cS2Dd89JPz4yghjYbDBWpUFop2c"
    "oncIekiFW2B7VPtEeWlg3tvsHGFbuB8KEgwqMzhiIVhV+osJHI4b6EW4LU5wYGhj5kW7N4"
    "ntJK1jjF1PL1XsRgtRmsxhOWGYwto2hbUkmnJJuGtPewVxlOhIvyqCguM+XwqdlCu2IHCR"
    "CVQYRRNK+bBCL6CACYsG+nZRhF1OPo3knpbHCz4QXkw2Vq5fX8I0dsIz2MWKRuqlMkA46t"
    "5BdHdSBiCvKAgt8LfKOZqECJA0x5Qa8Pn/NMxfCQ=="
)
