"""The Runtime API's HTTP side, one server for each environment, on a free port of 127.0.0.1.

It knows the paths and nothing about processes or time: what comes in goes to a `Sink`.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

PREFIX = "/2018-06-01/runtime/"


@dataclass(frozen=True)
class Delivery:
    """One invocation on its way to the function."""

    payload: bytes
    headers: Mapping[str, str]


class Sink(Protocol):
    def next(self) -> Delivery | None:
        """Blocks until there is an invocation; None when the environment goes away."""

    def answer(self, request_id: str, body: bytes, is_error: bool) -> bool:
        """False when this request is not the current one."""

    def init_failed(self, body: bytes) -> None: ...


class RuntimeApi:
    def __init__(self, sink: Sink) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.sink = sink
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True, name="runtime-api"
        ).start()

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    sink: Sink

    def handle_error(self, request: object, client_address: object) -> None:
        """A function that is killed while it polls is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Head and body in one segment: otherwise the client's delayed ACK adds 40 ms to each answer.
    wbufsize = -1

    def do_GET(self) -> None:
        if self.path != PREFIX + "invocation/next":
            return self._reply(404)
        delivery = self.server.sink.next()
        if delivery is None:
            self.close_connection = True
            return self._reply(410)
        self._reply(200, delivery.payload, delivery.headers)

    def do_POST(self) -> None:
        body = self._body()
        parts = self.path.removeprefix(PREFIX).split("/")
        match parts:
            case ["init", "error"]:
                self.server.sink.init_failed(body)
            case ["invocation", request_id, "response" | "error" as kind]:
                if not self.server.sink.answer(request_id, body, is_error=kind == "error"):
                    return self._reply(
                        400, b'{"errorType":"InvalidRequestID","errorMessage":"not the current request"}'
                    )
            case _:
                return self._reply(404)
        self._reply(202, b'{"status":"OK"}')

    def _body(self) -> bytes:
        if length := self.headers.get("Content-Length"):
            return self.rfile.read(int(length))
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return b""
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(chunks)

    def _reply(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Silent: the function's own output is the log."""
