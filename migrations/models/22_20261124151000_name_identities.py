"""Whom an identity provider means: a user by an external id, an organization too; the door for its access tokens."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
ALTER TABLE "organizations" ADD "external_id" VARCHAR(255) UNIQUE;
ALTER TABLE "users" ADD "external_id" VARCHAR(255);
CREATE UNIQUE INDEX "uid_users_org_id_354416" ON "users" ("org_id", "external_id");

-- For the user of whom a token was verified before, which says the rest as JSON: `user`, the external id, or `email`, the
-- folded address; `org`, the organization's external id, unless something else named it; `until`, seconds since 1970,
-- after which it is over. It is asked here, at each use, whether that is still so.
CREATE FUNCTION tolstoy.enter_by_token(
    entered_org uuid, entering_user uuid, needed text, roles text[], identity jsonb
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    entered_role text;
BEGIN
    PERFORM set_config('app.org_id', entered_org::text, true);
    IF to_timestamp((identity ->> 'until')::double precision) <= clock_timestamp() THEN
        RAISE EXCEPTION 'This access token has expired.' USING ERRCODE = 'TY4TK';
    END IF;
    SELECT u.role INTO entered_role FROM public.users u
    WHERE u.org_id = entered_org AND u.id = entering_user
    AND (u.external_id = identity ->> 'user' OR u.email_key = identity ->> 'email')
    AND (NOT identity ? 'org' OR EXISTS (
        SELECT FROM public.organizations o WHERE o.id = entered_org AND o.external_id = identity ->> 'org'));
    IF entered_role IS NULL THEN
        RAISE EXCEPTION 'nobody by this token' USING ERRCODE = 'TY4ID';
    ELSIF NOT entered_role = ANY (roles) THEN
        PERFORM tolstoy.refuse_role(needed, entered_role);
    END IF;
    RETURN entered_role;
END $$;
REVOKE EXECUTE ON FUNCTION tolstoy.enter_by_token(uuid, uuid, text, text[], jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.enter_by_token(uuid, uuid, text, text[], jsonb) TO tolstoy_app;

-- What the audit log tells of a user: nothing that names a person. That another was let in by it shows, by a hash.
CREATE FUNCTION tolstoy.told_user(told jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT told - '{email,email_key,name,external_id}'::text[] || CASE WHEN told ->> 'external_id' IS NULL THEN '{}'
        ELSE jsonb_build_object('identity', encode(sha256(convert_to(told ->> 'external_id', 'UTF8')), 'hex')) END
$$;
REVOKE EXECUTE ON FUNCTION tolstoy.told_user(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.told_user(jsonb) TO tolstoy_audit;
GRANT CREATE ON SCHEMA tolstoy TO tolstoy_audit;
-- The rest of it stays as it is, whichever migration wrote it last.
DO $$
DECLARE
    written text := pg_get_functiondef('tolstoy.row_changed()'::regprocedure);
    told text := regexp_replace(written,
        '(old_row|new_row) - ''{email,email_key,name}''::text\[\]', 'tolstoy.told_user(\1)', 'g');
BEGIN
    IF told = written THEN
        RAISE EXCEPTION 'tolstoy.row_changed() leaves out other columns of users than migration 22 knows of';
    END IF;
    EXECUTE told;
END $$;
REVOKE CREATE ON SCHEMA tolstoy FROM tolstoy_audit;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return r"""
DO $$ BEGIN
    EXECUTE regexp_replace(pg_get_functiondef('tolstoy.row_changed()'::regprocedure),
        'tolstoy\.told_user\((old_row|new_row)\)', '\1 - ''{email,email_key,name}''::text[]', 'g');
