"""How much an organization's executions and logs may take: measured now and then, refused where work begins."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE "stored_volumes" (
    "id" UUID NOT NULL PRIMARY KEY,
    "org_id" UUID NOT NULL,
    "bytes" BIGINT NOT NULL,
    "most" BIGINT,
    "measured_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seconds" DOUBLE PRECISION NOT NULL,
    CONSTRAINT "uid_stored_volu_org_id_0fb1f0" UNIQUE ("org_id", "id")
);
COMMENT ON TABLE "stored_volumes" IS 'What an organization''s executions and logs took when they were last measured; `id` is the organization''s.';
ALTER TABLE "organizations" ADD "max_stored_bytes" BIGINT;
ALTER TABLE organizations ADD CONSTRAINT organizations_max_stored_bounded
    CHECK (max_stored_bytes BETWEEN 1 AND 1125899906842624);
ALTER TABLE stored_volumes ADD CONSTRAINT stored_volumes_organizations_fk
    FOREIGN KEY (org_id) REFERENCES organizations (id) ON DELETE CASCADE;
GRANT SELECT, INSERT, UPDATE, DELETE ON stored_volumes TO tolstoy_app;
ALTER TABLE stored_volumes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON stored_volumes
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

-- Measures the organization that was entered, if a limit applies to it: the JSON as it is stored (compressed), and 200
-- bytes for each row with its entries in indexes. pg_column_size reads no value that is kept aside, only where it is. At
-- most every minute, and a hundred times as long as it took apart: measuring is to take no more than a hundredth.
CREATE FUNCTION tolstoy.measure_stored(setting bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    org uuid := tolstoy.org();
    began timestamptz := clock_timestamp();
    stored numeric;
BEGIN
    PERFORM FROM public.organizations WHERE id = org AND coalesce(max_stored_bytes, setting) IS NOT NULL;
    IF NOT FOUND THEN
        DELETE FROM public.stored_volumes WHERE org_id = org;
        RETURN NULL;
    END IF;
    PERFORM FROM public.stored_volumes WHERE org_id = org AND most IS NOT DISTINCT FROM setting
        AND measured_at > began - greatest(interval '50 seconds', 100 * seconds * interval '1 second');
    IF FOUND THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(sum(200 + pg_column_size(inputs) + coalesce(pg_column_size(output), 0)
        + coalesce(pg_column_size(error), 0)), 0) INTO stored FROM public.executions WHERE org_id = org;
    SELECT stored + coalesce(sum(200 + pg_column_size(inputs) + coalesce(pg_column_size(outputs), 0)
        + coalesce(pg_column_size(error), 0) + coalesce(pg_column_size(details), 0)), 0) INTO stored
    FROM public.execution_logs WHERE org_id = org;
    BEGIN
        INSERT INTO public.stored_volumes (id, org_id, bytes, most, measured_at, seconds)
        VALUES (org, org, stored, setting, began, extract(epoch FROM clock_timestamp() - began))
        ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes, most = excluded.most,
            measured_at = excluded.measured_at, seconds = excluded.seconds;
    EXCEPTION WHEN foreign_key_violation THEN
        RETURN NULL; -- the organization was removed meanwhile
    END;
    RETURN stored;
END $$;

CREATE FUNCTION tolstoy.refuse_full() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    volume record;
BEGIN
    SELECT v.bytes, coalesce(o.max_stored_bytes, v.most) AS most, v.measured_at INTO volume
    FROM public.stored_volumes v JOIN public.organizations o ON o.id = v.org_id
    WHERE v.org_id = NEW.org_id AND v.bytes > coalesce(o.max_stored_bytes, v.most);
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'TY507', MESSAGE = format(
            'The organization''s executions and logs took %s bytes at %s, and may take %s: delete some, or ask for more.',
            volume.bytes, to_char(volume.measured_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), volume.most);
    END IF;
    RETURN NEW;
END $$;
-- Where work begins: a run that has begun is not cut off, nor are those that it starts and the logs of its steps.
CREATE TRIGGER executions_room BEFORE INSERT ON executions FOR EACH ROW
    WHEN (NEW.parent_id IS NULL) EXECUTE FUNCTION tolstoy.refuse_full();
CREATE TRIGGER execution_logs_room BEFORE INSERT ON execution_logs FOR EACH ROW
    WHEN (NOT NEW.recorded) EXECUTE FUNCTION tolstoy.refuse_full();
REVOKE EXECUTE ON FUNCTION tolstoy.measure_stored(bigint), tolstoy.refuse_full() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.measure_stored(bigint) TO tolstoy_app;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP TRIGGER execution_logs_room ON execution_logs;
DROP TRIGGER executions_room ON executions;
DROP FUNCTION tolstoy.refuse_full(), tolstoy.measure_stored(bigint);
DROP TABLE stored_volumes;
ALTER TABLE organizations DROP COLUMN max_stored_bytes;
"""


