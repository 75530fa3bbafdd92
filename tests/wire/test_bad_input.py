# SPDX-License-Identifier: Apache-2.0
"""What bad input gets: a clear answer of the right code in the door's own form, and nothing half done.

Here: JSON, names and model files. Framing is in test_http.py, tensors in test_oip.py, pictures in test_instill.py,
manifests in test_oci.py, callers in test_access.py, kill -9 in fault/.
"""

import re
import time

import pytest
from registry_client import push
from wire import call

MODELS = "/api/v1/namespaces/default/models"
DEPLOYMENTS = "/api/v1/namespaces/default/deployments"


def count(souk):
    return len(call(souk, "GET", f"{MODELS}?page_size=1000").json()["models"])


JSON = {
    "nothing": b"",
    "half": b'{"name":"x"',
    "more than one": b'{"name":"x"}{"name":"y"}',
    "an array": b'[{"name":"x"}]',
    "a number": b"1",
    "null": b"null",
    "a trailing comma": b'{"name":"x",}',
    "single quotes": b"{'name':'x'}",
    "a comment": b'{"name":"x"/**/}',
    "NaN": b'{"name":"x","custom_properties":{"a":NaN}}',
    "a number past a double": b'{"name":"x","custom_properties":{"a":1e999}}',
    "a key twice": b'{"name":"x","name":"y"}',
    "not UTF-8": b'{"name":"\xff\xfe"}',
    "a lone surrogate": b'{"name":"\\ud800"}',
    "a raw control character": b'{"name":"a\nb"}',
    "deep arrays": b'{"name":"x","custom_properties":{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
    "deep objects": b'{"name":"x","custom_properties":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001,
    "an unknown field": b'{"name":"x","naem":"y"}',
    "a number for a name": b'{"name":7}',
    "null for a name": b'{"name":null}',
    "no name": b"{}",
    "tags that are no texts": b'{"name":"x","tags":{"a":1}}',
    "tags that are a list": b'{"name":"x","tags":["a"]}',
}


@pytest.mark.parametrize("name", JSON)
def test_json_that_is_none(souk, name):
    before = count(souk)
    answer = call(souk, "POST", MODELS, {"Content-Type": "application/json"}, JSON[name])
    problem = answer.problem(400, "INVALID_ARGUMENT")
    assert len(problem["detail"]) < 1000
    assert count(souk) == before


def test_errors_say_where_and_what(souk):
    problem = call(souk, "POST", MODELS, data={"name": "x", "tags": {"a": 1}}).problem(400, "INVALID_ARGUMENT")
    assert problem["field"] == "tags.a" and "string" in problem["detail"], problem
    problem = call(souk, "POST", MODELS, data={"name": "x", "naem": 1}).problem(400, "INVALID_ARGUMENT")
    assert problem["field"] == "naem", problem
    problem = call(souk, "POST", MODELS, data={}).problem(400, "INVALID_ARGUMENT")
    assert problem["field"] == "name", problem


def test_a_body_that_is_not_called_json(souk):
    for type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = call(souk, "POST", MODELS, {"Content-Type": type}, b'{"name":"from a form"}')
        assert answer.status in (400, 415), (type, answer.status)  # a form of another site can send these
    assert call(souk, "GET", f"{MODELS}/from-a-form").status == 404


BAD_NAMES = {
    "blank": "  \t", "a control character": "a\u0001b", "a line end": "a\nb", "NUL": "a\0b", "delete": "a\x7fb",
    "an upper control character": "a\u0085b", "a turn of direction": "a\u202eb", "251 bytes": "a" * 251, "10,000 characters": "x" * 10_000, "10,000 in three bytes": "水" * 10_000,
}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_are_none(souk, name):
    before = count(souk)
    problem = call(souk, "POST", MODELS, data={"name": BAD_NAMES[name], "slug": "a-good-slug"}).problem(400, "INVALID_ARGUMENT")
    assert problem["field"] == "name" and len(problem["detail"]) < 1000, problem
    call(souk, "POST", "/api/v1/namespaces", data={"name": BAD_NAMES[name], "slug": "a-good-slug"}).problem(400, "INVALID_ARGUMENT")
    assert count(souk) == before


