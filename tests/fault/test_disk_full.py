# SPDX-License-Identifier: Apache-2.0
"""The disk fills up, at every stage of an upload: reads and inference go on, writes get 503, and space brings all back."""

import base64
import hashlib
import json
import os
import subprocess
import time

import pytest
from registry_client import deploy, digest_of, folder, push
from souk_server import Souk, run_cli
from wire import Closed, call

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")

MODELS = "/api/v1/namespaces/default/models"
DISK = 40 << 20


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place, leave):
    """A ballast file that leaves so many bytes free, or somewhat more: the server may write meanwhile."""
    with open(place / "ballast", "ab") as ballast:
        for _ in range(20):
            about = os.statvfs(place)
            size = about.f_bavail * about.f_frsize - leave
            if size <= 0:
                return
            try:
                return os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), size)
            except OSError:
                time.sleep(0.01)


def relieve(place):
    (place / "ballast").unlink(missing_ok=True)


def checked(answer, good=(200, 201, 202, 204)):
    """Whether it was done; if not, it must be a 503 that says when to come back."""
    if answer.status in good:
        return True
    assert answer.status == 503, (answer.status, answer.body[:300])
    assert int(answer.header("Retry-After")) >= 1
    assert b"disk" in answer.body or b"space" in answer.body, answer.body
    return False


def test_every_stage_of_a_push(small_disk, root, files):
    souk = Souk(small_disk / "data").start()
    try:
        assert push(souk, "default/digits", "1", folder(root / "samples/digits")).status == 201
        deploy(souk, "default/digits:1", "digits")
        name = call(souk, "GET", "/v2/models/digits").json()["inputs"][0]["name"]
        infer = {"inputs": [{"name": name, "datatype": "FP32", "shape": [1, 1, 16, 16], "data": [0.5] * 256}]}
        model = (files / "models/simple.onnx").read_bytes()
        pid, acknowledged, refusals = souk.pid, [], 0
        for round_number, leave in enumerate([0, 4 << 10, 16 << 10, 64 << 10, 200 << 10, 700 << 10, 1200 << 10, 3 << 20]):
            fill(small_disk, leave)
            weights, slug = os.urandom(1 << 20), f"full-{round_number}"
            for name in (slug, f"row-{round_number}"):
                if checked(call(souk, "POST", MODELS, data={"name": name})):
                    acknowledged.append(name)
                else:
                    refusals += 1
            started = call(souk, "POST", f"/v2/default/{slug}/blobs/uploads/", {"Content-Length": "0"})
            if checked(started):
                location = started.header("Location").removeprefix(souk.url)
                for begin in range(0, len(weights), 256 << 10):
                    piece = weights[begin:begin + (256 << 10)]
                    patched = call(souk, "PATCH", location, {"Content-Type": "application/octet-stream",
                                                             "Content-Range": f"{begin}-{begin + len(piece) - 1}"}, piece)
                    if not checked(patched):
                        refusals += 1
                        break
                    location = patched.header("Location").removeprefix(souk.url)
                else:
                    mark = "&" if "?" in location else "?"
                    if checked(call(souk, "PUT", f"{location}{mark}digest={digest_of(weights)}", {"Content-Length": "0"})):
                        assert call(souk, "GET", f"/v2/default/{slug}/blobs/{digest_of(weights)}").body == weights
            try:
                answer = push(souk, f"default/{slug}", "1", {"m.onnx": model, "w.bin": weights})
                if checked(answer):
                    acknowledged.append(f"{slug}:1")
                else:
                    refusals += 1
            except AssertionError as refused:  # one of its blobs was refused
                assert "503" in str(refused) and "Retry" not in str(refused), refused
                refusals += 1
            except Closed:
                refusals += 1
            # what can go on does
            assert call(souk, "GET", f"{MODELS}/digits").status == 200
            assert call(souk, "GET", f"{MODELS}/digits/versions/1/files/README.md").status == 200
            assert call(souk, "POST", "/v2/models/digits/infer", data=infer).status == 200
            assert call(souk, "GET", "/healthz").status == 200 and call(souk, "GET", "/metrics").status == 200
            relieve(small_disk)
            # and the rest comes back by itself
            assert push(souk, f"default/{slug}", "2", {"m.onnx": model, "w.bin": weights[::-1]}).status == 201
            assert call(souk, "DELETE", f"{MODELS}/{slug}").status == 204
            acknowledged = [a for a in acknowledged if not a.startswith(slug)]
        assert souk.running() and souk.pid == pid and refusals >= 8
        for one in acknowledged:
            assert call(souk, "GET", f"{MODELS}/{one}").status == 200, one
        fill(small_disk, 8 << 10)
        doctor = run_cli("doctor", "-o", "json", "--data", souk.data, "--listen", "127.0.0.1:0")
        assert any(f["check"] == "disk.space" and f["verdict"] == "WRONG" for f in json.loads(doctor.stdout)["findings"])
        relieve(small_disk)
        assert souk.stop() == 0
        doctor = run_cli("doctor", "--verify", "-o", "json", "--data", souk.data, "--listen", "127.0.0.1:0")
        wrong = {f["check"] for f in json.loads(doctor.stdout)["findings"] if f["verdict"] == "WRONG"}
        assert wrong <= {"disk.space"}, doctor.stdout
    finally:
        if souk.running():
            souk.kill()


