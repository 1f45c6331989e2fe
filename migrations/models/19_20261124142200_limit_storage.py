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
    "eJztXW1z2za2/isYfWk6o/XEdux00zs74yRu610n3omd5u5uOhREQhJXFMESoBW1N//9Ai"
    "AlvjMERUkUfWbaJCJx+PIABM55zgv+HCyoRRx2cmVym7qDV+jPgYsXRPwjc2aIBtjz4uPy"
    "AMdjRzXFqo06hseM++K3ODzBDiPikEWY6dtedAM3cBx5kJqioe1O40OBa/8eEIPTKeEz4o"
    "sT//nPgPpTw7bklcWfvw1R8sicrAa//SZPuRb5QpiU+HMwsYljqX8nmnJKndR1BuSL5xPG"
    "1HOLtvJQ9ObR4/CVp15uoBqLl1I/vsqG3txQd0nhFV5dHTfWsh8/3rz9SbWUrzw2TOoECz"
    "du7a34jLqb5kFgWydSRp6bEpf4mBMrAaV8tAj09aEQNXGA+wHZYGHFBywywYEjO2TwP5PA"
    "VV2FOHUYp6sTk/rkxLbYiUuWAp+/Rc+ZkDGM93cPxv31g2EMNDrTFLgKzGyXS3j//BpeN0"
    "ZHHR3IG7z55erDs/PL7xUelPGpr04q7AZflSDm2Ii7NYbc9IkEyMA8D/1bcYbbC1IMf1oy"
    "0w1WJHqy/keT7lgfiPsj/h7W4K7hSwH+ni6ffb8bqB9u3l3fP1y9+6e8/IKx3x2F1NXDtT"
    "xzpo6uMkefhT1DxUcdfuybi6BPNw+/IPkT/fvu/XW2/zbtHv49kM+EA04Nly4NbCXRWB9e"
    "HxJN4w4OPKthB6cloYM72sE+ebRZtL6ku/e1Pb1xeXHnJqUyXStA2mdnnjbvRvGM4q+//P"
    "Xs7Pz85dnz88sfLl68fHnxw/MfRFv1lPlTLyv6/vXNzzfvH9JdKQ98TQEeL4l1V6pYos3V"
    "qvHXc/j1KAYzoVXURTMhAnBm4JT6XA7KNzPsF0MZNc/AKB7rCAEcLPAXwyHulM/Ez8sXFY"
    "D+evVBYXr5IjNvv4/OnKlTaWjV3xrYrtv3ENyz589roCtalcKrzqXxXQiThRZMBOUIxxI9"
    "xPi0DsSn5Qif5gAmruXRaHGvC3FSpocgi2FYcyRXDuUc1DOCLeKzPNJ/v797X4x0QiSrat"
    "smR/+HHJvV0csik7UreFegK7FIKdlrTJ+9u/rfLNxvbu9eZ9c/eYHXGeRt1wu4wcwZWWAd"
    "+LNy0AfN+0C8oxlwYtgTrakmJdVosukY7vuZawRKgTsX1mGBBViOdlrqwFO7T7i/6vDKaf"
    "rEIi63sa6pkhPcwmDp2OBubq9I+ncyT7CR8sAYm/Ml9i0jd4ae0bK2+VOLs0X2CHbxVMEj"
    "30M+9ZqVJ75tzgZFfH14ZljJ18dtWqXrM1y8FlVeSvYUjr0CmicaYttR5LucUEO+5+z0xc"
    "sXP5xfvtjQPJsjVezOmskpJ8MfhQJWyKSVz6MJkT7qxxcXdZasi4vyFUueS8+m8qPSQDhq"
    "3kN0T2spBKcV+sBpXh0Qd+SkyMgr130TIlupvV1Dex96b1cWM8/+B1kVLmbhmerFzLONOV"
    "nV8z4PrkzOEGbIFn8FjPgn6G6ifnDyhSPqOiskVjM0w2yGbIbmxOM/ohEzqeiAkXpwtCDY"
    "FdcQ/+IzzFVzeaXvGPKpQ9DUfiTsZJDp5L3euIYnvZ7bXF4e3ObgNge3+VF5VcFt3vMOBr"
    "c5uM07ppRq+HkTWkVdNBMiACf4dvfq2xUK78T+ooNwLNFHjC/rQJxdHRMIX+YcjsLmKVrJ"
    "XOyvSvyNkUQG3vGKE3aEAFctT5H5vtFKBI6vb95fffjXxtjfqCa3d+9/fl1g7r/+18P1VQ"
    "bz0LDUIVpiCXAvbuNe9GxxuoFqnpZsQTU/np44Ov3cwYwbQmdpYoJlZaGnu9zTwqai80b9"
    "nJaEXu52L3sONkVnjQsiVMutlowY+M8743J4s4ltGBS4HRJnh1WuhzhCoqb34ZPk7TGSQe"
    "AIszlDJnYc4jM0of4JGjEirshHkv9nBDvEQti1kHw4ptj+EfXtqe2OQv7f5miBV2hMRGOX"
    "i4vmnQ57uJ921l4uFa/kpOqTrJ8C3AjgRgCWGdwI0MHgRgA3wtPmvSH7DtwIR+RGUABp4L"
    "tu30t8a8FbgW4WXJttnjm/lomPnmC3xBJICWb9CUJyn2DrhmBruBHu7m5TWsnrm8xi9f7j"
    "u9fXH56dKtBFI5uXrmHSJtQZybFEL8fybjJjLMKx7Wh5aBIiEAq7hY9mpplnum7fy9Hd9k"
    "wdck5FFke5uzeWAYfvsKnDlwt4dEb1RuDg+XXYai+/bgcDWuJkhHOvNr4Juf4ljV7UWhkv"
    "KhbGi3Bd7JzT4IHOSWG1vGyTYT33gcFl65pOhIcZQdg0CWNIiSE6QdhFd1cBn52h+KJDxe"
    "ZLHl+ov4zIZssZlWT/hHBTLFpT0YBK0j7vONjBPT67n91RNJzFm4yQSQOXh46G8PVfKdmJ"
    "OGwh6qqLiZML5JOJ9IeHHowJ9RFGLlkSXzZq5oNIp7aCk+HQLAQ4GZ4sBw1Ohp53MDgZwM"
    "nQMRtLgxXvRPWMfkLL1xpyfSJgI9KQB+iYuXQAGkDo0uLsrFG8YlIS4hW7vObGZpbeqpuW"
    "O+y6+/zY1l1lAWuuEkkZCA8twjMQa2gBr/aNGPq0KExWXZusOsLoXT8KFe0tcexH4hcWIE"
    "k3GFaxeUQ2FT2t2tpEg8yjAR/TL68kwaYuojguSYCxYLxpfIJGXF52w5sx2zWJDMqVCSNo"
    "TKbY/RGNMOdk4XHRjBPHYZJDI9icFTN8+7pxa/VIks/VTl0SOeEU3iqs6BjdByqfAJsIbG"
    "JH1xJgE59QBwObCGxixxRuDZOmQH+pi2qBKMBbWLtbH9usHFjiELpcGtNSK6SlIqIlV14G"
    "rxyKC8ZreaBnQgQCPbcI9JQhWEFBiG110FZQFGG777HtEdeSULY1rtuPi+NrEiSNbamOtm"
    "l/7LTzlhW+E7WmI0pFZ2pIysDcsMXc4JIvvIEZmRAD1rlrhmRXWOe1ujkoYpw3J4eVbPO6"
    "Wd2618gP3BN0IwMufewyW8mG4ZtLWd1hQh2HLhma+HShmFtxzieqDjUar9CaCGRKAouL2N"
    "Mp8dGzhT0NPYYM/VWdO33+fUH1673eXoWaEo+as1SUqelge8FeCfEl9edCeunbnLCw+HYg"
    "PilfNVOCkt9W7Yl1gkb/pWNhGqhCGbKFpMjFoShAFYlvMyCfXVUkQ1bIUHLqjHrpESO/yw"
    "rei7GsvKHedoaZ+N8Tizixhop1F1MFI1H8q0RC3P8EXYWXtuR10NIWbQJZzkPe2mbiFT0s"
    "XsMavVJ1xIXZjV37DwXGUPxSByfiUkN1O/GfGJAreamoDrl81mbhsxaxAo8YGvtvy+fYMW"
    "Efq2a7uoOAW7p4dnV5KLY+AJcDuByOQZEAl8MT6mBwOYDLoWPWlgZ3m9C86qKZEAEmPI1m"
    "6SZrpfNA+R5r9aaBjsHYOseldD1Dc+v3tFT/Mmfb3wAe9lxo1yMW8g9aTrFYpId+sZ34Dy"
    "ReuhW+UlKwfGWLymyIG42Rm5bq4Wxbq07BZUWdgsuCXUM2ZJHG6E0JweAtRNTDvGC3kIrN"
    "WNJi/Ru+rZXZSM8UXhHM9wvsOKW67kbo2F2452cvLzearfxRpdTev7u6vc1rtkccXBB6HT"
    "qsG4SOjwJCpqrUXywEZf6+XebPdr1AL/QgloDAgy0CD2jABY46wMcSsDPTFjsz+T4tMOjK"
    "Yd8IAOrNUQ8963rUeizTI0Ztzxy7CnLQoDE37Y9dtWuNuQyjSTQgjAUAw00x0N/1Pv1I4N"
    "gB3PPHHhoWhj7aKTkAXQ90e+rK3ZZ0zZSUHFgq37ZUlpibM22YE1IAch2QbS6ewpgU6cjl"
    "lEZGrH/kW/vcxhLPSYNgooQYBJ53OZzIIthybLdJH2dEoZ+73M8mdk3iGD4RyLKGEaDFl4"
    "B+73a/O47MEzGa7HRQIAxbHiS7WHPLA7/Zh5eWhO+ty9/bxHZtNmvUzRlR6Oeu9XPXEvZu"
    "6XRQlbMnzw9rpe0ZDp3WTN27cwmK0nrVNgxIqALeCRr5xKS+RawR8mXmnEyXU+lr7lSoiN"
    "+xH9GIBR7xGVFtqEsYWhLRKHAtmcA2XolLif4JFiSfr7ene7ZWGG4P+WXZIiG7TgODBDBI"
    "AIMEsI4uTJAA9oQ6GBLAIAGsY9o7JIBBible4SrtC928hKRMD1NqdhLXDWGdBw3r1EI+IQ"
    "IhhhDYeVyoH3H6w3HECUBGb6sKyFw8vc5oXbeHkJZvD9WISc7DW2o8JySO3XZuLVg23Cpc"
    "S4NIiMBa1nwtW3s9CgigqhDDpBjEGH47xjB2HWkCnRYEqGtADaERT4C4htCIp9HP62+ySY"
    "JHUhDS6Zp6LDafi3YXZCWhD3T6oCMBQj856svMBQap48OqgCDpaqkXB1SOvn4UDcSHQHwI"
    "hA9AfAh0MMSHQHzI0ya+1d85KMuJ73X7Xjpp6lHfVdx3QSW1+Mk0YM6I9dHNUBftSrhzeO"
    "+/RHOHJuLWnA1eMHZCu1Qfz0LZHtm1rYEsvwc/cF2ZIZ/e0Kkm0uUXALg7RxD8Gn0MJTzB"
    "r/G3Uk0XrL+qHdMGiSDQ9Wf8W3obKCAWOqDIAbHwZO1OIBZ63sFALACxcLzEwsEST/oJ5x"
    "HbtR2yB1LMDDWDBXG1ai0nZSAfYouYupgk0FdfsrIQndJlLSburXFBelfFZigZOUiZ6wyd"
    "8Qul80EBj6GOD6sIjJloUXfLcheJUSbrXyC1tbYKVmLhBtaqJonUFk7Q3UTtdM3pnLjhVt"
    "6yIskMs5ncrltuIF6wHXmrlz6mKiZQXQRIHiB5jmj1BJKn5x0MJA+QPMelhALJszM4IakX"
    "YpuOKLaJuPLdddP1ElIHztXb2AcdTtVT1qchjc4iDaG8lHRaDqpIJxU/nSrSj8S3J7aJdQ"
    "P4snIHnlNc6pIWJ5O2SwTIXW9kFFNZ0fSKsiE5yf7FSu6kFBQj2JF5Z99AvmqOKb1Ew+mm"
    "Y51wgNkm3GtdZ/zHEgeeYSSZGPZ+R+eYaB/7GcEW0drFKCfYvxnmtNYMc1oxw5yWFZszJj"
    "5d6MCdETvwsI52X+nwuMYuW+oN6FjiwOBi/hfqml1WTCQ3SgMu1zbqWgXB2fcL7DilPF2B"
    "+GHpuvPtN1I8P3t5uWHo5I8qTu7+3dXtbadisaWT8i1xbKGgrwYlTszN+eG3nJkCWtXUJj"
    "Xdmg8zgmx3TL+8UnshqMkFLWeUEaS2fuSBT9ASM+Tb0xkfIvEvmyNTPOMJujJN4okxEu6s"
    "gNXGCnI8yI0VRtGDrAzbGuVdnvu7bWvuUAXvHjd1AJ8o+ETBJ3oELjPwifa8g8EnCj7Rjh"
    "E+Gl6nhN5SF82ECMCZo202CqYeaZMS6x9lc3ZxUcfYvbgot3bluczYVRyXVpHZhAhExG8R"
    "ES9e2i8IkC4HfiMAsG8B+5haBahXeT3WEuBTHTb0ctCAm1QvNCMhcmjOMmJDOkxaej4Vb1"
    "1AupdPJgkRKBW+xWYjsD9U35Jdbiyy8Cgnrrn6BylkjDMthlWcsR23lXtXaeTCKJ+NyjpB"
    "E+qrzBSfeITbstEJGoUW2Uimpsg0Fc/BXLRbfMeQbSkJX8yhhCHxJxNPIS64QkIGu/YfKk"
    "ilOE1mL3f9BmUs9/iqyRknGDygc/tB5wI30aIxrbnFXn9319uJ9TwR9ye+59tFSeVVJkVG"
    "ECyLppZF2bZj1V760q3HjrpQQlM/PfBBnTAlgJjY//QBruMeehY7YkfeJayeQYEVmTo/rL"
    "Ihk/bTDqpAZiwtsIW6YwvB/NTD+QlCW55QB0Noy55DWyAHeLc5wF0rYt7eSH++fah8u6Xi"
    "w6htZnjENxa2G/CCgV0Nc/EVoFh8MeBCYfRV+bnIfq4/XxdJ9wjlp7Oz34fwi7lyHLrEMl"
    "OpwHDLtRlWGW/RN2jgdfO6LsCoDt04MOeEqzJ1bsqThp6NologyhsXduBI/pKOuWTL79j3"
    "4ndY6U6KCMl1M/lTnC7wBe719p/dz+7H97d3P/98/VYmrJi+LLonJGQjaR2NMSNoYjtO6H"
    "YMn4oNxUNZyKVxgguWDkvphlSCNps3TFHphxGs7iT/eHFkdi/4AFv0AR6syFDHFrN20FTT"
    "YoF68JNDcVlS6EYkA+ZEyvRrXL69+/j69hr988P1m5v7m8hNsrHI1Ul5KK6A8+H66jbnVn"
    "WchruYJwSBEukQJdIR9e7enBErcArVus25SnWORa1qanEjl3wRuh/fBEzJ34jb5vwEjSyh"
    "k8hTDK8YWs6IZK2RQ+kcYa4ar2/2Sv5yh1KLUs2Wsoixql48wwwRMRitvAa331tDUeRjVB"
    "DBSwJeko6uGOAleUIdDF4SSADumCEDRZGfHF/RTzjBIbpbh6jp6xWKXbcHfOvhKxUz44+o"
    "nG1dkFNCB0b648Ob1hDeSd1G+kh8B3s6+CZEDowum9teiwO47dRcE3NzZgReeUHBUvW2SP"
    "TAxQQvuxQjEdYNzQNanqoQS0CmwjZ7OWKhb+nuAhALHXgTAN2I6YPsAuDSomCfCqWNFob2"
    "9KDszU5qoUfUuC6blBCDPUi7zCc5mDXp34QY9G+X+3ccTCbEb8QIZ0Shn7vcz6GbUreLYy"
    "no3S73rjTdvEJFsoL0Twgd1hja3hLaM+evVjfi+7Rg74BymyktBbWi9MymrsS9qNj0X2Wn"
    "kkFR7Evy/LAy/iWMcn9UTWsGwXySMSOZ8OHvGIqTP1QYr0Oncu9tOo/iUWZkhZZipUZyBK"
    "IFwSwQd/4xjDGOQlrSV8zHwOztzjKAebQQA0A1UEEyKoqGcC4eBangb2KpWBpxnYjQGQ3R"
    "jC7F7UUL2Tq8k2wvH2aYCM6xubysRV2C8FQMYIhqhqjmJ+7WapCls11qTtdgPIwSIec4Pd"
    "TXEpAP1RjzaAVqYAplRCEAqqumUJl3qCKtoNwtBHkFm7yCrijgwTiJSF4BT56vVsATLWvr"
    "31SprdSxZE4deSQC7xP0aWY7Qp9E4TaessWYSOXTJ56DTWIN0ZjymdouqkizbuWarYeNQ0"
    "w3xHRDTPcRrHgQ093zDoaYbojp7pgSqROE7Dt5JMvjL6Lm/YzprBnUWRnVWbA7d0rhrQt0"
    "Rqx/8S67wjvU0HU8P7EERMttES13sOyQjg3zdubl0LDUmTFiiV5OFu0H3HtSB6MBM/SxLh"
    "AF0GuBzgiWpSvKIK8qA54TbVgPvGOgV+nDu9pNIETymx9Ajd749pcA3VK3WzZYBi63C9Ty"
    "arogLw1RYV3mDbDJ7ceC4PfK7IJY6MDZBRtmtsPJBZbN5Gtbhk8w0zS/8qL9W+B3knIwwb"
    "YjS94yOyoZqTOH5YRhCuvaFNYRR+ODnO8KHIwP0TxY7ljkosUOdpd4EiFp4HMDn1tH5yXw"
    "uT2hDgafG/jcOqa8QaWaznCMsoi6oenYTMr0E+edeNvELD0LgdLAOiXUS7Dbrq6iEBP3nN"
    "jTPNDlns2MGCS1Nfdught/9xNLR6iFj0xZ9DlqQR0fVlELsjzfHqiFYSoimCyw7RhyR3Pg"
    "HA6t4wHn8GRNUuAcet7BwDkA59AxTVeDc1Bago7muhHooYF2XstCO68w0c7zNlqsh+mivB"
    "YCpOshvVf+rOvWV/v0mU8dLXjX7Xs4fNthcjpi137CNh8U2LXq+LDKrlXbTdaya6NKNIhx"
    "4sW7VMqtLqXuOkTiHj59FKJDufsldhz5anLTJexSae7KLZdO0IgG3KQLsq5C4xNEXZNE5W"
    "FkTeayEjj7ubG+jb4uxBP9lk+5nvV9GrgQL3B4XQls9ydr2oHt3vMOBtsdbPcjtt0z2kNd"
    "SLNyAGw2DyahhtVOs0vI9NDi2UlMeKji5kAun3jX7Y991m1tD5C5XQRg+Shdt+/hCG0/ug"
    "Kqb/dZ93MJsYqKb98vsOOUTkGx1LHPQednLy8304/8UTXz3L+7ur0tyKQips3WhdjqRh+l"
    "hKC0whbBRxErpQN+QgTCvpojbzqUNWN+koKwQHRtgTgoJf/1/wEUWSKu"
)