MODELS_STATE = (
    "eJztXW1z2zYS/isYfWk6o/PEduz00pubsRO39Z1j3yROc+2lQ0EkJPFMASwBWlF7+e8HgJ"
    "T4zhB6peid6YtFYgnyWRDcfXYX+LM3ZQ7x+NGFLVxGe6/Qnz2Kp0T+kTvTRz3s+8lxdUDg"
    "oaebYt1GH8NDLgL5Wx4eYY8Tecgh3A5cP+6Ahp6nDjJbNnTpODkUUvf3kFiCjYmYkECe+M"
    "9/eiwYW66jriz/+1sfpY88kHnvt9/UKeqQz4QriT97I5d4jv471VQw5mWu0yOf/YBwru9b"
    "tlWH4iePb0fMff1wPd1YPpT+8UU19B8s3UsGr+jq+ri1kP3w4frND7qleuShZTMvnNKktT"
    "8XE0aXzcPQdY6UjDo3JpQEWBAnBaW6tRj0xaEINXlABCFZYuEkBxwywqGnFNL72yikWlVI"
    "MI8LNj+yWUCOXIcfUTKT+Pw9vs+UjGXd3t1b76/uLatnoExb4ioxc6lQ8P75Jbpugo4+2l"
    "MdvP7p4t2z0/NvNR6Mi3GgT2rsel+0IBbYStSaQG4HRAFkYVGE/o08I9wpKYc/K5lTgxOL"
    "Hi3+WEUdiwOJPpL3YQHuAr4M4Lds9uzb7UB9f/326v39xdt/qctPOf/d00hd3F+pMyf66D"
    "x39FmkGSZf6uhlX14Efby+/wmpn+jXu9urvP6W7e5/7al7wqFgFmUzCztpNBaHF4dk00TB"
    "oe+sqOCsJCi4pQoOyKPL4+9LVr2X7viainLlpqVyqpUg7VKZx6urUd6j/N9f/npycnr68u"
    "T56fl3Zy9evjz77vl3sq2+y+KplzW6v7z+8fr2PqtKdeBLBvDkk9j0S5VIbPJrtfLbs//v"
    "UQJmyqpoimZKBODMwansuQKUryc4KIcybp6DUd7WAQLYm+LPlkfoWEzkz/MXNYD+fPFOY3"
    "r+Ijdv38ZnTvSpLLT6/wbYLtp3ENyT588boCtbVcKrz2XxnUqXhZVMBNUIJxIdxPi4CcTH"
    "1QgfFwAm1PFZ/HFvCnFapoMgy2HYcCTXDuUC1BOCHRLwItL/eH93W450SiRvaru2QP9Dns"
    "ub2GWxy9oWvGvQVVhkjOwFps/eXvw7D/frm7vL/PdPXeAyh7xL/VBY3J6QKTaBPy8HOlhd"
    "B/IZ7VAQyx0ZTTUZqZUmm5bhvpu5RqIU0gfpHZZ4gNVoZ6X2PLUHRATzln05FUk5ekhxZu"
    "rAENsPMxw4VuEMO2FVbYunpifT/BFM8VhDpp5Q3X/MHV/pt6KCWE5O9uu4ZbJo1oxe7l2g"
    "IKRH6Fpw+UZhyl0t20eYOmg2wQKNmOexGUejgE0RwfZEngsIeiC+QMM5WlCkXEtgeRF3PC"
    "YBejZ1x3I86TN/1eck1Ee9nIp33P0n+okOiM/syQDZLKSq1wlBtofdKX8lxWcseJDSs8AV"
    "hCNGvTkK5QAPdDMtiFwRtSfOERr8lw2ldzpAbnQhRgmShxAb6Z/yTQnJJyrUc0zxPJLTZ/"
    "RDDzj5fSDHwHQobYHoaSeYy399X76MTl8+u+qYcSJPshgJ2f8Ruogu7ajroJkr24RC3r3q"
    "2uXyEX0sH8MZvJKN5VMEY0zdPzQYfflLHxzJS/V1d/IfOSDn6lL6h6vvVWvKOMLgECf0iW"
    "UQaFD3sZlAg5omS7vgAouQb7MHCTehwtrW5UNOAgjGQDAGgjEHxdVDMKbjCoZgDARjWubi"
    "G0QPUpZXUzRTImvA2TLHfTNoPkoTvnQqqJwHUhIrTQMtgzGeEU6OX7x88d3p+YvlRLA8Uv"
    "f+F9/1KEfKMoxxZaW6xyttPtKVci6aTgMpEZhV8yHuiH8wGbMpkU5GXRrxoDUsaH7ExniZ"
    "JhJkpODzlcU0RdwYjNysVAdn20Yk/nkNh39epPATsshg9GaEYPCWIupjqTSD0ZsT697wPW"
    "s0fM9qhu9Zcfg6xC+D+f0Ue16lrbsU2q/D+3xt8/b05OX50rJVP+qM2vdvL25uipZtwkc3"
    "HamJxJ4NhCjq0GLbIAp8lBAyjHkE08qJIBbKwTuUUrvE17QCpPlsenl3d5Oh1S6vc2zL7Y"
    "e3l1fvnh1rsGUjV1SQMDp5wijbJZFYK9GibXburjMtWCgkjibAJxKQ4bJGhksQsBKHrhr2"
    "pQCgvjrqUWTdjFpPZDrEqO2YY9dJDgY05rL9oZt2G2Muo2wSAwgTAcBwYSOT381e/Vjg0A"
    "Hc8cseORaWOdoZOQDdDHR3TKWzbOymZOTAU/m6pzLDwp4Yw5ySApCbgOwKeRfWqMxGrqY0"
    "cmLdI982z23M8ANZIZkoJbaBTKKWYd6ldCKHYMdz6So6zomCntusZxtTm3hWQCSyfMUM0P"
    "JLgN7brXfPU3Ui0my2A1Ki80uX4mBepfGCcN46mQvCu0WjXsZc0VK78ut4eX178e6XJbO0"
    "VPHN3e2PlyXc0uUv91cXRbcnWO3Fy0rC+9bm923kUpdPVlJzThT03DY9t61g74aNe3U1e+"
    "p8v1HZnuWxccPSvTtKEBaCTH2hKs4wkqaAf4QGAbFZ4BBngAJVOafK5XT5Gh1LE/Eb/j0a"
    "8NAnASe6DaOEoxmRjULqqAK24VxeSuonlCO8lxtNu+qzQeVZa+rLEtVtt59F2iUUgEEBGB"
    "SAtfTDBAVgT0jBUAAGBWAts96hAGxPaOatwKaQ5uUA1zxXQ3zTuoS0TAdLaraS1w1pnXtN"
    "6zRCPiUCKYaQ2HlYqB9w+cNh5AlARe9mV1mWd28yWhftIaXl60M1ZpKL8FY6zymJQ/edN5"
    "Ys6xCBXc/IgkiJwLds9W/ZIupRQgDVpRimxSDH8Os5hknoyBDorCBA3QBqSI14AsQ1pEY8"
    "DT0v3slVCjzSglBOt2rEYvm6GKsgLwk6MNFBSxKEfvD0m1lIDNLH+3UJQSrUsoMdInNZNJ"
    "AfAvkhkD4A+SGgYMgPgfyQp018wx54290DL31nBjDnxLoYZtjO3km7X6K5RRPxxoINfjj0"
    "Ir/UHM9S2Q75tRsDWb0PQUipqpDPbujUEOnqCwDcrSMIfo5fhgqe4OfkXamnCxZv1ZZpg1"
    "QS6OI1/i27DRQQCy0w5IBYeLJ+JxALHVcwEAtALBwusbC3wpNuwnnAfm2L/IEMM8PscEqo"
    "0VrLaRmoh1gjpy4hCczNl7wsZKe02YpJtDUsKe+q2QwlJwclc62hM64dMvWZINSe/5PMey"
    "WMRq5Fv47UcJO2qpyv6Y7mFGHKZySINgkfxTteB8SX77xqdIQGkXW23Lfb97CQ7abfcOQ6"
    "WiJgod4BPBRc3gVSG2Sn99Eu2ch8V71+hZ0x2Hs75c3DmiLdoHbAT9lk5Y9Z1XF3C45Pzs"
    "6aBOTOzqrjcepcITNyTAI/cMvs7LqlEHOCsAxi2rAzXAaxtBKzfi+vymrMg/YdN7Gx14Rg"
    "R3rWJl5jSgScxjWcxiFzSubqullkIQHTx6rTB4SROuift8SPvEt5Pb0SLzJzvl/nQ6b9py"
    "0ExiHM3VpfCOanDs5PEOZ+QgqGMPeOw9yQ8r3dlO+25XVubqQ/b9HmgRqkaGsUbvkksKYu"
    "DUXJwK6HufwKkD9bDrg0GAMdkYv95+bzdZl0h1B+OsXO92pBlRJn7T5eaKXaSROyBRQ7g7"
    "MGzlpnbXlw1jquYHDWICe5ZZEPKHZujec7xJxYYeCZYJyW6SbOW6lzlrP0JALKAOuMUCfB"
    "bgS1ydq1CjHZ58gdF4GujvjnxGD11dWD/rCAwvYnlpZQCx+49ugL1II+3q+jFtTS5jugFr"
    "IF0GSKXc8qS8UFzgE4B3BJgXMABQPnAJzD0+YctJVgYrkuBTrooJ028tBOa1y006KPlthh"
    "pih3ePu4rSC9U/6s7d7X5umzgHlG8C7ad3D4bobJaYlf+xG7olfi1+rj/Tq/diZbNCyI/T"
    "jBAmGkdsVEWkzVmr6SR5Tt2keyj4A9SlH5J7Kx56lHQyxAmDLl7qIg1MWrobDZlCyqVwOC"
    "GLUJcoU6wB5JUKyJ3WXH5j56buPV9KahAQsp5Avs31YC3/3Junbgu3dcweC7g+9+wL77/r"
    "d77yawsN97wePZyn7vkYlbALl64l20P/RZd2NZ7zvdGLjdI3Tz2RWO9OXMTb9EClZ+a7Pt"
    "R0n5Zq71K48kUoc+B21itRGH2O5ytfem2UcZIVhxZI3ko5iVMgE/JQJpX6sjb3uMr8b8pA"
    "XhA9G2D0RLKPmrR0LFG+K5jyQoXcEy26BfR9IT1VRqWrd1SUO+/n5C1BKQQ/b5FcIU6Yvo"
    "5SEZJYiHw2XjIzQQ6rIDZEvrXHDE3ZgZ9zAXaEjGmH6PBlgIMvWFbCaI53HERohge1Lk63"
    "fZsXm5XsUqlun7ypD9Ky9oqSab0q4yzvs6PUAkASIJQDRDJAEUDJEEiCQ8ccK7aL80RbVE"
    "FOBtX6DmcPxEA1xNCww7XFt41iw8UxOdybPfPp57DJeM12pyKSUCvN4a7FLVoth10ceKBb"
    "F3PbZ9Qh0F5abG9eajOmJBgjQMOi7b79dAa9HaZgtKxWRqSMvA3LDG3EDJZ7GCG5kSA9a5"
    "bY5kS1jnnxh76JWQzfp4v45jnsgWBjsjOY5iLJFQqdnyyxWoPYpCqrlZjNQ2i0fobqS3Lh"
    "LsgVDEqDfXuxVNMJ+ojGu1vVH59kebu/TGyOHUvpHbIoVVgTnwwcAHAx/c4lke+OAnpGDg"
    "g4EPbpkpDLtj7wvOhXlmAGdKBOCEdRJ3WuhNqHr2kuF6yZhHMK0IViRS+f3M4rW3d4X00j"
    "/Y+C5md3c3GQPk8jr3Xbr98Pby6t2zYw23bOSKis+V9j4t5XSWWQjVW8Zl5WDjuLThZ7Jx"
    "nMqFG7n2cvOupnNJXm7PcwpllLSYa+fuWG8Twon0S0tcnZqARkGye6t0bKWmyiFOaBYVTS"
    "T2HTuS72uk65YO5wgpK9ow1RzilGD3BvNxo8F8XDOYj4uD2aV+KLg1CtjUBO6c2J6HdbyJ"
    "T4vHNaZ8ZjagE4k9g4vFX9RKLC0GV9FwLBTqS8aoY7zVdYn4fpmh0/Uj0auWnrUoTlZXnJ"
    "E53/9a3Gyl0gyXRgUSKJ5c0GzCOEHKasIiDAiaYY4CdzwRfST/cgWy5T0eoQvbJr4cI6qa"
    "giMsG0bjAQ3naBDfyNxynUF5YcZuut1Y5E3DC+UYEH6D8BtEZyD89oQUDOE3CL+1jMk0CH"
    "Ck7JamaKZEAM4CbbM0MM1Im4xY9yibk7OzJs7u2Vm1t6vO5cau5riMcoNTIpAavEZqsHzo"
    "oGTNsmrglwIA+xqwD5lTgnpdEG8hAeG7/orhu8qVb6qn8+qVb3bOWcZsSItJSz9g8qlLSP"
    "ea4q9EBFYWWn02gVrRzRmBLeGL39sT4oQa2gJXvDzXr+OJedyqIUM8iKt9FsvVI/UbCdd+"
    "OEKDaH3CAeJ4ztFsQhRphzzpPiAsdONFZ6/UL9pXi+HrZjNVU6GLKSaYIyIHg1NkiXfbNd"
    "RoAEkMJDFwiEASg4KBJAaSeNtvz/6/R1CjATUahwAn1Ghst0bDDszy1hftAd9m+CrDzPoj"
    "zq5vCnJGaM9If7h/vTGEt5Lbq3bN87BvROEmIntGlz+4fovpWxsLe2KFfnXSaaV5Wya654"
    "TT8+ctWvwoyi03IcYTCQizrUGM+1jaW6ZFiYnQnmsSy5najYTYNleUSJkwM9ri9t1LjdhK"
    "aRYs3WU0sA+OT1L7Dqyg35QY6LfN+h2GoxEJVmKEc6Kg5zbrGfZ967J2levmlxqSNaR/Su"
    "jQl4HdMeevv24kCFhJfWm1z5SVgnwiM7epLXkvqa0BemW5L+nz/dr8l1TLhjkwHydMp6Aw"
    "z9F7Pql9pPgR+jhxPYIwitaVUC2GRKoLBcT3sE2cPhoyMdEVjcXklg1dc+NZK5BSAiklkF"
    "JyALYHpJR0XMGQUgIpJS2zKk1yIALPhP6Nm3czpNwwplwbVC5ZQCpj8DavRMyIdY9u3xbe"
    "kYVu4ngmEhCsWyNYt7fktJYN883Myyssn7jesoltG747SPjxlRHGQr7CWpUlop2corcIek"
    "iFW2J71PtERWlg3tvsHGFbuI8lCQa1GRyJEKwq/dUEDsflehFuKyCYG9qYRdHuTWJbSesY"
    "YdfTSxW78UKUJnNYQRimsLZNYS2JpryLlly88KSdjNVgKYmoFNr066Iq8SKOFl40b7qFW7"
    "x32jC0H4jQW6tRxIIxpu4femF09GwQ10boMuBoWAzUL1Xkm275Df9WFfnq3dmUiJRcNFM/"
    "5emSbd522v0n+ol+uL25+/HHqzdq5Us7UBvFSQnVSDH5Q8wJGrmeF9U7R3fF+/KmHERZsl"
    "ImVpvOjWRvWtDlDyvGgroRsNE9qf+8OLAYDRCOXSi6OpxPpMl26GpaLGG7fvAYrlpdeimS"
    "A3OkZLo1Lt/cfbi8uUL/enf1+vr9dUx6La0LfTJrX7+7urjJ23pynl8pfpcRhPAdmHeFZB"
    "nBAuL8rAZMqWmXOV9r1nHd0nrUTRtny2CRN6O+4Wi5qBDX5ozHxir7hT3Ei7dMyBzNSECQ"
    "StdCU+k4hrLn7yNbK17/JXvFspyaHfWsDLnBVA4Y3UCvKKOXnCFCqGQdbQQTRy88I68TVz"
    "8N+mjCZrJ72UK1jnpS7dXN9FMr2bg68cdhlCA8li8HWHdg3T1x6265nmHzTIilyH7TIDZF"
    "Pu0lJULNcWaoLyRWAr1lpvSeMI+/QCtYhjlRsA1bZBvmgrDlpdQ17lV1DTX4V0v/qiUG+A"
    "UJXHtSZnrHZ2qNbpy0+ZqxXY11ibm4jnlYOd+X2isls308ta9nFm5/rl+ztr/aGnwkQXky"
    "Z+3+oBWZnJ3IvNjGivHqpTJAOG7eQXS3ssyK7FEQWmKVVOfApUQgCe6QSq++/B8i2lWa"
)
