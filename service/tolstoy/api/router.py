"""Which handler answers an address: Sanic's router, with HEAD wherever there is GET."""

from __future__ import annotations

from typing import Any

from sanic.constants import HTTP_METHODS
from sanic.exceptions import MethodNotAllowed, NotFound
from sanic.models.handler_types import RouteHandler
from sanic.router import Router as SanicRouter
from sanic_routing.route import Route


class Router(SanicRouter):
    def _get(self, path: str, method: str, host: str | None) -> tuple[Route, RouteHandler, dict[str, Any]]:
        if path.endswith("//"):  # for each slash at the end Sanic's own would call itself once more
            raise NotFound
        try:
            return super()._get(path, "GET" if method == "HEAD" else method, host)
        except MethodNotAllowed as exc:
            # for an address with parameters Sanic does not say which there are
            allowed = [str(other) for other in HTTP_METHODS if self._answers(path, str(other), host)]
            raise MethodNotAllowed(str(exc), method, allowed) from None

    def _answers(self, path: str, method: str, host: str | None) -> bool:
        try:
            super()._get(path, "GET" if method == "HEAD" else method, host)
        except (MethodNotAllowed, NotFound):
            return False
        return True
