"""API keys, the doors that ask for a permission or for a key, and the look by which a key finds its organization."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE "api_keys" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "prefix" VARCHAR(26) NOT NULL,
    "hash" BYTEA NOT NULL,
    "scopes" JSONB,
    "expires_at" TIMESTAMPTZ,
    "last_used_at" TIMESTAMPTZ,
    "revoked_at" TIMESTAMPTZ,
    "replaced_by" UUID,
    CONSTRAINT "uid_api_keys_org_id_0ab5bd" UNIQUE ("org_id", "id")
);
CREATE INDEX "idx_api_keys_org_id_54b96c" ON "api_keys" ("org_id", "user_id", "id");
COMMENT ON TABLE "api_keys" IS 'Acts as its user. Of its text only the hash is kept; `scopes` null means all that the user''s role gives.';

ALTER TABLE api_keys ADD CONSTRAINT api_keys_users_fk
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE;
CREATE TRIGGER api_keys_timestamps BEFORE UPDATE ON api_keys
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO tolstoy_app;
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_keys
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

-- Processes remember whose a key is and what it may do, so that never changes; what may end is asked for each time.
CREATE FUNCTION tolstoy.keep_api_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an API key cannot be given to another, nor get other scopes' USING ERRCODE = 'TY409';
END $$;
CREATE TRIGGER api_keys_kept AFTER UPDATE ON api_keys FOR EACH ROW
    WHEN ((OLD.id, OLD.org_id, OLD.user_id, OLD.hash, OLD.scopes)
        IS DISTINCT FROM (NEW.id, NEW.org_id, NEW.user_id, NEW.hash, NEW.scopes))
    EXECUTE FUNCTION tolstoy.keep_api_key();

CREATE FUNCTION tolstoy.refuse_role(needed text, entered_role text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'This takes the permission %, which the role % does not give.', needed, entered_role
        USING ERRCODE = 'TY4RO';
END $$;

-- As enter(), for a user with one of these roles: those that give the permission `needed`.
CREATE FUNCTION tolstoy.enter(entered_org uuid, entering_user uuid, needed text, roles text[])
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    entered_role text;
BEGIN
    PERFORM set_config('app.org_id', entered_org::text, true);
    SELECT role INTO entered_role FROM public.users WHERE org_id = entered_org AND id = entering_user;
    IF entered_role = ANY (roles) THEN
        RETURN entered_role;
    ELSIF entered_role IS NOT NULL THEN
        PERFORM tolstoy.refuse_role(needed, entered_role);
    END IF;
    RETURN tolstoy.enter(entered_org, entering_user);
END $$;

CREATE FUNCTION tolstoy.enter_or_found(entered_org uuid, entering_user uuid, needed text, roles text[])
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    entered_role text := tolstoy.enter_or_found(entered_org, entering_user);
BEGIN
    IF NOT entered_role = ANY (roles || 'founder'::text) THEN
        PERFORM tolstoy.refuse_role(needed, entered_role);
    END IF;
    RETURN entered_role;
END $$;

-- For a key of that user, whose text was compared before: it is asked here, at each use, whether it still holds.
CREATE FUNCTION tolstoy.enter_by_key(entered_org uuid, entering_user uuid, needed text, roles text[], key_id uuid)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    entered_role text;
    ended text;
BEGIN
    PERFORM set_config('app.org_id', entered_org::text, true);
    SELECT u.role, CASE WHEN k.revoked_at IS NOT NULL THEN 'was revoked'
                        WHEN k.expires_at <= clock_timestamp() THEN 'has expired' END
    INTO entered_role, ended
    FROM public.users u JOIN public.api_keys k ON k.org_id = u.org_id AND k.user_id = u.id
    WHERE u.org_id = entered_org AND u.id = entering_user AND k.org_id = entered_org AND k.id = key_id;
    IF entered_role IS NULL THEN
        RAISE EXCEPTION 'This API key is not known here.' USING ERRCODE = 'TY401';
    ELSIF ended IS NOT NULL THEN
        RAISE EXCEPTION 'This API key %.', ended USING ERRCODE = 'TY401';
    ELSIF NOT entered_role = ANY (roles) THEN
        PERFORM tolstoy.refuse_role(needed, entered_role);
    END IF;
    RETURN entered_role;
END $$;

DO $$ BEGIN
    IF to_regrole('tolstoy_keys') IS NULL THEN
        CREATE ROLE tolstoy_keys NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
-- As in migration 6.
DO $$ BEGIN
    FOR attempt IN 1..20 LOOP
        BEGIN
            IF NOT pg_has_role('tolstoy_keys', 'USAGE') THEN
                GRANT tolstoy_keys TO CURRENT_USER;
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
GRANT USAGE, CREATE ON SCHEMA tolstoy TO tolstoy_keys;
GRANT USAGE ON SCHEMA public TO tolstoy_keys;
GRANT SELECT (id, org_id, user_id, hash, scopes) ON api_keys TO tolstoy_keys;
CREATE POLICY finding ON api_keys FOR SELECT TO tolstoy_keys USING (true);
-- Whose key it is, told to whoever has its text: nobody makes the hash up.
CREATE FUNCTION tolstoy.find_key(sent_id uuid, sent_hash bytea)
    RETURNS TABLE (org_id uuid, user_id uuid, scopes jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.org_id, k.user_id, k.scopes FROM api_keys k WHERE k.id = sent_id AND k.hash = sent_hash
$$;
REVOKE EXECUTE ON FUNCTION tolstoy.keep_api_key(), tolstoy.refuse_role(text, text),
    tolstoy.enter(uuid, uuid, text, text[]), tolstoy.enter_or_found(uuid, uuid, text, text[]),
    tolstoy.enter_by_key(uuid, uuid, text, text[], uuid), tolstoy.find_key(uuid, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.keep_api_key(), tolstoy.refuse_role(text, text),
    tolstoy.enter(uuid, uuid, text, text[]), tolstoy.enter_or_found(uuid, uuid, text, text[]),
    tolstoy.enter_by_key(uuid, uuid, text, text[], uuid), tolstoy.find_key(uuid, bytea) TO tolstoy_app;
ALTER FUNCTION tolstoy.find_key(uuid, bytea) OWNER TO tolstoy_keys;
REVOKE CREATE ON SCHEMA tolstoy FROM tolstoy_keys;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP FUNCTION tolstoy.find_key(uuid, bytea);
DROP FUNCTION tolstoy.enter_by_key(uuid, uuid, text, text[], uuid);
DROP FUNCTION tolstoy.enter_or_found(uuid, uuid, text, text[]);
DROP FUNCTION tolstoy.enter(uuid, uuid, text, text[]);
DROP FUNCTION tolstoy.refuse_role(text, text);
DROP TABLE api_keys;
DROP FUNCTION tolstoy.keep_api_key();
REVOKE USAGE ON SCHEMA public, tolstoy FROM tolstoy_keys;
"""


