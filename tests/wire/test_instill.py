# SPDX-License-Identifier: Apache-2.0
"""Instill's door, /v1alpha: reading models, and the synchronous trigger."""

import base64
import time

import pytest
from both_databases import digits, models, own_souk, souk  # noqa: F401
from registry_client import deploy_digits, push
from souk_server import Souk
from wire import call

MODEL = "/v1alpha/namespaces/default/models/digits"


def refused(answer, status, code):
    """google.rpc.Status."""
    assert answer.status == status, (answer.status, answer.body)
    body = answer.json()
    assert body["code"] == code and body["message"], body
    return body["message"]


def picture(path):
    return {"data": {"type": "image-base64", "image-base64": base64.b64encode(path.read_bytes()).decode()}}


def trigger(souk, inputs, where=MODEL):
    return call(souk, "POST", f"{where}/trigger", data={"task_inputs": inputs})


def test_health(souk):
    for path in ("/v1alpha/__liveness", "/v1alpha/health/model", "/v1alpha/__readiness", "/v1alpha/ready/model"):
        answer = call(souk, "GET", path)
        assert answer.status == 200, path
        assert answer.json()["health_check_response"]["status"] == "SERVING_STATUS_SERVING"


def test_a_model(souk, digits):
    model = call(souk, "GET", MODEL).json()["model"]
    assert model["name"] == "namespaces/default/models/digits"
    assert model["task"] == "TASK_CLASSIFICATION" and model["display_name"]
    assert "1" in model["versions"]
    for path in ("/v1alpha/models", "/v1alpha/namespaces/default/models"):
        listed = call(souk, "GET", f"{path}?page_size=100").json()
        assert any(m["name"] == model["name"] for m in listed["models"])
        assert int(listed["total_size"]) >= 1 and "next_page_token" in listed


def test_pages(souk, models):
    seen, token = [], ""
    while True:
        page = call(souk, "GET", f"/v1alpha/namespaces/default/models?page_size=1&page_token={token}").json()
        seen += [m["name"] for m in page["models"]]
        token = page["next_page_token"]
        if not token:
            break
        assert len(page["models"]) == 1
    assert len(seen) == len(set(seen)) >= 5


def test_versions(souk, digits):
    versions = call(souk, "GET", f"{MODEL}/versions").json()["versions"]
    assert versions[0]["version"] == "1" and versions[0]["digest"].startswith("sha256:")
    assert versions[0]["name"] == "namespaces/default/models/digits/versions/1"
    watch = call(souk, "GET", f"{MODEL}/watch").json()
    assert watch["state"] in ("STATE_ACTIVE", "STATE_IDLE")
    assert call(souk, "GET", f"{MODEL}/versions/1/watch").json()["state"] in ("STATE_ACTIVE", "STATE_IDLE")


def test_definitions(souk):
    definitions = call(souk, "GET", "/v1alpha/model-definitions").json()["model_definitions"]
    assert definitions and all(d["name"].startswith("model-definitions/") for d in definitions)
    one = definitions[0]["name"]
    assert call(souk, "GET", f"/v1alpha/{one}").json()["model_definition"]["name"] == one
    refused(call(souk, "GET", "/v1alpha/model-definitions/nothing"), 404, 5)


@pytest.mark.parametrize("digit", range(10))
def test_each_sample_picture(souk, digits, root, digit):
    answer = trigger(souk, [picture(root / f"samples/digits/images/{digit}.png")])
    assert answer.status == 200, answer.body
    body = answer.json()
    assert body["task"] == "TASK_CLASSIFICATION"
    data = body["task_outputs"][0]["data"]
    assert list(data)[:2] == ["category", "score"]
    assert data["category"] == str(digit) and 0.5 < data["score"] <= 1
    assert [s["category"] for s in data["scores"]] == [str(d) for d in range(10)]
    assert abs(sum(s["score"] for s in data["scores"]) - 1) < 1e-4


