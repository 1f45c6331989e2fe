"""The secrets of hooks and subscriptions, sealed. What is there in clear is encrypted by workers, who have the key."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
ALTER TABLE "hooks" ADD "sealed_signing_secret" BYTEA;
ALTER TABLE "subscriptions" ADD "sealed_secret" BYTEA;
ALTER TABLE "subscriptions" ADD "sealed_previous_secret" BYTEA;
ALTER TABLE "subscriptions" ALTER COLUMN "secret" DROP NOT NULL;

ALTER TABLE hooks DROP CONSTRAINT hooks_verified_by_secret;
ALTER TABLE hooks ADD CONSTRAINT hooks_verified_by_secret CHECK (
    num_nonnulls(signing_secret, sealed_signing_secret) = CASE verification WHEN 'none' THEN 0 ELSE 1 END
);
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_secret_once CHECK (num_nonnulls(secret, sealed_secret) = 1);
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_previous_once
    CHECK (num_nonnulls(previous_secret, sealed_previous_secret) <= 1);
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
ALTER TABLE subscriptions DROP CONSTRAINT subscriptions_previous_once;
ALTER TABLE subscriptions DROP CONSTRAINT subscriptions_secret_once;
ALTER TABLE hooks DROP CONSTRAINT hooks_verified_by_secret;
ALTER TABLE "hooks" DROP COLUMN "sealed_signing_secret";
ALTER TABLE hooks ADD CONSTRAINT hooks_verified_by_secret
    CHECK ((verification = 'none') = (signing_secret IS NULL));
ALTER TABLE "subscriptions" DROP COLUMN "sealed_secret";
ALTER TABLE "subscriptions" DROP COLUMN "sealed_previous_secret";
ALTER TABLE "subscriptions" ALTER COLUMN "secret" SET NOT NULL;"""


