# SPDX-License-Identifier: Apache-2.0
"""What an attacker tries, against a server without --dev: each is answered, none gets through."""

import base64
import json
import re
import statistics
import time
import urllib.parse

import pytest
from registry_client import deploy, push
from souk_server import Souk
from wire import call, raw

PASSWORD = "correct horse battery"
SETTINGS = ("--access-password-memory", "8MiB", "--access-password-passes", "1", "--access-sign-in-tries", "1000")


class Browser:
    """A client with cookies, as a page has them."""

    def __init__(self, server):
        self.server, self.cookies, self.csrf = server, {}, ""

    def send(self, method, path, headers=(), csrf=True, **more):
        headers = dict(headers)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if csrf and self.csrf:
            headers["X-Souk-CSRF"] = self.csrf
        answer = call(self.server, method, path, headers, **more)
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                key, rest = value.split("=", 1)
                self.cookies[key] = rest.split(";")[0]
        return answer

    def sign_in(self, name, password=PASSWORD):
        answer = self.send("POST", "/api/v1/session", csrf=False, data={"name": name, "password": password})
        if answer.status == 201:
            self.csrf = answer.json()["csrf_token"]
        return answer

    def set_up(self, token, **more):
        answer = self.send("POST", "/api/v1/setup", csrf=False, data={"token": token, "password": PASSWORD} | more)
        if answer.status == 201:
            self.csrf = answer.json()["csrf_token"]
        return answer


class Guarded:
    def __init__(self, server):
        self.server = server
        self.admin = (server.data / "admin.key").read_text().strip()
        self.tokens = []

    def as_admin(self, method, path, **more):
        return call(self.server, method, path, key=self.admin, **more)

    def user(self, name):
        assert self.as_admin("POST", "/api/v1/users", data={"name": name}).status == 201
        token = self.as_admin("POST", f"/api/v1/users/{name}:link").json()["link"].split("#")[1]
        self.tokens.append(token)
        browser = Browser(self.server)
        assert browser.set_up(token).status == 201
        return browser

    def key(self, **more):
        answer = self.as_admin("POST", "/api/v1/api_keys", data={"name": "k"} | more)
        assert answer.status == 201, answer.body
        return answer.json()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, files):
    with Souk(tmp_path_factory.mktemp("attacks") / "data", *SETTINGS, "--api-access-log", dev=False) as server:
        world = Guarded(server)
        world.first_link = re.search(r"/set-up#(\w+)", server.log()).group(1)
        world.anna, world.ben = world.user("anna"), world.user("ben")
        model = {"m.onnx": (files / "models/simple.onnx").read_bytes()}
        for ns in ("anna", "ben"):
            assert push(server, f"{ns}/m", "1", model, key=world.admin).status == 201
            deploy(server, f"{ns}/m:1", "d", key=world.admin, namespace=ns)
        yield world


# --- signing in ---------------------------------------------------------------------------------------


def timed(server, name, password):
    begin = time.perf_counter()
    answer = call(server, "POST", "/api/v1/session", data={"name": name, "password": password})
    assert answer.status == 401, answer.body
    return time.perf_counter() - begin, answer


def hashes(guarded):
    return int(re.search(r"^souk_access_password_runs_total (\d+)", guarded.as_admin("GET", "/metrics").body.decode(), re.M).group(1))


def test_a_failed_sign_in_takes_as_long_whoever_it_was_for(guarded):
    """One run of argon2id, which is nearly all of it, whoever it was for; the clock is only asked for what is much more or less."""
    taken = {"anna": [], "nobody": [], "admin": [], "a" * 5000: [], "anna\u0000": []}  # with a password, none at all, without one, no names
    for _ in range(9):
        for name, times in taken.items():
            before = hashes(guarded)
            times.append(timed(guarded.server, name, "not the password")[0])
            assert hashes(guarded) == before + 1, name
    medians = {name[:9]: statistics.median(times) for name, times in taken.items()}
    assert max(medians.values()) < 3 * min(medians.values()) + 0.01, medians


def test_a_failed_sign_in_reads_alike_whoever_it_was_for(guarded):
    def shape(answer):
        body = answer.json()
        body.pop("trace_id")
        return answer.status, body, sorted(k.lower() for k, _ in answer.headers)

    known = shape(timed(guarded.server, "anna", "not the password")[1])
    for name in ("nobody", "admin", "default", "everyone", "Anna", "", "a" * 5000, "anna\u0000", "' OR 1=1 --", "../anna"):
        assert shape(timed(guarded.server, name, "not the password")[1]) == known, name
    assert call(guarded.server, "GET", "/api/v1/users/anna").status == call(guarded.server, "GET", "/api/v1/users/nobody").status == 401


