"""How many requests an organization and its users may send: buckets of tokens, and the function that leases them."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE UNLOGGED TABLE "request_allowances" (
    "id" UUID NOT NULL PRIMARY KEY,
    "org_id" UUID NOT NULL,
    "user_id" UUID,
    "tokens" DOUBLE PRECISION NOT NULL,
    "filled_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "uid_request_all_org_id_372deb" UNIQUE ("org_id", "id")
);
COMMENT ON TABLE "request_allowances" IS 'A token bucket of an organization (`user_id` is null, `id` the organization''s) or of a user (`id` the user''s).';
ALTER TABLE "organizations" ADD "max_requests_per_minute" INT;
ALTER TABLE organizations ADD CONSTRAINT organizations_max_requests_bounded
    CHECK (max_requests_per_minute BETWEEN 1 AND 10000000);

ALTER TABLE request_allowances ADD CONSTRAINT request_allowances_organizations_fk
    FOREIGN KEY (org_id) REFERENCES organizations (id) ON DELETE CASCADE;
ALTER TABLE request_allowances ADD CONSTRAINT request_allowances_users_fk
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE;
-- A row is changed many times a second and none of that is in an index.
ALTER TABLE request_allowances SET (fillfactor = 50);
CREATE INDEX request_allowances_users ON request_allowances (org_id, user_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON request_allowances TO tolstoy_app;
ALTER TABLE request_allowances ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON request_allowances
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

-- Gives back what was leased and not used, and leases some again: a fiftieth of a minute's, a quarter of what is left as
-- that runs out. No row, and nothing taken, for who is no member. `wait`: seconds until there is one, if none is.
CREATE FUNCTION tolstoy.lease_requests(entered_org uuid, member uuid, own boolean, per_minute integer, unused integer,
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
REVOKE EXECUTE ON FUNCTION tolstoy.lease_requests(uuid, uuid, boolean, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.lease_requests(uuid, uuid, boolean, integer, integer) TO tolstoy_app;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP FUNCTION tolstoy.lease_requests(uuid, uuid, boolean, integer, integer);
DROP TABLE request_allowances;
ALTER TABLE organizations DROP COLUMN max_requests_per_minute;
"""


