"""Credentials that somebody authorizes at their provider: who wants to, and when one was."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE "credential_authorizations" (
    "id" UUID NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revision" BIGINT NOT NULL DEFAULT 1,
    "org_id" UUID NOT NULL,
    "credential_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "key_id" UUID,
    "expires_at" TIMESTAMPTZ NOT NULL,
    "ticket_hash" BYTEA NOT NULL,
    "browser_hash" BYTEA,
    "state_hash" BYTEA,
    "verifier" BYTEA,
    CONSTRAINT "uid_credential__org_id_f289b3" UNIQUE ("org_id", "id"),
    CONSTRAINT "uid_credential__org_id_0fcdd3" UNIQUE ("org_id", "credential_id", "user_id")
);
COMMENT ON TABLE "credential_authorizations" IS 'A user''s wish to authorize a credential, until he comes back from its provider or the time is over.';
ALTER TABLE "credentials" ADD "authorized_at" TIMESTAMPTZ;

ALTER TABLE credential_authorizations ADD CONSTRAINT credential_authorizations_credentials_fk
    FOREIGN KEY (org_id, credential_id) REFERENCES credentials (org_id, id) ON DELETE CASCADE;
ALTER TABLE credential_authorizations ADD CONSTRAINT credential_authorizations_users_fk
    FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE;
ALTER TABLE credential_authorizations ADD CONSTRAINT credential_authorizations_api_keys_fk
    FOREIGN KEY (org_id, key_id) REFERENCES api_keys (org_id, id) ON DELETE CASCADE;

CREATE TRIGGER credential_authorizations_timestamps BEFORE UPDATE ON credential_authorizations
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tolstoy.keep_timestamps();
GRANT SELECT, INSERT, UPDATE, DELETE ON credential_authorizations TO tolstoy_app;
ALTER TABLE credential_authorizations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON credential_authorizations
    USING (org_id = (SELECT tolstoy.org())) WITH CHECK (org_id = (SELECT tolstoy.org()));

SELECT tolstoy.audit_table('credential_authorizations', 'credential_authorization');
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP TABLE "credential_authorizations";
ALTER TABLE "credentials" DROP COLUMN "authorized_at";"""


