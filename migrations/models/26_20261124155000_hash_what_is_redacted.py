"""Of what is too large to be told, audit events have the hash without its secrets: one could be guessed by it."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

# As migration 20 has it, but for what is hashed.
_REDACTED = r"""
CREATE OR REPLACE FUNCTION tolstoy.redacted(name text, value jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    secret CONSTANT text := '(secret|passw|passphrase|pwd|token|authorization|(^|[-_])auth$|cookie|credential|-key$'
        '|(api|private|access|account|auth|subscription).?key|signature|cipher|encrypt|sealed|wrapped|auth.?config'
        '|hash$)';
    ids CONSTANT text := '^(credential|api_?key)_?ids?$';
    forms CONSTANT text[] := ARRAY[  -- what stands before it is told
        '(\mbearer\s+)[^\s"]+',
        '(?c)(\m[Bb][Aa][Ss][Ii][Cc]\s+)(?![A-Z]?[a-z]+\M|[A-Z]+\M)[A-Za-z0-9+/]{4,}=*',  -- and no word
        '(\m)tol_[0-9a-z]{20,}',
        '(://)[^/?#\s"]+(?=@)',
        '("[^"\\]*(?:secret|passw|pwd|token|authorization|api.?key)[^"\\]*"\s*:\s*")(?:[^"\\]|\\.)+',
        '((?:^|[?&\s"''])[^=&#\s"'']*(?:secret|token|key|passw|pwd|sig)[^=&#\s"'']*=)(?!=)[^&#\s"'']+'
    ];
    kind CONSTANT text := jsonb_typeof(value);
    size integer;
    told text;
    form text;
BEGIN
    IF kind IS NULL OR kind IN ('null', 'boolean') THEN
        RETURN value;
    ELSIF kind = 'string' AND name ~* ids AND value #>> '{}' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RETURN value;
    ELSIF name ~* secret AND NOT (kind = 'array' AND name ~* ids) THEN
        RETURN '"[redacted]"';
    ELSIF kind = 'number' THEN
        RETURN value;
    END IF;
    size := octet_length(value::text);
    IF size > 8000 THEN
        RETURN jsonb_build_object('bytes', size, 'sha256', encode(sha256(convert_to({of_what}, 'UTF8')), 'hex'));
    ELSIF kind = 'object' THEN
        -- a header may be a pair: {"name": "Authorization", "value": …}
        RETURN (SELECT coalesce(jsonb_object_agg(m.key, tolstoy.redacted(CASE m.key
                    WHEN 'value' THEN coalesce(redacted.value ->> 'name', redacted.value ->> 'key', '') ELSE m.key END, m.value)), '{}')
                FROM jsonb_each(value) m);
    ELSIF kind = 'array' THEN
        RETURN (SELECT coalesce(jsonb_agg(tolstoy.redacted(name, i.value) ORDER BY i.nth), '[]')
                FROM jsonb_array_elements(value) WITH ORDINALITY i (value, nth));
    ELSIF left(value #>> '{}', 2) = '\x' THEN  -- bytes
        RETURN '"[redacted]"';
    END IF;
    told := value #>> '{}';
    FOREACH form IN ARRAY forms LOOP
        told := regexp_replace(told, form, '\1[redacted]', 'gi');
    END LOOP;
    RETURN to_jsonb(told);
END $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
-- A text of JSON without secrets, to be hashed: a pass for each form and no captures, as member by member large ones
-- would take half a second.
CREATE FUNCTION tolstoy.redacted_text(written text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    forms CONSTANT text[] := ARRAY[
        '(?:secret|passw|passphrase|pwd|token|authorization|cookie|credential(?!_?ids?")|signature|cipher|encrypt'
        '|(?:api|private|access|account|auth|subscription).?key(?!_?ids?")|sealed|wrapped|auth.?config)[^"\\]*": '
        '(?:"(?:[^"\\]|\\.)*"|[0-9.eE+-]+|\{[^{}]*\}|\[[^][]*\])',
        '(?:["_-]auth|-key|hash)": (?:"(?:[^"\\]|\\.)*"|[0-9.eE+-]+|\{[^{}]*\}|\[[^][]*\])',
        '"(?:name|key)": "[^"\\]*(?:secret|passw|pwd|token|auth|cookie|credential|key|signature)[^"\\]*",'
        ' (?:"[^"\\]*": (?:"(?:[^"\\]|\\.)*"|[0-9a-z.+-]+), )*"value": "(?:[^"\\]|\\.)*"',
        '\mbearer\s+[^\s"]+',
        '\mbasic\s+[A-Za-z0-9+/]{4,}=*',
        '\mtol_[0-9a-z]{20,}',
        '://[^/?#\s"]+@',
        '(?:secret|passw|pwd|token|authorization|api.?key)[^"\\]*\\+"\s*:\s*\\+"[^"\\]+',
        '(?:secret|token|key|passw|pwd|sig)[^=&#\s"'']*=(?!=)[^&#\s"'']+'
    ];
    form text;
BEGIN
    FOREACH form IN ARRAY forms LOOP
        written := regexp_replace(written, form, '', 'gi');
    END LOOP;
    RETURN written;
END $$;
-- A database of before this migration 20 was finished has one that nothing calls.
DROP FUNCTION IF EXISTS tolstoy.note_event(text, text, uuid, jsonb);

REVOKE EXECUTE ON FUNCTION tolstoy.redacted_text(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tolstoy.redacted_text(text) TO tolstoy_audit;
""" + _REDACTED.replace("{of_what}", "tolstoy.redacted_text(value::text)")


async def downgrade(db: BaseDBAsyncClient) -> str:
    return _REDACTED.replace("{of_what}", "value::text") + "DROP FUNCTION tolstoy.redacted_text(text);"


MODELS_STATE = (
    "eJztXftz2za2/lcw+qXpjNYTO3HSTe/cGbt1u95N4k7itPtoR4JISMKaAhgCtKL29n+/AE"
    "iJb5qg9aDoM3PvNiZxSOo7IHjOdx74Y7DgLvHEyYUjKWeDN+iPAcMLov6ROzNEA+z7yXF9"
    "QOKJZ4ZiM8YcwxMhA/W3OjzFniDqkEuEE1A/vgELPU8f5I4aSNksORQy+jkkI8lnRM5JoE"
    "785z8DHsxG1NVXVv/72xClj9yR1eC33/Qp5pIvRGiJPwZTSjzX/Ds1VHLuZa4zIF/8gAhh"
    "nluN1YfiXx4/jlz55scNzGD1o8wff+qB/t3I3CWDV3R1c3y0lv306fr7H8xI/ZMnI4d74Y"
    "Ilo/2VnHO2GR6G1D3RMvrcjDASYEncFJT60WLQ14ci1NQBGYRkg4WbHHDJFIeeVsjgf6Yh"
    "M6pCkntC8tWJwwNyQl1xwshS4fO/8XOmZEaj9ze3o49Xt6PRwEKZjsJVYUaZ1PD+8Wd03Q"
    "Qdc3Sgb/Dd3y4+PHvx6muDBxdyFpiTBrvBn0YQSzxK1JpA7gREAzTCsgj99+qMpAtSDn9W"
    "MqcGNxY9Wf+jjTrWBxJ9JO/DGtw1fBnA3/Pls693A/Xt9burj7cX737Sl18I8dkzSF3cXu"
    "kzZ+boKnf0WaQZrl7q6GXfXAT9cn37N6T/RP++eX+V199m3O2/B/qZcCj5iPHlCLtpNNaH"
    "14fU0ETBoe+2VHBWEhTcUQUH5J6K+PuSVe8lnV0zWa7ctFROtQqkfSrztL0a1TOq//zlr2"
    "dnL168Pnv+4tU35y9fvz7/5vk3aqx5yuKp1zW6v7z+8fr9bVaV+sCfGcCTT2LTL1Uisc2v"
    "Veu35/DfowTMlFXRFM2UCMCZg1PbcwUov5vjoBzKeHgORvVYRwjgYIG/jDzCZnKu/nz1sg"
    "bQny8+GExfvcyt2+/jM2fmVBZa818LbNfjewju2fPnDdBVoyrhNeey+C6Uy8JLFoJqhBOJ"
    "HmJ82gTi02qETwsAE+b6PP64N4U4LdNDkNU0bDiTa6dyAeo5wS4JRBHpv3+8eV+OdEokb2"
    "pTR6L/Qx4VTeyy2GXtCt416GosMkb2GtNn7y7+mYf7u7c3l/nvn77AZQ55yvxQjoQzJwts"
    "A39eDnTQXgfqNzqhJCM6tVpqMlKtFpuO4b6ftUahFLI75R2WeIDVaGelDry0B0QGqw5/OZ"
    "2AuIRJim1dlYLgIxyWjk3u9v6Kpn+ndyk2Uh+YYOduiQN3VDjDz3jV2OKpxdkifwQzPDPw"
    "6N+hnzpm5a/MelNB2Scnh3WsPVkPa0bcDy5QELITdC2FUidmghrZIcLMRcs5lmjKPY8vBZ"
    "oGfIEIdubqXEDQHfElmqzQmnwWRgKri9DZjATo2YLO1NQxZ/5qzqlJfDLIKXLPt/+V/crG"
    "xOfOfIwcHjJ91zlBjofpQrxR4kse3CnpZUAlEYgzb4VCNZkDM8wIIiqj8cQ9QeP/8ol6jc"
    "aIRhfijCB1CPGp+VO9FSH5lUn9OxZ4FcmZM+ZHjwX5PFZzYDFRVlb0a+dYqP/3ffXeuUP1"
    "2/WNuSDqJI+RUPc/QRfRpV19HbSkakwo1dPrW1OhfqKP1c9wx2/UYPUrghlm9HcDxlD9ZQ"
    "5O1aWG5nbq/9SEXOlLmT+oeVajKevYjUvc0CcjixCOfo7thHD06lh6CyGxDMUu76DgVkvq"
    "aFeXDwUJIMwFYS4Icx1VFATCXD1XMIS5IMx1XH5OGsyU5dUUzZQIeI1ZNO+VCV+6FFSuAy"
    "mJVstAx2CMV4Sz05evX37z4tXLzUKwOVL3/hff9Sj7bGQZPcxK9Y+x234MMeVcNF0GUiKw"
    "quaTByL+wWbOpkR6Gc9qxDDX8Mv5GRvjZZuikZGCz1cW0xRxYzFzs1I9XG0bhUde1URHXh"
    "WDIwlZZDF7M0IweUsR9bFSmsXszYn1b/qeN5q+5zXT97w4fV3il8H8cYE9r9LW3Qgd1uF9"
    "/mjz9sXZ61cby1b/UWfUfnx38fZt0bJN+OimMzWROLCBEEUdOmwbRIGPEkKGc49gVrkQxE"
    "I5eCdKap/42tbWNF9NL29u3mZotcvrHNvy/tO7y6sPz04N2GoQlRUkjElLscojSiQelcLS"
    "NTt33zksPJQKRxvgEwnIHXpE7lAQ8BKHrhr2jQCg3h71KLJuR60nMj1i1PbMsZskBwsacz"
    "P+2E27rTGXUTaJBYSJAGC4tpHJZ7tXPxY4dgD3/LJHjsXIHu2MHIBuBzqdMeUsW7spGTnw"
    "VB72VJZYOnNrmFNSAHITkKlUTzGaltnI1ZRGTqx/5Nv2uY0lviMtkolSYlvIJOoY5n1KJ3"
    "IJdj3K2ug4Jwp67rKeHcwc4o0CopAVLTNAyy8Beu+23j1P14kos9kJSInOLynDwapK4wXh"
    "vHWykkT0i0a9jLmijXbV1/Hy+v3Fh39tmKWNit/evP/xsoRbuvzX7dVF0e0J2r14WUl437"
    "r8vk0po2LeSs05UdBz1/TctYK9t3w2qKvZ0+eHjcr2Rh6fNSzdu2EEYSnJwpe64gwjZQr4"
    "J2gcEIcHLnHHKNCVc7pczpSvsZkyEb8S36KxCH0SCGLGcEYEWhI1KGSuLmCbrNSllH5CNc"
    "MHudm0r3s2qDzrTH1Zorrd3meddgkFYFAABgVgHf0wQQHYE1IwFIBBAVjHrHcoADsQmnkr"
    "sCmkeTnANc/VEN+2LiEt08OSmp3kdUNa50HTOq2QT4lAiiEkdh4X6kdc/nAceQJQ0bvd/t"
    "Xq6W1m63o8pLQ8PFVjJrkIb6XznJI4dt95a8myLpGYelYWREoEvmXtv2XrqEcJAVSXYpgW"
    "gxzDh3MMk9CRJdBZQYC6AdSQGvEEiGtIjXgael6/k20KPNKCUE7XNmKxeV2sVZCXBB3Y6K"
    "AjCUI/eObNLCQGmePDuoQgHWrZw96buSwayA+B/BBIH4D8EFAw5IdAfsjTJr5hd8Hd7i6Y"
    "fjILmHNifQwz7GZXqv23aO7QQry1YIMfTrzIL7XHs1S2R37t1kDW70MQMqYr5LMbOjVEuv"
    "oCAHfnCIKf45ehgif4OXlX6umC9Vu1Y9oglQS6fo1/y24DBcRCBww5IBaerN8JxELPFQzE"
    "AhALx0ssHKzwpJ9wHrFf2yF/IMPMcCdcEGbVazktA/UQj8ipS0gCe/MlLwvZKV22YhJtTU"
    "rKu2o2Q8nJQclcZ+iMa5csfC4Jc1b/IKtBCaORGzGsIzVoMlaX8zXd0ZwhzMSSBNEm4dN4"
    "x+uA+Oqd14NO0Diyzjb7dvselmrc4iuBqGskAh6aHcBDKdRTIL1Bdnof7ZKNzPd11wfYGY"
    "u9t1PePPQU6Qe1A37KNit/7KqO+1twfHZ+3iQgd35eHY/T5wqZkTMS+AEts7PrWiHmBKEN"
    "Ytqws2yDWFqJWb+XV2U15lH7jtvY2GtOsKs8axuvMSUCTuMjnMYJd0vW6rpVZC0By0fb5Q"
    "PCSD30zzviR96kvJ5BiReZOT+s8yHT/tMOAuMQ5u6sLwTrUw/XJwhzPyEFQ5h7z2FuSPne"
    "bcp31/I6tzfTn3do80ADUrQ1ihj5JBgtKAtlycSuh7n8CpA/Ww64MhgDE5GL/efm63WZdI"
    "9Q3vf+rV8kCRj2SsMA1St5TmwrVSUP+xzHzWATbeuIEfbiYu6mpF9eDjow2RF/HeEobnX/"
    "oBJu4jbuK1TNSUg1Amr7gZsAbqK3ritwEz1XMHATkILfMQMLavs7Q/RMsCCjMPBsME7L9B"
    "PnnZT1q1V6HgFlgXVGqJdgN4LaplWzRkzdc0pnNr5uTgxc3fY5LtAvZPcLS0eohU/CePQF"
    "asEcH9ZRC7qT/x6ohWy9P1lg6pkNd/InUqwi0BGHNv+Ajniy3irQET1XMNARQEd0zAi22T"
    "xRGxBW4cq1QA99txeNnLcXNd7bi6L7lphotij3eCPFnSC9V2qt647Z9pm1gHtW8K7H93D6"
    "bp/k6VDySLeQ3lb6SIf4heus1509M3yIY1CqbliO/8scSzSnOsNrhfTdBMJIXwJNVifoZo"
    "o4I2g552iJ1RnG2WpBfycuohIJiVdiqA66iHE5V/pC6lkIcjkRxQr8Xd4Isi2A3gDvt7Pe"
    "L9AbPVcw0BtAbxwXvdERS+8XTGWZnWeO11p5SzXCxsTDyooiPjJiupnRG3VEr5nKrPL9gN"
    "8rUfVP5GDP0z8N8UAbYdqaQkFouiOF0uELsm6PFBBlsDlEm2fqAL8nQYXJt6cb20fF1vU5"
    "8d/6KddkSsBDBjbjod9RsBmfsEkBNmPPFQw2I9iMx2UzZqnYrPXQFNK8HABb6HqWmGFNCe"
    "60TA8DCeeNAjXnNYGa87JAjTZxCyBXL7zr8ce+6m6trPqOlgFY04CSlgLYhxm6/VCXq3w5"
    "e9MvkYLW4l22/RghLil5eepbWyZSx74GbaOdpUscutlOrGm+f0YIWlo+It0/ZqVswE+JQK"
    "FFe+Qdj4t2zE9aED4QXftAdISSv7onTH5PPHpPgtItErIDhnUkPdFDlabNWEoa8vW3c6L3"
    "GJjwL28QZshcxOw/oDMkRDjZDD5BY6kvO0aOss6lQILGzLiHhUQTMsPsWzTGUpKFL9UwST"
    "xPID5FBDvzIl+/zxvbp2xUbJOQfq4M2d96xwS92JTeKuO8P+YOEEmASAIQzRBJAAVDJAEi"
    "CU+c8C7aL01RLREFeLsXqDkeP9ECV9uWHj3u5nHeLDxTE53Js98+Xnkcl8zXanIpJQK83i"
    "PYpapdl+qijxU7Lu17bvuEuRrKbc3r7Ud15JoEaRh03Iw/rIHWoebZa0rFZmlIy8Da8Ii1"
    "gZEvsoUbmRID1rlrjmRHWOe/cX43KCGbzfFhHcc8VyMstt51Xc1YIqlTs9WXK9Cb4IbMcL"
    "MYTT2+NLV4Oldb8jvCEGfeymyHO8dirjOu9f655fvrbu/SWyOH9V13TArH5ZbABwMfDHxw"
    "V1d54IOfkIKBDwY+uGOmsAWxljJZmqKZEgE4c3CuzTMLOFMiACd0Jt9r/yTC9G8vma6XnH"
    "sEs4pgRSKV3zA73u1mX0hv/IOtb5N9c/M2Y4BcXue+S+8/vbu8+vDs1MCtBlFZ8bky3udI"
    "O51lFkL1nuRZOdiZPG342exMrnPhptTZ7A7ddC3Jyx14TWGckQ5z7YLOzD6Ugii/tMTVqQ"
    "loFCT71zJsJzVVgmC1Co8eQr5ujam8RMvlpmNKOMBq4xI3tAtVJxKHDuipnxVpv6NrTITU"
    "aE6wG3W+t4M4Jdi/Fea00QpzWrPCnBZXGMr8UIrRNOALG7hzYgee1vHWvR2e15iJpd2ETi"
    "QODC6Wf9HtcToMruZGeSj1t40ztySSXV8FWCJ+WLruxePTA9rWA3YoeFlXMZM5P3womNmq"
    "XoayqGoFxYuL7iQqCNJ2FJZhQExX0YDO5nKI1L+oRI56xhN04TjEV3NEl7gIhNXAaD6gyQ"
    "qN4wdZjag7Lq+W2c9ttxYONfBCjQzERCEmCiEziIk+IQVDTBRioh0jfCyiTim7pSmaKRGA"
    "s0DbbAxMO9ImI9Y/ymZr+0hk5q7huKwStlMikK/9iHxt9aODkkZy1cBvBAD2R8A+4W4J6n"
    "VRj7UExFSHLaMcle2Iqpfz6nZEe+csYzakw6SlH3D1q0tI95qKvEQE2j21X02ggLd3ux58"
    "dObEDQ20Ba54c25YxxOLeFRDhngcl2Ct9xBA+m8kqXN3gsZR08gxEngl0HJONGmHPOU+IC"
    "zN4PXN3ui/2FDvUGCGLXWhi6lwmWOBiJoMbpEl3u+toXAGSGIgiYFDBJIYFAwkMZDEu357"
    "Dv89gsIZKJw5BjihcGa3hTNOYFdMsB4P+DbDVxtmo9/jkoemIGeEDoz0p9vvtobwTnJ79V"
    "aGHvatKNxE5MDoijvqd5i+dbB05qPQr046rTRvy0QPnHD66nmHOlJFueU2xHgiAWG2RxDj"
    "Plb2lm2laCJ04ELRcqZ2KyG27VWKMi7tjLZ4fP9SI3ZSLwf91Kwm9tHxSXoziBb6TYmBfr"
    "us30k4nZKgFSOcEwU9d1nPsBlfn7WrXTe/1JCsIf1TQsfem3fPnL/5upEg4CX1pdU+U1YK"
    "8ons3Kau5L2k9msYlOW+pM8Pa/NfUiMb5sD8MucmBYV7rtmIS2/uJU7QL3PqEYRR1GlCj5"
    "gQpS4UEN/DDnGHaMLl3FQ0FpNbtnTNrWetQEoJpJRASskR2B6QUtJzBUNKCaSUdMyqtMmB"
    "CDwb+jce3s+QcsOYcm1QuaSBVMbgbV6JmBHrH92+K7wjC93G8UwkIFj3iGDdwZLTOjbNt7"
    "Mut+hp2eNeljvJ9/G1DcZD0aJ/aIkogN4I9HX3z0c0DoWGoY8tpY2RfPAFaKCNh98EUEtT"
    "tWywDJmkJWZ5PV1QlIagVJd5A+xIel+Se1Ob3JQIQRf8B3ObXCrMpgGjgGBh6X4VRfv3gd"
    "9JxtMUU8/09aZxj1abNawgDEtY15awjgQaL3z6D1LaijU+M6wLLmKfju7Iqummko4UUW9T"
    "gXQBULLJoy50L93j8Vs0Fg5Xyh2bB0cLtaKra6h/mb0j9XB9pa8ECtRqj2ZqURclW07u8c"
    "Zbi1CmSqQgTglxSohTdncthzjlE1IwxCkhTtkxgxdqtaFW++Be8K5iC1P6xTKkEEv0EeNX"
    "TSDOfx1TCL8q9Jy13tsQdjV8dNjAOJZF1KtD64kE5HO3j6zrVynefUWMfPVRW1AWlpVtVl"
    "pxNVdoZdR1TCHbLvgmX3yq9NHCF8pKAnvZZYfIFJzoWvG2BZwpWdB0lzWtnFh+10rPWUnQ"
    "cre1HNXejCYlvdmr3cScGCSidaaY7LuAuIRJir1BSZwndXZYF+txNuMal5FhiTCSnHsIiz"
    "uBHOx5JBBoyoMTNI4SXUyz4ygHBmHmIv1wUffjMQ/ojLJxFHChEi3wCk2IGsykumhZidnO"
    "79cguDPMBHH0wzQ5aXSSDwxB3AbiNkDrQ9wGFAxxG4jbPO1AQ8pWaIpmSgTghLjNfnvAao"
    "As8F2P7yW+jeC1aFFKxeaZi9+yuqznrCC0dXw49TnyCW1mciLRy7m8q+JeialnFRJLiUC5"
    "6SOCYvPYjG06v9fjezm7t71StysIe2QBWNdAPkSEXWK7drwbgQNP64DgaH/Trk5ojdMoWn"
    "ut8U3JQRFQoyIgHCqYAvp7K16qIAxht67xU50LEF3EcwZXNR6sGjpsFjoa4bRU07qhdanN"
    "koq53vdyM7MRRsm1h8hU7KI5QXq3YoE0OGga8IWp9fEDfk9dEuidMXW8R894HQzSO2OUlA"
    "zt/p6/sl+ZiVnpkiM1K5hujKhHeZTdDc2/JgFfqseIQlLcV++mqyNTOnBl9vzUq+omXrXU"
    "gaollXOEA32U0MCUNDUvTMqGp1Jay23DCXEqiFPt0yqCMAbEqZ6MgiFOBXGqjtnSFoGVgt"
    "HQFNOCIEALpVu7hPOOrCzRTCQgubGzif5HNFmPzjSR1LkjcmRfM5YTBGJ72JLYjgmBFirI"
    "S0J3ucfEFlooICsH8LeE/54EVN2vZEucOvDTUgC9BfSdY6hv+R15gJmOhgwbMtJSj27IRN"
    "/OCcKOQ4TeyUaJacYWM3SjufCzDC28pmg9ggXRw5bRBjhTIp253uEGM65p2CLzvIN7aKZ5"
    "HE9v9UvGyOEhk1HZQ/Tz3xjZqTrsIs5IzEQvUECmujovqqeY8gBhxMhSE9qMbINVBir50E"
    "Y8UMlP1pwHKrnnCgYqGajkjtmmQCV3AVq5tpAtKJy1CLhPLT1XZUurs/NW3RPSkpDG1eVv"
    "buJm2X11s3KwU7LVd9d4wJZfibQMxHPK8Gy1fUZOFBarri1WHWH0PkRt1C48jy+x3qWghN"
    "IrjBnWcXpxY7YRXg9vnF4a8WyTUAep3miyTVnlmMVJql8J9GwcB9JN95BoWozNX1IgvmRf"
    "DxFe54s+MyeS/vBf69xPdcmLn67RHVl9Vdaefs8PoOnAT+/f3vz449X3b0w6q258Hyefaj"
    "poovnEKfW8iCKMnktEhCPjKAYaLbG+/TTObXWpuGvZAb8frJ+5k/6fl0dG9IHX2ocsneP5"
    "TNo6qiV1oT94HFcY0olIDsyplunXvPz+5tPl2yv004er764/XsfVoRsLw5zUh5IK5w9XF2"
    "/zGw2pdb4VCZwRBA4YTLy8ifdR8oC4P+sJU2reZc7XmnbCjBzdm6FW7ecKppSaSU5oio+M"
    "OePxmY6z8ju0nCsTTBksK7QkAUG6M6ne9UeE6s7fxtZWZA9lr1jViG4PdzZx3YWaMGbAcr"
    "0xkSBSmvCvNoSJiRGzb00DPM5cMR6iOV+q26sRenR0Jz1eP8wQCbwS0SNRU5rk6ngwnqmX"
    "A6w7sO6euHW3YbubE3sbkcNyetttEb5nfk+vcXaoryV61JZ935jHX6AWlmFOFGzDDtmGuf"
    "Yk2iKwcq9SMuBfVflXHTHAL0KXyqt7wmSZ+Z06W2t8Yz1uRPTAxoyqLmGPExdzVrAz15Yk"
    "GpvrJXar+q+pVVcGrzF0tW2JolknUEB8Ymrch7oS3/RkxoGjBqPJqoxO3ePdTRF/QKXU/O"
    "0qy6BiZWOTN7FJHtxTh5ie0rrHi7laRKdOuLsyx9WzsRlRZ9olVgryuenWoiKc/Jc4cju7"
    "i+oFpfQusIHp4E3/skLBndhuilP/UmwhzFq0sz7beS+xAHiMrb0XCMNsc53CTnlCU3XDt0"
    "Sih40iz5u1eqvp9FboqxdbZAYlC5jzcgC2Bdh2y0NWClaIXAeAtR+ZhfNWWfHlcG4EejFl"
    "66yVq3/eZgyVQtfeTDbxeni+lW9hX9x7ykPRog65IArV+HkdNM3ohs1z94N5V+g0ElBnPi"
    "ij0qIzw1oaLRnzEIFWjX8JK/SYaGulA1L6kSvxP+Jv2eM4kt07H4/c0baaDbknQXmBXbXJ"
    "lhLpxacv13L6/LyBuaZGVTed1udy7od6qSwQjof3EN3TRk2mT2uaTJ8Wm0yrO8pS461684"
    "WUCGy+YLn5wkE/Zn/+P+/wRO8="
)
