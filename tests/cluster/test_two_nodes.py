# SPDX-License-Identifier: Apache-2.0
"""Two nodes on one PostgreSQL and one store of bytes: either answers everything, and what is done at one holds at the other."""

import json
import os
import threading
import time

import pytest
from cluster import Cluster
from registry_client import deploy, digest_of, folder, push
from souk_server import Souk, StartFailed
from wire import Connection, call

MODELS = "/api/v1/namespaces/default/models"
DEPLOYMENTS = "/api/v1/namespaces/default/deployments"


@pytest.fixture(scope="module")
def nodes(postgres, tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("nodes"), postgres.database()) as cluster:
        yield cluster


def zeros(souk, name):
    """An inference request that fits."""
    inputs = call(souk, "GET", f"/v2/models/{name}").json()["inputs"]
    out = []
    for one in inputs:
        shape = [max(n, 1) for n in one["shape"]]
        count = 1
        for n in shape:
            count *= n
        out.append({"name": one["name"], "datatype": one["datatype"], "shape": shape, "data": [0] * count})
    return {"inputs": out}


def until(check, seconds, what):
    """Seconds that it took."""
    began = time.monotonic()
    while not check():
        assert time.monotonic() - began < seconds, what
        time.sleep(0.002)
    return time.monotonic() - began


def test_either_answers_everything(nodes, root, files):
    a, b = nodes
    assert push(a, "default/digits", "1", folder(root / "samples/digits")).status == 201
    model = call(b, "GET", f"{MODELS}/digits").json()
    assert model == call(a, "GET", f"{MODELS}/digits").json() and model["version_count"] == 1
    for path in (f"{MODELS}/digits/versions/1/files/README.md", "/v2/default/digits/manifests/1", "/v2/default/digits/tags/list"):
        assert call(b, "GET", path).body == call(a, "GET", path).body
    assert push(b, "default/digits", "2", {"model.onnx": (files / "models/simple.onnx").read_bytes()}).status == 201
    assert call(a, "GET", f"{MODELS}/digits/versions/2").json()["sealed"]
    # a change at one is a change to the other
    etag = call(a, "GET", f"{MODELS}/digits").header("ETag")
    assert call(b, "PATCH", f"{MODELS}/digits", {"If-Match": etag}, data={"description": "from b"}).status == 200
    assert call(a, "PATCH", f"{MODELS}/digits", {"If-Match": etag}, data={"description": "from a"}).status == 412
    # a request that is repeated at the other is the same request
    key = {"Idempotency-Key": "once-for-both"}
    made = call(a, "POST", MODELS, key, data={"name": "once"}).json()
    assert call(b, "POST", MODELS, key, data={"name": "once"}).json()["id"] == made["id"]
    # pages go on at the other
    for i in range(5):
        call((a, b)[i % 2], "POST", MODELS, data={"name": f"page-{i}"})
    seen, token, turn = [], "", 0
    while token is not None:
        page = call((a, b)[turn % 2], "GET", f"{MODELS}?page_size=2&order_by=id&page_token={token}").json()
        seen += [m["id"] for m in page["models"]]
        token, turn = page.get("next_page_token"), turn + 1
    assert seen == sorted(set(seen)) and len(seen) >= 7
    # a new namespace is there at once
    call(a, "POST", "/api/v1/namespaces", data={"slug": "fresh", "name": "fresh"})
    assert call(b, "POST", "/api/v1/namespaces/fresh/models", data={"name": "m"}).status == 201