def test_a_batch_is_answered_in_order(souk, digits, root):
    inputs = [picture(root / f"samples/digits/images/{d}.png") for d in (3, 1, 4, 1, 5)]
    outputs = trigger(souk, inputs).json()["task_outputs"]
    assert [o["data"]["category"] for o in outputs] == ["3", "1", "4", "1", "5"]
    version = trigger(souk, inputs[:2], f"{MODEL}/versions/1").json()["task_outputs"]
    assert [o["data"]["category"] for o in version] == ["3", "1"]


def test_a_data_url(souk, digits, root):
    item = picture(root / "samples/digits/images/7.png")
    item["data"]["image-base64"] = "data:image/png;base64," + item["data"]["image-base64"]
    assert trigger(souk, [item]).json()["task_outputs"][0]["data"]["category"] == "7"


WRONG = {
    "no data": [{}],
    "data no object": [{"data": 7}],
    "no picture": [{"data": {"type": "image-base64"}}],
    "no base64": [{"data": {"type": "image-base64", "image-base64": "?!"}}],
    "an empty picture": [{"data": {"type": "image-base64", "image-base64": ""}}],
    "a number as picture": [{"data": {"type": "image-base64", "image-base64": 7}}],
    "a picture elsewhere": [{"data": {"type": "image-url", "image-url": "http://127.0.0.1:1/x.png"}}],
    "a file here": [{"data": {"type": "image-url", "image-url": "file:///etc/passwd"}}],
    "another type": [{"data": {"type": "video"}}],
    "no inputs": [],
}


@pytest.mark.parametrize("name", WRONG)
def test_inputs_that_are_none(souk, digits, name):
    message = refused(trigger(souk, WRONG[name]), 400, 3)
    assert "task_inputs" in message, message


def test_bodies_that_are_none(souk, digits):
    for body in (b"", b"{", b"[]", b"{}", b'{"task_inputs":{}}', b"[" * 200_000):
        answer = call(souk, "POST", f"{MODEL}/trigger", {"Content-Type": "application/json"}, body)
        refused(answer, 400, 3)


PICTURES = ["bomb.png", "huge_header.png", "zero_width.png", "truncated.png", "truncated.jpg", "huge_header.jpg", "header_only.jpg",
            "bad_crc.png", "cmyk.jpg", "text.png", "empty.png", "text.onnx"]


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_that_are_none(souk, digits, files, root, name):
    before = souk.resident_kib()
    good = picture(root / "samples/digits/images/1.png")
    message = refused(trigger(souk, [good, picture(files / "bad" / name)]), 400, 3)
    assert "task_inputs[1]" in message, message
    assert souk.resident_kib() < before + 300_000, "the picture was unpacked"
    assert trigger(souk, [good]).json()["task_outputs"][0]["data"]["category"] == "1"


def test_what_is_not_there(souk, digits):
    refused(call(souk, "GET", "/v1alpha/namespaces/default/models/nothing"), 404, 5)
    refused(call(souk, "GET", "/v1alpha/namespaces/nothing/models"), 404, 5)
    refused(trigger(souk, [{"data": {}}], "/v1alpha/namespaces/default/models/nothing"), 404, 5)
    refused(trigger(souk, [{"data": {}}], f"{MODEL}/versions/99"), 404, 5)


def test_a_model_without_a_task(souk, models):
    refused(trigger(souk, [{"data": {}}], "/v1alpha/namespaces/default/models/simple"), 400, 9)


# --- definitions, regions --------------------------------------------------------------------------------

def test_definitions_say_what_they_want(souk):
    page = call(souk, "GET", "/v1alpha/model-definitions?page_size=2").json()
    assert len(page["model_definitions"]) == 2 and page["total_size"] == 5
    rest = call(souk, "GET", f"/v1alpha/model-definitions?page_size=100&page_token={page['next_page_token']}").json()
    assert len(rest["model_definitions"]) == 3 and rest["next_page_token"] == ""
    assert {d["release_stage"] for d in page["model_definitions"]} == {"RELEASE_STAGE_GENERALLY_AVAILABLE"}
    assert "model_spec" not in page["model_definitions"][0]
    spec = call(souk, "GET", "/v1alpha/model-definitions/http?view=VIEW_FULL").json()["model_definition"]["model_spec"]
    assert spec["required"] == ["url"] and spec["additionalProperties"] is False
    refused(call(souk, "GET", "/v1alpha/model-definitions?page_token=nothing"), 400, 3)
    regions = call(souk, "GET", "/v1alpha/available-regions").json()["regions"]
    assert regions[0]["region_name"] == "local" and regions[0]["hardware"][0] == {"title": "CPU", "value": "CPU"}


