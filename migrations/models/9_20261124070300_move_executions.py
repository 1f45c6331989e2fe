"""How runs move: admitted or parked, claimed, recorded, woken, cancelled; and what follows from each."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- The engine's door: workers act for an organization without being its member. It is entered by the functions below and
-- by nothing that answers a request of a member.
CREATE FUNCTION tolstoy.enter_engine(entered_org uuid, entering_user uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.org_id', entered_org::text, true);
    RETURN 'engine';
END $$;

-- Whether a new run of a flow may have a job at once, and with what priority: the more an organization has in hand, the
-- later its next turn. NULL: it is parked until one of its organization's, or its flow's, has ended.
CREATE FUNCTION tolstoy.admission(of_flow uuid) RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE
    org uuid := tolstoy.org();
    most integer;
    active integer;
BEGIN
    SELECT max_running_executions INTO most FROM public.organizations WHERE id = org;
    SELECT count(*) INTO active FROM (
        SELECT FROM public.executions WHERE org_id = org AND status IN ('queued', 'running') AND NOT parked LIMIT most
    ) one;
    IF active >= most THEN
        RETURN NULL;
    END IF;
    SELECT max_running_executions INTO most FROM public.flows WHERE org_id = org AND id = of_flow;
    IF most IS NOT NULL AND most <= (
        SELECT count(*) FROM public.executions
        WHERE org_id = org AND flow_id = of_flow AND status IN ('queued', 'running') AND NOT parked
    ) THEN
        RETURN NULL;
    END IF;
    -- in their order: nothing new goes before what already waits for a place
    PERFORM FROM public.executions WHERE org_id = org AND parked
        AND coalesce(flow_id, '00000000-0000-0000-0000-000000000000'::uuid)
            = coalesce(of_flow, '00000000-0000-0000-0000-000000000000'::uuid) LIMIT 1;
    RETURN CASE WHEN FOUND THEN NULL ELSE -active END;
END $$;

-- Gives jobs to parked runs as far as there are places, the oldest of each flow first; returns how many.
CREATE FUNCTION tolstoy.admit_parked() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    org uuid := tolstoy.org();
    room integer;
    head record;
    admitted integer;
    total integer := 0;
BEGIN
    PERFORM FROM public.executions WHERE org_id = org AND parked LIMIT 1;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    SELECT max_running_executions - (
        SELECT count(*) FROM public.executions
        WHERE org_id = org AND status IN ('queued', 'running') AND NOT parked
    ) INTO room FROM public.organizations WHERE id = org;
    FOR head IN
        WITH RECURSIVE heads AS (
            (SELECT coalesce(flow_id, '00000000-0000-0000-0000-000000000000'::uuid) AS flow, id
             FROM public.executions WHERE org_id = org AND parked ORDER BY 1, 2 LIMIT 1)
            UNION ALL
            SELECT next.flow, next.id FROM heads CROSS JOIN LATERAL (
                SELECT coalesce(flow_id, '00000000-0000-0000-0000-000000000000'::uuid) AS flow, id
                FROM public.executions WHERE org_id = org AND parked
                AND coalesce(flow_id, '00000000-0000-0000-0000-000000000000'::uuid) > heads.flow ORDER BY 1, 2 LIMIT 1
            ) next
        )
        SELECT heads.flow, least(room, max_running_executions - (
            SELECT count(*) FROM public.executions
            WHERE org_id = org AND flow_id = heads.flow AND status IN ('queued', 'running') AND NOT parked
        )) AS room
        FROM heads LEFT JOIN public.flows f ON f.org_id = org AND f.id = heads.flow ORDER BY heads.id
    LOOP
        EXIT WHEN room <= 0;
        WITH chosen AS (
            SELECT id FROM public.executions WHERE org_id = org AND parked
            AND coalesce(flow_id, '00000000-0000-0000-0000-000000000000'::uuid) = head.flow
            ORDER BY id LIMIT greatest(least(room, head.room), 0) FOR UPDATE SKIP LOCKED
        ), given AS (
            UPDATE public.executions e SET parked = false, job_id = tolstoy.enqueue('run', e.id, 0, NULL)
            FROM chosen WHERE e.org_id = org AND e.id = chosen.id RETURNING 1
        )
        SELECT count(*) INTO admitted FROM given;
        room := room - admitted;
        total := total + admitted;
    END LOOP;
    RETURN total;
END $$;

-- Something that a run waits for has happened.
CREATE FUNCTION tolstoy.wake_run(run uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    now_is text;
BEGIN
    SELECT status INTO now_is FROM public.executions WHERE org_id = tolstoy.org() AND id = run FOR UPDATE;
    IF now_is = 'waiting' THEN
        UPDATE public.executions SET status = 'queued', wake_at = NULL, waiting_for = NULL,
            job_id = tolstoy.enqueue('run', id, 0, NULL), seq = seq + 1, status_seq = seq + 1
        WHERE org_id = tolstoy.org() AND id = run;
    ELSIF now_is = 'running' THEN
        UPDATE public.executions SET signalled = true WHERE org_id = tolstoy.org() AND id = run;
        PERFORM pg_notify('tolstoy_signal', run::text);
    END IF;
END $$;

-- Ends a run that no worker has in hand, with the attempts that were open, and asks the worker that has it to; returns
-- the status it then has. Who cancelled and why is kept, also until the worker has ended it.
CREATE FUNCTION tolstoy.cancel_run(run uuid, why jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    org uuid := tolstoy.org();
    now_is text;
    events bigint;
    cut integer;
BEGIN
    SELECT status, seq INTO now_is, events FROM public.executions WHERE org_id = org AND id = run FOR UPDATE;
    IF now_is IN ('queued', 'waiting') THEN
        UPDATE public.execution_logs l SET status = 'failed', error = why, finished_at = clock_timestamp(),
            finished_seq = events + opened.nth
        FROM (
            SELECT id, row_number() OVER (ORDER BY id) AS nth FROM public.execution_logs
            WHERE org_id = org AND execution_id = run AND recorded AND status = 'started' AND NOT superseded
        ) opened WHERE l.org_id = org AND l.id = opened.id;
        GET DIAGNOSTICS cut = ROW_COUNT;
        UPDATE public.executions SET status = 'cancelled', parked = false, error = why, wake_at = NULL,
            waiting_for = NULL, cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
            finished_at = clock_timestamp(), seq = events + cut + 1, status_seq = events + cut + 1
        WHERE org_id = org AND id = run;
        RETURN 'cancelled';
    ELSIF now_is = 'running' THEN
        UPDATE public.executions SET cancel_requested_at = clock_timestamp(), error = why
        WHERE org_id = org AND id = run AND cancel_requested_at IS NULL;
        PERFORM pg_notify('tolstoy_signal', run::text);
    END IF;
    RETURN now_is;
END $$;

CREATE FUNCTION tolstoy.keep_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'cancelled' THEN
        NEW.error := coalesce(OLD.error, NEW.error);
    ELSIF NEW.status = 'succeeded' THEN
        NEW.error := NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER executions_reason BEFORE UPDATE OF status ON executions FOR EACH ROW
    WHEN (OLD.status = 'running' AND OLD.cancel_requested_at IS NOT NULL) EXECUTE FUNCTION tolstoy.keep_reason();

-- How often a step has been begun, as the engine counts it: one that a resume has undone waits anew.
CREATE FUNCTION tolstoy.current_round(run uuid, path text) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT 1 + count(*)::integer FROM public.execution_logs
    WHERE org_id = tolstoy.org() AND execution_id = run AND step_key = path AND recorded AND superseded
    AND kind IS DISTINCT FROM 'resume'
    AND NOT coalesce(details ? 'retryAt', false)
$$;

-- What follows from a run's new status, whoever moved it, in the same transaction.
CREATE FUNCTION tolstoy.execution_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    child uuid;
BEGIN
    IF NEW.status IN ('succeeded', 'failed', 'cancelled') THEN
        UPDATE public.waits SET closed_at = clock_timestamp()
        WHERE org_id = NEW.org_id AND execution_id = NEW.id AND closed_at IS NULL;
        FOR child IN
            SELECT id FROM public.executions WHERE org_id = NEW.org_id AND parent_id = NEW.id
            AND status IN ('queued', 'running', 'waiting')
        LOOP
            PERFORM tolstoy.cancel_run(child, '{"code": "parent_ended", "message": "The run that started it has ended."}');
        END LOOP;
        IF NEW.parent_id IS NOT NULL THEN
            PERFORM tolstoy.wake_run(NEW.parent_id);
        END IF;
    END IF;
    IF OLD.status = 'running' OR (OLD.status = 'queued' AND NOT OLD.parked AND NEW.status = 'cancelled') THEN
        PERFORM tolstoy.admit_parked();
    END IF;
    IF NEW.watched THEN
        PERFORM pg_notify('tolstoy_watch', NEW.id::text);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER executions_moved AFTER UPDATE OF status ON executions
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION tolstoy.execution_moved();

-- Takes the runs whose jobs a worker has got. A run is claimed only by the one job it names; one that is running already
-- is taken over, since its job is handed out again only when its worker has fallen silent. Beyond what its organization
-- or its flow may run at once, a run is parked. Counted under a lock, so that no two workers take the last place.
CREATE FUNCTION tolstoy.claim_runs(entered_org uuid, runs uuid[], jobs bigint[]) RETURNS SETOF executions
    LANGUAGE plpgsql AS $$
DECLARE
    room integer;
    admitted uuid[];
    refused uuid[];
BEGIN
    PERFORM tolstoy.enter_engine(entered_org, entered_org);
    PERFORM FROM public.executions WHERE org_id = entered_org AND id = ANY (runs) ORDER BY id FOR UPDATE;
    PERFORM pg_advisory_xact_lock(hashtextextended(entered_org::text, 11));
    SELECT max_running_executions - (
        SELECT count(*) FROM public.executions WHERE org_id = entered_org AND status = 'running' AND NOT parked
    ) INTO room FROM public.organizations WHERE id = entered_org;
    WITH candidate AS (
        SELECT e.id, e.flow_id, e.status FROM public.executions e JOIN unnest(runs, jobs) AS given (run, job)
            ON e.id = given.run AND e.job_id = given.job
        WHERE e.org_id = entered_org AND e.status IN ('queued', 'waiting', 'running')
    ), ranked AS (
        SELECT c.id, c.status,
               row_number() OVER (PARTITION BY c.status = 'running' ORDER BY c.id) AS nth,
               row_number() OVER (PARTITION BY c.status = 'running', c.flow_id ORDER BY c.id) AS nth_of_flow,
               CASE WHEN f.max_running_executions IS NOT NULL THEN f.max_running_executions - (
                   SELECT count(*) FROM public.executions
                   WHERE org_id = entered_org AND flow_id = c.flow_id AND status = 'running' AND NOT parked
               ) END AS flow_room
        FROM candidate c LEFT JOIN public.flows f ON f.org_id = entered_org AND f.id = c.flow_id
    ), judged AS (
        SELECT id, status = 'running' OR (nth <= room AND (flow_room IS NULL OR nth_of_flow <= flow_room)) AS goes
        FROM ranked
    )
    SELECT array_agg(id) FILTER (WHERE goes), array_agg(id) FILTER (WHERE NOT goes) INTO admitted, refused FROM judged;
    IF refused IS NOT NULL THEN
        UPDATE public.executions SET status = 'queued', parked = true, job_id = NULL, wake_at = NULL,
            waiting_for = NULL
        WHERE org_id = entered_org AND id = ANY (refused);
    END IF;
    RETURN QUERY UPDATE public.executions e
        SET status = 'running', parked = false, epoch = e.epoch + 1, claims = e.claims + 1, signalled = false,
            wake_at = NULL, waiting_for = NULL, started_at = coalesce(e.started_at, clock_timestamp()),
            seq = e.seq + 1, status_seq = e.seq + 1
        WHERE e.org_id = entered_org AND e.id = ANY (admitted)
        RETURNING e.*;
END $$;

-- Writes what workers did: rows of the audit trail, and where it has one, a run's new status; of all the runs whose epoch
-- is still the worker's. Returns those, with what the worker has to know. `to_status` waiting of a run that was signalled
-- or cancelled meanwhile is not taken: what it waits for may have happened.
CREATE FUNCTION tolstoy.record_runs(
    entered_org uuid,
    runs uuid[], epochs integer[], to_status text[], outputs text[], errors text[], wakes timestamptz[],
    waits_for text[], events integer[], gets_on boolean[],
    log_runs uuid[], log_ids uuid[], log_paths text[], log_kinds text[], log_attempts integer[], log_statuses text[],
    log_inputs text[], log_outputs text[], log_errors text[], log_details text[], log_started timestamptz[],
    log_finished timestamptz[], log_places integer[]
) RETURNS TABLE (run uuid, now_is text, cancelled boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM tolstoy.enter_engine(entered_org, entered_org);
    RETURN QUERY WITH given AS MATERIALIZED (
        SELECT * FROM unnest(runs, epochs, to_status, outputs, errors, wakes, waits_for, events,
                             gets_on)
            AS g (id, epoch, status, output, error, wake_at, waiting_for, events, gets_on)
    ), moved AS (
        UPDATE public.executions e SET
            seq = e.seq + g.events,
            claims = CASE WHEN g.gets_on THEN 0 ELSE e.claims END,
            status = CASE WHEN g.status IS NULL OR (
                g.status = 'waiting' AND (e.signalled OR e.cancel_requested_at IS NOT NULL)
            ) THEN e.status ELSE g.status END,
            -- what a pause waits for may have happened while the run was at something else: only a pause that was not
            -- taken, or an end, has seen it
            signalled = CASE WHEN g.status IS NULL THEN e.signalled ELSE false END,
            status_seq = CASE WHEN g.status IS NULL THEN e.status_seq ELSE e.seq + g.events END,
            output = coalesce(g.output::jsonb, e.output),
            error = coalesce(g.error::jsonb, e.error),
            -- a worker whose clock is behind would else be woken at once, again and again
            wake_at = CASE WHEN g.wake_at IS NOT NULL
                THEN greatest(g.wake_at, clock_timestamp() + interval '1 second') END,
            waiting_for = g.waiting_for,
            finished_at = CASE WHEN g.status IN ('succeeded', 'failed', 'cancelled') THEN clock_timestamp() END
        FROM given g
        WHERE e.org_id = entered_org AND e.id = g.id AND e.epoch = g.epoch AND e.status = 'running'
        RETURNING e.id, e.seq - g.events AS before, e.status, e.cancel_requested_at, e.flow_id, e.user_id, e.watched
    ), logged AS (
        INSERT INTO public.execution_logs AS l (
            org_id, id, flow_id, execution_id, user_id, recorded, step_key, kind, attempt, status, inputs, outputs,
            error, details, started_at, finished_at, started_seq, finished_seq
        )
        SELECT entered_org, r.id, m.flow_id, m.id, m.user_id, true, r.path, r.kind, r.attempt, r.status,
               coalesce(r.inputs, '{}')::jsonb, r.outputs::jsonb, r.error::jsonb, r.details::jsonb, r.started,
               r.finished, CASE WHEN r.status = 'started' THEN m.before + r.place END,
               CASE WHEN r.status <> 'started' THEN m.before + r.place END
        FROM unnest(log_runs, log_ids, log_paths, log_kinds, log_attempts, log_statuses, log_inputs, log_outputs,
                    log_errors, log_details, log_started, log_finished, log_places)
            AS r (run, id, path, kind, attempt, status, inputs, outputs, error, details, started, finished, place)
        JOIN moved m ON m.id = r.run
        ON CONFLICT (id) DO UPDATE SET
            status = excluded.status, outputs = excluded.outputs, error = excluded.error,
            details = coalesce(excluded.details, l.details), finished_at = excluded.finished_at,
            finished_seq = excluded.finished_seq
    ), told AS (
        SELECT pg_notify('tolstoy_watch', m.id::text) FROM moved m WHERE m.watched
    )
    SELECT m.id, m.status::text, m.cancel_requested_at IS NOT NULL FROM moved m LEFT JOIN (SELECT count(*) FROM told) t ON true;
END $$;

-- Gives a run another job, where it still has the one that is gone.
CREATE FUNCTION tolstoy.requeue(run uuid, gone bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE public.executions SET job_id = tolstoy.enqueue('run', id, 0, NULL)
    WHERE org_id = tolstoy.org() AND id = run AND job_id IS NOT DISTINCT FROM gone AND NOT parked
    AND status IN ('queued', 'running')
$$;

-- What is due, over all organizations: ids and nothing else, for the worker to enter each by the door.
DO $$ BEGIN
    IF to_regrole('tolstoy_clock') IS NULL THEN
        CREATE ROLE tolstoy_clock NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    FOR attempt IN 1..20 LOOP
        BEGIN
            IF NOT pg_has_role('tolstoy_clock', 'USAGE') THEN
                GRANT tolstoy_clock TO CURRENT_USER;
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
GRANT USAGE, CREATE ON SCHEMA tolstoy TO tolstoy_clock;
GRANT USAGE ON SCHEMA public TO tolstoy_clock;
GRANT USAGE ON SCHEMA queue TO tolstoy_clock;
GRANT SELECT (id) ON queue.pgqueuer TO tolstoy_clock;
GRANT SELECT (org_id, id, status, wake_at, parked, flow_id, job_id, updated_at) ON executions TO tolstoy_clock;
CREATE POLICY clock ON executions FOR SELECT TO tolstoy_clock USING (true);

CREATE FUNCTION tolstoy.due_runs(most integer) RETURNS TABLE (org_id uuid, id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.org_id, e.id FROM executions e WHERE e.status = 'waiting' AND e.wake_at <= clock_timestamp()
    ORDER BY e.wake_at LIMIT most
$$;
-- The moment at which the next run is due, for the worker to sleep until then.
CREATE FUNCTION tolstoy.next_due() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT min(wake_at) FROM executions WHERE status = 'waiting'
$$;
-- Runs that could go on but for a job: somebody has emptied the queue, say.
CREATE FUNCTION tolstoy.jobless(most integer) RETURNS TABLE (org_id uuid, id uuid, job_id bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.org_id, e.id, e.job_id FROM executions e
    WHERE e.status IN ('queued', 'running') AND NOT e.parked AND e.updated_at < clock_timestamp() - interval '1 minute'
    AND NOT EXISTS (SELECT FROM queue.pgqueuer q WHERE q.id = e.job_id) ORDER BY e.id LIMIT most
$$;
-- Organizations in which runs wait for a place.
CREATE FUNCTION tolstoy.crowded() RETURNS TABLE (org_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH RECURSIVE crowd AS (
        (SELECT e.org_id FROM executions e WHERE e.parked ORDER BY e.org_id LIMIT 1)
        UNION ALL
        SELECT (SELECT e.org_id FROM executions e WHERE e.parked AND e.org_id > crowd.org_id ORDER BY e.org_id LIMIT 1)
        FROM crowd WHERE crowd.org_id IS NOT NULL
    )
    SELECT crowd.org_id FROM crowd WHERE crowd.org_id IS NOT NULL
$$;
REVOKE EXECUTE ON FUNCTION tolstoy.enter_engine(uuid, uuid), tolstoy.admission(uuid), tolstoy.admit_parked(),
    tolstoy.wake_run(uuid), tolstoy.cancel_run(uuid, jsonb), tolstoy.execution_moved(), tolstoy.keep_reason(),
    tolstoy.current_round(uuid, text), tolstoy.requeue(uuid, bigint), tolstoy.jobless(integer),
    tolstoy.claim_runs(uuid, uuid[], bigint[]), tolstoy.record_runs, tolstoy.due_runs(integer), tolstoy.next_due(),
    tolstoy.crowded() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.enter_engine(uuid, uuid), tolstoy.admission(uuid), tolstoy.admit_parked(),
    tolstoy.wake_run(uuid), tolstoy.cancel_run(uuid, jsonb), tolstoy.claim_runs(uuid, uuid[], bigint[]),
    tolstoy.record_runs,
    tolstoy.due_runs(integer), tolstoy.next_due(), tolstoy.crowded(), tolstoy.current_round(uuid, text),
    tolstoy.requeue(uuid, bigint), tolstoy.jobless(integer) TO tolstoy_app;
ALTER FUNCTION tolstoy.due_runs(integer) OWNER TO tolstoy_clock;
ALTER FUNCTION tolstoy.next_due() OWNER TO tolstoy_clock;
ALTER FUNCTION tolstoy.crowded() OWNER TO tolstoy_clock;
ALTER FUNCTION tolstoy.jobless(integer) OWNER TO tolstoy_clock;
REVOKE CREATE ON SCHEMA tolstoy FROM tolstoy_clock;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP TRIGGER executions_moved ON executions;
DROP TRIGGER executions_reason ON executions;
DROP FUNCTION tolstoy.jobless(integer), tolstoy.requeue(uuid, bigint), tolstoy.current_round(uuid, text),
    tolstoy.keep_reason(), tolstoy.crowded(), tolstoy.next_due(), tolstoy.due_runs(integer), tolstoy.record_runs, tolstoy.claim_runs,
    tolstoy.execution_moved(), tolstoy.cancel_run(uuid, jsonb), tolstoy.wake_run(uuid), tolstoy.admit_parked(),
    tolstoy.admission(uuid), tolstoy.enter_engine(uuid, uuid);
DROP POLICY clock ON executions;
REVOKE SELECT (org_id, id, status, wake_at, parked, flow_id, job_id, updated_at) ON executions FROM tolstoy_clock;
REVOKE SELECT (id) ON queue.pgqueuer FROM tolstoy_clock;
REVOKE USAGE ON SCHEMA queue FROM tolstoy_clock;
REVOKE USAGE ON SCHEMA public, tolstoy FROM tolstoy_clock;
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
