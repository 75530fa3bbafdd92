# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks on loopback: keeps what came, verified with the field's own library, and fails when it is told to."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook


class Receiver:
    """`with Receiver() as receiver: receiver.url`. `answer(handler, body)` gives a status; None: 200."""

    def __init__(self, answer=None):
        self.secret, self.answer, self.lock = None, answer or (lambda *_: None), threading.Lock()
        self.taken, self.refused, self.requests, self.wrong = [], [], [], []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.take(self, headers, body)
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", receiver.url + "/elsewhere")
                self.send_header("Content-Length", "5")
                self.end_headers()
                self.wfile.write(b"heard")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def take(self, handler, headers, body):
        message = json.loads(body) | {"id": headers["webhook-id"]}
        status = self.answer(handler, message) or 200
        with self.lock:
            self.requests.append((handler.path, headers))
            if self.secret:
                try:
                    Webhook(self.secret).verify(body, headers)
                except Exception as error:  # noqa: BLE001: whatever the library says is wrong
                    self.wrong.append((repr(error), headers))
            (self.taken if 200 <= status < 300 else self.refused).append(message)
        return status

    def ids(self):
        with self.lock:
            return [message["id"] for message in self.taken]

    def until(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not condition(self):
            assert time.monotonic() < end, f"{what}: {len(self.taken)} taken, {len(self.refused)} refused, {self.wrong[:3]}"
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
