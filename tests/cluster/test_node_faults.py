# SPDX-License-Identifier: Apache-2.0
"""A node of two is killed, or cut off from the database: what was acknowledged holds, its leases move within 5 s, and it cannot
write late."""

import threading
import time

import pytest
from cluster import Cluster, Proxy
from postgres import Postgres
from registry_client import deploy, folder, push
from wire import Closed, Connection, call

MODELS = "/api/v1/namespaces/default/models"
INFER = {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 1, 16, 16], "data": [0.5] * 256}]}


@pytest.fixture
def own_postgres():
    server = Postgres()
    yield server
    server.close()


class Inference:
    """Asks a node all the time; notes what was not 200."""

    def __init__(self, node):
        self.node, self.count, self.faults, self.longest, self.going = node, 0, [], 0.0, True
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with Connection(self.node) as connection:
            while self.going:
                began = time.monotonic()
                try:
                    answer = connection.request("POST", "/v2/models/digits/infer", data=INFER)
                    if answer.status != 200:
                        self.faults.append((answer.status, answer.body[:200]))
                except (OSError, Closed) as error:
                    self.faults.append(repr(error))
                    return
                self.longest = max(self.longest, time.monotonic() - began)
                self.count += 1
                time.sleep(0.005)

    def end(self, at_least):
        self.going = False
        self.thread.join()
        assert not self.faults, self.faults[:3]
        assert self.count >= at_least and self.longest < 1, (self.count, self.longest)


def holder(node, lease="housekeeping"):
    """(name of the node that has it, its token); None while nobody has."""
    answer = call(node, "GET", "/api/v1/leases")
    names = {n["id"]: n["name"] for n in call(node, "GET", "/api/v1/nodes").json()["nodes"]}
    for one in answer.json()["leases"]:
        if one["name"] == lease and one.get("node") in (*names.values(), *names):
            return names.get(one["node"], one["node"]), one["token"]
    return None


def until(check, seconds, what):
    began = time.monotonic()
    while not (found := check()):
        assert time.monotonic() - began < seconds, what
        time.sleep(0.02)
    return found, time.monotonic() - began


def start(folder_of, url, root, through=None):
    cluster = Cluster(folder_of, url, through=through)
    cluster.__enter__()
    push(cluster[0], "default/digits", "1", folder(root / "samples/digits"))
    deploy(cluster[0], "default/digits:1", "digits")
    return cluster


def test_either_may_be_killed(postgres, tmp_path, root):
    cluster = start(tmp_path, postgres.database(), root)
    moves = []
    for turn in range(4):
        (name, token), _ = until(lambda: holder(cluster[0]), 10, "nobody has the lease")
        victim = cluster[int(name[-1])]
        other = cluster[1 - int(name[-1])]
        inference = Inference(other)
        acknowledged = [f"k{turn}-{i}" for i in range(20)]
        for i, model in enumerate(acknowledged):
            assert call((victim, other)[i % 2], "POST", MODELS, data={"name": model}).status == 201
        victim.kill()
        found, took = until(lambda: (h := holder(other)) and h[0] != name and h, 6, "the lease does not move")
        moves.append(took)
        assert found[1] > token
        for model in acknowledged:
            assert call(other, "GET", f"{MODELS}/{model}").status == 200, f"{model} was acknowledged and is lost"
        assert call(other, "POST", MODELS, data={"name": f"after-{turn}"}).status == 201
        deploy(other, "default/digits:1", f"digits-{turn}")  # waits for nobody that is dead
        victim.start()
        until(lambda: call(victim, "GET", f"/v2/models/digits-{turn}/ready").status == 200, 10, "it does not come back")
        inference.end(50)
    print(f"leases moved in {', '.join(f'{m:.1f}' for m in moves)} s")
    assert max(moves) < 5
    cluster.__exit__(None)


def test_a_node_cut_off_from_the_database(own_postgres, tmp_path, root):
    url = own_postgres.database()
    proxy = Proxy(own_postgres.host, own_postgres.port)
    cluster = start(tmp_path, url, root, through=[proxy.url(url), None])
    a, b = cluster
    try:
        if until(lambda: holder(b), 10, "nobody has the lease")[0][0] != "node-0":
            b.stop()  # a is to have it
            until(lambda: holder(a) and holder(a)[0] == "node-0", 10, "a does not take the lease")
            b.start()
        token = holder(b)[1]
        until(lambda: call(b, "GET", "/v2/models/digits/ready").status == 200, 10, "b does not answer")
        loads = [Inference(a), Inference(b)]
        late = threading.Thread(target=lambda: call(a, "POST", MODELS, data={"name": "cut"}))
        proxy.cut()
        cut = time.monotonic()
        late.start()
        found, took = until(lambda: (h := holder(b)) and h[0] == "node-1" and h, 6, "the lease does not move")
        print(f"lease moved {took:.1f} s after the cut")
        assert took < 5 and found[1] > token
        for number in range(3):
            began = time.monotonic()
            refused = call(a, "POST", MODELS, data={"name": f"refused-{number}"})
            assert refused.status == 503 and refused.header("Retry-After"), refused
            assert time.monotonic() - began < 15
        assert call(b, "POST", MODELS, data={"name": "accepted"}).status == 201
        while time.monotonic() - cut < 15:
            time.sleep(0.1)
        assert call(a, "GET", "/healthz").status == 200 and call(a, "GET", "/readyz").status == 200
        proxy.join()
        until(lambda: call(a, "POST", MODELS, data={"name": f"again-{time.monotonic_ns()}"}).status == 201, 15, "a does not come back")
        until(lambda: {n["name"] for n in call(b, "GET", "/api/v1/nodes").json()["nodes"]} == {"node-0", "node-1"}, 10, "a is not a node again")
        late.join()
        assert call(a, "GET", f"{MODELS}/accepted").status == 200
        for number in range(3):
            assert call(b, "GET", f"{MODELS}/refused-{number}").status == 404, "a refused change was made late"
        for load in loads:
            load.end(500)
    finally:
        proxy.join()
        cluster.__exit__(None)
        proxy.close()


def test_nobody_is_taken_for_dead_when_the_database_was_away(own_postgres, tmp_path, root):
    cluster = start(tmp_path, own_postgres.database(), root)
    until(lambda: len(call(cluster[0], "GET", "/api/v1/nodes").json()["nodes"]) == 2, 10, "both are nodes")
    try:
        own_postgres.freeze()
        time.sleep(8)
        own_postgres.thaw()
        for node in cluster.nodes:
            until(lambda node=node: call(node, "POST", MODELS, data={"name": f"m-{time.monotonic_ns()}"}).status == 201, 15, "it does not come back")
        time.sleep(4)
        for node in cluster.nodes:
            assert "a node is dead" not in node.log() and "took this node for dead" not in node.log(), node.log()[-2000:]
    finally:
        cluster.__exit__(None)