MODELS_STATE = (
    "eJztXf1z2zbS/lcw+qXpjE4T27HTS9+5GTtxW9859k3sNO/dpUNBJCTxRBEsAVpR++Z/fw"
    "GQEj9EMgRFSRS9M20SkVh+PAsCu88uFn/25tQiDhtcmtymbu8N+rPn4jkR/8ic6aMe9rz4"
    "uDzA8chRTbFqo47hEeO++C0Oj7HDiDhkEWb6thfdwA0cRx6kpmhou5P4UODavwfE4HRC+J"
    "T44sR//tOj/sSwLXll8edvfZQ8MiPL3m+/yVOuRb4QJiX+7I1t4ljq34mmnFIndZ0e+eL5"
    "hDH13KKtPBS9efQ4fOmpl+upxuKl1I+vsqE3M9RdUniFV1fHjZXsx483735SLeUrjwyTOs"
    "HcjVt7Sz6l7rp5ENjWQMrIcxPiEh9zYiWglI8Wgb46FKImDnA/IGssrPiARcY4cKRCev8z"
    "DlylKsSpwzhdDkzqk4FtsYFLFgKfv0XPmZAxjLv7R+Ph+tEwehrKNAWuAjPb5RLeP7+G14"
    "3RUUd78gZvf7n88OLs4nuFB2V84quTCrveVyWIOTZitcaQmz6RABmYb0L/Tpzh9pzkw5+W"
    "zKjBikQHq3/UUcfqQKyP+HtYgbuCLwX4HV28+H43UD/evL9+eLx8/095+TljvzsKqcvHa3"
    "nmVB1dZo6+CDVDxUcdfuzri6BPN4+/IPkT/fv+7jqrv3W7x3/35DPhgFPDpQsDW0k0VodX"
    "h0TTWMGBZ9VUcFoSFNxSBfvkyWbR/JJW75U9uXF5vnKTUhnVCpD2qcyT+moUzyj++stfT0"
    "/Pzl6fvjy7+OH81evX5z+8/EG0VU+5eep1ie6vbn6+uXtMq1Ie+JoCPJ4Sq85UsUSTs1Xt"
    "r+fw81EMZsKqqIpmQgTgzMAp7bkNKN9OsZ8PZdQ8A6N4rCMEsDfHXwyHuBM+FT8vXpUA+u"
    "vlB4XpxavMuH0XnTlVp9LQqr81sF217yC4py9fVkBXtCqEV51L4zsXLgvNGQiKEY4lOojx"
    "SRWIT4oRPtkAmLiWR6PJvSrESZkOgiy6YcWeXNqVN6CeEmwRn20i/feH+7t8pBMiWVPbNj"
    "n6P+TYrIpdFrmsbcG7BF2JRcrIXmH64v3l/2bhfnt7f5Wd/+QFrjLI264XcIOZUzLHOvBn"
    "5UAH9XUg3tEMODHssdZQk5KqNdi0DPf9jDUCpcCdCe8wxwMsRjstdeCh3SfcX7Z45jR9Yh"
    "GX21jXVdkQ3MJhaVnnru+vSPp3PEuwkfLACJuzBfYtY+MMPaVFbTdPzU/n2SPYxRMFj3wP"
    "+dQrVp74tjnt5fH14Zl+KV8ft2mUrs9w8VpUeSHZk9v3cmieqIttR5HvckAN+Z7Tk1evX/"
    "1wdvFqTfOsj5SxOysmp5gMfxIGWC6TVjyOJkS6aB+fn1eZss7Pi2cseS49msqPSgPhqHkH"
    "0T2pZBCclNgDJ5vmgLgjJ3lOXrHtmxDZyuxtG9r7sHvbMpl59j/IMncyC8+UT2aebczIsl"
    "r0uXdpcoYwQ7b4K2DEH6D7sfrByReOqOsskZjN0BSzKbIZmhGP/4iGzKRCAUP14GhOsCuu"
    "If7Fp5ir5vJK3zHkU4egif1E2KCXUfJeb1whkl4tbC4vD2FzCJtD2PyooqoQNu+4giFsDm"
    "HzlhmlGnHehFVRFc2ECMAJsd29xnaFwTu2v+ggHEt0EeOLKhBnZ8cEwhcbAUfh8+TNZC72"
    "lwXxxkgiA+9oyQk7QoDLpqfIfV9bJQLHq5u7yw//Wjv7a9Pk9v7u56scd//qX4/XlxnMQ8"
    "dSh2iJJSC8uE140bPF6RqmeVqyAdP8eDRxdPa5gxk3hM1SxwXLyoKm26xp4VPRWS09pyVB"
    "y+3WsudgUyhrlJOhWuy1ZMQgft6akMPbdW5DLyfskDjbLws9xBkSFaMPnyRvj5FMAkeYzR"
    "gyseMQn6Ex9QdoyIi4Ih9K/p8R7BALYddC8uGYYvuH1LcntjsM+X+bozleohERjV0uLroZ"
    "dNjD/bRX7W0sxSs4qXSSjVNAGAHCCMAyQxgBFAxhBAgjPG/eG1bfQRjhiMIICiANfFftO4"
    "lvJXhL0M2Ca7P1M2/OZeKjJ9gt8ARSgtl4gpDcJ9i6KdgaYYT7+9uUVXJ1k5ms7j6+v7r+"
    "8OJEgS4a2bxwDpM+oU5PjiU62Zd3szLGIhzbjlaEJiECqbBbxGimmutMV+072bubHqlDzi"
    "nP4ygO98YyEPDt1w34cgGPTq9eCxx8fR22mltft4MOLXEywrFXG9+EXPcWjZ5XmhnPSybG"
    "83BebF3Q4JHOSG61vGyTfrXwgcFl64pBhMcpQdg0CWNIiSE6RthF95cBn56i+KJ9xeZLHl"
    "+Yv4zIZosplWT/mHBTTFoT0YBK0n4zcLCDe3x2P7vDqDuLNxkikwYuDwMN4eu/UbJjcdhC"
    "1FUXEyfnyCdjGQ8PIxhj6iOMXLIgvmxULwaRXtoKQYZDsxAQZHi2HDQEGTquYAgyQJChZT"
    "6WBiveiuoZ3YSWryzk6kTAWqQmD9Ayd+kANICwpcXZaa18xaQk5Cu2ec6N3Sy9WTctd9h5"
    "9+WxzbvKA9acJZIykB6ah2cg5tAcXu0bOfRpURis2jZYtYTRu34SJto74thPxM8tQJJu0C"
    "9j84hsKjSt2tpEg8yjAR/RL28kwaYuojguSYCxYLRuPEBDLi+75s2Y7ZpEJuXKBSNoRCbY"
    "/RENMedk7nHRjBPHYZJDI9ic5jN8+7pxY/VIks/VTF0SOeDk3iqs6BjdByqfAJsIbGJL5x"
    "JgE5+RgoFNBDaxZQa3hkuTY79URTVHFODNrd2tj21WDjxxSF0uzGmplNJSktGyUV4GLx2K"
    "c/prcaJnQgQSPbdI9JQpWEFOim150laQl2G7777tEdeSUDbVr5vPi+MrEiSNbaGNtm5/7L"
    "TzlhW+E7WmI0pFZ2hIysDYsMXY4JIvvIYbmRAD1rltjmRbWOeVudnLY5zXJ/ulbPOqWdW6"
    "18gP3AG6kQmXPnaZrWTD9M2FrO4wpo5DFwyNfTpXzK045xNVhxqNlmhFBDIlgcVF7MmE+O"
    "jF3J6EEUOG/qrOnbz8Pqf69V5vr1JNiUfNaSrL1HSwPWdvhPiC+jMhvfBtTlhYfDsQn5Sv"
    "milByW+r9sQaoOF/6Ui4BqpQhmwhKXJxKEpQReLbDMhnVxXJkBUylJw6o156yMjvsoL3fC"
    "Qrb6i3nWIm/vfEJE6svmLdxVDBSJT/KpEQ9x+gy/DSlrwOWtiiTSDLechb20y8oofFa1jD"
    "N6qOuHC7sWv/ocDoi1/q4Fhcqq9uJ/4THXIpLxXVIZfPWi991iJW4BFDY/9t+Rw7Juxj02"
    "xXdxBwyxDPri4PxdZ7EHKAkMMxGBIQcnhGCoaQA4QcWuZtaXC3CcurKpoJEWDC02gWbrJW"
    "OA4U77FWbRhoGYyNc1zK1jM0t35PS3Vv5WzzG8DDngvNRsRC/kErKBaLdDAutpP4gcRLt8"
    "JXSgqmr2xRmTVxo9Fz01IdHG0r1Sm4KKlTcJGza8iaLNLovSkh6Ly5iHqY5+wWUrIZS1qs"
    "e923sTIb6ZHCy4P5YY4dp9DWXQsdewj37PT1xdqylT/KjNqH95e3t5uW7REnF4RRhxbbBm"
    "HgI4eQKSv1FwtBmb9vl/mzXS/QSz2IJSDxYIvEAxpwgaMO8LEE7My0xc5Mvk9zHLpi2NcC"
    "gHp91MPIuh61Hst0iFHbM8eukhw0aMx1+2M37RpjLsNsEg0IYwHAcF0M9He9Tz8SOHYA9/"
    "yxh46FoY92Sg5A1wPdnrhytyVdNyUlB57Ktz2VBebmVBvmhBSAXAVkm4unMMZ5NnIxpZER"
    "6x751jy3scAzUiOZKCEGiedtTieyCLYc262j44wo6LnNejaxaxLH8IlAltXMAM2/BOi93X"
    "p3HLlOxKiz00GOMGx5kFSx5pYHfr0PLy0J31ubv7ex7dpsWkvNGVHQc9v03LYFe7d00itb"
    "syfP9yst2zMcOqm4dO/eJSha1qu2YUDCFPAGaOgTk/oWsYbIlyvn5HI5tXzNnQgT8Tv2Ix"
    "qywCM+I6oNdQlDCyIaBa4lF7CNluJSQj/BnGyu19vTPRsrDLeH9WXZIiG7XgYGC8BgARgs"
    "AGvpxAQLwJ6RgmEBGCwAa5n1DgvAoMRcp3CV/oXuuoSkTAeX1OwkrxvSOg+a1qmFfEIEUg"
    "whsfO4UD/i5Q/HkScAK3obNUBm4ul1euuqPaS0fLurRkzyJryFznNC4th958aSZcOtwrUs"
    "iIQIzGX157JV1COHACpLMUyKQY7ht3MM49CRJtBpQYC6AtSQGvEMiGtIjXgeel59k3UWeC"
    "QFYTld3YjF+nPRVkFWEnSgo4OWJAj95KgvcyMxSB3vlyUEyVBLtTygYvT1s2ggPwTyQyB9"
    "APJDQMGQHwL5Ic+b+FZ/b0BZTHyv2ncySFON+i7jvnMqqcVPpgFzRqyLYYaqaJfCvYH3/k"
    "s0t2ggbizY4AUjJ/RL9fHMle2QX9sYyPJ78APXlSvk0xs6VUS6+AIAd+sIgl+jj6GAJ/g1"
    "/lbK6YLVV7Vj2iCRBLr6jH9LbwMFxEILDDkgFp6t3wnEQscVDMQCEAvHSywcbOFJN+E8Yr"
    "+2Rf5AipmhZjAnrlat5aQMrIfYIqcuJgn0zZesLGSntNmKibU1ylneVbIZSkYOlsy1hs74"
    "hdJZL4fHUMf7ZQTGVLSoumW5i0Qvk/UvkNpaWyUrsXADa1WTRFoLA3Q/VjtdczojbriVt6"
    "xIMsVsKrfrlhuI52xH3uilj6mKCVQXAZIHSJ4jmj2B5Om4goHkAZLnuIxQIHl2Bics6oXc"
    "piPKbSKufHfd5XoJqQOv1Vv7By1eqqe8T0M6nXkWQnEp6bQcVJFOGn46VaSfiG+PbRPrJv"
    "Bl5Q48prjUJQ0OJk2XCJC73sgspqKi6SVlQzYku5cruZNSUIxgR647+wbyZWNM4SVqDjct"
    "U8IBRptwr3Wd/h9LHHiEkWRiqP2WjjHRPvZTgi2itYvRhmD3RpiTSiPMSckIc1JUbM4Y+3"
    "SuA3dG7MDdOtp9pcX9GrtsodehY4kDg4v5X6hrttkwkdwoDbic26hr5SRnP8yx4xTydDni"
    "h6XrzrbfSPHs9PXFmqGTP8o4uYf3l7e3rcrFlkHKd8SxhYG+7BUEMdfn+98KZgpoVVObVA"
    "xrPk4Jst0R/fJG7YWgBhe0mFJGkNr6kQc+QQvMkG9PpryPxL9sjkzxjAN0aZrEE30k3FkB"
    "q40VZH+QGysMowdZGrY13Ax57u+2jYVDFbx73NQBYqIQE4WY6BGEzCAm2nEFQ0wUYqItI3"
    "w0ok4Ju6UqmgkRgHODtlkbmHqkTUqse5TN6fl5FWf3/LzY25XnMn1XcVxaRWYTIpARv0VG"
    "vHhpPydBuhj4tQDAvgXsI2rloF4W9VhJQEy1XzPKQQNuUr3UjITIoTnLiA1pMWnp+VS8dQ"
    "7pXjyYJESgVPgWm43A/lBdW+xyY5G5RzlxzeU/SC5jnGnRL+OM7bit3LtKYy2MitmoVSdo"
    "TH21MsUnHuG2bDRAw9AjG8qlKXKZiudgLtrNv2PItpSEL8ZQwpD4k4mnEBdcIiGDXfsPla"
    "SSv0xmL3f9BmUs9/iqyBknGDygc7tB5wI30aAzrbnFXnd319uJ9zwW9ye+59t5i8rLXIqM"
    "IHgWdT2Lom3HyqP0hVuPHXWhhLpxeuCDWuFKADGx/+EDQscdjCy2xI+8T3g9vRwvMnW+X+"
    "ZDJv2nHVSBzHha4Au1xxeC8amD4xOktjwjBUNqy55TW2AN8G7XALetiHlzPf3l9qnyzZaK"
    "D7O2meER35jbbsBzOnY5zPlXgGLxrVqg8CHU0qXj0AWWq2NynIWNNqUOQ6R3A6+aVw07Rb"
    "XPRoE5I1yVRnNT0Rv0YhjVn1ARoFA1Q/lLBoOSLb9j34vfYXU1KSIkV83kT3E6J/6019t/"
    "dj+7H+9u73/++fqdXCRh+rLQm5CQjaRFPsKMoLHtOGGoK3wq1hcPZSGXxosqsAySydCXEr"
    "TZrOayiG44XupO8o9XR+ZrQdypwbjTwQrbtGyaagZNNSzm2Fg/ORQXLURci2TAHEuZbvXL"
    "d/cfr26v0T8/XL+9ebiJqPm1F6hOykNx1ZUP15e3G6E8x6m5c3ZCENzwFrnhLTHvHswpsQ"
    "In16xbnys151jUqqIVN3TJF2H78XWSjvyNuG3OBmhoCZtEnmJ4ydBiSiRTihxKZwhz1Xh1"
    "szfyl9uXVpRqtpCFc1XF3ClmiIjOaG1acPu9NRTiPUYDEZh5YOZbOmMAM/+MFAzMPCw6bZ"
    "kjA4V4nx1f0U04IQi32yCc6esVJ121B3yr4SsNM+OPqIRqVZBTQgdG+uPj28YQ3kmtQPpE"
    "fAd7OvgmRA6MLpvZXoMduOnloCbm5tQIvOIidoXmbZ7ogQvYXbQpLh/WqtwEtDg9PpaA7P"
    "ht9g/Ewt7SrTwfCx248Lxulu5BKs+7NC/BpMRoo7npJB0otbKT+tsRNa7LJiXEYN/LNvNJ"
    "DmZ19JsQA/22Wb+jYDwmfi1GOCMKem6znsMwpa6KYynQbpu1K103L9eQLCH9E0KHdYa294"
    "T2zPmr2Y34Ps2pV1/sM6WloD6RntvUlryXYJSEaDP3JXm+X5r/kmhZMQfm05SqFBTqWDKl"
    "lzwRoYAB+jS1HYIwCneukS1GRKhLlrhxsEmsPhpRPlUV0jeTWxq6ZuNZK5BSAiklkFJyBL"
    "YHpJR0XMGQUgIpJS2zKnVyIHxHh/6NmnczpFwxplwaVM7ZkC5l8FYFOiPWPbp9V3iHFrqO"
    "4xlLQLBui2DdwZLTWtbNmxmXa+yR2+G9cXeS7+NJG4wGrMZ+xDmiAHol0Fe7CW+xETFsQL"
    "x1Ac0QyW9+ABW08e0vAdRSVS1rLAOX2zlmeTldsCkNQak28wbY5PZTTu5NaXJTLHTg5KY1"
    "M9vi3CbLZvK1LcMnmGm6X5ui3Zvgd5LxNMa2I6s8MTuqWKMzhm0IwxDWtiGsJYHGRzne5Q"
    "QYH6NxsDiwyEWLHRRUfRZ1fiDmBjG3lo5LEHN7RgqGmBvE3FpmvMFC2dZwjLKGo6EZ2EzK"
    "dBPnnUTbxCg9DYHSwDol1Emwm17cqRAT9xzbk02giyObGTHIqa0f3YQw/u4HlpZQCx+Z8u"
    "g3qAV1vF9GLcjqIHugFvqpjGAyx7Zj5G2fCZwDcA7gkgLnAAoGzgE4h+fNOSgrQcdyXQt0"
    "0EE7q+ShnZW4aGebPlpsh+mibHR3B+adIL1X/qzt3lfz9JlPHS14V+072H2bYXJa4td+wj"
    "bv5fi16ni/zK9Vu91U8mt7n2TZdowYJ168SY7caUfarn0k7uHTJyHal5vvYMeRryZrvmOX"
    "SndXVnwfoCENuEnnZFVR3ieIuiZBtlppK0vC5S3U3d+N9X301ZZn0W/5lKtR36eBC/kCh7"
    "eVwHd/tq4d+O4dVzD47uC7H7HvnrEeqkKalQNgs+tgEmZY5WV2CZkOejw7yQkPTdwNkIsH"
    "3lX7Yx91GytBPLPzACzupav2HeyhzWdXQPG/Ltt+LiFWXu2/hzl2nMIhKJY69jHo7PT1xX"
    "r4kT/KRp6H95e3tzkrqYhps/wt34uzj1JCUFphi+SjiJXSAT8hAmlf9ZE3HcrqMT9JQZgg"
    "2jZBHJSS//r/ld/z0Q=="
)
