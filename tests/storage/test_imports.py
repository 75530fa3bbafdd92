# SPDX-License-Identifier: Apache-2.0
"""Versions made of archives, URLs and prefixes in S3: what becomes of good ones, what is refused, and how they go on."""

import gzip
import io
import json
import os
import stat
import subprocess
import tarfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from registry_client import digest_of, folder, push_blob
from souk_server import Souk, StartFailed, run_cli
from wire import call

OVER = ("SUCCEEDED", "FAILED", "CANCELLED")


class Web:
    """A web server whose answers a test says: path → bytes, or a function of the handler."""

    def __init__(self):
        self.pages, self.asked, self.range = {}, [], True
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                web.asked.append((self.path, self.headers.get("Range")))
                page = web.pages.get(self.path)
                if page is None:
                    return self.give(404, b"")
                if callable(page):
                    return page(self)
                return self.file(page)

            def give(self, status, body, **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def file(self, data, stop_after=None):
                tag, begin = f'"{digest_of(data)[7:23]}"', 0
                asked = self.headers.get("Range")
                if asked and web.range and self.headers.get("If-Range") in (None, tag):
                    begin = int(asked.removeprefix("bytes=").split("-")[0])
                self.send_response(206 if begin else 200)
                self.send_header("ETag", tag)
                if begin:
                    self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
                self.send_header("Content-Length", str(len(data) - begin))
                self.end_headers()
                try:
                    self.wfile.write(data[begin:begin + stop_after] if stop_after else data[begin:])
                except OSError:
                    pass  # who asks may have had enough
                if stop_after:
                    self.close_connection = True

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def web():
    web = Web()
    yield web
    web.close()


@pytest.fixture(scope="module")
def importer(tmp_path_factory):
    """A server that may fetch from this machine."""
    with Souk(tmp_path_factory.mktemp("imports") / "data", "--imports-allow", "127.0.0.1", "--imports-max-files", "100",
              "--imports-max-bytes", "100MiB", "--imports-max-download", "60MiB") as souk:
        yield souk


def imports(model):
    return f"/api/v1/namespaces/default/models/{model}/imports"


def start(souk, model, **body):
    answer = call(souk, "POST", imports(model), data=body)
    assert answer.status == 202, answer.body
    return answer.json()["id"]


def until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def end_of(souk, model, number, seconds=60):
    seen = {}

    def over():
        seen.update(call(souk, "GET", f"{imports(model)}/{number}").json())
        return seen["state"] in OVER

    until(over, seen, seconds)
    return seen


def run(souk, model, **body):
    return end_of(souk, model, start(souk, model, **body))


def files_of(souk, model, version):
    answer = call(souk, "GET", f"/api/v1/namespaces/default/models/{model}/versions/{version}/files").json()
    return {file["path"]: call(souk, "GET", f"/api/v1/namespaces/default/models/{model}/versions/{version}/files/{quote(file['path'])}").body
            for file in answer["files"]}


def zip_of(files, **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return out.getvalue()


def tar_of(files, mode="w", change=None):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            if change:
                change(entry)
            archive.addfile(entry, io.BytesIO(data) if entry.isreg() else None)
    return out.getvalue()


def zst_of(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def sample(root):
    return folder(root / "samples/digits")


def test_each_form_becomes_the_version_that_a_push_makes(importer, sample, root, tmp_path):
    souk = importer
    pushed = run_cli("model", "push", root / "samples/digits", "default/pushed:1", "-o", "json", url=souk.url, home=tmp_path)
    digest = json.loads(pushed.stdout)["digest"]
    tar = tar_of(sample)
    for name, data in {"m.zip": zip_of(sample), "m.tar": tar, "m.tar.gz": gzip.compress(tar), "m.tar.zst": zst_of(tar)}.items():
        (tmp_path / name).write_bytes(data)
        done = run_cli("model", "import", tmp_path / name, "default/pushed", "-o", "json", url=souk.url, home=tmp_path)
        assert done.returncode == 0, done.stderr
        import_ = json.loads(done.stdout)
        assert import_["state"] == "SUCCEEDED" and import_["digest"] == digest and import_["version"] == 1, import_
        assert "phase" not in import_, import_
    assert files_of(souk, "pushed", 1) == sample
    listed = run_cli("model", "imports", "default/pushed", url=souk.url, home=tmp_path)
    assert listed.stdout.count("SUCCEEDED") == 4, listed.stdout


def test_a_url_with_tag_aliases_and_a_folder(importer, sample, web, tmp_path):
    web.pages["/m.tar.gz"] = tar_of({f"repo-1.0/{path}": data for path, data in sample.items()} | {"repo-1.0/x/a": b"1", "b": b"2"}, "w:gz")
    web.pages["/moved"] = lambda handler: handler.give(302, b"", Location="/m.tar.gz")
    done = run_cli("model", "import", web.url + "/moved", "default/fetched:v1", "--folder", "repo-1.0", "--alias", "champion",
                   "-o", "json", url=importer.url, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert files_of(importer, "fetched", "v1") == sample | {"x/a": b"1"}
    aliases = call(importer, "GET", "/api/v1/namespaces/default/models/fetched/aliases").json()["aliases"]
    assert [(a["name"], a["version"]) for a in aliases] == [("champion", 1)]
    # A file that is no archive becomes the one file of the version.
    web.pages["/files/weights%20one.bin"] = b"not an archive" * 100
    assert run(importer, "single", url=web.url + "/files/weights%20one.bin")["state"] == "SUCCEEDED"
    assert files_of(importer, "single", 1) == {"weights one.bin": b"not an archive" * 100}


def refused(souk, web, data, why, model="bad"):
    web.pages["/bad"] = data
    before = call(souk, "GET", f"/api/v1/namespaces/default/models/{model}/versions")
    import_ = run(souk, model, url=web.url + "/bad")
    assert import_["state"] == "FAILED" and why in import_["error"], (why, import_)
    after = call(souk, "GET", f"/api/v1/namespaces/default/models/{model}/versions")
    assert (before.status, before.body) == (after.status, after.body) or before.status == after.status == 404  # nothing shows
    return import_


def changed(**attributes):
    def change(entry):
        for name, value in attributes.items():
            setattr(entry, name, value)
    return change


def test_bad_archives(importer, web):
    for path in ("../x", "a/../../x", "/etc/passwd"):
        refused(importer, web, zip_of({"good": b"1", path: b"2"}), "leads out" if ".." in path else "absolute")
        refused(importer, web, tar_of({"good": b"1", path: b"2"}), "leads out" if ".." in path else "absolute")
    for kind, why in ((tarfile.SYMTYPE, "symbolic link"), (tarfile.LNKTYPE, "hard link"), (tarfile.CHRTYPE, "device"),
                      (tarfile.BLKTYPE, "device"), (tarfile.FIFOTYPE, "pipe")):
        refused(importer, web, tar_of({"odd": b""}, change=changed(type=kind, linkname="/etc/passwd")), why)
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    refused(importer, web, out.getvalue(), "symbolic link")
    refused(importer, web, tar_of({"a": b"1", "A": b"2"}), "case")
    refused(importer, web, zip_of({"n" * 300: b"1"}), "longer than 255")
    refused(importer, web, tar_of({f"f{i}": b"" for i in range(101)}), "more than 100 files")
    assert "RESOURCE_EXHAUSTED" == refused(importer, web, zip_of({"zeros": bytes(99 << 20)}), "times its size")["error_code"]
    refused(importer, web, tar_of({"zeros": bytes(101 << 20)}, "w:gz"), "")
    refused(importer, web, zip_of({"a": b"1"})[:40], "damaged")
    refused(importer, web, zip_of({".hidden": b"1"}), "no files")
    refused(importer, web, bytes(61 << 20), "larger than")
    for data in (zip_of({"nul\0name": b"1"}).replace(b"nul", b"n\0l"), zip_of({"nul-name": b"1"}).replace(b"nul-name", b"nul\0name")):
        refused(importer, web, data, "NUL")


def test_addresses_that_are_not_public(tmp_path, web):
    """However they are written, and wherever a redirect leads: nothing is asked."""
    port = web.url.rsplit(":", 1)[1]
    web.pages["/secret"] = b"secret"
    with Souk(tmp_path / "data") as souk:
        web.asked.clear()
        for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::1]", "[::ffff:127.0.0.1]",
                     "[::ffff:7f00:1]", "169.254.169.254", "10.0.0.1", "[fe80::1]", "[64:ff9b::7f00:1]"):
            import_ = run(souk, "ssrf", url=f"http://{host}:{port}/secret")
            assert import_["state"] == "FAILED" and import_["error_code"] == "PERMISSION_DENIED", import_
        assert not web.asked
    with Souk(tmp_path / "data", "--imports-allow", "127.0.0.1") as souk:
        for location in (f"http://[::1]:{port}/secret", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "gopher://127.0.0.1/",
                         f"http://user:hunter2@127.0.0.1:{port}/secret", "//10.0.0.1/x"):
            web.pages["/redirect"] = lambda handler, location=location: handler.give(302, b"", Location=location)
            import_ = run(souk, "ssrf", url=f"{web.url}/redirect")
            assert import_["state"] == "FAILED" and import_["error_code"] == "PERMISSION_DENIED", (location, import_)
            assert "hunter2" not in import_["error"]
        web.pages["/loop"] = lambda handler: handler.give(302, b"", Location="/loop")
        assert "too often" in run(souk, "ssrf", url=f"{web.url}/loop")["error"]
        assert all(path != "/secret" for path, _ in web.asked)


def test_bad_requests(importer, tmp_path):
    for body, field in (({}, "url"), ({"url": "http://a", "s3": "s3://b"}, "url"), ({"url": "ftp://x/y"}, "url"), ({"url": "http://u:p@h/"}, "url"),
                        ({"url": "http://h/" + "x" * 5000}, "url"), ({"url": "http://h/a b"}, "url"), ({"url": "http://h/", "tag": "../x"}, "tag"),
                        ({"url": "http://h/", "folder": "../x"}, "folder"), ({"url": "http://h/", "aliases": ["a/b"]}, "aliases"),
                        ({"blob": "sha256:12"}, "blob"), ({"url": "http://h/", "file_name": "/x"}, "file_name")):
        problem = call(importer, "POST", imports("m"), data=body).problem(400, "INVALID_ARGUMENT")
        assert problem["field"] == field and "u:p" not in str(problem), problem
    call(importer, "POST", imports("m"), data={"s3": "s3://anything/at-all"}).problem(403, "PERMISSION_DENIED")
    call(importer, "POST", imports("m"), data={"blob": digest_of(b"nowhere")}).problem(404, "NOT_FOUND")
    call(importer, "GET", imports("m") + "/4711").problem(404, "NOT_FOUND")
    call(importer, "POST", imports("m") + "/4711:cancel", data={}).problem(404, "NOT_FOUND")
    with pytest.raises(StartFailed) as failed:
        Souk(tmp_path / "data", "--imports-allow", "localhost").start()
    assert "imports.allow" in failed.value.stderr


def test_a_download_goes_on_where_it_broke_off_also_after_kill(importer, web, tmp_path):
    data = zip_of({"weights.bin": os.urandom(20 << 20)})
    breaks = [3]

    def page(handler):
        if breaks[0]:
            breaks[0] -= 1
            return handler.file(data, stop_after=5 << 20)
        return handler.file(data)

    web.pages["/broken.zip"] = page
    web.asked.clear()
    assert run(importer, "broken", url=web.url + "/broken.zip")["state"] == "SUCCEEDED"
    begun = [int(asked.removeprefix("bytes=")[:-1]) for path, asked in web.asked if asked]
    assert len(begun) >= 1 and begun == sorted(begun) and begun[-1] > 10 << 20, web.asked

    hold = threading.Event()

    def slow(handler):
        if not hold.is_set():
            handler.file(data, stop_after=12 << 20)
            hold.wait(30)
            return
        handler.file(data)

    web.pages["/slow.zip"] = slow
    souk = Souk(tmp_path / "data", "--imports-allow", "127.0.0.1").start()
    number = start(souk, "slow", url=web.url + "/slow.zip")
    until(lambda: call(souk, "GET", f"{imports('slow')}/{number}").json()["done_bytes"] > 0, "no progress")
    souk.kill()
    hold.set()
    souk.start()
    assert end_of(souk, "slow", number)["state"] == "SUCCEEDED"
    assert len(files_of(souk, "slow", 1)["weights.bin"]) == 20 << 20
    assert souk.stop() == 0


def test_killed_while_unpacking(tmp_path):
    souk = Souk(tmp_path / "data").start()
    files = {f"part-{i:02}.bin": os.urandom(1 << 20) for i in range(40)}
    blob = push_blob(souk, "default/many", tar_of(files))
    number = start(souk, "many", blob=blob)
    for _ in range(3):
        until(lambda: call(souk, "GET", f"{imports('many')}/{number}").json()["state"] != "QUEUED", "it does not begin")
        souk.kill()
        souk.start()
    assert end_of(souk, "many", number)["state"] == "SUCCEEDED"
    assert files_of(souk, "many", 1) == files
    assert len(call(souk, "GET", "/api/v1/namespaces/default/models/many/versions").json()["versions"]) == 1
    assert souk.stop() == 0


def test_cancel_and_progress(importer, web, tmp_path):
    going, data = threading.Event(), os.urandom(30 << 20)

    def endless(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        for at in range(0, len(data), 1 << 20):
            if going.is_set():
                break
            try:
                handler.wfile.write(data[at:at + (1 << 20)])
            except OSError:
                return
            time.sleep(0.2)

    web.pages["/endless"] = endless
    events = subprocess.Popen(["curl", "-sN", f"{importer.url}/api/v1/events?types=import.*"], stdout=subprocess.PIPE, text=True)
    try:
        number = start(importer, "endless", url=web.url + "/endless")
        for line in events.stdout:  # server-sent events carry the progress
            if line.startswith("data:") and '"done_bytes":0' not in line and '"done_bytes"' in line:
                break
        answer = run_cli("model", "cancel-import", "default/endless", number, url=importer.url, home=tmp_path)
        assert answer.returncode == 0, answer.stderr
        assert end_of(importer, "endless", number)["state"] == "CANCELLED"
        call(importer, "POST", f"{imports('endless')}/{number}:cancel", data={}).problem(409, "FAILED_PRECONDITION")
        assert call(importer, "GET", "/api/v1/namespaces/default/models/endless/versions").status == 404
    finally:
        going.set()
        events.kill()
        events.wait()


def test_a_prefix_in_s3(s3, tmp_path, sample):
    url = s3.url(prefix="models")
    options = url.split("?", 1)[1]
    environment = s3.environment | {"AWS_DEFAULT_REGION": s3.region}
    for path, data in (sample | {"deep/er.txt": b"1"}).items():
        (tmp_path / "object").write_bytes(data)
        put = subprocess.run(["curl", "-sf", "--aws-sigv4", f"aws:amz:{s3.region}:s3", "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "-T", tmp_path / "object",
                              "--user", f"{environment['AWS_ACCESS_KEY_ID']}:{environment['AWS_SECRET_ACCESS_KEY']}",
                              f"{s3.endpoint}/{s3.bucket}/models/digits/{path}"], capture_output=True)
        assert put.returncode == 0, put
    with Souk(tmp_path / "data", "--imports-s3", url, environment=environment) as souk:
        done = run_cli("model", "import", f"s3://{s3.bucket}/models/digits", "default/digits", "-o", "json", url=souk.url, home=tmp_path)
        assert done.returncode == 0, done.stderr
        assert files_of(souk, "digits", 1) == sample | {"deep/er.txt": b"1"}
        for elsewhere in (f"s3://{s3.bucket}/models-of-others", f"s3://{s3.bucket}", "s3://other/models/digits", f"s3://{s3.bucket}/models/../x",
                          f"s3://{s3.bucket}/models/digits?endpoint=http://169.254.169.254"):
            answer = call(souk, "POST", imports("x"), data={"s3": elsewhere})
            if answer.status == 202:  # the options are those of the server's own prefix
                end = end_of(souk, "x", answer.json()["id"])
                assert "169.254" not in str(end.get("error")) and options
            else:
                answer.problem(403, "PERMISSION_DENIED")
        assert "no files" in run(souk, "x", s3=f"s3://{s3.bucket}/models/nothing")["error"]


def test_only_writers_of_the_model(tmp_path):
    with Souk(tmp_path / "data", dev=False) as souk:
        admin = (tmp_path / "data/admin.key").read_text().strip()
        reader = call(souk, "POST", "/api/v1/api_keys", key=admin, data={"name": "r", "role": "READER"}).json()["key"]
        assert call(souk, "POST", imports("m"), data={"url": "http://h/"}).status == 401
        call(souk, "POST", imports("m"), key=reader, data={"url": "http://h/"}).problem(403, "PERMISSION_DENIED")
        assert call(souk, "GET", imports("m"), key=reader).status in (403, 404)
