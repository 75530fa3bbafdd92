# SPDX-License-Identifier: Apache-2.0
"""The native door, /api/v1."""

import json
import re
import time

import pytest
from registry_client import deploy, folder, push
from wire import Connection, call

MODELS = "/api/v1/namespaces/default/models"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def new_model(souk, slug, **more):
    answer = call(souk, "POST", MODELS, data={"name": slug} | more)
    assert answer.status == 201, answer.body
    return answer.json()


# --- server, namespaces ---------------------------------------------------------------------------------


def test_server(souk):
    server = call(souk, "GET", "/api/v1/server").json()
    assert server["name"] == "souk" and server["dev"] is True
    assert (server["database"], server["blobs"]) == ("sqlite", "file")
    assert TIME.fullmatch(server["start_time"]) and isinstance(server["storage_bytes"], int) and server["version"]


def test_whoami_in_dev(souk):
    who = call(souk, "GET", "/api/v1/whoami").json()
    assert who["kind"] == "ANONYMOUS" and who["default_namespace"] == "default"


def test_namespaces(souk):
    answer = call(souk, "POST", "/api/v1/namespaces", data={"name": "Team Blau", "description": "b"})
    assert answer.status == 201, answer.body
    made = answer.json()
    assert made["slug"] == "team-blau" and made["name"] == "Team Blau" and UUID7.fullmatch(made["uid"])
    assert call(souk, "GET", "/api/v1/namespaces/team-blau").json() == made
    slugs = {n["slug"] for n in call(souk, "GET", "/api/v1/namespaces").json()["namespaces"]}
    assert {"default", "team-blau"} <= slugs
    call(souk, "POST", "/api/v1/namespaces", data={"name": "Team Blau"}).problem(409, "ALREADY_EXISTS")
    call(souk, "GET", "/api/v1/namespaces/team-rot").problem(404, "NOT_FOUND")


# --- models ---------------------------------------------------------------------------------------------