@pytest.mark.parametrize("leave", [0, 4 << 10, 64 << 10])
def test_the_last_step_of_an_upload(small_disk, leave):
    """All bytes are there when the disk is full: the commit is done whole, or refused and done again later."""
    with Souk(small_disk / "data") as souk:
        data = os.urandom(1 << 20)
        begun = call(souk, "POST", "/v2/default/m/blobs/uploads/", {"Content-Length": "0"}).header("Location").removeprefix(souk.url)
        patched = call(souk, "PATCH", begun, {"Content-Type": "application/octet-stream", "Content-Range": f"0-{len(data) - 1}"}, data)
        location = patched.header("Location").removeprefix(souk.url)
        location += ("&" if "?" in location else "?") + "digest=" + digest_of(data)
        fill(small_disk, leave)
        done = checked(call(souk, "PUT", location, {"Content-Length": "0"}))
        relieve(small_disk)
        if not done:
            answer = call(souk, "PUT", location, {"Content-Length": "0"})
            if answer.status == 404:  # the upload went with what was refused: it says to begin anew
                answer = call(souk, "POST", f"/v2/default/m/blobs/uploads/?digest={digest_of(data)}", {"Content-Type": "application/octet-stream"}, data)
            assert answer.status in (200, 201), answer.body
        assert call(souk, "GET", f"/v2/default/m/blobs/{digest_of(data)}").body == data


def in_parts(souk, data, said):
    """An upload in parts, all but its end; and what the parts' checksums are."""
    made = call(souk, "POST", f"{MODELS}/m/uploads", data={"size": len(data)} | ({"digest": digest_of(data)} if said else {}))
    assert made.status == 201, made.body
    upload = made.json()
    for number in range(1, upload["part_count"] + 1):
        put_part(souk, upload, number, data)
    return upload


def put_part(souk, upload, number, data):
    piece = data[(number - 1) * upload["part_size"]:number * upload["part_size"]]
    checksum = base64.b64encode(hashlib.sha256(piece).digest()).decode()
    answer = call(souk, "PUT", f"{MODELS}/m/uploads/{upload['id']}/parts/{number}", {"Content-Digest": f"sha-256=:{checksum}:"}, piece)
    if answer.status != 200:
        assert checked(answer, (200,)) is False
    return answer.status == 200


