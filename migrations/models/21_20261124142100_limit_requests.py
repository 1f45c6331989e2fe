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
    "eJztXWlz2zjS/isofZlMlVYV27Ezm93aKjvxzPh9HXsrcSZ7ZIqCSEjimgI4BBhFM5v/vg"
    "BIiTdD6KTorprDAtE8ngbB7qe7gT96M+YQjw8ubeEy2nuF/uhRPCPyj9yRPuph30/aVYPA"
    "I093xbqPbsMjLgL5WzaPsceJbHIItwPXjy9AQ89TjcyWHV06SZpC6v4WEkuwCRFTEsgD//"
    "53jwUTy3XUmeV/f+2jdMsjWfR+/VUdog75QriS+KM3donn6L9TXQVjXuY8PfLFDwjn+r5l"
    "X9UUP3l8O2Lh64fr6c7yofSPr6qj/2jpq2Twis6u262l7IcPN29+1D3VI48sm3nhjCa9/Y"
    "WYMrrqHoauM1Ay6tiEUBJgQZwUlOrWYtCXTRFqskEEIVlh4SQNDhnj0FMK6f11HFKtKiSY"
    "xwVbDGwWkIHr8AElc4nP3+L7TMlY1t39g/X++sGyegbKtCWuEjOXCgXvH1+j8ybo6Naeus"
    "Drny/fPTu7+F7jwbiYBPqgxq73VQtiga1ErQnkdkAUQBYWRejfyCPCnZFy+LOSOTU4sehg"
    "+cc66lg2JPpI3ocluEv4MoDfsfmz73cD9cPN2+v3D5dv/65OP+P8N08jdflwrY6c6tZFrv"
    "VZpBkmX+roZV+dBH28efgZqZ/oX/d313n9rfo9/Kun7gmHglmUzS3spNFYNi+bZNdEwaHv"
    "rKngrCQouKUKDshnl8ffl6x6r9zJDRXlyk1L5VQrQdqnMk/WV6O8R/m/P/359PTs7OXp87"
    "OLH85fvHx5/sPzH2RffZfFQy9rdH9189PN3UNWlarhawbw5JPY9EuVSGzza7X223P471EC"
    "ZsqqaIpmSgTgzMGp7LkClK+nOCiHMu6eg1He1hEC2JvhL5ZH6ERM5c+LFzWA/nL5TmN68S"
    "I3b9/FR071oSy0+v8G2C77dxDc0+fPG6Are1XCq49l8Z1Jl4WVTATVCCcSHcT4pAnEJ9UI"
    "nxQAJtTxWfxxbwpxWqaDIMth2HAk1w7lAtRTgh0S8CLS//f+/q4c6ZRI3tR2bYH+izyXN7"
    "HLYpe1LXjXoKuwyBjZS0yfvb38Rx7u17f3V/nvnzrBVQ55l/qhsLg9JTNsAn9eDnSwvg7k"
    "M9qhIJY7NppqMlJrTTYtw30/c41EKaSP0jss8QCr0c5KHXhqD4gIFi37ciqScvyY4sxUww"
    "jbj3McOFbhCDtlVX2Lh2ans3wLpniiIVNPqO4/5o6v9VtRQSwnB/t13DJZdmtGL/cuURDS"
    "AboRXL5RmHJXy/YRpg6aT7FAY+Z5bM7ROGAzRLA9lccCgh6JL9BogZYUKdcSWJ7EnUxIgJ"
    "7N3IkcT/rIn/UxCfWgl1Pxni//iX6iQ+IzezpENgupuuqUINvD7oy/kuJzFjxK6XngCsIR"
    "o94ChXKAB7qbFkSuiPoTZ4CG/2Ej6Z0OkRudiFGCZBNiY/1Tvikh+USFeo4ZXkRy+oh+6C"
    "Envw3lGJiNpC0QPe0Uc/mv78uX0enLZ1cXZpzIgyxGQl5/gC6jUzvqPGjuyj6hkHevLu1y"
    "+Yg+lo/hDF/JzvIpggmm7u8ajL78pRvH8lR9fTn5jxyQC3Uq/cPV96o1ZRxhcIgT+sQyCD"
    "So+9hOoEFNk6WX4AKLkO/yChJuQoW1q9OHnAQQjIFgDARjjoqrh2BMxxUMwRgIxrTMxTeI"
    "HqQsr6ZopkQ2gLNljvt20PwsTfjSqaByHkhJrDUNtAzGeEY4PXnx8sUPZxcvVhPBqqXu/S"
    "++61GOlGUY48pKdY9X2n6kK+VcNJ0GUiIwq+ZD3BH/YDJmUyKdjLo04kFrWND8iI3xMk0k"
    "yEjB5yuLaYq4MRi5WakOzraNSPyLGg7/okjhJ2SRwejNCMHgLUXUx1JpBqM3J9a94XveaP"
    "ie1wzf8+LwdYhfBvP7Gfa8Slt3JXRYh/f5xubt2enLi5Vlq37UGbXv317e3hYt24SPbjpS"
    "E4kDGwhR1KHFtkEU+CghZBjzCKaVE0EslIN3JKX2ia9pBUjz2fTq/v42Q6td3eTYlrsPb6"
    "+u3z070WDLTq6oIGF08oRRtksisVGiRdvs3H1nWrBQSBxNgE8kIMNlgwyXIGAlDl017CsB"
    "QH191KPIuhm1nsh0iFHbM8eukxwMaMxV/2M37bbGXEbZJAYQJgKA4dJGJr+ZvfqxwLEDuO"
    "eXPXIsLHO0M3IAuhno7oRKZ9nYTcnIgafybU9ljoU9NYY5JQUgNwHZFfIurHGZjVxNaeTE"
    "uke+bZ/bmONHskYyUUpsC5lELcO8S+lEDsGO59J1dJwTBT23Wc82pjbxrIBIZPmaGaDlpw"
    "C9t1vvnqfqRKTZbAekROdXLsXBokrjBeG8dbIQhHeLRr2KuaKVduXX8erm7vLdP1fM0krF"
    "t/d3P12VcEtX/3y4viy6PcF6L15WEt63Nr9vY5e6fLqWmnOioOe26bltBXu3bNKrq9lTx/"
    "uNyvYsj00alu7dU4KwEGTmC1VxhpE0BfwBGgbEZoFDnCEKVOWcKpfT5Wt0Ik3E7/hf0JCH"
    "Pgk40X0YJRzNiewUUkcVsI0W8lRSP6Ec4b3caNrXNRtUnrWmvixR3W6vs0y7hAIwKACDAr"
    "CWfpigAOwJKRgKwKAArGXWOxSAHQjNvBXYFNK8HOCa52qIb1qXkJbpYEnNTvK6Ia3zoGmd"
    "RsinRCDFEBI7jwv1Iy5/OI48Aajo3e4qy/LuTUbrsj+ktHx7qMZMchHeSuc5JXHsvvPWkm"
    "UdIrDrGVkQKRH4lq3/LVtGPUoIoLoUw7QY5Bh+O8cwCR0ZAp0VBKgbQA2pEU+AuIbUiKeh"
    "5+U7uU6BR1oQyunWjVisXhdjFeQlQQcmOmhJgtCPnn4zC4lBur1flxCkQi172CEyl0UD+S"
    "GQHwLpA5AfAgqG/BDID3naxDfsgbfbPfDSd2YAc06si2GG3eydtP8lmls0EW8t2OCHIy/y"
    "S83xLJXtkF+7NZDV+xCElKoK+eyGTg2Rrj4BwN06guCX+GWo4Al+Sd6Verpg+VbtmDZIJY"
    "EuX+Nfs9tAAbHQAkMOiIUn63cCsdBxBQOxAMTC8RILBys86SacR+zXtsgfyDAzzA5nhBqt"
    "tZyWgXqIDXLqEpLA3HzJy0J2SputmERbo5LyrprNUHJyUDLXGjrjxiEznwlC7cX/k0WvhN"
    "HI9ejXkRpu0leV8zXd0ZwiTPmcBNEm4eN4x+uA+PKdV50GaBhZZ6t9u30PC9lv9h1HrqMl"
    "AhbqHcBDweVdILVBdnof7ZKNzPd11W+wMwZ7b6e8eVhTpBvUDvgp26z8Mas67m7B8en5eZ"
    "OA3Pl5dTxOHStkRk5I4AdumZ1dtxRiThCWQUwbdobLIJZWYtbv5VVZjXnUvuM2NvaaEuxI"
    "z9rEa0yJgNO4gdM4Yk7JXF03iywlYPpYd/qAMFIH/fOW+JH3Ka+nV+JFZo7363zItP+0g8"
    "A4hLlb6wvB/NTB+QnC3E9IwRDm3nOYG1K+d5vy3ba8zu2N9Oct2jxQgxRtjcItnwTWzKWh"
    "KBnY9TCXnwHyZ1uVP/ugFvEocRAe4sU9qh0DIXtAgS04COAgdNZ+BAeh4woGBwHyYFvGtk"
    "OBbWu8rRHmxAoDzwTjtEw3cd5Jba2cpacRUAZYZ4Q6CXYjqE3WS1WIyWuO3UkR6Oooc04M"
    "VvxcP9AMRfu7n1haQi184NqjL1ALur1fRy2o5bT3QC1ki27JDLueVZb+CZwDcA7gkgLnAA"
    "oGzgE4h6fNOWgrwcRyXQl00EE7a+ShndW4aGdFHy2xw0xR7vCWZTtBeq/8Wdu9r+3TZwHz"
    "jOBd9u/g8N0Ok9MSv/YjdkWvxK/V7f06v3YuezQswvw4xSLeHR5pMVXf+Eq2KNu1j+Q1Av"
    "ZZiso/kY09Tz0aYgHClCl3FwWhLpgMhc1mZFkxGRDEqE2QK1QD+0yCYh3mPi9s7qPnNvtM"
    "b1QZsJBCvsDhbSXw3Z+sawe+e8cVDL47+O5H7LsffovxbgILe4wXPJ6d7DEembgFkKsn3m"
    "X/Y591t5bavtfNaNs9QrefXeFIX87c9EukYLWxNtt+lJRvIFq/2kUidexz0DZWuHCI7a5W"
    "GG+afZQRglUuNkg+ilkpE/BTIpD2tT7ytsf4esxPWhA+EG37QLSEkr/+TKh4Qzz3MwlKV0"
    "3MdujXkfREdZWa1n1d0pCvf5gStezgiH15hTBF+iR6SUJGCeLhaNV5gIZCnXaIbGmdC464"
    "GzPjHuYCjcgE07+gIRaCzHwhuwnieRyxMSLYnhb5+n1e2Lxcr2LlxPR9Zcj+tRdRVJNN6a"
    "UyzvsmV4BIAkQSgGiGSAIoGCIJEEl44oR30X5pimqJKMDbvkDN8fiJBriaFhh2uLbwvFl4"
    "piY6k2e/fbzwGC4Zr9XkUkoEeL0N2KWqhZjroo8VizDve2z7hDoKym2N6+1HdcSSBGkYdF"
    "z1P6yB1qL1tJaUisnUkJaBuWGDuYGSL2INNzIlBqxz2xzJlrDOPzP22Cshm3V7v45jnsoe"
    "BrvxOI5iLJFQqdnyyxWofXFCqrlZjNTWfgN0P9bb5Qj2SChi1FvoHXKmmE9VxrXaUqd8y5"
    "3tnXpr5HBqr8JdkcKqwBz4YOCDgQ9u8SwPfPATUjDwwcAHt8wUhh2ZDwXn0jwzgDMlAnDC"
    "Ool7LfQmVD17yXC9YswjmFYEKxKp/B5a8drb+0J65R9sfees+/vbjAFydZP7Lt19eHt1/e"
    "7ZiYZbdnJFxedKe5+WcjrLLITqbcqycrBZWdrwM9msTOXCjV17tWFU07kkL3fgOYUySlrM"
    "tXN3orem4ET6pSWuTk1AoyDZvVU6dlJT5RAnNIuKJhKHjh3J9zXSdUuHc4SUFW3SaQ5xSr"
    "B7g/mk0WA+qRnMJ8XB7FI/FNwaB2xmAndO7MDDOt44psXjOtqo3gThROLA4GLxJ7USS4vB"
    "VTQcC4X6kjHqGG+vXCJ+WGbobPNI9LqlZy2Kk9UVZ2SO978VN1urNMOlUYEEiicXNJ8yTp"
    "CymrAIA4LmmKPAnUxFH8m/XIFseY8DdGnbxJdjRFVTcIRlx2g8oNECDeMbWViuMywvzNjP"
    "ZbcWedPwQjkGhN8g/AbRGQi/PSEFQ/gNwm8tYzINAhwpu6UpmikRgLNA26wMTDPSJiPWPc"
    "rm9Py8ibN7fl7t7apjubGrOS6j3OCUCKQGb5AaLB86KFmzrBr4lQDAvgHsI+aUoF4XxFtK"
    "QPiuv2b4rnLlm+rpvHrlm71zljEb0mLS0g+YfOoS0r2m+CsRgZWF1p9NoFZ0e0ZgS/ji9/"
    "aUOKGGtsAVr47163hiHvdqyBAP42qf5XL1SP1GwrUfB2gYrU84RBwvOJpPiSLtkCfdB4SF"
    "7ry82Cv1i/bVYvi621zVVOhiiinmiMjB4BRZ4v1eGmo0gCQGkhg4RCCJQcFAEgNJvOu35/"
    "DfI6jRgBqNY4ATajR2W6NhB2Z568v+gG8zfJVhZv0eZ9c3BTkjdGCkPzy83hrCO8ntVbvm"
    "edg3onATkQOjyx9dv8X0rY2FPbVCvzrptNK8LRM9cMLpxfMWLX4U5ZabEOOJBITZNiDGfS"
    "ztLdOixETowDWJ5UztVkJs2ytKpEyYGW1x/+6lRuykNAuW7jIa2EfHJ6l9B9bQb0oM9Ntm"
    "/Y7C8ZgEazHCOVHQc5v1DPu+dVm7ynXzSw3JGtI/JXTsy8DumfPXXzcSBKykvrTaZ8pKQT"
    "6RmdvUlryX1NYAvbLcl/Txfm3+S6pnwxyYj1OmU1CY5+g9n9Q+UnyAPk5djyCMonUlVI8R"
    "kepCAfE9bBOnj0ZMTHVFYzG5ZUvn3HrWCqSUQEoJpJQcge0BKSUdVzCklEBKScusSpMciM"
    "AzoX/j7t0MKTeMKdcGlUsWkMoYvM0rETNi3aPbd4V3ZKGbOJ6JBATrNgjWHSw5rWXDfDvz"
    "8hrLJ262bGLbhu8eEn58ZYSxkK+xVmWJaCen6B2CHlLhltge9T5RURqY9zY7R9gW7ueSBI"
    "PaDI5ECFaV/mYCh+NyvQi3FRDMDW3Momj3JrGdpHWMsevppYrdeCFKkzmsIAxTWNumsJZE"
    "U95FSy5eetJOxmqwlERUCn36dVGVeBFHCy+7N93CLd47bRTaj0TordUoYsEEU/d3vTA6ej"
    "aMayN0GXA0LIbqlyryTff8jn+vinz17mxKREouu6mf8nDJNm97vfwn+ol+uLu9/+mn6zdq"
    "5Us7UBvFSQnVSTH5I8wJGrueF9U7R3fF+/KmHERZslImVpvOjeXVtKDLH9eMBXUjYKOvpP"
    "7z4shiNEA4dqHo6ng+kSbboatpsYTt+tFjuGp16ZVIDsyxkunWuHxz/+Hq9hr9/d3165v3"
    "NzHptbIu9MGsff3u+vI2b+vJeX6t+F1GEMJ3YN7lzbtLErj2tMyoi4/UmnI46fMt861asS"
    "W2yCa2R2W4s3T2Lgl0xpP0ZjbHLn3LrZQWVZsan0lQHkuu3Z6oIpDcCeJ3FwtWqpfKAOG4"
    "ewfR3UmVp7yiILTkc1kdgkuJQAzumDI/v/4P36UmzA=="
)
