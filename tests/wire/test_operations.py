# SPDX-License-Identifier: Apache-2.0
"""Operations: typed tasks asked for now and answered later; the native door and the CLI."""

import base64
import json
import sqlite3
import threading
import time

import pytest
from both_databases import digits, models, own_souk, souk  # noqa: F401
from registry_client import deploy_digits
from souk_server import Souk, run_cli
from wire import Connection, call

OPERATIONS = "/api/v1/operations"
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


def picture(root, digit):
    data = (root / f"samples/digits/images/{digit}.png").read_bytes()
    return {"data": {"type": "image-base64", "image-base64": base64.b64encode(data).decode()}}


def create(souk, inputs, model="default/digits", **headers):
    return call(souk, "POST", OPERATIONS, headers, data={"model": model, "task_inputs": inputs})


def ended(souk, uid, seconds=20):
    answer = call(souk, "GET", f"{OPERATIONS}/{uid}", {"Prefer": f"wait={seconds}"})
    assert answer.status == 200, answer.body
    return answer.json()


def test_from_the_request_to_the_answer(souk, digits, root):
    made = create(souk, [picture(root, 3), picture(root, 7)])
    assert made.status == 202, made.body
    operation = made.json()
    assert operation["state"] in ("QUEUED", "RUNNING", "SUCCEEDED") and operation["input_count"] == 2
    assert operation["asynchronous"] is True and operation["namespace"] == "default" and operation["model"] == "digits"
    done = ended(souk, operation["uid"])
    assert done["state"] == "SUCCEEDED" and done["version"] == "1" and done["digest"].startswith("sha256:")
    assert [o["data"]["category"] for o in done["task_outputs"]] == ["3", "7"]
    assert done["task_inputs"] == [picture(root, 3), picture(root, 7)]
    assert done["create_time"] <= done["start_time"] <= done["end_time"] and done["duration_ms"] > 0
    listed = call(souk, "GET", f"{OPERATIONS}?filter=state%3D'SUCCEEDED'&page_size=1000").json()["operations"]
    assert any(o["uid"] == done["uid"] for o in listed)
    assert "task_inputs" not in listed[0]
    record = call(souk, "GET", f"/api/v1/model_runs/{done['uid']}").json()
    assert record["task_outputs"] == done["task_outputs"]


def test_waiting_answers_at_once_when_it_has_ended(souk, digits, root):
    answer = create(souk, [picture(root, 1)], Prefer="wait=20")
    assert answer.status == 200 and answer.json()["state"] == "SUCCEEDED", answer.body
    begun = time.monotonic()
    assert ended(souk, answer.json()["uid"], 30)["state"] == "SUCCEEDED"
    assert time.monotonic() - begun < 5


def test_a_stream_ends_with_the_operation(souk, digits, root):
    uid = create(souk, [picture(root, d) for d in range(10)]).json()["uid"]
    with Connection(souk, 30) as connection:
        connection.send(connection.head("GET", f"{OPERATIONS}/{uid}/events", {"Accept": "text/event-stream"}))
        answer = connection.read("GET")
    assert answer.status == 200 and answer.type == "text/event-stream"
    events = [json.loads(line[6:]) for line in answer.body.decode().splitlines() if line.startswith("data: ")]
    states = [e["state"] for e in events]
    order = ["QUEUED", "RUNNING", "SUCCEEDED"]
    assert states[-1] == "SUCCEEDED" and [order.index(s) for s in states] == sorted(order.index(s) for s in states), states
    assert all(e["uid"] == uid for e in events)
    assert call(souk, "GET", f"{OPERATIONS}/nothing/events").status == 404


def test_what_can_never_work_fails_and_says_why(souk, digits, root):
    bad = create(souk, [picture(root, 1), {"data": {"type": "image-base64", "image-base64": "?!"}}], Prefer="wait=20").json()
    assert bad["state"] == "FAILED" and bad["error"]["code"] == "INVALID_ARGUMENT", bad
    assert "task_inputs[1]" in bad["error"]["message"] and "task_outputs" not in bad


def test_cancelling(souk, digits, root):
    uid = create(souk, [picture(root, 1)]).json()["uid"]
    first = call(souk, "POST", f"{OPERATIONS}/{uid}:cancel", {"Prefer": "wait=10"})
    assert first.status in (200, 409), first.body
    state = ended(souk, uid)["state"]
    assert state in ("CANCELLED", "SUCCEEDED")
    call(souk, "POST", f"{OPERATIONS}/{uid}:cancel").problem(409, "FAILED_PRECONDITION")
    assert ended(souk, uid)["state"] == state


def test_a_repeated_request_is_one_operation(souk, digits, root):
    key = {"Idempotency-Key": "operations-1"}
    first, second = (create(souk, [picture(root, 1)], **key).json()["uid"] for _ in range(2))
    assert first == second
    create(souk, [picture(root, 2)], **key).problem(409, "FAILED_PRECONDITION")


