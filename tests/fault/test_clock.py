# SPDX-License-Identifier: Apache-2.0
"""The wall clock is set by an hour, forwards and back, under a running server: it goes on, and only what expires by the wall clock does."""

import base64
import json
import subprocess
import time

import pytest
from registry_client import deploy, folder, push
from souk_server import Souk, run_cli
from wire import Connection, call

MODELS = "/api/v1/namespaces/default/models"
HOUR = 3_600_000


@pytest.fixture(scope="module")
def shim(root, tmp_path_factory):
    library = tmp_path_factory.mktemp("shim") / "clock_shim.so"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, root / "tests/lib/clock_shim.c"], check=True)
    return library


def test_an_hour_forwards_and_back(tmp_path, root, shim, own_database):
    clock = tmp_path / "clock"
    clock.write_text("0")
    souk = Souk(tmp_path / "data", *own_database, dev=False, environment={"LD_PRELOAD": str(shim), "CLOCK_SHIM_FILE": str(clock)})
    with souk:
        key = (souk.data / "admin.key").read_text().strip()

        def shown():
            return call(souk, "POST", MODELS, key=key, data={"name": f"at-{time.monotonic_ns()}"}).json()["create_time"]

        def ask(method, path, status, **more):
            began = time.monotonic()
            answer = call(souk, method, path, key=key, **more)
            assert answer.status == status, (path, answer.status, answer.body)
            assert time.monotonic() - began < 10
            return answer

        before = shown()
        picture = {"data": {"type": "image-base64", "image-base64": base64.b64encode((root / "samples/digits/images/3.png").read_bytes()).decode()}}
        assert push(souk, "default/digits", "1", folder(root / "samples/digits"), key=key).status == 201
        deploy(souk, "default/digits:1", "digits", key=key)
        short = ask("POST", "/api/v1/api_keys", 201, data={"name": "short", "expires_in": "30m"}).json()["key"]
        long = ask("POST", "/api/v1/api_keys", 201, data={"name": "long", "expires_in": "2h"}).json()["key"]
        upload = ask("POST", "/v2/default/digits/blobs/uploads/", 202, headers={"Content-Length": "0"}).header("Location").removeprefix(souk.url)
        with Connection(souk) as stream:  # who watches goes on watching
            stream.send(stream.head("GET", "/api/v1/events?types=model.created", {"Authorization": f"Bearer {key}"}))
            assert stream.read_head().status == 200
            seen = []
            for offset in (HOUR, 0, -HOUR, 0):
                clock.write_text(str(offset))
                now = shown()
                seen.append(now)
                assert (now > before) == (offset >= 0) or offset == 0
                for who, valid in ((short, offset < HOUR), (long, True)):
                    assert call(souk, "GET", MODELS, key=who).status == (200 if valid else 401), (offset, who)
                ask("GET", "/v2/models/digits/ready", 200)
                ask("GET", upload, 204)
                ask("PUT", f"{MODELS}/digits/aliases/champion", 200, data={"version": 1})
                waited = ask("POST", "/api/v1/namespaces/default/deployments", 200, headers={"Prefer": "wait=5"}, data={"reference": "digits:1", "name": "digits"})
                assert waited.json()["state"] == "READY"
                background = ask("POST", "/api/v1/operations", 200, headers={"Prefer": "wait=9"}, data={"model": "digits", "task_inputs": [picture]})
                assert background.json()["state"] == "SUCCEEDED"
                ask("GET", "/readyz", 200)
            names = []
            for line in stream.lines():
                if line.startswith("data:"):
                    names.append(json.loads(line[5:])["name"])
                if len(names) == 4:
                    break
        found = json.loads(run_cli("doctor", "-o", "json", "--data", souk.data, "--listen", "127.0.0.1:0", *own_database).stdout)
        assert [f["check"] for f in found["findings"] if f["check"].startswith("clock.s") and f["verdict"] == "WRONG"] == []
    # it starts again in what was the future, and in the past
    for offset in (HOUR, -HOUR):
        clock.write_text(str(offset))
        with souk:
            assert call(souk, "GET", f"{MODELS}/digits", key=long if offset < 0 else key).status == 200
            end = time.monotonic() + 10
            while call(souk, "GET", "/v2/models/digits/ready", key=key).status != 200:
                assert time.monotonic() < end
                time.sleep(0.02)
            done = call(souk, "POST", "/api/v1/operations", {"Prefer": "wait=30"}, key=long if offset < 0 else key, data={"model": "digits", "task_inputs": [picture]})
            assert done.json()["state"] == "SUCCEEDED", done.body
