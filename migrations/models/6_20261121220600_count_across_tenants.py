"""The one look across tenants: an organization's counts, by a role that can read nothing but org_id."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
DO $$ BEGIN
    IF to_regrole('tolstoy_census') IS NULL THEN
        CREATE ROLE tolstoy_census NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
-- Giving a function away takes membership in its new owner, which superusers have, and the right to create where it
-- lives. Roles belong to the whole server: this migration may run in another of its databases at the same moment, of
-- which Postgres says unique_violation, or internal_error ("tuple concurrently updated").
DO $$ BEGIN
    FOR attempt IN 1..20 LOOP
        BEGIN
            IF NOT pg_has_role('tolstoy_census', 'USAGE') THEN
                GRANT tolstoy_census TO CURRENT_USER;
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
GRANT USAGE, CREATE ON SCHEMA tolstoy TO tolstoy_census;
GRANT USAGE ON SCHEMA public TO tolstoy_census;
GRANT EXECUTE ON FUNCTION tolstoy.org(), tolstoy.platform() TO tolstoy_census;
GRANT SELECT (org_id) ON users TO tolstoy_census;
CREATE POLICY census ON users FOR SELECT TO tolstoy_census USING (true);
GRANT SELECT (org_id) ON tools TO tolstoy_census;
CREATE POLICY census ON tools FOR SELECT TO tolstoy_census USING (true);
GRANT SELECT (org_id) ON actions TO tolstoy_census;
CREATE POLICY census ON actions FOR SELECT TO tolstoy_census USING (true);
GRANT SELECT (org_id) ON flows TO tolstoy_census;
CREATE POLICY census ON flows FOR SELECT TO tolstoy_census USING (true);
GRANT SELECT (org_id) ON execution_logs TO tolstoy_census;
CREATE POLICY census ON execution_logs FOR SELECT TO tolstoy_census USING (true);

-- Numbers only, and only for the platform or the organization itself.
CREATE FUNCTION tolstoy.census(counted_org uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object(
        'users', (SELECT count(*) FROM users WHERE org_id = counted_org),
        'tools', (SELECT count(*) FROM tools WHERE org_id = counted_org),
        'actions', (SELECT count(*) FROM actions WHERE org_id = counted_org),
        'flows', (SELECT count(*) FROM flows WHERE org_id = counted_org),
        'executionLogs', (SELECT count(*) FROM execution_logs WHERE org_id = counted_org)
    ) WHERE tolstoy.org() IN (counted_org, tolstoy.platform())
$$;
REVOKE EXECUTE ON FUNCTION tolstoy.census(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.census(uuid) TO tolstoy_app;
ALTER FUNCTION tolstoy.census(uuid) OWNER TO tolstoy_census;
REVOKE CREATE ON SCHEMA tolstoy FROM tolstoy_census;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP FUNCTION tolstoy.census(uuid);
DROP POLICY census ON users;
REVOKE SELECT (org_id) ON users FROM tolstoy_census;
DROP POLICY census ON tools;
REVOKE SELECT (org_id) ON tools FROM tolstoy_census;
DROP POLICY census ON actions;
REVOKE SELECT (org_id) ON actions FROM tolstoy_census;
DROP POLICY census ON flows;
REVOKE SELECT (org_id) ON flows FROM tolstoy_census;
DROP POLICY census ON execution_logs;
REVOKE SELECT (org_id) ON execution_logs FROM tolstoy_census;
REVOKE EXECUTE ON FUNCTION tolstoy.org(), tolstoy.platform() FROM tolstoy_census;
REVOKE USAGE ON SCHEMA public, tolstoy FROM tolstoy_census;
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
