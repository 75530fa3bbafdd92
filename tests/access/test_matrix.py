# SPDX-License-Identifier: Apache-2.0
"""The authorization matrix: every route of the served table × every role × an object of one's own, of one's team, of everyone,
and of nobody one knows. What a route needs comes from the table; what to send, from matrix.py."""

import itertools
import re

import grpc
import pytest
from matrix import PATH, ROWS
from registry_client import deploy, push
from registry_rows import fill_registry
from souk_server import Souk
from wire import Answer, Connection, call

ROLES = ["READER", "EXECUTOR", "WRITER", "ADMIN", "OWNER"]
RELATIONS = ["own", "team", "public", "foreign"]
LEVEL = {"ANYONE": 0, "KNOWN": 0, "NONE": 0} | {role: i + 1 for i, role in enumerate(ROLES)}
FRESH = itertools.count()


class Place:
    """A namespace with a model and a deployment, and a caller who stands in one relation to it with one role."""

    def __init__(self, relation, role, ns, key):
        self.relation, self.role, self.ns, self.key = relation, role, ns, key

    @staticmethod
    def fresh():
        return f"x{next(FRESH)}"


def made(answer):
    assert answer.status in (200, 201, 202), (answer.status, answer.body)
    return answer.json()


class World:
    def __init__(self, server, model):
        self.server, self.model = server, model
        self.admin = (server.data / "admin.key").read_text().strip()
        self.places = {}
        self.fill("foreign")
        self.visitor = self.user("visitor")
        for role in ROLES:
            own = self.user(f"own-{role.lower()}", role)
            self.places["own", role] = Place("own", role, f"own-{role.lower()}", own)
            self.places["team", role] = self.team(role)
            # One who has the role at home, asking for what is nothing to him.
            self.places["foreign", role] = Place("foreign", role, "foreign", own)
            if LEVEL[role] <= LEVEL["WRITER"]:
                ns = f"public-{role.lower()}"
                self.fill(ns)
                made(self.as_admin("POST", f"/api/v1/namespaces/{ns}/grants", {"to": "everyone", "role": role}))
                self.places["public", role] = Place("public", role, ns, self.visitor)
        for role in ROLES:
            self.fill(f"own-{role.lower()}", there=True)

    def as_admin(self, method, path, data=None):
        return call(self.server, method, path, key=self.admin, **({} if data is None else {"data": data}))

    def fill(self, ns, there=False):
        if not there:
            made(self.as_admin("POST", "/api/v1/namespaces", {"slug": ns}))
        assert push(self.server, f"{ns}/m", "1", self.model, key=self.admin).status == 201
        self.restore("alias", ns)
        self.restore("deployment", ns)
        fill_registry(self.server, ns, self.admin)

    def restore(self, what, ns):
        if what == "alias":
            made(self.as_admin("PUT", f"/api/v1/namespaces/{ns}/models/m/aliases/champion", {"version": 1}))
        if what == "deployment":
            deploy(self.server, f"{ns}/m:1", "d", key=self.admin, namespace=ns)

    def user(self, name, role="OWNER"):
        """A key of a new user, bound to a role; it never saw a password, so a link's session makes the key."""
        made(self.as_admin("POST", "/api/v1/users", {"name": name}))
        token = made(self.as_admin("POST", f"/api/v1/users/{name}:link"))["link"].split("#")[1]
        answer = call(self.server, "POST", "/api/v1/setup", data={"token": token, "password": "correct horse battery"})
        session = made(answer)
        cookie = next(v for k, v in answer.headers if k.lower() == "set-cookie" and "souk_session" in v).split(";")[0]
        headers = {"Cookie": cookie, "X-Souk-CSRF": session["csrf_token"]}
        return made(call(self.server, "POST", "/api/v1/api_keys", headers, data={"name": "k", "role": role}))["key"]

    def team(self, role):
        name, member = f"crew-{role.lower()}", f"mate-{role.lower()}"
        made(self.as_admin("POST", "/api/v1/teams", {"name": name}))
        key = self.user(member)
        made(self.as_admin("PUT", f"/api/v1/teams/{name}/members/{member}", {"role": role}))
        self.fill(name, there=True)
        return Place("team", role, name, key)


@pytest.fixture(scope="module")
def world(tmp_path_factory, files):
    settings = ("--access-password-memory", "8MiB", "--access-password-passes", "1", "--access-sign-in-tries", "10000")
    with Souk(tmp_path_factory.mktemp("matrix") / "data", *settings, dev=False) as server:
        yield World(server, {"m.onnx": (files / "models/simple.onnx").read_bytes()})


@pytest.fixture(scope="module")
def table(world):
    routes = world.as_admin("GET", "/routes.json").json()["routes"]
    return {f"{route['method']} {route['pattern']}": route for route in routes}


def test_every_route_has_its_row_and_every_row_its_route(table):
    assert not set(table) - set(ROWS), f"routes without a row in tests/access/matrix.py: {sorted(set(table) - set(ROWS))}"
    assert not set(ROWS) - set(table), f"rows without a route: {sorted(set(ROWS) - set(table))}"


def kind_of(route, row):
    return row.kind or ("object" if "{ns}" in route["pattern"] or "{model}" in route["pattern"] else "")


