#!/usr/bin/env python3
"""The registry at size, through the Kubeflow door and /api/v1, beside /healthz, plain SQL and MLflow's server in the same run.

usage: bench/registry/run.py [--models N] [--points N] [--parts metrics,compare,size]. The server runs on core 0, the load on core 1.
"""
import argparse
import http.client
import json
import statistics
import sys
import tempfile
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
THEIRS = {"get": (2760, 1573), "page of 100": (93, 167), "filter by two properties": (70, 134), "create": (408, 618)}


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
    """Registers models in batches of 1000; returns models a second."""
    connection = http.client.HTTPConnection(server.host, int(server.port), timeout=600)
    batches = []
    for at in range(0, count, 1000):
        batches.append(json.dumps({"models": [{"name": f"model-{i}", "description": f"the model number {i}", "custom_properties": properties(i)}
                                              for i in range(at, min(at + 1000, count))]}).encode())
    begin = time.perf_counter()
    for batch in batches:
        connection.request("POST", "/api/v1/namespaces/default/models:batch", batch, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        if answer.status != 201:
            sys.exit(f"batch: {answer.status} {data[:300]}")
    return count / (time.perf_counter() - begin)


def rate(server, path, connections, count):
    return statistics.median(common.h2load(server.url + path, connections, count)[0] for _ in range(3))


def reads(server, models, label):
    last = json.load(urllib.request.urlopen(f"{server.url}{KUBEFLOW}/registered_models?pageSize=1&orderBy=ID&sortOrder=DESC"))["items"][0]
    deep = deep_token(server, min(models // 100 - 1, 100))
    two = quote("team = 'team-7' AND accuracy > 0.5")
    paths = {"get": f"{KUBEFLOW}/registered_models/{last['id']}",
             "find by name": f"{KUBEFLOW}/registered_model?name={last['name']}",
             "page of 100": f"{KUBEFLOW}/registered_models?pageSize=100",
             "page of 100, deep": f"{KUBEFLOW}/registered_models?pageSize=100&nextPageToken={deep}",
             "filter by two properties": f"{KUBEFLOW}/registered_models?pageSize=20&filterQuery={two}",
             "search": f"/api/v1/search?q=model+{last['name'].split('-')[1]}"}
    out = {}
    for connections in (1, 16):
        health = rate(server, "/healthz", connections, 10_000 if connections > 1 else 3_000)
        for what, path in paths.items():
            count = 2_000 if what in ("get", "find by name") else 200
            out[what, connections] = rate(server, path, connections, count)
            theirs = THEIRS.get(what)
            detail = f"{out[what, connections]:.0f} a second, /healthz {health:.0f}"
            if theirs:
                common.report(f"{label}: {what}, {connections} client(s) / Kubeflow's server", out[what, connections] / theirs[connections > 1], 10, detail)
            else:
                print(f"{label}: {what}, {connections} client(s): {detail}", flush=True)
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
        if json.load(urllib.request.urlopen(f"{server.url}/api/v1/search?q={name.replace('-', '+')}"))["hits"]:
            return time.perf_counter() - begin
        time.sleep(0.2)
    return float("inf")


def create_rate(server, count=300):
    """Models of five properties created one by one through the Kubeflow door, one client, a second."""
    connection = http.client.HTTPConnection(server.host, int(server.port), timeout=60)
    kinds = {str: ("String", "string", str), bool: ("Bool", "bool", bool), float: ("Double", "double", float), int: ("Int", "int", str)}
    bodies = []
    for i in range(count):
        metadata = {}
        for name, value in properties(i).items():
            kind, field, shape = kinds[type(value)]
            metadata[name] = {"metadataType": f"Metadata{kind}Value", f"{field}_value": shape(value)}
        bodies.append({"name": f"single-{i}", "description": f"the model number {i}", "customProperties": metadata})
    begin = time.perf_counter()
    for body in bodies:
        send(connection, "POST", f"{KUBEFLOW}/registered_models", body)
    return count / (time.perf_counter() - begin)


def compare(work, models, mlflow_models):
    """Each read beside the same statements and /healthz (time), and beside MLflow's (rate), on both databases."""
    with yardsticks.Mlflow(work, mlflow_models) as mlflow:
        theirs = {(what, clients): rate(mlflow, path, clients, 60) for what, path in mlflow.paths().items() for clients in (1, 16)}
    print(f"MLflow with {mlflow_models} models on SQLite: create {mlflow.created:.0f} a second; "
          + "; ".join(f"{what}, {clients} client(s) {value:.0f}" for (what, clients), value in theirs.items()), flush=True)
    for kind in ("sqlite", "postgresql"):
        postgres = Postgres() if kind == "postgresql" else None
        try:
            database = postgres.database() if postgres else None
            with common.Server(str(Path(work) / f"compare-{kind}"), more=["--database", database] if database else []) as server:
                load_models(server, models)
                wait_for_search(server, f"model-{models - 1}")
                label = f"{kind}, {models} models"
                figures, health = reads(server, models, label), {}
                for clients in (1, 16):
                    health[clients] = rate(server, "/healthz", clients, 5_000)
                made = create_rate(server)
            common.report(f"{label}: create, 1 client / MLflow's", made / mlflow.created, 10, f"{made:.0f} a second")
            for what, sql in yardsticks.statements(models).items():
                for clients in (1, 16):
                    if postgres:
                        plain = yardsticks.plain_postgres(work, database, sql, models, clients)
                    else:
                        plain = yardsticks.plain_sqlite(work, str(Path(work) / "compare-sqlite/souk.db"), sql, 3000 if "page" not in what and "filter" not in what else 300)
                    own = figures[what, clients]
                    common.report(f"{label}: {what}, {clients} client(s): time / (/healthz + plain SQL)", (1 / own) / (1 / health[clients] + 1 / plain), 1.4,
                                  f"{own:.0f} a second, /healthz {health[clients]:.0f}, plain SQL {plain:.0f}", at_most=True)
                    if (what, clients) in theirs:
                        common.report(f"{label}: {what}, {clients} client(s) / MLflow's", own / theirs[what, clients], 10, f"{own:.0f} against {theirs[what, clients]:.0f} a second")
        finally:
            if postgres:
                postgres.close()


def at_size(work, models):
    figures = {}
    for size in (10_000, models):
        with common.Server(str(Path(work) / f"size-{size}")) as server:
            speed = load_models(server, size)
            if size == models:
                common.report(f"bulk load of {size} models with five properties, a second", speed, 20_000, "batches of 1000, one connection, durable")
            lag = wait_for_search(server, f"model-{size - 1}")
            print(f"{size} models: the search index was there {lag:.1f} s after the load", flush=True)
            figures[size] = reads(server, size, f"{size} models")
    small, large = figures[10_000], figures[models]
    for what, limit in (("get", 1.3), ("filter by two properties", 2), ("search", 3)):
        common.report(f"{what}: time at {models} / time at 10000, 1 client", small[what, 1] / large[what, 1], limit, "", at_most=True)
    common.report("deep page: time / first page's", large["page of 100", 1] / large["page of 100, deep", 1], 1.2, "", at_most=True)


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
    parser.add_argument("--parts", default="metrics,compare,size")
    options = parser.parse_args(arguments)
    parts = options.parts.split(",")
    with tempfile.TemporaryDirectory(prefix="souk-bench.") as work:
        if "metrics" in parts:
            metrics(work, options.points)
        if "compare" in parts:
            compare(work, min(options.models, 10_000), min(options.models, 500))
        if "size" in parts:
            at_size(work, options.models)
    print(f"\n{len(common.MISSED)} missed" + (": " + "; ".join(common.MISSED) if common.MISSED else ""))


main()
