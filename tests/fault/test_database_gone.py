# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL stops, or freezes, for 20 s under load: inference goes on, writes get 503 with Retry-After, and all comes back by itself."""

import threading
import time

import pytest
from postgres import Postgres
from registry_client import deploy, folder, push
from souk_server import Souk, run_cli
from wire import Closed, Connection, call

MODELS = "/api/v1/namespaces/default/models"
INFER = {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 1, 16, 16], "data": [0.5] * 256}]}
OUTAGE = 20


class Load:
    """Runs f(connection) again and again; notes (when, seconds, status, retry-after)."""

    def __init__(self, souk, f, rest=0.01):
        self.souk, self.f, self.rest, self.notes, self.going = souk, f, rest, [], True
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        connection, number = None, 0
        while self.going:
            began = time.monotonic()
            try:
                connection = connection or Connection(self.souk, 40)
                answer = self.f(connection, number)
                self.notes.append((began, time.monotonic() - began, answer.status, answer.header("Retry-After")))
            except (OSError, Closed) as error:
                self.notes.append((began, time.monotonic() - began, repr(error), None))
                connection = None
            number += 1
            time.sleep(self.rest)

    def end(self):
        self.going = False
        self.thread.join()
        return self.notes

    def between(self, begin, end):
        return [n for n in self.notes if n[0] >= begin and n[0] + n[1] <= end]


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_twenty_seconds_without_the_database(tmp_path, root, how):
    database = Postgres()
    souk = Souk(tmp_path / "data", "--database", database.url, dev=False).start()
    try:
        key = (souk.data / "admin.key").read_text().strip()
        assert push(souk, "default/digits", "1", folder(root / "samples/digits"), key=key).status == 201
        deploy(souk, "default/digits:1", "digits", key=key)
        name = call(souk, "GET", "/v2/models/digits", key=key).json()["inputs"][0]["name"]
        INFER["inputs"][0]["name"] = name
        auth = {"Authorization": f"Bearer {key}"}
        loads = {
            "infer": Load(souk, lambda c, n: c.request("POST", "/v2/models/digits/infer", auth, data=INFER)),
            "health": Load(souk, lambda c, n: c.request("GET", ("/healthz", "/readyz")[n % 2])),
            "metrics": Load(souk, lambda c, n: c.request("GET", "/metrics", auth)),
            "read": Load(souk, lambda c, n: c.request("GET", f"{MODELS}/digits", auth)),
        }
        # more than there are threads for requests and connections to the database
        writers = [Load(souk, lambda c, n, w=w: c.request("POST", MODELS, auth, data={"name": f"w{w}-{n}"}), 0.1) for w in range(24)]
        try:
            time.sleep(1)
            gone = time.monotonic()
            database.stop() if how == "stopped" else database.freeze()
            time.sleep(OUTAGE)
            database.start() if how == "stopped" else database.thaw()
            back = time.monotonic()
            end = back + 10
            while call(souk, "POST", MODELS, auth, data={"name": "after"}).status not in (201, 409):
                assert time.monotonic() < end, "writes do not come back"
                time.sleep(0.05)
            recovered = time.monotonic() - back
            time.sleep(1.5)
        finally:
            for load in [*loads.values(), *writers]:
                load.end()
        assert recovered < 5, f"{recovered:.1f} s until the first write"

        for what in ("infer", "health", "metrics"):
            notes = loads[what].notes
            assert {n[2] for n in notes} == {200}, (what, {n[2] for n in notes})
            during = loads[what].between(gone, gone + OUTAGE)
            # Keys, rights and routes that are known are in memory: neither waits for a database that says nothing.
            assert len(during) > 100, (what, len(during))
            assert max(n[1] for n in during) < 3, (what, [(round(n[0] - gone, 2), round(n[1], 2)) for n in during if n[1] > 0.5])
        refused = 0
        for load in [*writers, loads["read"]]:
            for _, seconds, status, retry in load.notes:
                assert status in (200, 201, 503), status
                assert seconds < 16, f"an answer took {seconds:.1f} s"
                if status == 503:
                    refused += 1
                    assert retry and int(retry) >= 1
            assert load.notes[-1][2] in (200, 201)
        assert refused > 10
        for w, load in enumerate(writers):  # what was acknowledged is there
            for n, note in enumerate(load.notes):
                if note[2] == 201 and n % 5 == w % 5:
                    assert call(souk, "GET", f"{MODELS}/w{w}-{n}", key=key).status == 200
        assert len(souk.log().splitlines()) < 400, "the log is flooded"
        doctor = run_cli("doctor", "-o", "json", "--data", souk.data, "--database", database.url, "--listen", f"127.0.0.1:{souk.port}")
        assert '"a souk answers' in doctor.stdout
        assert souk.stop() == 0
    finally:
        if souk.running():
            souk.kill()
        database.close()


def test_cut_off_for_longer_than_the_limit(tmp_path, root):
    """A node that cannot know whether keys still hold says so, and goes on once it can."""
    database = Postgres()
    with Souk(tmp_path / "data", "--database", database.url, "--api-cut-off-limit", "3s") as souk:
        try:
            assert push(souk, "default/digits", "1", folder(root / "samples/digits")).status == 201
            deploy(souk, "default/digits:1", "digits")
            assert call(souk, "GET", "/v2/models/digits/ready").status == 200
            database.stop()
            time.sleep(1.5)
            assert call(souk, "GET", "/v2/models/digits/ready").status == 200
            assert call(souk, "GET", "/readyz").status == 200
            time.sleep(3)
            refused = call(souk, "GET", "/v2/models/digits/ready")
            assert refused.status == 503 and refused.header("Retry-After"), refused
            assert call(souk, "GET", "/readyz").status == 503
            assert call(souk, "GET", "/healthz").status == 200
            database.start()
            end = time.monotonic() + 10
            while call(souk, "GET", "/v2/models/digits/ready").status != 200:
                assert time.monotonic() < end
                time.sleep(0.05)
        finally:
            database.close()