def test_a_session_is_not_fixed(guarded):
    mallory = Browser(guarded.server)
    assert mallory.sign_in("ben").status == 201
    victim = Browser(guarded.server)
    for planted in ("x" * 43, mallory.cookies["souk_session"]):
        victim.cookies["souk_session"] = planted
        assert victim.sign_in("anna").status == 201
        assert victim.cookies["souk_session"] != planted
        assert call(guarded.server, "GET", "/api/v1/whoami", {"Cookie": f"souk_session={planted}"}).status == 401
        assert victim.send("GET", "/api/v1/whoami").json()["name"] == "anna"


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(guarded):
    answer = Browser(guarded.server).sign_in("anna")
    cookies = [v for k, v in answer.headers if k.lower() == "set-cookie"]
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie and "Domain" not in cookie
    assert answer.header("Cache-Control") == "no-store"


def test_a_trusted_proxy_makes_the_cookie_secure_and_nobody_else(tmp_path):
    with Souk(tmp_path / "data", *SETTINGS, "--api-trusted-proxies", "127.0.0.1", dev=False) as server:
        token = re.search(r"/set-up#(\w+)", server.log()).group(1)
        answer = call(server, "POST", "/api/v1/setup", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9, 198.51.100.7"}, data={"token": token, "password": PASSWORD})
        cookies = [v for k, v in answer.headers if k.lower() == "set-cookie"]
        assert all(v.startswith("__Host-") and v.endswith("; Secure") for v in cookies), cookies
        headers = {"Cookie": cookies[0].split(";")[0], "X-Forwarded-Proto": "https"}
        assert call(server, "GET", "/api/v1/sessions", headers).json()["sessions"][0]["address"] == "198.51.100.7"
    with Souk(tmp_path / "other", *SETTINGS, dev=False) as server:
        token = re.search(r"/set-up#(\w+)", server.log()).group(1)
        answer = call(server, "POST", "/api/v1/setup", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}, data={"token": token, "password": PASSWORD})
        cookie = next(v for k, v in answer.headers if k.lower() == "set-cookie")
        assert cookie.startswith("souk_session="), "a header that anybody can send was believed"
        assert call(server, "GET", "/api/v1/sessions", {"Cookie": cookie.split(";")[0]}).json()["sessions"][0]["address"] == "127.0.0.1"


def test_guessing_is_slowed_down_and_does_not_lock_the_owner_out(tmp_path):
    with Souk(tmp_path / "data", *SETTINGS[:4], "--access-sign-in-tries", "5", "--access-sign-in-interval", "1h", dev=False) as server:
        world = Guarded(server)
        owner = world.user("anna")
        answers = [call(server, "POST", "/api/v1/session", data={"name": "anna", "password": f"guess {i}"}) for i in range(12)]
        assert [a.status for a in answers[:5]] == [401] * 5 and answers[-1].status == 429
        assert int(answers[-1].header("Retry-After")) >= 1
        assert call(server, "POST", "/api/v1/session", data={"name": "anna", "password": PASSWORD}).status == 429, "the right password told"
        owner.cookies.pop("souk_session")
        assert owner.sign_in("anna").status == 201, "the owner's own browser is locked out"
        nobody = [call(server, "POST", "/api/v1/session", data={"name": "nobody", "password": "x"}).status for _ in range(7)]
        assert nobody == [401] * 5 + [429] * 2, "a name that is nobody's is told by how it is slowed down"


def test_a_set_up_link_works_once(guarded):
    first = Browser(guarded.server)
    assert call(guarded.server, "POST", "/api/v1/setup:check", data={"token": guarded.first_link}).status == 200
    assert first.set_up(guarded.first_link, name="chief").status == 201
    assert first.send("GET", "/api/v1/whoami").json()["role"] == "OWNER"
    assert Browser(guarded.server).set_up(guarded.first_link, name="other").status == 401
    for token in ("", "x", "x" * 43, guarded.first_link[:-1], guarded.tokens[0], "' OR '1'='1"):
        assert call(guarded.server, "POST", "/api/v1/setup", data={"token": token, "password": PASSWORD}).status == 401


# --- cookies and other sites --------------------------------------------------------------------------


