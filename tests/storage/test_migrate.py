# SPDX-License-Identifier: Apache-2.0
"""All bytes from a folder to S3 and back, while the server is asked, killed, and S3 fails."""

import json
import os
import shutil
import threading
import time

from registry_client import deploy, digest_of, folder, push, push_blob
from s3 import Proxy
from souk_server import Souk, run_cli
from wire import Closed, call

OVER = ("DONE", "FAILED", "CANCELLED")


class Load:
    """Reads what is kept and pushes more, all the time. What was answered counts; a server that is away is waited for."""

    def __init__(self, souk, kept):
        self.souk, self.kept, self.wrong, self.reads, self.writes = souk, kept, [], 0, 0
        self.going, self.lock = True, threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(3)]

    def run(self):
        while self.going:
            try:
                with self.lock:
                    some = list(self.kept.items())
                for digest, data in some[:: max(1, len(some) // 20)]:
                    answer = call(self.souk, "GET", f"/v2/default/m/blobs/{digest}")
                    if answer.status != 200 or answer.body != data:
                        self.wrong.append((digest, answer.status, answer.body[:200]))
                    self.reads += 1
                new = os.urandom(50_000)
                answer = call(self.souk, "POST", f"/v2/default/m/blobs/uploads/?digest={digest_of(new)}",
                              {"Content-Type": "application/octet-stream"}, new)
                if answer.status == 201:
                    with self.lock:
                        self.kept[digest_of(new)] = new
                    self.writes += 1
                else:
                    assert answer.status == 503, answer.body
            except (OSError, Closed):
                time.sleep(0.05)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        for thread in self.threads:
            thread.join()


def move_of(souk, number):
    return call(souk, "GET", f"/api/v1/blob_moves/{number}").json()


def until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def check_all(souk, kept):
    for digest, data in kept.items():
        assert call(souk, "GET", f"/v2/default/m/blobs/{digest}").body == data


def fill(souk, counts):
    kept = {digest_of(data): data for size, count in counts for data in (os.urandom(size) for _ in range(count))}
    for data in kept.values():
        push_blob(souk, "default/m", data)
    return kept


def test_folder_to_s3_and_back_while_serving(s3, tmp_path, root):
    souk = Souk(tmp_path / "data", environment=s3.environment)
    souk.start()
    assert push(souk, "default/digits", "1", folder(root / "samples/digits")).status == 201
    deploy(souk, "default/digits:1", "digits")
    kept = fill(souk, [(100, 60), (12_000_000, 3)])
    url = s3.url()
    with Load(souk, kept) as load:
        until(lambda: load.writes > 3, "no load")
        moved = run_cli("blobs", "migrate", url, url=souk.url, home=tmp_path)
        done = load.writes
        until(lambda: load.writes > done + 3, "no writes after the move")
    assert moved.returncode == 0, moved.stderr
    assert "set --blobs to" in moved.stderr and not load.wrong, load.wrong[:3]
    status = json.loads(run_cli("blobs", "status", "-o", "json", url=souk.url, home=tmp_path).stdout)["blob_moves"]
    assert [move["state"] for move in status] == ["DONE"] and status[0]["done_bytes"] >= 36_000_000, status
    assert call(souk, "GET", "/api/v1/server").json()["blobs"] == "s3"
    shutil.rmtree(tmp_path / "data/blobs/sha256")  # reads come from the new place, before and after a restart
    check_all(souk, kept)
    assert souk.stop() == 0
    shutil.rmtree(tmp_path / "data/blobs")
    souk.start()  # the settings still name the folder
    check_all(souk, kept)
    assert "the blobs have moved" in souk.log()
    assert souk.stop() == 0

    souk.arguments += ["--blobs", url]
    with souk:
        assert call(souk, "GET", "/v2/models/digits/ready").status == 200
        with Load(souk, kept) as load:
            back = run_cli("blobs", "migrate", f"file:{tmp_path / 'back'}", url=souk.url, home=tmp_path)
        assert back.returncode == 0, back.stderr
        assert not load.wrong, load.wrong[:3]
    souk.arguments[-1] = f"file:{tmp_path / 'back'}"
    souk.environment.pop("AWS_SECRET_ACCESS_KEY")
    with souk:
        check_all(souk, kept)
        doctor = run_cli("doctor", "--verify", "--data", tmp_path / "data", "--blobs", souk.arguments[-1], home=tmp_path)
        assert "blobs.content" in doctor.stdout and "every byte is right" in doctor.stdout, doctor.stdout


def test_killed_in_the_middle_under_load(s3, tmp_path):
    proxy = Proxy(s3.endpoint)
    souk = Souk(tmp_path / "data", "--s3-pause", "1ms", "--s3-attempts", "2", environment=s3.environment)
    souk.start()
    try:
        kept = fill(souk, [(1000, 300), (20_000_000, 1)])
        url, puts = s3.url(proxy.endpoint), [0]

        def after_a_while(method, path):
            puts[0] += method in ("PUT", "POST")
            return puts[0] > 60

        with Load(souk, kept) as load:
            for round_number in range(3):
                puts[0] = 0
                proxy.fail("503", after_a_while)
                if round_number == 0:
                    begun = call(souk, "POST", "/api/v1/blob_moves", data={"target": url})
                    assert begun.status == 202, begun.body
                    number = begun.json()["id"]
                until(lambda: proxy.failed > 3 or move_of(souk, number)["state"] in OVER, "the move does not reach S3")
                before = load.reads  # the target is away: what is at the source is read there
                souk.kill()
                proxy.heal()
                souk.start()
            until(lambda: move_of(souk, number)["state"] in OVER, "the move does not end")
            until(lambda: load.reads > before + 20, "no reads")
        move = move_of(souk, number)
        assert move["state"] == "DONE" and move["done_bytes"] >= 20_300_000, move
        assert not load.wrong, load.wrong[:3]
        assert souk.stop() == 0
        shutil.rmtree(tmp_path / "data/blobs")
        souk.arguments += ["--blobs", url]
        souk.start()
        check_all(souk, kept)
    finally:
        assert souk.stop() in (0, None)
        proxy.close()


def test_reads_go_on_while_the_target_is_away(s3, tmp_path):
    proxy = Proxy(s3.endpoint)
    with Souk(tmp_path / "data", "--s3-pause", "1ms", "--s3-attempts", "2", environment=s3.environment) as souk:
        kept = fill(souk, [(1000, 20)])
        proxy.fail("500", lambda method, path: method == "PUT")
        number = call(souk, "POST", "/api/v1/blob_moves", data={"target": s3.url(proxy.endpoint)}).json()["id"]
        until(lambda: move_of(souk, number)["state"] == "COPYING" and proxy.failed > 3, "the move does not begin")
        proxy.fail("hang up")
        check_all(souk, kept)
        new = os.urandom(100)
        answer = call(souk, "POST", f"/v2/default/m/blobs/uploads/?digest={digest_of(new)}", {}, new)
        assert answer.status == 503 and answer.header("Retry-After"), answer.body
        # Back again: nothing of it needs the target.
        back = call(souk, "POST", "/api/v1/blob_moves", data={"target": f"file:{souk.data}/blobs"})
        assert back.status in (202, 503), back.body
        proxy.heal()
        if back.status == 503:
            back = call(souk, "POST", "/api/v1/blob_moves", data={"target": f"file:{souk.data}/blobs"})
        until(lambda: move_of(souk, back.json()["id"])["state"] == "DONE", "the move back does not end")
        assert move_of(souk, number)["state"] == "CANCELLED"
        push_blob(souk, "default/m", new)
        check_all(souk, kept | {digest_of(new): new})
    proxy.close()


def test_two_nodes_move_together(s3, tmp_path, postgres):
    database = postgres.database()
    blobs = f"file:{tmp_path / 'shared'}"
    nodes = [Souk(tmp_path / name, "--database", database, "--blobs", blobs, "--node", name, environment=s3.environment) for name in ("one", "two")]
    with nodes[0] as one, nodes[1] as two:
        kept = fill(one, [(1000, 50)])
        with Load(one, dict(kept)) as first, Load(two, dict(kept)) as second:
            moved = run_cli("blobs", "migrate", s3.url(), url=two.url, home=tmp_path)
        assert moved.returncode == 0, moved.stderr
        assert not first.wrong and not second.wrong, (first.wrong + second.wrong)[:3]
        shutil.rmtree(tmp_path / "shared/sha256")
        for node in (one, two):
            check_all(node, first.kept | second.kept)


def test_bad_input(souk, tmp_path):
    for target in ("", "ftp://x", "s3://", "s3://UP", "s3://key:hunter2@bucket", "file:", "x" * 5000, f"file:{souk.data}/blobs/sha256"):
        problem = call(souk, "POST", "/api/v1/blob_moves", data={"target": target}).problem(400, "INVALID_ARGUMENT")
        assert problem["field"] == "target" and "hunter2" not in str(problem), problem
    call(souk, "POST", "/api/v1/blob_moves", data={"target": f"file:{souk.data}/blobs"}).problem(409, "FAILED_PRECONDITION")
    call(souk, "GET", "/api/v1/blob_moves/99").problem(404, "NOT_FOUND")
    for what in ("migrate", "status"):
        assert run_cli("blobs", what, *(["ftp://x"] if what == "migrate" else []), url=souk.url, home=tmp_path).returncode == (2 if what == "migrate" else 0)


def test_only_admins_of_everything(tmp_path):
    with Souk(tmp_path / "data", dev=False) as souk:
        admin = (tmp_path / "data/admin.key").read_text().strip()
        writer = call(souk, "POST", "/api/v1/api_keys", key=admin, data={"name": "ci", "role": "WRITER"}).json()["key"]
        wanted = {"target": f"file:{tmp_path}/x"}
        assert call(souk, "POST", "/api/v1/blob_moves", data=wanted).status == 401
        for method, data in (("POST", wanted), ("GET", None)):
            call(souk, method, "/api/v1/blob_moves", key=writer, data=data).problem(403, "PERMISSION_DENIED")
        call(souk, "GET", "/api/v1/blob_moves/1", key=writer).problem(403, "PERMISSION_DENIED")
        assert call(souk, "GET", "/api/v1/blob_moves", key=admin).json() == {"blob_moves": []}
        assert not (tmp_path / "x").exists()
