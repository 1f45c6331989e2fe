"""API keys with a limit of requests of their own: the bucket, the function that leases it, and what tells of the limit."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
ALTER TABLE "api_keys" ADD "max_requests_per_minute" INT;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_max_requests_bounded
    CHECK (max_requests_per_minute BETWEEN 1 AND 10000000);
COMMENT ON TABLE "request_allowances" IS 'A token bucket: an organization''s (`user_id` is null, `id` its own), a user''s (`id` the user''s) or an API key''s.';

-- Processes remember it with whose key it is.
CREATE OR REPLACE FUNCTION tolstoy.keep_api_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an API key cannot be given to another, nor get other scopes or another limit' USING ERRCODE = 'TY409';
END $$;
DROP TRIGGER api_keys_kept ON api_keys;
CREATE TRIGGER api_keys_kept AFTER UPDATE ON api_keys FOR EACH ROW
    WHEN ((OLD.id, OLD.org_id, OLD.user_id, OLD.hash, OLD.scopes, OLD.max_requests_per_minute)
        IS DISTINCT FROM (NEW.id, NEW.org_id, NEW.user_id, NEW.hash, NEW.scopes, NEW.max_requests_per_minute))
    EXECUTE FUNCTION tolstoy.keep_api_key();

-- As before, with the limit. The driver prepares a statement anew whose columns are others now.
GRANT CREATE ON SCHEMA tolstoy TO tolstoy_keys;
GRANT SELECT (max_requests_per_minute) ON api_keys TO tolstoy_keys;
DROP FUNCTION tolstoy.find_key(uuid, bytea);
CREATE FUNCTION tolstoy.find_key(sent_id uuid, sent_hash bytea)
    RETURNS TABLE (org_id uuid, user_id uuid, scopes jsonb, max_requests_per_minute integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.org_id, k.user_id, k.scopes, k.max_requests_per_minute FROM api_keys k
    WHERE k.id = sent_id AND k.hash = sent_hash
$$;
REVOKE EXECUTE ON FUNCTION tolstoy.find_key(uuid, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.find_key(uuid, bytea) TO tolstoy_app;
ALTER FUNCTION tolstoy.find_key(uuid, bytea) OWNER TO tolstoy_keys;
REVOKE CREATE ON SCHEMA tolstoy FROM tolstoy_keys;

-- What lease_requests() did, for any bucket of the organization that was entered: gives back what was leased and not used,
-- and leases some again.
CREATE FUNCTION tolstoy.lease_tokens(entered_org uuid, bucket uuid, of_user uuid, per_minute integer, unused integer,
    OUT granted integer, OUT remaining integer, OUT quota integer, OUT wait double precision)
    RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    level double precision;
    since timestamptz;
    at timestamptz;
BEGIN
    quota := per_minute;
    SELECT tokens, filled_at INTO level, since FROM public.request_allowances
    WHERE org_id = entered_org AND id = bucket FOR UPDATE;
    IF NOT FOUND THEN
        BEGIN
            INSERT INTO public.request_allowances (id, org_id, user_id, tokens, filled_at)
            VALUES (bucket, entered_org, of_user, quota, clock_timestamp()) ON CONFLICT (id) DO NOTHING;
        EXCEPTION WHEN foreign_key_violation THEN
            RETURN; -- removed just now: the door says so
        END;
        SELECT tokens, filled_at INTO level, since FROM public.request_allowances
        WHERE org_id = entered_org AND id = bucket FOR UPDATE;
    END IF;
    at := greatest(clock_timestamp(), since); -- read once the row is ours: nobody's time goes back
    level := least(quota, level + greatest(unused, 0) + extract(epoch FROM at - since) * quota / 60.0);
    granted := least(floor(level), greatest(1, least(quota / 50, floor(level / 4))));
    level := level - granted;
    remaining := floor(level);
    wait := CASE WHEN granted = 0 THEN (1 - level) * 60.0 / quota ELSE 0 END;
    UPDATE public.request_allowances SET tokens = level, filled_at = at WHERE org_id = entered_org AND id = bucket;
    RETURN NEXT;
END $$;

CREATE OR REPLACE FUNCTION tolstoy.lease_requests(entered_org uuid, member uuid, own boolean, per_minute integer, unused integer,
    OUT granted integer, OUT remaining integer, OUT quota integer, OUT wait double precision)
    RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    most integer := per_minute;
BEGIN
    PERFORM tolstoy.enter_engine(entered_org, entered_org);
    PERFORM FROM public.users WHERE org_id = entered_org AND id = member;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF NOT own THEN
        SELECT coalesce(max_requests_per_minute, per_minute) INTO most FROM public.organizations WHERE id = entered_org;
    END IF;
    RETURN QUERY SELECT * FROM tolstoy.lease_tokens(entered_org, CASE WHEN own THEN member ELSE entered_org END,
        CASE WHEN own THEN member END, most, unused);
END $$;

-- The same, of a key of that user, as long as it holds; no row for one without a limit either.
CREATE FUNCTION tolstoy.lease_key_requests(entered_org uuid, member uuid, of_key uuid, unused integer,
    OUT granted integer, OUT remaining integer, OUT quota integer, OUT wait double precision)
    RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    most integer;
BEGIN
    PERFORM tolstoy.enter_engine(entered_org, entered_org);
    SELECT max_requests_per_minute INTO most FROM public.api_keys
    WHERE org_id = entered_org AND id = of_key AND user_id = member AND revoked_at IS NULL
    AND (expires_at IS NULL OR expires_at > clock_timestamp());
    IF most IS NOT NULL THEN
        RETURN QUERY SELECT * FROM tolstoy.lease_tokens(entered_org, of_key, member, most, unused);
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION tolstoy.lease_tokens(uuid, uuid, uuid, integer, integer),
    tolstoy.lease_key_requests(uuid, uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.lease_tokens(uuid, uuid, uuid, integer, integer),
    tolstoy.lease_key_requests(uuid, uuid, uuid, integer) TO tolstoy_app;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP FUNCTION tolstoy.lease_key_requests(uuid, uuid, uuid, integer);
CREATE OR REPLACE FUNCTION tolstoy.lease_requests(entered_org uuid, member uuid, own boolean, per_minute integer, unused integer,
    OUT granted integer, OUT remaining integer, OUT quota integer, OUT wait double precision)
    RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    bucket uuid := CASE WHEN own THEN member ELSE entered_org END;
    level double precision;
    since timestamptz;
    at timestamptz;
BEGIN
    PERFORM tolstoy.enter_engine(entered_org, entered_org);
    PERFORM FROM public.users WHERE org_id = entered_org AND id = member;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    quota := per_minute;
    IF NOT own THEN
        SELECT coalesce(max_requests_per_minute, per_minute) INTO quota FROM public.organizations
        WHERE id = entered_org;
    END IF;
    SELECT tokens, filled_at INTO level, since FROM public.request_allowances
    WHERE org_id = entered_org AND id = bucket FOR UPDATE;
    IF NOT FOUND THEN
        BEGIN
            INSERT INTO public.request_allowances (id, org_id, user_id, tokens, filled_at)
            VALUES (bucket, entered_org, CASE WHEN own THEN member END, quota, clock_timestamp())
            ON CONFLICT (id) DO NOTHING;
        EXCEPTION WHEN foreign_key_violation THEN
            RETURN; -- removed just now: the door says so
        END;
        SELECT tokens, filled_at INTO level, since FROM public.request_allowances
        WHERE org_id = entered_org AND id = bucket FOR UPDATE;
    END IF;
    at := greatest(clock_timestamp(), since); -- read once the row is ours: nobody's time goes back
    level := least(quota, level + greatest(unused, 0) + extract(epoch FROM at - since) * quota / 60.0);
    granted := least(floor(level), greatest(1, least(quota / 50, floor(level / 4))));
    level := level - granted;
    remaining := floor(level);
    wait := CASE WHEN granted = 0 THEN (1 - level) * 60.0 / quota ELSE 0 END;
    UPDATE public.request_allowances SET tokens = level, filled_at = at WHERE org_id = entered_org AND id = bucket;
    RETURN NEXT;
END $$;
DROP FUNCTION tolstoy.lease_tokens(uuid, uuid, uuid, integer, integer);
GRANT CREATE ON SCHEMA tolstoy TO tolstoy_keys;
DROP FUNCTION tolstoy.find_key(uuid, bytea);
CREATE FUNCTION tolstoy.find_key(sent_id uuid, sent_hash bytea)
    RETURNS TABLE (org_id uuid, user_id uuid, scopes jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.org_id, k.user_id, k.scopes FROM api_keys k WHERE k.id = sent_id AND k.hash = sent_hash
$$;
REVOKE EXECUTE ON FUNCTION tolstoy.find_key(uuid, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.find_key(uuid, bytea) TO tolstoy_app;
ALTER FUNCTION tolstoy.find_key(uuid, bytea) OWNER TO tolstoy_keys;
REVOKE CREATE ON SCHEMA tolstoy FROM tolstoy_keys;
DROP TRIGGER api_keys_kept ON api_keys;
CREATE TRIGGER api_keys_kept AFTER UPDATE ON api_keys FOR EACH ROW
    WHEN ((OLD.id, OLD.org_id, OLD.user_id, OLD.hash, OLD.scopes)
        IS DISTINCT FROM (NEW.id, NEW.org_id, NEW.user_id, NEW.hash, NEW.scopes))
    EXECUTE FUNCTION tolstoy.keep_api_key();
CREATE OR REPLACE FUNCTION tolstoy.keep_api_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an API key cannot be given to another, nor get other scopes' USING ERRCODE = 'TY409';
END $$;
ALTER TABLE api_keys DROP COLUMN max_requests_per_minute;
"""