# --- models: create, change, rename, delete --------------------------------------------------------------

MODELS = "/v1alpha/namespaces/default/models"


def test_a_model_from_its_making_to_its_end(souk):
    made = call(souk, "POST", MODELS, data={
        "id": "crud", "displayName": "Crud Model", "description": "one", "modelDefinition": "model-definitions/http",
        "configuration": {"url": "https://example.org/m.zip"}, "task": "TASK_CLASSIFICATION", "visibility": "VISIBILITY_PRIVATE",
        "region": "local", "hardware": "CPU", "tags": ["a", "b"], "readme": "# Crud", "license": "MIT", "sourceUrl": "https://example.org"})
    assert made.status == 201, made.body
    model = made.json()["model"]
    assert model["name"] == "namespaces/default/models/crud" and model["id"] == "crud" and model["display_name"] == "Crud Model"
    assert model["model_definition"] == "model-definitions/http" and model["configuration"] == {"url": "https://example.org/m.zip"}
    assert model["task"] == "TASK_CLASSIFICATION" and model["license"] == "MIT" and model["source_url"] == "https://example.org"
    assert sorted(model["tags"]) == ["a", "b"] and model["versions"] == [] and model["permission"] == {"can_edit": True, "can_trigger": True}
    assert model["stats"]["number_of_runs"] == 0

    # Another door shows the same model.
    native = call(souk, "GET", "/api/v1/namespaces/default/models/crud").json()
    assert native["name"] == "Crud Model" and native["custom_properties"]["license"] == "MIT"

    changed = call(souk, "PATCH", f"{MODELS}/crud", data={"description": "two", "tags": ["b", "c"], "visibility": "VISIBILITY_PUBLIC"})
    assert changed.status == 200, changed.body
    model = changed.json()["model"]
    assert model["description"] == "two" and model["display_name"] == "Crud Model" and sorted(model["tags"]) == ["b", "c"]
    assert model["visibility"] == "VISIBILITY_PUBLIC" and model["license"] == "MIT"
    masked = call(souk, "PATCH", f"{MODELS}/crud?update_mask=readme", data={"readme": "# New", "description": "three", "visibility": "VISIBILITY_PRIVATE"})
    model = masked.json()["model"]
    assert model["readme"] == "# New" and model["description"] == "two" and model["visibility"] == "VISIBILITY_PUBLIC"

    renamed = call(souk, "POST", f"{MODELS}/crud/rename", data={"new_model_id": "crud-2"})
    assert renamed.status == 200 and renamed.json()["model"]["name"] == "namespaces/default/models/crud-2", renamed.body
    refused(call(souk, "GET", f"{MODELS}/crud"), 404, 5)
    assert call(souk, "DELETE", f"{MODELS}/crud-2").status == 204
    refused(call(souk, "GET", f"{MODELS}/crud-2"), 404, 5)
    refused(call(souk, "DELETE", f"{MODELS}/crud-2"), 404, 5)


NO_MODELS = {
    "no definition": {"id": "x1"},
    "an unknown definition": {"id": "x2", "model_definition": "model-definitions/nothing"},
    "no name": {"model_definition": "oci"},
    "no url": {"id": "x3", "model_definition": "http"},
    "a configuration too much": {"id": "x4", "model_definition": "oci", "configuration": {"url": "x"}},
    "a configuration of numbers": {"id": "x5", "model_definition": "http", "configuration": {"url": 7}},
    "a configuration that is none": {"id": "x6", "model_definition": "http", "configuration": []},
    "an unknown task": {"id": "x7", "model_definition": "oci", "task": "TASK_NOTHING"},
    "an unknown region": {"id": "x8", "model_definition": "oci", "region": "mars"},
    "unknown hardware": {"id": "x9", "model_definition": "oci", "hardware": "TPU"},
    "an unknown visibility": {"id": "x10", "model_definition": "oci", "visibility": "PUBLIC"},
    "a name that is none": {"id": "../x", "model_definition": "oci"},
    "a reserved name": {"id": "blobs", "model_definition": "oci"},
    "a field twice": {"id": "x11", "model_definition": "oci", "display_name": "a", "displayName": "b"},
    "tags that are none": {"id": "x12", "model_definition": "oci", "tags": "a"},
}