def test_a_models_life(souk):
    answer = call(souk, "POST", MODELS, data={
        "name": "Köln 2 Wetter", "description": "d", "readme": "# R", "tags": {"team": "blue"},
        "custom_properties": {"n": 1, "f": 0.1, "s": "x", "o": {"a": [None, True]}}})
    assert answer.status == 201, answer.body
    model = answer.json()
    assert re.fullmatch(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*", model["slug"])
    path = f"{MODELS}/{model['slug']}"
    assert (model["name"], model["namespace"], model["state"]) == ("Köln 2 Wetter", "default", "LIVE")
    assert model["tags"] == {"team": "blue"}
    assert model["custom_properties"] == {"n": 1, "f": 0.1, "s": "x", "o": {"a": [None, True]}}
    assert (model["version_count"], model["aliases"], model["deployments"]) == (0, [], [])
    assert "latest_version" not in model and isinstance(model["id"], int) and UUID7.fullmatch(model["uid"])
    assert TIME.fullmatch(model["create_time"]) and TIME.fullmatch(model["update_time"])

    got = call(souk, "GET", path)
    assert got.json() == model and got.header("ETag") == f'"{model["etag"]}"'

    changed = call(souk, "PATCH", path, {"Content-Type": "application/merge-patch+json", "If-Match": got.header("ETag")},
                   json.dumps({"name": "Wetter", "description": None, "tags": {"team": None, "x": "y"}}))
    assert changed.status == 200, changed.body
    after = changed.json()
    assert (after["name"], after["description"], after["slug"]) == ("Wetter", "", model["slug"])
    assert after["tags"] == {"x": "y"} and after["readme"] == "# R"
    assert after["etag"] != model["etag"] and after["update_time"] >= model["update_time"]

    call(souk, "PATCH", path, {"If-Match": got.header("ETag")}, data={"name": "late"}).problem(412, "FAILED_PRECONDITION")
    assert call(souk, "PATCH", path, data={"state": "ARCHIVED"}).json()["state"] == "ARCHIVED"
    assert call(souk, "PATCH", path, data={"state": "LIVE"}).json()["state"] == "LIVE"
    call(souk, "DELETE", path, {"If-Match": got.header("ETag")}).problem(412, "FAILED_PRECONDITION")
    gone = call(souk, "DELETE", path)
    assert (gone.status, gone.body) == (204, b"")
    call(souk, "GET", path).problem(404, "NOT_FOUND")
    call(souk, "DELETE", path).problem(404, "NOT_FOUND")


def test_ids_are_never_used_again(souk):
    first = new_model(souk, "reused")
    assert call(souk, "DELETE", f"{MODELS}/reused").status == 204
    second = new_model(souk, "reused")
    assert second["id"] > first["id"] and second["uid"] != first["uid"]


def test_names_and_slugs_are_unique(souk):
    new_model(souk, "only-once")
    call(souk, "POST", MODELS, data={"name": "only-once"}).problem(409, "ALREADY_EXISTS")
    call(souk, "POST", MODELS, data={"name": "Another", "slug": "only-once"}).problem(409, "ALREADY_EXISTS")
    call(souk, "POST", "/api/v1/namespaces", data={"slug": "elsewhere"})
    assert call(souk, "POST", "/api/v1/namespaces/elsewhere/models", data={"name": "only-once"}).status == 201


def test_creating_twice_with_one_key_creates_once(souk):
    key = {"Idempotency-Key": f"k-{time.time_ns()}"}
    first = call(souk, "POST", MODELS, key, data={"name": "just one"})
    again = call(souk, "POST", MODELS, key, data={"name": "just one"})
    assert (first.status, again.status) == (201, 201), again.body
    assert first.json()["uid"] == again.json()["uid"]


def test_lists_filter_order_and_page(souk):
    for i in range(7):
        new_model(souk, f"paged-{i}", description=f"number {i}")
    assert call(souk, "POST", "/api/v1/namespaces", data={"slug": "pages"}).status in (201, 409)
    every, token = [], ""
    while token is not None:
        page = call(souk, "GET", f"{MODELS}?page_size=3&order_by=name%20desc&page_token={token}").json()
        assert len(page["models"]) <= 3
        every += [m["name"] for m in page["models"]]
        token = page.get("next_page_token")
    assert every == sorted(every, reverse=True) and len(set(every)) == len(every)
    assert {f"paged-{i}" for i in range(7)} <= set(every)

    def names(query):
        answer = call(souk, "GET", f"{MODELS}?{query}")
        assert answer.status == 200, answer.body
        return [m["name"] for m in answer.json()["models"]]

    assert names("filter=name%20%3D%20%22paged-3%22") == ["paged-3"]
    assert names("filter=name%20%3E%3D%20%22paged-5%22%20AND%20name%20%3C%20%22paged-7%22&order_by=name") == ["paged-5", "paged-6"]
    assert "paged-0" in [m["name"] for m in call(souk, "GET", "/api/v1/models?page_size=1000").json()["models"]]


@pytest.mark.parametrize("query", [
    "page_size=0", "page_size=1001", "page_size=x", "page_token=nonsense", "order_by=nothing", "order_by=name%20sideways",
    "filter=nothing%20%3D%201", "filter=name%20%3D", "filter=%28%28%28name%20%3D%20%22a%22", "page_sise=3", "filter=name%20%3D%20%22a%22%3B%20DROP%20TABLE%20models",
    "filter=" + "%28" * 5000])
def test_lists_refuse_what_they_do_not_understand(souk, query):
    call(souk, "GET", f"{MODELS}?{query}").problem(400, "INVALID_ARGUMENT")


def test_a_token_of_another_order_is_refused(souk):
    for i in range(3):
        call(souk, "POST", MODELS, data={"name": f"token-{i}"})
    token = call(souk, "GET", f"{MODELS}?page_size=1&order_by=name").json()["next_page_token"]
    call(souk, "GET", f"{MODELS}?page_size=1&order_by=name%20desc&page_token={token}").problem(400, "INVALID_ARGUMENT")


# --- versions, files, aliases ---------------------------------------------------------------------------


def test_a_version_is_sealed_by_its_push(souk, root):
    content = folder(root / "samples/digits")
    assert push(souk, "default/sealed", "v1", content).status == 201
    version = call(souk, "GET", f"{MODELS}/sealed/versions/1").json()
    assert (version["number"], version["name"], version["sealed"], version["state"]) == (1, "v1", True, "LIVE")
    assert (version["model"], version["namespace"], version["format"]) == ("sealed", "default", "onnx")
    assert re.fullmatch("sha256:[0-9a-f]{64}", version["digest"]) and TIME.fullmatch(version["seal_time"])
    assert version["size_bytes"] >= len(content["digits.onnx"])
    assert version["task"] == "CLASSIFICATION"
    assert version["signature"]["inputs"] == [{"name": "pixels", "datatype": "FP32", "shape": [-1, 1, 16, 16]}]
    outputs = {t["name"]: t for t in version["signature"]["outputs"]}
    assert outputs["label"] == {"name": "label", "datatype": "INT64", "shape": [-1]}
    assert outputs["probabilities"] == {"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]}
    for name in ("v1", "latest"):
        assert call(souk, "GET", f"{MODELS}/sealed/versions/{name}").json() == version
    model = call(souk, "GET", f"{MODELS}/sealed").json()
    assert model["version_count"] == 1 and model["latest_version"]["digest"] == version["digest"]

    files = call(souk, "GET", f"{MODELS}/sealed/versions/1/files").json()["files"]
    assert {f["path"]: f["size_bytes"] for f in files} == {p: len(d) for p, d in content.items()}
    kinds = {f["path"]: f["kind"] for f in files}
    assert (kinds["digits.onnx"], kinds["train.py"], kinds["README.md"]) == ("WEIGHT", "CODE", "DOC")
    for path in ("digits.onnx", "images/7.png", "README.md", "souk.yaml"):
        answer = call(souk, "GET", f"{MODELS}/sealed/versions/1/files/{path}")
        assert (answer.status, answer.body) == (200, content[path]), path
        assert answer.header("X-Content-Type-Options") == "nosniff"
        shown = path != "digits.onnx"
        assert ("attachment" not in (answer.header("Content-Disposition") or "")) == shown
    assert call(souk, "GET", f"{MODELS}/sealed/versions/1/files/images/7.png").type == "image/png"
    call(souk, "GET", f"{MODELS}/sealed/versions/1/files/nothing").problem(404, "NOT_FOUND")
    call(souk, "GET", f"{MODELS}/sealed/versions/1/files/..%2f..%2fetc%2fpasswd").problem(404, "NOT_FOUND")

    declaration = call(souk, "GET", f"{MODELS}/sealed/versions/1/declaration").json()
    assert declaration["task"] == "CLASSIFICATION" and declaration["input"]["width"] == 16
    assert declaration["output"]["labels"] == [str(d) for d in range(10)]


def test_what_is_sealed_stays(souk, models):
    path = f"{MODELS}/simple/versions/1"
    assert call(souk, "PATCH", path, data={"description": "said later", "author": "me"}).json()["description"] == "said later"
    answer = call(souk, "PATCH", path, data={"name": "another"})
    assert answer.status in (400, 409) and answer.json()["code"] == "FAILED_PRECONDITION", answer.body
    assert call(souk, "GET", f"{path}/declaration").status == 404


def test_an_open_version(souk, files):
    new_model(souk, "open-one")
    made = call(souk, "POST", f"{MODELS}/open-one/versions", data={"name": "first", "author": "me", "custom_properties": {"a": 1}})
    assert made.status == 201, made.body
    version = made.json()
    assert (version["number"], version["name"], version["sealed"]) == (1, "first", False)
    assert "digest" not in version and "signature" not in version
    assert call(souk, "PATCH", f"{MODELS}/open-one/versions/1", data={"name": "renamed"}).json()["name"] == "renamed"
    answer = call(souk, "POST", "/api/v1/namespaces/default/deployments", data={"reference": "open-one:1"})
    assert answer.status in (400, 409) and answer.json()["code"] == "FAILED_PRECONDITION", answer.body
    pushed = push(souk, "default/open-one", "renamed", {"m.onnx": (files / "models/simple.onnx").read_bytes()})
    assert pushed.status == 201, pushed.body
    sealed = call(souk, "GET", f"{MODELS}/open-one/versions/1").json()
    assert sealed["sealed"] and sealed["uid"] == version["uid"] and sealed["author"] == "me"
    call(souk, "POST", f"{MODELS}/open-one/versions", data={"name": "renamed"}).problem(409, "ALREADY_EXISTS")
    assert call(souk, "POST", f"{MODELS}/open-one/versions", data={}).json()["name"] == "2"
    assert [v["number"] for v in call(souk, "GET", f"{MODELS}/open-one/versions").json()["versions"]] == [2, 1]
    assert call(souk, "DELETE", f"{MODELS}/open-one/versions/2").status == 204
    call(souk, "GET", f"{MODELS}/open-one/versions/2").problem(404, "NOT_FOUND")
    assert call(souk, "POST", f"{MODELS}/open-one/versions", data={}).json()["number"] == 3
    named = call(souk, "POST", f"{MODELS}/open-one/versions", data={"name": "7"}).json()
    assert (named["name"], named["number"]) == ("7", 7)  # a name of digits is the number
    # A number that nobody had may be given later; one that was used is not given again.
    assert call(souk, "POST", f"{MODELS}/open-one/versions", data={"name": "5"}).json()["number"] == 5
    assert call(souk, "DELETE", f"{MODELS}/open-one/versions/5").status == 204
    again = call(souk, "POST", f"{MODELS}/open-one/versions", data={"name": "5"})
    assert again.status in (400, 409) and again.json()["code"] in ("INVALID_ARGUMENT", "FAILED_PRECONDITION"), again.body


def test_aliases_and_their_history(souk, files):
    simple, other = (files / "models/simple.onnx").read_bytes(), (files / "models/fixed.onnx").read_bytes()
    push(souk, "default/aliased", "1", {"m.onnx": simple})
    push(souk, "default/aliased", "2", {"m.onnx": other})
    path = f"{MODELS}/aliased/aliases"
    for number in (1, 2):
        answer = call(souk, "PUT", f"{path}/champion", data={"version": number})
        assert answer.status in (200, 201), answer.body
        assert (answer.json()["name"], answer.json()["version"]) == ("champion", number)
    alias = call(souk, "GET", path).json()["aliases"]
    assert [(a["name"], a["version"]) for a in alias] == [("champion", 2)]
    assert call(souk, "GET", f"{MODELS}/aliased/versions/2").json()["aliases"] == ["champion"]
    assert call(souk, "GET", f"{MODELS}/aliased/versions/1").json()["aliases"] == []
    call(souk, "PUT", f"{path}/champion", data={"version": 9}).problem(404, "NOT_FOUND")
    call(souk, "PUT", f"{path}/Not%20A%20Name", data={"version": 1}).problem(400, "INVALID_ARGUMENT")
    call(souk, "PUT", f"{path}/latest", data={"version": 1}).problem(400, "INVALID_ARGUMENT")
    assert call(souk, "DELETE", f"{path}/champion").status == 204
    call(souk, "DELETE", f"{path}/champion").problem(404, "NOT_FOUND")
    changes = call(souk, "GET", f"{path}/champion/history").json()["changes"]
    assert sorted(str(c.get("version")) for c in changes) == ["1", "2", "None"]
    assert all(TIME.fullmatch(c["time"]) for c in changes)


# --- deployments ----------------------------------------------------------------------------------------


def test_a_deployments_life(souk, files):
    for tag, name in (("1", "simple"), ("2", "fixed")):
        assert push(souk, "default/lively", tag, {"m.onnx": (files / f"models/{name}.onnx").read_bytes()}).status == 201
    call(souk, "PUT", f"{MODELS}/lively/aliases/champion", data={"version": 1})
    where = "/api/v1/namespaces/default/deployments"
    answer = call(souk, "POST", where, {"Prefer": "wait=30"}, data={"reference": "default/lively@champion", "name": "live"})
    assert answer.status == 201, answer.body
    made = answer.json()
    assert (made["slug"], made["state"], made["version"], made["revision"]) == ("live", "READY", 1, 1), made
    assert (made["model"], made["model_namespace"], made["follow"]) == ("lively", "default", False)
    assert made["revisions"][0]["traffic_percent"] == 100 and made["revisions"][0]["replicas"][0]["state"] == "READY"
    assert made["signature"]["inputs"][0]["name"] == "INPUT0"
    assert call(souk, "GET", f"{where}/live").json()["uid"] == made["uid"]
    assert any(d["slug"] == "live" for d in call(souk, "GET", "/api/v1/deployments").json()["deployments"])
    used = call(souk, "GET", f"{MODELS}/lively").json()["deployments"]
    assert [(d["slug"], d["state"]) for d in used] == [("live", "READY")]

    same = call(souk, "POST", where, {"Prefer": "wait=30"}, data={"reference": "lively:1", "name": "live"})
    assert (same.status, same.json()["revision"]) == (200, 1), same.body
    moved = call(souk, "POST", where, {"Prefer": "wait=30"}, data={"reference": "lively:2", "name": "live"})
    assert (moved.status, moved.json()["revision"], moved.json()["version"]) == (200, 2, 2), moved.body

    refused = call(souk, "DELETE", f"{MODELS}/lively")
    assert refused.status in (400, 409) and refused.json()["code"] == "FAILED_PRECONDITION"
    assert "live" in refused.json()["detail"]

    stopped = call(souk, "PATCH", f"{where}/live", data={"desired_state": "STOPPED"})
    assert stopped.status == 200, stopped.body
    wait_for(lambda: call(souk, "GET", f"{where}/live").json()["state"] == "STOPPED")
    assert call(souk, "GET", "/v2/models/live/ready").status in (400, 503, 409)
    started = call(souk, "PATCH", f"{where}/live", {"Prefer": "wait=30"}, data={"desired_state": "RUNNING"})
    assert started.json()["state"] == "READY", started.body
    entries = call(souk, "GET", f"{where}/live/logs").json()["entries"]
    assert entries and all(TIME.fullmatch(e["time"]) and e["message"] for e in entries)
    assert call(souk, "DELETE", f"{where}/live").status == 204
    call(souk, "GET", f"{where}/live").problem(404, "NOT_FOUND")
    assert call(souk, "DELETE", f"{MODELS}/lively").status == 204


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_deployment_that_follows(souk, files):
    for tag, name in (("1", "simple"), ("2", "simple")):
        content = {"m.onnx": (files / f"models/{name}.onnx").read_bytes(), "README.md": tag.encode()}
        assert push(souk, "default/followed", tag, content).status == 201
    call(souk, "PUT", f"{MODELS}/followed/aliases/champion", data={"version": 1})
    deploy(souk, "followed@champion", "follower", follow=True)
    call(souk, "PUT", f"{MODELS}/followed/aliases/champion", data={"version": 2})
    wait_for(lambda: call(souk, "GET", "/api/v1/namespaces/default/deployments/follower").json()["version"] == 2)


@pytest.mark.parametrize("reference,status,code", [
    ("nothing-here", 404, "NOT_FOUND"), ("digits@nothing", 404, "NOT_FOUND"), ("digits:99", 404, "NOT_FOUND"),
    ("no-namespace/digits:1", 404, "NOT_FOUND"), ("", 400, "INVALID_ARGUMENT"), ("a/b/c/d:e@f", 400, "INVALID_ARGUMENT"),
    ("digits@sha256:123", 400, "INVALID_ARGUMENT"), ("digits:../..", 404, "NOT_FOUND")])
def test_what_cannot_be_deployed(souk, digits, reference, status, code):
    call(souk, "POST", "/api/v1/namespaces/default/deployments", data={"reference": reference, "name": "never"}).problem(status, code)
    call(souk, "GET", "/api/v1/namespaces/default/deployments/never").problem(404, "NOT_FOUND")


def test_what_no_runtime_runs_says_which_is_missing(souk):
    pushed = push(souk, "default/torch", "1", {"model.pt": b"\x80\x02 not really"}, format="pt")
    assert pushed.status == 201, pushed.body
    version = call(souk, "GET", f"{MODELS}/torch/versions/1").json()
    assert version["sealed"] and "runtime" not in version
    answer = call(souk, "POST", "/api/v1/namespaces/default/deployments", data={"reference": "torch:1"})
    assert answer.status in (400, 409) and answer.json()["code"] == "FAILED_PRECONDITION", answer.body
    assert "runtime" in answer.json()["detail"]


# --- events ---------------------------------------------------------------------------------------------


def read_events(connection, count):
    events, current = [], {}
    for line in connection.lines():
        if line.startswith(":"):
            continue
        if line:
            key, _, value = line.partition(": ")
            current[key] = value
        elif current:
            events.append(current | {"data": json.loads(current["data"])})
            current = {}
            if len(events) == count:
                return events


def test_events_come_as_they_happen_and_resume(souk):
    with Connection(souk) as connection:
        connection.send(connection.head("GET", "/api/v1/events?types=model.created,model.deleted", {"Accept": "text/event-stream"}))
        head = connection.read_head()
        assert head.status == 200 and head.type == "text/event-stream"
        for i in range(3):
            new_model(souk, f"event-{i}")
        call(souk, "PATCH", f"{MODELS}/event-0", data={"description": "not asked for"})
        call(souk, "DELETE", f"{MODELS}/event-0")
        events = read_events(connection, 4)
    assert [(e["event"], e["data"]["name"]) for e in events] == [
        ("model.created", "event-0"), ("model.created", "event-1"), ("model.created", "event-2"), ("model.deleted", "event-0")]
    assert all(e["data"]["type"] == e["event"] and e["data"]["namespace"] == "default" for e in events)
    for resume in ({"Last-Event-ID": events[1]["id"]}, None):
        with Connection(souk) as connection:
            query = "" if resume else f"&after={events[1]['id']}"
            connection.send(connection.head("GET", f"/api/v1/events?types=model.created,model.deleted{query}", resume or {}))
            assert connection.read_head().status == 200
            assert [e["id"] for e in read_events(connection, 2)] == [e["id"] for e in events[2:]]


def test_events_refuse_what_they_do_not_understand(souk):
    call(souk, "GET", "/api/v1/events?after=nonsense").problem(400, "INVALID_ARGUMENT")
    call(souk, "GET", "/api/v1/events", {"Last-Event-ID": "%00"}).problem(400, "INVALID_ARGUMENT")
    call(souk, "GET", "/api/v1/events?types=no.such").problem(400, "INVALID_ARGUMENT")
