# SPDX-License-Identifier: Apache-2.0
"""A receiver of OTLP/HTTP on loopback: reads what comes with OpenTelemetry's own messages, and fails when it is told to."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse


class Span:
    """One span: `name`, `trace`, `id`, `parent` (hex; "" for none), `begun`, `ended` (ns), `attributes`, `links`, `kind`, `failed`."""

    def __init__(self, raw, service):
        self.name, self.trace, self.id, self.parent = raw.name, raw.trace_id.hex(), raw.span_id.hex(), raw.parent_span_id.hex()
        self.begun, self.ended, self.kind, self.failed = raw.start_time_unix_nano, raw.end_time_unix_nano, raw.kind, raw.status.code == 2
        self.attributes, self.service, self.state = values(raw.attributes), service, raw.trace_state
        self.links = {(link.trace_id.hex(), link.span_id.hex()) for link in raw.links}

    def __repr__(self):
        return f"{self.name} {self.trace[:8]}/{self.id} of {self.parent or '-'} {self.attributes}"


def values(pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


class Collector:
    """`with Collector() as collector: collector.url`. `answer`: (status, body) for each request; None: all is well."""

    def __init__(self, answer=None):
        self.answer, self.lock, self.spans, self.headers = answer or (lambda: None), threading.Lock(), [], []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = collector.take(self, body)
                self.send_response(status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def take(self, handler, body):
        told = self.answer()
        with self.lock:
            self.headers.append({name.lower(): value for name, value in handler.headers.items()})
        if told and told[0] != 200:
            return told
        assert handler.path == "/v1/traces" and handler.headers["Content-Type"] == "application/x-protobuf", handler.path
        request = ExportTraceServiceRequest()
        request.ParseFromString(body)
        with self.lock:
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    assert scope.scope.name == "souk"
                    self.spans += [Span(one, values(resource.resource.attributes)) for one in scope.spans]
        return told or (200, ExportTraceServiceResponse().SerializeToString())

    def of(self, trace):
        with self.lock:
            return [span for span in self.spans if span.trace == trace]

    def until(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not (got := condition()):
            assert time.monotonic() < end, f"{what}: {self.spans[-20:]}"
            time.sleep(0.02)
        return got

    def trace(self, trace, *names):
        """The spans of a trace by name, once all of these are there; each once."""
        self.until(lambda: set(names) <= {span.name for span in self.of(trace)}, f"spans {names} of {trace}")
        spans = self.of(trace)
        assert len({span.name for span in spans}) == len(spans), spans
        return {span.name: span for span in spans}

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
