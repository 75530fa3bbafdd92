# SPDX-License-Identifier: Apache-2.0
"""The server with its bytes in S3, and with an S3 that fails."""

import hashlib
import os
import urllib.request

import pytest
from registry_client import deploy, digest_of, folder, push, push_blob
from s3 import Proxy
from souk_server import Souk, StartFailed, run_cli
from wire import Closed, call


@pytest.fixture
def proxy(s3):
    proxy = Proxy(s3.endpoint)
    yield proxy
    proxy.close()


@pytest.fixture
def on_proxy(s3, proxy, tmp_path):
    """A server whose way to S3 goes through the proxy."""
    with Souk(tmp_path / "data", "--blobs", s3.url(proxy.endpoint), "--s3-pause", "1ms", "--s3-attempts", "4", environment=s3.environment) as souk:
        yield souk


def test_push_deploy_infer_restart(s3, tmp_path, root):
    url = s3.url()
    souk = Souk(tmp_path / "data", "--blobs", url, environment=s3.environment)
    with souk:
        assert push(souk, "default/digits", "1", folder(root / "samples/digits")).status == 201
        deploy(souk, "default/digits:1", "digits")
        assert call(souk, "GET", "/api/v1/server").json()["blobs"] == "s3"
        assert not (tmp_path / "data/blobs").exists()
        assert len(list((tmp_path / "data/cache").iterdir())) > 0  # what the runtime maps
    with souk:
        assert call(souk, "GET", "/v2/models/digits/ready").status == 200
    # Another node, with nothing but the database and the bucket: the cache is only a cache.
    for file in (tmp_path / "data/cache").iterdir():
        file.unlink()
    with souk:
        assert call(souk, "GET", "/v2/models/digits/ready").status == 200


def test_large_blobs_both_ways(on_proxy, proxy):
    for size in (1, 8 << 20, (8 << 20) + 1, 30_000_000):
        data = os.urandom(size)
        push_blob(on_proxy, "default/m", data)
        assert call(on_proxy, "GET", f"/v2/default/m/blobs/{digest_of(data)}").body == data


@pytest.mark.parametrize("how", ["500", "503", "hang up", "truncate"])
def test_passing_faults_are_not_noticed(on_proxy, proxy, how):
    data = os.urandom(30_000_000)
    count = [0]

    def every_third(method, path):
        count[0] += 1
        return count[0] % 3 == 0 and (how != "truncate" or method == "GET")

    proxy.fail(how, every_third)
    push_blob(on_proxy, "default/m", data)
    assert call(on_proxy, "GET", f"/v2/default/m/blobs/{digest_of(data)}").body == data
    assert proxy.failed > 3


def test_a_store_that_is_away_is_503_and_comes_back(on_proxy, proxy):
    data = os.urandom(100_000)
    push_blob(on_proxy, "default/m", data)
    for how in ("500", "503", "hang up"):
        proxy.fail(how)
        answer = call(on_proxy, "GET", f"/v2/default/m/blobs/{digest_of(data)}")
        assert answer.status == 503 and int(answer.header("Retry-After")) > 0, answer.body
        assert b"souk-secret" not in answer.body and b"Signature" not in answer.body
        answer = call(on_proxy, "POST", f"/v2/default/m/blobs/uploads/?digest={digest_of(b'new' + how.encode())}", {}, b"new" + how.encode())
        assert answer.status == 503, answer.body
        assert call(on_proxy, "GET", "/healthz").status == 200  # what needs no bytes goes on
        assert call(on_proxy, "POST", "/api/v1/namespaces/default/models", data={"name": "n " + how}).status == 201
        proxy.heal()
        assert call(on_proxy, "GET", f"/v2/default/m/blobs/{digest_of(data)}").body == data


def test_corrupted_bytes_never_look_whole(on_proxy, proxy):
    data = os.urandom(9_000_000)
    push_blob(on_proxy, "default/m", data)
    proxy.fail("corrupt", lambda method, path: method == "GET" and "/data/" in path)
    with pytest.raises((Closed, ConnectionResetError)):
        call(on_proxy, "GET", f"/v2/default/m/blobs/{digest_of(data)}")
    proxy.heal()
    assert call(on_proxy, "GET", f"/v2/default/m/blobs/{digest_of(data)}").body == data


