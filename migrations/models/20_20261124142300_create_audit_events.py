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
-- What is none by its name may still be one by its form.
CREATE FUNCTION tolstoy.redacted(name text, value jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    secret CONSTANT text := '(secret|passw|passphrase|pwd|token|authorization|(^|[-_])auth$|cookie|credential|-key$'
        '|(api|private|access|account|auth|subscription).?key|signature|cipher|encrypt|sealed|wrapped|auth.?config'
        '|hash$)';
    ids CONSTANT text := '^(credential|api_?key)_?ids?$';
    forms CONSTANT text[] := ARRAY[  -- what stands before it is told
        '(\mbearer\s+)[^\s"]+',
        '(?c)(\m[Bb][Aa][Ss][Ii][Cc]\s+)(?![A-Z]?[a-z]+\M|[A-Z]+\M)[A-Za-z0-9+/]{4,}=*',  -- and no word
        '(\m)tol_[0-9a-z]{20,}',
        '(://)[^/?#\s"]+(?=@)',
        '("[^"\\]*(?:secret|passw|pwd|token|authorization|api.?key)[^"\\]*"\s*:\s*")(?:[^"\\]|\\.)+',
        '((?:^|[?&\s"''])[^=&#\s"'']*(?:secret|token|key|passw|pwd|sig)[^=&#\s"'']*=)(?!=)[^&#\s"'']+'
    ];
    kind CONSTANT text := jsonb_typeof(value);
    size integer;
    told text;
    form text;
BEGIN
    IF kind IS NULL OR kind IN ('null', 'boolean') THEN
        RETURN value;
    ELSIF kind = 'string' AND name ~* ids AND value #>> '{}' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RETURN value;
    ELSIF name ~* secret AND NOT (kind = 'array' AND name ~* ids) THEN
        RETURN '"[redacted]"';
    ELSIF kind = 'number' THEN
        RETURN value;
    END IF;
    size := octet_length(value::text);
    IF size > 8000 THEN
        RETURN jsonb_build_object('bytes', size, 'sha256', encode(sha256(convert_to(value::text, 'UTF8')), 'hex'));
    ELSIF kind = 'object' THEN
        -- a header may be a pair: {"name": "Authorization", "value": …}
        RETURN (SELECT coalesce(jsonb_object_agg(m.key, tolstoy.redacted(CASE m.key
                    WHEN 'value' THEN coalesce(redacted.value ->> 'name', redacted.value ->> 'key', '') ELSE m.key END, m.value)), '{}')
                FROM jsonb_each(value) m);
    ELSIF kind = 'array' THEN
        RETURN (SELECT coalesce(jsonb_agg(tolstoy.redacted(name, i.value) ORDER BY i.nth), '[]')
                FROM jsonb_array_elements(value) WITH ORDINALITY i (value, nth));
    ELSIF left(value #>> '{}', 2) = '\x' THEN  -- bytes
        RETURN '"[redacted]"';
    END IF;
    told := value #>> '{}';
    FOREACH form IN ARRAY forms LOOP
        told := regexp_replace(told, form, '\1[redacted]', 'gi');
    END LOOP;
    RETURN to_jsonb(told);
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
    place bigint;  -- none in an organization that is gone: what went with it is told by that
    made uuid := tolstoy.new_id();
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(of_org::text, 19));
    PERFORM set_config('app.org_id', of_org::text, true);
    IF of_org = tolstoy.platform() OR EXISTS (SELECT FROM organizations WHERE id = of_org) THEN
        SELECT coalesce(max(e.seq), 0) + 1 AS seq, coalesce(max(e.created_at), '-infinity') AS created_at,
               coalesce((array_agg(e.hash))[1], sha256(convert_to('tolstoy audit ' || of_org, 'UTF8'))) AS hash
        INTO link
        FROM (SELECT seq, created_at, hash FROM audit_events WHERE org_id = of_org ORDER BY seq DESC LIMIT 1) e;
        place := link.seq;
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
    RETURN place;
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
    tolstoy.append_event(uuid, text, text, uuid, jsonb, jsonb), tolstoy.audit_table(regclass, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.redacted(text, jsonb) TO tolstoy_audit;
ALTER FUNCTION tolstoy.append_event(uuid, text, text, uuid, jsonb, jsonb) OWNER TO tolstoy_audit;
ALTER FUNCTION tolstoy.row_changed() OWNER TO tolstoy_audit;
REVOKE CREATE ON SCHEMA tolstoy FROM tolstoy_audit;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP FUNCTION tolstoy.row_changed() CASCADE;
DROP FUNCTION tolstoy.audit_table(regclass, text), tolstoy.append_event(uuid, text, text, uuid, jsonb, jsonb),
    tolstoy.redacted(text, jsonb);
DROP TABLE audit_events;
DROP FUNCTION tolstoy.keep_events();
REVOKE SELECT (id) ON organizations FROM tolstoy_audit;
REVOKE EXECUTE ON FUNCTION tolstoy.org(), tolstoy.platform(), tolstoy.new_id(), tolstoy.told(timestamptz)
    FROM tolstoy_audit;
REVOKE USAGE ON SCHEMA public, tolstoy FROM tolstoy_audit;
"""


MODELS_STATE = (
    "eJztXftz2za2/lcw+iXpjNYT27HTTe7cGSdxW+868U7sNPtIR4JISOKKIlQCtKL25n+/OC"
    "AlvmlC1oOiz0ynsUgcPj6AwDnfeeDPzpTbzBVHF5Z0uNd5Tf7seHTK1B+ZM13SobNZfBwO"
    "SDpwdVOq2+hjdCCkr36rw0PqCqYO2UxYvjOLbuAFrgsHuaUaOt4oPhR4zu8B60k+YnLMfH"
    "XiP//pcH/Uc2y4svr/b12SPDJhi85vv8Epz2bfmACJPztDh7m2/jvRVHLupq7TYd9mPhNC"
    "P7dqC4eiN48eRy5m+uU6urF6Kf3jOzScTXr6Lim8wqvr472l7OfPV+9/0i3hlQc9i7vB1I"
    "tbzxZyzL1V8yBw7COQgXMj5jGfSmYnoIRHi0BfHgpRUwekH7AVFnZ8wGZDGrjQIZ3/GQae"
    "7ioiuSskXxxZ3GdHji2OPDZX+Pxv9JwJmV7v481d7/byrtfrGHSmpXBVmDmeBHj//B5eN0"
    "ZHH+3ADd79cvHp+en5DxoPLuTI1yc1dp3vWpBK2ou7NYbc8hkA1KMyD/17dUY6U1YMf1oy"
    "0w12JHq0/GOd7lgeiPsj/h6W4C7hSwH+kc+f/7AdqO+uPlze3l18+AdcfirE765G6uLuEs"
    "6c6KOLzNHnYc9w9VGHH/vqIuTL1d0vBH6Sf998vMz236rd3b878Ew0kLzn8XmP2kk0loeX"
    "h1TTuIODmb1mB6clsYMb2sE+u3dEtL6ku/etM7ryZHHnJqUyXatA2mVnHq/fjeoZ1T9/+e"
    "vJyenpq5MXp+c/nr189ersxxc/qrb6KfOnXlX0/durn68+3qW7Eg58TwEeL4l1V6pYYpOr"
    "1dpfz/7XoxjMhFZRF82ECMKZgRP0uRyU78bUL4Yyap6BUT3WAQLYmdJvPZd5IzlWP89fVg"
    "D668Unjen5y8y8/TE6c6JPpaHV/xpgu2zfQnBPXryoga5qVQqvPpfGd6pMFl4wEZQjHEu0"
    "EOPjOhAflyN8nAOYefaMR4t7XYiTMi0EWQ3DmiO5cijnoB4zajNf5JH+2+3Nx2KkEyJZVd"
    "uxJPk/4jqijl4WmaxNwbsCXcAipWQvMX3+4eKfWbjfXd+8za5/cIG3GeQdbxbInrDGbEpN"
    "4M/KYR+s3wfqHa1Asp4zNJpqUlJrTTYNw303c41CKfAmyjossADL0U5L7Xlq95n0Fw1eOS"
    "2f2cyTDjU1VXKCjzBYGja417dXgP4dThJsJBwYUGsyp77dy53hJ7ysbf7U9GSaPUI9OtLw"
    "wHvAUy9ZeeY71rhTxNeHZ7qVfH3cZqN0fYaLN6LKS8mewrFXQPNEQ+xxFPk2J9SQ7zk5fv"
    "nq5Y+n5y9XNM/qSBW7s2Ryysnwe6WAFTJp5fNoQqSN+vHZWZ0l6+ysfMWCc+nZFD4qA4Sj"
    "5i1E97iWQnBcoQ8c59UBdUfJioy8ct03IfIotbdpaO9C723KYjZz/s4WhYtZeKZ6MZs5vQ"
    "lb1PM+dy4sKQgVxFH/BIL5R+RmqH9I9k0S7rkLolYzMqZiTBxBJmwm35C+sLjqgL5+cDJl"
    "1FPXUH/JMZW6OVzpmSA+dxkZOfdMHHUynbzTG9fwpNdzm8Pl0W2ObnN0mx+UVxXd5i3vYH"
    "Sbo9u8YUqpgZ83oVXURTMhgnCib3envl2l8A6dbyYIxxJtxPi8DsTZ1TGB8HnO4ahsnqKV"
    "zKP+osTfGElk4B0sJBMHCHDV8hSZ7yutROH49urjxad/rYz9lWpyffPx57cF5v7bf91dXm"
    "QwDw1LE6IllkD34mPcizNHnV5DNU9LbkA1P5yeODj93KVC9pTOso4JlpXFnm5yTyubik/W"
    "6ue0JPZys3t55lJLddagIEK13GrJiKH/vDkuh8B25OU9OI6K3A7x2W6l6wHa9Rg0rOt+UG"
    "qSNyF8SKhHuD+invMHhZPPBLHGCt8j0tfX64MTYA40v/oX1F1mv9GMPwdGn4RjTBA1whi0"
    "kV0iORkwIhj1LdWYDBYFPohd3v2r99X74jtSMk/91NLASA+oYIS63GOv9TFl2N87FiNTul"
    "DXo7a+GvVs4vEBtxf6uHo2b8TUmbrejXSeoGC/13V4iGDwX2bJzfg8YAZBt8qTcasgR7hB"
    "UquVPipUrLKKFUzNuf6t8mFEAvt1X2w2ImzHroy9se+t0WFT8WCr8gi1Q8JWEi0kh8/q8O"
    "9n5fT7WY59X2pkGiUDmLNyCLYB2GbTQ1oKZ4gM43tfGNF4p7T4EqL3vjie8TCHbJW2cvnP"
    "u2qCPeXaWDbPsu45b929wwPRM/cq5UTRvZTtg7ruJXTp7QbzhtBp71apQp0COi1xtltFp8"
    "UJRzXZtC/AUFECNRUIFRNBLOq6zBdkyP0j0hdMXTHksgSjLrNDXkk9nNDUU5/7zsjx+mE4"
    "rSM116RZLE+qi+b5sx3cz5jcylW2Kjmp+yTLgiF91Bz6qJWMBwZtYlTuk+lgjMrFqNyG6Z"
    "pYzAqjcvfOU20lKteUD2wxD3hSD94KdLPgOmL1zPm1TH30jHollkBKMGvLK8ldgl1sNW7E"
    "hL+5uU5pJW+vstTU5w9vLz89P9agq0aOLF3DwCY0GcmxRCvH8nYKzdhMUsc1CnhOiGBm+S"
    "NCnseGZduW7Vs5ujc9U4eckxnVGssg2dpdN39CKnhMRvVKYO/lqqi9uXJVWxjQgFMvnHuN"
    "8U3Ita8G21mtlfGsYmE8C9fFxjkN7viEFW4+kW3Srec+6EloXdOJcDdmhFoWE4JosSg89u"
    "YikOMTEl80jEoFHl+pv4JBs/mYA9k/ZNJSi9ZINdDxsXnHwRbuAeG1/Wg4qzfpE4sHngwd"
    "DeHrv9ayQ3XYJtzTF1Mnp8RnQ0gvCT0YQ+4TSjw2Zz40Ws8Hka4Uh06GfbMQ6GR4shw0Oh"
    "la3sHoZEAnQ8NsLLOw/v0Xo20ntHKpIdcnAlYia/IADTOX9kADKF1anR2vlf6blMT03yav"
    "ubGZZbbqpuX2u+6+OLR1V1vAhqtEUgbj0IvwDNQaWsCrPVCSIi2Kk1XTJquGMHo6Zf49c5"
    "175hfW80036FaxeToLQvW0buswAzKPB3LAv70Ggk1fRHNcQICJYLBqfET6Ei674s2E41mQ"
    "Yk6g/goZsBH13pA+lZJNZ1I1k8x1BXBojFrjYoZvVzfeWHnf5HNtOeU93CAlug9mvCObiG"
    "xiQ9cSZBOfUAcjm4hsYsMUbgOTpkB/MchZzooivIVb4Zljm5VDSxxDl3dWwmBGFy6nBeO1"
    "PNAzIYKBno8I9IQQrKAgxLY6aCsoirDd9dieMc8GKDc1rjcfFyeXJEga21IdbdX+0GnnR2"
    "6YlyjVE1EqJlNDUgbnhkfMDR77JtcwIxNiyDo3zZBsCuu8VDc7RYzz6mS3km1eNqtdx9UP"
    "vCNyBQGXPvWEo2XD8E1dN3XIXZfPBRn6fKqZW3XOZ3pbN6iGuiQChZag6iLOaMR88nzqjE"
    "KPoSB/1eeOX/xQVMh1l7fXoaZsxq1xKsrUcqkzFa+V+Jz7EyU99x3JRLiXXaA+KV8304LA"
    "b+v2zD4i/f/ygTINdKEMXVTWY0QdigJUifo2A/bV00UydPVXkNNn9Ev3BfsdNsSbDqDyhn"
    "7bMYUqtTO1iDO7q1l3NVUIFsW/AhJQO5ZchJe24Tpk7qg2AZTzgFs7Qr3ijKrXsPuv9bZ8"
    "yfK4XfVLHxyqS3X17dR/akAu4FLRtn7wrOuFz9rMDmYMNjGsS9zDc2yZsI9Vs23dQcENLh"
    "4ssosuB3Q5ICONLoen0cHockCXQ8OsLQPuNqF51UUzIYJMeBrNe6XCF04FpfNAQmKtaaBh"
    "MG6c49K6njYlcpg+VJJ6KdW+zNnzlzXY2POXpWwsnGpIEfV2zqoR/2DkFItFWugX24r/AP"
    "AyrfCVksLlK1tUZkXcGIzctFQLZ9tadQrOK+oUnBdswrsiiwxGb0oIB28hojMqCyp1V+xt"
    "nBZr3/DdWJmN9EwxK4L5dkpdt1TXXQkdugv39OTV+UqzhR9VSu3th4vr67xme8DBBaHXoc"
    "G6Qej4KCBkqkr9xUJY5u/hMn+ONwvMQg9iCQw8eETgAQ+kwtEE+FgCNzp/xEbnvs8LDLpy"
    "2FcCiPr6qIeedTNqPZZpEaO2Y45dBzkY0Jir9oeu2m2MuQyjSQwgjAUQw4PeTfPgKhOEhk"
    "XPHO2UHIJuBroz8mC3JVMzJSWHlsrDlsqcStjC3RDmhBSCXAdkR6qn6A2LdORySiMj1j7y"
    "bfPcxpxO2BrBRAkxDDxvcjiRzajtOt46fZwRxX5ucj9b1LOY2/OZQlasGQFafAns92b3u+"
    "tCnkhvnZ0OCoRxy4NkFxtueeCv9+GlJfF7a/L3NnQ8R4zX6uaMKPZz0/q5aQl713zUqcrZ"
    "g/PdWml7PZePaqbu3XiMRGm9ehsGolSB2RHp+8zivs3sPvEhcw7S5XT6mjdSKuIz8Yb0RT"
    "BjvmC6DfeYIHOmGgWeDQlsg4W6lOqfYMry+Xo7uufGCsPtIL8sWyRk22lgmACGCWCYANbQ"
    "hQkTwJ5QB2MCGCaANUx7xwQwLDHXKlzBvjDNS0jKtDClZitx3RjWudewTiPkEyIYYoiBnY"
    "eF+gGnPxxGnABm9G5UAZmopzcZrcv2GNLy8FCNmOQ8vKXGc0Li0G3njQXLhluFG2kQCRFc"
    "y9Zfy5ZejwICqCrEMCmGMYYPxxjGriNDoNOCCHUNqDE04gkQ1xga8TT6eflNrpPgkRTEdL"
    "p1PRarz8W4C7KS2AcmfdCQAKGfXP1l5gKD9PFuVUAQuFrqxQGVo28eRYPxIRgfguEDGB+C"
    "HYzxIRgf8rSJb/1vDspy4nvZvpVOmnrUdxX3XVBJLX4yA5gzYm10M9RFuxLuHN67L9HcoI"
    "l4Y86GWTBwQ7vUHM9C2RbZtRsDGb4HP/A8yJBPb+hUE+nyCyDcjSMIfo0+hhKe4Nf4W6mm"
    "C5Zf1ZZpg0QQ6PIz/i29DRQSCw1Q5JBYeLJ2JxILLe9gJBaQWDhcYmFviSfthPOA7doG2Q"
    "MpZoZbwZR5RrWWkzKYD/GImLqYJDBXX7KyGJ3SZC0m7q1BQXpXxWYoGTlMmWsMnfEL55NO"
    "AY+hj3erCIyxalF3y3KPqFEG9S+I3lpbByuJcANrXZMEtIUjcjPUO11LPmFeuJU3VCQZUz"
    "GG7bphA/GC7cg3eulDqmKC1UWQ5EGS54BWTyR5Wt7BSPIgyXNYSiiSPFuDE5N6MbbpgGKb"
    "mAfvbpqul5Dac67eyj5ocKqetj57YHQWaQjlpaTTclhFOqn4mVSRvme+M3QsahrAl5Xb85"
    "zicY9tcDLZdIkA2PUGopjKiqZXlA3JSbYvVnIrpaAEoy7knT2AfNUcU3qJNaebhnXCHmab"
    "cK91k/EfS+x5hgEyMez9hs4x0T72Y0ZtZrSLUU6wfTPMca0Z5rhihjkuKzbXG/p8agJ3Rm"
    "zPwzrafaXB45p6Ym42oGOJPYNL5V+4ZzVZMQFulAcS1jbu2QXB2bdT6rqlPF2B+H7putPH"
    "b6R4evLqfMXQwY8qTu72w8X1daNiscFJ+Z65jlLQF50SJ+bqfPchZ6aCVjd1WE235t2YEc"
    "cb8G+v9V4IenIh8zEXjOitH2XgMzKngvjOaCy7RP3lSGKpZzwiF5bFZmqMhDsrUL2xAowH"
    "2FihHz3IoufY/bzLc3e33Zg7VMO7w00d0CeKPlH0iR6Aywx9oi3vYPSJok+0YYSPgdcpob"
    "fURTMhgnDmaJuVgmlG2qTE2kfZnJyd1TF2z87KrV04lxm7muMyKjKbEMGI+EdExKuX9gsC"
    "pMuBXwkg7I+AfcDtAtSrvB5LCfSpdtf0cvBAWtwsNCMhsm/OMmJDGkxaznyu3rqAdC+fTB"
    "IiWCr8EZuN4P5QbUt2ubLZdMYl86zF31khY5xp0a3ijJ24LexdZZALo302OuuEDLmvM1N8"
    "NmPSgUZHpB9aZH1ITYE0lZlLpWo3fSaIY2sJX82hTBD1f6GeQl1wQZQM9Zw/dJBKcZrMTu"
    "76AGUMe3zV5IwTDB7Sue2gc5Gb2KAxbbjFXnt319uK9TxU92f+zHeKksqrTIqMIFoW61oW"
    "ZduOVXvpS7ceO+hCCev66ZEPaoQpgcTE7qcPdB230LPYEDvyJmH1dAqsyNT5bpUNmbSftl"
    "AFMmNpoS3UHFsI56cWzk8Y2vKEOhhDW3Yc2oI5wNvNAW5aEfPNjfQXjw+V32yp+DBqW/Rm"
    "zO9NHS+QBQO7GubiK2Cx+GLAlcLo6/Jzkf1cf74ukm4Ryk9nZ79P4Rdz4bp8TiFTqcBwy7"
    "XpVhlv0TfYo8vmdV2AUR26QWBNmNRl6ryUJ40870e1QLQ3LuzAPvwCx1yy5TPxg/odVroD"
    "ESW5bAY/1ekCX+BOb//V++p9/nh98/PPl+8hYcXyoeiekoBGYB0NqGBk6Lhu6HYMn0p01U"
    "PZxONxggsFhyW4IbWgIyZrpqi0wwjWd4L/vTwwuxd9gBv0Ae6tyFDDFrPNoKmnxQL14CeX"
    "07Kk0JVIBswhyLRrXL6/+fz2+pL849Plu6vbq8hNsrLI9Uk4FFfA+XR5cZ1zq7rumruYJw"
    "SREmkQJdIQ9e7WGjM7cAvVutW5SnVORK1qanF9j31Tup9cBUzBbyIda3JE+rbSSeCUoAtB"
    "5mMGrDVxOZ8QKnXj5c1ewy+vC1qUbjaHIsa6evGYCsLUYLTzGtxub41FkQ9RQUQvCXpJGr"
    "pioJfkCXUwekkwAbhhhgwWRX5yfEU74USH6HYdopZvVih22R7xrYcvKGa9P6JytnVBTgnt"
    "GenPd+82hvBW6jbye+a7dGaCb0Jkz+iKiTPb4ADedGquRaU17gWz8oKCpeptkeieiwmeNy"
    "lGIqwbmge0PFUhlsBMhcfs5UiVvmW6C0AstOdNAEwjpveyC4DHi4J9KpQ2Xhja04KyN1up"
    "hR5R46ZsUkIM9yBtMp/kUrFO/ybEsH+b3L+DYDhk/lqMcEYU+7nJ/Ry6KU27OJbC3m1y74"
    "LpNitUJCtI/4TQfo2hx1tCO+b89erGfJ8X7B1QbjOlpbBWlJnZ1JS4Fx2b/it0KusUxb4k"
    "z3cr41/CKPd73bRmEMwXiBnJhA8/EyRO/tBhvC4fwd7bfBLFo4zZgszVSk1gBJIpoyJQd3"
    "4TxhhHIS3pK+ZjYHZ2Zwhg7k/VANANdJCMjqJhUqpHITr4m9k6lkZdJyJ0+l0y5nN1e9UC"
    "Wod3gvbwMN1EcI4j4bI29xihIzWAMaoZo5qfuFtrjSydx6XmNA3G/SgRMMeZob6UwHyotT"
    "GPVqA1TKGMKAZANdUUKvMOVaQVlLuFMK9glVfQFAU8GCQRySvgyfPVCniiZW39m2u1lbs2"
    "5NSxe6bwPiJfxo6r9EkSbuMJLQYMlE+fzVxqMbtLBlyO9XZRRZr1Rq658bBxjOnGmG6M6T"
    "6AFQ9julvewRjTjTHdDVMiTYKQfTePZHn8RdS8nTGdNYM6K6M6C3bnTim8dYHOiLUv3mVb"
    "eIcauonnJ5bAaLlHRMvtLTukYcN8M/NyaFiazBixRCsni80H3M9AB+OB6JljXSCKoNcCXT"
    "AKpSvKIK8qA54TXbMeeMNAr9KHt7WbQIjkgx9Ajd54+EvAbqnbLSssA086BWp5NV2Ql8ao"
    "sCbzBtSSzn1B8HtldkEstOfsghUz2+DkAtsR8Np2z2dUGJpfedH2LfBbSTkYUseFkrfCiU"
    "pGmsxhOWGcwpo2hTXE0XgH812Bg/EumgfLHYtStdjC7hJPIiQNfW7oc2vovIQ+tyfUwehz"
    "Q59bw5Q3rFTTGI4Riqj3DB2bSZl24rwVb5uapcchUAZYp4RaCfamq6toxNQ9h84oD3S5Zz"
    "Mjhklt63s30Y2//YmlIdTCZ6Et+hy1oI93q6gFKM+3A2qhm4oIZlPquD3Y0Rw5h33reMg5"
    "PFmTFDmHlncwcg7IOTRM0zXgHLSWYKK5rgRaaKCd1rLQTitMtNO8jRbrYaYoL4UQ6XpI75"
    "Q/a7r1tXn6zOeuEbzL9i0cvpthchpi136hjuwU2LX6eLfKrtXbTdaya6NKNERINot3qYSt"
    "LkF37RJ1D5/fK9Eu7H5JXRdeDTZdoh4Hcxe2XDoifR5Ii0/ZsgqNzwj3LBaVh4GazGUlcH"
    "ZzY3MbfVmIJ/oNT7mc9X0eeBgvsH9dCW33J2vaoe3e8g5G2x1t9wO23TPaQ11Is3IIbDYP"
    "JqGG1U6zS8i00OLZSkx4qOLmQC6feJftD33W3dgeIBOnCMDyUbps38IRuvnoCqy+3Wbdz2"
    "PMLiq+fTulrls6BcVShz4HnZ68Ol9NP/Cjaua5/XBxfV2QScUsRywLsdWNPkoJYWmFRwQf"
    "RayUCfgJEQz7Wh95y+ViPeYnKYgLRNMWiL1S8t//H1UXT1Y="
)