def test_a_change_by_a_cookie_needs_its_token_and_its_own_site(guarded):
    model = {"data": {"name": "by-csrf"}}
    path = "/api/v1/namespaces/anna/models"
    send = guarded.anna.send
    assert send("POST", path, csrf=False, **model).status == 403
    assert send("POST", path, {"X-Souk-CSRF": "x" * 43}, csrf=False, **model).status == 403
    assert send("POST", path, {"X-Souk-CSRF": guarded.ben.csrf}, csrf=False, **model).status == 403
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", f"http://{guarded.server.host}:{guarded.server.port}.evil.example"):
        assert send("POST", path, {"Origin": origin}, **model).status == 403, origin
    assert send("POST", path, {"Sec-Fetch-Site": "cross-site"}, **model).status == 403
    for type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert send("POST", path, {"Content-Type": type}, body=b'{"name":"form"}').status == 400
    for method, other in (("PUT", "/api/v1/namespaces/anna/models/m/aliases/a"), ("PATCH", "/api/v1/namespaces/anna/models/m"),
                          ("DELETE", "/api/v1/namespaces/anna/deployments/d"), ("POST", "/v2/anna/m/blobs/uploads/"), ("POST", "/v2/models/anna/d/infer"),
                          ("POST", "/v1alpha/namespaces/anna/models/m/trigger"), ("DELETE", "/api/v1/session")):
        assert send(method, other, csrf=False, body=b"{}").status == 403, (method, other)
    assert send("POST", path, {"Origin": guarded.server.url}, **model).status == 201
    assert send("GET", path, csrf=False).status == 200


def test_no_other_site_signs_its_visitor_in(guarded):
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = call(guarded.server, "POST", "/api/v1/session", headers, data={"name": "ben", "password": PASSWORD})
        assert answer.status == 403 and not answer.header("Set-Cookie")
    form = call(guarded.server, "POST", "/api/v1/session", {"Content-Type": "text/plain"}, b'{"name":"ben","password":"' + PASSWORD.encode() + b'"}')
    assert form.status == 400


def test_sessions_end_when_told(guarded):
    one, two = guarded.user("leaver"), Browser(guarded.server)
    assert two.sign_in("leaver").status == 201
    sessions = two.send("GET", "/api/v1/sessions").json()["sessions"]
    assert sum(s["current"] for s in sessions) == 1
    assert two.send("DELETE", "/api/v1/sessions").status == 204
    assert one.send("GET", "/api/v1/whoami").status == 401
    assert two.send("DELETE", "/api/v1/session").status == 204
    assert two.send("GET", "/api/v1/whoami").status == 401


def test_a_session_that_is_idle_or_old_ends(tmp_path):
    with Souk(tmp_path / "data", *SETTINGS, "--access-session-lifetime", "60s", dev=False) as server:
        world = Guarded(server)
        anna = world.user("anna")
        life = anna.send("GET", "/api/v1/sessions").json()["sessions"][0]
        assert life["expire_time"] > life["create_time"] and anna.send("GET", "/api/v1/whoami").status == 200
    import sqlite3
    with sqlite3.connect(tmp_path / "data/souk.db") as database:
        database.execute("UPDATE sessions SET expire_time = ?", (int(time.time() * 1000) - 1,))
    with Souk(tmp_path / "data", *SETTINGS, dev=False) as server:
        anna.server = server
        assert anna.send("GET", "/api/v1/whoami").status == 401


# --- keys ---------------------------------------------------------------------------------------------


def test_a_key_does_what_its_scope_says_and_no_more(guarded):
    infer = guarded.key(scopes=[{"actions": ["INFER"], "deployment": "anna/d"}])["key"]
    body = {"inputs": []}
    assert call(guarded.server, "POST", "/v2/models/anna/d/infer", key=infer, data=body).status not in (401, 403, 404)
    for method, path in (("POST", "/v2/models/ben/d/infer"), ("GET", "/v2/models/anna/d"), ("GET", "/v2/anna/m/manifests/1"),
                         ("GET", "/api/v1/namespaces/anna/models/m/versions/1/files/m.onnx"), ("GET", "/api/v1/namespaces/anna"),
                         ("PATCH", "/api/v1/namespaces/anna/deployments/d"), ("GET", "/api/v1/api_keys"), ("POST", "/api/v1/api_keys"), ("GET", "/api/v1/users"),
                         ("GET", "/api/v1/sessions"), ("GET", "/api/v1/audit_events"), ("GET", "/api/v1/models")):
        answer = call(guarded.server, method, path, key=infer, data=body)
        assert answer.status in (400, 403, 404) and b"m.onnx" not in answer.body, (method, path, answer.status)
        if answer.status == 400:
            assert method == "POST"
    read = guarded.key(scopes=[{"actions": ["READ"], "model": "anna/m"}])["key"]
    assert call(guarded.server, "GET", "/api/v1/namespaces/anna/models/m", key=read).status == 200
    assert call(guarded.server, "GET", "/api/v1/namespaces/ben/models/m", key=read).status == 404
    assert [m["namespace"] for m in call(guarded.server, "GET", "/api/v1/models", key=read).json()["models"]] == ["anna"]
    assert call(guarded.server, "PATCH", "/api/v1/namespaces/anna/models/m", key=read, data={"description": "x"}).status == 403