@pytest.mark.parametrize("name", NO_MODELS)
def test_models_that_are_none(souk, name):
    refused(call(souk, "POST", MODELS, data=NO_MODELS[name]), 400, 3)


def test_models_in_conflict(souk, digits):
    refused(call(souk, "POST", MODELS, data={"id": "digits", "model_definition": "oci"}), 409, 6)
    assert call(souk, "POST", MODELS, data={"id": "conflict", "model_definition": "oci"}).status == 201
    refused(call(souk, "POST", f"{MODELS}/conflict/rename", data={"new_model_id": "digits"}), 409, 6)
    refused(call(souk, "POST", f"{MODELS}/digits/rename", data={"new_model_id": "digits-2"}), 400, 9)
    refused(call(souk, "POST", f"{MODELS}/conflict/rename", data={}), 400, 3)
    refused(call(souk, "POST", f"{MODELS}/conflict/rename", data={"new_model_id": "A B"}), 400, 3)
    refused(call(souk, "PATCH", f"{MODELS}/conflict", data={"model_definition": "http"}), 400, 3)
    refused(call(souk, "PATCH", f"{MODELS}/conflict", data={"configuration": {"url": "x"}}), 400, 3)
    refused(call(souk, "PATCH", f"{MODELS}/nothing", data={"description": "x"}), 404, 5)
    refused(call(souk, "DELETE", f"{MODELS}/digits"), 400, 9)


def test_a_renamed_model_keeps_its_bytes(souk, files):
    data = (files / "models/simple.onnx").read_bytes()
    assert push(souk, "default/moved", "1", {"m.onnx": data}).status == 201
    manifest = call(souk, "GET", "/v2/default/moved/manifests/1").body
    assert call(souk, "POST", f"{MODELS}/moved/rename", data={"new_model_id": "moved-on"}).status == 200
    assert call(souk, "GET", "/v2/default/moved-on/manifests/1").body == manifest
    assert call(souk, "GET", "/v2/default/moved/manifests/1").status == 404
    versions = call(souk, "GET", f"{MODELS}/moved-on/versions").json()["versions"]
    assert versions[0]["name"] == "namespaces/default/models/moved-on/versions/1"
    assert call(souk, "GET", "/api/v1/namespaces/default/models/moved-on/versions/1/files/m.onnx").body == data
    # The old name is free for another, with nothing of the first in it.
    assert push(souk, "default/moved", "1", {"m.onnx": data, "README.md": b"other"}).status == 201
    assert call(souk, "DELETE", f"{MODELS}/moved-on/versions/1").status == 204
    refused(call(souk, "DELETE", f"{MODELS}/moved-on/versions/1"), 404, 5)
    assert call(souk, "GET", f"{MODELS}/moved-on/versions").json()["total_size"] == 0


def test_lists_filter_and_order(souk, models):
    names = [m["id"] for m in call(souk, "GET", f"{MODELS}?page_size=100&order_by=id").json()["models"]]
    assert names == sorted(names) and len(names) >= 5
    assert call(souk, "GET", f"{MODELS}?page_size=100&order_by=id%20desc").json()["models"][0]["id"] == names[-1]
    later = call(souk, "GET", f"{MODELS}?filter=create_time%3Etimestamp(%222999-01-01T00:00:00Z%22)").json()
    assert later["models"] == []
    refused(call(souk, "GET", f"{MODELS}?filter=%3D%3D"), 400, 3)


