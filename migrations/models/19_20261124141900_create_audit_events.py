"""The audit log: what requests changed, a chain for each organization, written by the database at COMMIT."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
CREATE TABLE "audit_events" (
    "id" UUID NOT NULL PRIMARY KEY,
    "org_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL,
    "seq" BIGINT NOT NULL,
    "user_id" UUID,
    "action" VARCHAR(50) NOT NULL,
    "subject_type" VARCHAR(50) NOT NULL,
    "subject_id" UUID,
    "event" TEXT NOT NULL,
    "previous_hash" BYTEA NOT NULL,
    "hash" BYTEA NOT NULL,
    CONSTRAINT "uid_audit_event_org_id_90109b" UNIQUE ("org_id", "id"),
    CONSTRAINT "uid_audit_event_org_id_114798" UNIQUE ("org_id", "seq")
);
CREATE INDEX "idx_audit_event_org_id_021f77" ON "audit_events" ("org_id", "subject_id", "id");
CREATE INDEX "idx_audit_event_org_id_e2edce" ON "audit_events" ("org_id", "user_id", "id");
COMMENT ON TABLE "audit_events" IS 'A link of an organization''s chain. `event` is what is hashed; the other columns repeat it, to be searched by.';

DO $$ BEGIN
    IF to_regrole('tolstoy_audit') IS NULL THEN
        CREATE ROLE tolstoy_audit NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
-- as in 6_…_count_across_tenants: another database's migration may be at the same role
DO $$ BEGIN
    FOR attempt IN 1..20 LOOP
        BEGIN
            IF NOT pg_has_role('tolstoy_audit', 'USAGE') THEN
                GRANT tolstoy_audit TO CURRENT_USER;
            END IF;
            EXIT;
        EXCEPTION WHEN unique_violation OR internal_error THEN
            IF attempt = 20 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1 * random());
        END;
    END LOOP;
END $$;
GRANT USAGE, CREATE ON SCHEMA tolstoy TO tolstoy_audit;
GRANT USAGE ON SCHEMA public TO tolstoy_audit;
GRANT EXECUTE ON FUNCTION tolstoy.org(), tolstoy.platform(), tolstoy.new_id(), tolstoy.told(timestamptz)
    TO tolstoy_audit;
GRANT SELECT (id) ON organizations TO tolstoy_audit;

-- The service reads its organization's events. It writes none: the functions below do, as a role that nobody logs in as.
GRANT SELECT ON audit_events TO tolstoy_app;
GRANT SELECT, INSERT, DELETE ON audit_events TO tolstoy_audit;
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_events
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

-- Whoever is granted more one day, or owns the table, still has to take this away first. The events of an organization
-- that is gone go with it, by tolstoy.row_changed().
CREATE FUNCTION tolstoy.keep_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_user = 'tolstoy_audit' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit events are not changed and not deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_events_kept BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION tolstoy.keep_events();
CREATE TRIGGER audit_events_not_emptied BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION tolstoy.keep_events();

-- What an event may tell of a value by this name: not a secret, not a key's hash, and of what is large, that it was so.
CREATE FUNCTION tolstoy.redacted(name text, value jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    secret CONSTANT text := '(secret|passw|passphrase|token|authorization|cookie|credential|api.?key|private.?key'
        '|signature|cipher|encrypt|sealed|wrapped|auth.?config|hash$)';
    kind CONSTANT text := jsonb_typeof(value);
    size integer;
BEGIN
    IF kind IS NULL OR kind IN ('null', 'boolean') THEN
        RETURN value;
    ELSIF name ~* secret THEN
        RETURN '"[redacted]"';
    ELSIF kind = 'number' THEN
        RETURN value;
    END IF;
    size := octet_length(value::text);
    IF size > 8000 THEN
        RETURN jsonb_build_object('bytes', size, 'sha256', encode(sha256(convert_to(value::text, 'UTF8')), 'hex'));
    ELSIF kind = 'object' THEN
        RETURN (SELECT coalesce(jsonb_object_agg(m.key, tolstoy.redacted(m.key, m.value)), '{}')
                FROM jsonb_each(value) m);
    ELSIF kind = 'array' THEN
        RETURN (SELECT coalesce(jsonb_agg(tolstoy.redacted(name, i.value) ORDER BY i.nth), '[]')
                FROM jsonb_array_elements(value) WITH ORDINALITY i (value, nth));
    ELSIF left(value #>> '{}', 2) = '\x' THEN  -- bytes
        RETURN '"[redacted]"';
    END IF;
    RETURN to_jsonb(regexp_replace(regexp_replace(value #>> '{}',
        '\m(bearer|basic)\s+[^\s"]+', '\1 [redacted]', 'gi'),
        '([?&][^=&#\s]*(secret|token|key|passw|sig)[^=&#\s]*=)[^&#\s]+', '\1[redacted]', 'gi'));
END $$;

-- Adds the next link to an organization's chain. Writers of one organization do so one after the other, from here to
-- the end of their transaction; row_changed() therefore comes here when nothing else is left to be done.
CREATE FUNCTION tolstoy.append_event(
    of_org uuid, what text, of_type text, of_id uuid, was jsonb, becomes jsonb
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    scope text := current_setting('app.org_id', true);
    origin jsonb := nullif(current_setting('app.origin', true), '')::jsonb;
    by_user uuid := nullif(origin ->> 'userId', '')::uuid;
    moment timestamptz;
    link record;
    written text;
    made uuid := tolstoy.new_id();
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(of_org::text, 19));
    PERFORM set_config('app.org_id', of_org::text, true);
    IF of_org = tolstoy.platform() OR EXISTS (SELECT FROM organizations WHERE id = of_org) THEN
        SELECT coalesce(max(e.seq), 0) + 1 AS seq, coalesce(max(e.created_at), '-infinity') AS created_at,
               coalesce((array_agg(e.hash))[1], sha256(convert_to('tolstoy audit ' || of_org, 'UTF8'))) AS hash
        INTO link
        FROM (SELECT seq, created_at, hash FROM audit_events WHERE org_id = of_org ORDER BY seq DESC LIMIT 1) e;
        moment := greatest(clock_timestamp(), link.created_at);
        written := jsonb_build_object('id', made, 'orgId', of_org, 'seq', link.seq, 'createdAt', tolstoy.told(moment),
            'userId', by_user, 'action', what, 'subjectType', of_type, 'subjectId', of_id,
            'origin', coalesce(origin - 'userId', '{}'), 'before', was, 'after', becomes)::text;
        INSERT INTO audit_events (id, org_id, created_at, seq, user_id, action, subject_type, subject_id, event,
            previous_hash, hash)
        VALUES (made, of_org, moment, link.seq, by_user, what, of_type, of_id, written,
            link.hash, sha256(link.hash || convert_to(written, 'UTF8')));
    END IF;
    PERFORM set_config('app.org_id', coalesce(scope, ''), true);
    RETURN link.seq;
END $$;

-- Writes what a request of the API did to a row. TG_ARGV: what such a row is called, and the columns that are told of
-- (all, where none are named). Runs at COMMIT, or at the end of a statement that is a transaction of its own.
CREATE FUNCTION tolstoy.row_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    told_of CONSTANT text[] := TG_ARGV[1:];
    silent CONSTANT text[] := '{id,org_id,created_at,updated_at,revision}';
    scope CONSTANT text := current_setting('app.org_id', true);
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    held jsonb := coalesce(new_row, old_row);
    org uuid := coalesce(held ->> 'org_id', held ->> 'id')::uuid;
    what text := CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete' END;
    was jsonb;
    becomes jsonb;
BEGIN
    IF TG_TABLE_NAME = 'organizations' AND TG_OP = 'DELETE' THEN
        PERFORM set_config('app.org_id', org::text, true);
        SELECT jsonb_build_object('lastSeq', e.seq, 'lastHash', encode(e.hash, 'hex')) INTO becomes
        FROM audit_events e WHERE e.org_id = org ORDER BY e.seq DESC LIMIT 1;
        DELETE FROM audit_events WHERE org_id = org;
        PERFORM set_config('app.org_id', coalesce(scope, ''), true);
    END IF;
    IF coalesce(current_setting('app.origin', true), '') = '' THEN
        RETURN NULL;  -- no request: the engine's doing, which the execution logs tell
    END IF;
    IF TG_TABLE_NAME = 'organizations' AND TG_OP = 'DELETE' THEN
        PERFORM tolstoy.append_event(tolstoy.platform(), what, TG_ARGV[0], org, '{}', becomes);
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'users' THEN  -- people are named by their ids alone, so that they can be forgotten
        old_row := old_row - '{email,email_key,name}'::text[];
        new_row := new_row - '{email,email_key,name}'::text[];
    END IF;
    SELECT jsonb_object_agg(o.key, tolstoy.redacted(o.key, o.value)) INTO was
    FROM jsonb_each(old_row) o
    WHERE o.key <> ALL (silent) AND (told_of = '{}' OR o.key = ANY (told_of))
    AND CASE TG_OP WHEN 'UPDATE' THEN o.value IS DISTINCT FROM new_row -> o.key ELSE o.value <> 'null' END;
    SELECT jsonb_object_agg(n.key, tolstoy.redacted(n.key, n.value)) INTO becomes
    FROM jsonb_each(new_row) n
    WHERE n.key <> ALL (silent) AND (told_of = '{}' OR n.key = ANY (told_of))
    AND CASE TG_OP WHEN 'UPDATE' THEN n.value IS DISTINCT FROM old_row -> n.key ELSE n.value <> 'null' END;
    what := CASE
        WHEN TG_TABLE_NAME = 'executions' AND TG_OP = 'UPDATE' THEN
            CASE WHEN new_row ->> 'cancel_requested_at' IS NULL THEN 'resume' ELSE 'cancel' END
        WHEN TG_TABLE_NAME = 'waits' THEN
            CASE WHEN (new_row -> 'decisions' -> -1 ->> 'approved')::boolean THEN 'approve' ELSE 'reject' END
        WHEN TG_TABLE_NAME = 'flow_versions' AND TG_OP = 'UPDATE'
            AND old_row ->> 'published_at' IS NULL AND new_row ->> 'published_at' IS NOT NULL THEN 'publish'
        ELSE what
    END;
    IF TG_TABLE_NAME = 'waits' THEN  -- what was decided, and not what was said
        was := NULL;
        becomes := jsonb_build_object('execution_id', held -> 'execution_id', 'step_key', held -> 'step_key');
    END IF;
    PERFORM tolstoy.append_event(org, what, TG_ARGV[0], (held ->> 'id')::uuid, was, becomes);
    RETURN NULL;
END $$;

-- Something that changes no row and has to be known all the same, such as that a secret was shown.
CREATE FUNCTION tolstoy.note_event(what text, of_type text, of_id uuid, details jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF what IN ('create', 'update', 'delete', 'publish', 'cancel', 'resume', 'approve', 'reject') THEN
        RAISE EXCEPTION 'events of rows are written by their changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN tolstoy.append_event(tolstoy.org(), what, of_type, of_id, NULL, tolstoy.redacted('', details));
END $$;

-- Has the changes of a table be told, under this name; for those that a WHEN clause could tell apart there are more below.
CREATE FUNCTION tolstoy.audit_table(told_table regclass, called text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER INSERT OR DELETE ON %s DEFERRABLE INITIALLY DEFERRED'
        ' FOR EACH ROW EXECUTE FUNCTION tolstoy.row_changed(%L)', replace(told_table::text, '.', '_') || '_audited',
        told_table, called);
    EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER UPDATE ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW'
        ' WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.row_changed(%L)',
        replace(told_table::text, '.', '_') || '_change_audited', told_table, called);
END $$;

-- Everything that people define, also what came with the migrations just before this one. Not: what the engine and the
-- service keep for themselves, and runs, which have triggers of their own.
SELECT tolstoy.audit_table(c.oid, trim(trailing 's' FROM c.relname)) FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname !~ '(lease|state|counter|usage|bucket)'
AND c.relname NOT IN ('audit_events', 'idempotency_keys', 'executions', 'execution_logs', 'waits', 'hook_deliveries',
    'event_deliveries', 'credential_tokens', 'request_allowances', 'stored_volumes')
AND (c.relname = 'organizations'
    OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'org_id' AND NOT attisdropped));

-- Runs and logs are records themselves, of who began them and when: that they come is not told again, only what is done
-- to them afterwards. Their number would make the writers of one organization wait for each other.
CREATE CONSTRAINT TRIGGER executions_removal_audited AFTER DELETE ON executions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION tolstoy.row_changed('execution', 'flow_id', 'version', 'action_key', 'trigger',
        'status', 'user_id', 'started_at');
CREATE CONSTRAINT TRIGGER executions_cancel_audited AFTER UPDATE OF cancel_requested_at ON executions
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.cancel_requested_at IS NULL AND NEW.cancel_requested_at IS NOT NULL)
    EXECUTE FUNCTION tolstoy.row_changed('execution', 'version', 'status');
CREATE CONSTRAINT TRIGGER executions_resume_audited AFTER UPDATE OF finished_at ON executions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL AND NEW.finished_at IS NULL)
    EXECUTE FUNCTION tolstoy.row_changed('execution', 'version', 'status');
CREATE CONSTRAINT TRIGGER waits_audited AFTER UPDATE OF decisions ON waits DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.decisions IS DISTINCT FROM NEW.decisions)
    EXECUTE FUNCTION tolstoy.row_changed('approval', 'step_key');
-- Logs that clients write; those of the engine are a trail of their own.
CREATE CONSTRAINT TRIGGER execution_logs_change_audited AFTER UPDATE ON execution_logs DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NOT NEW.recorded)
    EXECUTE FUNCTION tolstoy.row_changed('execution_log', 'flow_id', 'execution_id', 'step_key', 'status');
CREATE CONSTRAINT TRIGGER execution_logs_removal_audited AFTER DELETE ON execution_logs DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NOT OLD.recorded)
    EXECUTE FUNCTION tolstoy.row_changed('execution_log', 'flow_id', 'execution_id', 'step_key', 'status');

REVOKE EXECUTE ON FUNCTION tolstoy.keep_events(), tolstoy.redacted(text, jsonb), tolstoy.row_changed(),
    tolstoy.append_event(uuid, text, text, uuid, jsonb, jsonb), tolstoy.note_event(text, text, uuid, jsonb),
    tolstoy.audit_table(regclass, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.redacted(text, jsonb) TO tolstoy_audit;
GRANT EXECUTE ON FUNCTION tolstoy.note_event(text, text, uuid, jsonb) TO tolstoy_app;
ALTER FUNCTION tolstoy.append_event(uuid, text, text, uuid, jsonb, jsonb) OWNER TO tolstoy_audit;
ALTER FUNCTION tolstoy.row_changed() OWNER TO tolstoy_audit;
ALTER FUNCTION tolstoy.note_event(text, text, uuid, jsonb) OWNER TO tolstoy_audit;
REVOKE CREATE ON SCHEMA tolstoy FROM tolstoy_audit;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP FUNCTION tolstoy.row_changed() CASCADE;
DROP FUNCTION tolstoy.audit_table(regclass, text), tolstoy.note_event(text, text, uuid, jsonb),
    tolstoy.append_event(uuid, text, text, uuid, jsonb, jsonb), tolstoy.redacted(text, jsonb);
DROP TABLE audit_events;
DROP FUNCTION tolstoy.keep_events();
REVOKE SELECT (id) ON organizations FROM tolstoy_audit;
REVOKE EXECUTE ON FUNCTION tolstoy.org(), tolstoy.platform(), tolstoy.new_id(), tolstoy.told(timestamptz)
    FROM tolstoy_audit;
REVOKE USAGE ON SCHEMA public, tolstoy FROM tolstoy_audit;
"""