def test_a_replaced_key_stops_after_its_overlap(guarded):
    old = guarded.key(role="READER")
    fresh = guarded.as_admin("POST", f"/api/v1/api_keys/{old['id']}:rotate", data={"overlap": "1s"}).json()
    assert call(guarded.server, "GET", "/api/v1/whoami", key=old["key"]).status == 200
    time.sleep(1.2)  # the key's own time must pass
    assert call(guarded.server, "GET", "/api/v1/whoami", key=old["key"]).status == 401
    assert call(guarded.server, "GET", "/api/v1/whoami", key=fresh["key"]).json()["role"] == "READER"


def test_a_key_that_has_ended_opens_no_door(guarded):
    """Revoked, of a disabled user, of a deleted one, altered, someone else's kind of secret: at every door."""
    revoked = guarded.key()
    assert guarded.as_admin("DELETE", f"/api/v1/api_keys/{revoked['id']}").status == 204
    keys = [revoked["key"]]
    for name, end in (("gone", ("DELETE", "/api/v1/users/gone", {})), ("stopped", ("PATCH", "/api/v1/users/stopped", {"data": {"state": "DISABLED"}}))):
        made = guarded.user(name).send("POST", "/api/v1/api_keys", data={"name": "k"}).json()["key"]
        assert call(guarded.server, "GET", "/api/v1/whoami", key=made).status == 200
        method, path, more = end
        assert guarded.as_admin(method, path, **more).status < 300
        keys.append(made)
    keys += [guarded.admin[:-1] + ("a" if guarded.admin[-1] != "a" else "b"), guarded.admin.upper(), guarded.anna.cookies["souk_session"], guarded.anna.csrf, guarded.tokens[0], ""]
    for key in keys:
        for method, path in (("GET", "/api/v1/models"), ("GET", "/v2/"), ("GET", "/v2/anna/m/manifests/1"), ("GET", "/v2/models/anna/d"), ("POST", "/v2/models/anna/d/infer"),
                             ("GET", "/v1alpha/models"), ("GET", "/metrics"), ("GET", "/api/v1/events"), ("POST", "/api/v1/namespaces/anna/models/m/uploads")):
            for header in (f"Bearer {key}", "Basic " + base64.b64encode(f"anna:{key}".encode()).decode()):
                assert call(guarded.server, method, path, {"Authorization": header}, body=b"{}").status == 401, (method, path, header[:12])


def test_a_new_password_gives_the_browser_another_session(guarded):
    browser = guarded.user("changer")
    before = dict(browser.cookies)
    answer = browser.send("POST", "/api/v1/session:change_password", data={"old_password": PASSWORD, "new_password": PASSWORD + " anew"})
    assert answer.status == 200 and browser.cookies["souk_session"] != before["souk_session"]
    browser.csrf = answer.json()["csrf_token"]
    assert call(guarded.server, "GET", "/api/v1/whoami", {"Cookie": f"souk_session={before['souk_session']}"}).status == 401
    assert browser.send("POST", "/api/v1/api_keys", data={"name": "k"}).status == 201


def test_an_open_stream_ends_with_its_key(guarded):
    from wire import Connection
    made = guarded.key(role="READER")
    with Connection(guarded.server, timeout=20) as connection:
        connection.send(connection.head("GET", "/api/v1/events", {"Authorization": f"Bearer {made['key']}"}))
        assert connection.read_head().status == 200
        assert guarded.as_admin("DELETE", f"/api/v1/api_keys/{made['id']}").status == 204
        name = f"after-{time.time_ns()}"
        assert guarded.as_admin("POST", "/api/v1/namespaces/anna/models", data={"name": name}).status == 201
        assert not any(name in line for line in connection.lines())