HTTP_OF_GRPC = {grpc.StatusCode.OK: 200, grpc.StatusCode.NOT_FOUND: 404, grpc.StatusCode.PERMISSION_DENIED: 403, grpc.StatusCode.UNAUTHENTICATED: 401}

IN_MESSAGES = {b"needs the role": grpc.StatusCode.PERMISSION_DENIED, b"scope does not allow": grpc.StatusCode.PERMISSION_DENIED, b"does not exist": grpc.StatusCode.NOT_FOUND}


def ask_grpc(server, route, row, place, key):
    """One message, naming the deployment; the answer as HTTP would say it."""
    name = f"{place.ns}/d".encode()
    message = bytes([row.field << 3 | 2, len(name)]) + name if row.field else b""
    metadata = [("authorization", f"Bearer {key}")] if key else []
    with grpc.insecure_channel(f"{server.host}:{server.port}") as channel:
        try:
            said, code = channel.unary_unary(route["pattern"])(message, metadata=metadata, timeout=0.5 if row.stream else 60), grpc.StatusCode.OK
        except grpc.RpcError as error:
            said, code = error.details().encode(), error.code()
    if code == grpc.StatusCode.OK and "StreamInfer" in route["pattern"]:  # its errors are messages
        code = next((code for words, code in IN_MESSAGES.items() if words in said), None)
    return Answer(HTTP_OF_GRPC.get(code, 400), [("WWW-Authenticate", "of HTTP")], said)


def ask(server, route, row, place, key, headers=()):
    if route["pattern"].startswith(("/inference.", "/grpc.")):
        return ask_grpc(server, route, row, place, key)
    values = PATH | (row.path(place) if callable(row.path) else row.path) | {"ns": place.ns}
    if route["pattern"].startswith(("/v2/models", "/v2/repository")):
        values |= {"model": "d"}
    path = re.sub(r"\{([^}]+)\}", lambda m: values[m.group(1)], route["pattern"])
    headers = dict(headers) | {"X-Souk-Namespace": place.ns}
    body = row.body(place) if callable(row.body) else row.body
    if row.stream:
        with Connection(server) as connection:
            connection.send(connection.head(route["method"], path, headers | ({"Authorization": f"Bearer {key}"} if key else {})))
            return connection.read_head()
    more = {"data": body} if body is not None else {}
    if row.raw is not None:
        headers["Content-Type"], more = row.type, {"body": row.raw}
    return call(server, route["method"], path + (f"?{row.query}" if row.query else ""), headers, key=key, **more)


def allowed(answer, row):
    """Whether the route let the caller in: what it then made of a request that is not meant to succeed is not asked here."""
    if answer.status in (401, 403):
        return row.missing and row.missing.encode() in answer.body  # a wrong old password
    if answer.status != 404:
        return True
    return bool(row.missing) and row.missing.encode() in answer.body


def problems_of(world, name, route, row):
    kind = kind_of(route, row)
    assert kind, f"{name}: its row must say what kind it is"
    needed = LEVEL[row.needs or route["needs"]]
    places = list(world.places.items())
    for (relation, role), place in places[:2] if kind == "open" else places:
        answer = ask(world.server, route, row, place, place.key)
        said = f"{relation} {role}: {answer.status} {answer.body[:160]!r}"
        own_level = LEVEL["OWNER"] if relation == "public" else LEVEL[role]  # the visitor's own key is unbounded
        if kind in ("open", "list") and not (kind == "list" and answer.status == 200):
            if kind == "list" or answer.status == 403:
                yield said
        elif kind == "absent" and answer.status not in (400, 403, 404):
            yield said
        elif kind == "server" and answer.status not in (403, 404):
            yield said
        elif kind == "self":
            bound = own_level if relation != "team" else LEVEL["OWNER"]
            if (bound >= needed) != bool(allowed(answer, row)):
                yield said
        elif kind == "object" and relation == "foreign":
            # Who may not see it is told as if it were not there; or its key may not do such things at all.
            if answer.status not in (403, 404, row.hidden) or (answer.status == 403 and LEVEL[role] >= LEVEL[route["needs"]]):
                yield said
        elif kind == "object":
            may = LEVEL[role] >= needed
            head_only = route["method"] == "HEAD"
            if may and not (allowed(answer, row) or (head_only and answer.status == 404)):
                yield said
            if not may and answer.status != 403:
                yield said
            if may and row.again and answer.status < 300:
                world.restore(row.again, place.ns)
        if kind == "list" and not row.stream and b"foreign" in answer.body.replace(b"souk", b""):
            yield f"{said}: shows what is foreign"


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_route(world, table, name):
    if name not in table:
        pytest.skip("no such route")
    route, row = table[name], ROWS[name]
    place = world.places["own", "OWNER"]
    if kind_of(route, row) == "open":
        assert ask(world.server, route, row, place, None).status != 403
    else:
        for key in (None, "souk_" + "0" * 40):
            answer = ask(world.server, route, row, place, key)
            assert answer.status == 401 and answer.header("WWW-Authenticate"), (answer.status, answer.body)
    assert not list(problems_of(world, name, route, row))