END $$;
DROP FUNCTION tolstoy.told_user(jsonb);
DROP FUNCTION tolstoy.enter_by_token(uuid, uuid, text, text[], jsonb);
ALTER TABLE "users" DROP COLUMN "external_id";
ALTER TABLE "organizations" DROP COLUMN "external_id";
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
    "313L69zeTH/eoc0DNUjR1ijc8klgzV0aipKJXQ9z+RUgf7YccGkwBjoiF/vPzdfrMukeob"
    "zv/Vu/ChJQ7JWGAapX8pzYVqpKHvc5jo/B7oh/fK9615T4xfdxT5tqf1jIEVBXDn4x+MW9"
    "dZvAL+65gsEvhvTvjgWZoK68MyTDGHNihYFngnFapp8476SkXK7SswgoA6wzQr0EuxHUJm"
    "2CFWLynhN3WgS6OrkiJwaNbtvnV0Cvit0vLB2hFj5y7dEXqAV9fFhHLagu8nugFrK15mSO"
    "XU9v9pI/kWK0gI44tPkHdMST9VaBjui5goGOADqiY0awycZ9yoAwCpWtBHrou71o5Ly9qP"
    "HeXhTdt8REM0W5x5v47QTpvVJrXXfMts+sBcwzgnc1vofTd/skT4cSF7qFdM9SFz5hVwxK"
    "+AV9fFjHLyzkiIY14J9mWCCM1EawSIup8urX8ohyFIZI3iNgX6So/Ceyseepn4ZYgDBlin"
    "ZAQajrtUNhszlZFWwHBDFqE+QKdYB9IUGxDHyfNzbnSnJ7Daf3yQ1YSIEoObxhCkTJk/Wj"
    "gSjpuYKBKAGi5IiJkpz10BTSvBwAW+jDkJhhTd2etEwP3cvzRu77eY37fl7mvodlWzlXL7"
    "yr8ce+6m6t0GOve2F3e4ZunwBxpC9nbvolUtDssMu2HyXl+xfXN9tJpI59DdpGgx2H2O56"
    "g4OmWWAZIWiys0ESWMxKmYCfEoH0u/bI2x7j7ZiftCB8ILr2gegIJX/9hVDxA/HcLyQobd"
    "qaHTCsI+mJGio1rce6pCFffz8jquvpmH19jTBF+iK6IyqjBPFwvB58gkZCXXaEbGmdC464"
    "GzPjHuYCjckU0+/RCAtB5r6QwwTxPI7YBBFsz4p8/T5vbF42WdG4Nf1cGbK/dQ9XtdiU3i"
    "rjvG9yB4gkQCQBiGaIJICCIZIAkYQnTngX7ZemqJaIArzdC9Qcj59ogKtpoWePazzPm4Vn"
    "aqIzefbbx0uP4ZL5Wk0upUSA19uAXarqA18XfazoAb/vue0T6igotzWvtx/VESsSpGHQcT"
    "3+sAZah9r5rSgVk6UhLQNrwwZrAyVfRQs3MiUGrHPXHMmOsM5/Y+xhUEI26+PDOo55JkcY"
    "bAbmOIqxREKlZssvV6C25Qqp5mYxUjuLnqC7id6tS7AHQhGj3lJv0DXDfKYyrtWOXuU7fm"
    "3v0lsjh1Nbpe6KFFaF/sAHAx8MfHCHV3ngg5+QgoEPBj64Y6YwbAh/KDhX5pkBnCkRgBP6"
    "Ve61qp5Q9dtLpusVYx7BtCJYkUjlt/CLe6DvC+m1f7D1jfvu7t5mDJCrm9x36fbju6vr98"
    "9ONdxykCsqPlfa+7SU01lmIVTvkpiVg70S04afyV6JKhdu4trr/eqariV5uQOvKZRR0mGu"
    "nbtTvTMOJ9IvLXF1agIaBcn+NZLYSU0VJ1iuwtZjyNetMZWXaLncdEwJB1htHOKEZqHqRO"
    "LQAT35syLtd3SNiZCyoo2bzSFOCfZvhTlttMKc1qwwp8UVxqV+KLg1CdjcBO6c2IGndbyZ"
    "WIfnNaZ8YTahE4kDg4vFX1R7nA6Dq7hRFgr1bWPUKYlk11cBlogflq57sXl6QNt6wA4FL+"
    "sqZjLnh48FM1vVy7g0qlpB8eKCFjPGCVJ2FBZhQNACcxS405kYIvkvVyBbPuMJurRt4ss5"
    "okpcOMJyYDQf0HiJRvGDLC3XGZVXy+zntlsLh2p4oUYGYqIQE4WQGcREn5CCISYKMdGOET"
    "4GUaeU3dIUzZQIwFmgbdYGphlpkxHrH2Wzte7CmbmrOS6jhO2UCORrb5CvLX90UNJIrhr4"
    "tQDAvgHsY+aUoF4X9VhJQEx12DLKUdmOqHo5r25HtHfOMmZDOkxa+gGTv7qEdK+pyEtEoN"
    "1T+9UECni3ZwR2hC/+YM+IE2poC1zx+tywjifm8aiGDPEoLsFa7SGA1N9IuPbDCRpFTSNH"
    "iOMlR4sZUaQd8qT7gLDQg1c3e63+okO1Q4EetlCFLrrCZYY5InIyOEWWeL+3hsIZIImBJA"
    "YOEUhiUDCQxEAS7/rtOfz3CApnoHDmGOCEwpndFs7YgVkxwWo84NsMX2WYWb/HJQ9NQc4I"
    "HRjpj/dvtobwTnJ71VaGHvaNKNxE5MDo8gfX7zB9a2Nhz6zQr046rTRvy0QPnHB68bxDHa"
    "mi3HITYjyRgDDbBsS4j6W9ZVopmggduFC0nKndSohte5WilAkzoy0e37/UiJ3Uy0E/NaOJ"
    "fXR8ktoMooV+U2Kg3y7rdxxOJiRoxQjnREHPXdYzbMbXZ+0q180vNSRrSP+U0LH35t0z56"
    "+/biQIWEl9abXPlJWCfCIzt6kreS+p/RoGZbkv6fPD2vyX1MiGOTCfZkynoDDP0Rtxqc29"
    "+An6NHM9gjCKOk2oEWMi1YUC4nvYJs4QjZmY6YrGYnLLlq659awVSCmBlBJIKTkC2wNSSn"
    "quYEgpgZSSjlmVJjkQgWdC/8bD+xlSbhhTrg0qlzSQyhi8zSsRM2L9o9t3hXdkoZs4nokE"
    "BOs2CNYdLDmtY9N8O+tyi56WPe5luZN8H1/ZYCzkLfqHlogC6I1AX3X/3KBxKDQM3bSUNk"
    "by0ReggTYefxNALU3VssYypMItMcvr6YKiNASluswbYFu4X0pyb2qTmxIh6IL/aG6T43K9"
    "aYAVEMwN3a+iaP8+8DvJeJpg19N9vd24R6vJGlYQhiWsa0tYRwKNl777D1LaijU+M6wLLm"
    "LftR7IsummkrbgUW9TjlQBULLJoyp0L93j8Xs04jaTyh3pB0dzuaLLa8h/6b0j1XB1pW84"
    "CuRqj6ZyUeclW07u8cZbi1CmSqQgTglxSohTdncthzjlE1IwxCkhTtkxgxdqtaFW++Be8K"
    "5iCxP3q2FIIZboI8YXTSDOfx1TCF8Ues4a720IuxpuHDbQjmUR9erQeiIB+dztI+vqVYp3"
    "X+GWLz9qc5eGZWWblVZczRVaGXUdU8i2C77JV9+V+mjhC2Ulgb3sskOkC05UrXjbAs6ULG"
    "i6y5qWTix7aKXnrCRoudtajmpvrHFJb/ZqNzEnBolonSkmexMQh1DhYm9QEudJnR3WxXrs"
    "9bjGZWRYIIwEYx7C/IEjG3seCTiasOAEjaJEF93sOMqBQZg6SD1c1P14xAJ36tJRFHBxBZ"
    "rjJRoTOZgKedGyErOd369BcGeYCeKoh2lyUuskHxiCuA3EbYDWh7gNKBjiNhC3edqBhpSt"
    "0BTNlAjACXGb/faAVQAZ4Lsa30t8G8Fr0KLU5etnLn7L6rKes4LQ1vHx1OfIJzSZyYlEL+"
    "fyrop7BXY9o5BYSgTKTTcIis1iM7bp/F6N7+Xs3vZK3a4gbMMCsK6BfIgIu8Bm7XjXAgee"
    "1gHB0f6mXZ3QCicrWnuN8U3JQRFQZRFQ54IG9+yBlDahyw8ZNgsfWEKNbhhEuJ8RpDZ95a"
    "p3nBRTzeMwRXeXoZidoeSiQ83mKx5fmr+cqGGLqOXchAh7pnrKYcoUaV8MHOzgHr/SX+ko"
    "ns7yl4yQzUIqokBD9PNfa9mJPOwgRvXF5Mk5CshExcOjCMaEBQgjShYkUIPaxSBSyJdUn0"
    "CQAYIMwEFDkAEUDEEGCDI8bVY8aykYYFoQBGgL8ZvYQm5OBKxFoBFMSxpA2tLy7KxVvmJa"
    "EvIVu/zNTdwss69uVg72JjD67moP2PArkZaB9NAyPFs1rMqJwmLVtcWqI4ze+6hw6dLz2A"
    "KrvkAllF5hzLCO04tLoSy8Gt60EUzMs41D+4GI14psk1Y5pu7vejn+hqNno7jqWOfrRtNi"
    "pP8SHLEF/XaI8KoByzN9IunI8i1SrBlFlz/foAey/KasIcyeH0DRgR9v39799NP1D/JuyA"
    "5Uq5mI8kOKDhorPnHiel5EEUbPxSPCkTIUA40WWN1esYJa0OUPLXvO9IP103dS//PyyIg+"
    "8Fr70NLgeD6Tpo5qSSbGjx7DFYZ0IpIDc6Jk+jUvf7j7ePX2Gv38/vrNzYebOB9jbWHok+"
    "pQklP0/vrybb61n1znW5HAGUHggMHEy5t4HwQLiPOLmjCl5l3mfK1px/VI64sealTwVTCl"
    "5EyyQ739mDZnPDZVcVb2gBYzaYJJg2WJFiQgSNUCqz57PJR3/j62tiJ7KHvFqtKvPdxZx3"
    "XncsLoAYtVK0BOhNDhX2UIEx0jpt/rkjO1D/xoiGZsIW8vR6jR0Z3UePUwQ8TxkkeP5Oot"
    "0BwVD8ZT+XKAdQfW3RO37tZsd3Niby1yWE5vu0059szvqTXODPWVRI8aoewb8/gL1MIyzI"
    "mCbdgh2zCXEKwsAiP3KiUD/lWVf9URA/wydFxxrTbCKjO/U2drjW+sxlnJflpNGFXPpQ9x"
    "4mLOCrZnypJEI329xG6V/1Wt3JTBqw1dZVuiaNZxtf8u0V0QhtJGjbog4MCWg9F4WUan7v"
    "HuygT/FLhCKP52mWVQsbSxyevYJA++uDbRXRxUVrW+WkSnjpmz1Mfls9EpkWfaJVZy8rlp"
    "M28ejv9LbLGdft5qQSm9C7QMH7zuX1YouBPbTXHqX4othFmLdtZnM+8lFgCPsbX3AmGYba"
    "5T2Dbd6TaR6GFp5nmz4qqa2qpCJVtskZl2KsjLAdgGYJstD1kpWCFKNmguwnkvrfhyONcC"
    "vZiyddbK9T/vM4ZKoU4+k028Gp4vnq/YVNK8Y3pBFAq78zpomtEN7er3g3lX6DQSuPZsUE"
    "alRWeGtTRaMuYxAq0a/xJWaJNoa6UDUvqRK/E/4m/ZZhzJ7p2PDXvIV7MhX0hQXmBXbbKl"
    "RHrx6cs1eTg/b9Ll4fy8us2DOpdzP+RLZYBwPLyH6J42autwWtPW4bTY7kjeUZQab9Xtjl"
    "Ii0O7IsN3RQT9mf/4/DZu2qw=="
)