def test_figures_are_told_to_those_who_may_know(guarded):
    from wire import Connection
    made = guarded.key(role="READER", namespaces=["anna"])
    names = ["health", "work", "queue:operations", "deployment:anna/d", "deployment:ben/d", "rollouts:ben/d", "webhook:anna/x", "transfers:anna", "audit", "namespace_audit:anna", "backups"]
    with Connection(guarded.server, timeout=60) as connection:
        connection.send(connection.head("GET", f"/api/v1/events?figures={','.join(names)}", {"Authorization": f"Bearer {made['key']}"}))
        assert connection.read_head().status == 200
        told = {}
        for line in connection.lines(seconds=60):
            if line.startswith("data: ") and '"of":' in line:
                figure = json.loads(line.removeprefix("data: "))
                told[figure["of"]] = figure.get("error", {}).get("code", "told")
            if len(told) == len(names):
                break
        refused = "PERMISSION_DENIED"
        assert told == {"health": "told", "work": refused, "queue:operations": refused, "deployment:anna/d": "told", "deployment:ben/d": "NOT_FOUND", "rollouts:ben/d": "NOT_FOUND",
                        "webhook:anna/x": refused, "transfers:anna": refused, "audit": refused, "namespace_audit:anna": refused, "backups": refused}
        for name in names:
            status = call(guarded.server, "GET", f"/api/v1/figures?of={name}", key=made["key"]).status
            assert status == {"told": 200, refused: 403, "NOT_FOUND": 404}[told[name]], name
        # What is told ends with the key, without any event.
        assert guarded.as_admin("DELETE", f"/api/v1/api_keys/{made['id']}").status == 204
        for _ in connection.lines(seconds=60):
            pass


# --- what is sent -------------------------------------------------------------------------------------

ASSIGNED = {"id": 1, "uid": "x", "role": "OWNER", "owner": "admin", "owner_id": 1, "principal_id": 1, "kind": "SYSTEM", "state": "ACTIVE", "password": "x",
            "has_password": True, "create_time": "2020-01-01T00:00:00Z", "namespace_id": 1, "hash": "x", "prefix": "souk_x", "revision": 9, "etag": "9", "actor": "admin",
            "last_use_time": "2020-01-01T00:00:00Z", "revoke_time": None, "member_count": 9, "digest": "sha256:" + "0" * 64, "sealed": True}


@pytest.mark.parametrize("method,path,good", [
    ("POST", "/api/v1/namespaces/anna/models", {"name": "mass"}), ("PATCH", "/api/v1/namespaces/anna/models/m", {}), ("PATCH", "/api/v1/users/anna", {}),
    ("POST", "/api/v1/namespaces/anna/models/m/versions", {}), ("PATCH", "/api/v1/namespaces/anna/models/m/versions/1", {}),
    ("POST", "/api/v1/namespaces/anna/service_accounts", {"name": "mass"}), ("POST", "/api/v1/namespaces/anna/grants", {"to": "ben", "role": "READER"}),
    ("POST", "/api/v1/api_keys", {"name": "mass"}), ("PATCH", "/api/v1/namespaces/anna/deployments/d", {})])
def test_nobody_writes_fields_that_are_not_his(guarded, method, path, good):
    before = guarded.as_admin("GET", "/api/v1/users/anna").json()
    for field, value in ASSIGNED.items():
        if field in good:
            continue
        answer = guarded.anna.send(method, path, data=good | {field: value})
        if answer.status < 300:
            made = answer.json()
            assert made.get(field) != value or field in ("owner", "state", "role", "description"), (field, made)
            assert field != "role" or "user" not in path, made
    after = guarded.as_admin("GET", "/api/v1/users/anna").json()
    assert {k: after[k] for k in ("id", "name", "role", "state", "has_password", "create_time")} == {k: before[k] for k in ("id", "name", "role", "state", "has_password", "create_time")}
    assert guarded.anna.send("PATCH", "/api/v1/users/anna", data={"role": "OWNER"}).status == 403


