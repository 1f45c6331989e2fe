"""Who the machine is: a role, which may do no more than it has to."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from tolstoy_infra import agent, policies
from tolstoy_infra.naming import PREFIX, tags
from tolstoy_infra.settings import Settings


class MachineIdentity(pulumi.ComponentResource):
    """Reads the one secret, asks the one key of KMS where there is one, writes the one log group, pulls images, and
    opens to Session Manager instead of SSH.
    """

    profile: pulumi.Output[str]
    rights: list[pulumi.Resource]  # to be there before a machine boots, or the first thing it does would fail

    def __init__(
        self,
        *,
        settings: Settings,
        secret_arn: pulumi.Output[str],
        log_group_arn: pulumi.Output[str],
        repository_arn: pulumi.Output[str],
    ) -> None:
        super().__init__("tolstoy:infra:MachineIdentity", PREFIX)
        here = pulumi.ResourceOptions(parent=self)
        partition, domain = settings.partition, settings.domain
        role = aws.iam.Role(
            f"{PREFIX}-machine",
            description=f"Tolstoy's machines, stack {settings.stack}",
            assume_role_policy=json.dumps(policies.trust("ec2.amazonaws.com")),
            tags=tags("machine"),
            opts=here,
        )

        def permissions(arns: list[str]) -> str:
            secret, logs, repository = arns
            # a fleet's certificate is the load balancer's, whose machines prove nothing
            proves = domain is not None and domain.zone_id is not None and settings.topology == "single"
            return json.dumps(
                policies.document(
                    policies.read_secret(secret),
                    *([policies.decrypt(settings.kms_key_arn)] if settings.kms_key_arn else ()),
                    policies.write_logs(logs),
                    policies.put_metrics(agent.NAMESPACE),
                    *policies.pull_images(repository, settings.image, partition),
                    *(
                        policies.prove_domain(domain.zone_id, domain.name, partition)
                        if proves and domain and domain.zone_id
                        else ()
                    ),
                )
            )

        own = aws.iam.RolePolicy(
            f"{PREFIX}-machine",
            role=role.name,
            policy=pulumi.Output.all(secret_arn, log_group_arn, repository_arn).apply(permissions),
            opts=here,
        )
        session_manager = aws.iam.RolePolicyAttachment(
            f"{PREFIX}-session-manager",
            role=role.name,
            policy_arn=f"arn:{partition}:iam::aws:policy/AmazonSSMManagedInstanceCore",
            opts=here,
        )
        profile = aws.iam.InstanceProfile(
            f"{PREFIX}-machine", role=role.name, tags=tags("machine"), opts=here
        )
        self.profile = profile.name
        self.rights = [own, session_manager]
        self.register_outputs({"profile": self.profile})
