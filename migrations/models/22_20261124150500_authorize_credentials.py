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
    "R7hPLTSXa+UwVVSoy1u7jQSrWRJuQISHYGYw2Mtd7q8mCs9XyCwViDmOSOeT4g2bkzlu8Y"
    "c2KFgWeCcVqmnzjvJM9Z7tKzCCgDrDNCvQS7EdQmtWsVYvKeE3daBLra458Tg+qr7Z3+UE"
    "Bh9xtLR6iFT1xb9AVqQR8f1lELqrT5HqiFbAI0mWPXs8pCcYFzAM4BTFLgHGCCgXMAzuFp"
    "cw5aSzDRXNcCPTTQXjSy0F7UmGgvijZaooeZotzj9nE7QXqv/FnXra/t02cB84zgXY3v4f"
    "LdDpPTEbv2F+yKQYldq48P6+zahRzRMCH2lxkWCCPVFRNpMZVr+kYeUbrrEMl7BOxBisp/"
    "Iht7nvppiAUIU6bMXRSEOnk1FDabk1X2akAQozZBrlAH2AMJijmx+7yxuY2ea7yabhoasJ"
    "BCvMDhdSWw3Z+saQe2e88nGGx3sN2P2HY/fLv3fgIL/d4LFs9O+r1HKm4B5OqNdzX+2Hfd"
    "rUW977UxcLdX6PajKxxpy5mrfokUVH7rsu5HSXkz1/rKI4nUse9B26g24hDbXVd7bxp9lB"
    "GCiiMbBB/FrJQJ+CkRCPtqj7ztMd6O+UkLwgeiax+IjlDyVw+Eiu+I5z6QoLSCZXbAsI6k"
    "J2qonGk91iUN+fq7GVElIMfsyxuEKdIX0eUhGSWIh+P14BM0EuqyI2RL7VxwxN2YGfcwF2"
    "hMpph+i0ZYCDL3hRwmiOdxxCaIYHtW5Ov3eWPzdL2KKpbp58qQ/a0LWqrNpvRWGeN9kzuA"
    "JwE8CUA0gycBJhg8CeBJeOKEd1F/aYpqiSjA2z1HzfHYiQa4miYY9ji38LyZe6bGO5Nnv3"
    "289BguWa/V5FJKBHi9DdilqqLYdd7HioLY+17bPqGOgnJb63r7Xh2xIkEaOh3X4w+roHWo"
    "ttmKUjHZGtIysDdssDdQ8kW0MCNTYsA6d82Q7Ajr/CNj94MSslkfH9ZxzDM5wqAzkuMoxh"
    "IJFZotv1yB6lEUUs3NYqTaLJ6g24luXSTYPaGIUW+puxXNMJ+piGvV3qi8/dH2Lr01cjjV"
    "N3JXpLBKMAc+GPhg4IM7vMsDH/yEJhj4YOCDO6YKQ3fsQ8G5Us8M4EyJAJxQJ3Gvid6Eqt"
    "9eslwvGfMIphXOikQq388srr29L6TX9sHWu5jd3r7LKCCX17nv0s2n95dXH56darjlIFdU"
    "fK609Wkpo7NMQ6huGZeVg8ZxacXPpHGcioWbuPa6eVfTvSQvd+A9hTJKOsy1c3eq24RwIu"
    "3SElOnxqFRkOxflY6d5FRxguUubD2GfN0eU3mJlttNxybhALuNQ5zQzFWdSBzaoSd/VjT7"
    "Hd1jIqSsqIutOcQpwf7tMKeNdpjTmh3mtLjDuNQPBbcmAZubwJ0TO/CyjjsrdXhdY8oXZg"
    "s6kTgwuFj8RZXH6TC4ihtloVDfNkYd4/7jJeKHpetebB4e0DYfsEPOy7qMmcz54WPOzFb5"
    "Mi6NslZQvLmgxYxxgpQehUUYELTAHAXudCaGSP7LFciWz3iCLmyb+HKNqBQXjrAcGK0HNF"
    "6iUfwgS8t1RuXZMvu57dbcoRpeyJEBnyj4RMFlBj7RJzTB4BMFn2jHCB8Dr1NKb2mKZkoE"
    "4CzQNmsF04y0yYj1j7I5Oz9vYuyen1dbu+pcbu1qjssoYDslAvHaG8Rryx8dlBSSqwZ+LQ"
    "CwbwD7mDklqNd5PVYS4FMdtvRyVJYjqt7Oq8sR7Z2zjNmQDpOWfsDkry4h3Wsy8hIRKPfU"
    "fjeBBN7tKYEd4Ys/2jPihBraAle8Pjes44l5PKohQzyKU7BWPQSQ+hsJ174/QaOoaOQIcb"
    "zkaDEjirRDnjQfEBZ68Opmb9RfdKg6FOhhC5XoojNcZpgjIheDU2SJ93trSJwBkhhIYuAQ"
    "gSSGCQaSGEjiXb89h/8eQeIMJM4cA5yQOLPbxBk7MEsmWI0HfJvhqxQz6/c45aEpyBmhAy"
    "P96e7t1hDeSWyvamXoYd+Iwk1EDowuv3f9DtO3Nhb2zAr96qDTSvW2TPTAAaevnneoIlUU"
    "W25CjCcS4GbbgBj3sdS3TDNFE6EDJ4qWM7VbcbFtL1OUMmGmtMXj+xcasZN8OainZrSwj4"
    "5PUs0gWsxvSgzmt8vzOw4nExK0YoRzojDPXZ5naMbX59lVpptfqkjWkP4poWOvzbtnzl9/"
    "3UgQsJL80mqbKSsF8URmZlNX4l5S/RoGZbEv6fPD2viX1MiGMTC/zJgOQWGeoxtxqeZe/A"
    "T9MnM9gjCKKk2oEWMipwsFxPewTZwhGjMx0xmNxeCWLV1z61ErEFICISUQUnIEugeElPR8"
    "giGkBEJKOqZVmsRABJ4J/RsP76dLuaFPudapXFJAKqPwNs9EzIj1j27fFd6Rhm5ieCYS4K"
    "zbwFl3sOC0ji3z7ezLLWpa9riW5U7ifXylg7GQt6gfWiIKoDcCfVX9c4PCoVAwdNNU2hjJ"
    "R1+ABrPx+JsA09J0WtZYhlS4JWp5PV1QlAanVJd5A2wL96Ek9qY2uCkRgir4j8Y2OS7XTQ"
    "OsgGBuaH4VRfv3gd9JxNMEu56u6+3GNVpN9rCCMGxhXdvCOuJovPDdv5PSUqzxmWGdcxH7"
    "rnVPlk2bStqCR7VNOVIJQEmTR5XoXtrj8Vs04jaTkzvSD47mckeX15D/0r0j1XB1pa84Cu"
    "Ruj6ZyU+clLSf3eOOteShTKVLgpwQ/Jfgpu7uXg5/yCU0w+CnBT9kxhRdytSFX++BW8K58"
    "CxP3i6FLIZboI8avmkCc/zqmEH5VqDlr3NsQuhpu7DbQhmUR9WrXeiIB8dztPevqVYq7r3"
    "DLlx+1uUvDsrTNSi2u5gqtlLqOTci2E77JF9+V89HCFspKAnvZZYNIJ5yoXPG2CZwpWZjp"
    "Ls+0NGLZfat5zkrCLHd7lqPcG2tcUpu92kzMiUEgWmeSyd4GxCFUuNgblPh5UmeHdb4eez"
    "2ucRoZFggjwZiHML/nyMaeRwKOJiw4QaMo0EUXO45iYBCmDlIPF1U/HrHAnbp0FDlcXIHm"
    "eInGRA6mQl60LMVs5/dr4NwZZpw46mGanNRzkncMgd8G/DZA64PfBiYY/Dbgt3najoaUrt"
    "AUzZQIwAl+m/3WgFUAGeC7Gt9LfBvBa1Ci1OXrZy5+y+qinrOCUNbx8dDnyCY0WcmJRC/X"
    "8q6SewV2PSOXWEoE0k03cIrNYjW26fpeje/l6t72Tt0uIWzDBLCugXwID7vAZuV41wIHXt"
    "YBwVF/064uaIWTFe29xvim5CAJqFESEA4lTIH7eyteqiAMbreu8VOdcxBdxGsGVxUerBo6"
    "bOY6snBaqmne0CrVZuHymep7uV7ZCKPk2kOkM3bRjCDVrZgjBQ6aBGyuc338gD24DglUZ0"
    "zl71ErXjmDVGeMkpSh3d/zV/or1T4rlXIkVwVVhRHVKM+l90P9r3HAFvIxIpcU8+W76SjP"
    "lHJc6Z6faldd+6sWylG1cMUM4UAdJW6gU5qaJyZl3VOpWcu14QQ/Ffip9qkVgRsD/FRPZo"
    "LBTwV+qo7p0gaOlYLS0BTTgiBAC6lbu4TzniwN0UwkILixs4H+R7RYj041Ea59T4RlnjOW"
    "EwRie9iS2I4JgRZTkJeE6nKb+BZaTEBWDuBvCf8DCVx5v5KWOHXgp6UAegPoO8dQ37F78g"
    "gzHQ0ZNmSkhRrdkIm+mxGEbZtw1clGiinGFlN0q7jwswwtvKJoPYI5UcMWUQOcCRH2THW4"
    "wZQpGrbIPO/gHoppHsXLW/6SEbJZSEWU9hD9/DdadiIPO4hREjPRcxSQicrOi/IpJixAGF"
    "GyUIQ2JdtglYFKPrQSD1Tyk1XngUru+QQDlQxUcsd0U6CSuwCtWGnIBhTOSgTMp5aWq9Sl"
    "5dlZq+oJaUkI4+ryNzcxs8y+ulk56JRs9N3VFrDhVyItA/6cMjxbtc/IicJm1bXNqiOM3o"
    "eojNqF57EFVl0KSii9wphhHacXF2az8Gp44/DSiGcbh8pJ9UaRbVIrxzQOUv2Ko2ej2JGu"
    "q4dEy2Kk/xIcsQX9eojwKl70mT6R1If/WsV+ykte/HSN7snyq7Ly9Ht+AEUHfrp5d/vDD1"
    "ffvdHhrKrwfRx8quigseITJ67nRRRh9Fw8IhwpQzHQaIHV7SdxbKvj8vuWFfD7wfrpO6n/"
    "eXlkRB9YrX2I0jmez6SpoVqSF/q9x3CFIp2I5MCcKJl+rcvvbj9dvrtCP324env98TrODl"
    "1rGPqkOpRkOH+4uniXbzQk9/lWJHBGEDhgUPHyKt5HwQLi/KwWTKl6lzlfq9pxPdJ60EON"
    "ys8VVCm5kuxQJx9pdcZjU+VnZfdoMZMqmFRYlmhBAoJUZVLV9YeH8s7fxtpWpA9lr1hViG"
    "4Pd9Z+3blcMHrAYtWYiBMhtPtXKcJE+4jpt7oAHqMOHw3RjC3k7eUINTq6kxqvHmaIOF7y"
    "6JFcnZrkKH8wnsqXA7Q70O6euHa3ZrubE3trkcNyetstEb5nfk/tcWaoryR6VJZ935jHX6"
    "AWmmFOFHTDDumGufIkSiMwMq9SMmBfVdlXHVHAL0LHFVcPhIoy9Tt1tlb5xmqcRdTAxoyq"
    "SmGPAxdzWrA9U5okGunrJXqr/K/OVZcKr1Z0lW6JolXHUUB8onPchyoTX9dkxoEtB6Pxso"
    "xO3ePddRJ/4Aqh+NtllkHFUscmb2KVPHhwbaJrSqsaL/pqEZ06Zs5SH5fPRqdEnmkXWMnJ"
    "56atRXk4/g+xxXa6i6oNpfQu0MB08KZ/UaFgTmw3xKl/IbbgZi3qWZ/NrJdYACzG1tYLuG"
    "G2uU9huzygqbrgWyLRw0KR581KvdVUeivU1Ys1Mo2SAcx5OQDbAGyz7SErBTtErgLAyo7M"
    "wnkntfhyONcCvViyddrK1T/uMopKoWpvJpp4NTxfyrfQF/fBZSFvkYdcEIVs/PwcNI3ohu"
    "a5+8G8K3QaCVx7Niij0qIzw1oaLRnzGIFWjX8JK7SJt7XSACn9yJXYH/G3bDOOZPfGx4Yd"
    "bavZkAcSlCfYVatsKZFefPpyJafPzxuoa3JUddFpdS5nfsiXygDheHgP0T1tVGT6tKbI9G"
    "mxyLS8oyhV3qqbL6REoPmCYfOFg37M/vwfJp6rGA=="
)