def test_bytes_damaged_on_their_way_up_are_refused_by_s3_and_sent_again(on_proxy, proxy):
    """Each part goes with its CRC-32C, each small blob with its SHA-256."""
    for size, match in ((1000, lambda method, path: method == "PUT" and "/sha256/" in path),
                        (20_000_000, lambda method, path: method == "PUT" and "partNumber" in path)):
        data = os.urandom(size)
        proxy.fail("damage", match, times=1)
        push_blob(on_proxy, "default/m", data)
        assert proxy.failed == 1 and 400 in proxy.statuses
        assert call(on_proxy, "GET", f"/v2/default/m/blobs/{digest_of(data)}").body == data


def test_large_pulls_are_redirected_where_it_is_set(s3, tmp_path):
    with Souk(tmp_path / "data", "--blobs", s3.url(), "--s3-redirect-from", "1MiB", environment=s3.environment) as souk:
        small, large = os.urandom(1000), os.urandom(20_000_000)
        for data in (small, large):
            push_blob(souk, "default/m", data)
        assert call(souk, "GET", f"/v2/default/m/blobs/{digest_of(small)}").status == 200
        answer = call(souk, "GET", f"/v2/default/m/blobs/{digest_of(large)}")
        assert answer.status == 307 and answer.header("Location").startswith(s3.endpoint)
        assert urllib.request.urlopen(answer.header("Location")).read() == large
        (tmp_path / "source").mkdir()
        (tmp_path / "source/weights.bin").write_bytes(large)
        assert run_cli("model", "push", tmp_path / "source", "default/m:1", url=souk.url, home=tmp_path).returncode == 0
        pulled = run_cli("model", "pull", "default/m:1", tmp_path / "pulled", url=souk.url, home=tmp_path)
        assert pulled.returncode == 0, pulled.stderr
        assert (tmp_path / "pulled/weights.bin").read_bytes() == large


def test_memory_stays_bounded(s3, tmp_path):
    with Souk(tmp_path / "data", "--blobs", s3.url(), environment=s3.environment) as souk:
        (tmp_path / "source").mkdir()
        with open(tmp_path / "source/weights.bin", "wb") as file:
            for _ in range(40):
                file.write(os.urandom(10_000_000))
        assert run_cli("model", "push", tmp_path / "source", "default/m:1", url=souk.url, home=tmp_path).returncode == 0
        assert run_cli("model", "pull", "default/m:1", tmp_path / "pulled", url=souk.url, home=tmp_path).returncode == 0
        sums = [hashlib.file_digest(open(tmp_path / name / "weights.bin", "rb"), "sha256").hexdigest() for name in ("source", "pulled")]
        assert sums[0] == sums[1]
        peak = next(int(line.split()[1]) for line in open(f"/proc/{souk.pid}/status") if line.startswith("VmHWM"))
        assert peak < 100 << 10, f"{peak} KiB"


def test_what_is_wrong_is_said_at_the_start(s3, tmp_path):
    for url, environment, expected in [
        (s3.url(), {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "AWS_ACCESS_KEY_ID"),
        (s3.url(), s3.environment | {"AWS_SECRET_ACCESS_KEY": "wrong"}, "AWS_SECRET_ACCESS_KEY"),
        (s3.url().replace("s3://souk/", "s3://no-such-bucket/"), s3.environment, "bucket"),
        (s3.url("http://127.0.0.1:1"), s3.environment, "127.0.0.1:1"),
        ("s3://key:secret-in-url@bucket", s3.environment, "credentials"),
        ("s3://bucket?colour=red", s3.environment, "colour"),
    ]:
        with pytest.raises(StartFailed) as failed:
            Souk(tmp_path / "data", "--blobs", url, "--s3-pause", "1ms", environment=environment).start()
        assert failed.value.code in (1, 2)
        assert expected in failed.value.stderr, failed.value.stderr
        assert "souk-secret" not in failed.value.stderr and "secret-in-url" not in failed.value.stderr
    with pytest.raises(StartFailed) as failed:
        Souk(tmp_path / "data", "--s3-secret-key", "x").start()
    assert "secret" in failed.value.stderr