@pytest.mark.parametrize("said", [True, False], ids=["digest said", "digest not said"])
@pytest.mark.parametrize("restarted", [False, True], ids=["same server", "restarted"])
@pytest.mark.parametrize("leave", [0, 4 << 10, 16 << 10, 64 << 10])
def test_no_part_is_sent_twice_for_a_full_disk(small_disk, leave, restarted, said):
    """Completing may be repeated until there is room, also after a restart and by who does not know the digest."""
    with Souk(small_disk / "data") as souk:
        data = os.urandom(3 << 20)
        upload = in_parts(souk, data, said)
        place = f"{MODELS}/m/uploads/{upload['id']}"
        fill(small_disk, leave)
        done = [checked(call(souk, "POST", f"{place}:complete", data={})) for _ in range(3)]
        assert leave or not any(done)
        relieve(small_disk)
        if restarted:
            souk.kill()
            souk.start()
        if not any(done):
            assert call(souk, "GET", place).json()["received_parts"] == upload["part_count"]
        completed = call(souk, "POST", f"{place}:complete", data={})
        assert completed.status == 200 and completed.json()["digest"] == digest_of(data), completed.body
        assert call(souk, "GET", f"/v2/default/m/blobs/{digest_of(data)}").body == data
        assert not list((souk.data / "blobs/uploads").glob("*"))


def test_a_disk_that_fills_up_among_parts(small_disk):
    """Parts that were acknowledged stay, those that were not come again, and nothing else is asked for."""
    with Souk(small_disk / "data") as souk:
        data = os.urandom(36 << 20 >> 1)  # two parts
        upload = call(souk, "POST", f"{MODELS}/m/uploads", data={"size": len(data)}).json()
        assert upload["part_count"] == 2 and put_part(souk, upload, 1, data)
        fill(small_disk, 1 << 20)
        assert not put_part(souk, upload, 2, data)
        place = f"{MODELS}/m/uploads/{upload['id']}"
        assert call(souk, "POST", f"{place}:complete", data={}).status in (409, 503)
        relieve(small_disk)
        assert [p["number"] for p in call(souk, "GET", f"{place}/parts").json()["parts"]] == [1]
        assert put_part(souk, upload, 2, data)
        completed = call(souk, "POST", f"{place}:complete", data={})
        assert completed.status == 200 and completed.json()["digest"] == digest_of(data), completed.body


def test_with_bytes_in_s3(small_disk, s3, root):
    """The database and the cache of models are on the full disk, the bytes are not."""
    with Souk(small_disk / "data", "--blobs", s3.url(), environment=s3.environment) as souk:
        assert push(souk, "default/digits", "1", folder(root / "samples/digits")).status == 201
        data = os.urandom(1 << 20)
        refusals = 0
        for leave in (0, 16 << 10):
            fill(small_disk, leave)
            answer = call(souk, "POST", f"/v2/default/m/blobs/uploads/?digest={digest_of(data)}", {"Content-Type": "application/octet-stream"}, data)
            refusals += not checked(answer)
            layer = call(souk, "GET", "/v2/default/digits/manifests/1", {"Accept": "*/*"}).json()["layers"][0]
            assert len(call(souk, "GET", f"/v2/default/digits/blobs/{layer['digest']}").body) == layer["size"]
            relieve(small_disk)
        assert refusals > 0
        deploy(souk, "default/digits:1", "digits")
        answer = call(souk, "POST", f"/v2/default/m/blobs/uploads/?digest={digest_of(data)}", {"Content-Type": "application/octet-stream"}, data)
        assert answer.status == 201 and call(souk, "GET", f"/v2/default/m/blobs/{digest_of(data)}").body == data


def test_a_full_disk_at_the_start_says_so(small_disk):
    fill(small_disk, 0)
    done = run_cli("serve", "--dev", "--data", small_disk / "data", "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and ("space" in done.stderr or "disk" in done.stderr), done.stderr
    relieve(small_disk)
    with Souk(small_disk / "data") as souk:
        assert call(souk, "GET", "/healthz").status == 200