MODELS_STATE = (
    "eJztXftz2zYS/lcw+qW5GZ0mtmOnTW9uxm7dq+8S+yZxmrtrOhREQhLPFMCAoBW1l//9AJ"
    "AS3wyhJ0XvTB8WiOXjWxDc/XYX+KM3Yw7xgsGlLVxGe6/QHz2KZ0T+kTvSRz3s+0m7ahB4"
    "5OmuWPfRbXgUCC5/y+Yx9gIimxwS2Nz14wvQ0PNUI7NlR5dOkqaQup9CYgk2IWJKuDzw66"
    "89xieW66gzy//+1kfplgey6P32mzpEHfKZBErij97YJZ6j/051FYx5mfP0yGefkyDQ9y37"
    "qqb4yePbEQtfP1xPd5YPpX98UR39B0tfJYNXdHbdbi1l37+/+fEn3VM98siymRfOaNLbX4"
    "gpo6vuYeg6AyWjjk0IJRwL4qSgVLcWg75silCTDYKHZIWFkzQ4ZIxDTymk95dxSLWqkGBe"
    "INhiYDNOBq4TDCiZS3z+Gt9nSsaybu/urXfX95bVM1CmLXGVmLlUKHj/+BKdN0FHt/bUBX"
    "74+fLts7OLP2k8WCAmXB/U2PW+aEEssJWoNYHc5kQBZGFRhP5HeUS4M1IOf1YypwYnFh0s"
    "/1hHHcuGRB/J+7AEdwlfBvBbNn/2p91AfX/z5vrd/eWbf6rTz4Lgk6eRury/VkdOdesi1/"
    "os0gyTL3X0sq9Ogj7c3P+M1E/0n7vb67z+Vv3u/9NT94RDwSzK5hZ20mgsm5dNsmui4NB3"
    "1lRwVhIU3FIFc/LoBvH3JaveK3dyQ0W5ctNSOdVKkPapzJP11SjvUf7vz9+dnp6dvTx9fn"
    "bx7fmLly/Pv33+reyr77J46GWN7q9u/nZze59VpWr4kgE8+SQ2/VIlEtv8Wq399hz+e5SA"
    "mbIqmqKZEgE4c3Aqe64A5Q9TzMuhjLvnYJS3dYQA9mb4s+UROhFT+fPiRQ2gv1y+1ZhevM"
    "jN27fxkVN9KAut/r8Btsv+HQT39PnzBujKXpXw6mNZfGfSZWElE0E1wolEBzE+aQLxSTXC"
    "JwWACXV8Fn/cm0KclukgyHIYNhzJtUO5APWUYIfwoIj039/d3ZYjnRLJm9quLdD/kOcGTe"
    "yy2GVtC9416CosMkb2EtNnby7/lYf7h9d3V/nvnzrBVQ55l/qhsAJ7SmbYBP68HOhgfR3I"
    "Z7RDQSx3bDTVZKTWmmxahvt+5hqJUkgfpHdY4gFWo52VOvDUzongi5Z9ORVJOX5IcWaqYY"
    "TthznmjlU4wk5ZVd/iodnpLN+CKZ5oyNQTqvuPueNr/VZUEMvJwX4dt0yW3ZrRy71LxEM6"
    "QDcikG8UpoGrZfsIUwfNp1igMfM8Ng/QmLMZItieymOcoAfiCzRaoCVFGmgJLE/iTiaEo2"
    "czdyLHkz7ynT4moR70cire8+U/0o90SHxmT4fIZiFVV50SZHvYnQWvpPic8QcpPeeuIAFi"
    "1FugUA5wrrtpQeSKqD9xBmj4XzaS3ukQudGJGCVINiE21j/lmxKSj1So55jhRSSnj+iHHg"
    "bk01COgdlI2gLR005xIP/1ffkyOn357OrCLCDyIIuRkNcfoMvo1I46D5q7sk8o5N2rS7uB"
    "fEQfy8dwhq9kZ/kUfIKp+7sGoy9/6caxPFVfX07+IwfkQp1K/3D1vWpNGUcYHOKEPrEMAg"
    "3qPrYTaFDTZOklAoFFGOzyChJuQoW1q9OHAeEQjIFgDARjjoqrh2BMxxUMwRgIxrTMxTeI"
    "HqQsr6ZopkQ2gLNljvt20HyUJnzpVFA5D6Qk1poGWgZjPCOcnrx4+eLbs4sXq4lg1VL3/h"
    "ff9ShHyjKMcWWluscrbT/SlXIumk4DKRGYVfMh7oh/MBmzKZFORl0a8aA1LGh+xMZ4mSYS"
    "ZKTg85XFNEXcGIzcrFQHZ9tGJP5FDYd/UaTwE7LIYPRmhGDwliLqY6k0g9GbE+ve8D1vNH"
    "zPa4bveXH4OsQvg/ndDHtepa27Ejqsw/t8Y/P27PTlxcqyVT/qjNp3by5fvy5atgkf3XSk"
    "JhIHNhCiqEOLbYMo8FFCyDDmEUwrJ4JYKAfvSErtE1/TCpDms+nV3d3rDK12dZNjW27fv7"
    "m6fvvsRIMtO7migoTRyRNG2S6JxEaJFm2zc/edacFCIXE0AT6RgAyXDTJcOGclDl017CsB"
    "QH191KPIuhm1nsh0iFHbM8eukxwMaMxV/2M37bbGXEbZJAYQJgKA4dJGJp/MXv1Y4NgB3P"
    "PLHjkWljnaGTkA3Qx0d0Kls2zspmTkwFP5uqcyx8KeGsOckgKQm4DsCnkX1rjMRq6mNHJi"
    "3SPfts9tzPEDWSOZKCW2hUyilmHepXQih2DHc+k6Os6Jgp7brGcbU5t4FicS2WDNDNDyU4"
    "De2613z1N1ItJstjkp0fmVSzFfVGm8IJy3ThaCBN2iUa9irmilXfl1vLq5vXz77xWztFLx"
    "67vbv12VcEtX/76/viy6PXy9Fy8rCe9bm9+3sUvdYLqWmnOioOe26bltBXuv2aRXV7Onjv"
    "cble1ZHps0LN27owRhIcjMF6riDCNpCvgDNOTEZtwhzhBxVTmnyuV0+RqdSBPxm+B7NAxC"
    "n/CA6D6MkgDNiewUUkcVsI0W8lRSP6Ec4b3caNrXNRtUnrWmvixR3W6vs0y7hAIwKACDAr"
    "CWfpigAOwJKRgKwKAArGXWOxSAHQjNvBXYFNK8HOCa52qIb1qXkJbpYEnNTvK6Ia3zoGmd"
    "RsinRCDFEBI7jwv1Iy5/OI48Aajo3e4qy/LuTUbrsj+ktHx9qMZMchHeSuc5JXHsvvPWkm"
    "UdIrDrGVkQKRH4lq3/LVtGPUoIoLoUw7QY5Bh+PccwCR0ZAp0VBKgbQA2pEU+AuIbUiKeh"
    "5+U7uU6BR1oQyunWjVisXhdjFeQlQQcmOmhJgtBPnn4zC4lBur1flxCkQi172CEyl0UD+S"
    "GQHwLpA5AfAgqG/BDID3naxDfsgbfbPfDSd2YAc06si2GG3eydtP8lmls0EW8t2OCHIy/y"
    "S83xLJXtkF+7NZDV+8BDSlWFfHZDp4ZIV58A4G4dQfBL/DJU8AS/JO9KPV2wfKt2TBukkk"
    "CXr/Fv2W2ggFhogSEHxMKT9TuBWOi4goFYAGLheImFgxWedBPOI/ZrW+QPZJgZZoczQo3W"
    "Wk7LQD3EBjl1CUlgbr7kZSE7pc1WTKKtUUl5V81mKDk5KJlrDZ1x45CZzwSh9uIfZNErYT"
    "RyPfp1pIab9FXlfE13NKcI02BOeLRJ+Dje8ZoTX77zqtMADSPrbLVvt+9hIfvNvgmQ62gJ"
    "zkK9A3goAnkXSG2Qnd5Hu2Qj831d9SvsjMHe2ylvHtYU6Qa1A37KNit/zKqOu1twfHp+3i"
    "Qgd35eHY9TxwqZkRPCfe6W2dl1SyHmBGEZxLRhZ7gMYmklZv1eXpXVmEftO25jY68pwY70"
    "rE28xpQIOI0bOI0j5pTM1XWzyFICpo91pw8II3XQP2+JH3mX8np6JV5k5ni/zodM+087CI"
    "xDmLu1vhDMTx2cnyDM/YQUDGHuPYe5IeV7tynfbcvr3N5If37gzQNbYrfeqzUlSuzV+3it"
    "iWo7VcgeUO8J9irYq501Z8Be7biCwV6FtMyWkb9Q79ka43+EA2KF3DPBOC3TTZx3UuopZ+"
    "lpBJQB1hmhToLdCGqT5TsVYvKaY3diEvTMicEClOvHPaGGfPcTS0uohfeB9ugL1IJu79dR"
    "C2p15z1QC9kaUDLDrmeVZSMC5wCcA7ikwDmAgoFzAM7haXMO2kowsVxXAh100M4aeWhnNS"
    "7aWdFHS+wwU5Q7vIPWTpDeK3/Wdu9r+/QZZ54RvMv+HRy+22FyWuLXfsCu6JX4tbq9X+fX"
    "zmWPhjWBH6ZYxJuVIy2myu1eyRZlu/aRvAZnj1JU/ols7Hnq0RDjCFOm3F3EQ12/Fwqbzc"
    "iygI8TxKhNkCtUA3skvFgWuM8Lm/voub0n0/smchZSyBc4vK0EvvuTde3Ad++4gsF3B9/9"
    "iH33w+943U1gYcvrgsezky2vIxO3AHL1xLvsf+yz7tYWytrr3qjtHqHbz65wpC9nbvolUr"
    "D4VZttP0rK97OsX3whkTr2OWgbCy44xHZXC143zT7KCMGiCxskH8WslAn4KRFI+1ofedtj"
    "wXrMT1oQPhBt+0C0hJK/fiRU/Eg895Hw0kX8sh36dSQ9UV2lpnVflzTk6++nRK2CN2KfXy"
    "FMkT6JXiGPUYKCcLTqPEBDoU47RLa0zkWAAjdmxj0cCDQiE0y/R8N423jZTRDPCxAbI4Lt"
    "aZGv3+eFzcv1KhbyS99Xhuxfe00/NdmUXirjvG9yBYgkQCQBiGaIJICCIZIAkYQnTngX7Z"
    "emqJaIArztC9Qcj59ogKtpgWGHawvPm4VnaqIzefbbxwuP4ZLxWk0upUSA19uAXapaF7gu"
    "+lixJvC+x7ZPqKOg3Na43n5URyxJkIZBx1X/wxpoB17eKVN1HFMqJlNDWgbmhg3mBko+iz"
    "XcyJQYsM5tcyRbwjr/zNhDr4Rs1u39Oo55KnsYbA7jOIqxREKlZssvF1fbtIRUc7MYqZ3m"
    "BuhurHdvEeyBUMSot9AbtkxxMFUZ12qHl/IdYLZ36q2Rw6mt83ZFCqsCc+CDgQ8GPrjFsz"
    "zwwU9IwcAHAx/cMlMYNgg+FJxL88wAzpQIwAnrJO610JtQ9ewlw/WKMY9gWhGsSKTyWzrF"
    "a2/vC+mVf7D1jZzu7l5nDJCrm9x36fb9m6vrt89ONNyykysqPlfa+7SU01lmIVTvmpWVg7"
    "2z0oafyd5ZKhdu7Nqr/YuaziV5uQPPKZRR0mKuPXAneqeEgEi/tMTVqQloFCS7t0rHTmqq"
    "HOKEZlHRROLQsSP5vka6bulwjpCyoj0jzSFOCXZvMJ80GswnNYP5pDiYXeqHIrDGnM1M4M"
    "6JHXhYcyJPELR5XEf7ppsgnEgcGFws/qxWYmkxuIqGY6FQXzJGHePdfkvED8sMnW0eiV63"
    "9KxFcbK64ozM8f7X4mZrlWa4NCqQQPHkguZTFhCkrCYsQk7QHAeIu5Op6CP5lyuQLe9xgC"
    "5tm/hyjKhqigBh2TEaD2i0QMP4RhaW6wzLCzP2c9mtRd40vFCOAeE3CL9BdAbCb09IwRB+"
    "g/Bby5hMgwBHym5pimZKBOAs0DYrA9OMtMmIdY+yOT0/b+Lsnp9Xe7vqWG7sao7LKDc4JQ"
    "KpwRukBsuH5iVrllUDvxIA2DeAfcScEtTrgnhLCQjf9dcM31WufFM9nVevfLN3zjJmQ1pM"
    "WvqcyacuId1rir8SEVhZaP3ZBGpFt2cEtoQvfmdPiRNqaAtc8epYv44nDuJeDRniYVzts1"
    "yuHqnfSLj2wwANo/UJhyjAiwDNp0SRdsiT7gPCQndeXuyV+kX7ajF83W2uaip0McUUB4jI"
    "weAUWeL9XhpqNIAkBpIYOEQgiUHBQBIDSbzrt+fw3yOo0YAajWOAE2o0dlujYXOzvPVlf8"
    "C3Gb7KMLN+j7Prm4KcETow0u/vf9gawjvJ7VW75nnYN6JwE5EDoxs8uH6L6VsbC3tqhX51"
    "0mmleVsmeuCE04vnLVr8KMotNyHGEwkIs21AjPtY2lumRYmJ0IFrEsuZ2q2E2LZXlEiZMD"
    "Pa4v7dS43YSWkWLN1lNLCPjk9S+w6sod+UGOi3zfodheMx4WsxwjlR0HOb9Qz7vnVZu8p1"
    "80sNyRrSPyV07MvA7pnz1183wjkrqS+t9pmyUpBPZOY2tSXvJbU1QK8s9yV9vF+b/5Lq2T"
    "AH5sOU6RQU5jl6zye1j1QwQB+mrkcQRtG6EqrHiEh1IU58D9vE6aMRE1Nd0VhMbtnSObee"
    "tQIpJZBSAiklR2B7QEpJxxUMKSWQUtIyq9IkB4J7JvRv3L2bIeWGMeXaoHLJAlIZg7d5JW"
    "JGrHt0+67wjix0E8czkYBg3QbBuoMlp7VsmG9nXl5j+cTNlk1s2/DdQ8KPr4wwFgZrrFVZ"
    "ItrJKXqHoIdUuCW2R71PVJQG5r3NzhG2hftYkmBQm8GRCMGq0l9N4HDcQC/CbXGCA0Mbsy"
    "javUlsJ2kdY+x6eqliN16I0mQOKwjDFNa2Kawl0ZTL0HHFtXJPeiWxlNTRfl0kBat+VuLl"
    "NNiwTfo89EFvoEYR4xNM3d/18uffBMieSi0P0FCfT5f86kpdV9fpTonzva7qZSrKgaIxH6"
    "ioCFF9RF9V/44ICgjmqu4XjRYle7rt8+of6Uf6gbtCEKpWplTSiqsf4YAg7DEa1SVLEf7o"
    "2gTN8EKeDzv6bJg6iDK1sodul/dGJ0QeaRrx6WciOwH51DQIFISj/xJb7Kl6efNLQMCpPQ"
    "EnYE+36KV3MnoHJkAhf0hOzUUXpi53KBI4bGBnW+b0QYI8B6vNPB5L2mCewrZp/CGR6CCb"
    "eN7MJazxCAu73sQWmUbJAOa8HIBtALbZ9JCVghmiJGxWhPNeWvE1UbPODNk6a+X6X/f1wb"
    "LMcobL7vkIWgULbr4dXEEUlpTM66DpkpLm4APm62DeFjqNcNee9sqotOhIv5ZGS/p8jUCr"
    "xr+EFcpRPkZcSaUDUvqRK/E/4m/ZZhzJ7p2PDUu5q9mQR8LLc/dqt4OsSNw7zk/fHhYIVy"
    "+VAcJx9w6iu5NVNeQVRanxVp3ylBKBnKdjqrT58n8e76k/"
)
