#!/usr/bin/env python3
"""The registry at size, through the Kubeflow door and /api/v1, beside /healthz, plain SQL and MLflow's server in the same run.

usage: bench/registry/run.py [--models N] [--points N] [--parts metrics,compare,postgres,size,size-postgres]. The server runs on core 0, the
load on core 1; each cell is the median of three goes of half a second, so that `compare` and `postgres` take three minutes or less.
"""
import argparse
import concurrent.futures
import contextlib
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2] / "tests/lib"), str(HERE.parent)]
sys.argv, arguments = sys.argv[:1], sys.argv[1:]
import run as common  # noqa: E402
import yardsticks  # noqa: E402
from postgres import Postgres  # noqa: E402

KUBEFLOW = "/api/model_registry/v1alpha3"
# Kubeflow's own server on PostgreSQL 16, requests a second at 1 and 16 connections, as published figures are missing.
THEIRS = {"create": (408, 618), "get": (2760, 1573), "page of 100": (93, 167), "filter by two properties": (70, 134),
          "version with artifact": (279, 289), "metric point": (163, 260)}


def properties(i):
    return {"team": f"team-{i % 50}", "framework": ("pytorch", "onnx", "jax")[i % 3], "accuracy": (i % 1000) / 1000, "epochs": i % 100,
            "good": bool(i % 2)}


def send(connection, method, path, body=None):
    connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    data = answer.read()
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status} {data[:300]}")
    return json.loads(data) if data else None


def load_models(server, count):
    """Registers models in batches of 5000 over four connections; returns models a second."""
    batches = iter([json.dumps({"models": [{"name": f"model-{i}", "description": f"the model number {i}", "custom_properties": properties(i)}
                                           for i in range(at, min(at + 5000, count))]}).encode() for at in range(0, count, 5000)])
    taking = threading.Lock()

    def load(most):
        connection = http.client.HTTPConnection(server.host, int(server.port), timeout=600)
        for _ in range(most):
            with taking:
                batch = next(batches, None)
            if batch is None:
                return
            connection.request("POST", "/api/v1/namespaces/default/models:batch", batch, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
            if answer.status != 201:
                sys.exit(f"batch: {answer.status} {data[:300]}")

    begin = time.perf_counter()
    load(1)  # alone, so that the first models have the first ids: PostgreSQL leaves out those of what it tried again
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(load, [count] * 4))
    return count / (time.perf_counter() - begin)


def rate(server, path, connections, goes=3):
    """Requests a second: as many as fit about half a second, so many times."""
    measured = 0  # at first mostly the connecting
    for _ in range(3):
        measured = common.h2load(server.url + path, connections, max(4 * connections, int(measured / 4)))[0]
    return statistics.median(common.h2load(server.url + path, connections, max(4 * connections, int(measured / 2)))[0] for _ in range(goes))


