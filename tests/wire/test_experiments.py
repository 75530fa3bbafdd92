# SPDX-License-Identifier: Apache-2.0
"""Experiments and runs of /api/v1, search and lineage, and the commands that speak to them."""

import itertools
import json
import subprocess
import time

import pytest
from registry_client import deploy, folder, push
from souk_server import BINARY, clean_environment
from wire import Connection, call

_count = itertools.count()


def fresh(prefix):
    return f"{prefix}-{next(_count)}"


def api(souk, method, path, data=None, status=200, **more):
    if data is not None:
        more["data"] = data
    answer = call(souk, method, f"/api/v1{path}", **more)
    assert answer.status == status, (method, path, answer.status, answer.body)
    return answer.json() if answer.body else None


@pytest.fixture
def experiment(souk):
    slug = fresh("exp")
    api(souk, "POST", "/namespaces/default/experiments", {"name": slug, "slug": slug}, 201)
    return f"/namespaces/default/experiments/{slug}"


def start(souk, experiment, **body):
    run = api(souk, "POST", f"{experiment}/runs", body, 201)
    return run, f"{experiment}/runs/{run['id']}"


def cli(souk, *arguments, code=0):
    done = subprocess.run([str(BINARY), *arguments, "--url", souk.url, "-q"], capture_output=True, text=True, timeout=60,
                          env=clean_environment(HOME="/nonexistent"))
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def test_a_run_from_start_to_end(souk, experiment):
    run, where = start(souk, experiment, name="train", tags={"who": "me"})
    assert run["status"] == "RUNNING" and run["start_time"] and "end_time" not in run
    inner, _ = start(souk, experiment, name="fold", parent_run_id=run["id"])
    assert inner["parent_run_id"] == run["id"]
    api(souk, "POST", f"{where}:log", {"metrics": [{"name": "loss", "value": 1.5 / (i + 1), "step": i} for i in range(10)],
                                       "parameters": {"lr": 0.1, "optimizer": "adam", "nesterov": True},
                                       "artifacts": [{"kind": "DATASET", "name": "mnist", "source": "s3://data", "source_type": "s3"}]}, 204)
    seen = api(souk, "GET", where)
    assert seen["metrics"]["loss"]["step"] == 9 and seen["parameters"] == {"lr": "0.1", "optimizer": "adam", "nesterov": "true"}
    assert [a["name"] for a in api(souk, "GET", f"{where}/artifacts?filter=kind%3D'DATASET'")["artifacts"]] == ["mnist"]
    done = api(souk, "PATCH", where, {"status": "FINISHED"}, headers={"If-Match": f'"{seen["etag"]}"'})
    assert done["end_time"] and done["etag"] != seen["etag"]
    api(souk, "PATCH", where, {"status": "FAILED"}, 412, headers={"If-Match": f'"{seen["etag"]}"'})
    assert api(souk, "GET", f"{experiment}/runs/train")["id"] == run["id"]
    assert "nested run" in api(souk, "DELETE", where, status=409)["detail"]
    api(souk, "DELETE", f"{where}?cascade=true", status=204)
    assert api(souk, "GET", f"{experiment}/runs")["runs"] == []


def test_runs_are_searched(souk, experiment):
    for i in range(3):
        _, where = start(souk, experiment, name=f"r{i}", custom_properties={"size": i})
        api(souk, "POST", f"{where}:log", {"metrics": [{"name": "acc", "value": i / 10}]}, 204)
    listed = api(souk, "GET", f"{experiment}/runs?filter=custom_properties.size%3E0&order_by=name")["runs"]
    assert [(r["name"], r["metrics"]["acc"]["value"]) for r in listed] == [("r1", 0.1), ("r2", 0.2)]
    assert len(api(souk, "GET", "/namespaces/default/runs?page_size=2")["runs"]) == 2