MODELS_STATE = (
    "eJztXW1z2ziS/isofZlslVYV27Ezm7m6KnvGu+PbxL5KnMnt7kxREAlJPFMAhwCjaOfy3w"
    "8AKfGdISRKouiumhcLRPPlaRDsfrob+GOwYA7x+OjaFi6jgzfojwHFCyL/yB0ZogH2/aRd"
    "NQg88XRXrPvoNjzhIpC/ZfMUe5zIJodwO3D9+AI09DzVyGzZ0aWzpCmk7u8hsQSbETEngT"
    "zwr38NWDCzXEedWf73tyFKtzyR1eC339Qh6pAvhCuJPwZTl3iO/jvVVTDmZc4zIF/8gHCu"
    "71v2VU3xk8e3I1a+friB7iwfSv/4qjr6T5a+Sgav6Oy63VrLfvx499NfdU/1yBPLZl64oE"
    "lvfyXmjG66h6HrjJSMOjYjlARYECcFpbq1GPR1U4SabBBBSDZYOEmDQ6Y49JRCBv8xDalW"
    "FRLM44KtRjYLyMh1+IiSpcTnP+P7TMlY1v3Do/Xh9tGyBgbKtCWuEjOXCgXvH1+j8ybo6N"
    "aBusCPP1+/f3Fx9SeNB+NiFuiDGrvBVy2IBbYStSaQ2wFRAFlYFKH/SR4R7oKUw5+VzKnB"
    "iUVH6z+2Uce6IdFH8j6swV3DlwH8ni1f/Gk/UD/evbv98Hj97r/V6Rec/+5ppK4fb9WRc9"
    "26yrW+iDTD5Esdveybk6BPd48/I/UT/fPh/javv02/x38O1D3hUDCLsqWFnTQa6+Z1k+ya"
    "KDj0nS0VnJUEBXdUwQH57PL4+5JV7407u6OiXLlpqZxqJUiHVObZ9mqU9yj/9+e/nJ9fXL"
    "w+f3lx9f3lq9evL79/+b3sq++yeOh1je5v7v52d/+YVaVq+JoBPPkkNv1SJRJtfq22fnuO"
    "/z1KwExZFU3RTIkAnDk4lT1XgPLHOQ7KoYy752CUt3WCAA4W+IvlEToTc/nz6lUNoL9cv9"
    "eYXr3Kzdv38ZFzfSgLrf6/Abbr/j0E9/zlywboyl6V8OpjWXwX0mVhJRNBNcKJRA8xPmsC"
    "8Vk1wmcFgAl1fBZ/3JtCnJbpIchyGDYcybVDuQD1nGCHBLyI9H99eLgvRzolkje1XVug/0"
    "Oey5vYZbHL2hW8a9BVWGSM7DWmL95d/08e7h/fPtzkv3/qBDc55F3qh8Li9pwssAn8eTnQ"
    "wfY6kM9oh4JY7tRoqslIbTXZdAz3w8w1EqWQPknvsMQDrEY7K3XkqT0gIlh17MupSMrpU4"
    "ozUw0TbD8tceBYhSPsnFX1LR5anC/yLZjimYZMPaG6/5g7vtVvRQWxnBwc1nHLZN2tGb08"
    "uEZBSEfoTnD5RmHKXS07RJg6aDnHAk2Z57ElR9OALRDB9lweCwh6Ir5AkxVaU6RcS2B5En"
    "c2IwF6sXBncjzpI3/RxyTUo0FOxQe+/K/0VzomPrPnY2SzkKqrzgmyPewu+BspvmTBk5Re"
    "Bq4gHDHqrVAoB3igu2lB5IqoP3FGaPy/bCK90zFyoxMxSpBsQmyqf8o3JSS/UqGeY4FXkZ"
    "w+oh96zMnvYzkGFhNpC0RPO8dc/uv78mV0hvLZ1YUZJ/Igi5GQ1x+h6+jUjjoPWrqyTyjk"
    "3atLu1w+oo/lYzjjN7KzfIpghqn7bw3GUP7SjVN5qqG+nPxHDsiVOpX+4ep71ZoyjjA4xA"
    "l9YhkEGtR9tBNoUNNk6SW4wCLk+7yChJtQYe3r9CEnAQRjIBgDwZiT4uohGNNzBUMwBoIx"
    "HXPxDaIHKcurKZopkR3g7Jjj3g6an6UJXzoVVM4DKYmtpoGOwRjPCOdnr16/+v7i6tVmIt"
    "i01L3/xXc9ypGyDGNcWan+8UrtR7pSzkXTaSAlArNqPsQd8Q8mYzYl0suoSyMetIYFzY/Y"
    "GC/TRIKMFHy+spimiBuDkZuV6uFs24jEv6rh8K+KFH5CFhmM3owQDN5SRH0slWYwenNi/R"
    "u+l42G72XN8L0sDl+H+GUwf1hgz6u0dTdCx3V4X+5s3l6cv77aWLbqR51R++Hd9du3Rcs2"
    "4aObjtRE4sgGQhR16LBtEAU+SggZxjyCaeVEEAvl4J1IqUPia1oB0nw2vXl4eJuh1W7ucm"
    "zL/cd3N7fvX5xpsGUnV1SQMDp5wijbJZHYKdGia3buoTMtWCgkjibAJxKQ4bJDhksQsBKH"
    "rhr2jQCgvj3qUWTdjFpPZHrEqB2YY9dJDgY05qb/qZt2rTGXUTaJAYSJAGC4tpHJ72avfi"
    "xw6gAe+GWPHAvLHO2MHIBuBro7o9JZNnZTMnLgqXzbU1liYc+NYU5JAchNQHaFvAtrWmYj"
    "V1MaObH+kW/tcxtL/ES2SCZKibWQSdQxzPuUTuQQ7Hgu3UbHOVHQc5f1bGNqE88KiESWb5"
    "kBWn4K0Hu39e55qk5Ems12QEp0fuNSHKyqNF4QzlsnK0F4v2jUm5gr2mhXfh1v7u6v3/9j"
    "wyxtVPz24f5vNyXc0s0/Hm+vi25PsN2Ll5WE963L79vUpS6fb6XmnCjouWt67lrB3ls2G9"
    "TV7Knjw0Zle5bHZg1L9x4oQVgIsvCFqjjDSJoC/giNA2KzwCHOGAWqck6Vy+nyNTqTJuJ3"
    "/Ac05qFPAk50H0YJR0siO4XUUQVsk5U8ldRPKEf4IDeaDnXNBpVnnakvS1S33+us0y6hAA"
    "wKwKAArKMfJigAe0YKhgIwKADrmPUOBWBHQjNvBTaFNC8HuOa5GuKb1iWkZXpYUrOXvG5I"
    "6zxqWqcR8ikRSDGExM7TQv2Eyx9OI08AKnrbXWVZ3r3JaF33h5SWbw/VmEkuwlvpPKckTt"
    "13bi1Z1iECu56RBZESgW/Z9t+yddSjhACqSzFMi0GO4bdzDJPQkSHQWUGAugHUkBrxDIhr"
    "SI14Hnpev5PbFHikBaGcbtuIxeZ1MVZBXhJ0YKKDjiQI/dXTb2YhMUi3D+sSglSo5QA7RO"
    "ayaCA/BPJDIH0A8kNAwZAfAvkhz5v4hj3w9rsHXvrODGDOifUxzLCfvZMOv0Rzhybi1oIN"
    "fjjxIr/UHM9S2R75ta2BrN6HIKRUVchnN3RqiHT1CQDuzhEEv8QvQwVP8EvyrtTTBeu3as"
    "+0QSoJdP0a/5bdBgqIhQ4YckAsPFu/E4iFnisYiAUgFk6XWDha4Uk/4Txhv7ZD/kCGmWF2"
    "uCDUaK3ltAzUQ+yQU5eQBObmS14WslO6bMUk2pqUlHfVbIaSk4OSuc7QGXcOWfhMEGqv/k"
    "5WgxJGI9djWEdquElfVc7XdEdzijDlSxJEm4RP4x2vA+LLd151GqFxZJ1t9u32PSxkv8V3"
    "HLmOlghYqHcADwWXd4HUBtnpfbRLNjI/1FW/wc4Y7L2d8uZhTZF+UDvgp7RZ+WNWddzfgu"
    "Pzy8smAbnLy+p4nDpWyIyckcAP3DI7u24pxJwgLIOYNuwMl0EsrcSs38urshrzpH3HNjb2"
    "mhPsSM/axGtMiYDTuIPTOGFOyVxdN4usJWD62Hb6gDBSD/3zjviRDymvZ1DiRWaOD+t8yL"
    "T/tIfAOIS5O+sLwfzUw/kJwtzPSMEQ5j5wmBtSvveb8t21vM72RvrLI28e2BG79VGtKVFi"
    "rz7Ga01U26lC9oB6T7BXwV7trTkD9mrPFQz2KqRldoz8hXrPzhj/E8yJFQaeCcZpmX7ivJ"
    "dSTzlLzyOgDLDOCPUS7EZQmyzfqRCT15y6M5OgZ04MFqDcPu4JNeT7n1g6Qi185NqjL1AL"
    "un1YRy2o1Z0PQC1ka0DJArueVZaNCJwDcA7gkgLnAAoGzgE4h+fNOWgrwcRy3Qj00EG7aO"
    "ShXdS4aBdFHy2xw0xR7vEOWntB+qD8Wde9r/bps4B5RvCu+/dw+LbD5HTEr/2EXTEo8Wt1"
    "+7DOr13KHg1rAj/NsYg3K0daTJXbvZEtynYdInmNgH2WovJPZGPPU4+GWIAwZcrdRUGo6/"
    "dCYbMFWRfwBQQxahPkCtXAPpOgWBZ4yAub++i5vSfT+yYGLKSQL3B8Wwl892fr2oHv3nMF"
    "g+8OvvsJ++7H3/G6n8DCltcFj2cvW15HJm4B5OqJd93/1Gfd1hbKOujeqN0eoe1nVzjSlz"
    "M3/RIpWPyqy7YfJeX7WdYvvpBInfoc1MaCCw6x3c2C102zjzJCsOjCDslHMStlAn5KBNK+"
    "tkfe9hjfjvlJC8IHomsfiI5Q8refCRU/Ec/9TILSRfyyHYZ1JD1RXaWmdV+XNOTrH+dErY"
    "I3YV/eIEyRPoleIY9Rgng42XQeobFQpx0jW1rngiPuxsy4h7lAEzLD9Ac0jreNl90E8TyO"
    "2BQRbM+LfP0hL2xerlexkF/6vjJk/9Zr+qnJpvRSGed9lytAJAEiCUA0QyQBFAyRBIgkPH"
    "PCu2i/NEW1RBTg7V6g5nT8RANcTQsMe1xbeNksPFMTncmz3z5eeQyXjNdqciklArzeDuxS"
    "1brAddHHijWBDz22fUIdBWVb47r9qI5YkyANg46b/sc10I68vFOm6jimVEymhrQMzA07zA"
    "2UfBFbuJEpMWCdu+ZIdoR1/pmxp0EJ2azbh3Uc81z2MNgcxnEUY4mESs2WX65AbdMSUs3N"
    "YqR2mhuhh6nevUWwJ0IRo95Kb9gyx3yuMq7VDi/lO8C0d+rWyOHU1nn7IoVVgTnwwcAHAx"
    "/c4Vke+OBnpGDgg4EP7pgpDBsEHwvOtXlmAGdKBOCEdRIPWuhNqHr2kuF6w5hHMK0IViRS"
    "+S2d4rW3D4X0xj9ofSOnh4e3GQPk5i73Xbr/+O7m9v2LMw237OSKis+V9j4t5XSWWQjVu2"
    "Zl5WDvrLThZ7J3lsqFm7r2Zv+ipnNJXu7IcwpllHSYa+fuTO+UwIn0S0tcnZqARkGyf6t0"
    "7KWmyiFOaBYVTSSOHTuS72uk644O5wgpK9oz0hzilGD/BvNZo8F8VjOYz4qD2aV+KLg1Dd"
    "jCBO6c2JGHdUDkCXiXx3W0b7oJwonEkcHF4s9qJZYOg6toOBYK9SVj1DHe7bdE/LjM0MXu"
    "kehtS886FCerK87IHB9+K262VWmGS6MCCRRPLmg5Z5wgZTVhEQYELTFHgTubiyGSf7kC2f"
    "IeR+jatokvx4iqpuAIy47ReECTFRrHN7KyXGdcXphxmMu2FnnT8EI5BoTfIPwG0RkIvz0j"
    "BUP4DcJvHWMyDQIcKbulKZopEYCzQNtsDEwz0iYj1j/K5vzysomze3lZ7e2qY7mxqzkuo9"
    "zglAikBu+QGiwfOihZs6wa+I0AwL4D7BPmlKBeF8RbS0D4brhl+K5y5Zvq6bx65ZuDc5Yx"
    "G9Jh0tIPmHzqEtK9pvgrEYGVhbafTaBWtD0jsCN88Qd7TpxQQ1vgijfHhnU8MY97NWSIx3"
    "G1z3q5eqR+I+HaTyM0jtYnHCOOVxwt50SRdsiT7gPCQndeX+yN+kWHajF83W2paip0McUc"
    "c0TkYHCKLPFhLw01GkASA0kMHCKQxKBgIImBJN7323P87xHUaECNxinACTUa+63RsAOzvP"
    "V1f8C3Gb7KMLP+HWfXNwU5I3RkpD8+/tgawnvJ7VW75nnYN6JwE5Ejo8ufXL/D9K2NhT23"
    "Qr866bTSvC0TPXLC6dXLDi1+FOWWmxDjiQSE2XYgxn0s7S3TosRE6Mg1ieVMbSshtvaKEi"
    "kTZkZb3L9/qRF7Kc2CpbuMBvbJ8Ulq34Et9JsSA/12Wb+TcDolwVaMcE4U9NxlPcO+b33W"
    "rnLd/FJDsob0Twmd+jKwB+b89deNBAErqS+t9pmyUpBPZOY2dSXvJbU1wKAs9yV9fFib/5"
    "Lq2TAH5tOc6RQU5jl6zye1jxQfoU9z1yMIo2hdCdVjQqS6UEB8D9vEGaIJE3Nd0VhMbmnp"
    "nK1nrUBKCaSUQErJCdgekFLScwVDSgmklHTMqjTJgQg8E/o37t7PkHLDmHJtULlkAamMwd"
    "u8EjEj1j+6fV94Rxa6ieOZSECwbodg3dGS0zo2zNuZl7dYPnG3ZRO7NnwPkPDjKyOMhXyL"
    "tSpLRHs5Re8R9JAKt8T2qPeJitLAvHfZOcK2cD+XJBjUZnAkQrCq9DcTOByX60W4rYBgbm"
    "hjFkX7N4ntJa1jil1PL1XsxgtRmsxhBWGYwro2hXUkmnLtu38npetNxkeGdREU7LvWE1k1"
    "3aTNFjxawJEjVeWQbJqmqnlL90z7AY25zaRyx/rG0ULO6PIc8i+9F5vqrs70HUeBnO3RTE"
    "7qvGQLtwNeuLUwTKoOBIIxEIyBYEx353IIxjwjBUMwBoIxHTN4oSAVClKP7gXvi8qbul8M"
    "adNYoo8YXzWBOP91TCF8VVhY03ivMNglbNdlBiPH0iR+mEhA0uoui+D5rjy8hWmelQQyrc"
    "v2uU7yVvWZ2xZNpWRB013WtPSp2NNWes5Kgpa7reUo392alKyHXO215MQg+aMzBRzXJHDt"
    "+aAs5BAdGdaGHJI+3wo4VENaQtLnSHkjzryS9Sn1mkv4nniI7caV79MLaWW5i2pW/DMJyi"
    "m12i1zK/i0Xjh6+9hEQb1UBgjH3XuI7l5WHpJXFISWmCLVbl1KBPJCT6ka8ev/A8w/SFQ="
)
