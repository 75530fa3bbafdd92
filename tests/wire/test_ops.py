# SPDX-License-Identifier: Apache-2.0
"""The door for operators: health, readiness, metrics, the API's description."""

import base64
import hashlib
import json
import re

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from wire import Connection, call


def test_health(souk):
    answer = call(souk, "GET", "/healthz")
    assert (answer.status, answer.type, answer.body) == (200, "text/plain", b"ok\n")
    assert answer.header("Content-Length") == "3"


def test_head_has_the_length_and_no_body(souk):
    with Connection(souk) as connection:
        answer = connection.request("HEAD", "/healthz")
        assert (answer.status, answer.header("Content-Length"), answer.body) == (200, "3", b"")
        assert connection.request("GET", "/healthz").body == b"ok\n"  # the connection is in step


def test_ready(souk, digits):
    answer = call(souk, "GET", "/readyz")
    assert answer.status == 200, answer.body


def test_metrics_are_prometheus_text(souk, digits):
    call(souk, "GET", "/api/v1/models")
    answer = call(souk, "GET", "/metrics")
    assert answer.status == 200
    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    types, seen = {}, set()
    sample = re.compile(r'([a-z_:][a-z0-9_:]*)(\{([a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)')
    for line in answer.body.decode().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} is described twice"
            types[name] = kind
        elif not line.startswith("#"):
            match = sample.fullmatch(line)
            assert match, line
            float(match[4])
            series = (match[1], match[2])
            assert series not in seen, line
            seen.add(series)
            base = re.sub(r"_(bucket|sum|count)$", "", match[1])
            assert match[1] in types or base in types, line
    assert all(name.startswith(("souk_", "process_")) for name in types), types
    assert types["souk_api_requests_total"] == "counter"


@pytest.mark.parametrize("accept,is_open", [
    ("application/openmetrics-text", True),
    ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
     "text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", True),
    ("Application/OpenMetrics-Text; q=0.5 , text/plain;q=0.5", True),
    ("text/plain;version=0.0.4, application/openmetrics-text;q=0.9", False),
    ("application/openmetrics-text;q=0", False), ("application/openmetrics-texts", False), ("*/*", False), ("", False), (";q=,,;", False)])
def test_metrics_are_openmetrics_to_who_asks_for_it(souk, digits, accept, is_open):
    answer = call(souk, "GET", "/metrics", {"Accept": accept})
    assert answer.status == 200 and answer.header("Vary") == "Accept"
    if not is_open:
        assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8" and b"# EOF" not in answer.body
        return
    assert answer.header("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    text = answer.body.decode()
    assert text.endswith("\n# EOF\n")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["souk_api_requests"].type == "counter" and families["souk_api_request_duration_seconds"].type == "histogram"
    of_digits = [s for s in families["souk_serving_revision_info"].samples if s.labels["deployment"] == "default/digits"]
    assert len(of_digits) == 1 and of_digits[0].value == 1 and of_digits[0].labels["digest"].startswith("sha256:")


def test_openapi_describes_the_native_door(souk):
    answer = call(souk, "GET", "/openapi.json")
    assert answer.status == 200 and answer.type == "application/json"
    document = answer.json()
    assert document["openapi"].startswith("3.")
    paths = document["paths"]
    model = paths["/api/v1/namespaces/{ns}/models/{model}"]
    assert {"get", "patch", "delete"} <= set(model)
    ids = [o["operationId"] for p in paths.values() for o in p.values() if isinstance(o, dict) and "operationId" in o]
    assert len(ids) == len(set(ids)), "operationIds repeat"
    names = set(document["components"]["schemas"])
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)):
        assert name in names, f"{name} is referred to, not described"


def test_openapi_is_the_checked_in_copy(souk, root):
    served, kept = call(souk, "GET", "/openapi.json").json(), json.loads((root / "openapi/souk.json").read_text())
    assert served == kept, "run scripts/update-openapi"


def test_what_is_not_there(souk):
    call(souk, "GET", "/api/v1/nothing").problem(404, "NOT_FOUND")
    assert call(souk, "GET", "/assets/nothing.js").status == 404


def test_a_method_that_is_not_allowed(souk):
    answer = call(souk, "DELETE", "/healthz")
    assert answer.status == 405
    assert "GET" in answer.header("Allow")


def test_trace_ids_go_on(souk):
    mine = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = call(souk, "GET", "/healthz", {"traceparent": f"00-{mine}-00f067aa0ba902b7-01"})
    assert answer.header("souk-trace-id") == mine
    for bad in ("", "00-xyz-1-01", f"00-{'0' * 32}-00f067aa0ba902b7-01"):
        made = call(souk, "GET", "/healthz", {"traceparent": bad}).header("souk-trace-id")
        assert re.fullmatch("[0-9a-f]{32}", made) and made != "0" * 32
    problem = call(souk, "GET", "/api/v1/nothing", {"traceparent": f"00-{mine}-00f067aa0ba902b7-01"}).problem(404, "NOT_FOUND")
    assert problem["trace_id"] == mine


def test_the_page_is_served_with_a_policy(souk):
    answer = call(souk, "GET", "/", {"Accept": "text/html"})
    assert answer.status == 200 and answer.type == "text/html"
    assert "default-src" in answer.header("Content-Security-Policy")
    assert answer.header("X-Content-Type-Options") == "nosniff"
    # What stands in the page itself is allowed by its hash, and nothing else is.
    policy = answer.header("Content-Security-Policy")
    assert "unsafe" not in policy
    for element in ("script", "style"):
        inline = re.findall(rb"<" + element.encode() + rb">(.*?)</" + element.encode() + rb">", answer.body, re.S)
        allowed = re.findall(r"'sha256-([^']+)'", re.search(rf"{element}-src ([^;]*)", policy)[1])
        assert allowed == [base64.b64encode(hashlib.sha256(text).digest()).decode() for text in inline]
    deep = call(souk, "GET", "/models/default/digits", {"Accept": "text/html"})
    assert deep.status == 200 and deep.body == answer.body
