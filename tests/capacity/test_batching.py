# SPDX-License-Identifier: Apache-2.0
"""How requests are joined, changed on a deployment that runs, with the real server."""

import json
import threading
import time

import pytest
from registry_client import push
from souk_server import Souk, run_cli
from wire import Connection, call

DEPLOYMENTS = "/api/v1/namespaces/default/deployments"
PATIENCE = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory, root):
    with Souk(tmp_path_factory.mktemp("batching") / "data") as souk:
        for name, model in (("rows", "src/runtimes/testdata/mlp.onnx"), ("fixed", "tests/data/models/fixed.onnx")):
            assert push(souk, f"default/{name}", "1", {"model.onnx": (root / model).read_bytes()}).status == 201
            answer = call(souk, "POST", DEPLOYMENTS, {"Prefer": "wait=30"}, data={"reference": f"default/{name}:1", "name": name})
            assert answer.json()["state"] == "READY", answer.body
        yield souk


def config(souk, name):
    return call(souk, "GET", f"/v2/models/{name}/config").json()


def until(check):
    end = time.monotonic() + PATIENCE
    while not (value := check()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return value


def test_changes_as_it_runs(server):
    going, answers = True, []

    def ask():
        with Connection(server) as connection:
            while going:
                answers.append(connection.request("POST", "/v2/models/rows/infer", data={
                    "inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 64], "data": [0.5] * 64}]}).status)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    before = call(server, "GET", f"{DEPLOYMENTS}/rows").json()
    out = run_cli("deployment", "set", "rows", "--max-batch-size", "16", "--preferred-batch-size", "4,16", "--max-queue-delay", "500us",
                  "--priority-levels", "3", url=server.url)
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout)["batching"] == {"max_batch_size": 16, "preferred_batch_size": [4, 16], "max_queue_delay_microseconds": 500, "priority_levels": 3}
    until(lambda: config(server, "rows").get("max_batch_size") == 16)
    assert config(server, "rows")["dynamic_batching"] == {"preferred_batch_size": [4, 16], "max_queue_delay_microseconds": 500,
                                                          "priority_levels": 3, "default_priority_level": 0}
    # One field is the version's again; the others stay.
    answer = call(server, "PATCH", f"{DEPLOYMENTS}/rows", data={"batching": {"preferred_batch_size": None, "max_batch_size": 8}})
    assert answer.json()["batching"] == {"max_batch_size": 8, "max_queue_delay_microseconds": 500, "priority_levels": 3}, answer.body
    until(lambda: config(server, "rows").get("max_batch_size") == 8)
    assert run_cli("deployment", "set", "rows", "--usual-batching", url=server.url).returncode == 0
    until(lambda: not config(server, "rows").get("max_batch_size"))
    going = False
    for client in clients:
        client.join()
    assert set(answers) == {200}
    after = call(server, "GET", f"{DEPLOYMENTS}/rows").json()
    assert len(after["revisions"]) == len(before["revisions"]) == 1 and after["batching"] == {}
    assert after["revisions"][0]["replicas"][0]["update_time"] == before["revisions"][0]["replicas"][0]["update_time"], "it was loaded again"


def test_what_cannot_be_joined_is_refused(server):
    for name, batching, field in (("fixed", {"max_batch_size": 4}, "batching.max_batch_size"), ("rows", {"max_batch_size": 0}, "batching.max_batch_size"),
                                  ("rows", {"max_batch_size": 4, "preferred_batch_size": [5]}, "batching.preferred_batch_size"),
                                  ("rows", {"max_queue_delay_microseconds": -1}, "batching.max_queue_delay_microseconds"),
                                  ("rows", {"sise": 1}, "batching.sise")):
        answer = call(server, "PATCH", f"{DEPLOYMENTS}/{name}", data={"batching": batching})
        assert answer.problem(400, "INVALID_ARGUMENT")["field"] == field
    assert call(server, "GET", f"{DEPLOYMENTS}/rows").json()["batching"] == {}


def test_tune_proposes_and_leaves_as_it_was(server):
    call(server, "PATCH", f"{DEPLOYMENTS}/rows", data={"batching": {"max_queue_size": 100}})
    out = run_cli("tune", "rows", "-c", "4", "--seconds", "0.2", "--sizes", "1,4", url=server.url)
    assert out.returncode == 0, out.stderr
    report = json.loads(out.stdout)
    assert [one["max_batch_size"] for one in report["measured"][:2]] == [1, 4] and not report["applied"]
    assert all(one["requests_per_second"] > 0 and one["p99_ms"] >= one["p50_ms"] > 0 for one in report["measured"]), report
    assert call(server, "GET", f"{DEPLOYMENTS}/rows").json()["batching"] == {"max_queue_size": 100}
    applied = json.loads(run_cli("tune", "rows", "-c", "4", "--seconds", "0.2", "--sizes", "4", "--apply", url=server.url).stdout)
    assert applied["applied"]
    assert call(server, "GET", f"{DEPLOYMENTS}/rows").json()["batching"]["max_batch_size"] == 4


def test_warm_up_requests_are_run_before_it_answers(server, root):
    model = (root / "src/runtimes/testdata/fails_at_run.onnx").read_bytes()
    good = b"warm_up:\n  - one.json\n  - inputs:\n      - {name: x, shape: [6], data: [1, 2, 3, 4, 5, 6]}\n"
    request = json.dumps({"inputs": [{"name": "x", "shape": [6], "data": [[1, 2, 3], [4, 5, 6]]}]}).encode()
    for tag, yaml, state in (("1", good, "READY"), ("2", good.replace(b"[6]", b"[5]").replace(b", 6]", b"]"), "FAILED")):
        assert push(server, "default/warm", tag, {"model.onnx": model, "souk.yaml": yaml, "one.json": request}).status == 201
        seen = call(server, "POST", DEPLOYMENTS, {"Prefer": "wait=30"}, data={"reference": f"default/warm:{tag}", "name": "warm"}).json()
        assert seen["state"] == state, seen
    assert "warm_up[1]: " in seen["reason"] and "revision 1 still answers" in seen["reason"], seen["reason"]
