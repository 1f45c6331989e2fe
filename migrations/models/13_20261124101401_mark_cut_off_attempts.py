"""Attempts that a cancel cut off are told from those that failed by themselves."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- As in migration 9; and what it cuts off is marked, since that is no failure of the step's own: a resume goes through it.
CREATE OR REPLACE FUNCTION tolstoy.cancel_run(run uuid, why jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    org uuid := tolstoy.org();
    now_is text;
    events bigint;
    cut integer;
BEGIN
    SELECT status, seq INTO now_is, events FROM public.executions WHERE org_id = org AND id = run FOR UPDATE;
    IF now_is IN ('queued', 'waiting') THEN
        UPDATE public.execution_logs l SET status = 'failed', error = why, finished_at = clock_timestamp(),
            finished_seq = events + opened.nth, details = coalesce(l.details, '{}') || '{"cutOff": true}'
        FROM (
            SELECT id, row_number() OVER (ORDER BY id) AS nth FROM public.execution_logs
            WHERE org_id = org AND execution_id = run AND recorded AND status = 'started' AND NOT superseded
        ) opened WHERE l.org_id = org AND l.id = opened.id;
        GET DIAGNOSTICS cut = ROW_COUNT;
        UPDATE public.executions SET status = 'cancelled', parked = false, error = why, wake_at = NULL,
            waiting_for = NULL, cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
            finished_at = clock_timestamp(), seq = events + cut + 1, status_seq = events + cut + 1
        WHERE org_id = org AND id = run;
        RETURN 'cancelled';
    ELSIF now_is = 'running' THEN
        UPDATE public.executions SET cancel_requested_at = clock_timestamp(), error = why
        WHERE org_id = org AND id = run AND cancel_requested_at IS NULL;
        PERFORM pg_notify('tolstoy_signal', run::text);
    END IF;
    RETURN now_is;
END $$;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE OR REPLACE FUNCTION tolstoy.cancel_run(run uuid, why jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    org uuid := tolstoy.org();
    now_is text;
    events bigint;
    cut integer;
BEGIN
    SELECT status, seq INTO now_is, events FROM public.executions WHERE org_id = org AND id = run FOR UPDATE;
    IF now_is IN ('queued', 'waiting') THEN
        UPDATE public.execution_logs l SET status = 'failed', error = why, finished_at = clock_timestamp(),
            finished_seq = events + opened.nth
        FROM (
            SELECT id, row_number() OVER (ORDER BY id) AS nth FROM public.execution_logs
            WHERE org_id = org AND execution_id = run AND recorded AND status = 'started' AND NOT superseded
        ) opened WHERE l.org_id = org AND l.id = opened.id;
        GET DIAGNOSTICS cut = ROW_COUNT;
        UPDATE public.executions SET status = 'cancelled', parked = false, error = why, wake_at = NULL,
            waiting_for = NULL, cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
            finished_at = clock_timestamp(), seq = events + cut + 1, status_seq = events + cut + 1
        WHERE org_id = org AND id = run;
        RETURN 'cancelled';
    ELSIF now_is = 'running' THEN
        UPDATE public.executions SET cancel_requested_at = clock_timestamp(), error = why
        WHERE org_id = org AND id = run AND cancel_requested_at IS NULL;
        PERFORM pg_notify('tolstoy_signal', run::text);
    END IF;
    RETURN now_is;
END $$;
"""


