# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of asynchronous work: nothing acknowledged is lost, and each result is kept once."""

import base64
import json
import random
import sqlite3
import threading
import time

import pytest
from postgres import Postgres
from registry_client import deploy, folder, push
from souk_server import Souk, StartFailed
from wire import Closed, call

OPERATIONS = "/api/v1/operations"


def pictures(root):
    return [{"data": {"type": "image-base64", "image-base64": base64.b64encode((root / f"samples/digits/images/{d}.png").read_bytes()).decode()}}
            for d in range(10)]


def rows(souk, sql, postgres=None, url=None):
    if url:
        return [line.split("|") for line in postgres.sql(sql, url=url).splitlines()]
    with sqlite3.connect(f"file:{souk.data}/souk.db?mode=ro", uri=True) as connection:
        return [[str(cell) for cell in row] for row in connection.execute(sql)]


class Load:
    """Threads that ask for operations until they are stopped; what was acknowledged, with the digit that is right."""

    def __init__(self, souk, inputs, threads=4, patient=False):
        self.souk, self.inputs, self.patient = souk, inputs, patient
        self.acknowledged, self.lock, self.going = {}, threading.Lock(), threading.Event()
        self.going.set()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while self.going.is_set():
            digit = random.randrange(10)
            try:
                answer = call(self.souk, "POST", OPERATIONS, data={"model": "digits", "task_inputs": [self.inputs[digit]]})
            except (OSError, Closed, ValueError):
                if not self.patient:
                    return
                time.sleep(0.05)
                continue
            if answer.status in (200, 202):
                with self.lock:
                    self.acknowledged[answer.json()["uid"]] = str(digit)
            else:
                assert answer.status == 503, answer.body
                time.sleep(0.05)

    def stop(self):
        self.going.clear()
        for thread in self.threads:
            thread.join()
        return self.acknowledged


def check(souk, acknowledged, events):
    """Each ended well, with the right answer, and its end was written once."""
    for uid, digit in acknowledged.items():
        operation = call(souk, "GET", f"{OPERATIONS}/{uid}", {"Prefer": "wait=40"}).json()
        assert operation["state"] == "SUCCEEDED", (uid, operation)
        assert operation["task_outputs"][0]["data"]["category"] == digit
    # The event of the result is written in the transaction that keeps it and ends the work.
    ends = {}
    for name, data in events():
        if json.loads(data)["state"] == "SUCCEEDED":
            ends[name] = ends.get(name, 0) + 1
    assert set(acknowledged) <= set(ends)
    assert set(ends.values()) == {1}, {uid: n for uid, n in ends.items() if n != 1}
    queues = {q["name"]: q for q in call(souk, "GET", "/api/v1/queues").json()["queues"]}
    assert queues["operations"]["dead"] == 0 and queues["operations"]["waiting"] == 0


EVENTS = "SELECT name, data FROM events WHERE type = 'operation.updated'"


def test_kill_9_loses_no_operation_and_keeps_each_result_once(tmp_path, own_database, root, request):
    random.seed(7)
    souk = Souk(tmp_path / "data", *own_database).start()
    try:
        push(souk, "default/digits", "1", folder(root / "samples/digits"))
        deploy(souk, "default/digits:1", "digits")
        acknowledged = {}
        for _ in range(4):
            load = Load(souk, pictures(root))
            time.sleep(random.uniform(0.3, 1.2))
            souk.kill()
            acknowledged |= load.stop()
            souk.start()
        assert len(acknowledged) > 50
        postgres, url = (request.getfixturevalue("postgres"), own_database[1]) if own_database else (None, None)
        check(souk, acknowledged, lambda: rows(souk, EVENTS, postgres, url))
    finally:
        assert souk.stop() == 0


@pytest.fixture
def two_nodes(tmp_path, root):
    """Two servers on one PostgreSQL and one folder of bytes, with the sample deployed on both."""
    postgres = Postgres()
    url = postgres.database()
    shared = ["--database", url, "--blobs", f"file:{tmp_path}/blobs"]
    nodes = [Souk(tmp_path / name, *shared, "--node", name) for name in ("one", "two")]
    try:
        for node in nodes:
            node.start()
        push(nodes[0], "default/digits", "1", folder(root / "samples/digits"))
        deploy(nodes[0], "default/digits:1", "digits")
        end = time.monotonic() + 20
        while call(nodes[1], "GET", "/v2/models/digits/ready").status != 200:
            assert time.monotonic() < end, "the second node does not serve the deployment"
            time.sleep(0.05)
        yield nodes, postgres, url
    finally:
        for node in nodes:
            if node.running():
                node.stop()
        postgres.close()


def test_what_a_dead_node_had_is_done_by_the_other(two_nodes, root):
    (one, two), postgres, url = two_nodes
    assert {n["name"] for n in call(two, "GET", "/api/v1/nodes").json()["nodes"]} == {"one", "two"}
    load = Load(one, pictures(root))
    time.sleep(1.0)
    one.kill()
    killed = time.monotonic()
    acknowledged = load.stop()
    assert len(acknowledged) > 20
    check(two, acknowledged, lambda: rows(two, EVENTS, postgres, url))
    while len(call(two, "GET", "/api/v1/nodes").json()["nodes"]) > 1:
        assert time.monotonic() - killed < 10
        time.sleep(0.05)
    one.start()
    assert {n["name"] for n in call(two, "GET", "/api/v1/nodes").json()["nodes"]} == {"one", "two"}


def test_a_second_node_of_the_same_name_is_refused(two_nodes, tmp_path):
    (one, _), _, url = two_nodes
    with pytest.raises(StartFailed) as refused:
        Souk(tmp_path / "three", "--database", url, "--blobs", f"file:{tmp_path}/blobs", "--node", "one").start()
    assert "--node" in refused.value.stderr
    assert call(one, "GET", "/healthz").status == 200


def test_a_database_that_is_gone_for_a_while_delays_and_loses_nothing(two_nodes, root):
    (one, two), postgres, url = two_nodes
    load = Load(one, pictures(root), patient=True)
    time.sleep(0.7)
    postgres.stop()
    time.sleep(8)
    postgres.start()
    time.sleep(2)
    acknowledged = load.stop()
    check(two, acknowledged, lambda: rows(two, EVENTS, postgres, url))
    for node in (one, two):
        assert node.stop() == 0