def test_lists_by_visibility(souk, digits):
    for name, visibility in (("seen", "VISIBILITY_PUBLIC"), ("unseen", "VISIBILITY_PRIVATE")):
        assert call(souk, "POST", MODELS, data={"id": name, "model_definition": "oci", "visibility": visibility}).json()["model"]["visibility"] == visibility
    for path in (MODELS, "/v1alpha/models"):
        public = call(souk, "GET", f"{path}?page_size=100&visibility=VISIBILITY_PUBLIC").json()
        private = call(souk, "GET", f"{path}?page_size=100&visibility=VISIBILITY_PRIVATE").json()
        assert [m["id"] for m in public["models"]] == ["seen"] and public["total_size"] == 1
        assert "unseen" in [m["id"] for m in private["models"]] and private["total_size"] == len(private["models"])
        both = call(souk, "GET", f"{path}?filter=slug%3D'unseen'%20OR%20slug%3D'seen'&visibility=VISIBILITY_PUBLIC").json()
        assert [m["id"] for m in both["models"]] == ["seen"] and both["total_size"] == 1
        refused(call(souk, "GET", f"{path}?visibility=OPEN"), 400, 3)
    call(souk, "PATCH", f"{MODELS}/seen", data={"visibility": "VISIBILITY_PRIVATE"})
    assert call(souk, "GET", f"{MODELS}?visibility=VISIBILITY_PUBLIC").json()["total_size"] == 0


def test_a_model_says_what_its_task_takes(souk, digits, models):
    model = call(souk, "GET", MODEL).json()["model"]
    assert model["input_schema"]["properties"]["data"]["required"] == ["type", "image-base64"]
    assert "category" in model["output_schema"]["properties"]["data"]["properties"]
    assert "input_schema" not in call(souk, "GET", f"{MODELS}/simple").json()["model"]


# --- triggers of other kinds -----------------------------------------------------------------------------

def form(parts, boundary="XyZ"):
    body = b""
    for head, content in parts:
        body += f'--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n'.encode() + content + b"\r\n"
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}, body + f"--{boundary}--\r\n".encode()


def test_files_by_form(souk, digits, root):
    images = [(f'name="file"; filename="{d}.png"', (root / f"samples/digits/images/{d}.png").read_bytes()) for d in (2, 8, 5)]
    for where in (MODEL, f"{MODEL}/versions/1"):
        headers, body = form(images)
        answer = call(souk, "POST", f"{where}/trigger-multipart", headers, body)
        assert answer.status == 200, answer.body
        assert [o["data"]["category"] for o in answer.json()["task_outputs"]] == ["2", "8", "5"]


def test_forms_that_are_none(souk, digits):
    where = f"{MODEL}/trigger-multipart"
    refused(call(souk, "POST", where, data={"task_inputs": []}), 400, 3)
    refused(call(souk, "POST", where, {"Content-Type": "multipart/form-data"}, b"--x--"), 400, 3)
    for parts in ([], [('name="file"; filename="x.png"', b"no picture")], [('name="prompt"', b"hello")], [('name="prompt"', b"\xff")]):
        headers, body = form(parts)
        refused(call(souk, "POST", where, headers, body), 400, 3)
    headers, body = form([('name="file"; filename="x"', b"x")] * 257)
    refused(call(souk, "POST", where, headers, body), 400, 3)
    headers, body = form([('name="file"; filename="x"', b"x")])
    refused(call(souk, "POST", where, headers, body[:-8]), 400, 3)


def wait_for(souk, name):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        operation = call(souk, "GET", f"/v1alpha/{name}").json()["operation"]
        if operation["done"]:
            return operation
        time.sleep(0.01)
    raise AssertionError(operation)