MODELS_STATE = (
    "eJztXftz2zYS/lcw+uXSGVUT27HTpjc3Y7du67vEvkmc5vrIUBAJSTxTAAuCUdRc/vcDIE"
    "p8M4RESRS9M31YIJaPb0Fw99td4FNvxhziBYNLW7iM9l6gTz2KZ0T+kTnSRz3s+3G7ahB4"
    "5OmuWPfRbXgUCC5/y+Yx9gIimxwS2Nz1owvQ0PNUI7NlR5dO4qaQun+GxBJsQsSUcHng99"
    "97jE8s11Fnlv9930fJlgey6L1/rw5Rh3wkgZL41Bu7xHP034mugjEvdZ4e+ehzEgT6vmVf"
    "1RQ9eXQ7YuHrh+vpzvKh9I/PqqP/YOmrpPBanl23WyvZt29vfvhR91SPPLJs5oUzGvf2F2"
    "LK6Lp7GLrOQMmoYxNCCceCOAko1a1FoK+alqjJBsFDssbCiRscMsahpxTS+/s4pFpVSDAv"
    "EGwxsBknA9cJBpTMJT7/iO4zIWNZt3f31pvre8vqGSjTlrhKzFwqFLyfPi/PG6OjW3vqAt"
    "//fPn6ydnFVxoPFogJ1wc1dr3PWhALbMVqjSG3OVEAWVjkof9BHhHujBTDn5bMqMGJRAer"
    "PzZRx6oh1kf8PqzAXcGXAvyWzZ98tRuo729eXb+5v3z1b3X6WRD86WmkLu+v1ZFT3brItD"
    "5ZaobJl3r5sq9Pgt7d3P+M1E/0293tdVZ/6373v/XUPeFQMIuyuYWdJBqr5lWT7BorOPSd"
    "DRWclgQFt1TBnHxwg+j7klbvlTu5oaJYuUmpjGolSPtU5snmapT3KP/39benp2dnz0+fnl"
    "18c/7s+fPzb55+I/vqu8wfel6h+6ubn25u79OqVA2fU4DHn8S6X6pYosmv1cZvz+G/RzGY"
    "CauiLpoJEYAzA6ey53JQfj/FvBjKqHsGRnlbRwhgb4Y/Wh6hEzGVPy+eVQD6y+VrjenFs8"
    "y8fRsdOdWH0tDq/xtgu+rfQXBPnz6tga7sVQqvPpbGdyZdFlYwEZQjHEt0EOOTOhCflCN8"
    "kgOYUMdn0ce9LsRJmQ6CLIdhzZFcOZRzUE8JdggP8kj/883dbTHSCZGsqe3aAv0PeW5Qxy"
    "6LXNa24F2BrsIiZWSvMH3y6vI/Wbi/f3l3lf3+qRNcZZB3qR8KK7CnZIZN4M/KgQ4214F8"
    "RjsUxHLHRlNNSmqjyaZluO9nrpEohfRBeocFHmA52mmpA0/tnAi+aNmXU5GU44cEZ6YaRt"
    "h+mGPuWLkj7JSV9c0fmp3Osi2Y4omGTD2huv+IO77Wb0UJsRwf7Fdxy2TVrR693LtEPKQD"
    "dCMC+UZhGrhato8wddB8igUaM89j8wCNOZshgu2pPMYJeiC+QKMFWlGkgZbA8iTuZEI4ej"
    "JzJ3I86SPf6mMS6kEvo+I9X/4P+gcdEp/Z0yGyWUjVVacE2R52Z8ELKT5n/EFKz7krSIAY"
    "9RYolAOc625aELli2Z84AzT8LxtJ73SI3OWJGCVINiE21j/lmxKSP6hQzzHDi6WcPqIfeh"
    "iQP4dyDMxG0hZYPu0UB/Jf35cvo9OXz64uzAIiD7IICXn9AbpcntpR50FzV/YJhbx7dWk3"
    "kI/oY/kYzvCF7Cyfgk8wdf/SYPTlL904lqfq68vJf+SAXKhT6R+uvletKeMIg0Oc0CeWQa"
    "BB3UczgQY1TRZeIhBYhMEuryDhJlRYECmBSAlESo6DSIdISccVDJESiJS0zP82oPYTZlFd"
    "NBMiW8DZMq+6GTQ/SPu6cCoonQcSEhtNAy2DMZoRTk+ePX/2zdnFs/VEsG6pev/z7/oygc"
    "kyDEClpbpH+jQfhgoDwg2ngYQIzKrZ+POSHDAZswmRToZEapGUFRRldsRGeJlG+VNS8PlK"
    "Y5pgVQxGblqqg7NtLYb9ooJgv8jz6zGTYzB6U0IweAsR9bFUmsHozYh1b/ie1xq+5xXD9z"
    "w/fB3iF8H8ZoY9r9TWXQsd1uF9urV5e3b6/GJt2aofVUbtm1eXL1/mLduYLK47UmOJAxsI"
    "y5BAi22DZVSigJBhzCOYlk4EkVAG3pGU2ie+puUZ9WfTq7u7lyla7eomw7bcvn11df36yY"
    "kGW3ZyRQkJozMbjFJRYomtsiDaZufuOw2ChULiaAJ8LAHpJ1ukn3DOChy6ctjXAoD65qgv"
    "w95m1Hos0yFGbc8cu85AMKAx1/2P3bRrjLlcpnoYQBgLAIYrG5n8afbqRwLHDuCeX/alY2"
    "GZo52SA9DNQHcnVDrLxm5KSg48lS97KnMs7KkxzAkpALkOyK6Qd2GNi2zkckojI9Y98q15"
    "bmOOH8gGyUQJsQYyiVqGeZfSiRyCHc+lm+g4Iwp6brOebUxt4lmcSGSDDTNAi08Bem+33j"
    "1PFXFIs9nmpEDnVy7FfFGm8Zxw1jpZCBJ0i0a9iriitXbl1/Hq5vby9a9rZmmt4pd3tz9d"
    "FXBLV7/eX1/m3R6+2YuXloT3rc3v29ilbjDdSM0ZUdBz2/Tctmq6l2zSqyqoU8f7tWrqLI"
    "9NatbV3VGCsBBk5gtVDoaRNAX8ARpyYjPuEGeIuCprU7VsuraMTqSJ+LfgOzQMQp/wgOg+"
    "jJIAzYnsFFJHVZeNFvJUUj+hHOG9zGja1zVrlIW1pvgrVt1ur7NKu4QCMCgAgwKwln6YoA"
    "DsESkYCsCgAKxl1jsUgB0IzawVWBfSrBzgmuVqiG9al5CU6WBJzU7yuiGt86BpnUbIJ0Qg"
    "xRASO48L9SMufziOPAGo6G12CWR59yajddUfUlq+PFQjJjkPb6nznJA4dt+5sWRZhwjsek"
    "YWREIEvmWbf8tWUY8CAqgqxTApBjmGX84xjENHhkCnBQHqGlBDasQjIK4hNeJx6Hn1Tm5S"
    "4JEUhHK6TSMW69fFWAVZSdCBiQ5akiD0o6ffzFxikG7vVyUEqVDLHrZvzGTRQH4I5IdA+g"
    "Dkh4CCIT8E8kMeN/ENG9TtdoO65J0ZwJwR62KYYTcbG+1/ieYWTcSNBRv8cOQt/VJzPAtl"
    "O+TXNgayeh94SKmqkE/vtlQT6fITANytIwh+iV6GEp7gl/hdqaYLVm/VjmmDRBLo6jV+n9"
    "6jCYiFFhhyQCw8Wr8TiIWOKxiIBSAWjpdYOFjhSTfhPGK/tkX+QIqZYXY4I0U721dk1CVk"
    "oB5ii5y6mCQwN1+yspCd0mYrJtbWqKC8q2IzlIwclMy1hs64ccjMZ4JQe/EvsugVMBqZHv"
    "0qUsON+6pyvrrbjVOEaTAnfLmD9zjajpoTX77zqtMADZfW2XpTbd/DQvab/S1ArqMlOAv1"
    "9tyhCORdILV7dXKT64Jdxvd11S+wMwYbYye8eVhTpBvUDvgpTVb+mFUdd7fg+PT8vE5A7v"
    "y8PB6njuUyIyeE+9wtsrOrlkLMCMIyiEnDznAZxMJKzOq9vEqrMY/ad2xiY68pwY70rE28"
    "xoQIOI1bOI0j5hTM1VWzyEoCpo9Npw8II3XQP2+JH3mX8Hp6BV5k6ni/yodM+k87CIxDmL"
    "u1vhDMTx2cnyDM/YgUDGHuPYe5IeV7tynfbcvrbG6kPz3w5oEtsVvv1ZoSBfbqfbTWRLmd"
    "KmQPqPcEexXs1c6aM2CvdlzBYK9CWmbLyF+o92yN8T/CAbFC7plgnJTpJs47KfWUs/R0CZ"
    "QB1imhToJdC2qT5TsVYvKaY3diEvTMiMEClJvHPaGGfPcTS0uohbeB9uhz1IJu71dRC2p1"
    "5z1QC+kaUDLDrmcVZSMC5wCcA7ikwDmAgoFzAM7hcXMO2kowsVzXAh100M5qeWhnFS7aWd"
    "5Hi+0wU5Q7vIPWTpDeK3/Wdu+refqMM88I3lX/Dg7fZpiclvi177AregV+rW7vV/m1c9mj"
    "Zk3guykW0WblSIupcrsXskXZrn0kr8HZBykq/0Q29jz1aIhxhClT7i7ioa7fC4XNZmRVwM"
    "cJYtQmyBWqgX0gPF8WuM8Lm/vomb0nk/smchZSyBc4vK0Evvujde3Ad++4gsF3B9/9iH33"
    "w+943U1gYcvrnMezky2vlyZuDuTyiXfV/9hn3cYWytrr3qjtHqHNZ1c40pczN/1iKVj8qs"
    "22HyXF+1lWL74QSx37HNTEggsOsd31gtd1s49SQrDowhbJRxErZQJ+QgTSvjZH3vZYsBnz"
    "kxSED0TbPhAtoeSvPxAqfiCe+4HwwkX80h36VSQ9UV2lpnVfl9Tk6++nRK2CN2IfXyBMkT"
    "6JXiGPUYKCcLTuPEBDoU47RLa0zkWAAjdixj0cCDQiE0y/Q8No23jZTRDPCxAbI4LtaZ6v"
    "3+eFzcv1ShbyS95XiuzfeE0/NdkUXirlvG9zBYgkQCQBiGaIJICCIZIAkYRHTnjn7Ze6qB"
    "aIArztC9Qcj59ogKtpgWGHawvP64VnKqIzWfbbxwuP4YLxWk4uJUSA19uCXSpbF7gq+liy"
    "JvC+x7ZPqKOgbGpcNx/VESsSpGbQcd3/sAbagZd3SlUdR5SKydSQlIG5YYu5gZKPYgM3Mi"
    "EGrHPbHMmWsM4/M/bQKyCbdXu/imOeyh4Gm8M4jmIskVCp2fLLxdU2LSHV3CxGaqe5Abob"
    "691bBHsgFDHqLfSGLVMcTFXGtdrhpXgHmOZO3Rg5nNg6b1eksCowBz4Y+GDgg1s8ywMf/I"
    "gUDHww8MEtM4Vhg+BDwbkyzwzgTIgAnLBO4l4LvQlVz14wXK8Y8wimJcGKWCq7pVO09va+"
    "kF77B41v5HR39zJlgFzdZL5Lt29fXV2/fnKi4ZadXFHyudLep6WcziILoXzXrLQc7J2VNP"
    "xM9s5SuXBj117vX1R3LsnKHXhOoYySFnPtgTvROyUERPqlBa5ORUAjJ9m9VTp2UlPlECc0"
    "i4rGEoeOHcn3danrlg7nJVLWcs9Ic4gTgt0bzCe1BvNJxWA+yQ9ml/qhCKwxZzMTuDNiBx"
    "7WnMgTBG0e18t9000QjiUODC4WX6uVWFoMrqLhWCjUl4xRx3i33wLxwzJDZ9tHojctPWtR"
    "nKyqOCN1vP+luNlGpRkuXRZIoGhyQfMpCwhSVhMWISdojgPE3clU9JH8yxXIlvc4QJe2TX"
    "w5RlQ1RYCw7LgcD2i0QMPoRhaW6wyLCzP2c9nGIm8aXijHgPAbhN8gOgPht0ekYAi/Qfit"
    "ZUymQYAjYbfURTMhAnDmaJu1gWlG2qTEukfZnJ6f13F2z8/LvV11LDN2NcdllBucEIHU4C"
    "1Sg+VD84I1y8qBXwsA7FvAPmJOAepVQbyVBITv+huG70pXvimfzstXvtk7ZxmxIS0mLX3O"
    "5FMXkO4VxV+xCKwstPlsArWizRmBLeGL39hT4oQa2hxXvD7Wr+KJg6hXTYZ4GFX7rJarR+"
    "o3Eq79MEDD5fqEQxTgRYDmU6JIO+RJ9wFhoTuvLvZC/aJ9tRi+7jZXNRW6mGKKA0TkYHDy"
    "LPF+Lw01GkASA0kMHCKQxKBgIImBJN7123P47xHUaECNxjHACTUau63RsLlZ3vqqP+BbD1"
    "9lmFl/Rdn1dUFOCR0Y6bf33zeG8E5ye9WueR72jSjcWOTA6AYPrt9i+tbGwp5aoV+edFpq"
    "3haJHjjh9OJpixY/WuaWmxDjsQSE2bYgxn0s7S3TosRY6MA1icVMbSMhtuaKEikTZkZb1L"
    "97qRE7Kc2CpbuMBvbR8Ulq34EN9JsQA/22Wb+jcDwmfCNGOCMKem6znmHfty5rV7lufqEh"
    "WUH6J4SOfRnYPXP++utGOGcF9aXlPlNaCvKJzNymtuS9JLYG6BXlviSP9yvzXxI9a+bAvJ"
    "synYLCPEfv+aT2kQoG6N3U9QjCaLmuhOoxIlJdiBPfwzZx+mjExFRXNOaTWxo6Z+NZK5BS"
    "AiklkFJyBLYHpJR0XMGQUgIpJS2zKk1yILhnQv9G3bsZUq4ZU64MKhcsIJUyeOtXIqbEuk"
    "e37wrvpYVu4njGEhCs2yJYd7DktJYN82bm5Q2WT9xu2cS2Dd89JPz4yghjYbDBWpUFop2c"
    "oncIekiFW2B7VPtEeWlg3tvsHGFbuB8KEgwqMzhiIVhV+osJHI4b6EW4LU5wYGhj5kW7N4"
    "ntJK1jjF1PL1XsRgtRmsxhOWGYwto2hbUkmnJJuGtPewVxlOhIvyqCguM+XwqdlCu2IHCR"
    "CVQYRRNK+bBCL6CACYsG+nZRhF1OPo3knpbHCz4QXkw2Vq5fX8I0dsIz2MWKRuqlMkA46t"
    "5BdHdSBiCvKAgt8LfKOZqECJA0x5Qa8Pn/NMxfCQ=="
)
