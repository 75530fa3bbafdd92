# SPDX-License-Identifier: Apache-2.0
"""What the registry is measured against: the same statements by plain SQL on the same database, and MLflow's server from PyPI."""
import http.client
import json
import re
import socket
import sqlite3
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import run as common

ROOT = Path(__file__).resolve().parents[2]
PGBENCH = Path("/usr/lib/postgresql/15/bin/pgbench")
MLFLOW = "3.17.2"

COLUMNS = ", ".join("m." + name for name in "id uid namespace_id slug name description owner state external_id maturity provider license license_link library_name "
                    "language tasks tags custom_properties create_time update_time revision".split())


def statements(models):
    """What is read by each: `:n` is another number each time."""
    has = ("EXISTS (SELECT 1 FROM model_properties p WHERE p.owner_id = m.id AND p.field = 'custom_properties' AND p.name = '{}' AND {})")
    # Starts from the index of the first property, as souk does.
    start = f"SELECT {COLUMNS} FROM model_properties p CROSS JOIN registered_models m WHERE m.namespace_id = 1 AND p.owner_id = m.id AND p.field = 'custom_properties' AND p.name = 'team' AND length(p.string_value) <= 200 AND p.string_value = 'team-7' AND "
    return {"get": f"SELECT {COLUMNS} FROM registered_models m WHERE m.id = :n;",
            "find by name": f"SELECT {COLUMNS} FROM registered_models m WHERE m.namespace_id = 1 AND m.name = 'model-' || :n;",
            "page of 100": f"SELECT {COLUMNS} FROM registered_models m WHERE m.namespace_id = 1 ORDER BY m.id LIMIT 101;",
            "page of 100, deep": f"SELECT {COLUMNS} FROM registered_models m WHERE m.namespace_id = 1 AND m.id > {models // 2} ORDER BY m.id LIMIT 101;",
            "filter by two properties": start + has.format("accuracy", "(p.int_value > 0 OR p.double_value > 0.5)") + " ORDER BY p.owner_id LIMIT 21;",
            "filter by two texts": start + has.format("framework", "p.string_value = 'onnx'") + " ORDER BY p.owner_id LIMIT 21;"}


def plain_sqlite(work, database, sql, count):
    """Statements a second, on core 0, where the server ran."""
    file = Path(work) / "statement.sql"
    file.write_text(sql)
    return run_sqlite(database, file, count, 1)


def create_sqlite(database, clients):
    """Models with five properties a second by the statements that souk writes, those of so many clients in each transaction."""
    file = Path(__file__).with_name("create_model_sqlite.sql")
    return run_sqlite(database, file, 4000 * clients, clients)


def run_sqlite(database, file, items, group):
    out = subprocess.run(["taskset", "-c", "0", ROOT / "build/release/bench/plain_sqlite", database, file, str(items), str(group)],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)["per_second"]


def plain_postgres(work, url, sql, models, clients, seconds=2):
    file = Path(work) / "statement.sql"
    file.write_text(f"\\set n random(1, {models - 1})\n" + sql.replace("'model-' || :n", "'model-' || CAST(:n AS TEXT)") + "\n")
    return pgbench(file, url, clients, seconds)


def create_postgres(url, clients, seconds=2):
    """Models with five properties a second, each a transaction of the statements that souk writes."""
    return pgbench(Path(__file__).with_name("create_model_postgres.sql"), url, clients, seconds)


def pgbench(file, url, clients, seconds):
    out = subprocess.run(["taskset", "-c", "0", PGBENCH, "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds), "-f", file, url],
                         check=True, capture_output=True, text=True).stdout
    return float(re.search(r"^tps = ([\d.]+)", out, re.M).group(1))


class Mlflow:
    """`mlflow server` on SQLite on core 0, with so many models of five tags each; after the first, rows of its tables are copied, for it makes
    about 20 a second itself."""

    def __init__(self, work, models):
        self.work, self.models = Path(work), models

    def __enter__(self):
        venv = ROOT / "build/venv-mlflow"
        if not (venv / "bin/mlflow").exists():
            subprocess.run(["python3", "-m", "venv", venv], check=True)
            subprocess.run([venv / "bin/pip", "install", "-q", "--disable-pip-version-check", f"mlflow=={MLFLOW}"], check=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.host, self.url = "127.0.0.1", f"http://127.0.0.1:{self.port}"
        self.log = open(self.work / "mlflow.log", "wb")
        self.process = subprocess.Popen(["taskset", "-c", "0", venv / "bin/mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
                                         "--backend-store-uri", f"sqlite:///{self.work}/mlflow.db", "--default-artifact-root", self.work / "mlflow-artifacts"],
                                        stdout=self.log, stderr=self.log, cwd=self.work)
        end = time.monotonic() + 180
        while time.monotonic() < end:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.5)
        self.fill()
        return self

    def fill(self):
        body = {"name": "first", "description": "the model number 0", "tags": [{"key": "team", "value": "team-0"}]}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", "/api/2.0/mlflow/registered-models/create", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        database = sqlite3.connect(self.work / "mlflow.db", timeout=60)
        database.execute(f"CREATE TEMP TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {self.models - 1}) SELECT i FROM n")
        self.copy(database, "registered_models", {"name": "'model-' || i", "description": "'the model number ' || i"})
        for key, value in {"team": "'team-' || (i % 50)", "framework": "CASE i % 3 WHEN 0 THEN 'pytorch' WHEN 1 THEN 'onnx' ELSE 'jax' END",
                           "accuracy": "CAST((i % 1000) / 1000.0 AS TEXT)", "epochs": "CAST(i % 100 AS TEXT)", "good": "CASE i % 2 WHEN 1 THEN 'True' ELSE 'False' END"}.items():
            self.copy(database, "registered_model_tags", {"name": "'model-' || i", "key": f"'{key}'", "value": value})
        database.execute("DELETE FROM registered_model_tags WHERE name = 'first'")
        database.execute("DELETE FROM registered_models WHERE name = 'first'")
        database.commit()
        database.close()

    @staticmethod
    def copy(database, table, change):
        """For each number the row called `first`, with some columns changed."""
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        database.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(change.get(c, 't.' + c) for c in columns)} FROM numbers, {table} t WHERE t.name = 'first'")

    def create_rate(self, clients, seconds=4):
        """Models of five tags created a second."""
        tags = {"team": "team-7", "framework": "onnx", "accuracy": "0.7", "epochs": "7", "good": "True"}
        body = {"name": f"single-{clients}-%n", "description": "the model number %n", "tags": [{"key": k, "value": v} for k, v in tags.items()]}
        return common.post_load(self, clients, 1_000_000, seconds, ("/api/2.0/mlflow/registered-models/create", body))

    def paths(self):
        where = "/api/2.0/mlflow/registered-models"
        two = "tags.team = 'team-7' and tags.framework = 'onnx'"
        return {"get": f"{where}/get?name=model-{self.models - 1}", "find by name": f"{where}/get?name=model-{self.models - 1}",
                "page of 100": f"{where}/search?max_results=100", "filter by two texts": f"{where}/search?" + urlencode({"filter": two, "max_results": 20}, quote_via=quote)}

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()