MODELS_STATE = (
    "eJztXftz2za2/lcw+qXpjNYTO3HSTe/cGTt1W+8mdidx2n20Q0EkJHFNAQwBWlG7/d8XAC"
    "nxTRPUi6LPzL3bmMQhqQ8geM53Xn8M5swhHj+5sIXL6OAN+mNA8ZzIf+TODNEA+35yXB0Q"
    "eOzpoViP0cfwmItA/i0PT7DHiTzkEG4Hrh/fgIaepw4yWw506TQ5FFL3c0gswaZEzEggT/"
    "z73wMWTC3XUVeW//vbEKWP3JPl4Lff1CnqkC+EK4k/BhOXeI7+d2qoYMzLXGdAvvgB4Vw/"
    "txyrDsW/PH4csfT1jxvowfJH6T/+VAP9e0vfJYNXdHV93FrJfvp0/d33eqT6yWPLZl44p8"
    "lofylmjK6Hh6HrnCgZdW5KKAmwIE4KSvVoMeirQxFq8oAIQrLGwkkOOGSCQ09NyOD/JiHV"
    "U4UE87hgyxObBeTEdfgJJQuJz//Hz5mSsayb2zvr49WdZQ0MJtOWuErMXCoUvH/8GV03QU"
    "cfHagbvP3x4sOzF6++1ngwLqaBPqmxG/ypBbHAVjKtCeR2QBRAFhZF6L+TZ4Q7J+XwZyVz"
    "0+DEoierf7SZjtWBZD6S92EF7gq+DOA3bPHs691AfXf9/urj3cX7n9Tl55x/9jRSF3dX6s"
    "yZPrrMHX0WzQyTL3X0sq8vgn65vvsRqT/Rv25vrvLztx5396+BeiYcCmZRtrCwk0ZjdXh1"
    "SA5NJjj0nZYTnJWECe7oBAfkweXx9yU7vZfu9JqK8slNS+WmVoK0z8k8bT+N8hnlf/7y17"
    "OzFy9enz1/8eqb85evX59/8/wbOVY/ZfHU65q5v7z+4frmLjuV6sCfGcCTT2LTL1Uisc2v"
    "Veu35/DfowTMlFbRFM2UCMCZg1PpcwUo385wUA5lPDwHo3ysIwRwMMdfLI/QqZjJP1+9rA"
    "H054sPGtNXL3P79k185kyfykKr/2uA7Wp8D8E9e/68AbpyVCW8+lwW37k0WVjJRlCNcCLR"
    "Q4xPm0B8Wo3waQFgQh2fxR/3phCnZXoIslyGDVdy7VIuQD0j2CEBLyL9t4+3N+VIp0Tyqr"
    "ZrC/Rf5Lm8iV4Wm6xdwbsGXYVFRsleYfrs/cU/8nC/fXd7mf/+qQtc5pB3qR8Ki9szMscm"
    "8OflYA7az4H8jXYoiOVOjLaajFSrzaZjuO9nr5EohfReWoclFmA12lmpA2/tARHBssNfTj"
    "sgDqHCxaamSkFwA4OlY4u7vb2i6N/JfYqNVAfG2L5f4MCxCmfYGasaWzw1P5vnj2CKpxoe"
    "9TvUU8es/JXebyoo++TksI61J6thzYj7wQUKQnqCrgWX04kpd7XsEGHqoMUMCzRhnscWHE"
    "0CNkcE2zN5LiDonvgCjZdoRT5zLYHlRdzplATo2dydyqWjz/xVn5OL+GSQm8g93/5X+isd"
    "EZ/ZsxGyWUjVXWcE2R525/yNFF+w4F5KLwJXEI4Y9ZYolIs50MO0IHJFNJ44J2j0HzaWr9"
    "EIudGFGCVIHkJsov+Ub0VIfqVC/Y45XkZy+oz+0SNOPo/kGpiPpZYV/doZ5vL/fV++d85Q"
    "/nZ1Y8aJPMliJOT9T9BFdGlHXQctXDkmFPLp1a1dLn+ij+XPcEZv5GD5K4Ippu7vGoyh/E"
    "sfnMhLDfXt5P/JBblUl9J/uPpZ9UwZ+24c4oQ+sQxcOOo5tuPCUbtj6S24wCLku7yDhFtu"
    "qdauLh9yEoCbC9xc4OY6Ki8IuLl6PsHg5gI313HZOWkwU5pXUzRTImA1ZtF8kCp86VZQuQ"
    "+kJFptAx2DMd4Rzk5fvn75zYtXL9cbwfpI3ftffNej6DPL0HuYleofY7d9H2LKuGi6DaRE"
    "YFfNBw9E/IPJmk2J9NKf1YhhruGX8ys2xss0RCMjBZ+vLKYp4sZg5WalerjbNnKPvKrxjr"
    "wqOkcSsshg9WaEYPGWIupjOWkGqzcn1r/le95o+Z7XLN/z4vJ1iF8G88c59rxKXXctdFiD"
    "9/nG6u2Ls9ev1pqt+qNOqf34/uLdu6Jmm/DRTVdqInFgBSHyOnRYN4gcHyWEDGMewbRyI4"
    "iFcvCOpdQ+8TXNrWm+m17e3r7L0GqX1zm25ebT+8urD89ONdhykCsqSBgdlmIUR5RIbBTC"
    "0jU9d98xLCwUEkcT4BMJiB3aIHYoCFiJQVcN+1oAUG+PeuRZN6PWE5keMWp75th1kIMBjb"
    "kef+yq3daYyyiaxADCRAAwXOnI5LPZqx8LHDuAe37ZI8PCMkc7Iwegm4HuTqk0lo3NlIwc"
    "WCqPWyoLLOyZMcwpKQC5CciukE9hTcp05GpKIyfWP/Jt+9zGAt+TFsFEKbEtRBJ1DPM+hR"
    "M5BDueS9vMcU4U5rnL82xjahPPCohElreMAC2/BMx7t+fd81SeiFSb7YCUzPmlS3GwrJrx"
    "gnBeO1kKwvtFo17GXNF6duXX8fL65uLDP9fM0nqK393e/HBZwi1d/vPu6qJo9gTtXrysJL"
    "xvXX7fJi51+azVNOdEYZ67Ns9dS9h7x6aDupw9dX7YKG3P8ti0YereLSUIC0HmvlAZZxhJ"
    "VcA/QaOA2CxwiDNCgcqcU+lyOn2NTqWK+BX/Fo146JOAEz2GUcLRgshBIXVUAtt4KS8l5y"
    "eUK3yQW037umeDzLPO5JclU7fb+6zCLiEBDBLAIAGsox8mSAB7QhMMCWCQANYx7R0SwA6E"
    "Zl4LbAppXg5wzXM1xDfNS0jL9DClZidx3RDWedCwTiPkUyIQYgiBnceF+hGnPxxHnABk9G"
    "63frV8epPVuhoPIS2PL9WYSS7CW2k8pySO3XbeWrCsQwR2PSMNIiUC37L237KV16OEAKoL"
    "MUyLQYzh4zGGievIEOisIEDdAGoIjXgCxDWERjyNeV69k20SPNKCkE7X1mOxfl2MpyAvCX"
    "NgMgcdCRD63tNvZiEwSB8f1gUEKVfLHnpv5qJoID4E4kMgfADiQ2CCIT4E4kOeNvEN3QV3"
    "210w/WQGMOfE+uhm2E1Xqv2XaO7QRrw1Z4Mfjr3ILjXHs1S2R3bt1kBW70MQUqoy5LMNnR"
    "oiXX0BgLtzBMHP8ctQwRP8nLwr9XTB6q3aMW2QCgJdvca/ZdtAAbHQAUUOiIUna3cCsdDz"
    "CQZiAYiF4yUWDpZ40k84j9iu7ZA9kGFmmB3OCTWqtZyWgXyIDWLqEpLAXH3Jy0J0Spe1mG"
    "S2xiXpXTXNUHJykDLXGTrj2iFznwlC7eXfyXJQwmjkRgzrSA03GavS+Zp2NKcIU74gQdQk"
    "fBJ3vA6IL995NegEjSLtbN232/ewkOPmX3HkOloiYKHuAB4KLp8CqQbZ6T7aJY3M93XXR9"
    "gZg97bKWseaor0g9oBO2WbmT9mWcf9TTg+Oz9v4pA7P6/2x6lzhcjIKQn8wC3Ts+tKIeYE"
    "oQxiWrEzLINYmolZ38urMhvzqG3HbTT2mhHsSMvaxGpMiYDRuIHROGZOyV5dt4usJGD7aL"
    "t9gBuph/Z5R+zI25TVMyixIjPnh3U2ZNp+2oFjHNzcnbWFYH/q4f4Ebu4nNMHg5t6zmxtC"
    "vncb8t21uM7trfTnHWoeqEGKWqNwyyeBNXdpKEoWdj3M5VeA+NlywKXCGGiPXGw/N9+vy6"
    "R7hPK++7d+ESSg2Ct1A1Tv5DmxrWSVPG5zHDeDTZSuwy3sxcncTUm/vBxUYDIj/jrCUdyp"
    "+kEl3MRdXFeompMQcgTk9gM3AdxEb01X4CZ6PsHATUAIfscULMjt7wzRM8acWGHgmWCclu"
    "knzjtJ65e79CwCygDrjFAvwW4EtUmpZoWYvOfEnZrYujkxMHXbx7hAvZDdbywdoRY+cW3R"
    "F6gFfXxYRy2oSv57oBay+f5kjl1PN9zJn0ixikBHHFr9AzriyVqrQEf0fIKBjgA6omNKsE"
    "nzRKVAGLkrVwI9tN1eNDLeXtRYby+K5luiopmi3ONGijtBeq/UWtcNs+0zawHzjOBdje/h"
    "8t0+ydOh4JFuIb2t8JGO8Au/YFcMSvgFfXxYxy8s5IiGefi/zLBAGKlmvEiLqRT3N/KIMh"
    "SGSN4jYA9SVP4T2djz1E9DLECYMkU7oCDUOfOhsNmcrJLmA4IYtQlyhTrAHkhQTMXf543N"
    "uZJcv+d0r+KAhRSIksMrpkCUPFk7GoiSnk8wECVAlBwxUZLTHppCmpcDYAu1MBI1rKnZk5"
    "bpoXl53sh8P68x38/LzPewrJ129ca7Gn/su+7Wkm322o+82yt0+wSII205c9UvkYKCk13W"
    "/Sgp7yFdX/AokTr2PWgbRY4cYrvrJhNNo8AyQlDoaIMgsJiVMgE/JQLhd+2Rtz3G2zE/aU"
    "H4QHTtA9ERSv7qgVDxHfHcBxKUFs7NDhjWkfREDZUzrce6pCFffzcjqvLsmH15gzBF+iK6"
    "Ki2jBPFwvB58gkZCXXaEbKmdC464GzPjHuYCjckU02/RCAtB5r6QwwTxPI7YBBFsz4p8/T"
    "5vbJ42WVE8N/1cGbK/dR1dtdmU3ipjvG9yB/AkgCcBiGbwJMAEgycBPAlPnPAu6i9NUS0R"
    "BXi756g5HjvRAFfTRM8e53ieN3PP1Hhn8uy3j5cewyXrtZpcSokAr7cBu1RVi7/O+1hRh3"
    "/fa9sn1FFQbmtdb9+rI1YkSEOn43r8YRW0DpVUXFEqJltDWgb2hg32Bkq+iBZmZEoMWOeu"
    "GZIdYZ1/ZOx+UEI26+PDOo55JkcYNGRzHMVYIqFCs+WXK1Ct0UKquVmMVHfXE3Q70R3TBL"
    "snFDHqLXWTtBnmMxVxrbqqlXdd296lt0YOp9rV7ooUVon+wAcDHwx8cId3eeCDn9AEAx8M"
    "fHDHVGEDYi2lsjRFMyUCcObgXKlnBnCmRABOqFe516x6QtVvL1mul4x5BNMKZ0UilW+jGN"
    "dA3xfSa/tg680Tb2/fZRSQy+vcd+nm0/vLqw/PTjXccpArKj5X2vq0lNFZpiFUd6rMykG/"
    "yrTiZ9KvUsXCTVx73TOw6V6SlzvwnkIZJR3m2rk71d2JOJF2aYmpU+PQKEj2r5DETnKqOM"
    "FyF7YeQ75uj6m8RMvtpmOTcIDdxiFOaOaqTiQO7dCTPyua/Y7uMRFSVtQ82xzilGD/dpjT"
    "RjvMac0Oc1rcYVzqh4Jbk4DNTeDOiR14WccN3Tq8rjHlC7MFnUgcGFws/qLK43QYXMWNsl"
    "CobxujToknuz4LsET8sHTdi83DA9rmA3bIeVmXMZM5P3zMmdkqX8alUdYKijcXtJgxTpDS"
    "o7AIA4IWmKPAnc7EEMl/uQLZ8hlP0IVtE1+uEZXiwhGWA6P1gMZLNIofZGm5zqg8W2Y/t9"
    "2aO1TDCzky4BMFnyi4zMAn+oQmGHyi4BPtGOFj4HVK6S1N0UyJAJwF2matYJqRNhmx/lE2"
    "O2lOHXFcRgHbKRGI194gXlv+6KCkkFw18GsBgH0D2MfMKUG9zuuxkgCf6rCll6OyHFH1dl"
    "5djmjvnGXMhnSYtPQDJn91Celek5GXiEC5p/a7CSTwbk8J7Ahf/NGeESfU0Ba44vW5YR1P"
    "zONRDRniUZyCteohgNTfSLj2/QkaRUUjR4jjJUeLGVGkHfKk+YCw0INXN3uj/qJD1aFAD1"
    "uoRBed4TLDHBG5GJwiS7zfW0PiDJDEQBIDhwgkMUwwkMRAEu/67Tn89wgSZyBx5hjghMSZ"
    "3SbO2IFZMsFqPODbDF+lmFm/xykPTUHOCB0Y6U93b7eG8E5ie1UrQw/7RhRuInJgdPm963"
    "eYvrWxsGdW6FcHnVaqt2WiBw44ffW8QxWpothyE2I8kQA32wbEuI+lvmWaKZoIHThRtJyp"
    "3YqLbXuZopQJM6UtHt+/0Iid5MtBPTWjhX10fJJqBtFiflNiML9dnt9xOJmQoBUjnBOFee"
    "7yPEMzvj7PrjLd/FJFsob0Twkde23ePXP++utGgoCV5JdW20xZKYgnMjObuhL3kurXMCiL"
    "fUmfH9bGv6RGNoyB+WXGdAgK8xzdiEs19+In6JeZ6xGEUVRpQo0YEzldKCC+h23iDNGYiZ"
    "nOaCwGt2zpmluPWoGQEggpgZCSI9A9IKSk5xMMISUQUtIxrdIkBiLwTOjfeHg/XcoNfcq1"
    "TuWSAlIZhbd5JmJGrH90+67wjjR0E8MzkQBn3QbOuoMFp3VsmW9nX25R07LHtSx3Eu/jKx"
    "2MhbxF/dASUQC9Eeir6p8bFA6FgqGbptLGSD76AjSYjcffBJiWptOyxjKkwi1Ry+vpgqI0"
    "OKW6zBtgW7gPJbE3tcFNiRBUwX80tslxuW4aYAUEc0Pzqyjavw/8TiKeJtj1dF1vN67Rar"
    "KHFYRhC+vaFtYRR+OF7/6dlJZijc8M65yL2Hete7Js2lTSFjyqbcqRSgBKmjyqRPfSHo/f"
    "ohG3mZzckX5wNJc7uryG/JfuHamGqyt9xVEgd3s0lZs6L2k5uccbb81DmUqRAj8l+CnBT9"
    "ndvRz8lE9ogsFPCX7Kjim8kKsNudoHt4J35VuYuF8MXQqxRB8xftUE4vzXMYXwq0LNWePe"
    "htDVcGO3gTYsi6hXu9YTCYjnbu9ZV69S3H2FW778qM1dGpalbVZqcTVXaKXUdWxCtp3wTb"
    "74rpyPFrZQVhLYyy4bRDrhROWKt03gTMnCTHd5pqURy+5bzXNWEma527Mc5d5Y45La7NVm"
    "Yk4MAtE6k0z2NiAOocLF3qDEz5M6O6zz9djrcY3TyLBAGAnGPIT5PUc29jwScDRhwQkaRY"
    "EuuthxFAODMHWQerio+vGIBe7UpaPI4eIKNMdLNCZyMBXyomUpZju/XwPnzjDjxFEP0+Sk"
    "npO8Ywj8NuC3AVof/DYwweC3Ab/N03Y0pHSFpmimRABO8NvstwasAsgA39X4XuLbCF6DEq"
    "UuXz9z8VtWF/WcFYSyjo+HPkc2oclKTiR6uZZ3ldwrsOsZucRSIpBuuoFTbBarsU3X92p8"
    "L1f3tnfqdglhGyaAdQ3kQ3jYBTYrx7sWOPCyDgiO+pt2dUErnKxo7zXGNyUHSUCNkoBwKG"
    "EK3N9b8VIFYXC7dY2f6pyD6CJeM7iq8GDV0GEz15GF01JN84ZWqTYLl89U38v1ykYYJdce"
    "Ip2xi2YEqW7FHClw0CRgc53r4wfswXVIoDpjKn+PWvHKGaQ6Y5SkDO3+nr/SX6n2WamUI7"
    "kqqCqMqEZ5Lr0f6n+NA7aQjxG5pJgv301HeaaU40r3/FS76tpftVCOqoUrZggH6ihxA53S"
    "1DwxKeueSs1arg0n+KnAT7VPrQjcGOCnejITDH4q8FN1TJc2cKwUlIammBYEAVpI3dolnP"
    "dkaYhmIgHBjZ0N9D+ixXp0qolw7XsiLPOcsZwgENvDlsR2TAi0mIK8JFSX28S30GICsnIA"
    "f0v4H0jgyvuVtMSpAz8tBdAbQN85hvqO3ZNHmOloyLAhIy3U6IZM9N2MIGzbhKtONlJMMb"
    "aYolvFhZ9laOEVResRzIkatoga4EyIsGeqww2mTNGwReZ5B/dQTPMoXt7yl4yQzUIqorSH"
    "6Oe/0bITedhBjJKYiZ6jgExUdl6UTzFhAcKIkoUitCnZBqsMVPKhlXigkp+sOg9Ucs8nGK"
    "hkoJI7ppsCldwFaMVKQzagcFYiYD61tFylLi3PzlpVT0hLQhhXl7+5iZll9tXNykGnZKPv"
    "rraADb8SaRnw55Th2ap9Rk4UNquubVYdYfQ+RGXULjyPLbDqUlBC6RXGDOs4vbgwm4VXwx"
    "uHl0Y82zhUTqo3imyTWjmmcZDqVxw9G8WOdF09JFoWI/2X4Igt6NdDhFfxos/0iaQ+/Ncq"
    "9lNe8uKna3RPll+Vlaff8wMoOvDTzbvbH364+u6NDmdVhe/j4FNFB40VnzhxPS+iCKPn4h"
    "HhSBmKgUYLrG4/iWNbHZfft6yA3w/WT99J/c/LIyP6wGrtQ5TO8XwmTQ3VkrzQ7z2GKxTp"
    "RCQH5kTJ9Gtdfnf76fLdFfrpw9Xb64/XcXboWsPQJ9WhJMP5w9XFu3yjIbnPtyKBM4LAAY"
    "OKl1fxPgoWEOdntWBK1bvM+VrVjuuR1oMealR+rqBKyZVkhzr5SKszHpsqPyu7R4uZVMGk"
    "wrJECxIQpCqTqq4/PJR3/jbWtiJ9KHvFqkJ0e7iz9uvO5YLRAxarxkScCKHdv0oRJtpHTL"
    "/VBfAYdfhoiGZsIW8vR6jR0Z3UePUwQ8TxkkeP5OrUJEf5g/FUvhyg3YF298S1uzXb3ZzY"
    "W4scltPbbonwPfN7ao8zQ30l0aOy7PvGPP4CtdAMc6KgG3ZIN8yVJ1EagZF5lZIB+6rKvu"
    "qIAn4ROq64eiBUlKnfqbO1yjdW4yyiBjZmVFUKexy4mNOC7ZnSJNFIXy/RW+V/da66VHi1"
    "oqt0SxStOo4C4hOd4z5Umfi6JjMObDkYjZdldOoe766T+ANXCMXfLrMMKpY6NnkTq+TBg2"
    "sTXVNa1XjRV4vo1DFzlvq4fDY6JfJMu8BKTj43bS3Kw/F/iC22011UbSild4EGpoM3/YsK"
    "BXNiuyFO/QuxBTdrUc/6bGa9xAJgMba2XsANs819CtvlAU3VBd8SiR4WijxvVuqtptJboa"
    "5erJFplAxgzssB2AZgm20PWSnYIXIVAFZ2ZBbOO6nFl8O5FujFkq3TVq7+cZdRVApVezPR"
    "xKvh+VK+hb64Dy4LeYs85IIoZOPn56BpRDc0z90P5l2h00jg2rNBGZUWnRnW0mjJmMcItG"
    "r8S1ihTbytlQZI6UeuxP6Iv2WbcSS7Nz427GhbzYY8kKA8wa5aZUuJ9OLTlys5fX7eQF2T"
    "o6qLTqtzOfNDvlQGCMfDe4juaaMi06c1RaZPi0Wm5R1FqfJW3XwhJQLNFwybLxz0Y/bn/w"
    "DY2hhX"
)
