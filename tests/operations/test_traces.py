# SPDX-License-Identifier: Apache-2.0
"""Traces as a collector gets them: who is whose child, what lies within what, and what is said of it."""

import json
import re
import secrets
import time

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton
from collector import Collector
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from registry_client import deploy, push
from souk_server import Souk, run_cli
from wire import call

SERVER, INTERNAL = 2, 1
BATCHING = b"batching:\n  max_batch_size: 64\n"


@pytest.fixture(scope="module")
def collector():
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def traced(collector, tmp_path_factory, root):
    """A server that traces all, and joins whatever comes in one turn."""
    folder = tmp_path_factory.mktemp("traces")
    (folder / "headers").write_text("Authorization: Bearer a-key\n")
    with Souk(folder / "data", "--traces-endpoint", collector.url, "--traces-headers-file", folder / "headers",
              "--serving-run-in-place-us", "1000000", "--serving-join-within-us", "1000000000", "--node", "node-of-traces") as souk:
        simple = (root / "tests/data/models/simple.onnx").read_bytes()
        for name, more in (("simple", {}), ("joined", {"souk.yaml": BATCHING})):
            assert push(souk, f"default/{name}", "1", {"model.onnx": simple, **more}).status == 201
            deploy(souk, f"default/{name}:1", name)
        yield souk


def new_trace():
    """A trace of a caller: its id, its span, its header."""
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    return trace, span, f"00-{trace}-{span}-01"


def rest(souk, name, parent, data=None, **headers):
    body = {"inputs": [{"name": f"INPUT{i}", "datatype": "INT32", "shape": [1, 16], "data": data or [i] * 16} for i in (0, 1)]}
    return call(souk, "POST", f"/v2/models/{name}/infer", {"traceparent": parent, "Content-Type": "application/json"} | headers,
                json.dumps(body).encode())


def inputs():
    made = [triton.InferInput(f"INPUT{i}", [1, 16], "INT32") for i in (0, 1)]
    for one in made:
        one.set_data_from_numpy(np.ones((1, 16), np.int32))
    return made


def within(inner, outer):
    return outer.begun <= inner.begun <= inner.ended <= outer.ended


def serving_is(span):
    assert span.kind == INTERNAL and not span.failed
    attributes = span.attributes
    assert re.fullmatch("sha256:[0-9a-f]{64}", attributes["souk.version.digest"])
    assert (attributes["souk.version"], attributes["souk.revision"]) == (1, 1)
    assert attributes["souk.model"] == attributes["souk.deployment"]


def alone(spans, request, parent):
    """What one inference that ran alone is made of."""
    assert set(spans) == {request, "queue", "run"}
    server, waited, ran = spans[request], spans["queue"], spans["run"]
    assert server.parent == parent and server.kind == SERVER and not server.failed
    assert waited.parent == ran.parent == server.id
    assert within(waited, server) and within(ran, server) and waited.ended <= ran.begun
    serving_is(ran)
    return server


def test_rest(traced, collector):
    trace, parent, header = new_trace()
    answer = rest(traced, "simple", header, tracestate="vendor=1,other=2")
    assert answer.status == 200 and answer.header("souk-trace-id") == trace
    request = "POST /v2/models/{model}/infer"
    server = alone(collector.trace(trace, request, "run"), request, parent)
    expected = {"http.request.method": "POST", "http.route": "/v2/models/{model}/infer", "url.path": "/v2/models/simple/infer",
                "url.scheme": "http", "http.response.status_code": 200, "client.address": "127.0.0.1", "server.address": "127.0.0.1"}
    assert expected.items() <= server.attributes.items(), server
    assert server.state == "vendor=1,other=2"
    assert server.service["service.name"] == "souk" and server.service["service.instance.id"] == "node-of-traces"
    assert server.service["service.version"]
    assert abs(server.begun / 1e9 - time.time()) < 3600
    assert collector.headers[-1]["authorization"] == "Bearer a-key"


def test_grpc(traced, collector):
    trace, parent, header = new_trace()
    with triton.InferenceServerClient(f"{traced.host}:{traced.port}") as client:
        client.infer("simple", inputs(), headers={"traceparent": header})
    request = "inference.GRPCInferenceService/ModelInfer"
    server = alone(collector.trace(trace, request, "run"), request, parent)
    expected = {"rpc.system": "grpc", "rpc.service": "inference.GRPCInferenceService", "rpc.method": "ModelInfer",
                "rpc.grpc.status_code": 0, "client.address": "127.0.0.1"}
    assert expected.items() <= server.attributes.items(), server


