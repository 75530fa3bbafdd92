# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 by hand, over a raw socket: what is sent and what comes back, to the byte."""

import json
import socket
import time
from dataclasses import dataclass, field


class Closed(Exception):
    """The server closed the connection before an answer was whole."""


@dataclass
class Answer:
    status: int
    headers: list = field(default_factory=list)
    body: bytes = b""

    def header(self, name, default=None):
        values = [v for k, v in self.headers if k.lower() == name.lower()]
        assert len(values) < 2 or len(set(values)) == 1, f"{name} is given several times: {values}"
        return values[0] if values else default

    @property
    def type(self):
        return (self.header("Content-Type") or "").split(";")[0]

    def json(self):
        return json.loads(self.body)

    def problem(self, status, code):
        """The body of the native door's error, which must have that status and code."""
        assert self.status == status, f"{self.status} {self.body[:600]!r}, not {status}"
        assert self.type == "application/problem+json", self.headers
        problem = self.json()
        assert problem["status"] == status and problem["code"] == code, problem
        assert problem["title"] and problem["detail"] and problem["trace_id"], problem
        return problem


class Connection:
    """One connection; answers are read in order."""

    def __init__(self, server, timeout=30):
        self.socket = socket.create_connection((server.host, server.port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host = f"{server.host}:{server.port}"
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def head(self, method, target, headers=()):
        pairs = list(headers.items() if isinstance(headers, dict) else headers)
        if not any(k.lower() == "host" for k, _ in pairs):
            pairs.insert(0, ("Host", self.host))
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in pairs), "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def request(self, method, target, headers=(), body=None, **more):
        pairs = list(headers.items() if isinstance(headers, dict) else headers)
        if "data" in more:
            body = json.dumps(more["data"]).encode()
            pairs.append(("Content-Type", "application/json"))
        if isinstance(body, str):
            body = body.encode()
        if (body is not None or method in ("POST", "PUT", "PATCH")) and not any(k.lower() == "content-length" for k, _ in pairs):
            pairs.append(("Content-Length", str(len(body or b""))))
        self.send(self.head(method, target, pairs) + (body or b""))
        return self.read(method)

    def _more(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise Closed(self.buffer[:200])
        self.buffer += piece

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("latin-1")

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_head(self):
        version, status, *_ = self._line().split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), version
        answer = Answer(int(status))
        while line := self._line():
            name, value = line.split(":", 1)
            answer.headers.append((name, value.strip()))
        return answer

    def read(self, method="GET"):
        answer = self.read_head()
        while 100 <= answer.status < 200:
            answer = self.read_head()
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        if (answer.header("Transfer-Encoding") or "").lower() == "chunked":
            while size := int(self._line().split(";")[0], 16):
                answer.body += self._take(size)
                assert self._line() == ""
            while self._line():
                pass
        elif answer.header("Content-Length") is not None:
            answer.body = self._take(int(answer.header("Content-Length")))
        else:
            try:
                while True:
                    self._more()
            except Closed:
                answer.body, self.buffer = self.buffer, b""
        return answer

    def lines(self, seconds=30):
        """The lines of a streamed answer's body, as they come; its end, or an error when it takes longer."""
        rest, end = b"", time.monotonic() + seconds
        while True:
            if time.monotonic() > end:
                raise TimeoutError(f"what was waited for did not come within {seconds} s")
            size = int(self._line().split(";")[0], 16)
            rest += self._take(size)
            self._line()
            *whole, rest = rest.split(b"\n")
            yield from (w.decode() for w in whole)
            if not size:
                return

    def at_end(self):
        """Whether the server has closed: nothing more comes."""
        try:
            return not self.buffer and not self.socket.recv(1)
        except ConnectionResetError:
            return True


def call(server, method, target, headers=(), body=None, key=None, timeout=60, **more):
    """One request on a connection of its own."""
    pairs = list(headers.items() if isinstance(headers, dict) else headers)
    if key:
        pairs.append(("Authorization", f"Bearer {key}"))
    with Connection(server, timeout) as connection:
        return connection.request(method, target, pairs, body, **more)


def raw(server, data, method="GET", timeout=30):
    """Sends bytes as they are, reads one answer; None when the server closes without one."""
    with Connection(server, timeout) as connection:
        connection.send(data.replace(b"HOST", connection.host.encode()))
        try:
            return connection.read(method)
        except (Closed, ConnectionResetError, BrokenPipeError):
            return None
