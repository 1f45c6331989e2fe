"""The one secret: where the database is, and the keys that this program makes up."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from tolstoy_infra.naming import PREFIX, tags


class AppSecret(pulumi.ComponentResource):
    """Protected with the keys in it: whoever loses APP_KEY loses what was encrypted with it.

    Its version is not, for another password of the database is another version. Where KMS is to open the keys
    (`app_keys_alone`), those told are all that it holds; the APP_KEY made up stays in the state, for the way back.
    """

    arn: pulumi.Output[str]
    version: pulumi.Resource  # to be there before anybody reads it

    def __init__(
        self, *, database_url: str, direct_url: str, app_keys: str | None, app_keys_alone: bool
    ) -> None:
        super().__init__("tolstoy:infra:AppSecret", PREFIX)
        kept = pulumi.ResourceOptions(parent=self, protect=True)
        gateway = random.RandomPassword(f"{PREFIX}-gateway", length=48, special=False, opts=kept)
        platform = random.RandomPassword(f"{PREFIX}-platform", length=48, special=False, opts=kept)
        app_key = random.RandomBytes(f"{PREFIX}-app-key", length=32, opts=kept)
        secret = aws.secretsmanager.Secret(
            f"{PREFIX}-secret",
            description=f"Tolstoy's database and keys, stack {pulumi.get_stack()}",
            recovery_window_in_days=30,
            tags=tags("secret"),
            opts=kept,
        )
        self.version = aws.secretsmanager.SecretVersion(
            f"{PREFIX}-secret",
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps(
                {
                    "DATABASE_URL": pulumi.Output.secret(database_url),
                    "DIRECT_URL": pulumi.Output.secret(direct_url),
                    "GATEWAY_SECRET": gateway.result,
                    "PLATFORM_KEY": platform.result,
                    **({} if app_keys_alone else {"APP_KEY": app_key.base64}),
                    **({"APP_KEYS": pulumi.Output.secret(app_keys)} if app_keys else {}),
                }
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})
