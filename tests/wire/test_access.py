# SPDX-License-Identifier: Apache-2.0
"""Who may do what, on a server without --dev: keys, roles, namespaces, and what is not yours."""

import base64
import json
import stat
import time

import pytest
from registry_client import deploy, push
from souk_server import Souk
from wire import Connection, call

KEYS = "/api/v1/api_keys"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with Souk(tmp_path_factory.mktemp("guarded") / "data", dev=False) as server:
        server.admin = (server.data / "admin.key").read_text().strip()
        call(server, "POST", "/api/v1/namespaces", key=server.admin, data={"slug": "red"})
        call(server, "POST", "/api/v1/namespaces", key=server.admin, data={"slug": "blue"})
        yield server


@pytest.fixture(scope="module")
def content(files):
    return {"m.onnx": (files / "models/simple.onnx").read_bytes()}


def new_key(server, **more):
    answer = call(server, "POST", KEYS, key=server.admin, data={"name": f"k{time.time_ns()}"} | more)
    assert answer.status == 201, answer.body
    return answer.json()


def test_the_first_start_leaves_a_key_for_its_owner_alone(guarded):
    file = guarded.data / "admin.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(guarded.data.stat().st_mode) == 0o700
    assert guarded.admin.startswith("souk_") and guarded.admin not in guarded.log()
    assert str(file) in guarded.log()
    who = call(guarded, "GET", "/api/v1/whoami", key=guarded.admin).json()
    assert who["kind"] in ("USER", "SERVICE_ACCOUNT") and who["role"] in ("ADMIN", "OWNER")


PLACES = [("GET", "/api/v1/models"), ("GET", "/api/v1/whoami"), ("POST", "/api/v1/namespaces/default/models"), ("GET", "/api/v1/events"),
          ("GET", "/v2/default/x/tags/list"), ("GET", "/v2/"), ("POST", "/v2/default/x/blobs/uploads/"), ("POST", "/v2/models/x/infer"),
          ("GET", "/v2/models/x"), ("GET", "/v1alpha/models"), ("POST", "/v1alpha/namespaces/default/models/x/trigger"), ("GET", "/metrics"),
          ("DELETE", "/api/v1/namespaces/default/models/x"), ("GET", KEYS)]


@pytest.mark.parametrize("method,path", PLACES)
@pytest.mark.parametrize("header", [None, "Bearer souk_nonsense", "Bearer ", "Bearer", "Basic !!!", "Basic " + base64.b64encode(b"user:souk_x").decode(), "Digest x",
                                    "Bearer " + "x" * 5000])
def test_without_a_good_key_nothing(guarded, method, path, header):
    answer = call(guarded, method, path, {"Authorization": header} if header is not None else {})
    assert answer.status == 401, (answer.status, answer.body)
    assert answer.header("WWW-Authenticate")
    body = answer.json()
    if path.startswith(("/v2/default", "/v2/")) and "models" not in path:
        assert body["errors"][0]["code"] == "UNAUTHORIZED"
    elif path.startswith("/v2"):
        assert isinstance(body["error"], str)
    elif path.startswith("/v1alpha"):
        assert body["code"] == 16
    else:
        assert body["code"] == "UNAUTHENTICATED"


def test_health_needs_no_key(guarded):
    for path in ("/healthz", "/readyz", "/openapi.json", "/v2/health/live", "/v2/health/ready"):
        assert call(guarded, "GET", path).status == 200, path


def test_a_key_as_password(guarded):
    value = base64.b64encode(f"anyone:{guarded.admin}".encode()).decode()
    assert call(guarded, "GET", "/v2/", {"Authorization": f"Basic {value}"}).status == 200


def test_a_keys_secret_is_shown_once(guarded):
    made = new_key(guarded, role="READER")
    assert made["key"].startswith("souk_") and made["key"].startswith(made["prefix"])
    listed = call(guarded, "GET", KEYS, key=guarded.admin)
    assert made["key"].encode() not in listed.body
    assert any(k["id"] == made["id"] for k in listed.json()["api_keys"])
    for file in guarded.data.rglob("*"):
        if file.is_file() and file.name != "admin.key":
            data = file.read_bytes()
            assert made["key"].encode() not in data and guarded.admin.encode() not in data, f"{file} holds a key"