def read_paths(server, models):
    """What is read: its path in the Kubeflow door. `team-7` is one model of 50, with `onnx` one of 150."""
    number = models - 1
    one = json.load(urllib.request.urlopen(f"{server.url}{KUBEFLOW}/registered_model?name=model-{number}"))
    deep = deep_token(server, min(models // 100 - 1, 100))
    many = f"{KUBEFLOW}/registered_models"
    return {"get": f"{many}/{one['id']}",
            "find by name": f"{KUBEFLOW}/registered_model?name={one['name']}",
            "page of 100": f"{many}?pageSize=100",
            "page of 100, deep": f"{many}?pageSize=100&nextPageToken={deep}",
            "filter by two properties": f"{many}?pageSize=20&filterQuery=" + quote("team = 'team-7' AND accuracy > 0.5"),
            "filter by two texts": f"{many}?pageSize=20&filterQuery=" + quote("team = 'team-7' AND framework = 'onnx'"),
            "search": f"/api/v1/search?q=model+{number}"}


def reads(server, models, label, connections=(1, 16)):
    paths, out = read_paths(server, models), {}
    for clients in connections:
        out["healthz", clients] = rate(server, "/healthz", clients)
        for what, path in paths.items():
            out[what, clients] = rate(server, path, clients)
            print(f"{label}: {what}, {clients} client(s): {out[what, clients]:.0f} a second, /healthz {out['healthz', clients]:.0f}", flush=True)
    return out


def deep_token(server, pages):
    token = ""
    for _ in range(pages):
        page = json.load(urllib.request.urlopen(f"{server.url}{KUBEFLOW}/registered_models?pageSize=100" + (f"&nextPageToken={token}" if token else "")))
        token = page["nextPageToken"] or token
    return token


def wait_for_search(server, name, seconds=300):
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        found = json.load(urllib.request.urlopen(f"{server.url}/api/v1/search?q={name.replace('-', '+')}"))["hits"]
        if any(hit["title"] == name for hit in found):  # others are found for a word that is not there yet
            return time.perf_counter() - begin
        time.sleep(0.2)
    return float("inf")


def metadata(i):
    """The properties of a model as the Kubeflow contract writes them."""
    kinds = {str: ("String", "string", str), bool: ("Bool", "bool", bool), float: ("Double", "double", float), int: ("Int", "int", str)}
    out = {}
    for name, value in properties(i).items():
        kind, field, shape = kinds[type(value)]
        out[name] = {"metadataType": f"Metadata{kind}Value", f"{field}_value": shape(value)}
    return out


def writes(server, label, connections=(1, 16)):
    """Items a second through the Kubeflow door; each client writes versions of its own model, and points of its own run."""
    connection = http.client.HTTPConnection(server.host, int(server.port), timeout=60)
    experiment = send(connection, "POST", f"{KUBEFLOW}/experiments", {"name": "bench"})["id"]
    runs = [int(send(connection, "POST", f"{KUBEFLOW}/experiment_runs", {"experimentId": experiment, "name": f"run-{i}"})["id"]) for i in range(max(connections))]
    if runs != list(range(1, max(connections) + 1)):
        sys.exit(f"runs are {runs}")
    out = {}
    for clients in connections:
        items = {"create": [(f"{KUBEFLOW}/registered_models", {"name": f"single-{clients}-%n", "description": "the model number %n", "customProperties": metadata(7)})],
                 "version with artifact": [(f"{KUBEFLOW}/model_versions", {"name": f"v{clients}-%n", "registeredModelId": "%c"}),
                                           (f"{KUBEFLOW}/model_versions/%id/artifacts", {"artifactType": "model-artifact", "name": "weights", "uri": "s3://bucket/%n"})],
                 "metric point": [(f"{KUBEFLOW}/experiment_runs/%c/artifacts", {"artifactType": "metric", "name": "loss", "value": 0.5, "timestamp": "%n"})]}
        for what, requests in items.items():
            out[what, clients] = common.post_load(server, clients, 1_000_000, 2, *requests)
            print(f"{label}: {what}, {clients} client(s): {out[what, clients]:.0f} a second", flush=True)
    return out


def beside_plain(work, database, figures, models, label):
    """Each read's time beside that of /healthz and the same statement together."""
    for what, sql in yardsticks.statements(models).items():
        for clients in (1, 16):
            if database:
                plain = yardsticks.plain_postgres(work, database, sql, models, clients)
            else:
                plain = yardsticks.plain_sqlite(work, str(Path(work) / "compare/souk.db"), sql, 3000 if "page" not in what and "filter" not in what else 300)
            own, health = figures[what, clients], figures["healthz", clients]
            common.report(f"{label}: {what}, {clients} client(s): time / (/healthz + plain SQL)", (1 / own) / (1 / health + 1 / plain), 1.4,
                          f"{own:.0f} a second, /healthz {health:.0f}, plain SQL {plain:.0f}", at_most=True)


def beside_plain_create(figures, plain, label):
    """`plain`: creates a second by plain SQL, by clients."""
    for clients, theirs in plain.items():
        own, health = figures["create", clients], figures["healthz", clients]
        common.report(f"{label}: create, {clients} client(s): time / (/healthz + plain SQL)", (1 / own) / (1 / health + 1 / theirs), 1.4,
                      f"{own:.0f} a second, /healthz {health:.0f}, plain SQL {theirs:.0f}", at_most=True)


def compare(work, models):
    """Beside MLflow's server with as many models, both on SQLite."""
    with yardsticks.Mlflow(work, models) as mlflow:
        theirs = {(what, clients): rate(mlflow, path, clients) for what, path in mlflow.paths().items() for clients in (1, 16)}
        theirs["create", 1], theirs["create", 16] = (mlflow.create_rate(clients) for clients in (1, 16))
    label = f"SQLite, {models} models"
    with common.Server(str(Path(work) / "compare")) as server:
        load_models(server, models)
        wait_for_search(server, f"model-{models - 1}")
        figures = reads(server, models, label)
        figures |= writes(server, label)
    for (what, clients), rate_ in theirs.items():
        common.report(f"{label}: {what}, {clients} client(s) / MLflow's", figures[what, clients] / rate_, 10, f"{figures[what, clients]:.0f} against {rate_:.0f} a second")
    beside_plain(work, None, figures, models, label)
    database = str(Path(work) / "compare/souk.db")
    beside_plain_create(figures, {clients: yardsticks.create_sqlite(database, clients) for clients in (1, 16)}, label)


def compare_postgres(work, models):
    """The same on PostgreSQL, whose commits are durable, beside what Kubeflow's own server did elsewhere."""
    postgres = Postgres("--fsync")
    try:
        database = postgres.database()
        label = f"PostgreSQL, {models} models"
        with common.Server(str(Path(work) / "compare-postgres"), more=["--database", database]) as server:
            load_models(server, models)
            wait_for_search(server, f"model-{models - 1}")
            postgres.sql("ANALYZE", url=database)  # as autovacuum does within a minute
            figures = reads(server, models, label)
            figures |= writes(server, label)
        beside_plain(work, database, figures, models, label)
        beside_plain_create(figures, {clients: yardsticks.create_postgres(database, clients) for clients in (1, 16)}, label)
    finally:
        postgres.close()
    for what, rates in THEIRS.items():
        for clients, rate_ in zip((1, 16), rates):
            common.report(f"{label}: {what}, {clients} client(s) / Kubeflow's server", figures[what, clients] / rate_, 10, f"{figures[what, clients]:.0f} against {rate_} a second")


def loaded(work, size, database):
    """A folder with so many models, loaded unless they are there from another go."""
    folder = Path(work) / (f"size-{size}" + ("-postgres" if database else ""))
    more = ["--database", database] if database else []
    if not folder.exists():
        with common.Server(str(folder), more=more, pin=False) as server:
            speed = load_models(server, size)
            common.report(f"bulk load of {size} models with five properties, a second", speed, 20_000, "batches of 5000, four connections, durable")
            print(f"{size} models: the search index was there {wait_for_search(server, f'model-{size - 1}'):.1f} s after the load", flush=True)
    return common.Server(str(folder), more=more)


def at_size(work, models, postgres=None):
    """A server of 10,000 and one of many models run side by side and are asked in turn, so that both have the same machine."""
    sizes = (10_000, models)
    small, large = (loaded(work, size, postgres.database() if postgres else None) for size in sizes)
    with small, large:
        servers = {10_000: small, models: large}
        paths = {size: read_paths(server, size) for size, server in servers.items()}
        taken = {}
        for what in paths[models]:
            rates = {size: [] for size in sizes}
            for _ in range(5):
                for size, server in servers.items():
                    rates[size].append(rate(server, paths[size][what], 1, 1))
            taken[what] = {size: 1000 / statistics.median(rates[size]) for size in sizes}
            print(f"{what}: {taken[what][10_000]:.3f} ms of 10000 models, {taken[what][models]:.3f} ms of {models}", flush=True)
    for what, limit in (("get", 1.3), ("filter by two properties", 2), ("filter by two texts", 2), ("search", 3)):
        common.report(f"{what}: time at {models} / time at 10000, 1 client", taken[what][models] / taken[what][10_000], limit, "", at_most=True)
    common.report("deep page: time / first page's", taken["page of 100, deep"][models] / taken["page of 100"][models], 1.2, "", at_most=True)


def metrics(work, points):
    with common.Server(str(Path(work) / "metrics")) as server:
        connection = http.client.HTTPConnection(server.host, int(server.port), timeout=600)
        send(connection, "POST", "/api/v1/namespaces/default/experiments", {"name": "bench", "slug": "bench"})
        run = send(connection, "POST", "/api/v1/namespaces/default/experiments/bench/runs", {})
        where = f"/api/v1/namespaces/default/experiments/bench/runs/{run['id']}"
        bodies = [json.dumps({"metrics": [{"name": "loss", "value": 1 / (i + 1), "step": i} for i in range(at, at + 1000)]}).encode()
                  for at in range(0, points, 1000)]
        begin = time.perf_counter()
        for body in bodies:
            connection.request("POST", where + ":log", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 204:
                sys.exit(f"log: {answer.status}")
        common.report("metric points a second, batches of 1000, 1 client", points / (time.perf_counter() - begin), 100_000, "durable")
        taken = []
        for _ in range(9):
            begin = time.perf_counter()
            curve = send(connection, "GET", where + "/metrics?points=2000&names=loss")["metrics"][0]
            taken.append((time.perf_counter() - begin) * 1000)
        if curve["points"] != points:
            sys.exit(f"{curve['points']} points, not {points}")
        common.report(f"{points} points downsampled to 2000, ms", statistics.median(taken), 50, f"{len(curve['values'])} points", at_most=True)
        single = []
        for _ in range(3):
            begin = time.perf_counter()
            for i in range(500):
                send(connection, "POST", where + ":log", {"metrics": [{"name": "single", "value": i, "step": i}]})
            single.append(500 / (time.perf_counter() - begin))
        print(f"one metric point a request, 1 client: {statistics.median(single):.0f} a second (Kubeflow's server: 163)", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=int, default=1_000_000)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--parts", default="metrics,compare,postgres,size")
    parser.add_argument("--folder", help="kept, with what was loaded: another go of `size` loads nothing")
    options = parser.parse_args(arguments)
    parts = options.parts.split(",")
    with tempfile.TemporaryDirectory(prefix="souk-bench.") as temporary:
        work = options.folder or temporary
        if "metrics" in parts:
            metrics(work, options.points)
        if "compare" in parts:
            compare(work, min(options.models, 10_000))
        if "postgres" in parts:
            compare_postgres(work, min(options.models, 10_000))
        if "size" in parts:
            at_size(work, options.models)
        if "size-postgres" in parts:
            with contextlib.closing(Postgres("--fsync")) as postgres:
                at_size(work, options.models, postgres)
    print(f"\n{len(common.MISSED)} missed" + (": " + "; ".join(common.MISSED) if common.MISSED else ""))


main()
