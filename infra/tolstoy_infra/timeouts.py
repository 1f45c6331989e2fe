"""How long each waits for the next: all of it follows from how long the service may take to answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_RESPONSE_SECONDS: Final = 60  # the service's own default, said once for all who wait for it
_MOST_SECONDS: Final = 3600  # that the service takes, and a load balancer for what it drains


@dataclass(frozen=True)
class Timeouts:
    """Seconds. Who is further out waits longer: what is further in says better why it is late."""

    response: int  # RESPONSE_TIMEOUT
    shutdown: int  # SHUTDOWN_TIMEOUT

    @property
    def proxy(self) -> int:
        """Nginx's, for the service."""
        return self.response + 15

    @property
    def stop(self) -> int:
        """The release program's, for a container that it told to stop."""
        return self.shutdown + 15

    @property
    def idle(self) -> int:
        """The load balancer's, for a machine; event streams say something every few seconds."""
        return self.response + 60

    @property
    def kept(self) -> int:
        """Nginx's, for the next request of the load balancer, who has to be the one that closes the connection.

        It would otherwise send a request on what Nginx is just closing, and answer it with 502.
        """
        return self.idle + 10

    @property
    def drain(self) -> int:
        """The load balancer's, which takes no more, for what a machine that goes has in hand."""
        return min(self.proxy, _MOST_SECONDS)


def timeouts(env: Mapping[str, str]) -> Timeouts:
    """With that environment of the containers. Raises ValueError."""
    response = number(env, "RESPONSE_TIMEOUT", _RESPONSE_SECONDS)
    # whatever a request may wait for, a release lets it: `?wait=` is as long as RESPONSE_TIMEOUT allows
    return Timeouts(response, number(env, "SHUTDOWN_TIMEOUT", min(response + 5, _MOST_SECONDS)))


def number(
    env: Mapping[str, str], name: str, default: int, *, least: int = 1, most: int = _MOST_SECONDS
) -> int:
    """A setting of the service that the machine has to agree with. Raises ValueError."""
    text = env.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise ValueError(f"{name} {text!r} is not a whole number from {least} to {most}")
    return int(text)
