# SPDX-License-Identifier: Apache-2.0
"""Figures: what is measured, once by GET and as it changes on the event stream; on both databases."""

import contextlib
import json
import math
import time

from both_databases import digits, models, own_souk, souk  # noqa: F401
from souk_server import Souk
from wire import Closed, Connection, call

NAMES = ("health", "work", "catalogue", "audit", "backups", "model_runs", "transfers:default", "queue:operations", "namespace_audit:default")


def wait_until(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


def look(souk, *names):
    answer = call(souk, "GET", f"/api/v1/figures?of={','.join(names)}")
    assert answer.status == 200, answer.body
    return answer.json()["figures"]


@contextlib.contextmanager
def watching(souk, *names, headers=()):
    """(the stream's head, its figures as they come)"""
    with Connection(souk, timeout=90) as connection:
        connection.send(connection.head("GET", f"/api/v1/events?figures={','.join(names)}", {"Accept": "text/event-stream"} | dict(headers)))
        head = connection.read_head()
        assert head.status == 200 and head.type == "text/event-stream"
        yield head, figures_in(connection)


def figures_in(connection):
    event = ""
    for line in connection.lines(seconds=90):
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: ") and event == "figure":
            yield json.loads(line.removeprefix("data: "))


def ask(souk):
    """One inference of digits."""
    needed = call(souk, "GET", "/v2/models/digits").json()["inputs"][0]
    shape = [max(1, int(one)) for one in needed["shape"]]
    answer = call(souk, "POST", "/v2/models/digits/infer", data={"inputs": [needed | {"shape": shape, "data": [0.0] * math.prod(shape)}]})
    assert answer.status == 200, answer.body


def first(figures, wanted):
    return next(figure for figure in figures if wanted(figure))


def test_one_look_at_each(souk):
    found = {figure["of"]: figure for figure in look(souk, *NAMES)}
    assert set(found) == set(NAMES)
    health = found["health"]["health"]
    assert health["ready"] is True and health["memory_bytes"] > 1 << 20 and health["disk_free_bytes"] > 0 and health["open_files"] < health["max_files"]
    assert {queue["name"] for queue in found["work"]["work"]["queues"]} >= {"operations", "webhooks"}
    for noun in ("queues", "schedules", "nodes", "leases"):
        wait_until(lambda noun=noun: {one["name"] for one in look(souk, "work")[0]["work"][noun]} == {one["name"] for one in call(souk, "GET", f"/api/v1/{noun}").json()[noun]})
    assert all("mark" in found[name] for name in NAMES if name not in ("health", "work"))


def test_a_deployments_figures_are_those_of_metrics(souk, digits):
    before = look(souk, "deployment:default/digits")[0]["deployment"]
    for _ in range(3):
        ask(souk)
    after = look(souk, "deployment:default/digits")[0]["deployment"]
    assert after["requests"] == before["requests"] + 3
    assert after["latency"][-1] == {"count": after["latency"][-1]["count"]} and after["latency"][0]["le"] == 0.00005
    shown = [line for line in call(souk, "GET", "/metrics").body.decode().splitlines() if line.startswith('souk_serving_requests_total{deployment="default/digits"')]
    assert sum(int(line.split()[-1]) for line in shown) == after["requests"]


def test_they_are_told_at_once_and_when_they_change(souk, digits):
    with watching(souk, "health", "work", "deployment:default/digits") as (_, figures):
        told = {}
        while len(told) < 3:
            figure = next(figures)
            assert "since" not in figure or figure["of"] in told, "what was before was not told to this watcher"
            told[figure["of"]] = figure
        before = told["deployment:default/digits"]["deployment"]["requests"]
        ask(souk)
        grown = first(figures, lambda one: one["of"].startswith("deployment:") and one["deployment"]["requests"] > before)
        assert grown["since"] < grown["time"] and grown["time"] > told["deployment:default/digits"]["time"]
        rest = first(figures, lambda one: one["of"].startswith("deployment:"))  # that it has come to rest
        assert rest["deployment"]["requests"] == grown["deployment"]["requests"]


def test_what_lists_show_is_marked(souk, digits):
    with watching(souk, "audit", "model_runs", "rollouts:default/digits") as (_, figures):
        marks = {}
        while len(marks) < 3:
            figure = next(figures)
            marks[figure["of"]] = figure["mark"]
        call(souk, "POST", "/api/v1/operations", data={"model": "default/digits", "task_inputs": [{"data": {"type": "image-base64", "image-base64": "bm8="}}]})
        assert call(souk, "POST", "/api/v1/namespaces/default/models", data={"name": f"marked-{time.time_ns()}"}).status == 201
        wanted = {"audit", "model_runs"}
        while wanted:
            figure = next(figures)
            if figure["mark"] != marks[figure["of"]]:
                wanted.discard(figure["of"])


def test_what_is_not_there_is_said_beside_what_is(souk):
    with watching(souk, "deployment:default/nothing", "webhook:default/nothing", "queue_item:operations/999999999", "health") as (_, figures):
        told = {}
        while len(told) < 4:
            figure = next(figures)
            told[figure["of"]] = figure.get("error", {}).get("code")
        assert told == {"deployment:default/nothing": "NOT_FOUND", "webhook:default/nothing": "NOT_FOUND", "queue_item:operations/999999999": "NOT_FOUND", "health": None}
    call(souk, "GET", "/api/v1/figures?of=deployment:default/nothing").problem(404, "NOT_FOUND")


def test_events_go_on_beside_them_from_where_the_head_says(souk):
    name = f"beside-{time.time_ns()}"
    with watching(souk, "health") as (head, figures):
        cursor = head.header("souk-event-cursor")
        next(figures)
    assert call(souk, "POST", "/api/v1/namespaces/default/models", data={"name": name}).status == 201
    with Connection(souk, timeout=60) as connection:
        connection.send(connection.head("GET", "/api/v1/events?figures=health", {"Last-Event-ID": cursor}))
        assert connection.read_head().status == 200
        assert any(name in line for line in connection.lines(seconds=60))


def test_they_refuse_what_they_do_not_understand(souk):
    for names in ("nothing", "health,nothing", "work:x", "queue", "deployment:", "%00", "x" * 2000, ",".join(f"queue:{i}" for i in range(17))):
        call(souk, "GET", f"/api/v1/events?figures={names}").problem(400, "INVALID_ARGUMENT")
        call(souk, "GET", f"/api/v1/figures?of={names}").problem(400, "INVALID_ARGUMENT")
    call(souk, "GET", "/api/v1/figures?of=").problem(400, "INVALID_ARGUMENT")
    call(souk, "GET", "/api/v1/figures").problem(400, "INVALID_ARGUMENT")
    for of in ("../../etc", "'", "default/'; DROP TABLE models; --", "%0d%0aevent:%20x", "%F0%9F%A7%A8", "/", "//", "a/b/c"):
        of = of.replace(" ", "%20")
        for topic in ("deployment", "rollouts", "queue", "queue_item", "webhook", "transfers", "namespace_audit"):
            assert call(souk, "GET", f"/api/v1/figures?of={topic}:{of}").status in (200, 400, 404), (topic, of)


def test_a_server_that_ends_ends_its_streams(own_souk):
    with watching(own_souk, "health", "work") as (_, figures):
        next(figures)
        own_souk.stop()
        with contextlib.suppress(Closed):
            for _ in figures:
                pass


def test_a_source_that_breaks_is_marked(tmp_path):
    models_file, sources = tmp_path / "models.yaml", tmp_path / "sources.yaml"
    models_file.write_text("source: Own\nmodels:\n  - {name: one, description: x}\n")
    sources.write_text("catalogs:\n  - {name: Own, id: own, type: yaml, properties: {yamlCatalogPath: models.yaml}}\n")
    with Souk(tmp_path / "data", "--catalog-sources", str(sources), "--catalog-poll", "100ms") as server, watching(server, "catalogue") as (_, figures):
        mark = next(figures)["mark"]
        models_file.write_text("models: [")
        assert next(figures)["mark"] != mark
        assert call(server, "GET", "/api/model_catalog/v1alpha1/sources").json()["items"][0]["status"] != "available"
