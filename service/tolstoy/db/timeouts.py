"""How long statements may take where it is not a request that waits for them."""

from __future__ import annotations

from typing import Final

# For a transaction of who has the machine, whose statements take longer the more an organization has.
UNTIMED: Final = "SET LOCAL statement_timeout = 0"