def test_requests_that_are_none(souk, digits, models, root):
    create(souk, [picture(root, 1)], "default/nothing").problem(404, "NOT_FOUND")
    create(souk, [picture(root, 1)], "default/digits:99").problem(404, "NOT_FOUND")
    create(souk, [picture(root, 1)], "default/digits@champion").problem(400, "INVALID_ARGUMENT")
    create(souk, [picture(root, 1)], "").problem(400, "INVALID_ARGUMENT")
    create(souk, [picture(root, 1)], "../etc/passwd").problem(400, "INVALID_ARGUMENT")
    create(souk, [picture(root, 1)], "default/simple").problem(409, "FAILED_PRECONDITION")
    create(souk, []).problem(400, "INVALID_ARGUMENT")
    create(souk, [{}]).problem(400, "INVALID_ARGUMENT")
    create(souk, [7]).problem(400, "INVALID_ARGUMENT")
    create(souk, [picture(root, 1)] * 257).problem(400, "INVALID_ARGUMENT")
    call(souk, "POST", OPERATIONS, data={"model": "digits"}).problem(400, "INVALID_ARGUMENT")
    call(souk, "POST", OPERATIONS, data={"model": "digits", "task_inputs": [picture(root, 1)], "runner": "admin"}).problem(400, "INVALID_ARGUMENT")
    for path in ("nothing", "%00", "1", "..%2f..", "'; DROP TABLE model_runs; --".replace(" ", "%20")):
        answer = call(souk, "GET", f"{OPERATIONS}/{path}")
        assert answer.status in (400, 404), (path, answer.status)
    call(souk, "GET", f"{OPERATIONS}?page_token=made-up").problem(400, "INVALID_ARGUMENT")
    call(souk, "GET", f"{OPERATIONS}?filter=payload%3D1").problem(400, "INVALID_ARGUMENT")
    big = json.dumps({"model": "digits", "task_inputs": [{"data": "x" * (17 << 20)}]}).encode()
    call(souk, "POST", OPERATIONS, {"Content-Type": "application/json"}, big).problem(413, "RESOURCE_EXHAUSTED")


def test_pages(souk, digits, root):
    uids = {create(souk, [picture(root, 1)]).json()["uid"] for _ in range(5)}
    seen, token = [], ""
    while True:
        page = call(souk, "GET", f"{OPERATIONS}?page_size=2{token}").json()
        seen += [o["uid"] for o in page["operations"]]
        if "next_page_token" not in page:
            break
        token = "&page_token=" + page["next_page_token"]
    assert len(seen) == len(set(seen)) and uids <= set(seen)


def test_others_see_nothing_of_it(own_souk, root):
    deploy_digits(own_souk)
    keys = [call(own_souk, "POST", "/api/v1/api_keys", data={"name": f"k{i}", "role": "EXECUTOR"}).json()["key"] for i in range(2)]
    mine = call(own_souk, "POST", OPERATIONS, data={"model": "digits", "task_inputs": [picture(root, 4)]}).json()["uid"]
    # The keys are admin's own; the anonymous caller of dev mode is another.
    for key in keys:
        call(own_souk, "GET", f"{OPERATIONS}/{mine}", key=key).problem(404, "NOT_FOUND")
        call(own_souk, "POST", f"{OPERATIONS}/{mine}:cancel", key=key).problem(404, "NOT_FOUND")
        call(own_souk, "GET", f"{OPERATIONS}/{mine}/events", key=key).problem(404, "NOT_FOUND")
        call(own_souk, "GET", f"/api/v1/model_runs/{mine}", key=key).problem(404, "NOT_FOUND")
        assert call(own_souk, "GET", f"/v1alpha/operations/{mine}", key=key).status == 404
        assert call(own_souk, "GET", OPERATIONS, key=key).json()["operations"] == []
    assert call(own_souk, "GET", OPERATIONS, key="souk_" + "x" * 40).status == 401
    theirs = call(own_souk, "POST", OPERATIONS, data={"model": "digits", "task_inputs": [picture(root, 4)]}, key=keys[0]).json()["uid"]
    shown = call(own_souk, "GET", f"{OPERATIONS}/{theirs}").json()
    assert "task_inputs" not in shown, "an admin sees that there was one, not what it was"


