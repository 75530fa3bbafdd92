# SPDX-License-Identifier: Apache-2.0
"""An S3 server of one's own (scripts/s3), and a proxy before it that fails as it is told."""

import http.client
import os
import signal
import subprocess
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]


class S3:
    def __init__(self):
        self.process = subprocess.Popen([str(ROOT / "scripts/s3"), "--", "bash", "-c", "env | grep ^SOUK_TEST_S3_ | sort; echo; exec sleep infinity"],
                                        stdout=subprocess.PIPE, text=True)
        said = {}
        for line in self.process.stdout:
            if not line.strip():
                break
            name, value = line.strip().split("=", 1)
            said[name.removeprefix("SOUK_TEST_S3_").lower()] = value
        self.available = "endpoint" in said
        if self.available:
            self.endpoint, self.bucket, self.region = said["endpoint"], said["bucket"], said["region"]
            self.environment = {"AWS_ACCESS_KEY_ID": said["access_key"], "AWS_SECRET_ACCESS_KEY": said["secret_key"]}

    def url(self, endpoint=None, prefix=None):
        """A blobs URL with a prefix of its own."""
        prefix = prefix or f"t-{uuid.uuid4().hex[:12]}"
        return f"s3://{self.bucket}/{prefix}?endpoint={quote(endpoint or self.endpoint, safe='')}&region={self.region}"

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.process.stdout.close()


class Proxy:
    """Hands requests on to an S3 server under the Host they were signed for. `fails(method, path)` may answer "500", "503",
    "truncate" or "corrupt" (the answer), "damage" (the request) or "hang up" instead of None."""

    def __init__(self, endpoint):
        target = endpoint.removeprefix("http://")
        proxy = self
        self.fails, self.failed, self.statuses = (lambda method, path: None), 0, []
        self.lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with proxy.lock:
                    how = proxy.fails(self.command, self.path)
                    proxy.failed += how is not None
                if how == "hang up":
                    self.close_connection = True
                    return
                if how in ("500", "503"):
                    text = f"<Error><Code>{'InternalError' if how == '500' else 'SlowDown'}</Code><Message>as told</Message></Error>".encode()
                    self.send_response(int(how))
                    self.send_header("Content-Length", str(len(text)))
                    if how == "503":
                        self.send_header("Retry-After", "0")
                    self.end_headers()
                    self.wfile.write(text if self.command != "HEAD" else b"")
                    return
                if how == "damage":
                    body = body[:len(body) // 2] + bytes([body[len(body) // 2] ^ 1]) + body[len(body) // 2 + 1:]
                connection = http.client.HTTPConnection(target, timeout=60)
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
                data = answer.read()
                proxy.statuses.append(answer.status)
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(name, value)
                length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
                self.send_header("Content-Length", length or "0")
                self.end_headers()
                if how == "corrupt" and data:
                    at = len(data) // 2
                    data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
                if how == "truncate":
                    data, self.close_connection = data[:len(data) // 2], True
                self.wfile.write(data)
                connection.close()

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def fail(self, how, match=lambda method, path: True, times=None):
        """The next `times` requests that match (all, without it) fail so."""
        left = [times]

        def decide(method, path):
            if left[0] == 0 or not match(method, path):
                return None
            if left[0] is not None:
                left[0] -= 1
            return how

        with self.lock:
            self.fails, self.failed, self.statuses = decide, 0, []

    def heal(self):
        with self.lock:
            self.fails = lambda method, path: None

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
