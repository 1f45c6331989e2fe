"""Row-level security on every table; the role the service acts in; the doors by which it enters a tenant."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
DO $$ BEGIN
    IF to_regrole('tolstoy_app') IS NULL THEN
        CREATE ROLE tolstoy_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

CREATE FUNCTION tolstoy.org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('app.org_id', true), '')::uuid
$$;

CREATE FUNCTION tolstoy.platform() RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '00000000-0000-0000-0000-000000000000'::uuid
$$;

-- The doors. Each sets the scope for the rest of the transaction and returns the role to act in.
CREATE FUNCTION tolstoy.enter(entered_org uuid, entering_user uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    entered_role text;
BEGIN
    PERFORM set_config('app.org_id', entered_org::text, true);
    SELECT role INTO entered_role FROM public.users WHERE org_id = entered_org AND id = entering_user;
    IF FOUND THEN
        RETURN entered_role;
    END IF;
    PERFORM FROM public.organizations WHERE id = entered_org;
    IF FOUND THEN
        RAISE EXCEPTION 'not a member' USING ERRCODE = 'TY403';
    END IF;
    RAISE EXCEPTION 'no such organization' USING ERRCODE = 'TY404';
END $$;

-- As enter(), but an organization without users lets anyone in, one at a time, to become its first.
CREATE FUNCTION tolstoy.enter_or_found(entered_org uuid, entering_user uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.org_id', entered_org::text, true);
    PERFORM FROM public.users WHERE org_id = entered_org LIMIT 1;
    IF NOT FOUND THEN
        PERFORM FROM public.organizations WHERE id = entered_org FOR UPDATE;
        PERFORM FROM public.users WHERE org_id = entered_org LIMIT 1;
        IF NOT FOUND AND EXISTS (SELECT FROM public.organizations WHERE id = entered_org) THEN
            RETURN 'founder';
        END IF;
    END IF;
    RETURN tolstoy.enter(entered_org, entering_user);
END $$;

CREATE FUNCTION tolstoy.enter_platform(entered_org uuid, entering_user uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.org_id', tolstoy.platform()::text, true);
    RETURN 'platform';
END $$;

GRANT USAGE ON SCHEMA public, tolstoy TO tolstoy_app;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA tolstoy FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tolstoy TO tolstoy_app;
GRANT SELECT ON aerich TO tolstoy_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON organizations TO tolstoy_app;
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organizations
    USING ((SELECT tolstoy.org()) IN (id, tolstoy.platform()))
    WITH CHECK ((SELECT tolstoy.org()) IN (id, tolstoy.platform()));

GRANT SELECT, INSERT, UPDATE, DELETE ON users TO tolstoy_app;
ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON users USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

GRANT SELECT, INSERT, UPDATE, DELETE ON tools TO tolstoy_app;
ALTER TABLE tools ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tools USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

GRANT SELECT, INSERT, UPDATE, DELETE ON actions TO tolstoy_app;
ALTER TABLE actions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON actions USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

GRANT SELECT, INSERT, UPDATE, DELETE ON flows TO tolstoy_app;
ALTER TABLE flows ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON flows USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

GRANT SELECT, INSERT, UPDATE, DELETE ON flow_versions TO tolstoy_app;
ALTER TABLE flow_versions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON flow_versions USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

GRANT SELECT, INSERT, UPDATE, DELETE ON execution_logs TO tolstoy_app;
ALTER TABLE execution_logs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON execution_logs USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO tolstoy_app;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotency_keys USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP POLICY tenant ON users;
ALTER TABLE users DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON users FROM tolstoy_app;
DROP POLICY tenant ON tools;
ALTER TABLE tools DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON tools FROM tolstoy_app;
DROP POLICY tenant ON actions;
ALTER TABLE actions DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON actions FROM tolstoy_app;
DROP POLICY tenant ON flows;
ALTER TABLE flows DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON flows FROM tolstoy_app;
DROP POLICY tenant ON flow_versions;
ALTER TABLE flow_versions DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON flow_versions FROM tolstoy_app;
DROP POLICY tenant ON execution_logs;
ALTER TABLE execution_logs DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON execution_logs FROM tolstoy_app;
DROP POLICY tenant ON idempotency_keys;
ALTER TABLE idempotency_keys DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON idempotency_keys FROM tolstoy_app;
DROP POLICY tenant ON organizations;
ALTER TABLE organizations DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
REVOKE ALL ON organizations FROM tolstoy_app;
REVOKE ALL ON aerich FROM tolstoy_app;
DROP FUNCTION tolstoy.enter_platform(uuid, uuid), tolstoy.enter_or_found(uuid, uuid), tolstoy.enter(uuid, uuid);
DROP FUNCTION tolstoy.platform(), tolstoy.org();
REVOKE USAGE ON SCHEMA public, tolstoy FROM tolstoy_app;
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