BAD_SLUGS = ["..", ".", "a/b", "a\\b", "A", "ä", "-a", "a-", "a..b", "a b", "a\nb", "a\0b", "a" * 101, "x" * 10_000, "%2e%2e", "blobs", "manifests", "tags",
             "referrers", "versions", "ready", "infer", "config", "stats", "load", "unload", "models", "health", "repository"]


@pytest.mark.parametrize("slug", BAD_SLUGS, ids=[s[:12] for s in BAD_SLUGS])
def test_slugs_that_are_none(souk, slug):
    problem = call(souk, "POST", MODELS, data={"name": f"a good name {time.time_ns()}", "slug": slug}).problem(400, "INVALID_ARGUMENT")
    assert problem["field"] == "slug", problem
    call(souk, "POST", "/api/v1/namespaces", data={"name": "n", "slug": slug}).problem(400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("name", ["a/b", "A", "-a", "health", "models", "..", "%2e%2e", "x" * 200, "a\nb", "x" * 10_000], ids=lambda n: n[:12])
def test_a_deployment_of_any_name_has_a_good_slug(souk, digits, name):
    answer = call(souk, "POST", DEPLOYMENTS, data={"reference": "digits:1", "name": name})
    if answer.status == 400:
        answer.problem(400, "INVALID_ARGUMENT")
        return
    slug = answer.json()["slug"]
    assert re.fullmatch(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*", slug) and len(slug) <= 100 and slug not in BAD_SLUGS
    assert call(souk, "DELETE", f"{DEPLOYMENTS}/{slug}").status == 204


def test_a_name_with_nothing_for_a_slug(souk):
    made = call(souk, "POST", MODELS, data={"name": "水火"})
    assert made.status == 201 and call(souk, "GET", f"{MODELS}/{made.json()['slug']}").json()["name"] == "水火"
    call(souk, "POST", MODELS, data={"name": ""}).problem(400, "INVALID_ARGUMENT")


def test_names_of_every_script_come_back(souk):
    for i, name in enumerate(("Größe", "模型 一", "नमूना", "e\u0301", "😀", "<script>alert(1)</script>", "'; DROP TABLE models; --", "{{7*7}}", "%s%n")):
        made = call(souk, "POST", MODELS, data={"name": name, "slug": f"script-{i}"})
        assert made.status == 201, (name, made.body)
        assert call(souk, "GET", f"{MODELS}/script-{i}").json()["name"] == name


def test_values_that_are_too_large(souk):
    for field in ("description", "readme", "owner"):
        answer = call(souk, "POST", MODELS, data={"name": "large", field: "x" * (10 << 20)})
        assert answer.status in (400, 413), (field, answer.status)
    answer = call(souk, "POST", MODELS, data={"name": "large", "tags": {f"t{i}": "x" for i in range(200_000)}})
    assert answer.status in (400, 413)
    call(souk, "GET", f"{MODELS}/large").problem(404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["nothing", "9999999999999999999999", "-1", "0", "1e3", "..", "%00", "x" * 10_000])
def test_ids_that_are_not_there(souk, digits, path):
    for where in (f"{MODELS}/{path}", f"{MODELS}/digits/versions/{path}", f"{DEPLOYMENTS}/{path}", f"/api/v1/namespaces/{path}"):
        for method in ("GET", "DELETE"):
            answer = call(souk, method, where)
            if where == f"/api/v1/namespaces/{path}" and method == "DELETE":
                assert answer.status in (404, 405, 400)
                continue
            assert answer.status in (400, 404, 414), (method, where[:80], answer.status)
            assert answer.type == "application/problem+json"
    assert call(souk, "GET", f"{MODELS}/digits").status == 200


def test_duplicates(souk):
    assert call(souk, "POST", MODELS, data={"name": "twice"}).status == 201
    problem = call(souk, "POST", MODELS, data={"name": "twice"}).problem(409, "ALREADY_EXISTS")
    assert "twice" in problem["detail"]


BROKEN_MODELS = ["corrupt.onnx", "truncated.onnx", "text.onnx", "empty.onnx", "unknown_operator.onnx", "escape_up.onnx", "escape_absolute.onnx",
                 "missing_external.onnx"]


@pytest.mark.parametrize("name", BROKEN_MODELS)
def test_files_that_are_no_model(souk, files, name):
    slug = "broken-" + name.split(".")[0].replace("_", "-")
    answer = push(souk, f"default/{slug}", "1", {"model.onnx": (files / "bad" / name).read_bytes()})
    assert answer.status == 400, (answer.status, answer.body)
    error = answer.json()["errors"][0]
    assert error["code"] == "MANIFEST_INVALID" and "model.onnx" in error["message"], error
    assert str(souk.data) not in error["message"], "a path of the server is told"
    assert call(souk, "GET", f"{MODELS}/{slug}").status == 404, "a model was left half made"
    assert call(souk, "GET", f"/v2/default/{slug}/manifests/1").status == 404


def test_a_model_that_unfolds_to_gigabytes(souk, files):
    before = souk.resident_kib()
    answer = push(souk, "default/hungry", "1", {"model.onnx": (files / "bad/hungry.onnx").read_bytes()})
    if answer.status == 201:  # it may be taken where it is not unfolded
        call(souk, "POST", DEPLOYMENTS, {"Prefer": "wait=30"}, data={"reference": "hungry:1", "name": "hungry"})
    else:
        assert answer.status == 400 and "memory" in answer.json()["errors"][0]["message"], answer.body
    assert souk.resident_kib() < before + 1_500_000
    call(souk, "DELETE", f"{DEPLOYMENTS}/hungry")
    assert call(souk, "GET", "/healthz").status == 200


DECLARATIONS = {
    "no YAML": b"task: [",
    "an unknown task": b"task: DANCE\n",
    "an unknown field": b"task: CLASSIFICATION\ninput:\n  widht: 16\n",
    "an alias bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(b"%c: &%c [%s]\n" % (c + 1, c + 1, b",".join([b"*%c" % c] * 9)) for c in range(97, 110)),
    "labels elsewhere": b"task: CLASSIFICATION\ninput: {color: GRAY, width: 16, height: 16}\noutput: {name: probabilities, labels: ../../../etc/passwd}\n",
    "labels missing": b"task: CLASSIFICATION\ninput: {color: GRAY, width: 16, height: 16}\noutput: {name: probabilities, labels: nothing.txt}\n",
    "another size": b"task: CLASSIFICATION\ninput: {color: GRAY, width: 17, height: 16}\noutput: {name: probabilities}\n",
    "deeply nested": b"[" * 10_000,
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("name", DECLARATIONS)
def test_declarations_that_are_none(souk, root, name):
    slug = "declared-" + name.lower().replace(" ", "-")
    began = time.monotonic()
    answer = push(souk, f"default/{slug}", "1", {"m.onnx": (root / "samples/digits/digits.onnx").read_bytes(), "souk.yaml": DECLARATIONS[name]})
    assert time.monotonic() - began < 20
    assert answer.status == 400, (answer.status, answer.body)
    message = answer.json()["errors"][0]["message"]
    assert "souk.yaml" in message and "root:" not in message, message
    assert call(souk, "GET", f"{MODELS}/{slug}").status == 404


def test_nothing_of_all_this_is_an_internal_error(souk):
    """Runs after the others of this file: a 5xx is a fault of the server, whoever sent what."""
    metrics = call(souk, "GET", "/metrics").body.decode()
    errors = [line for line in metrics.splitlines() if line.startswith("souk_api_requests_total") and 'status="5xx"' in line and 'door="native"' in line]
    assert all(line.endswith(" 0") for line in errors), errors
    assert "handler threw" not in souk.log()
