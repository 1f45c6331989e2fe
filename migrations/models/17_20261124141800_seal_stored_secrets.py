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
    "eJztXf1z2zbS/lcw+qXpjE4T27HTS2/eGSfNXX3nxDe109xHOxREQhJeUQRLgFbUvvnfXw"
    "CUxG+akCiJonfmrrFILD+eBYHdZxeLP3pz5hCXD65tQZnXe4P+6Hl4TuQfmTN91MO+Hx9X"
    "BwQeubop1m30MTziIpC/5eExdjmRhxzC7YD6qxt4oeuqg8yWDak3iQ+FHv0tJJZgEyKmJJ"
    "An/vvfHgsmFnXUleV/f+2j5JEZWfZ+/VWd8hzyhXAl8UdvTInr6L8TTQVjbuo6PfLFDwjn"
    "+rllW3Vo9earxxFLX79cTzeWL6V/fFUN/Zml75LCK7q6Pm6tZT99uvnhr7qleuWRZTM3nH"
    "txa38ppszbNA9D6gyUjDo3IR4JsCBOAkr1aCvQ14ci1OQBEYRkg4UTH3DIGIeuUkjvL+PQ"
    "06pCgrlcsOXAZgEZUIcPPLKQ+PzP6jkTMpb18e7Bun//YFk9A2XaEleJGfWEgvePr9F1Y3"
    "T00Z66wbsfr396cXH1rcaDcTEJ9EmNXe+rFsQCW7FaY8jtgCiALCzy0P8gzwg6J8XwpyUz"
    "anBWooP1H9uoY30g1kf8PazBXcOXAvwjW7z4dj9QP9x8eH//cP3hn+ryc85/czVS1w/v1Z"
    "lzfXSZOfoi0gyTH3X0sW8ugj7fPPyI1E/0n7uP77P627R7+E9PPRMOBbM8trCwk0RjfXh9"
    "SDaNFRz6zpYKTkuCgluq4IA8Ur6aX9LqfUsnN54oVm5SKqNaCdIhlXm2vRrlM8p//vTn8/"
    "OLi9fnLy+uvrt89fr15Xcvv5Nt9VPmT72u0P3bm7/dfHxIq1Id+JoCPJ4S685UsUSTs9XW"
    "X8/x56MYzIRVURfNhAjAmYFT2XM5KN9NcVAM5ap5Bkb5WCcIYG+Ov1gu8SZiKn9evaoA9O"
    "frnzSmV68y4/bH1ZlzfSoNrf7XANt1+w6Ce/7yZQ10ZatSePW5NL5z6bKwgoGgHOFYooMY"
    "n9WB+Kwc4bMcwMRzfLaa3OtCnJTpIMiyG9bsyZVdOQf1lGCHBDyP9N/v7z4WI50QyZra1B"
    "bo/5BLeR27bOWytgXvCnQVFikje43piw/X/8rC/e727m12/lMXeJtBnnp+KCxuT8kcm8Cf"
    "lQMdbK8D+Y52KIhFx0ZDTUpqq8GmZbgfZqyRKIXeTHqHBR5gOdppqSMP7QERwbLFM6cdEI"
    "d4gmJTVyUnuIPD0rLOvb2/oujf8SzBRqoDI2zPFjhwrNwZds7K2uZPzc/n2SPYwxMNj3oP"
    "9dRrVp4E1J72ivj66Ey/kq+P2zRK12e4eCOqvJTsKex7BTTPqovtRpHvc0CN+J7zs1evX3"
    "13cfVqQ/NsjlSxO2smp5wMf5QGWCGTVj6OJkS6aB9fXtaZsi4vy2csdS49mqqPygDhVfMO"
    "ontWyyA4q7AHzvLmgLyjIEVOXrntmxDZyextG9qHsHvbMpn59B9kWTiZRWeqJzOfWjOyrB"
    "d97l3bgiPMEZX/hJwEA3Q31j8E+SIQ89wlkrMZmmI+RZSjGfHF92jIbSYVMNQPjuYEe/Ia"
    "8i8xxUI3V1f6hqOAuQRN6CPhg15GyQe9cY1Ier2wubo8hM0hbA5h85OKqkLYvOMKhrA5hM"
    "1bZpQaxHkTVkVdNBMiACfEdg8a25UG75h+MUE4lugixld1IM7OjgmEr3IBR+nzFM1kHg6W"
    "JfHGlUQG3tFSEH6CAFdNTyv3fWOVSBzf3ny8/unfG2d/Y5rc3n3829sCd//tvx/eX2cwjx"
    "xLE6IlloDw4i7hRZ/K01uY5mnJBkzz09HEydnnLubCkjbLNi5YVhY03WZNS5+KzbbSc1oS"
    "tNxuLfsutqWyRgUZquVeS0YM4uetCTm82+Q29ArCDomz/arQQ5whUTP68Fnx9hipJHCE+Y"
    "wjG7suCTgas2CAhpzIK4qh4v85wS5xEPYcpB6Oa7Z/yAI6od4w4v+pQHO8RCMiG3tCXjQf"
    "dDjA/YxX7eWW4pWc1DrJxikgjABhBGCZIYwACoYwAoQRnjfvDavvIIxwQmEEDZABvuv2nc"
    "S3FrwV6GbBpXzzzPm5TH70BHslnkBKMBtPkJKHBNs0BdsgjHB3d5uySt7eZCarj58+vH3/"
    "04szDbpsREXpHKZ8QpOeHEt0si/vZ2WMQwSmrlGEJiECqbA7xGimhutM1+072bubHqkjzq"
    "nI4ygP98YyEPDtbxvwFRIek169ETj6+jrsNLe+bg8dWuFkRWOvMb4Jue4tGr2sNTNeVkyM"
    "l9G82LqgwQObkcJqedkm/XrhA0uo1jWDCA9TgrBtE86RFkNsjLCH7q5DMT1H8UX7ms1XPL"
    "40fzlRzRZTpsj+MRG2nLQmsgFTpH0+cLCHe/zi/eINV91ZvskQ2Sz0RBRoiF7/jZYdy8MO"
    "Yp6+mDw5RwEZq3h4FMEYswBh5JEFCVSj7WIQ6aWtEGQ4NgsBQYZny0FDkKHjCoYgAwQZWu"
    "ZjGbDiraie0U1oxdpCrk8EbES25AFa5i4dgQaQtrQ8O90qXzEpCfmKbZ5zYzfLbNZNyx13"
    "3n15avOu9oANZ4mkDKSHFuEZyjm0gFd7Ioc+LQqDVdsGq5Yweu8fpYn2A3HpIwkKC5CkG/"
    "Sr2DyimkpN67aUGJB5LBQj9uWNItj0RTTHpQgwHo42jQdoKNRlN7wZp55NVFKuWjCCRmSC"
    "ve/REAtB5r6QzQRxXa44NILtaTHDd6gbN1aPJPlczdQlUQNO4a2iio6r+0DlE2ATgU1s6V"
    "wCbOIzUjCwicAmtszgNnBpCuyXuqgWiAK8hbW7zbHNyoEnDqnLpTkttVJaKjJacuVl8NJl"
    "uKC/lid6JkQg0XOHRE+VghUWpNhWJ22FRRm2h+7bPvEcBWVT/br5vDixJkHS2JbaaJv2p0"
    "4771jhO1FrekWpmAwNSRkYG3YYGzzyRWzhRibEgHVumyPZFtZ5bW72ihjnzcl+Jdu8bla3"
    "7jUKQm+AblTCZYA9TrVslL65UNUdxsx12YKjccDmmrmV5wKi61Cj0RKtiUCuJbC8CJ1MSI"
    "BezOkkihhy9Gd97uzltwXVrw96e51qSnxmT1NZpraL6Zy/keILFsyk9CKggvCo+HYoP6lA"
    "N9OCit/W7YkzQMP/ZSPpGuhCGaqFosjloVWCKpLfZkh+8XSRDFUhQ8vpM/qlh5z8pip4z0"
    "eq8oZ+2ynm8v++nMSJ09esuxwqOFnlvyok5P0H6Dq6tKOugxZUtglVOQ91a8rlK/pYvoYz"
    "fKPriEu3G3v0dw1GX/7SB8fyUn19O/k/2SGX6lKrOuTqWbdLn3WIE/rEMth/Wz3Hngn72D"
    "Tb1x0k3CrEs6/LQ7H1HoQcIORwCoYEhByekYIh5AAhh5Z5WwbcbcLyqotmQgSY8DSapZus"
    "lY4D5Xus1RsGWgZj4xyXtvUsw63f01LdWznb/AbwsOdCsxGxiH8wCorFIh2Mi+0lfqDwMq"
    "3wlZKC6StbVGZD3Bj03LRUB0fbWnUKrirqFFwV7BqyIYsMem9KCDpvIaI+FgW7hVRsxpIW"
    "6173bazMRnqk8Itgvp9j1y21dTdCpx7CvTh/fbWxbNWPKqP2/sP17W3esj3h5IIo6tBi2y"
    "AKfBQQMlWl/mIhKPP3dJk/6vmhWepBLAGJBzskHrBQSBxNgI8lYGemHXZmCgJW4NCVw74R"
    "ANS3Rz2KrJtR67FMhxi1A3PsOsnBgMbctD91064x5jLKJjGAMBYADDfFQH8z+/RXAqcO4I"
    "E/9sixsMzRTskB6Gag04mndlsydVNScuCpPO2pLLCwp8YwJ6QA5DogUyGfwhoX2cjllEZG"
    "rHvkW/PcxgLPyBbJRAkxSDxvczqRQ7DjUm8bHWdEQc9t1rONPZu4VkAksnzLDNDiS4De26"
    "1311XrRKxtdjooEIYtD5IqNtzyINjuw0tLwvfW5u9tTD3Kp1upOSMKem6bntu2YO+WTXpV"
    "a/bU+X6tZXuWyyY1l+7deQStlvXqbRiQNAX8ARoGxGaBQ5whCtTKObVcTi9f8ybSRPyGf4"
    "+GPPRJwIluwzzC0YLIRqHnqAVso6W8lNRPOCf59XoHumdjheEOsL4sWyRk38vAYAEYLACD"
    "BWAtnZhgAdgzUjAsAIMFYC2z3mEBGJSY6xSuyr8wXZeQlOngkpq95HVDWudR0zqNkE+IQI"
    "ohJHaeFuonvPzhNPIEYEVvowbITD69SW9dt4eUlqe76opJzsNb6jwnJE7dd24sWTbaKtzI"
    "gkiIwFy2/Vy2jnoUEEBVKYZJMcgxfDrHMA4dGQKdFgSoa0ANqRHPgLiG1Ijnoef1N7nNAo"
    "+kICyn2zZisflcjFWQlQQdmOigJQlCf3X1l5lLDNLH+1UJQSrUUi8PqBx98ywayA+B/BBI"
    "H4D8EFAw5IdAfsjzJr71vzkoy4nvdftOBmnqUd9V3HdBJbX4yQxgzoh1McxQF+1KuHN4H7"
    "5Ec4sG4saCDX44ciO/1BzPQtkO+bWNgay+hyD0PLVCPr2hU02kyy8AcLeOIPh59TGU8AQ/"
    "x99KNV2w/qr2TBskkkDXn/Gv6W2ggFhogSEHxMKz9TuBWOi4goFYAGLhdImFoy086SacJ+"
    "zXtsgfSDEzzA7nxDOqtZyUgfUQO+TUxSSBufmSlYXslDZbMbG2RgXLuyo2Q8nIwZK51tAZ"
    "PzI26xXwGPp4v4rAmMoWdbcs95DsZar+BdJba+tkJR5tYK1rkihrYYDuxnqna8FmxIu28l"
    "YVSaaYT9V23WoD8YLtyBu99ClVMYHqIkDyAMlzQrMnkDwdVzCQPEDynJYRCiTP3uCERb2Q"
    "23RCuU3EU+9uulwvIXXktXob/6DFS/W092kpp7PIQigvJZ2WgyrSScPPpIr0IwnomNrYNI"
    "EvK3fkMcVjHmlwMGm6RIDa9UZlMZUVTa8oG5KT7F6u5F5KQXGCXbXu7Ankq8aY0ktsOdy0"
    "TAlHGG2ivdZN+n8sceQRRpGJkfZbOsas9rGfEuwQo12McoLdG2HOao0wZxUjzFlZsTlrHL"
    "C5CdwZsSN369XuKy3u19jjC7MOHUscGVws/sQ8u82GieJGWSjU3MY8pyA5+36OXbeUpysQ"
    "Py5dd7H7RooX56+vNgyd+lHFyd1/uL69bVUutgpS/kBcKg30Za8kiLk5338qmCmh1U0pqR"
    "nWfJgSRL0R+/JG74WgBxe0mDJOkN76UYQBQQvMUUAnU9FH8i8qkC2fcYCubZv4so9EOytg"
    "vbGC6g9qY4Xh6kGWFnWG+ZDn4W7bWDhUw3vATR0gJgoxUYiJnkDIDGKiHVcwxEQhJtoyws"
    "cg6pSwW+qimRABOHO0zcbANCNtUmLdo2zOLy/rOLuXl+XerjqX6bua4zIqMpsQgYz4HTLi"
    "5UsHBQnS5cBvBAD2HWAfMacA9aqox1oCYqr9LaMcLBQ2M0vNSIgcm7NcsSEtJi39gMm3Li"
    "DdyweThAiUCt9hsxHYH6pri11uHDL3mSCevfwHKWSMMy36VZwxjduqvasM1sLomI1edYLG"
    "LNArUwLiE0FVowEaRh7ZUC1NUctUfBcL2W7+DUfU0RKBHEMJR/K/XD6FvOASSRns0d91kk"
    "rxMpmD3PUJyljt8VWTM04weEDndoPOBW6iQWfacIu97u6utxfveSzvTwI/oEWLyqtciowg"
    "eBbbehZl245VR+lLtx476UIJ28bpgQ9qhSsBxMThhw8IHXcwstgSP/Iu4fX0CrzI1Pl+lQ"
    "+Z9J/2UAUy42mBL9QeXwjGpw6OT5Da8owUDKktB05tgTXA+10D3LYi5s319Je7p8p3oXb5"
    "vT0lTqgfPmezbs5V2qt81apmsGPokS9CzmOboIL6jQS1ZwM0dKSxqk5xvORoMSXKskMuYz"
    "OEhW68vtkb9cvrIxZEzRaq0Jeu8DXFHBHZGZx8xOOwt4bCYeBJgCcBhiZ4EqBg8CRa70lA"
    "ILrBQDQUDoPCYe2FE0iD/ZIGdmBWTGndHvCth68yzKzfVyWf6oKcEjoy0p8e3jWG8F5qm7"
    "BHErjYN8E3IXJkdPmM+g124KbT120s7KkV+uVFN0rN2yLRIxfcuDo2j5gvyZMHtDydJ5aA"
    "bJ5d9jvB0t4yrZQZCx25UKZpVsFRKmV6TJgZbav23Vsaupd6gStq3JRNSojBPj1t5pNczL"
    "fRb0IM9Ntm/Y7C8ZgEWzHCGVHQc5v1HIUpTVUcS4F226xd5br5hYZkBemfEDquM7S7J3Rg"
    "zl/PbiQIWEF9zXKfKS0F66nN3Ka25L2EoyRE+dyX5Pl+Zf5LomXNHJjPU6ZTUJjrqB3pyC"
    "ORChigz1PqEoRRVGlbtRgRqS61JNfFNnH6aMTEVFd0zCe3NHTNxrNWIKUEUkogpeQEbA9I"
    "Kem4giGlBFJKWmZVmuRABK4J/btq3s2Qcs2YcmVQuWADjZTBWxfojFj36PZ94R1Z6CaOZy"
    "wBwbodgnVHS05rWTdvZlzeYk+vDu/ltZd8H1/ZYCzkW+yfViAKoNcCfb372Q4bp8GGaTsX"
    "/ImQfPIDqKGNp78EUEtdtWywDD1BC8zyarogLw1BqTbzBtgW9LEg96YyuSkWgl2An8xtci"
    "jXmyZbAcHc0P3Ki3Zvgt9LxtMYU1fva0pXe9SZjGE5YRjC2jaEtSTQ+KDGu4IA48NqHCwP"
    "LArZYg8FoJ4I50HMDWJuEJKBmBsoGGJuEHN73jE3WCi7X45xhDmxDAObSZlu4ryXaJscpa"
    "cRUAZYp4Q6CXbTizs1YvKeYzrJA10e2cyIQU7t9tFNCOPvf2BpCbXwiWuPPkct6OP9KmpB"
    "VQc5ALXQT2/HPsfUtYq2+wHOATgHcEmBcwAFA+cAnMPz5hy0lWBiuW4EOuigXdTy0C4qXL"
    "SLvI8W22GmKFvd3TFuL0gflD9ru/fVPH0WMNcI3nX7DnbfZpiclvi1nzEVvQK/Vh/vV/m1"
    "C9mi9hpcLNS6WEF8pMXUfrZv5BFlu/aRvEfAHqWo/BPZ2HXVq6ma79hjyt1VFd/VBrnRxu"
    "XrivIBQcyzCaJ6pa0qCVe0UPdwNzb30TM7VaunXI/6AQs9yBc4vq0Evvuzde3Ad++4gsF3"
    "B9/9hH33jPVQF9KsHACb2/g6NsNqL7NLyHTQ49lLTnhk4uZALh941+1PfdRtrATxjBYBWN"
    "5L1+072EObz66A4n9dtv08Qpyi2n/3c+y6pUNQLHXqY9DF+eurzfCjflSNPPcfrm9vC1ZS"
    "EZvy4i0qy7OPUkJQWmGH5KMVK2UCfkIE0r62R952Gd+O+UkKwgTRtgniqJT81/8HGbRJqw"
    "=="
)
