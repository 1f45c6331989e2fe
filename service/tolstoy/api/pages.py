"""Pages for people who were sent here by a browser: plain, without a script or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from html import escape

from sanic import HTTPResponse, Request

from tolstoy.core.errors import ProblemError

Handler = Callable[..., Awaitable[HTTPResponse]]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
{rest}
</body>
</html>
"""


def page(
    title: str, *paragraphs: str, button: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> HTTPResponse:
    """Of texts, which are escaped. A `button` posts to the page's own address."""
    rest = [f"<p>{escape(text)}</p>" for text in paragraphs]
    if button:
        rest.append(f'<form method="post"><button>{escape(button)}</button></form>')
    body = _PAGE.format(title=escape(title), rest="\n".join(rest))
    return HTTPResponse(body, status, headers=headers, content_type="text/html; charset=utf-8")


def for_people(handler: Handler) -> Handler:
    """Problems as pages, too."""

    @wraps(handler)
    async def serve(request: Request, **path: str) -> HTTPResponse:
        try:
            return await handler(request, **path)
        except ProblemError as exc:
            return page(exc.title, exc.detail, status=exc.status, headers=exc.headers)

    return serve
