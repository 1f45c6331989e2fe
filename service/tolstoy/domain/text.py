"""The text types that resources share, with their limits."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Raw

Name = Annotated[str, Meta(min_length=1, max_length=200)]
ExternalId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        pattern="^[^\\x00-\\x1f\\x7f]+$(?!\n)",
        description="a text of 1 to 255 characters, what the identity provider's tokens say",
    ),
]
Description = Annotated[str, Meta(max_length=2000)]
Expression = Annotated[
    str, Meta(min_length=1, max_length=2000, description="a CEL expression that is true or false")
]
StoredObject = Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
Moment = Annotated[datetime, Meta(tz=True)]
MaxRequests = Annotated[
    int,
    Meta(
        ge=1, le=10_000_000, description="a number from 1 to 10000000, how many requests it may send a minute"
    ),
]
MaxStored = Annotated[
    int,
    Meta(ge=1, le=1 << 50, description="a number of bytes, how much its executions and their logs may take"),
]
EgressAllow = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=253)]],
    Meta(
        max_length=100,
        description="a list of host names, addresses and CIDR ranges that its calls may reach though they are private",
    ),
]
MaxRunning = Annotated[
    int, Meta(ge=1, le=10_000, description="a number from 1 to 10000, how many of its runs may run at once")
]
