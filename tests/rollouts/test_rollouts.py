# SPDX-License-Identifier: Apache-2.0
"""One revision takes over from another under load, with the real server: shares, copies, checks, the way back."""

import http.server
import json
import re
import threading
import time

import pytest
from cluster import Cluster
from registry_client import push
from souk_server import Souk, run_cli
from wire import Connection, call

DEPLOYMENTS = "/api/v1/namespaces/default/deployments"
QUICK = ["--serving-rollout-window", "100ms"]
PATIENCE = 60
NO_ERRORS = {"kind": "ERROR_RATE", "at_most": 0}
OVER = ("SUCCEEDED", "ROLLED_BACK", "ABORTED")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Souk(tmp_path_factory.mktemp("rollouts") / "data", *QUICK, "--serving-metrics-allow", "127.0.0.0/8") as souk:
        yield souk


@pytest.fixture(scope="session")
def versions(root):
    """Reshapes six numbers: 1 and 2 alike, 3 to other numbers, 4 fails whatever comes, 5 is no model."""
    good = (root / "src/runtimes/testdata/fails_at_run.onnx").read_bytes()
    three = (3).to_bytes(8, "little")
    assert good.count(three) == 1
    return {"1": good, "2": good + b"\x22\x01x", "4": good.replace(three, (5).to_bytes(8, "little"))}


def push_all(souk, name, versions):
    for number, model in versions.items():
        assert push(souk, f"default/{name}", number, {"model.onnx": model}).status == 201


def deploy(souk, name, version, status=(200, 201), **more):
    answer = call(souk, "POST", DEPLOYMENTS, {"Prefer": "wait=30"}, data={"reference": f"default/{name}:{version}", "name": name} | more)
    assert answer.status in status, (answer.status, answer.body)
    return answer.json()


def canary(*steps, analysis=(), **more):
    return {"kind": "CANARY", "steps": [{"weight": w} | ({"duration_ms": ms} if ms is not None else {}) for w, ms in steps],
            "analysis": list(analysis)} | more


def rollout(souk, name, which="latest"):
    answer = call(souk, "GET", f"{DEPLOYMENTS}/{name}/rollouts/{which}")
    assert answer.status == 200, answer.body
    return answer.json()


def move(souk, name, verb, **headers):
    return call(souk, "POST", f"{DEPLOYMENTS}/{name}/rollouts/latest:{verb}", headers)


def until(check, what):
    """Its first true value."""
    end = time.monotonic() + PATIENCE
    while True:
        if value := check():
            return value
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.02)


def until_state(souk, name, *states):
    return until(lambda: (r := rollout(souk, name))["state"] in states and r, lambda: rollout(souk, name))


BODY = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [6], "data": [1, 2, 3, 4, 5, 6]}]}


def ask(connection, name, headers=None):
    """The status, and the revision that answered."""
    answer = connection.request("POST", f"/v2/models/{name}/infer", headers or {}, data=BODY)
    return answer.status, int(answer.json().get("model_version", 0)) if answer.status == 200 else answer.body


class Load:
    """Clients that ask all the time; `answers` are (time, status, revision)."""

    def __init__(self, souk, name, clients=2):
        self.souk, self.name, self.answers, self.going = souk, name, [], True
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]

    def run(self):
        with Connection(self.souk) as connection:
            while self.going:
                self.answers.append((time.monotonic(), *ask(connection, self.name)))
                time.sleep(0.002)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        for thread in self.threads:
            thread.join()

    def failed(self, since=0.0):
        return [one for one in self.answers if one[1] != 200 and one[0] >= since]


