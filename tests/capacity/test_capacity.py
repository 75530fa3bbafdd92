# SPDX-License-Identifier: Apache-2.0
"""A node's memory budget with the real server: what is idle makes room, and comes back with the next request."""

import json
import threading
import time

import pytest
from registry_client import push
from souk_server import Souk, run_cli
from wire import Connection, call

DEPLOYMENTS = "/api/v1/namespaces/default/deployments"
PATIENCE = 60
MIB = 1 << 20
BUDGET = 64
BODY = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [6], "data": [1, 2, 3, 4, 5, 6]}]}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Souk(tmp_path_factory.mktemp("capacity") / "data", "--serving-memory-budget", f"{BUDGET}MiB") as souk:
        yield souk


@pytest.fixture(scope="session")
def model(root):
    return (root / "src/runtimes/testdata/fails_at_run.onnx").read_bytes()


def deploy(souk, model, name, mib=0, state="READY", **more):
    """Before it was measured, a model is expected to take what its files take: so a file of ballast."""
    assert push(souk, f"default/{name}", "1", {"model.onnx": model, "ballast.bin": name.encode() * (mib * MIB // len(name))}).status == 201
    answer = call(souk, "POST", DEPLOYMENTS, {"Prefer": "wait=30"}, data={"reference": f"default/{name}:1", "name": name} | more)
    assert answer.status in (200, 201), answer.body
    assert answer.json()["state"] == state, answer.body
    return answer.json()


def show(souk, name):
    return call(souk, "GET", f"{DEPLOYMENTS}/{name}").json()


def replica(souk, name):
    return show(souk, name)["revisions"][0]["replicas"][0]


def infer(souk, name):
    return call(souk, "POST", f"/v2/models/{name}/infer", data=BODY)


def until(check):
    end = time.monotonic() + PATIENCE
    while not (value := check()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return value


def metric(souk, line):
    found = [one for one in call(souk, "GET", "/metrics").body.decode().splitlines() if one.startswith(line + " ")]
    return float(found[0].split()[-1]) if found else 0


def test_measured_and_shown(server, model):
    deploy(server, model, "shown")
    seen = replica(server, "shown")
    assert seen["state"] == "READY" and 1000 < seen["memory_bytes"] < 60 * MIB
    assert metric(server, 'souk_serving_replica_memory_bytes{deployment="default/shown"}') == seen["memory_bytes"]
    assert metric(server, "souk_serving_memory_budget_bytes") == BUDGET * MIB
    assert metric(server, "souk_serving_memory_held_bytes") >= seen["memory_bytes"]
    assert metric(server, 'souk_serving_replicas{state="READY"}') >= 1
    card = run_cli("deployment", "show", "shown", "-o", "table", url=server.url)
    assert "Memory" in card.stdout, card.stdout


def test_scale_to_zero_and_back(server, model):
    deploy(server, model, "sleepy", capacity={"scale_to_zero_after_ms": 1000})
    assert infer(server, "sleepy").status == 200
    until(lambda: replica(server, "sleepy")["state"] == "UNLOADED")
    seen = show(server, "sleepy")
    assert seen["state"] == "READY" and "the next request loads it" in seen["reason"], seen
    assert call(server, "GET", "/v2/models/sleepy").json()["inputs"][0]["name"] == "x"
    assert call(server, "GET", "/v2/models/sleepy/ready").status == 200
    assert replica(server, "sleepy")["state"] == "UNLOADED", "looking at it must not load it"
    answers = []
    clients = [threading.Thread(target=lambda: answers.append(infer(server, "sleepy").status)) for _ in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert answers == [200] * 8
    log = run_cli("logs", "sleepy", url=server.url)
    assert "UNLOADED" in log.stdout and "no request for 1 s" in log.stdout, log.stdout
    assert metric(server, 'souk_serving_unloads_total{reason="idle"}') >= 1
    assert metric(server, 'souk_serving_revision_evictions_total{deployment="default/sleepy",revision="1",reason="idle"}') >= 1


def test_room_is_made_and_pins_are_kept(server, model):
    deploy(server, model, "first", 1)
    deploy(server, model, "second", 1)
    set_ = run_cli("deployment", "set", "first", "--pinned", url=server.url)
    assert set_.returncode == 0 and json.loads(set_.stdout)["capacity"] == {"pinned": True}, set_.stderr
    free = BUDGET * MIB - metric(server, "souk_serving_memory_held_bytes")
    deploy(server, model, "large", int(free / MIB) + 1)
    assert replica(server, "first")["state"] == "READY"
    assert any(replica(server, name)["reason"].startswith("to make room for default/") for name in ("second", "shown", "sleepy"))
    assert infer(server, "second").status == 200
    failed = deploy(server, model, "larger", BUDGET, state="FAILED")
    assert f"serving.memory_budget is {BUDGET}.0 MiB" in failed["reason"] and "kept loaded: default/first (" in failed["reason"], failed["reason"]
    with Connection(server) as connection:
        assert connection.request("POST", "/v2/models/first/infer", data=BODY).status == 200


def test_what_makes_no_sense_is_refused(server, model):
    deploy(server, model, "odd")
    for capacity, field in (({"pinned": True, "scale_to_zero_after_ms": 5000}, "capacity.scale_to_zero_after_ms"),
                            ({"scale_to_zero_after_ms": 1}, "capacity.scale_to_zero_after_ms"), ({"pined": True}, "capacity.pined")):
        answer = call(server, "PATCH", f"{DEPLOYMENTS}/odd", data={"capacity": capacity})
        assert answer.problem(400, "INVALID_ARGUMENT")["field"] == field
    assert call(server, "PATCH", f"{DEPLOYMENTS}/odd", data={"capacity": {"pinned": True}}).json()["capacity"] == {"pinned": True}
    assert call(server, "PATCH", f"{DEPLOYMENTS}/odd", data={"capacity": {"pinned": None, "scale_to_zero_after_ms": 60000}}).json()["capacity"] == {"scale_to_zero_after_ms": 60000}
    assert call(server, "PATCH", f"{DEPLOYMENTS}/odd", data={"capacity": None}).json()["capacity"] == {}


def test_sessions_and_threads_as_the_version_says(server, model):
    def pushed(version, souk_yaml):
        return push(server, "default/said", version, {"model.onnx": model, "souk.yaml": souk_yaml})

    refused = pushed("1", b"runtime:\n  threads: 0\n")
    assert refused.status == 400 and b"runtime.threads" in refused.body and b"from 1 to 256" in refused.body, refused.body
    assert pushed("2", b"runtime:\n  sessions: 2\n  threads: 2\n").status == 201
    assert call(server, "POST", DEPLOYMENTS, {"Prefer": "wait=30"}, data={"reference": "default/said:2", "name": "said", "capacity": {"threads": 1}}).json()["state"] == "READY"
    now = replica(server, "said")
    assert (now["sessions"], now["threads"]) == (2, 1), "the deployment's word comes first"


def test_sessions_and_threads_as_asked_for(server, model):
    name = "shared-out"
    deploy(server, model, name)
    assert replica(server, name)["sessions"] >= 1 and replica(server, name)["threads"] >= 1, "as measured"

    def patch(status=200, **capacity):
        answer = call(server, "PATCH", f"{DEPLOYMENTS}/{name}", data={"capacity": capacity})
        assert answer.status == status, answer.body
        return answer.json()

    def runs_on(sessions, threads):
        now = replica(server, name)
        return now["state"] == "READY" and now["sessions"] == sessions and threads in (None, now["threads"])

    patch(sessions=2, threads=3)
    until(lambda: runs_on(2, 3))
    config = call(server, "GET", f"/v2/models/{name}/config").json()
    assert config["instance_group"] == [{"count": 2, "kind": "KIND_CPU"}], config
    assert config["parameters"] == {"intra_op_thread_count": {"string_value": "3"}}, config
    assert infer(server, name).status == 200
    shown = run_cli("deployment", "show", name, "-o", "table", url=server.url).stdout
    assert "3 threads a run, 2 sessions" in shown, shown

    for refused, field in (({"sessions": 65}, "sessions"), ({"threads": 0}, "threads"), ({"sessions": 64, "threads": 5}, "threads")):
        problem = patch(400, **refused)
        assert problem["field"] == f"capacity.{field}" and ("from 1 to" in problem["detail"] or "256 threads" in problem["detail"]), problem
    said = run_cli("deployment", "set", name, "--threads", "many", url=server.url)
    assert said.returncode != 0 and "give a number, or usual" in said.stderr, said

    assert runs_on(2, 3), "what was refused changed nothing"

    patch(sessions=None, threads=None)
    until(lambda: runs_on(1, None))
    assert infer(server, name).status == 200
