"""A web server on this machine for the tests of pulling: each address does what a test says."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """What the server gives for each path, and the (path, Range) pairs that it was asked for."""

    address: str
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@contextlib.contextmanager
def served() -> Generator[Site, None, None]:
    """A site on a free port, as long as the block lasts."""
    site = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers.get("Range")))
            site.replies[self.path](self)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def whole(
    data: bytes, *, cut_after: int | None = None, ranges: bool = True, length: bool = True
) -> Reply:
    """The file, or the part that is asked for; `cut_after` bytes of each answer the line goes dead.

    Without `length` the answer does not say how long it will be.
    """

    def reply(handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range") if ranges else None
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(data):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(data)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206 if wanted else 200)
        if wanted:
            handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.send_header("Content-Type", "application/octet-stream")
        if length:
            handler.send_header("Content-Length", str(len(data) - start))
        handler.end_headers()
        handler.wfile.write(data[start:][:cut_after])

    return reply


def page(text: bytes, kind: str) -> Reply:
    """A text under a content type."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    return reply


def moved(target: str, code: int = 302) -> Reply:
    """A redirection."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return reply


def in_chunks(data: bytes, *, cut: bool) -> Reply:
    """All of the data as one chunk; a `cut` answer lacks the end, of which only the server knew."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        handler.wfile.write(b"" if cut else b"0\r\n\r\n")
        handler.close_connection = True

    return reply


def stalled(data: bytes, length: int, pause: float) -> Reply:
    """The begin of an answer of that length, then nothing for so many seconds."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(data)
        time.sleep(pause)

    return reply


def hung_up(handler: BaseHTTPRequestHandler) -> None:
    """No answer at all: the connection is closed."""
    handler.close_connection = True