def test_traffic_by_hand(server, versions):
    push_all(server, "split", versions)
    deploy(server, "split", "1")
    assert run_cli("deploy", "split:2", "--traffic", "20", url=server.url).returncode == 0
    with Connection(server) as connection:
        counts = {1: 0, 2: 0}
        for _ in range(2000):
            status, revision = ask(connection, "split")
            assert status == 200
            counts[revision] += 1
        assert abs(counts[2] - 400) < 90, counts  # five standard deviations
        shown = run_cli("traffic", "split", url=server.url)
        assert {r["number"]: r["traffic_percent"] for r in json.loads(shown.stdout)["revisions"]} == {1: 80, 2: 20}
        # a revision is also called by its number
        assert connection.request("POST", "/v2/models/split/versions/1/infer", data=BODY).json()["model_version"] == "1"
        problem = call(server, "PATCH", f"{DEPLOYMENTS}/split", data={"traffic": [{"revision": 1, "weight": 50}]}).problem(400, "INVALID_ARGUMENT")
        assert "weights add up to 50; they must add up to 100" in problem["detail"], problem
        assert call(server, "PATCH", f"{DEPLOYMENTS}/split", data={"traffic": [{"revision": 7, "weight": 100}]}).status == 404
        bad = run_cli("traffic", "split", "1=50", "2=60", url=server.url)
        assert bad.returncode == 2 and "must add up to 100" in bad.stderr, bad
        assert run_cli("traffic", "split", "2=100", url=server.url).returncode == 0
        until(lambda: ask(connection, "split") == (200, 2), "revision 2 has all requests")
        assert all(ask(connection, "split") == (200, 2) for _ in range(50))


def test_sticky_and_match(server, versions):
    push_all(server, "sticky", versions)
    deploy(server, "sticky", "1")
    given = ["--traffic", "50", "--sticky", "header:X-User", "--match", "header:X-Beta=yes"]
    assert run_cli("deploy", "sticky:2", *given, url=server.url).returncode == 0
    with Connection(server) as connection:
        first = {user: ask(connection, "sticky", {"X-User": f"user-{user}"})[1] for user in range(100)}
        assert 20 < sum(revision == 2 for revision in first.values()) < 80
        for user, revision in first.items():
            assert ask(connection, "sticky", {"X-User": f"user-{user}"}) == (200, revision)
        assert all(ask(connection, "sticky", {"X-User": f"user-{user}", "X-Beta": "yes"}) == (200, 2) for user in range(20))
    routing = call(server, "GET", f"{DEPLOYMENTS}/sticky").json()["routing"]
    assert routing["sticky"] == {"by": "HEADER", "header": "X-User"} and routing["match"][0]["value"] == "yes"
    assert call(server, "PATCH", f"{DEPLOYMENTS}/sticky", data={"routing": None}).json()["routing"] == {"match": []}


def test_a_canary_that_succeeds(server, versions):
    push_all(server, "good", versions)
    deploy(server, "good", "1")
    with Load(server, "good") as load:
        made = run_cli("deploy", "good:2", "--canary", "10:300ms,50:300ms", "--check", "error_rate<=1%", "--check", "p99<=10s",
                       "--keep", "1s", url=server.url)
        assert made.returncode == 0 and json.loads(made.stdout)["rollout"]["revision"] == 2, made
        waited = run_cli("rollout", "status", "good", "--wait", str(PATIENCE), url=server.url)
        assert waited.returncode == 0, waited
        until(lambda: load.answers[-1][2] == 2, "revision 2 answers")
    assert not load.failed()
    seen = json.loads(waited.stdout)
    assert seen["state"] == "SUCCEEDED" and [s["state"] for s in seen["steps"]] == ["PASSED"] * 3
    assert [s["weight"] for s in seen["steps"]] == [10, 50, 100]
    first = seen["steps"][0]["analysis"]
    assert first["stable"]["requests"] > first["revision"]["requests"] and first["revision"]["errors"] == 0
    assert [c["verdict"] for c in first["checks"]] == ["PASSED", "PASSED"] and first["revision"]["latency_p99_ms"] > 0
    table = run_cli("rollout", "status", "good", "-o", "table", url=server.url).stdout
    assert "SUCCEEDED" in table and "ERROR_RATE at most 0.01" in table, table
    history = json.loads(run_cli("rollout", "history", "good", url=server.url).stdout)["rollouts"]
    assert [r["state"] for r in history] == ["SUCCEEDED"]
    logs = [e["message"] for e in call(server, "GET", f"{DEPLOYMENTS}/good/logs").json()["entries"]]
    assert any("step 2 with 50 %" in line for line in logs) and any("SUCCEEDED" in line for line in logs), logs


