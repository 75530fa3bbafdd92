# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle: nothing that was acknowledged is lost, nothing half made is shown."""

import json
import os
import threading
import time

from registry_client import digest_of, folder, push
from wire import Closed, Connection, call

MODELS = "/api/v1/namespaces/default/models"


def hammer(souk, work, threads=8):
    """Runs work(i, note) in threads until the server is gone; the notes of what was acknowledged."""
    acknowledged, going = [], threading.Event()
    going.set()

    def run(number):
        i = 0
        while going.is_set():
            try:
                work(number, i, acknowledged.append)
            except (OSError, Closed, ValueError):
                return
            i += 1

    workers = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    end = time.monotonic() + 20
    while len(acknowledged) < 150 and time.monotonic() < end:
        time.sleep(0.005)
    souk.kill()
    going.clear()
    for worker in workers:
        worker.join()
    return acknowledged


def test_acknowledged_models_and_changes_are_kept(own_souk):
    connections = {}

    def work(number, i, note):
        connection = connections.setdefault(number, None) or Connection(own_souk, 10)
        connections[number] = connection
        name = f"m-{number}-{i}"
        if connection.request("POST", MODELS, data={"name": name}).status == 201:
            note((name, ""))
        if connection.request("PATCH", f"{MODELS}/{name}", data={"description": "changed"}).status == 200:
            note((name, "changed"))

    for round_number in range(3):
        connections.clear()
        acknowledged = hammer(own_souk, work)
        assert len(acknowledged) >= 50
        own_souk.start()
        changed = {name for name, what in acknowledged if what}
        for name, _ in acknowledged:
            model = call(own_souk, "GET", f"{MODELS}/{name}")
            assert model.status == 200, f"{name} was acknowledged and is lost"
            assert name not in changed or model.json()["description"] == "changed"
        for name in {n for n, _ in acknowledged}:
            assert call(own_souk, "DELETE", f"{MODELS}/{name}").status == 204
    assert call(own_souk, "GET", "/healthz").status == 200


def test_acknowledged_pushes_are_whole(own_souk, files):
    data = (files / "models/simple.onnx").read_bytes()

    def work(number, i, note):
        name = f"p-{number}-{i}"
        readme = os.urandom(20_000)
        if push(own_souk, f"default/{name}", "1", {"m.onnx": data, "README.md": readme}).status == 201:
            for _ in range(10):
                note((name, digest_of(readme)))

    acknowledged = set(hammer(own_souk, work, threads=4))
    assert acknowledged
    own_souk.start()
    for name, readme in acknowledged:
        version = call(own_souk, "GET", f"{MODELS}/{name}/versions/1").json()
        assert version["sealed"] and version["signature"]["inputs"], name
        manifest = call(own_souk, "GET", f"/v2/default/{name}/manifests/1")
        assert digest_of(manifest.body) == version["digest"]
        for layer in manifest.json()["layers"]:
            assert digest_of(call(own_souk, "GET", f"/v2/default/{name}/blobs/{layer['digest']}").body) == layer["digest"]
        assert digest_of(call(own_souk, "GET", f"{MODELS}/{name}/versions/1/files/README.md").body) == readme
    for model in call(own_souk, "GET", f"{MODELS}?page_size=1000").json()["models"]:
        for version in call(own_souk, "GET", f"{MODELS}/{model['slug']}/versions").json()["versions"]:
            assert version["sealed"], f"{model['slug']} shows a version half made"
            files_of = call(own_souk, "GET", f"{MODELS}/{model['slug']}/versions/{version['number']}/files").json()["files"]
            assert {f["path"] for f in files_of} == {"m.onnx", "README.md"}


def test_an_upload_cut_in_the_middle_is_no_blob(own_souk):
    data = os.urandom(4 << 20)
    location = call(own_souk, "POST", "/v2/default/cut/blobs/uploads/", {"Content-Length": "0"}).header("Location").removeprefix(own_souk.url)
    connection = Connection(own_souk)
    connection.send(connection.head("PATCH", location, {"Content-Type": "application/octet-stream", "Content-Length": str(len(data))}) + data[:1 << 20])
    time.sleep(0.2)  # some of it is on its way to the disk
    own_souk.kill()
    connection.close()
    own_souk.start()
    assert call(own_souk, "HEAD", f"/v2/default/cut/blobs/{digest_of(data)}").status == 404
    session = call(own_souk, "GET", location)
    assert session.status in (204, 404)
    answer = call(own_souk, "POST", f"/v2/default/cut/blobs/uploads/?digest={digest_of(data)}", {"Content-Type": "application/octet-stream"}, data)
    assert answer.status == 201
    assert call(own_souk, "GET", f"/v2/default/cut/blobs/{digest_of(data)}").body == data


def test_what_was_deployed_answers_again(own_souk, root):
    push(own_souk, "default/digits", "1", folder(root / "samples/digits"))
    made = call(own_souk, "POST", "/api/v1/namespaces/default/deployments", data={"reference": "digits:1", "name": "digits"})
    assert made.status == 201
    own_souk.kill()  # it may not even have begun to load
    own_souk.start()
    end = time.monotonic() + 15
    while call(own_souk, "GET", "/v2/models/digits/ready").status != 200:
        assert time.monotonic() < end, call(own_souk, "GET", "/api/v1/namespaces/default/deployments/digits").body
        time.sleep(0.02)


def test_events_are_neither_lost_nor_doubled(own_souk):
    def work(number, i, note):
        name = f"e-{number}-{i}"
        if call(own_souk, "POST", MODELS, data={"name": name}).status == 201:
            note(name)

    with Connection(own_souk) as connection:  # a cursor from before
        connection.send(connection.head("GET", "/api/v1/events?types=model.created"))
        assert connection.read_head().status == 200
        assert call(own_souk, "POST", MODELS, data={"name": "the-first"}).status == 201
        cursor = next(line[4:] for line in connection.lines() if line.startswith("id: "))
    acknowledged = set(hammer(own_souk, work))
    own_souk.start()
    present = {m["slug"] for m in every_model(own_souk)} - {"the-first"}
    assert acknowledged <= present
    call(own_souk, "POST", MODELS, data={"name": "the-last"})
    seen = []
    with Connection(own_souk) as connection:
        connection.send(connection.head("GET", f"/api/v1/events?types=model.created&after={cursor}"))
        assert connection.read_head().status == 200
        for line in connection.lines():
            if line.startswith("data:"):
                seen.append(json.loads(line[5:])["name"])
                if seen[-1] == "the-last":
                    break
    assert sorted(seen) == sorted(present | {"the-last"})


def every_model(souk):
    models, token = [], ""
    while token is not None:
        page = call(souk, "GET", f"{MODELS}?page_size=1000&page_token={token}").json()
        models += page["models"]
        token = page.get("next_page_token")
    return models
