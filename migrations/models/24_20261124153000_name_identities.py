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
        RAISE EXCEPTION 'tolstoy.row_changed() leaves out other columns of users than migration 24 knows of';
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
    "eJztXftz2za2/lcw+qXpjNYTO7HTTe/cGTt1W+8m9k7iNPtoh4JISOKaAhgCjKL29n+/AE"
    "iJb5qgXhR9ZnYbi8Dh4wMInvOdB/4YzJlDPH5yaQuX0cFr9MeA4jmRf+RahmiAfT85rg4I"
    "PPZ0V6z76GN4zEUgf8vDE+xxIg85hNuB68cXoKHnqYPMlh1dOk0OhdT9HBJLsCkRMxLIhv"
    "/8Z8CCqeU66szyv78NUfrIA1kOfvtNNVGHfCVcSfwxmLjEc/Tfqa6CMS9zngH56geEc33f"
    "sq86FD95fDti6euHG+jO8qH0jz9VR//B0lfJ4BWdXR+3VrIfP9788KPuqR55bNnMC+c06e"
    "0vxYzRdfcwdJ0TJaPapoSSAAvipKBUtxaDvjoUoSYPiCAkayyc5IBDJjj01IAM/mcSUj1U"
    "SDCPC7Y8sVlATlyHn1CykPj8b3yfKRnLur27tz5c31vWwGAwbYmrxMylQsH7x5/ReRN09N"
    "GBusCbny/fP3tx8a3Gg3ExDXSjxm7wpxbEAlvJsCaQ2wFRAFlYFKH/QbYId07K4c9K5obB"
    "iUVPVn+0GY7VgWQ8kvdhBe4Kvgzgt2zx7NvdQH1/8+76w/3lu3+o0885/+xppC7vr1XLmT"
    "66zB19Fo0Mky919LKvT4I+3dz/jNRP9O+72+v8+K373f97oO4Jh4JZlC0s7KTRWB1eHZJd"
    "kwEOfaflAGclYYA7OsAB+eLy+PuSHd4rd3pDRfngpqVyQytB2udgnrYfRnmP8p+//PXs7M"
    "WLV2fPX1x8d/7y1avz755/J/vquyw2vaoZ+6ubn25u77NDqQ78mQE8+SQ2/VIlEtv8WrV+"
    "ew7/PUrATGkVTdFMiQCcOTiVPleA8s0MB+VQxt1zMMrbOkIAB3P81fIInYqZ/HnxsgbQXy"
    "7fa0wvXubW7du45Uw3ZaHV/xpgu+rfQ3DPnj9vgK7sVQmvbsviO5cmCytZCKoRTiR6iPFp"
    "E4hPqxE+LQBMqOOz+OPeFOK0TA9BltOw4UyuncoFqGcEOyTgRaT/9uHuthzplEhe1XZtgf"
    "4PeS5vopfFJmtX8K5BV2GRUbJXmD57d/nPPNxv3t5d5b9/6gRXOeRd6ofC4vaMzLEJ/Hk5"
    "GIP2YyCf0Q4FsdyJ0VKTkWq12HQM9/2sNRKlkD5I67DEAqxGOyt14KU9ICJYdvjLaQfEIV"
    "S42NRUKQhuYLB0bHK3t1cU/Tt5SLGR6sAY2w8LHDhWoYWdsaq+xab52Tx/BFM81fCo51B3"
    "HbPy13q9qaDsk8ZhHWtPVt2aEfeDSxSE9ATdCC6HE1PuatkhwtRBixkWaMI8jy04mgRsjg"
    "i2Z7ItIOiB+AKNl2hFPnMtgeVJ3OmUBOjZ3J3KqaNb/qrb5CQ+GeQGcs+X/5X+SkfEZ/Zs"
    "hGwWUnXVGUG2h905fy3FFyx4kNKLwBWEI0a9JQrlZA50Ny2IXBH1J84JGv2XjeVrNEJudC"
    "JGCZKHEJvon/KtCMmvVKjnmONlJKdb9EOPOPk8knNgPpZaVvS0M8zl/31fvnfOUD67ujDj"
    "RDayGAl5/RN0GZ3aUedBC1f2CYW8e3Vpl8tH9LF8DGf0WnaWTxFMMXV/12AM5S99cCJPNd"
    "SXk/+TE3KpTqV/uPpe9UgZ+24c4oQ+sQxcOOo+tuPCUatj6SW4wCLku7yChFsuqdauTh9y"
    "EoCbC9xc4OY6Ki8IuLl6PsDg5gI313HZOWkwU5pXUzRTImA1ZtH8IlX40qWgch1ISbRaBj"
    "oGY7winJ2+fPXyuxcXL9cLwfpI3ftffNej6DPL0HuYleofY7d9H2LKuGi6DKREYFXNBw9E"
    "/IPJnE2J9NKf1YhhruGX8zM2xss0RCMjBZ+vLKYp4sZg5malerjaNnKPXNR4Ry6KzpGELD"
    "KYvRkhmLyliPpYDprB7M2J9W/6njeavuc10/e8OH0d4pfB/GGOPa9S110LHdbgfb6xevvi"
    "7NXFWrNVP+qU2g/vLt++LWq2CR/ddKYmEgdWECKvQ4d1g8jxUULIMOYRTCsXglgoB+9YSu"
    "0TX9Pcmuar6dXd3dsMrXZ1k2Nbbj++u7p+/+xUgy07uaKChNFhKUZxRInERiEsXdNz9x3D"
    "wkIhcTQBPpGA2KENYoeCgJUYdNWwrwUA9faoR551M2o9kekRo7Znjl0HORjQmOv+x67abY"
    "25jKJJDCBMBADDlY5MPpu9+rHAsQO455c9Miwsc7QzcgC6GejulEpj2dhMyciBpfK4pbLA"
    "wp4Zw5ySApCbgOwKeRfWpExHrqY0cmL9I9+2z20s8ANpEUyUEttCJFHHMO9TOJFDsOO5tM"
    "0Y50RhnLs8zjamNvGsgEhkecsI0PJTwLh3e9w9T+WJSLXZDkjJmF+5FAfLqhEvCOe1k6Ug"
    "vF806lXMFa1HV34dr25uL9//a80srYf47d3tT1cl3NLVv+6vL4tmT9DuxctKwvvW5fdt4l"
    "KXz1oNc04Uxrlr49y1hL23bDqoy9lT7cNGaXuWx6YNU/fuKEFYCDL3hco4w0iqAv4JGgXE"
    "ZoFDnBEKVOacSpfT6Wt0KlXEb/j3aMRDnwSc6D6MEo4WRHYKqaMS2MZLeSo5PqGc4YPcbN"
    "rXNRtknnUmvywZut1eZxV2CQlgkAAGCWAd/TBBAtgTGmBIAIMEsI5p75AAdiA081pgU0jz"
    "coBrnqshvmleQlqmhyk1O4nrhrDOg4Z1GiGfEoEQQwjsPC7Ujzj94TjiBCCjd7v1q+Xdm8"
    "zWVX8IaXl8qsZMchHeSuM5JXHstvPWgmUdIrDrGWkQKRH4lrX/lq28HiUEUF2IYVoMYgwf"
    "jzFMXEeGQGcFAeoGUENoxBMgriE04mmM8+qdbJPgkRaEdLq2Hov162I8BHlJGAOTMehIgN"
    "CPnn4zC4FB+viwLiBIuVr2sPdmLooG4kMgPgTCByA+BAYY4kMgPuRpE9+wu+BudxdM35kB"
    "zDmxProZdrMr1f5LNHdoId6as8EPx15kl5rjWSrbI7t2ayCr9yEIKVUZ8tkNnRoiXX0CgL"
    "tzBMEv8ctQwRP8krwr9XTB6q3aMW2QCgJdvca/ZbeBAmKhA4ocEAtP1u4EYqHnAwzEAhAL"
    "x0ssHCzxpJ9wHrFd2yF7IMPMMDucE2pUazktA/kQG8TUJSSBufqSl4XolC5rMclojUvSu2"
    "o2Q8nJQcpcZ+iMG4fMfSYItZd/J8tBCaOR6zGsIzXcpK9K52u6ozlFmPIFCaJNwifxjtcB"
    "8eU7rzqdoFGkna337fY9LGS/+TccuY6WCFiodwAPBZd3gdQG2el9tEs2Mt/XVR9hZwz23k"
    "5Z81BTpB/UDtgp28z8Mcs67m/C8dn5eROH3Pl5tT9OtRUiI6ck8AO3TM+uK4WYE4QyiGnF"
    "zrAMYmkmZv1eXpXZmEdtO25jY68ZwY60rE2sxpQIGI0bGI1j5pSs1XWryEoClo+2ywe4kX"
    "pon3fEjrxLWT2DEisy0z6ssyHT9tMOHOPg5u6sLQTrUw/XJ3BzP6EBBjf3nt3cEPK925Dv"
    "rsV1bm+mP+/Q5oEapGhrFG75JLDmLg1FycSuh7n8DBA/Ww64VBgD7ZGL7efm63WZdI9Q3v"
    "f+rV8FCSj2St0A1St5TmwrWSWP2xzHx2B3xD6+V7VrSuzi+7imTbU9LGQPyCsHuxjs4t6a"
    "TWAX93yAwS6G8O+OOZkgr7wzJMMYc2KFgWeCcVqmnzjvJKVcrtKzCCgDrDNCvQS7EdQmZY"
    "IVYvKaE3daBLo6uCInBoVu28dXQK2K3S8sHaEWPnJt0ReoBX18WEctqCrye6AWsrnmZI5d"
    "T2/2km9IMVpARxxa/QM64slaq0BH9HyAgY4AOqJjSrDJxn1KgTByla0Eemi7vWhkvL2osd"
    "5eFM23REUzRbnHm/jtBOm9UmtdN8y2z6wFzDOCd9W/h9N3+yRPhwIXuoV0z0IXPmFXDEr4"
    "BX18WMcvLGSPhjngn2ZYIIzURrBIi6n06tfyiDIUhkheI2BfpKj8E9nY89SjIRYgTJmiHV"
    "AQ6nztUNhsTlYJ2wFBjNoEuUIdYF9IUEwD3+eFzbmS3F7D6X1yAxZSIEoOr5gCUfJk7Wgg"
    "Sno+wECUAFFyxERJTntoCmleDoAt1GFI1LCmZk9apofm5Xkj8/28xnw/LzPfw7KtnKsX3l"
    "X/Y191t5bosde9sLs9Q7dPgDjSljNX/RIpKHbYZd2PkvL9i+uL7SRSx74GbaPAjkNsd73B"
    "QdMosIwQFNnZIAgsZqVMwE+JQPhde+Rtj/F2zE9aED4QXftAdISSv/5CqPiBeO4XEpQWbc"
    "12GNaR9ER1lSOt+7qkIV9/PyOq6umYfX2NMEX6JLoiKqME8XC87nyCRkKddoRsqZ0Ljrgb"
    "M+Me5gKNyRTT79EIC0HmvpDdBPE8jtgEEWzPinz9Pi9snjZZUbg1fV8Zsr91DVe12JReKm"
    "O8b3IF8CSAJwGIZvAkwACDJwE8CU+c8C7qL01RLREFeLvnqDkeO9EAV9NEzx7neJ43c8/U"
    "eGfy7LePlx7DJfO1mlxKiQCvtwG7VFUHvs77WFEDft9z2yfUUVBua15v36sjViRIQ6fjuv"
    "9hFbQOlfNbUSomS0NaBtaGDdYGSr6KFmZkSgxY564Zkh1hnX9m7GFQQjbr48M6jnkmexhs"
    "BuY4irFEQoVmyy9XoLblCqnmZjFSO4ueoLuJ3q1LsAdCEaPeUm/QNcN8piKu1Y5e5Tt+be"
    "/UWyOHU1ul7ooUVon+wAcDHwx8cIdXeeCDn9AAAx8MfHDHVGHYEP5QcK7UMwM4UyIAJ9Sr"
    "3GtWPaHq2Uum6xVjHsG0wlmRSOW38ItroO8L6bV9sPWN++7u3mYUkKub3Hfp9uO7q+v3z0"
    "413LKTKyo+V9r6tJTRWaYhVO+SmJWDvRLTip/JXokqFm7i2uv96pquJXm5A68plFHSYa6d"
    "u1O9Mw4n0i4tMXVqHBoFyf4VkthJThUnWK7C1mPI160xladoudx0bBAOsNo4xAnNXNWJxK"
    "EdevKxotHv6BoTIWVFGzebQ5wS7N8Kc9pohTmtWWFOiyuMS/1QcGsSsLkJ3DmxA0/reDOx"
    "Ds9rTPnCbEInEgcGF4u/qPI4HQZXcaMsFOrbxqhT4smuzwIsET8sXfdi8/CAtvmAHXJe1m"
    "XMZNqHjzkzW+XLuDTKWkHx4oIWM8YJUnoUFmFA0AJzFLjTmRgi+ZcrkC3v8QRd2jbx5RxR"
    "KS4cYdkxmg9ovESj+EaWluuMyrNl9nPZrblDNbyQIwM+UfCJgssMfKJPaIDBJwo+0Y4RPg"
    "Zep5Te0hTNlAjAWaBt1gqmGWmTEesfZbO16sKZuas5LqOA7ZQIxGtvEK8tHzooKSRXDfxa"
    "AGDfAPYxc0pQr/N6rCTApzps6eWoLEdUvZxXlyPaO2cZsyEdJi39gMmnLiHdazLyEhEo99"
    "R+NYEE3u0pgR3hiz/YM+KEGtoCV7xuG9bxxDzu1ZAhHsUpWKs9BJD6jYRrP5ygUVQ0coQ4"
    "XnK0mBFF2iFPmg8IC915dbHX6hcdqh0KdLeFSnTRGS4zzBGRk8EpssT7vTQkzgBJDCQxcI"
    "hAEsMAA0kMJPGu357Df48gcQYSZ44BTkic2W3ijB2YJROs+gO+zfBVipn1e5zy0BTkjNCB"
    "kf54/2ZrCO8ktldtZehh34jCTUQOjC5/cP0O07c2FvbMCv3qoNNK9bZM9MABpxfPO1SRKo"
    "otNyHGEwlws21AjPtY6lummaKJ0IETRcuZ2q242LaXKUqZMFPa4v79C43YSb4c1FMzmthH"
    "xyepzSBajG9KDMa3y+M7DicTErRihHOiMM5dHmfYjK/Po6tMN79Ukawh/VNCx16bd8+cv/"
    "66kSBgJfml1TZTVgriiczMpq7EvaT2axiUxb6k24e18S+png1jYD7NmA5BYZ6jN+JSm3vx"
    "E/Rp5noEYRRVmlA9xkQOFwqI72GbOEM0ZmKmMxqLwS1bOufWo1YgpARCSiCk5Ah0Dwgp6f"
    "kAQ0gJhJR0TKs0iYEIPBP6N+7eT5dyQ59yrVO5pIBURuFtnomYEesf3b4rvCMN3cTwTCTA"
    "WbeBs+5gwWkdm+bbWZdb1LTscS3LncT7+EoHYyFvUT+0RBRAbwT6qvrnBoVDoWDopqm0MZ"
    "KPvgANRuPxNwGGpemwrLEMqXBL1PJ6uqAoDU6pLvMG2Bbul5LYm9rgpkQIquA/GtvkuFxv"
    "GmAFBHND86so2r8P/E4inibY9XRdbzeu0WqyhhWEYQnr2hLWEUfjpe/+nZSWYo1bhnXORe"
    "y71gNZNt1U0hY8qm3KkUoASjZ5VInupXs8fo9G3GZycEf6xtFcrujyHPIvvXek6q7O9A1H"
    "gVzt0VQu6rxky8k9XnhrHspUihT4KcFPCX7K7q7l4Kd8QgMMfkrwU3ZM4YVcbcjVPrgVvC"
    "vfwsT9auhSiCX6iPFFE4jzX8cUwheFmrPGexvCroYbuw20YVlEvdq1nkhAPPcm9SF9Vza3"
    "UM2zkkCmdVk/1/kPKnW5bT5hShZGussjLW0q9tBqnLOSMMrdHuUoFcQal5QKr7ZacmIQF9"
    "WZ3KY3AXEIFS72BiVuh1TrsM71YK/7Nc5qwgJhJBjzEOYPHNnY80jA0YQFJ2gUxV3o2rtR"
    "SAbC1EHq5qJivCMWuFOXjiL+3xVojpdoTGRnKuRJyzKedn69Br6GYcanoG6mSaMek7yfAt"
    "wI4EYAlhncCDDA4EYAN8LT5r1TukJTNFMiACe4EfZbklQBZIDvqn8v8W0Er0HFTJev77n4"
    "LasLws0KQpXBxyNxI5vQZCYnEr2cy7vKNRXY9Yw8NCkRyH7cwEczi9XYpvN71b+Xs3vbK3"
    "W7/KQN85G6BvIhHL4Cm1WHXQsceFoHBEfbbXZ1QiucrGjtNcY3JQc5KZU5KZ1zGtyzB1Ja"
    "Ey3fZdjMfWAJ1buhE+F+RpDag5SrUmZSTNUywxTdXYZidoaSkw41m694fKn+cqK6LaIKaB"
    "Mi7JkqcYYpU6R90XGwg2v8Sn+lo3g6yycZIZuFVESOhujxX2vZiTzsIEb1yWTjHAVkovzh"
    "kQdjwgKEESULEqhO7XwQKeRLkiHAyQBOBuCgwckAAwxOBnAyPG1WPKspGGBaEARoC/6bWE"
    "NuTgSsRaAuSUsaQOrSsnXWKl4xLQnxil3+5iZmltlXNysHpfKNvrvaAjb8SqRlIDy0DM9W"
    "9ZNyorBYdW2x6gij957I0eTi0vPYAqsyNSWUXqHPsI7TC6LeFl51b1qXJObZxqH9QERMt0"
    "m9HFP3d70go2ejOAlWx+tG02KkfikCLd3zG/6t/K1PoeuDSMlVt6hcyLcl1Un2enlFBX68"
    "fXv300/XP7yW3exAVT2J6D6kqKCx4hInrudF9GB0VzwiGylDMchogVUBFcUIakGXP7Qsf9"
    "IPxk9fSf3n5ZGRfGCx9iG7/ng+kaZGakkUxo8ewxVKdCKSA3OiZPo1L3+4+3j19hr94/31"
    "m5sPN3Esxlq70I3qUBJP9P768m2+ypxc51sRwBlB4H9Bvcurdx8EC4jzi5owpapdpr1Wre"
    "O6p/VFdzVK9qI55QjJmWSHeicsrc54bKp8rOwBLWZSAZMKyxItSECQygNWJd94KK/8faRr"
    "ubxE3apK+9rDlbVPdy4njO6wWFWl40QI7fpVSjDR/mH6vU43U1uSj4Zoxhby8rKH6h1dSf"
    "VXNzNEHC95dEuu3o3LUb5gPJUvB2h3oN09ce1uzXQ3J/XWIofl87YVYnQQbk+tcWaoryRa"
    "gd4xVfpAmMdfoBaaYU4UdMMO6Ya5YGClERiZVykZsK+q7KuOKOCXoeOKa7UnU5n6nWqtVb"
    "6x6mclWzs1YVM9lz6U0JhSC7ZnSpNEI32+RG+V/6qqYkrh1Yqu0i1RNOu42gqW6AoIQ6mj"
    "RhUQcGDLzmi8LCNT93h1pYJ/ClwhFHu7zDKoWOrY5HWskgdfXJvoCg4qolqfLaJTx8xZ6u"
    "Py3uiUyJZ2QZWcfG5aV5qH4/8SW2yntLRaUEqvAtWrB6/7FxEK5sR2w5v6F14LLtainvXZ"
    "zHqJBcBibG29gBtmm+sUtk03XU0kepiWed4ssaomr6qQxRZrZKZVCvJyALYB2GbLQ1YKVo"
    "iSvYKLcN5LLb4czrVAL6ZsnbZy/c/7jKJSyJHPRBKvuucT5yv2NzQv3l0QhaTu/Bg0jeaG"
    "yun7wbwrdBoJXHs2KKPSopZhLY2W9HmMQKvGv4QV2sTbWmmAlH7kSuyP+Fu2GUeye+Pj7P"
    "Tlq5ffvbh4ubY51kfqTI2VWVHNhnwhQXlyXbXKlhLpxacvV+Dh/LxJhYfz8+oSD6otZ37I"
    "l8oA4bh7D9E9bVTS4bSmpMNpsdSRvKIoVd6qSx2lRKDUkWGpo4N+zP78f/ONQKw="
)