MODELS_STATE = (
    "eJztXftz2za2/lcw+qXpjNYTO7HTTe/cGTt1u95N7E7iNPtoh4JISOKaAhgCjKL29n+/AE"
    "iJb5qgXhR9Zu7dxiQOSX0HBM/5zgN/DObMIR4/ubSFy+jgNfpjQPGcyH/kzgzRAPt+clwd"
    "EHjs6aFYj9HH8JiLQP4tD0+wx4k85BBuB64f34CGnqcOMlsOdOk0ORRS93NILMGmRMxIIE"
    "/85z8DFkwt11FXlv/72xCljzyQ5eC339Qp6pCvhCuJPwYTl3iO/ndqqGDMy1xnQL76AeFc"
    "P7ccqw7Fvzx+HLH09Y8b6MHyR+k//lQD/QdL3yWDV3R1fdxayX78ePPDj3qk+sljy2ZeOK"
    "fJaH8pZoyuh4eh65woGXVuSigJsCBOCkr1aDHoq0MRavKACEKyxsJJDjhkgkNPKWTwP5OQ"
    "alUhwTwu2PLEZgE5cR1+QslC4vO/8XOmZCzr9u7e+nB9b1kDA2XaEleJmUuFgvePP6PrJu"
    "joowN1gzd/u3z/7MXFtxoPxsU00Cc1doM/tSAW2ErUmkBuB0QBZGFRhP4HeUa4c1IOf1Yy"
    "pwYnFj1Z/aONOlYHEn0k78MK3BV8GcBv2eLZt7uB+v7m3fWH+8t3P6vLzzn/7GmkLu+v1Z"
    "kzfXSZO/os0gyTL3X0sq8vgj7d3P8NqT/Rv+9ur/P6W4+7//dAPRMOBbMoW1jYSaOxOrw6"
    "JIcmCg59p6WCs5Kg4I4qOCBfXB5/X7LqvXKnN1SUKzctlVOtBGmfyjxtr0b5jPI/f/nr2d"
    "mLF6/Onr+4+O785atX5989/06O1U9ZPPWqRvdXNz/d3N5nVakO/JkBPPkkNv1SJRLb/Fq1"
    "fnsO/z1KwExZFU3RTIkAnDk4lT1XgPLNDAflUMbDczDKxzpCAAdz/NXyCJ2Kmfzz4mUNoL"
    "9cvteYXrzMrdu38ZkzfSoLrf6vAbar8T0E9+z58wboylGV8OpzWXzn0mVhJQtBNcKJRA8x"
    "Pm0C8Wk1wqcFgAl1fBZ/3JtCnJbpIchyGjacybVTuQD1jGCHBLyI9N8/3N2WI50SyZvari"
    "3Q/yHP5U3ssthl7QreNegqLDJG9grTZ+8u/5mH+83bu6v8909d4CqHvEv9UFjcnpE5NoE/"
    "Lwc6aK8D+RvtUBDLnRgtNRmpVotNx3Dfz1ojUQrpg/QOSzzAarSzUgde2gMigmWHv5x2QB"
    "xChYtNXZWC4AYOS8cmd3t/RdG/k4cUG6kOjLH9sMCBYxXOsDNWNbZ4an42zx/BFE81POp3"
    "qKeOWflrvd5UUPbJyWEda09Ww5oR94NLFIT0BN0ILtWJKXe17BBh6qDFDAs0YZ7HFhxNAj"
    "ZHBNszeS4g6IH4Ao2XaEU+cy2B5UXc6ZQE6Nncncqpo8/8VZ+Tk/hkkFPknm//K/2VjojP"
    "7NkI2Syk6q4zgmwPu3P+WoovWPAgpReBKwhHjHpLFMrJHOhhWhC5IhpPnBM0+i8by9dohN"
    "zoQowSJA8hNtF/yrciJL9SoX7HHC8jOX1G/+gRJ59Hcg7Mx9LKin7tDHP5/74v3ztnKH+7"
    "ujHjRJ5kMRLy/ifoMrq0o66DFq4cEwr59OrWLpc/0cfyZzij13Kw/BXBFFP3dw3GUP6lD0"
    "7kpYb6dvL/5IRcqkvpP1z9rFpTxrEbhzihTyyDEI56ju2EcNTqWHoLLrAI+S7vIOGWS6q1"
    "q8uHnAQQ5oIwF4S5jioKAmGunisYwlwQ5jouPycNZsryaopmSgS8xiyaX6QJX7oUVK4DKY"
    "lWy0DHYIxXhLPTl69efvfi4uV6IVgfqXv/i+96lH1mGUYPs1L9Y+y2H0NMORdNl4GUCKyq"
    "+eSBiH8wmbMpkV7GsxoxzDX8cn7GxniZpmhkpODzlcU0RdwYzNysVA9X20bhkYua6MhFMT"
    "iSkEUGszcjBJO3FFEfS6UZzN6cWP+m73mj6XteM33Pi9PXIX4ZzB/m2PMqbd210GEd3ucb"
    "m7cvzl5drC1b9UedUfvh3eXbt0XLNuGjm87UROLABkIUdeiwbRAFPkoIGcY8gmnlQhAL5e"
    "AdS6l94mtaW9N8Nb26u3ubodWubnJsy+3Hd1fX75+darDlIFdUkDA6LcUojyiR2CiFpWt2"
    "7r5zWFgoJI4mwCcSkDu0Qe5QELASh64a9rUAoN4e9SiybkatJzI9YtT2zLHrJAcDGnM9/t"
    "hNu60xl1E2iQGEiQBguLKRyWezVz8WOHYA9/yyR46FZY52Rg5ANwPdnVLpLBu7KRk58FQe"
    "91QWWNgzY5hTUgByE5BdIZ/CmpTZyNWURk6sf+Tb9rmNBX4gLZKJUmJbyCTqGOZ9SidyCH"
    "Y8l7bRcU4U9NxlPduY2sSzAiKR5S0zQMsvAXrvtt49T9WJSLPZDkiJzq9cioNllcYLwnnr"
    "ZCkI7xeNehVzRWvtyq/j1c3t5ft/rZmltYrf3t3+dFXCLV396/76suj2BO1evKwkvG9dft"
    "8mLnX5rJWac6Kg567puWsFe2/ZdFBXs6fODxuV7VkemzYs3bujBGEhyNwXquIMI2kK+Cdo"
    "FBCbBQ5xRihQlXOqXE6Xr9GpNBG/4d+jEQ99EnCixzBKOFoQOSikjipgGy/lpaR+QjnDB7"
    "nZtK97Nqg860x9WaK63d5nlXYJBWBQAAYFYB39MEEB2BNSMBSAQQFYx6x3KAA7EJp5K7Ap"
    "pHk5wDXP1RDftC4hLdPDkpqd5HVDWudB0zqNkE+JQIohJHYeF+pHXP5wHHkCUNG73f7V8u"
    "lNZutqPKS0PD5VYya5CG+l85ySOHbfeWvJsg4R2PWMLIiUCHzL2n/LVlGPEgKoLsUwLQY5"
    "ho/nGCahI0Ogs4IAdQOoITXiCRDXkBrxNPS8eifbFHikBaGcrm3EYv26GKsgLwk6MNFBRx"
    "KEfvT0m1lIDNLHh3UJQSrUsoe9N3NZNJAfAvkhkD4A+SGgYMgPgfyQp018w+6Cu91dMP1k"
    "BjDnxPoYZtjNrlT7b9HcoYV4a8EGPxx7kV9qjmepbI/82q2BrN6HIKRUVchnN3RqiHT1BQ"
    "DuzhEEv8QvQwVP8EvyrtTTBau3ase0QSoJdPUa/5bdBgqIhQ4YckAsPFm/E4iFnisYiAUg"
    "Fo6XWDhY4Uk/4Txiv7ZD/kCGmWF2OCfUqNdyWgbqITbIqUtIAnPzJS8L2SldtmISbY1Lyr"
    "tqNkPJyUHJXGfojBuHzH0mCLWX/yDLQQmjkRsxrCM13GSsKudruqM5RZjyBQmiTcIn8Y7X"
    "AfHlO68GnaBRZJ2t9+32PSzkuPk3HLmOlghYqHcADwWXT4HUBtnpfbRLNjLf110fYWcM9t"
    "5OefPQU6Qf1A74Kdus/DGrOu5vwfHZ+XmTgNz5eXU8Tp0rZEZOSeAHbpmdXdcKMScIbRDT"
    "hp1hG8TSSsz6vbwqqzGP2nfcxsZeM4Id6VmbeI0pEXAaN3Aax8wpWavrVpGVBCwfbZcPCC"
    "P10D/viB95l/J6BiVeZOb8sM6HTPtPOwiMQ5i7s74QrE89XJ8gzP2EFAxh7j2HuSHle7cp"
    "313L69zeTH/eoc0DNUjR1ijc8klgzV0aipKJXQ9z+RUgf7YccGkwBjoiF/vPzdfrMukeof"
    "x0ip3vVUOVEmftPm60Uu2kCTkCip3BWQNnrbe2PDhrPVcwOGuQk9yxyAcUO3fG8x1jTqww"
    "8EwwTsv0E+ed1DnLVXoWAWWAdUaol2A3gtqkd61CTN5z4k6LQFdH/HNi0H21fdAfGijsfm"
    "HpCLXwkWuPvkAt6OPDOmpBtTbfA7WQLYAmc+x6VlkqLnAOwDmASwqcAygYOAfgHJ4256Ct"
    "BBPLdS3QQwftRSMP7UWNi/ai6KMldpgpyj3ePm4nSO+VP+u697V9+ixgnhG8q/E9nL7bYX"
    "I64td+wq4YlPi1+viwzq9dyBENC2I/zbBAGKldMZEWU7Wmr+URZbsOkbxHwL5IUflPZGPP"
    "Uz8NsQBhypS7i4JQF6+GwmZzsqpeDQhi1CbIFeoA+0KCYk3sPm9s7qPnNl5NbxoasJBCvs"
    "DhbSXw3Z+sawe+e88VDL47+O5H7Lsffrv3fgIL+70XPJ6d7PcembgFkKsX3tX4Y191t5b1"
    "vteNgbs9Q7efXeFIX87c9EukoPNbl20/Sso3c63vPJJIHfsatI1uIw6x3XW396bZRxkh6D"
    "iyQfJRzEqZgJ8SgbSv9sjbHuPtmJ+0IHwguvaB6Aglf/2FUPED8dwvJCjtYJkdMKwj6Yka"
    "KjWtx7qkIV9/PyOqBeSYfX2NMEX6Iro9JKME8XC8HnyCRkJddoRsaZ0LjrgbM+Me5gKNyR"
    "TT79EIC0HmvpDDBPE8jtgEEWzPinz9Pm9sXq5X0cUy/VwZsr91Q0u12JTeKuO8b3IHiCRA"
    "JAGIZogkgIIhkgCRhCdOeBftl6aologCvN0L1ByPn2iAq2mBYY9rC8+bhWdqojN59tvHS4"
    "/hkvlaTS6lRIDX24BdqmqKXRd9rGiIve+57RPqKCi3Na+3H9URKxKkYdBxPf6wBlqHeput"
    "KBWTpSEtA2vDBmsDJV9FCzcyJQasc9ccyY6wzn9j7GFQQjbr48M6jnkmRxjsjOQ4irFEQq"
    "Vmyy9XoPYoCqnmZjFS2yyeoLuJ3rpIsAdCEaPeUu9WNMN8pjKu1fZG5dsfbe/SWyOHU/tG"
    "7ooUVgXmwAcDHwx8cIdXeeCDn5CCgQ8GPrhjpjDsjn0oOFfmmQGcKRGAE/ok7rXQm1D120"
    "um6xVjHsG0IliRSOX3M4t7b+8L6bV/sPVdzO7u3mYMkKub3Hfp9uO7q+v3z0413HKQKyo+"
    "V9r7tJTTWWYhVG8Zl5WDjePShp/JxnEqF27i2uvNu5quJXm5A68plFHSYa6du1O9TQgn0i"
    "8tcXVqAhoFyf516dhJTRUnWK7C1mPI160xlZdoudx0TAkHWG0c4oRmoepE4tABPfmzIu13"
    "dI2JkLKiXWzNIU4J9m+FOW20wpzWrDCnxRXGpX4ouDUJ2NwE7pzYgad1vLNSh+c1pnxhNq"
    "ETiQODi8VfVHucDoOruFEWCvVtY9Qx3n+8RPywdN2LzdMD2tYDdih4WVcxkzk/fCyY2ape"
    "xqVR1QqKFxe0mDFOkLKjsAgDghaYo8CdzsQQyX+5AtnyGU/QpW0TX84RVeLCEZYDo/mAxk"
    "s0ih9kabnOqLxaZj+33Vo4VMMLNTIQE4WYKITMICb6hBQMMVGIiXaM8DGIOqXslqZopkQA"
    "zgJtszYwzUibjFj/KJuz8/Mmzu75ebW3q87l5q7muIwStlMikK+9Qb62/NFBSSO5auDXAg"
    "D7BrCPmVOCel3UYyUBMdVhyyhHZTui6uW8uh3R3jnLmA3pMGnpB0z+6hLSvaYiLxGBdk/t"
    "VxMo4N2eEdgRvviDPSNOqKEtcMXrc8M6npjHoxoyxKO4BGu1hwBSfyPh2g8naBQ1jRwhjp"
    "ccLWZEkXbIk+4DwkIPXt3stfqLDtUOBXrYQhW66AqXGeaIyMngFFni/d4aCmeAJAaSGDhE"
    "IIlBwUASA0m867fn8N8jKJyBwpljgBMKZ3ZbOGMHZsUEq/GAbzN8lWFm/R6XPDQFOSN0YK"
    "Q/3r/ZGsI7ye1VWxl62DeicBORA6PLH1y/w/StjYU9s0K/Oum00rwtEz1wwunF8w51pIpy"
    "y02I8UQCwmwbEOM+lvaWaaVoInTgQtFypnYrIbbtVYpSJsyMtnh8/1IjdlIvB/3UjCb20f"
    "FJajOIFvpNiYF+u6zfcTiZkKAVI5wTBT13Wc+wGV+ftatcN7/UkKwh/VNCx96bd8+cv/66"
    "kSBgJfWl1T5TVgryiczcpq7kvaT2axiU5b6kzw9r819SIxvmwHyaMZ2CwjxHb8SlNvfiJ+"
    "jTzPUIwijqNKFGjIlUFwqI72GbOEM0ZmKmKxqLyS1buubWs1YgpQRSSiCl5AhsD0gp6bmC"
    "IaUEUko6ZlWa5EAEngn9Gw/vZ0i5YUy5Nqhc0kAqY/A2r0TMiPWPbt8V3pGFbuJ4JhIQrN"
    "sgWHew5LSOTfPtrMstelr2uJflTvJ9fGWDsZC36B9aIgqgNwJ91f1zg8ah0DB001LaGMlH"
    "X4AG2nj8TQC1NFXLGsuQCrfELK+nC4rSEJTqMm+AbeF+Kcm9qU1uSoSgC/6juU2Oy/WmAV"
    "ZAMDd0v4qi/fvA7yTjaYJdT/f1duMerSZrWEEYlrCuLWEdCTRe+u4/SGkr1vjMsC64iH3X"
    "eiDLpptK2oJHvU05UgVAySaPqtC9dI/H79GI20wqd6QfHM3lii6vIf+l945Uw9WVvuEokK"
    "s9mspFnZdsObnHG28tQpkqkYI4JcQpIU7Z3bUc4pRPSMEQp4Q4ZccMXqjVhlrtg3vBu4ot"
    "TNyvhiGFWKKPGF80gTj/dUwhfFHoOWu8tyHsarhx2EA7lkXUq0PriQTkc7ePrKtXKd59hV"
    "u+/KjNXRqWlW1WWnE1V2hl1HVMIdsu+CZffVfqo4UvlJUE9rLLDpEuOFG14m0LOFOyoOku"
    "a1o6seyhlZ6zkqDlbms5qr2xxiW92avdxJwYJKJ1ppjsTUAcQoWLvUFJnCd1dlgX67HX4x"
    "qXkWGBMBKMeQjzB45s7Hkk4GjCghM0ihJddLPjKAcGYeog9XBR9+MRC9ypS0dRwMUVaI6X"
    "aEzkYCrkRctKzHZ+vwbBnWEmiKMepslJrZN8YAjiNhC3AVof4jagYIjbQNzmaQcaUrZCUz"
    "RTIgAnxG322wNWAWSA72p8L/FtBK9Bi1KXr5+5+C2ry3rOCkJbx8dTnyOf0GQmJxK9nMu7"
    "Ku4V2PWMQmIpESg33SAoNovN2KbzezW+l7N72yt1u4KwDQvAugbyISLsApu1410LHHhaBw"
    "RH+5t2dUIrnKxo7TXGNyUHRUCVRUCdCxrcswdS2oQuP2TYLHxgCTW6YRDhfkaQ2vSVq95x"
    "Ukw1j8MU3V2GYnaGkosONZuveHxp/nKihi2ilnMTIuyZ6imHKVOkfTFwsIN7/Ep/paN4Os"
    "tfMkI2C6mIAg3Rz3+tZSfysIMY1ReTJ+coIBMVD48iGBMWIIwoWZBADWoXg0ghX1J9AkEG"
    "CDIABw1BBlAwBBkgyPC0WfGspWCAaUEQoC3Eb2ILuTkRsBaBRjAtaQBpS8uzs1b5imlJyF"
    "fs8jc3cbPMvrpZOdibwOi7qz1gw69EWgbSQ8vwbNWwKicKi1XXFquOMHrvo8KlS89jC6z6"
    "ApVQeoUxwzpOLy6FsvBqeNNGMDHPNg7tByJeK7JNWuWYur/r5fgbjp6N4qpjna8bTYuR/k"
    "twxBb02yHCqwYsz/SJpCPLt0ixZhRd/nyDHsjym7KGMHt+AEUHfrx9e/fTT9c/yLshO1Ct"
    "ZiLKDyk6aKz4xInreRFFGD0XjwhHylAMNFpgdXvFCmpBlz+07DnTD9ZP30n9z8sjI/rAa+"
    "1DS4Pj+UyaOqolmRg/egxXGNKJSA7MiZLp17z84e7j1dtr9PP76zc3H27ifIy1haFPqkNJ"
    "TtH768u3+dZ+cp1vRQJnBIEDBhMvb+J9ECwgzi9qwpSad5nztaYd1yOtL3qoUcFXwZSSM8"
    "kO9fZj2pzx2FTFWdkDWsykCSYNliVakIAgVQus+uzxUN75+9jaiuyh7BWrSr/2cGcd153L"
    "CaMHLFatADkRQod/lSFMdIyYfq9LztQ+8KMhmrGFvL0coUZHd1Lj1cMMEcdLHj2Sq7dAc1"
    "Q8GE/lywHWHVh3T9y6W7PdzYm9tchhOb3tNuXYM7+n1jgz1FcSPWqEsm/M4y9QC8swJwq2"
    "YYdsw1xCsLIIjNyrlAz4V1X+VUcM8MvQccW12girzPxOna01vrEaZyX7aTVhVD2XPsSJiz"
    "kr2J4pSxKN9PUSu1X+V7VyUwavNnSVbYmiWcfV/rtEd0EYShs16oKAA1sORuNlGZ26x7sr"
    "E/xT4Aqh+NtllkHF0sYmr2OTPPji2kR3cVBZ1fpqEZ06Zs5SH5fPRqdEnmmXWMnJ56bNvH"
    "k4/i+xxXb6easFpfQu0DJ88Lp/WaHgTmw3xal/KbYQZi3aWZ/NvJdYADzG1t4LhGG2uU5h"
    "23Sn20Sih6WZ582Kq2pqqwqVbLFFZtqpIC8HYBuAbbY8ZKVghSjZoLkI57204svhXAv0Ys"
    "rWWSvX/7zPGCqFOvlMNvFqeL54vmJTSfOO6QVRKOzO66BpRje0q98P5l2h00jg2rNBGZUW"
    "nRnW0mjJmMcItGr8S1ihTaKtlQ5I6UeuxP+Iv2WbcSS7dz427CFfzYZ8IUF5gV21yZYS6c"
    "WnL9fk4fy8SZeH8/PqNg/qXM79kC+VAcLx8B6ie9qorcNpTVuH02K7I3lHUWq8Vbc7SolA"
    "uyPDdkcH/Zj9+f/yO8VV"
)