def test_no_id_of_another_opens_anything(guarded):
    """Every number near those that are in use, in every place that takes one."""
    ben = guarded.ben
    made = guarded.anna.send("POST", "/api/v1/api_keys", data={"name": "annas"}).json()
    grant = guarded.anna.send("POST", "/api/v1/namespaces/anna/grants", data={"to": "everyone", "role": "READER"}).json()
    guarded.anna.send("DELETE", f"/api/v1/namespaces/anna/grants/{grant['id']}")
    grant = guarded.anna.send("POST", "/api/v1/namespaces/anna/models/m/grants", data={"to": "anna", "role": "READER"}).json()
    upload = guarded.anna.send("POST", "/api/v1/namespaces/anna/models/m/uploads", data={"size": 3}).json()["id"]
    pushed = guarded.anna.send("POST", "/v2/anna/m/blobs/uploads/").header("Location").split("?")[0].rsplit("/", 1)[1]
    for ns in ("anna", "ben"):
        for method, path in (("GET", f"/api/v1/namespaces/{ns}/models/m/uploads/{upload}"), ("GET", f"/api/v1/namespaces/{ns}/models/m/uploads/{upload}/parts"),
                             ("POST", f"/api/v1/namespaces/{ns}/models/m/uploads/{upload}:complete"), ("DELETE", f"/api/v1/namespaces/{ns}/models/m/uploads/{upload}"),
                             ("GET", f"/v2/{ns}/m/blobs/uploads/{pushed}"), ("PATCH", f"/v2/{ns}/m/blobs/uploads/{pushed}"), ("DELETE", f"/v2/{ns}/m/blobs/uploads/{pushed}")):
            answer = ben.send(method, path, **({"data": {}} if method == "POST" else {}))
            assert answer.status == 404, (method, path, answer.status)
    assert guarded.anna.send("GET", f"/api/v1/namespaces/anna/models/m/uploads/{upload}").status == 200
    assert guarded.anna.send("GET", f"/v2/anna/m/blobs/uploads/{pushed}").status == 204
    mine = {s["id"] for s in ben.send("GET", "/api/v1/sessions").json()["sessions"]}
    for number in [*range(1, 60), 0, -1, 999_999_999, 2**31, 2**63 - 1, 2**63]:
        for method, path in (("DELETE", "/api/v1/api_keys/{}"), ("POST", "/api/v1/api_keys/{}:rotate"), ("DELETE", "/api/v1/namespaces/ben/grants/{}"),
                             ("DELETE", "/api/v1/namespaces/ben/models/m/grants/{}"), ("DELETE", "/api/v1/namespaces/anna/grants/{}"),
                             ("GET", "/api/v1/namespaces/anna/models/{}"), ("GET", "/api/v1/namespaces/{}"), ("GET", "/api/v1/queues/x/items/{}")):
            answer = ben.send(method, path.format(number), **({"data": {}} if method == "POST" else {}))
            assert answer.status in (400, 403, 404), (method, path, number, answer.status)
        if number not in mine:
            assert ben.send("DELETE", f"/api/v1/sessions/{number}").status in (400, 404)
    assert call(guarded.server, "GET", "/api/v1/whoami", key=made["key"]).status == 200, "another's key was revoked"
    assert any(g["id"] == grant["id"] for g in guarded.anna.send("GET", "/api/v1/namespaces/anna/models/m/grants").json()["grants"])


TRAVERSALS = ["..", "../..", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5cetc", "....//....//etc/passwd", "%252e%252e%252f", "/etc/passwd",
              "%2fetc%2fpasswd", "~root", "file:%2f%2f%2fetc%2fpasswd", "a%00b", "%c0%ae%c0%ae%2f", "admin.key", "..%2fadmin.key", "..%2f..%2fadmin.key", "souk.db"]


def test_no_parameter_of_a_path_leads_out_of_the_data(guarded):
    from matrix import PATH, ROWS
    bodies = {guarded.admin.encode(), b"root:x:0:0", b"SQLite format"}
    for name in ROWS:
        method, pattern = name.split(" ", 1)
        for hole in re.findall(r"\{([^}]+)\}", pattern):
            for attack in TRAVERSALS if method == "GET" else TRAVERSALS[2:5]:
                path = re.sub(r"\{([^}]+)\}", lambda m: attack if m.group(1) == hole else {"ns": "anna"}.get(m.group(1), PATH.get(m.group(1), "x")), pattern)
                answer = guarded.as_admin(method, path, **({} if method in ("GET", "HEAD", "DELETE") else {"data": {}}))
                assert answer.status < 500, (method, path, answer.status, answer.body[:200])
                assert not any(secret in answer.body for secret in bodies), (method, path)
    assert (guarded.server.data / "admin.key").read_text().strip() == guarded.admin
    assert not (guarded.server.data.parent / "etc").exists()


def test_no_query_leads_out_of_the_data(guarded):
    for attack in TRAVERSALS:
        for path in (f"/api/v1/models?filter={attack}", f"/api/v1/models?order_by={attack}", f"/api/v1/namespaces/anna/models/m/versions/1/files/{attack}",
                     f"/v2/anna/m/blobs/uploads/?digest={attack}&mount={attack}&from={attack}", f"/api/v1/events?after={attack}", f"/api/v1/users/x?heir={attack}"):
            answer = guarded.as_admin("POST" if "uploads" in path else "GET", path, body=b"" if "uploads" in path else None)
            assert answer.status < 500 and guarded.admin.encode() not in answer.body, path


