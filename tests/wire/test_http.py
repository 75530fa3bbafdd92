# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 to the byte: keep-alive, pipelining, framing that must not be guessed, limits (RFC 9110, RFC 9112)."""

import socket
import time

import pytest
from wire import Closed, Connection, call, raw


def ok(server):
    return call(server, "GET", "/healthz").status == 200


def test_keep_alive_and_close(souk):
    with Connection(souk) as connection:
        for _ in range(3):
            assert connection.request("GET", "/healthz").body == b"ok\n"
        assert connection.request("GET", "/healthz", {"Connection": "close"}).body == b"ok\n"
        assert connection.at_end()


def test_http_1_0_closes(souk):
    with Connection(souk) as connection:
        connection.send(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert connection.read().body == b"ok\n"
        assert connection.at_end()


def test_pipelined_requests_are_answered_in_order(souk):
    with Connection(souk) as connection:
        paths = ["/healthz", "/api/v1/whoami", "/api/v1/nothing", "/healthz", "/api/v1/server", "/healthz"] * 5
        connection.send(b"".join(connection.head("GET", p) for p in paths))
        statuses = [connection.read().status for _ in paths]
        assert statuses == [404 if p == "/api/v1/nothing" else 200 for p in paths]


def test_a_request_in_single_bytes(souk):
    with Connection(souk) as connection:
        for byte in connection.head("GET", "/healthz"):
            connection.send(bytes([byte]))
        assert connection.read().status == 200


def test_a_chunked_body(souk):
    body = b'{"name":"chunked %d"}' % time.time_ns()
    with Connection(souk) as connection:
        connection.send(connection.head("POST", "/api/v1/namespaces/default/models",
                                        {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}))
        for byte in body:
            connection.send(b"1;note=x\r\n" + bytes([byte]) + b"\r\n")
        connection.send(b"0\r\nX-Trailer: 1\r\n\r\n")
        assert connection.read().status == 201
        assert connection.request("GET", "/healthz").status == 200


def test_expect_continue(souk):
    body = b'{"name":"expected %d"}' % time.time_ns()
    with Connection(souk) as connection:
        connection.send(connection.head("POST", "/api/v1/namespaces/default/models", {
            "Content-Type": "application/json", "Content-Length": str(len(body)), "Expect": "100-continue"}))
        assert connection.read_head().status == 100
        connection.send(body)
        assert connection.read().status == 201


CONFUSED = {
    "no version": b"GET /healthz\r\nHost: HOST\r\n\r\n",
    "unknown version": b"GET /healthz HTTP/3.0\r\nHost: HOST\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "relative target": b"GET healthz HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "space in target": b"GET /heal thz HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n",
    "space before colon": b"GET /healthz HTTP/1.1\r\nHost: HOST\r\nX-A : b\r\n\r\n",
    "folded header": b"GET /healthz HTTP/1.1\r\nHost: HOST\r\nX-A: b\r\n c\r\n\r\n",
    "no colon": b"GET /healthz HTTP/1.1\r\nHost: HOST\r\nnonsense\r\n\r\n",
    "NUL in a header": b"GET /healthz HTTP/1.1\r\nHost: HOST\r\nX-A: a\0b\r\n\r\n",
    "bare CR": b"GET /healthz HTTP/1.1\r\nHost: HOST\r\nX-A: a\rb\r\n\r\n",
    "negative length": b"POST /v2/models/x/infer HTTP/1.1\r\nHost: HOST\r\nContent-Length: -1\r\n\r\n",
    "signed length": b"POST /v2/models/x/infer HTTP/1.1\r\nHost: HOST\r\nContent-Length: +2\r\n\r\n{}",
    "hexadecimal length": b"POST /v2/models/x/infer HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0x2\r\n\r\n{}",
    "length past 64 bits": b"POST /v2/models/x/infer HTTP/1.1\r\nHost: HOST\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "two lengths": b"POST /v2/models/x/infer HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "length and chunked": b"POST /v2/models/x/infer HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked not last": b"POST /v2/models/x/infer HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": b"POST /v2/models/x/infer HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": b"POST /v2/models/x/infer HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n",
    "control byte in method": b"G\x01T /healthz HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "TLS": bytes.fromhex("160301020001000001fc0303") + bytes(64) + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", CONFUSED)
def test_framing_that_is_not_clear_is_refused_and_the_connection_ends(souk, name):
    with Connection(souk) as connection:
        connection.send(CONFUSED[name].replace(b"HOST", connection.host.encode()))
        try:
            connection.socket.settimeout(10)
            answer = connection.read()
            assert answer.status in (400, 405, 411, 417, 501, 505), answer
            assert connection.at_end()
        except (Closed, ConnectionResetError):
            pass
    assert ok(souk)


@pytest.mark.parametrize("chunk", [b"zz\r\nab\r\n", b"-1\r\n", b"2\r\nabcd\r\n", b"ffffffffffffffffff\r\n", b"2;" + b"x" * 70_000 + b"\r\nab\r\n0\r\n\r\n"])
def test_chunks_that_are_none(souk, chunk):
    answer = raw(souk, b"POST /api/v1/namespaces/default/models HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
                       b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
    assert answer is None or answer.status in (400, 413, 431), answer
    assert ok(souk)


def test_a_target_that_is_too_long(souk):
    answer = raw(souk, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: HOST\r\n\r\n")
    assert answer.status == 414


def test_headers_that_are_too_large(souk):
    assert raw(souk, b"GET /healthz HTTP/1.1\r\nHost: HOST\r\nX-A: " + b"a" * 300_000 + b"\r\n\r\n").status == 431
    assert raw(souk, b"GET /healthz HTTP/1.1\r\nHost: HOST\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n").status == 431


def test_a_body_that_ends_early_leaves_nothing(souk):
    name = f"cut-{time.time_ns()}"
    body = b'{"name":"%s"}' % name.encode()
    with Connection(souk) as connection:
        connection.send(connection.head("POST", "/api/v1/namespaces/default/models",
                                        {"Content-Type": "application/json", "Content-Length": str(len(body) + 10)}) + body)
        connection.socket.shutdown(socket.SHUT_WR)
        try:
            assert connection.read().status in (400, 408)
        except (Closed, ConnectionResetError):
            pass
    call(souk, "GET", f"/api/v1/namespaces/default/models/{name}").problem(404, "NOT_FOUND")


def test_a_body_that_is_too_large_is_refused_by_its_head(souk):
    with Connection(souk) as connection:
        connection.send(connection.head("POST", "/api/v1/namespaces/default/models",
                                        {"Content-Type": "application/json", "Content-Length": str(1 << 40)}))
        connection.read().problem(413, "RESOURCE_EXHAUSTED")


def test_a_chunked_body_that_grows_too_large(souk):
    with Connection(souk) as connection:
        connection.send(connection.head("POST", "/api/v1/namespaces/default/models",
                                        {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}))
        try:
            for _ in range(200):
                connection.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            connection.read().problem(413, "RESOURCE_EXHAUSTED")
        except (Closed, ConnectionResetError):
            pass
    assert ok(souk)


def test_paths_are_decoded_once_and_never_climb(souk):
    for path in ("/api/v1/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "/..", "/assets/%00",
                 "/api/v1/namespaces/default/models/%2e%2e", "/api/v1/namespaces/default/models/a%252fb",
                 "/api/v1/namespaces/default/models/%ff%fe", "/api/v1/namespaces/default/models/%zz", "//etc/passwd"):
        answer = call(souk, "GET", path, {"Accept": "application/json"})
        assert b"root:" not in answer.body
        assert answer.status in (400, 404) or answer.type == "text/html", (path, answer.status, answer.body[:200])


def test_many_connections_at_once(souk):
    connections = [Connection(souk) for _ in range(300)]
    try:
        for connection in connections:
            connection.send(connection.head("GET", "/healthz"))
        assert all(connection.read().status == 200 for connection in connections)
    finally:
        for connection in connections:
            connection.close()


def test_a_slow_reader_does_not_hold_others_up(souk, digits):
    slow = [Connection(souk) for _ in range(20)]
    try:
        for connection in slow:
            connection.send(connection.head("GET", "/api/v1/namespaces/default/models/digits/versions/1/files/digits.onnx") * 20)
        began = time.monotonic()
        for _ in range(50):
            assert ok(souk)
        assert time.monotonic() - began < 10
    finally:
        for connection in slow:
            connection.close()


REBINDING = {"another host": {"Host": "souk.example.org"}, "a host that only begins like ours": {"Host": "localhost.example.org"},
             "a host that ends like ours": {"Host": "example.org#127.0.0.1"}}
FOREIGN = {"another site": "http://example.org", "no site": "null", "a site that begins like ours": "http://127.0.0.1.example.org"}


@pytest.mark.parametrize("name", REBINDING)
def test_dev_refuses_other_hosts(souk, name):
    assert call(souk, "GET", "/api/v1/models", REBINDING[name]).status == 403
    assert call(souk, "POST", "/api/v1/namespaces/default/models", REBINDING[name], data={"name": "rebound"}).status == 403


@pytest.mark.parametrize("name", FOREIGN)
def test_dev_refuses_foreign_origins(souk, name):
    call(souk, "GET", "/api/v1/models", {"Origin": FOREIGN[name]}).problem(403, "PERMISSION_DENIED")
    call(souk, "POST", "/api/v1/namespaces/default/models", {"Origin": FOREIGN[name]},
         data={"name": "crossed"}).problem(403, "PERMISSION_DENIED")


def test_dev_takes_its_own_page(souk):
    assert call(souk, "GET", "/api/v1/models", {"Origin": souk.url}).status == 200
    assert call(souk, "GET", "/api/v1/models", {"Host": f"localhost:{souk.port}", "Origin": f"http://localhost:{souk.port}"}).status == 200
