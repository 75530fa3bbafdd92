# SPDX-License-Identifier: Apache-2.0
"""What the registry is measured against: the same statements by plain SQL on the same database, and MLflow's server from PyPI."""
import http.client
import json
import re
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[2]
PGBENCH = Path("/usr/lib/postgresql/15/bin/pgbench")
MLFLOW = "3.17.2"

COLUMNS = ("id, uid, namespace_id, slug, name, description, '', owner, state, external_id, maturity, provider, '', license, license_link, "
           "library_name, language, tasks, tags, custom_properties, create_time, update_time, revision")


def statements(models):
    """What is read by each: `:n` is another number each time."""
    has = ("EXISTS (SELECT 1 FROM model_properties p WHERE p.owner_id = m.id AND p.field = 'custom_properties' AND p.name = '{}' AND {})")
    both = has.format("team", "p.string_value = 'team-7'") + " AND " + has.format("accuracy", "(p.int_value > 0.5 OR p.double_value > 0.5)")
    return {"get": f"SELECT {COLUMNS} FROM registered_models m WHERE m.id = :n;",
            "find by name": f"SELECT {COLUMNS} FROM registered_models m WHERE m.namespace_id = 1 AND m.name = 'model-' || :n;",
            "page of 100": f"SELECT {COLUMNS} FROM registered_models m WHERE m.namespace_id = 1 ORDER BY m.id LIMIT 101;",
            "page of 100, deep": f"SELECT {COLUMNS} FROM registered_models m WHERE m.namespace_id = 1 AND m.id > {models // 2} ORDER BY m.id LIMIT 101;",
            "filter by two properties": f"SELECT {COLUMNS} FROM registered_models m WHERE m.namespace_id = 1 AND {both} ORDER BY m.id LIMIT 21;"}


def plain_sqlite(work, database, sql, count):
    """Statements a second, on core 0, where the server ran."""
    file = Path(work) / "statement.sql"
    file.write_text(sql)
    out = subprocess.run(["taskset", "-c", "0", ROOT / "build/release/bench/plain_sqlite", database, file, str(count), "1"],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)["per_second"]


def plain_postgres(work, url, sql, models, clients, seconds=2):
    file = Path(work) / "statement.sql"
    file.write_text(f"\\set n random(1, {models - 1})\n" + sql.replace("'model-' || :n", "'model-' || CAST(:n AS TEXT)") + "\n")
    out = subprocess.run(["taskset", "-c", "0", PGBENCH, "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds), "-f", file, url],
                         check=True, capture_output=True, text=True).stdout
    return float(re.search(r"^tps = ([\d.]+)", out, re.M).group(1))


class Mlflow:
    """`mlflow server` on SQLite on core 0, with so many models of five tags each."""

    def __init__(self, work, models):
        self.work, self.models = Path(work), models

    def __enter__(self):
        venv = ROOT / "build/venv-mlflow"
        if not (venv / "bin/mlflow").exists():
            subprocess.run(["python3", "-m", "venv", venv], check=True)
            subprocess.run([venv / "bin/pip", "install", "-q", "--disable-pip-version-check", f"mlflow=={MLFLOW}"], check=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
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
        self.created = self.fill()
        return self

    def fill(self):
        """Models created a second, one client."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        begin = time.perf_counter()
        for i in range(self.models):
            tags = {"team": f"team-{i % 50}", "framework": ("pytorch", "onnx", "jax")[i % 3], "accuracy": (i % 1000) / 1000, "epochs": i % 100, "good": bool(i % 2)}
            body = {"name": f"model-{i}", "description": f"the model number {i}", "tags": [{"key": k, "value": str(v)} for k, v in tags.items()]}
            connection.request("POST", "/api/2.0/mlflow/registered-models/create", json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
            assert answer.status == 200, data[:300]
        return self.models / (time.perf_counter() - begin)

    def paths(self):
        where = "/api/2.0/mlflow/registered-models"
        two = "tags.team = 'team-7' and tags.framework = 'onnx'"
        return {"get": f"{where}/get?name=model-{self.models - 1}", "find by name": f"{where}/get?name=model-{self.models - 1}",
                "page of 100": f"{where}/search?max_results=100", "filter by two properties": f"{where}/search?" + urlencode({"filter": two, "max_results": 20}, quote_via=quote)}

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()
