"""A route's path as OpenAPI and Prometheus write it."""

import re


def template(path: str) -> str:
    """`tools/<tool_id:str>` is /tools/{toolId}."""
    return "/" + re.sub(r"<(\w+)[^>]*>", lambda match: f"{{{camel(match[1])}}}", path).strip("/")


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