INJECTED = ["a\r\nSet-Cookie: souk_session=evil", "a\nX-Evil: 1", "a\rX-Evil: 1", "a%0d%0aX-Evil:%201", "a\u2028b", "\x1b[31mred", "a\x00b"]


def test_no_value_becomes_a_header(guarded):
    for attack in INJECTED:
        quoted = urllib.parse.quote(attack, safe="%")
        for method, path in (("GET", f"/api/v1/namespaces/{quoted}"), ("GET", f"/v2/anna/{quoted}/tags/list"), ("POST", f"/v2/anna/{quoted}/blobs/uploads/"),
                             ("GET", f"/v2/anna/m/manifests/{quoted}"), ("GET", f"/api/v1/namespaces/anna/models/m/versions/1/files/{quoted}"), ("GET", f"/v2/models/anna/{quoted}")):
            answer = guarded.as_admin(method, path)
            assert answer.status < 500
            names = [k.lower() for k, _ in answer.headers]
            assert "x-evil" not in names and "set-cookie" not in names, (path, answer.headers)
            assert not any("\r" in v or "\n" in v for _, v in answer.headers)
    for header in ("X-Souk-Namespace", "Idempotency-Key", "traceparent", "If-Match", "Prefer", "Last-Event-ID", "X-Forwarded-For"):
        answer = raw(guarded.server, f"GET /api/v1/models HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer {guarded.admin}\r\n{header}: a\rX-Evil: 1\r\nConnection: close\r\n\r\n".encode())
        assert answer is None or (answer.status < 500 and not answer.header("X-Evil")), header


def test_no_value_becomes_a_line_of_the_log(guarded):
    mark = f"mark{time.time_ns()}"
    forged = f'{mark}\n{{"time":"2020-01-01T00:00:00Z","level":"error","room":"access","message":"forged"}}'
    browser = Browser(guarded.server)
    browser.sign_in(forged, forged)
    call(guarded.server, "GET", "/" + urllib.parse.quote(forged))
    call(guarded.server, "GET", "/api/v1/namespaces/" + urllib.parse.quote(forged, safe=""), {"X-Souk-Namespace": mark, "User-Agent": mark}, key=guarded.admin)
    guarded.as_admin("POST", "/api/v1/namespaces/anna/models", data={"name": f"x{mark}\u2028\x1b[2J"})
    lines = guarded.server.log().splitlines()
    for line in lines:
        record = json.loads(line)  # every line is one JSON record
        assert record.get("message") != "forged"
    assert "\x1b" not in guarded.server.log()


def test_heads_and_cookies_are_bounded(guarded):
    for headers in ({"Cookie": "souk_session=" + "x" * 200_000}, {"X-Big": "x" * 200_000}, {f"X-{i}": "x" * 1000 for i in range(200)}, {"Authorization": "Bearer " + "x" * 200_000}):
        answer = raw(guarded.server, b"GET /api/v1/whoami HTTP/1.1\r\nHost: HOST\r\n" + b"".join(f"{k}: {v}\r\n".encode() for k, v in headers.items()) + b"\r\n")
        assert answer is None or answer.status in (400, 413, 431), answer.status
    for cookie in ("souk_session=" + "x" * 30_000, "; ".join(f"c{i}=1" for i in range(3000)), "souk_session", "=", ";;;;", "souk_session=;souk_session=", 'souk_session="' + "x" * 43 + '"',
                   "souk_session=\xff\xfe", "souk_session=" + "x" * 42 + "%00"):
        assert call(guarded.server, "GET", "/api/v1/whoami", {"Cookie": cookie}).status == 401, cookie[:60]
    assert call(guarded.server, "POST", "/api/v1/session", data={"name": "anna", "password": "x" * 100_000}).status == 413
    assert call(guarded.server, "GET", "/healthz").status == 200