def test_many_at_a_time(souk, digits, root):
    uids, lock = [], threading.Lock()

    def work(n):
        for i in range(15):
            uid = create(souk, [picture(root, (n + i) % 10)]).json()["uid"]
            with lock:
                uids.append((uid, str((n + i) % 10)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(uids) == 90
    for uid, digit in uids:
        done = ended(souk, uid)
        assert done["state"] == "SUCCEEDED" and done["task_outputs"][0]["data"]["category"] == digit


def test_the_command_line(souk, digits, root, tmp_path):
    image = str(root / "samples/digits/images/5.png")
    made = run_cli("operation", "create", "digits", "--image", image, "--wait", "20", url=souk.url)
    assert made.returncode == 0, made.stderr
    uid = json.loads(made.stdout)["uid"]
    assert json.loads(made.stdout)["task_outputs"][0]["data"]["category"] == "5"
    shown = run_cli("operation", "show", uid, "-o", "table", url=souk.url)
    assert shown.returncode == 0 and "SUCCEEDED" in shown.stdout
    assert uid in run_cli("operation", "list", url=souk.url).stdout
    assert uid in run_cli("model", "runs", "default/digits", url=souk.url).stdout
    watched = run_cli("operation", "watch", uid, "-o", "table", url=souk.url)
    assert watched.returncode == 0 and watched.stdout.splitlines()[-1].endswith("SUCCEEDED"), watched
    late = run_cli("operation", "cancel", uid, url=souk.url)
    assert late.returncode != 0 and "it has ended" in late.stderr
    bad = run_cli("operation", "create", "digits", "--data", '{"data":{}}', "--wait", "20", url=souk.url)
    assert bad.returncode != 0 and "failed" in bad.stderr
    assert run_cli("operation", "show", "nothing", url=souk.url).returncode == 3
    assert run_cli("operation", "create", "digits", url=souk.url).returncode == 2


@pytest.mark.parametrize("path", ["queues", "queues/operations", "queues/operations/items", "schedules", "nodes", "leases"])
def test_operators_see_the_work(souk, digits, path):
    answer = call(souk, "GET", f"/api/v1/{path}")
    assert answer.status == 200, answer.body


def test_queues_are_for_admins(own_souk):
    key = call(own_souk, "POST", "/api/v1/api_keys", data={"name": "k", "role": "WRITER"}).json()["key"]
    for path in ("queues", "queues/operations/items", "nodes", "leases", "schedules"):
        call(own_souk, "GET", f"/api/v1/{path}", key=key).problem(403, "PERMISSION_DENIED")
    call(own_souk, "POST", "/api/v1/queues/operations:drop", key=key).problem(403, "PERMISSION_DENIED")
    call(own_souk, "GET", "/api/v1/queues/nothing").problem(404, "NOT_FOUND")
    call(own_souk, "POST", "/api/v1/queues/operations/items/7:retry").problem(404, "NOT_FOUND")
    call(own_souk, "DELETE", "/api/v1/queues/operations/items/7").problem(404, "NOT_FOUND")
    call(own_souk, "POST", "/api/v1/queues/operations/items/x:cancel").problem(400, "INVALID_ARGUMENT")
    assert call(own_souk, "POST", "/api/v1/queues/operations:retry").json() == {"count": 0}
    metrics = call(own_souk, "GET", "/metrics").body.decode()
    assert 'souk_work_items{queue="operations",state="dead"} 0' in metrics
    assert {"operations", "runs-expiry"} <= {q["name"] for q in call(own_souk, "GET", "/api/v1/queues").json()["queues"]}


def test_what_an_operator_does_with_dead_items_is_told_and_audited(tmp_path):
    with Souk(tmp_path / "data") as server:
        server.stop()
        database = sqlite3.connect(server.data / "souk.db")
        for queue, number in (("operations", 3), ("runs-expiry", 1)):
            for _ in range(number):
                database.execute("INSERT INTO work_items (queue, namespace_id, state, priority, payload, checkpoint, attempts, error, node_id, token, cancel, create_time, update_time) "
                                 "VALUES (?, 0, 'DEAD', 0, '{}', 'null', 5, 'no luck', 0, 1, 0, 1, 1)", (queue,))
        database.commit()
        database.close()
        server.start()
        dead = {q: [i["id"] for i in call(server, "GET", f"/api/v1/queues/{q}/items?filter=state%3D'DEAD'").json()["items"]] for q in ("operations", "runs-expiry")}
        assert len(dead["operations"]) == 3
        with Connection(server) as connection:
            connection.send(connection.head("GET", "/api/v1/events?types=queue_item.*"))
            assert connection.read_head().status == 200
            assert call(server, "POST", f"/api/v1/queues/runs-expiry/items/{dead['runs-expiry'][0]}:retry").status == 204
            assert call(server, "DELETE", f"/api/v1/queues/operations/items/{dead['operations'][0]}").status == 204
            assert call(server, "POST", "/api/v1/queues/operations:drop").json() == {"count": 2}
            told = []
            for line in connection.lines():
                if line.startswith("data:"):
                    told.append(json.loads(line[5:]))
                if len(told) == 4:
                    break
        assert sorted((e["type"], e["name"], e["id"]) for e in told) == sorted(
            [("queue_item.dropped", "operations", i) for i in dead["operations"]] + [("queue_item.retried", "runs-expiry", dead["runs-expiry"][0])])
        audited = call(server, "GET", "/api/v1/audit_events").json()["audit_events"]
        assert sorted(r["action"] for r in audited if r["kind"] == "queue_item") == ["queue_item.dropped"] * 3 + ["queue_item.retried"]


def test_what_is_stopped_is_refused_at_once(own_souk, root):
    deploy_digits(own_souk)
    call(own_souk, "PATCH", "/api/v1/namespaces/default/deployments/digits", {"Prefer": "wait=10"}, data={"desired_state": "STOPPED"})
    create(own_souk, [picture(root, 1)]).problem(409, "FAILED_PRECONDITION")
