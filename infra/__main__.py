"""What `pulumi up` runs."""

from __future__ import annotations

import pulumi

from tolstoy_infra import program, settings

for name, value in program.build(settings.load()).items():
    pulumi.export(name, value)