def test_a_stream_is_one_request(traced, collector):
    trace, parent, header = new_trace()
    answers = []
    with triton.InferenceServerClient(f"{traced.host}:{traced.port}") as client:
        client.start_stream(lambda result, error: answers.append(error), headers={"traceparent": header})
        for _ in range(3):
            client.async_stream_infer("simple", inputs())
        collector.until(lambda: len(answers) == 3, "answers")
        client.stop_stream()
    assert answers == [None] * 3
    request = "inference.GRPCInferenceService/ModelStreamInfer"
    spans = collector.until(lambda: {span.name for span in collector.of(trace)} >= {request, "run"} and collector.of(trace), "the stream")
    server = next(span for span in spans if span.name == request)
    assert server.parent == parent and server.attributes["rpc.grpc.status_code"] == 0
    runs = [span for span in spans if span.name == "run"]
    assert len(runs) == 3 and all(run.parent == server.id and within(run, server) for run in runs)


def test_a_batch_links_to_its_members(traced, collector):
    """Calls of one connection that come together; tried until some did."""
    with triton.InferenceServerClient(f"{traced.host}:{traced.port}") as client:
        end = time.monotonic() + 60
        while True:
            sent = {trace: (parent, header) for trace, parent, header in (new_trace() for _ in range(16))}
            errors = []
            for _, header in sent.values():
                client.async_infer("joined", inputs(), callback=lambda result, error: errors.append(error), headers={"traceparent": header})
            collector.until(lambda: len(errors) == len(sent), "answers")
            assert errors == [None] * len(sent)
            for trace in sent:
                collector.trace(trace, "inference.GRPCInferenceService/ModelInfer", "run", "queue")
            batches = [span for trace in sent for span in collector.of(trace) if span.name == "batch"]
            if batches:
                break
            assert time.monotonic() < end, "nothing was joined"
    servers = {trace: collector.trace(trace)["inference.GRPCInferenceService/ModelInfer"] for trace in sent}
    for batch in batches:
        own = collector.trace(batch.trace)
        assert batch.parent == servers[batch.trace].id and within(batch, servers[batch.trace])
        assert own["run"].parent == batch.id and within(own["run"], batch) and own["queue"].ended <= batch.ended
        serving_is(batch)
        serving_is(own["run"])
        assert batch.attributes["souk.batch.requests"] == batch.attributes["souk.batch.rows"] == len(batch.links) > 1
        assert (batch.trace, servers[batch.trace].id) in batch.links
        for trace, span in batch.links:
            assert servers[trace].id == span and servers[trace].parent == sent[trace][0]
            if trace != batch.trace:
                other = collector.trace(trace)
                assert "batch" not in other and other["run"].links == {(batch.trace, batch.id)}
                assert other["run"].parent == span and within(other["run"], servers[trace])


def test_what_failed(traced, collector):
    trace, parent, header = new_trace()
    assert rest(traced, "nothing", header).status == 404
    server = collector.trace(trace, "POST /v2/models/{model}/infer")["POST /v2/models/{model}/infer"]
    assert server.attributes["http.response.status_code"] == 404 and not server.failed, "a caller's fault is none of the server's"

    trace, parent, header = new_trace()
    assert rest(traced, "simple", header, data=[1]).status == 400
    spans = collector.trace(trace, "POST /v2/models/{model}/infer")
    assert "run" not in spans and not spans["POST /v2/models/{model}/infer"].failed

    with triton.InferenceServerClient(f"{traced.host}:{traced.port}") as client:
        trace, parent, header = new_trace()
        with pytest.raises(triton.InferenceServerException):
            client.infer("nothing", inputs(), headers={"traceparent": header})
        server = collector.trace(trace, "inference.GRPCInferenceService/ModelInfer")["inference.GRPCInferenceService/ModelInfer"]
        assert server.attributes["rpc.grpc.status_code"] == grpc.StatusCode.NOT_FOUND.value[0] and not server.failed
        assert server.attributes["error.type"] == "NOT_FOUND"

    trace, parent, header = new_trace()
    assert call(traced, "GET", "/api/v1/nothing-here", {"traceparent": header}).status == 404
    assert collector.until(lambda: collector.of(trace), "a request that fits no route")[0].kind == SERVER


def test_a_fault_of_the_server_is_marked(traced, collector):
    body = {"parameters": {"timeout": 1}, "inputs": [{"name": f"INPUT{i}", "datatype": "INT32", "shape": [1, 16], "data": [i] * 16} for i in (0, 1)]}
    name = "POST /v2/models/{model}/infer"
    status, end = 0, time.monotonic() + 60
    while status < 500:  # until it takes longer than that microsecond
        assert time.monotonic() < end, status
        trace, parent, header = new_trace()
        status = call(traced, "POST", "/v2/models/joined/infer", {"traceparent": header, "Content-Type": "application/json"}, json.dumps(body).encode()).status
    spans = collector.trace(trace, name)
    assert spans[name].failed and spans[name].attributes["error.type"] == str(status)
    assert "run" not in spans or spans["run"].failed, spans