def test_an_expired_key(guarded):
    made = new_key(guarded, expires_in="1s")
    assert call(guarded, "GET", "/api/v1/whoami", key=made["key"]).status == 200
    time.sleep(1.2)  # the key's own time must pass
    call(guarded, "GET", "/api/v1/whoami", key=made["key"]).problem(401, "UNAUTHENTICATED")
    for bad in ("-1s", "0s", "soon", "", "99999999999d", "1"):
        assert call(guarded, "POST", KEYS, key=guarded.admin, data={"name": "k", "expires_in": bad}).status in (400,), bad


def test_a_revoked_key(guarded):
    made = new_key(guarded)
    assert call(guarded, "GET", "/api/v1/whoami", key=made["key"]).status == 200
    assert call(guarded, "DELETE", f"{KEYS}/{made['id']}", key=guarded.admin).status == 204
    call(guarded, "GET", "/api/v1/whoami", key=made["key"]).problem(401, "UNAUTHENTICATED")
    assert call(guarded, "DELETE", f"{KEYS}/{made['id']}", key=guarded.admin).status in (204, 404)
    assert call(guarded, "DELETE", f"{KEYS}/999999", key=guarded.admin).status == 404


def test_roles(guarded, content):
    reader, executor, writer = (new_key(guarded, role=r)["key"] for r in ("READER", "EXECUTOR", "WRITER"))
    assert push(guarded, "default/roles", "1", content, key=writer).status == 201
    deploy(guarded, "roles:1", "roles", key=writer)
    path = "/api/v1/namespaces/default/models/roles"
    assert call(guarded, "GET", path, key=reader).status == 200
    call(guarded, "PATCH", path, key=reader, data={"description": "x"}).problem(403, "PERMISSION_DENIED")
    call(guarded, "POST", "/api/v1/namespaces/default/models", key=reader, data={"name": "y"}).problem(403, "PERMISSION_DENIED")
    call(guarded, "DELETE", path, key=writer).problem(403, "PERMISSION_DENIED")
    call(guarded, "POST", "/api/v1/namespaces", key=writer, data={"slug": "green"}).problem(403, "PERMISSION_DENIED")
    denied = call(guarded, "POST", "/v2/default/roles/blobs/uploads/", key=reader)
    assert denied.status == 403 and denied.json()["errors"][0]["code"] == "DENIED"
    request = {"inputs": [{"name": f"INPUT{i}", "shape": [1, 16], "datatype": "INT32", "data": [1] * 16} for i in (0, 1)]}
    assert call(guarded, "POST", "/v2/models/roles/infer", key=reader, data=request).status == 403
    assert call(guarded, "POST", "/v2/models/roles/infer", key=executor, data=request).status == 200
    assert call(guarded, "GET", "/v2/models/roles", key=reader).status == 200


def test_a_key_makes_no_stronger_key(guarded):
    writer = new_key(guarded, role="WRITER", namespaces=["red"])["key"]
    answer = call(guarded, "POST", KEYS, key=writer, data={"name": "up", "role": "ADMIN"})
    assert answer.status == 403, answer.body
    answer = call(guarded, "POST", KEYS, key=writer, data={"name": "out", "role": "READER", "namespaces": ["blue"]})
    assert answer.status in (403, 404), answer.body
    answer = call(guarded, "POST", KEYS, key=writer, data={"name": "wide", "role": "READER"})
    if answer.status == 201:
        assert call(guarded, "GET", "/api/v1/namespaces/blue", key=answer.json()["key"]).status == 404
    short = new_key(guarded, role="WRITER", expires_in="2s")["key"]
    answer = call(guarded, "POST", KEYS, key=short, data={"name": "long", "role": "READER"})
    if answer.status == 201:
        time.sleep(2.2)
        assert call(guarded, "GET", "/api/v1/whoami", key=answer.json()["key"]).status == 401, "a key outlives the one that made it"


