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
