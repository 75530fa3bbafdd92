# SPDX-License-Identifier: Apache-2.0
"""Instill's door, /v1alpha: reading models, and the synchronous trigger."""

import base64

import pytest
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