def test_what_is_not_yours_is_not_there(guarded, content):
    red = new_key(guarded, namespaces=["red"])["key"]
    assert push(guarded, "blue/secret", "1", content, key=guarded.admin).status == 201
    deploy(guarded, "blue/secret:1", "secret", key=guarded.admin, namespace="blue")
    digest = call(guarded, "GET", "/api/v1/namespaces/blue/models/secret/versions/1", key=guarded.admin).json()["digest"]
    layer = call(guarded, "GET", "/v2/blue/secret/manifests/1", key=guarded.admin).json()["layers"][0]["digest"]
    for method, path in (("GET", "/api/v1/namespaces/blue"), ("GET", "/api/v1/namespaces/blue/models"), ("GET", "/api/v1/namespaces/blue/models/secret"),
                         ("DELETE", "/api/v1/namespaces/blue/models/secret"), ("GET", "/api/v1/namespaces/blue/models/secret/versions/1/files/m.onnx"),
                         ("GET", "/api/v1/namespaces/blue/deployments/secret"), ("DELETE", "/api/v1/namespaces/blue/deployments/secret"),
                         ("GET", "/api/v1/namespaces/blue/models/secret/aliases"), ("GET", "/v2/blue/secret/manifests/1"), ("GET", f"/v2/blue/secret/manifests/{digest}"),
                         ("GET", f"/v2/blue/secret/blobs/{layer}"), ("GET", "/v2/blue/secret/tags/list"), ("GET", "/v2/models/blue/secret"),
                         ("GET", "/v1alpha/namespaces/blue/models/secret"), ("GET", "/v1alpha/namespaces/blue/models")):
        theirs, absent = call(guarded, method, path, key=red), call(guarded, method, path.replace("secret", "nowhere").replace("blue", "nobody"), key=red)
        assert theirs.status == 404, (method, path, theirs.status, theirs.body)
        assert theirs.status == absent.status, f"{path} tells that it is there"
    assert call(guarded, "POST", "/v2/models/blue/secret/infer", key=red, data={"inputs": []}).status == 404
    assert call(guarded, "POST", "/api/v1/namespaces/blue/models", key=red, data={"name": "mine"}).status == 404
    assert call(guarded, "POST", "/api/v1/namespaces/red/deployments", key=red, data={"reference": "blue/secret:1"}).status == 404
    assert push(guarded, "red/own", "1", content, key=red).status == 201
    mount = call(guarded, "POST", f"/v2/red/own/blobs/uploads/?mount={layer}&from=blue/secret", {"Content-Length": "0"}, key=red)
    assert mount.status in (201, 202)  # red pushed the same bytes itself
    listed = call(guarded, "GET", "/api/v1/models", key=red).json()["models"]
    assert [m["namespace"] for m in listed] == ["red"]
    assert [n["slug"] for n in call(guarded, "GET", "/api/v1/namespaces", key=red).json()["namespaces"]] == ["red"]
    assert not any(d["namespace"] == "blue" for d in call(guarded, "GET", "/api/v1/deployments", key=red).json()["deployments"])


def test_bytes_of_others_are_not_mounted(guarded, content):
    red = new_key(guarded, namespaces=["red"])["key"]
    own = b"only blue has this %d" % time.time_ns()
    push(guarded, "blue/bytes", "1", content | {"README.md": own}, key=guarded.admin)
    layers = call(guarded, "GET", "/v2/blue/bytes/manifests/1", key=guarded.admin).json()["layers"]
    digest = next(x["digest"] for x in layers if x["size"] == len(own))
    for source in ("&from=blue/bytes", ""):
        answer = call(guarded, "POST", f"/v2/red/taken/blobs/uploads/?mount={digest}{source}", {"Content-Length": "0"}, key=red)
        assert answer.status == 202, "bytes of another namespace were mounted"
    assert call(guarded, "HEAD", f"/v2/red/taken/blobs/{digest}", key=red).status == 404


def test_a_foreign_manifest_does_not_give_bytes_away(guarded, content):
    """A manifest that names blobs which its own repository does not hold is refused."""
    red = new_key(guarded, namespaces=["red"])["key"]
    own = b"blue only, again %d" % time.time_ns()
    push(guarded, "blue/hidden", "1", content | {"README.md": own}, key=guarded.admin)
    manifest = json.loads(call(guarded, "GET", "/v2/blue/hidden/manifests/1", key=guarded.admin).body)
    answer = call(guarded, "PUT", "/v2/red/thief/manifests/1", {"Content-Type": manifest["mediaType"]}, json.dumps(manifest).encode(), key=red)
    assert answer.status in (400, 404) and answer.json()["errors"][0]["code"] == "MANIFEST_BLOB_UNKNOWN", answer.body


def test_events_show_only_what_is_visible(guarded):
    red = new_key(guarded, namespaces=["red"])["key"]
    with Connection(guarded) as connection:
        connection.send(connection.head("GET", "/api/v1/events?types=model.created", {"Authorization": f"Bearer {red}"}))
        assert connection.read_head().status == 200
        for ns in ("blue", "red"):
            name = f"event-{ns}-{time.time_ns()}"
            assert call(guarded, "POST", f"/api/v1/namespaces/{ns}/models", key=guarded.admin, data={"name": name}).status == 201
        for line in connection.lines():
            if line.startswith("data:"):
                assert '"red"' in line and "event-blue" not in line
                break