def test_histories_in_pages_and_drawn(souk, experiment):
    _, where = start(souk, experiment)
    for batch in range(5):
        points = [{"name": "loss", "value": (batch * 1000 + i) % 97, "step": batch * 1000 + i} for i in range(1000)]
        api(souk, "POST", f"{where}:log", {"metrics": points}, 204)
    steps, token = [], ""
    while True:
        page = api(souk, "GET", f"{where}/metrics/loss?page_size=999" + (f"&page_token={token}" if token else ""))
        steps += [p["step"] for p in page["points"]]
        token = page.get("next_page_token")
        if not token:
            break
    assert steps == list(range(5000))
    curve = api(souk, "GET", f"{where}/metrics?points=100")["metrics"][0]
    assert curve["points"] == 5000 and 50 <= len(curve["values"]) <= 100
    assert {0.0, 96.0} <= {v["value"] for v in curve["values"]}


def test_bad_input(souk, experiment):
    _, where = start(souk, experiment)
    for bad in ({"metrics": [{"name": "", "value": 1}]}, {"metrics": [{"name": "x", "value": "1"}]}, {"metric": []},
                {"metrics": [{"name": "x", "value": 1, "step": 2**63}]}, {"metrics": [{"name": "x", "value": 1}] * 10001},
                {"metrics": [{"name": "x", "value": 1, "timestamp": "1969-12-31T23:59:59Z"}]}, {"artifacts": [{"kind": "METRIC", "name": "x"}]}):
        api(souk, "POST", f"{where}:log", bad, 400)
    for raw in (b'{"metrics":[{"name":"x","value":NaN}]}', b'{"metrics":[{"name":"x","value":1e999}]}', b"{"):
        assert call(souk, "POST", f"/api/v1{where}:log", {"Content-Type": "application/json"}, raw).status == 400, raw
    assert api(souk, "GET", where)["metrics"] == {}
    api(souk, "GET", f"{where}/metrics?points=1", status=400)
    api(souk, "GET", f"{experiment}/runs/999999", status=404)
    api(souk, "POST", f"{experiment}/runs", {"parent_run_id": 999999}, 404)
    api(souk, "GET", "/namespaces/default/experiments/nothing", status=404)


def test_a_run_is_watched_live(souk, experiment):
    _, where = start(souk, experiment)
    other, elsewhere = start(souk, experiment)
    with Connection(souk) as connection:
        connection.send(f"GET /api/v1{where}:watch HTTP/1.1\r\nHost: {souk.host}\r\nAccept: text/event-stream\r\n\r\n".encode())
        assert connection.read_head().status == 200
        api(souk, "POST", f"{elsewhere}:log", {"metrics": [{"name": "not", "value": 1}]}, 204)
        api(souk, "POST", f"{where}:log", {"metrics": [{"name": "loss", "value": 0.25, "step": 3}]}, 204)
        for line in connection.lines():
            if line.startswith("data:"):
                data = json.loads(line[5:])
                assert data["type"] == "run.logged" and data["data"]["metrics"]["loss"]["step"] == 3
                break


def test_lineage_from_data_to_deployment(souk, root):
    name = fresh("lineage")
    assert push(souk, f"default/{name}", "1", folder(root / "samples/digits")).status == 201
    api(souk, "PUT", f"/namespaces/default/models/{name}/aliases/champion", {"version": 1})
    deploy(souk, f"default/{name}@champion", name)
    api(souk, "POST", "/namespaces/default/experiments", {"name": name, "slug": name}, 201)
    run, where = start(souk, f"/namespaces/default/experiments/{name}", name="train")
    api(souk, "POST", f"{where}:log", {"artifacts": [{"kind": "DATASET", "name": "images"}]}, 204)
    api(souk, "POST", "/namespaces/default/lineage", {"source": f"run:{run['id']}", "target": f"default/{name}:1", "relation": "trained"}, 204)
    graph = api(souk, "GET", f"/lineage?of=default/{name}:1")
    assert [n["name"] for n in graph["nodes"]][0] == f"{name}:1"
    assert {n["kind"] for n in graph["nodes"]} == {"version", "alias", "deployment", "run", "artifact"}
    assert {e["relation"] for e in graph["edges"]} == {"named", "deployed", "trained", "used"}
    assert len(api(souk, "GET", f"/lineage?of=run:{run['id']}&depth=1")["nodes"]) == 3
    api(souk, "GET", "/lineage?of=run:99999999", status=404)
    api(souk, "GET", f"/lineage?of=default/{name}&depth=0", status=400)
    assert "trained" in cli(souk, "lineage", f"default/{name}:1", "-o", "table")