def test_asynchronous(souk, digits, root):
    for where in (MODEL, f"{MODEL}/versions/1"):
        answer = call(souk, "POST", f"{where}/trigger-async", data={"task_inputs": [picture(root / "samples/digits/images/6.png"), picture(root / "samples/digits/images/9.png")]})
        assert answer.status == 200, answer.body
        operation = answer.json()["operation"]
        assert operation["name"].startswith("operations/") and operation["done"] is False and "response" not in operation
        done = wait_for(souk, operation["name"])
        assert "error" not in done and done["response"]["task"] == "TASK_CLASSIFICATION"
        assert done["response"]["@type"].endswith("model.v1alpha.TriggerModelVersionResponse")
        assert [o["data"]["category"] for o in done["response"]["task_outputs"]] == ["6", "9"]
        latest = call(souk, "GET", f"{where}/operation?view=VIEW_FULL").json()["operation"]
        assert latest["name"] == operation["name"] and latest["response"]["@type"].endswith("LatestOperation")
        assert len(latest["response"]["request"]["task_inputs"]) == 2 and len(latest["response"]["response"]["task_outputs"]) == 2
        assert "response" not in call(souk, "GET", f"{where}/operation").json()["operation"]


def test_asynchronous_and_waited_for(souk, digits, root):
    body = {"taskInputs": [picture(root / "samples/digits/images/4.png")]}
    operation = call(souk, "POST", f"{MODEL}/trigger-async", {"Prefer": "wait=30"}, data=body).json()["operation"]
    assert operation["done"] and operation["response"]["task_outputs"][0]["data"]["category"] == "4"
    again = call(souk, "POST", f"{MODEL}/trigger-async", data=body).json()["operation"]
    done = call(souk, "GET", f"/v1alpha/{again['name']}", {"Prefer": "wait=30"}).json()["operation"]
    assert done["done"] and done["metadata"]["value"]["state"] == "SUCCEEDED"


def test_on_behalf_of_a_namespace(souk, digits, root):
    uid = call(souk, "GET", "/api/v1/namespaces/default").json()["uid"]
    inputs = {"task_inputs": [picture(root / "samples/digits/images/4.png")]}
    done = call(souk, "POST", f"{MODEL}/trigger-async", {"Prefer": "wait=30", "Instill-Requester-Uid": uid}, data=inputs).json()["operation"]
    board = call(souk, "GET", "/v1alpha/dashboard/models/runs?requester=namespaces/default&page_size=100").json()["runs"]
    assert done["name"].split("/")[1] in [run["id"] for run in board]
    refused(call(souk, "POST", f"{MODEL}/trigger", {"Instill-Requester-Uid": "0" * 36}, data=inputs), 404, 5)


def test_asynchronous_failures(souk, digits, models):
    failed = call(souk, "POST", f"{MODEL}/trigger-async", data={"task_inputs": [{"data": {"type": "image-base64", "image-base64": "?!"}}]}).json()["operation"]
    error = wait_for(souk, failed["name"])["error"]
    assert error["code"] == 3 and "task_inputs[0]" in error["message"]
    refused(call(souk, "POST", f"{MODEL}/trigger-async", data={"task_inputs": [{}]}), 400, 3)
    refused(call(souk, "POST", "/v1alpha/namespaces/default/models/nothing/trigger-async", data={"task_inputs": [{"data": {}}]}), 404, 5)
    refused(call(souk, "POST", f"{MODEL}/versions/99/trigger-async", data={"task_inputs": [{"data": {}}]}), 404, 5)
    refused(call(souk, "GET", "/v1alpha/operations/nothing"), 404, 5)
    refused(call(souk, "GET", "/v1alpha/namespaces/default/models/simple/operation"), 404, 5)
    refused(call(souk, "GET", "/v1alpha/namespaces/default/models/nothing/operation"), 404, 5)


# --- runs ------------------------------------------------------------------------------------------------