def test_one_at_once_is_in_the_history_too(server, versions):
    push_all(server, "sudden", versions)
    deploy(server, "sudden", "1")
    assert json.loads(run_cli("rollout", "history", "sudden", url=server.url).stdout)["rollouts"] == []
    assert run_cli("deploy", "sudden:2", url=server.url).returncode == 0
    assert run_cli("deploy", "sudden:2", url=server.url).returncode == 0  # changes nothing
    one, = json.loads(run_cli("rollout", "history", "sudden", url=server.url).stdout)["rollouts"]
    assert (one["state"], one["stable"], one["revision"], one["strategy"]["kind"]) == ("SUCCEEDED", 1, 2, "IMMEDIATE"), one
    assert one["actor"] and one["end_time"] and one["weight"] == 100 and not one["steps"]
    table = run_cli("rollout", "history", "sudden", "-o", "table", url=server.url).stdout
    assert "IMMEDIATE" in table and "at once" in table, table
    assert call(server, "POST", f"{DEPLOYMENTS}/sudden/rollouts/latest:abort").status == 409  # it is over


def test_an_image_goes_to_whoever_shares_the_traffic(server, root):
    """The command names a deployment, and its traffic decides; as for tensors."""
    files = {path.name: path.read_bytes() for path in (root / "samples/digits").iterdir() if path.is_file()}
    for version, more in (("1", {}), ("2", {"README.md": b"another version"})):
        assert push(server, "default/pictures", version, files | more).status == 201
        deploy(server, "pictures", version)
    other = {"reference": "default/pictures:1", "name": "other"}  # the model's default deployment stays the first
    assert call(server, "POST", DEPLOYMENTS, {"Prefer": "wait=30"}, data=other).json()["state"] == "READY"
    assert run_cli("traffic", "pictures", "1=50", "2=50", url=server.url).returncode == 0
    image = root / "samples/digits/images/7.png"

    def answered(name):
        series = rf'souk_serving_revision_requests_total{{deployment="default/{name}",revision="(\d+)",code="OK"}} (\d+)'
        return {int(r): int(n) for r, n in re.findall(series, call(server, "GET", "/metrics").body.decode())}

    def asked_until():
        assert run_cli("infer", "pictures", "--image", image, url=server.url).returncode == 0
        return min(answered("pictures").get(1, 0), answered("pictures").get(2, 0)) > 0

    until(asked_until, "both revisions were asked")
    assert run_cli("infer", "other", "--image", image, url=server.url).returncode == 0
    assert answered("other") == {1: 1}
    wrong = call(server, "POST", "/v1alpha/namespaces/default/models/pictures/trigger?deployment=default/good", data={"task_inputs": []})
    assert wrong.status in (404, 400), wrong.body
    both = call(server, "POST", "/v1alpha/namespaces/default/models/pictures/versions/1/trigger?deployment=default/pictures", data={"task_inputs": []})
    assert both.status == 400 and b"deployment" in both.body, both.body


def test_a_bad_model_is_taken_back_by_itself(server, versions):
    push_all(server, "bad", versions)
    deploy(server, "bad", "1")
    with Load(server, "bad") as load:
        deploy(server, "bad", "4", strategy=canary((50, 600_000), analysis=[NO_ERRORS]))
        over = until_state(server, "bad", *OVER)
        assert over["state"] == "ROLLED_BACK" and over["reason"].startswith("ERROR_RATE at most 0 does not hold"), over
        answer = call(server, "GET", f"{DEPLOYMENTS}/bad", {"Prefer": "wait=30"}).json()
        assert answer["revision"] == 1
        with Connection(server) as connection:
            until(lambda: connection.request("POST", "/v2/models/bad/versions/2/infer", data=BODY).status == 404, "2 is gone")
        since, before = time.monotonic(), len(load.answers)
        until(lambda: len(load.answers) > before + 200, "more requests")
    assert not load.failed(since), load.failed(since)[:3]  # of those sent since then
    assert load.failed(), "the bad revision was asked"
    again = run_cli("rollout", "status", "bad", "--wait", "5", url=server.url)
    assert again.returncode == 5 and "is ROLLED_BACK: ERROR_RATE" in again.stderr, again


