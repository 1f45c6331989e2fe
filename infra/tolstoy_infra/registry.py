"""Where the images are kept."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from tolstoy_infra.naming import PREFIX, tags

KEPT = 20


class Registry(pulumi.ComponentResource):
    """A repository whose tags are never moved, so that what was released is what is there."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(self) -> None:
        super().__init__("tolstoy:infra:Registry", PREFIX)
        here = pulumi.ResourceOptions(parent=self)
        repository = aws.ecr.Repository(
            PREFIX,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
            encryption_configurations=[
                aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="AES256")
            ],
            force_delete=True,  # images can be built again
            tags=tags("images"),
            opts=here,
        )
        rule = {
            "rulePriority": 1,
            "description": f"Keep the last {KEPT}",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT},
            "action": {"type": "expire"},
        }
        aws.ecr.LifecyclePolicy(
            PREFIX, repository=repository.name, policy=json.dumps({"rules": [rule]}), opts=here
        )
        self.arn, self.url = repository.arn, repository.repository_url
        self.register_outputs({"url": self.url})