def test_runs(own_souk, root):
    deploy_digits(own_souk)
    good, bad = picture(root / "samples/digits/images/1.png"), {"data": {"type": "image-base64", "image-base64": "?!"}}
    for _ in range(3):
        assert trigger(own_souk, [good]).status == 200
    assert trigger(own_souk, [bad]).status == 400
    console = call(own_souk, "POST", f"{MODEL}/trigger", {"Sec-Fetch-Mode": "cors"}, data={"task_inputs": [good, good]})
    assert console.status == 200 and console.header("souk-run")
    operation = call(own_souk, "POST", f"{MODEL}/trigger-async", data={"task_inputs": [good]}).json()["operation"]
    wait_for(own_souk, operation["name"])
    end = time.monotonic() + 10
    while call(own_souk, "GET", f"{MODEL}/runs").json()["total_size"] < 6 and time.monotonic() < end:
        time.sleep(0.02)
    page = call(own_souk, "GET", f"{MODEL}/runs?page_size=4").json()
    assert (page["total_size"], page["page_size"], page["page"]) == (6, 4, 0) and len(page["runs"]) == 4
    assert len(call(own_souk, "GET", f"{MODEL}/runs?page_size=4&page=1").json()["runs"]) == 2
    newest = page["runs"][0]
    assert newest["name"] == f"namespaces/default/models/digits/runs/{newest['id']}" and newest["id"] == operation["name"].split("/")[1]
    assert newest["status"] == "RUN_STATUS_COMPLETED" and newest["source"] == "RUN_SOURCE_API" and newest["version"] == "1"
    assert newest["requester"] == "namespaces/default" and newest["runner"] == "users/anonymous" and newest["total_duration"] >= 0
    assert newest["task_inputs"] == [good] and newest["task_outputs"][0]["data"]["category"] == "1"
    failed = call(own_souk, "GET", f"{MODEL}/runs?filter=status%3D%22RUN_STATUS_FAILED%22").json()
    assert failed["total_size"] == 1 and "task_inputs[0]" in failed["runs"][0]["error"]
    assert call(own_souk, "GET", f"{MODEL}/runs?filter=source%3D%22RUN_SOURCE_CONSOLE%22").json()["total_size"] == 1
    assert call(own_souk, "GET", f"{MODEL}/runs?filter=create_time%3Etimestamp(%222999-01-01T00:00:00Z%22)").json()["total_size"] == 0
    ordered = [r["create_time"] for r in call(own_souk, "GET", f"{MODEL}/runs?order_by=create_time%20asc").json()["runs"]]
    assert ordered == sorted(ordered)
    assert call(own_souk, "GET", f"{MODEL}/runs?filter=version%3D'source'").json()["total_size"] == 0
    for wrong in ("order_by=runner", "filter=payload%3D1", "page=x"):
        refused(call(own_souk, "GET", f"{MODEL}/runs?{wrong}"), 400, 3)
    refused(call(own_souk, "GET", "/v1alpha/namespaces/default/models/nothing/runs"), 404, 5)

    board = call(own_souk, "GET", "/v1alpha/dashboard/models/runs?requester=namespaces/default").json()
    assert board["total_size"] == 6
    past = "start=2001-01-01T00:00:00Z&stop=2001-01-02T00:00:00Z"
    assert call(own_souk, "GET", f"/v1alpha/dashboard/models/runs?requester=default&{past}").json()["total_size"] == 0
    refused(call(own_souk, "GET", "/v1alpha/dashboard/models/runs"), 400, 3)
    refused(call(own_souk, "GET", "/v1alpha/dashboard/models/runs?requester=namespaces/nothing"), 404, 5)
    refused(call(own_souk, "GET", "/v1alpha/dashboard/models/runs?requester=default&start=x"), 400, 3)
    stats = call(own_souk, "GET", MODEL).json()["model"]["stats"]
    assert stats["number_of_runs"] == 6 and stats["last_run_time"]


def test_runs_are_kept_by_policy(tmp_path, root):
    good = picture(root / "samples/digits/images/1.png")
    with Souk(tmp_path / "data", "--tasks-record-synchronous=false", "--tasks-payload-limit", "100") as souk:
        deploy_digits(souk)
        assert trigger(souk, [good]).status == 200
        name = call(souk, "POST", f"{MODEL}/trigger-async", data={"task_inputs": [good]}).json()["operation"]["name"]
        wait_for(souk, name)
        time.sleep(0.1)
        runs = call(souk, "GET", f"{MODEL}/runs").json()
        assert runs["total_size"] == 1, "only what was asynchronous is recorded"
        assert runs["runs"][0]["task_inputs"] == [] and len(runs["runs"][0]["task_outputs"]) == 1