def test_people_decide(server, versions):
    push_all(server, "people", versions)
    deploy(server, "people", "1")
    deploy(server, "people", "2", strategy=canary((10, None), (50, 600_000)))
    waiting = until_state(server, "people", "PAUSED")
    assert waiting["reason"] == "waits at 10 % until it is resumed or promoted" and waiting["weight"] == 10
    assert move(server, "people", "resume", **{"If-Match": '"1"'}).problem(412, "FAILED_PRECONDITION")
    assert move(server, "people", "resume", **{"If-Match": f'"{waiting["etag"]}"'}).json()["step"] == 2
    assert run_cli("rollout", "pause", "people", url=server.url).returncode == 0
    assert move(server, "people", "pause").json()["code"] == "FAILED_PRECONDITION"
    assert run_cli("rollout", "resume", "people", url=server.url).returncode == 0
    refused = call(server, "PATCH", f"{DEPLOYMENTS}/people", data={"traffic": None})
    assert refused.json()["code"] == "FAILED_PRECONDITION" and "souk rollout abort default/people" in refused.json()["hint"]
    assert run_cli("rollout", "abort", "people", url=server.url).returncode == 0
    assert rollout(server, "people")["state"] == "ABORTED"
    deploy(server, "people", "2")  # the strategy is kept
    until_state(server, "people", "PAUSED")
    assert run_cli("rollout", "promote", "people", url=server.url).returncode == 0
    with Connection(server) as connection:
        until(lambda: ask(connection, "people") == (200, 3), "revision 3 has all requests")
    wrong = call(server, "PATCH", f"{DEPLOYMENTS}/people", data={"strategy": {"kind": "CANARY", "steps": [{"weight": 120}]}})
    assert wrong.problem(400, "INVALID_ARGUMENT")["field"] == "strategy.steps[0].weight"
    assert call(server, "PATCH", f"{DEPLOYMENTS}/people", data={"strategy": None}).json()["strategy"]["kind"] == "IMMEDIATE"


def test_copies_are_counted_and_never_returned(server, root, files):
    simple = (root / "src/runtimes/testdata/simple.onnx").read_bytes()
    push_all(server, "copies", {"1": simple, "2": simple.replace(b"Add", b"Mul")})
    deploy(server, "copies", "1")
    deploy(server, "copies", "2", strategy=canary((0, None), shadow=100))
    until_state(server, "copies", "PAUSED")
    tensor = {"datatype": "INT32", "shape": [1, 16], "data": [3] * 16}
    body = {"inputs": [tensor | {"name": "INPUT0"}, tensor | {"name": "INPUT1"}]}

    def asked():
        for _ in range(20):
            answer = connection.request("POST", "/v2/models/copies/infer", data=body).json()
            assert answer["model_version"] == "1" and answer["outputs"][0]["data"] == [6] * 16
        step = rollout(server, "copies")["steps"][0]
        return step.get("analysis", {}).get("revision", {}).get("disagreed", 0) >= 50 and step

    with Connection(server) as connection:
        figures = until(asked, "copies are compared")["analysis"]["revision"]
    assert figures["compared"] == figures["disagreed"] and figures["requests"] == 0
    metrics = call(server, "GET", "/metrics").body.decode()
    assert 'souk_serving_copies_total{deployment="default/copies",result="disagreed"}' in metrics
    assert move(server, "copies", "abort").status == 200


class Metric(http.server.ThreadingHTTPServer):
    """A Prometheus endpoint that shows one number."""

    def __init__(self):
        self.value, self.asked = 0.0, 0
        metric = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                metric.asked += 1
                body = f'# TYPE satisfaction gauge\nsatisfaction{{shop="a"}} {metric.value}\nsatisfaction{{shop="b"}} 0\n'.encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def test_a_metric_from_elsewhere_decides(server, versions, tmp_path):
    push_all(server, "metric", versions)
    deploy(server, "metric", "1")
    metric = Metric()
    check = f'http://127.0.0.1:{metric.server_port}/metrics satisfaction{{shop="a"}}>=0.9'
    metric.value = 0.95
    assert run_cli("deploy", "metric:2", "--canary", "50:200ms", "--check", check, url=server.url).returncode == 0
    assert until_state(server, "metric", *OVER)["state"] == "SUCCEEDED"
    metric.value = 0.5
    assert run_cli("deploy", "metric:1", url=server.url).returncode == 0
    over = until_state(server, "metric", "ROLLED_BACK", "ABORTED")
    assert over["reason"].startswith("satisfaction{shop=a} at least 0.9 does not hold: it is 0.5"), over
    assert metric.asked > 0
    metric.shutdown()
    # who may not be asked is not
    with Souk(tmp_path / "closed", *QUICK) as souk:
        push_all(souk, "metric", versions)
        deploy(souk, "metric", "1")
        deploy(souk, "metric", "2", strategy=canary((50, 0), analysis=[{"kind": "METRIC", "url": check.split()[0], "metric": "x", "at_most": 1}]))
        until(lambda: "waits for the metric" in rollout(souk, "metric")["reason"] and "not read yet" not in rollout(souk, "metric")["reason"], "refused")
        assert rollout(souk, "metric")["state"] == "RUNNING"