def test_an_upload_goes_on_at_the_other(nodes):
    data = os.urandom(1 << 20)
    location = call(nodes[0], "POST", "/v2/default/moved/blobs/uploads/", {"Content-Length": "0"}).header("Location")
    for i in range(4):
        node = nodes[(i + 1) % 2]
        piece = data[i << 18:(i + 1) << 18]
        path = location.split("/v2/", 1)[1]
        patched = call(node, "PATCH", f"/v2/{path}", {"Content-Type": "application/octet-stream",
                                                      "Content-Range": f"{i << 18}-{((i + 1) << 18) - 1}"}, piece)
        assert patched.status == 202, patched.body
        location = patched.header("Location")
    path = "/v2/" + location.split("/v2/", 1)[1]
    done = call(nodes[0], "PUT", f"{path}{'&' if '?' in path else '?'}digest={digest_of(data)}", {"Content-Length": "0"})
    assert done.status == 201, done.body
    assert call(nodes[1], "GET", f"/v2/default/moved/blobs/{digest_of(data)}").body == data


def test_either_runs_every_deployment(nodes, files):
    a, b = nodes
    data = (files / "models/simple.onnx").read_bytes()
    push(a, "default/simple", "1", {"m.onnx": data})
    for i, (one, other) in enumerate([(a, b), (b, a)] * 5):
        made = deploy(one, "default/simple:1", f"simple-{i}")  # waits until it answers
        assert {r["node"] for r in made["revisions"][0]["replicas"] if r["state"] == "READY"} == {"node-0", "node-1"}, made
        answer = call(other, "POST", f"/v2/models/simple-{i}/infer", data=zeros(other, f"simple-{i}"))
        assert answer.status == 200, answer.body
    # it rolls, stops, starts and goes at both
    push(b, "default/simple", "2", {"m.onnx": data, "README.md": b"two"})
    rolled = deploy(a, "default/simple:2", "simple-0")
    assert rolled["version"] == 2
    assert call(b, "GET", "/v2/models/simple-0").json()["versions"] == call(a, "GET", "/v2/models/simple-0").json()["versions"]
    assert call(b, "PATCH", f"{DEPLOYMENTS}/simple-0", data={"desired_state": "STOPPED"}).status == 200
    until(lambda: call(a, "GET", "/v2/models/simple-0/ready").status != 200, 1, "a does not stop what b stopped")
    assert call(a, "PATCH", f"{DEPLOYMENTS}/simple-0", data={"desired_state": "RUNNING"}).status == 200
    until(lambda: call(b, "GET", "/v2/models/simple-0/ready").status == 200, 5, "b does not start what a started")
    assert call(b, "DELETE", f"{DEPLOYMENTS}/simple-1").status == 204
    until(lambda: call(a, "GET", "/v2/models/simple-1").status == 404, 1, "a still has what b removed")


def test_a_deployment_follows_its_alias_at_both(nodes, files):
    a, b = nodes
    data = (files / "models/simple.onnx").read_bytes()
    for tag in ("1", "2"):
        push(a, "default/followed", tag, {"m.onnx": data, "README.md": tag.encode()})
    call(a, "PUT", f"{MODELS}/followed/aliases/champion", data={"version": 1})
    deploy(b, "default/followed@champion", "followed", follow=True)
    digests = {n: call(a, "GET", f"{MODELS}/followed/versions/{n}").json()["digest"] for n in (1, 2)}
    body = zeros(a, "followed")
    for turn in range(6):
        wanted = 2 - turn % 2
        call((a, b)[turn % 2], "PUT", f"{MODELS}/followed/aliases/champion", data={"version": wanted})
        for node in nodes:
            until(lambda node=node: call(node, "POST", "/v2/models/followed/infer", data=body).header("souk-version-digest") == digests[wanted],
                  5, f"{node.url} does not follow")


def test_an_alias_moved_holds_at_the_other_within_100_ms(nodes, files):
    a, b = nodes
    data = (files / "models/simple.onnx").read_bytes()
    for tag in ("1", "2"):
        push(a, "default/quick", tag, {"m.onnx": data, "README.md": tag.encode()})
    took = []
    for turn in range(40):
        one, other = (a, b) if turn % 4 < 2 else (b, a)
        wanted = 1 + turn % 2
        assert call(one, "PUT", f"{MODELS}/quick/aliases/champion", data={"version": wanted}).status == 200
        took.append(until(lambda: call(other, "GET", f"{MODELS}/quick/aliases").json()["aliases"][0]["version"] == wanted, 2, "it never moved"))
    print(f"alias moved: p50 {sorted(took)[20] * 1000:.1f} ms, longest {max(took) * 1000:.1f} ms")
    assert max(took) < 0.1