MODELS_STATE = (
    "eJztXWtz2ziy/SsofdlsldYV27Ezm926VXbGu+PdxN5KnMk+MkVBJCTxmgI4IBhFOzf//Q"
    "IgJb5pgnpRdFfNwwLRfJwGwe7T3cBvgzlziBecXNnCZXTwBv02oHhO5B+5I0M0wL6ftKsG"
    "gcee7op1H92Gx4Hg8rdsnmAvILLJIYHNXT++AA09TzUyW3Z06TRpCqn7a0gswaZEzAiXB/"
    "7znwHjU8t11Jnlf38ZonTLI1kOfvlFHaIO+UYCJfHbYOISz9F/p7oKxrzMeQbkm89JEOj7"
    "ln1VU/zk8e2Ipa8fbqA7y4fSP76rjv6jpa+SwSs6u263VrKfPt3++BfdUz3y2LKZF85p0t"
    "tfihmj6+5h6DonSkYdmxJKOBbESUGpbi0GfdUUoSYbBA/JGgsnaXDIBIeeUsjgz5OQalUh"
    "wbxAsOWJzTg5cZ3ghJKFxOd/4vtMyVjW3f2D9fHmwbIGBsq0Ja4SM5cKBe9v36PzJujo1o"
    "G6wNufrj68OL/8vcaDBWLK9UGN3eC7FsQCW4laE8htThRAFhZF6H+UR4Q7J+XwZyVzanBi"
    "0ZPVH23UsWpI9JG8DytwV/BlAL9jixe/3w3UD7fvbz4+XL3/hzr9PAh+9TRSVw836siZbl"
    "3mWl9EmmHypY5e9vVJ0Ofbh5+Q+on+fX93k9ffut/DvwfqnnAomEXZwsJOGo1V86pJdk0U"
    "HPpOSwVnJUHBHVUwJ1/dIP6+ZNV77U5vqShXbloqp1oJ0j6VedpejfIe5f/+8Mezs/Pz12"
    "cvzy9/uHj1+vXFDy9/kH31XRYPva7R/fXtX2/vHrKqVA3fM4Ann8SmX6pEYptfq9Zvz+G/"
    "RwmYKauiKZopEYAzB6ey5wpQvp1hXg5l3D0Ho7ytIwRwMMffLI/QqZjJn5evagD9+eqDxv"
    "TyVW7evouPnOlDWWj1/w2wXfXvIbhnL182QFf2qoRXH8viO5cuCyuZCKoRTiR6iPFpE4hP"
    "qxE+LQBMqOOz+OPeFOK0TA9BlsOw4UiuHcoFqGcEO4QHRaT/9vH+rhzplEje1HZtgf4PeW"
    "7QxC6LXdau4F2DrsIiY2SvMH3x/uqfebjfvru/zn//1Amuc8i71A+FFdgzMscm8OflQAft"
    "dSCf0Q4FsdyJ0VSTkWo12XQM9/3MNRKlkD5K77DEA6xGOyt14KmdE8GXHf5y2pw4hAoXm7"
    "oqBcENHJaODe72/oqifyePKTZSNYyx/bjA3LEKR9gZq+pbPDQ/m+dbMMVTDY96DnXXMSt/"
    "o+ebCso+OTisY+3Jqlsz4n5whXhIT9CtCKQ6MQ1cLTtEmDpoMcMCTZjnsUWAJpzNEcH2TB"
    "7jBD0SX6DxEq3I50BLYHkSdzolHL2Yu1M5dPSRP+pjchCfDHKK3PPlv9AvdER8Zs9GyGYh"
    "VVedEWR72J0Hb6T4gvFHKb3griABYtRbolAOZq67aUHkiqg/cU7Q6H/ZWL5GI+RGJ2KUIN"
    "mE2ET/lG9FSL5QoZ5jjpeRnD6iH3oUkF9HcgzMx9LKip52hgP5r+/L984ZymdXF2YBkQdZ"
    "jIS8/gm6ik7tqPOghSv7hELevbq0G8hH9LF8DGf0RnaWT8GnmLr/1WAM5S/dOJGnGurLyX"
    "/kgFyqU+kfrr5XrSnj2I1DnNAnlkEIR93HdkI4anYsvUQgsAiDXV5Bwi2nVGtXpw8DwiHM"
    "BWEuCHMdVRQEwlw9VzCEuSDMdVx+ThrMlOXVFM2UCHiNWTS/ShO+dCqonAdSEq2mgY7BGM"
    "8IZ6evXr/64fzy1XoiWLfUvf/Fdz3KPrMMo4dZqf4xdtuPIaaci6bTQEoEZtV88kDEP5iM"
    "2ZRIL+NZjRjmGn45P2JjvExTNDJS8PnKYpoibgxGblaqh7Nto/DIZU105LIYHEnIIoPRmx"
    "GCwVuKqI+l0gxGb06sf8P3otHwvagZvhfF4esQvwzmj3PseZW27lrosA7vy43N2/Oz15dr"
    "y1b9qDNqP76/eveuaNkmfHTTkZpIHNhAiKIOHbYNosBHCSHDmEcwrZwIYqEcvGMptU98TW"
    "trms+m1/f37zK02vVtjm25+/T++ubDi1MNtuzkigoSRqelGOURJRIbpbB0zc7ddw4LC4XE"
    "0QT4RAJyhzbIHeKclTh01bCvBQD19qhHkXUzaj2R6RGjtmeOXSc5GNCY6/7HbtptjbmMsk"
    "kMIEwEAMOVjUx+NXv1Y4FjB3DPL3vkWFjmaGfkAHQz0N0plc6ysZuSkQNP5WlPZYGFPTOG"
    "OSUFIDcB2RXyLqxJmY1cTWnkxPpHvm2f21jgR9IimSgltoVMoo5h3qd0Iodgx3NpGx3nRE"
    "HPXdazjalNPIsTiWzQMgO0/BSg927r3fNUnYg0m21OSnR+7VLMl1UaLwjnrZOlIEG/aNTr"
    "mCtaa1d+Ha9v764+/GvNLK1V/O7+7q/XJdzS9b8ebq6Kbg9v9+JlJeF96/L7NnGpG8xaqT"
    "knCnrump67VrD3jk0HdTV76viwUdme5bFpw9K9e0oQFoLMfaEqzjCSpoB/gkac2Iw7xBkh"
    "rirnVLmcLl+jU2ki/i74ExoFoU94QHQfRkmAFkR2CqmjCtjGS3kqqZ9QjvBBbjTt65oNKs"
    "86U1+WqG6311mlXUIBGBSAQQFYRz9MUAD2jBQMBWBQANYx6x0KwA6EZt4KbAppXg5wzXM1"
    "xDetS0jL9LCkZid53ZDWedC0TiPkUyKQYgiJnceF+hGXPxxHngBU9G53/Wp59yajddUfUl"
    "qeHqoxk1yEt9J5Tkkcu++8tWRZhwjsekYWREoEvmXtv2WrqEcJAVSXYpgWgxzDp3MMk9CR"
    "IdBZQYC6AdSQGvEMiGtIjXgeel69k20KPNKCUE7XNmKxfl2MVZCXBB2Y6KAjCUJ/8fSbWU"
    "gM0u3DuoQgFWrZw96buSwayA+B/BBIH4D8EFAw5IdAfsjzJr5hd8Hd7i6YvjMDmHNifQwz"
    "7GZXqv0v0dyhiXhrwQY/HHuRX2qOZ6lsj/zarYGs3gceUqoq5LMbOjVEuvoEAHfnCIKf45"
    "ehgif4OXlX6umC1Vu1Y9oglQS6eo1/yW4DBcRCBww5IBaerd8JxELPFQzEAhALx0ssHKzw"
    "pJ9wHrFf2yF/IMPMMDucE2q01nJaBuohNsipS0gCc/MlLwvZKV22YhJtjUvKu2o2Q8nJQc"
    "lcZ+iMW4fMfSYItZd/J8tBCaOR6zGsIzXcpK8q52u6ozlFmAYLwqNNwifxjtec+PKdV51O"
    "0Ciyztb7dvseFrLf/HcBch0twVmodwAPRSDvAqkNstP7aJdsZL6vqz7BzhjsvZ3y5mFNkX"
    "5QO+CnbLPyx6zquL8Fx2cXF00CchcX1fE4dayQGTkl3OdumZ1dtxRiThCWQUwbdobLIJZW"
    "Ytbv5VVZjXnUvuM2NvaaEexIz9rEa0yJgNO4gdM4Zk7JXF03i6wkYPpoO31AGKmH/nlH/M"
    "j7lNczKPEiM8eHdT5k2n/aQWAcwtyd9YVgfurh/ARh7mekYAhz7znMDSnfu0357lpe5/ZG"
    "+ssDbx7YEbv1Qa0pUWKvPsRrTVTbqUL2gHpPsFfBXu2tOQP2as8VDPYqpGV2jPyFes/OGP"
    "9jHBAr5J4JxmmZfuK8k1JPOUvPIqAMsM4I9RLsRlCbLN+pEJPXnLhTk6BnTgwWoGwf94Qa"
    "8t1PLB2hFj4F2qMvUAu6fVhHLajVnfdALWRrQMkcu55Vlo0InANwDuCSAucACgbOATiH58"
    "05aCvBxHJdC/TQQTtv5KGd17ho50UfLbHDTFHu8Q5aO0F6r/xZ172v7dNnnHlG8K7693D4"
    "bofJ6Yhf+xm7YlDi1+r2YZ1fu5A9GtYEfp5hEW9WjrSYKrd7I1uU7TpE8hqcfZWi8k9kY8"
    "9Tj4YYR5gy5e4iHur6vVDYbE5WBXycIEZtglyhGthXwotlgfu8sLmPntt7Mr1vImchhXyB"
    "w9tK4Ls/W9cOfPeeKxh8d/Ddj9h3P/yO1/0EFra8Lng8O9nyOjJxCyBXT7yr/sc+625toa"
    "y97o3a7RG6/ewKR/py5qZfIgWLX3XZ9qOkfD/L+sUXEqljn4O2seCCQ2x3veB10+yjjBAs"
    "urBB8lHMSpmAnxKBtK/2yNseC9oxP2lB+EB07QPREUr+5iuh4kfiuV8JL13EL9thWEfSE9"
    "VValr3dUlDvv5hRtQqeGP27Q3CFOmT6BXyGCUoCMfrzidoJNRpR8iW1rkIUODGzLiHA4HG"
    "ZIrpn9Ao3jZedhPE8wLEJohge1bk6/d5YfNyvYqF/NL3lSH7W6/ppyab0ktlnPdNrgCRBI"
    "gkANEMkQRQMEQSIJLwzAnvov3SFNUSUYC3e4Ga4/ETDXA1LTDscW3hRbPwTE10Js9++3jp"
    "MVwyXqvJpZQI8HobsEtV6wLXRR8r1gTe99j2CXUUlNsa19uP6ogVCdIw6Ljuf1gD7cDLO2"
    "WqjmNKxWRqSMvA3LDB3EDJN9HCjUyJAevcNUeyI6zzT4w9DkrIZt0+rOOYZ7KHweYwjqMY"
    "SyRUarb8cnG1TUtINTeLkdpp7gTdT/TuLYI9EooY9ZZ6w5YZDmYq41rt8FK+A8z2Tr01cj"
    "i1dd6uSGFVYA58MPDBwAd3eJYHPvgZKRj4YOCDO2YKwwbBh4JzZZ4ZwJkSAThhncS9FnoT"
    "qp69ZLheM+YRTCuCFYlUfkuneO3tfSG99g+2vpHT/f27jAFyfZv7Lt19en998+HFqYZbdn"
    "JFxedKe5+WcjrLLITqXbOycrB3VtrwM9k7S+XCTVx7vX9R07kkL3fgOYUySjrMtQfuVO+U"
    "EBDpl5a4OjUBjYJk/1bp2ElNVUCwnIWtp5Cvm2MqT9FyuumYEg4w2zjECc1C1YnEoQN68r"
    "Ei7Xd0jomQsqKNPM0hTgn2b4Y5bTTDnNbMMKfFGcalfigCa8LZ3ATunNiBhzUn8gRBl8d1"
    "tJm9CcKJxIHBxeIPanmcDoOruFEWCvVtY9Qx3oK5RPywdN355ukBbesBOxS8rKuYyRwfPh"
    "XMbFUv49KoagXFkwtazFhAkLKjsAg5QQscIO5OZ2KI5F+uQLa8xxN0ZdvEl2NElbgECMuO"
    "0XhA4yUaxTeytFxnVF4ts5/Lbi0cquGFGhmIiUJMFEJmEBN9RgqGmCjERDtG+BhEnVJ2S1"
    "M0UyIAZ4G2WRuYZqRNRqx/lM3ZxUUTZ/fiotrbVcdyY1dzXEYJ2ykRyNfeIF9bPjQvWUiu"
    "Gvi1AMC+Aexj5pSgXhf1WElATHXYMspRuRxR9XRevRzR3jnLmA3pMGnpcyafuoR0r6nIS0"
    "Rguaf2swkU8G7PCOwIX/zRnhEn1NAWuOL1sWEdTxzEvRoyxKO4BGu1hwBSv5Fw7ccTNIoW"
    "jRyhAC8DtJgRRdohT7oPCAvdeXWxN+oXHaodCnS3hSp00RUuMxwgIgeDU2SJ93tpKJwBkh"
    "hIYuAQgSQGBQNJDCTxrt+ew3+PoHAGCmeOAU4onNlt4YzNzYoJVv0B32b4KsPM+m9c8tAU"
    "5IzQgZH+9PB2awjvJLdXbWXoYd+Iwk1EDoxu8Oj6HaZvbSzsmRX61UmnleZtmeiBE04vX3"
    "ZoRaoot9yEGE8kIMy2ATHuY2lvmVaKJkIHLhQtZ2q3EmLbXqUoZcLMaIv79y81Yif1crCe"
    "mtHAPjo+SW0G0UK/KTHQb5f1Ow4nE8JbMcI5UdBzl/UMm/H1WbvKdfNLDcka0j8ldOxr8+"
    "6Z89dfN8I5K6kvrfaZslKQT2TmNnUl7yW1X8OgLPclfXxYm/+S6tkwB+bzjOkUFOY5eiMu"
    "tblXcII+z1yPIIyilSZUjzGR6kKc+B62iTNEYyZmuqKxmNyypXNuPWsFUkogpQRSSo7A9o"
    "CUkp4rGFJKIKWkY1alSQ4E90zo37h7P0PKDWPKtUHlkgWkMgZv80rEjFj/6PZd4R1Z6CaO"
    "ZyIBwboNgnUHS07r2DDfzrzcYk3LHq9luZN8H1/ZYCwMWqwfWiIKoDcCfbX65wYLh8KCoZ"
    "uW0sZIPvkCNNDG028CqKWpWtZYhlS4JWZ5PV1QlIagVJd5A2wL92tJ7k1tclMiBKvgP5nb"
    "5LiB3jTA4gQHhu5XUbR/H/idZDxNsOvpdb3deI1WkzmsIAxTWNemsI4EGt9y4ki33cXeoC"
    "TMmDo6rAsy2ut+jUOMWCCMhJxtEQ4eA2RjzyM8QBPGT9AoMoJ0IXxkHyFMHaRuLqqMHzHu"
    "Tl06inaQdAWa4yUaE9mZCnnSsvDjzq/XIDQ5zIQg1c00Oah1kg9rQuwRYo8QmoLYIygYYo"
    "8Qe3zesceUrdAUzZQIwAn11/utD1YAGeC76t9LfLddvuoG63sufsvqGLGsIJT8PU2LRT6h"
    "yUhOJHo5lneV+CGw6xllIqREIBVhg1SEWWzGNh3fq/69HN3bnqnbBQs3DA52DeRDBG0FNi"
    "vVXgscfDM8HK193dUBrXCyornXGN+UHASIKgNEnQsaPKiNrge1kYOoy7BZ+MDSO2cb7Oam"
    "FgQPVF2RFFOFRZii+6tQzM5QctKhZvMVjy/N34CobouoHGlChD1T9UaYMkXal2/dtuVrfK"
    "Ff6CgezvJJRshmoRw2Wjh6/DdadiKb9bZv6mTy4BxxMlFrckQRjAnjCCNKFoSrTu1iECnk"
    "S2qnIMgAQQbgoCHIAAqGIAMEGZ43K561FAwwLQgCtIX4TWwhNycC1iKQJNySBpC2tDw6a/"
    "G5zUpCZl2Xv7mJm2X21c3Kwbo1ZuvWKA/Y8CuRloEatjI8WxUz5ERhsuraZNURRu+KcNee"
    "DUqIvPjIsI6/w0mfp0i7asWWcFeb0FGVU3vpHFMypccDfTMaapcU81ZWZ64mnL4SXu6tVj"
    "P5KZE+hgB3seeveqkMEI679xDdnSyUL68oSFkMuzp3ICUCuQPHtHje9/8HncZ97g=="
)