def test_search(souk):
    word = fresh("zebra").replace("-", "")
    api(souk, "POST", "/namespaces/default/models", {"name": word, "description": "striped", "custom_properties": {"accuracy": 0.95}}, 201)

    def hits(query):
        return [h["reference"] for h in api(souk, "GET", f"/search?q={query}")["hits"]]

    end = time.monotonic() + 20
    while not hits(word):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert hits(f"{word}%20metric.accuracy%3E0.9") == [f"default/{word}"] and hits(f"{word}%20metric.accuracy%3E0.99") == []
    assert hits(word[:4] + word[5] + word[4] + word[6:]) == [f"default/{word}"]
    api(souk, "GET", "/search?q=", status=400)
    api(souk, "GET", "/search?q=kind:cat", status=400)
    assert word in cli(souk, "search", word, "kind:model", "-o", "table")


def test_commands(souk):
    name = fresh("cli")
    cli(souk, "experiment", "create", name)
    run = cli(souk, "run", "start", name, "--name", "first", "-o", "table").strip()
    cli(souk, "run", "log", run, "--metric", "loss=0.5@1", "--metric", "loss=0.25@2", "--param", "lr=0.1")
    assert "loss=0.25" in cli(souk, "run", "list", name, "-o", "table")
    assert "0.25" in cli(souk, "run", "metrics", run, "-o", "table")
    assert json.loads(cli(souk, "run", "finish", run))["status"] == "FINISHED"
    assert json.loads(cli(souk, "run", "show", f"{name}/first"))["parameters"] == {"lr": "0.1"}
    assert [r["name"] for r in json.loads(cli(souk, "run", "list", name, "--filter", "parameters.lr < 0.2"))["runs"]] == ["first"]
    cli(souk, "run", "log", run, "--metric", "early=1@7", "--time", "2026-01-02T03:04:05Z", "--input", "mnist=s3://data/mnist",
        "--artifact", "weights=s3://models/w", "--param", "optimizer=adam", "--param", "note={}", "--param", "bare=nan")
    (early,) = json.loads(cli(souk, "run", "metrics", run, "--name", "early"))["metrics"]
    assert [(v["step"], v["timestamp"]) for v in early["values"]] == [(7, "2026-01-02T03:04:05.000Z")]
    logged = json.loads(cli(souk, "run", "show", f"{name}/first"))["parameters"]
    assert logged == {"lr": "0.1", "optimizer": "adam", "note": "{}", "bare": "nan"}
    artifacts = api(souk, "GET", f"/namespaces/default/experiments/{name}/runs/first/artifacts")["artifacts"]
    assert {(a["kind"], a["name"], a.get("source"), a.get("uri")) for a in artifacts if a["kind"] in ("DATASET", "MODEL")} == {
        ("DATASET", "mnist", "s3://data/mnist", None), ("MODEL", "weights", None, "s3://models/w")}
    tagged = cli(souk, "run", "start", name, "--tag", "team=blue", "-o", "table").strip()
    assert json.loads(cli(souk, "run", "show", tagged))["tags"] == {"team": "blue"}
    cli(souk, "run", "log", run, "--metric", "x=1", "--time", "yesterday", code=2)
    cli(souk, "run", "log", run, "--input", "nothing", code=2)
    assert name in cli(souk, "experiment", "list", "-o", "table")
    cli(souk, "run", "log", run, "--metric", "loss", code=2)
    cli(souk, "run", "log", run, code=2)
    cli(souk, "experiment", "delete", name, "-y", code=5)
    cli(souk, "experiment", "delete", name, "--cascade", "-y")
    cli(souk, "experiment", "show", name, code=3)