def test_page_tokens_are_not_made_up(guarded):
    for i in range(3):
        guarded.as_admin("POST", "/api/v1/users", data={"name": f"paged-{i}"})
    first = guarded.as_admin("GET", "/api/v1/users?page_size=1").json()
    token = first["next_page_token"]
    assert guarded.as_admin("GET", f"/api/v1/users?page_size=1&page_token={token}").status == 200
    decoded = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    changed = base64.urlsafe_b64encode(decoded[:16] + decoded[16:].replace(b"admin", b"admio")).decode().rstrip("=")
    for forged in (token[:-2] + "AA", changed, "AAAA", "x" * 10_000, base64.urlsafe_b64encode(decoded[16:]).decode().rstrip("="), "%00", "null"):
        assert guarded.as_admin("GET", f"/api/v1/users?page_token={forged}").status == 400, forged[:60]
    for other in ("/api/v1/models", "/api/v1/teams", "/api/v1/audit_events", "/api/v1/users?order_by=name%20desc"):
        assert guarded.as_admin("GET", f"{other}{'&' if '?' in other else '?'}page_token={token}").status == 400, other


def test_no_secret_stands_in_errors_logs_or_files(guarded):
    """Passwords, keys, session and CSRF tokens, links: wherever they were sent, nothing says them again."""
    secrets = {"password": PASSWORD, "admin key": guarded.admin, "session": guarded.anna.cookies["souk_session"], "csrf": guarded.anna.csrf, "link": guarded.tokens[0]}
    made = guarded.key(role="READER")
    secrets["key"] = made["key"]
    answers = [call(guarded.server, "GET", "/api/v1/whoami", {"Authorization": f"Bearer {made['key']}x"}),
               call(guarded.server, "GET", "/api/v1/whoami", {"Authorization": f"Basic {base64.b64encode(b'anna:' + PASSWORD.encode()).decode()}"}),
               call(guarded.server, "POST", "/api/v1/session", data={"name": PASSWORD, "password": PASSWORD, "extra": PASSWORD}),
               call(guarded.server, "POST", "/api/v1/session", data={"name": "anna", "password": [PASSWORD]}),
               call(guarded.server, "POST", "/api/v1/setup", data={"token": guarded.tokens[0], "password": PASSWORD}),
               guarded.as_admin("GET", "/api/v1/api_keys"), guarded.as_admin("GET", "/api/v1/users"), guarded.as_admin("GET", "/api/v1/audit_events?page_size=1000"),
               guarded.anna.send("GET", "/api/v1/sessions"), guarded.as_admin("GET", "/metrics")]
    guarded.anna.send("POST", "/api/v1/session:change_password", data={"old_password": PASSWORD + "!", "new_password": PASSWORD})
    for name, secret in secrets.items():
        for answer in answers:
            assert secret.encode() not in answer.body, (name, answer.body[:300])
        assert secret not in guarded.server.log(), f"the {name} is in the log"
        for file in guarded.server.data.rglob("*"):
            if file.is_file() and file.name != "admin.key":
                assert secret.encode() not in file.read_bytes(), f"{file.name} holds the {name}"
    arguments = open(f"/proc/{guarded.server.pid}/cmdline").read()
    assert not any(secret in arguments for secret in secrets.values())


# --- the audit log ------------------------------------------------------------------------------------


def test_what_was_refused_is_in_the_audit_log(guarded):
    for _ in range(20):
        guarded.ben.send("DELETE", "/api/v1/namespaces/anna/models/m")  # hidden: told as absent
    reader = guarded.key(role="READER")
    call(guarded.server, "POST", "/api/v1/namespaces/anna/models", key=reader["key"], data={"name": "x"})
    call(guarded.server, "GET", "/api/v1/models", key="souk_" + "1" * 40)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        rows = guarded.as_admin("GET", "/api/v1/audit_events?page_size=1000&filter=" + urllib.parse.quote("outcome = 'REFUSED'")).json()["audit_events"]
        hidden = [r for r in rows if r["actor"] == "ben" and r["action"].startswith("DELETE") and r["object"].endswith("anna/models/m")]
        if hidden and any(r["credential"] == f"key {reader['id']}" for r in rows) and any(r["actor"] == "unauthenticated" for r in rows):
            break
        time.sleep(0.1)
    assert hidden and len(hidden) < 20, rows[:5]
    assert hidden[0]["address"] == "127.0.0.1" and hidden[0]["credential"].startswith("session ")
    changes = guarded.as_admin("GET", "/api/v1/audit_events?filter=" + urllib.parse.quote("action = 'user.created' AND object = 'anna'")).json()["audit_events"]
    assert len(changes) == 1 and changes[0]["actor"] == "admin"
    assert guarded.anna.send("GET", "/api/v1/audit_events").status == 403
    own = guarded.anna.send("GET", "/api/v1/namespaces/anna/audit_events?page_size=1000").json()["audit_events"]
    assert any(r["id"] == hidden[0]["id"] for r in own), "who owns the namespace does not see who tried"
    assert {r["namespace"] for r in own} == {"anna"}
