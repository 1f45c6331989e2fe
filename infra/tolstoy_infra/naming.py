"""How things are found again in the account's lists."""

from __future__ import annotations

import pulumi

PREFIX = "tolstoy"  # of every name; the operator's policy allows no other


def tags(name: str) -> dict[str, str]:
    project, stack = pulumi.get_project(), pulumi.get_stack()
    return {"Name": f"{project}-{stack}-{name}", "Project": project, "Stack": stack}