def test_exemplars_lead_to_traces(traced, collector):
    trace, parent, header = new_trace()
    assert rest(traced, "simple", header).status == 200
    server = collector.trace(trace, "POST /v2/models/{model}/infer", "run")["POST /v2/models/{model}/infer"]
    text = call(traced, "GET", "/metrics", {"Accept": "application/openmetrics-text"}).body.decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    for name in ("souk_serving_request_duration_seconds", "souk_serving_revision_request_duration_seconds",
                 "souk_serving_revision_queue_duration_seconds", "souk_serving_revision_compute_duration_seconds"):
        kept = [s.exemplar for s in families[name].samples if s.exemplar and s.labels["deployment"] == "default/simple"]
        assert {"trace_id": trace, "span_id": server.id} in [one.labels for one in kept], (name, kept)
        assert all(one.value >= 0 and abs(float(one.timestamp) - time.time()) < 3600 for one in kept)
    assert trace not in call(traced, "GET", "/metrics").body.decode()


def test_the_callers_word_and_the_ratio(collector, traced, tmp_path):
    not_sampled = secrets.token_hex(16)
    assert call(traced, "GET", "/healthz", {"traceparent": f"00-{not_sampled}-{secrets.token_hex(8)}-00"}).status == 200
    own = call(traced, "GET", "/healthz").header("souk-trace-id")
    root = collector.trace(own, "GET /healthz")["GET /healthz"]
    assert root.parent == "" and not collector.of(not_sampled)
    with Souk(tmp_path / "data", "--traces-endpoint", collector.url + "/v1/traces", "--traces-ratio", "0") as souk:
        unasked = call(souk, "GET", "/healthz").header("souk-trace-id")
        trace, parent, header = new_trace()
        call(souk, "GET", "/healthz", {"traceparent": header})
        collector.trace(trace, "GET /healthz")
        assert not collector.of(unasked)


def counted(souk, name):
    metrics = call(souk, "GET", "/metrics", {"Accept": "text/plain"}).body.decode()
    return int(re.search(rf"^{name} (\d+)$", metrics, re.M).group(1))


def test_a_collector_that_fails_costs_nobody_anything(tmp_path):
    told = []
    refusal = ExportTraceServiceResponse()
    refusal.partial_success.rejected_spans, refusal.partial_success.error_message = 1, "not that one"
    answers = {1: (503, b""), 2: (400, b""), 3: (200, refusal.SerializeToString())}

    def answer():
        told.append(time.monotonic())
        return answers.get(len(told))

    with Collector(answer) as collector, Souk(tmp_path / "data", "--traces-endpoint", collector.url) as souk:
        trace, _, header = new_trace()
        assert call(souk, "GET", "/healthz", {"traceparent": header}).status == 200
        collector.until(lambda: len(told) >= 2, "another attempt after 503")
        collector.until(lambda: counted(souk, "souk_net_spans_dropped_total") >= 1, "400 is not tried again")
        assert not collector.of(trace)
        before = counted(souk, "souk_net_spans_dropped_total")
        collector.until(lambda: len(told) >= 3 and counted(souk, "souk_net_spans_dropped_total") >= before + 1, "one refused of several")
        collector.until(lambda: counted(souk, "souk_net_spans_sent_total") >= 1, "all is well again")
        assert "not that one" in souk.log() or "HTTP 503" in souk.log()
    with Souk(tmp_path / "gone", "--traces-endpoint", "http://127.0.0.1:1", "--traces-queue", "10") as souk:
        for _ in range(40):
            assert call(souk, "GET", "/healthz").status == 200
        assert counted(souk, "souk_net_spans_dropped_total") >= 20


def test_settings_that_make_no_sense_are_said(tmp_path):
    for arguments, field in ((["--traces-endpoint", "collector:4318"], "traces.endpoint"),
                             (["--traces-endpoint", "http://127.0.0.1:1", "--traces-headers-file", tmp_path / "none"], "traces.headers_file"),
                             (["--traces-ratio", "2"], "traces.ratio")):
        tried = run_cli("serve", "--dev", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", *arguments)
        assert tried.returncode != 0 and field in tried.stderr, tried.stderr


def test_the_access_log_has_every_request(tmp_path, root):
    with Souk(tmp_path / "data", "--api-access-log", "true") as souk:
        assert push(souk, "default/simple", "1", {"m.onnx": (root / "tests/data/models/simple.onnx").read_bytes()}).status == 201
        deploy(souk, "default/simple:1", "simple")
        first, _, header = new_trace()
        assert rest(souk, "simple", header).status == 200
        second, _, header = new_trace()
        with triton.InferenceServerClient(f"{souk.host}:{souk.port}") as client:
            client.infer("simple", inputs(), headers={"traceparent": header})
        third, _, header = new_trace()
        assert rest(souk, "nothing", header).status == 404
    logged = {line.get("trace_id"): line for line in map(json.loads, souk.log().splitlines()) if line["message"] == "answered"}
    for trace, path, status in ((first, "/v2/models/simple/infer", 200), (second, "/inference.GRPCInferenceService/ModelInfer", 200),
                                (third, "/v2/models/nothing/infer", 404)):
        line = logged[trace]
        assert (line["path"], line["status"], line["method"]) == (path, status, "POST"), line
        assert line["peer"].startswith("127.0.0.1") and line["principal"] and line["ms"] >= 0, line
