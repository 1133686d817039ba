"""The Runtime API's HTTP side by itself: what a client may send that our own bootstrap does not."""

import http.client
from collections.abc import Iterator

import pytest

from waxseal_localstack.executor.runtime_api import PREFIX, Delivery, RuntimeApi


class Recorder:
    """A sink with one invocation, `r1`; afterwards the environment goes away."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery | None] = [None, Delivery(b'{"a":1}', {"Lambda-Runtime-Aws-Request-Id": "r1"})]
        self.answers: list[tuple[str, bytes, bool]] = []
        self.init_errors: list[bytes] = []

    def next(self) -> Delivery | None:
        return self.deliveries.pop()

    def answer(self, request_id: str, body: bytes, is_error: bool) -> bool:
        self.answers.append((request_id, body, is_error))
        return request_id == "r1"

    def init_failed(self, body: bytes) -> None:
        self.init_errors.append(body)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def client(recorder: Recorder) -> Iterator[http.client.HTTPConnection]:
    api = RuntimeApi(recorder)
    connection = http.client.HTTPConnection(api.address, timeout=5)
    yield connection
    connection.close()
    api.close()


def call(client: http.client.HTTPConnection, method: str, path: str, **more: object) -> tuple[int, bytes]:
    client.request(method, PREFIX + path, **more)  # type: ignore[arg-type]
    response = client.getresponse()
    return response.status, response.read()


def test_one_connection_serves_many_requests(client: http.client.HTTPConnection, recorder: Recorder) -> None:
    assert call(client, "GET", "invocation/next") == (200, b'{"a":1}')
    assert call(client, "POST", "invocation/r1/response", body=b"true") == (202, b'{"status":"OK"}')
    assert call(client, "POST", "invocation/r1/error", body=b"{}")[0] == 202
    assert call(client, "POST", "init/error", body=b"[]")[0] == 202
    assert recorder.answers == [("r1", b"true", False), ("r1", b"{}", True)]
    assert recorder.init_errors == [b"[]"]


def test_a_streamed_answer_is_put_together(client: http.client.HTTPConnection, recorder: Recorder) -> None:
    parts = iter([b"x" * 70_000, b"yy", b"z"])
    assert call(client, "POST", "invocation/r1/response", body=parts, encode_chunked=True)[0] == 202
    assert recorder.answers == [("r1", b"x" * 70_000 + b"yyz", False)]
    assert call(client, "GET", "invocation/next")[0] == 200, "the connection is not at the next request"


def test_an_answer_to_another_request_is_refused(client: http.client.HTTPConnection) -> None:
    status, body = call(client, "POST", "invocation/r0/response", body=b"1")
    assert status == 400 and b"InvalidRequestID" in body


def test_an_environment_that_goes_away_says_so(client: http.client.HTTPConnection) -> None:
    call(client, "GET", "invocation/next")
    assert call(client, "GET", "invocation/next")[0] == 410


@pytest.mark.parametrize(("method", "path"), [("GET", "else"), ("POST", "invocation/r1"), ("POST", "invocation/next")])
def test_an_unknown_path_is_not_found(client: http.client.HTTPConnection, method: str, path: str) -> None:
    assert call(client, method, path)[0] == 404
