"""A tool that repeats what it was sent, as JSON that is escaped in the ways of other languages.

GET    /go /dotnet /php /python   {"headers": {…}, "query": {…}}, and the headers' values as names, too
GET    /nested                    the same as .NET's, as a text within JSON of .NET's
GET    /html                      in a page
"""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit


def _escaped(text: str, chars: str, *, upper: bool = False) -> str:
    for char in chars:
        text = text.replace(char, f"\\u{ord(char):04{'X' if upper else 'x'}}")
    return text


def _dotnet(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    text = re.sub(r"\\(.)", lambda match: "\\u0022" if match[1] == '"' else match[0], text)
    chars = sorted({char for char in text if not char.isascii() and ord(char) < 0x10000})
    return _escaped(text, "&'+<>`" + "".join(chars), upper=True)


STYLES: Final[Mapping[str, Callable[[Any], str]]] = {
    "go": lambda value: _escaped(json.dumps(value, ensure_ascii=False), "&<>"),
    "dotnet": _dotnet,
    "php": lambda value: json.dumps(value).replace("/", "\\/"),
    "python": json.dumps,
    "nested": lambda value: _dotnet({"said": _dotnet(value)}),
    "html": lambda value: f"<pre>{html.escape(json.dumps(value, ensure_ascii=False))}</pre>",
}


class _Tool(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        place = urlsplit(self.path)
        style = place.path.rpartition("/")[2]
        headers = dict(self.headers)
        value = {"headers": headers, "query": parse_qs(place.query), "names": dict.fromkeys(headers.values())}
        body = STYLES[style](value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if style == "html" else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def escaping_in_thread() -> Iterator[str]:
    """Its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Tool) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)