def test_goes_on_after_kill(tmp_path, versions):
    souk = Souk(tmp_path / "data", *QUICK).start()
    try:
        push_all(souk, "kill", versions)
        deploy(souk, "kill", "1")
        deploy(souk, "kill", "2", strategy=canary((30, 1_500), (60, 300), analysis=[NO_ERRORS]))
        until_state(souk, "kill", "RUNNING")
        souk.kill()
        souk.start()
        with Load(souk, "kill") as load:
            over = until_state(souk, "kill", *OVER)
            until(lambda: load.answers and load.answers[-1][2] == 2, "revision 2 answers")
        assert over["state"] == "SUCCEEDED" and over["number"] == 1, over
        assert not load.failed()
    finally:
        if souk.running():
            assert souk.stop() == 0


def test_one_of_two_nodes_drives(postgres, tmp_path, versions):
    with Cluster(tmp_path, postgres.database(), 2, QUICK) as (a, b):
        push_all(a, "two", versions)
        deploy(a, "two", "1")
        with Load(a, "two") as first, Load(b, "two") as second:
            deploy(b, "two", "2", strategy=canary((20, 500), (60, 500), analysis=[NO_ERRORS]))
            over = until_state(a, "two", *OVER)
            until(lambda: first.answers[-1][2] == second.answers[-1][2] == 2, "both answer with revision 2")
        assert over["state"] == "SUCCEEDED", over
        assert not first.failed() and not second.failed()
        # what both did was judged together, and each step was begun once
        both = sum(s["analysis"]["revision"]["requests"] for s in over["steps"])
        assert both > 0 and len(over["steps"]) == 2
        logs = [e["message"] for e in call(a, "GET", f"{DEPLOYMENTS}/two/logs").json()["entries"]]
        assert sum("step 1 with" in line for line in logs) == 1 and sum("step 2 with" in line for line in logs) == 1, logs
        # the one that drives dies in the middle of a step: the other goes on
        held = [lease for lease in call(a, "GET", "/api/v1/leases").json()["leases"] if lease["name"] == "rollouts"]
        driver, other = (a, b) if held[0]["node"] == "node-0" else (b, a)
        deploy(other, "two", "1", strategy=canary((50, 2_000)))
        until_state(other, "two", "RUNNING")
        driver.kill()
        assert until_state(other, "two", *OVER)["state"] == "SUCCEEDED"
        driver.start()


def test_an_alias_that_moves_rolls(server, versions):
    push_all(server, "alias", versions)
    assert run_cli("alias", "set", "champion", "alias:1", url=server.url).returncode == 0
    given = ["--follow", "--canary", "50:200ms", "--check", "error_rate<=0"]
    assert run_cli("deploy", "alias@champion", *given, url=server.url).returncode == 0
    with Load(server, "alias") as load:
        assert run_cli("alias", "set", "champion", "alias:2", url=server.url).returncode == 0
        until(lambda: call(server, "GET", f"{DEPLOYMENTS}/alias/rollouts/1").status == 200, "it rolls")
        assert until_state(server, "alias", *OVER)["state"] == "SUCCEEDED"
    assert not load.failed()
    with Load(server, "alias"):
        assert run_cli("alias", "set", "champion", "alias:4", url=server.url).returncode == 0
        until(lambda: rollout(server, "alias")["number"] == 2, "it rolls again")
        assert until_state(server, "alias", *OVER)["state"] == "ROLLED_BACK"
        until(lambda: "which was taken back" in call(server, "GET", f"{DEPLOYMENTS}/alias").json()["reason"], "it says why it does not follow")
    assert rollout(server, "alias")["number"] == 2