def test_a_key_revoked_is_refused_at_the_other_within_100_ms(postgres, tmp_path):
    with Cluster(tmp_path, postgres.database(), arguments=()) as cluster:
        for node in cluster.nodes:  # as in production: callers are asked who they are
            node.arguments.remove("--dev")
            assert node.stop() == 0
        a, b = cluster[0].start(), cluster[1].start()
        admin = next(p.read_text().strip() for p in (a.data / "admin.key", b.data / "admin.key") if p.exists())
        took = []
        for turn in range(30):
            one, other = (a, b) if turn % 2 else (b, a)
            made = call(one, "POST", "/api/v1/api_keys", key=admin, data={"name": f"k{turn}"}).json()
            with Connection(other) as connection:
                headers = {"Authorization": f"Bearer {made['key']}"}
                for _ in range(3):
                    assert connection.request("GET", MODELS, headers).status == 200, "a key of the other is not known"
                assert call(one, "DELETE", f"/api/v1/api_keys/{made['id']}", key=admin).status == 204
                took.append(until(lambda: connection.request("GET", MODELS, headers).status == 401, 2, "it is still taken"))
        print(f"key revoked: p50 {sorted(took)[15] * 1000:.1f} ms, longest {max(took) * 1000:.1f} ms")
        assert max(took) < 0.1


def test_failed_sign_ins_count_at_both(postgres, tmp_path):
    with Cluster(tmp_path, postgres.database(), arguments=("--access-sign-in-tries", "10", "--access-sign-in-interval", "1h")) as cluster:
        a, b = cluster
        refused = {"name": "nobody-here", "password": "not the password"}
        said = [call(a, "POST", "/api/v1/session", data=refused).status for _ in range(12)]
        assert said == [401] * 10 + [429] * 2
        # One may be under way before the last failure was heard.
        said = [call(b, "POST", "/api/v1/session", data=refused).status for _ in range(6)]
        assert said.count(401) <= 2 and said[-1] == 429, said


def test_events_of_one_are_told_at_the_other_in_order(nodes):
    a, b = nodes
    seen, last = [], threading.Event()

    def watch():
        with Connection(b) as connection:
            connection.send(connection.head("GET", "/api/v1/events?types=model.created"))
            connection.read_head()
            ready.set()
            for line in connection.lines(60):
                if line.startswith("data:"):
                    seen.append((json.loads(line[5:])["name"], json.loads(line[5:])["cursor"]))
                    if seen[-1][0] == "told-99":
                        last.set()
                        return

    ready = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    ready.wait(10)
    for i in range(100):
        assert call((a, b)[i % 2], "POST", MODELS, data={"name": f"told-{i}"}).status == 201
    assert last.wait(5)
    watcher.join()
    assert [name for name, _ in seen] == [f"told-{i}" for i in range(100)]
    with Connection(a) as connection:  # a cursor of the other's
        connection.send(connection.head("GET", f"/api/v1/events?types=model.created&after={seen[49][1]}"))
        connection.read_head()
        after = []
        for line in connection.lines(20):
            if line.startswith("data:"):
                after.append(json.loads(line[5:])["name"])
            if len(after) == 50:
                break
    assert after == [f"told-{i}" for i in range(50, 100)]


def test_a_second_node_of_a_name_is_refused(nodes, postgres, tmp_path):
    arguments = nodes[0].arguments
    twin = Souk(tmp_path / "twin", *arguments[arguments.index("--database"):])
    with pytest.raises(StartFailed) as failed:
        twin.start()
    assert "node-0" in failed.value.stderr
