# SPDX-License-Identifier: Apache-2.0
"""Access at size: 10,000 users, 1,000 teams, 1,000,000 grants, 1,000,000 models. Used by run.py."""
import hashlib
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

USERS, TEAMS, GRANTS, MODELS = 10_000, 1_000, 1_000_000, 1_000_000
PASSWORD = "correct horse battery"


class Guarded:
    """`souk serve` without --dev on core 0."""

    def __init__(self, souk, data, *settings, pin=True):
        self.command = (["taskset", "-c", "0"] if pin else []) + [str(souk), "serve", "--data", str(data), "--listen", "127.0.0.1:0", "--log-level", "warn", *settings]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def send(self, method, path, key=None, body=None):
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        request = urllib.request.Request(self.url + path, json.dumps(body).encode() if body is not None else None, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def key_of(n):
    return "souk_" + hashlib.sha256(f"bench {n}".encode()).hexdigest()[:40]


def fill(souk, data):
    """A database of that size, by bulk statements; the folder's admin key is read from its file."""
    with Guarded(souk, data):
        pass
    database = sqlite3.connect(data / "souk.db")
    database.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;")

    def series(count, insert):
        database.execute(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) {insert}")

    first = database.execute("SELECT MAX(id) FROM principals").fetchone()[0]
    spaces = database.execute("SELECT MAX(id) FROM namespaces").fetchone()[0]
    for kind, count, name, offset in (("USER", USERS, "user-", 0), ("TEAM", TEAMS, "team-", USERS)):
        series(count, f"INSERT INTO principals (id, name, kind, default_namespace, create_time) SELECT {first + offset} + i, '{name}' || i, '{kind}', '{name}' || i, 0 FROM n")
        series(count, f"INSERT INTO namespaces (id, uid, slug, name, description, create_time, owner_id) SELECT {spaces + offset} + i, '{name}' || i, '{name}' || i, '{name}' || i, '', 0, {first + offset} + i FROM n")
    series(3 * USERS, f"INSERT OR IGNORE INTO team_members (team_id, member_id, role, create_time) SELECT {first + USERS} + 1 + (i * 7919) % {TEAMS}, {first} + 1 + i % {USERS}, 'WRITER', 0 FROM n")
    series(MODELS, "INSERT INTO registered_models (id, uid, namespace_id, slug, name, description, readme, owner, state, tags, custom_properties, create_time, update_time, revision, last_number) "
           f"SELECT i, 'm' || i, 1 + (i * 4243) % {USERS + TEAMS}, 'm' || i, 'm' || i, '', '', '', 'LIVE', '{{}}', '{{}}', i, (i * 7919) % 100000000, 1, 0 FROM n")
    # A tenth on namespaces, the rest on models; a third to teams.
    series(GRANTS, "INSERT OR IGNORE INTO grants (principal_id, namespace_id, kind, object_id, role, create_time) "
           f"SELECT {first} + 1 + CASE WHEN i % 3 = 0 THEN {USERS} + (i * 31) % {TEAMS} ELSE (i * 17) % {USERS} END, 1 + (((i * 13) % {MODELS} + 1) * 4243) % {USERS + TEAMS}, "
           f"CASE WHEN i % 10 = 0 THEN NULL ELSE 'MODEL' END, CASE WHEN i % 10 = 0 THEN 0 ELSE (i * 13) % {MODELS} + 1 END, 'READER', 0 FROM n")
    for n in range(1, USERS + 1):
        digest = "sha256:" + hashlib.sha256(key_of(n).encode()).hexdigest()
        database.execute("INSERT INTO api_keys (hash, name, prefix, principal_id, create_time) VALUES (?, 'bench', 'souk_bench', ?, 0)", (digest, first + n))
    counts = {table: database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in ("grants", "registered_models", "team_members")}
    # One who sees every other model.
    half = database.execute("INSERT INTO principals (name, kind, default_namespace, create_time) VALUES ('half', 'USER', 'default', 0) RETURNING id").fetchone()[0]
    database.execute(f"INSERT INTO grants (principal_id, namespace_id, kind, object_id, role, create_time) SELECT {half}, id, NULL, 0, 'READER', 0 FROM namespaces WHERE id % 2 = 0")
    database.execute("INSERT INTO api_keys (hash, name, prefix, principal_id, create_time) VALUES (?, 'bench', 'souk_bench', ?, 0)", ("sha256:" + hashlib.sha256(key_of(0).encode()).hexdigest(), half))
    database.commit()
    database.close()
    return counts


def bench_authentication(souk, program, data, h2load, report):
    keys = data.parent / "keys.txt"
    keys.write_text("".join(key_of(n) + "\n" for n in range(1, USERS + 1)))
    m = json.loads(subprocess.check_output(["taskset", "-c", "0", str(program), str(data / "souk.db"), str(keys)]))
    report("key authentication + authorization, µs of CPU", m["us"], 15, f"{m['keys']} keys at random; a first use {m['load_us']:.0f} µs", at_most=True)
    # The whole way: a route that asks for a key against one that asks for none, by the server's own CPU time.
    with Guarded(souk, data) as server:
        spent = {"/healthz": [], "/v2/": []}
        for _ in range(5):
            for path, times in spent.items():
                before = server.cpu_seconds()
                h2load(server.url + path, 16, 40_000, "-H", f"authorization: Bearer {key_of(7)}")
                times.append((server.cpu_seconds() - before) / 40_000 * 1e6)
        a, b = (statistics.median(times) for times in (spent["/v2/"], spent["/healthz"]))
        report("a request with a key over /healthz, µs of CPU", a - b, 15, f"{a:.1f} − {b:.1f}", at_most=True)


def bench_pages(souk, data, h2load, report):
    admin = (data / "admin.key").read_text().strip()
    path = "/api/v1/models?page_size=100"
    with Guarded(souk, data) as server:
        who = {"an ordinary user (~100 grants)": key_of(4242), "one who sees half": key_of(0)}
        p50 = {name: [] for name in ("admin", *who)}
        for _ in range(5):
            for name, key in (("admin", admin), *who.items()):
                p50[name].append(statistics.median(h2load(server.url + path, 1, 200, "-H", f"authorization: Bearer {key}")[1]))
        a = statistics.median(p50["admin"])
        for name in who:
            v = statistics.median(p50[name])
            report(f"page of 100 of 1,000,000 models: {name} / admin", v / a, 1.5, f"{v / 1000:.2f} / {a / 1000:.2f} ms", at_most=True)


def bench_sign_ins(souk, data, h2load, report):
    """50 sign-ins a second are asked for; what they cannot have they are told at once, and /healthz does not wait."""
    with Guarded(souk, data, "--access-sign-in-tries", "10000", pin=False) as server:
        admin = (data / "admin.key").read_text().strip()
        server.send("POST", "/api/v1/users", admin, {"name": "signer"})
        link = json.loads(server.send("POST", "/api/v1/users/signer:link", admin, {})[1])["link"]
        server.send("POST", "/api/v1/setup", None, {"token": link.split("#")[1], "password": PASSWORD})
        health = server.url + "/healthz"
        quiet = sorted(h2load(health, 1, 20_000)[1])[19_800]
        statuses, stop = [], threading.Event()

        def sign_in():
            statuses.append(server.send("POST", "/api/v1/session", None, {"name": "signer", "password": PASSWORD})[0])

        def drive():
            began = time.monotonic()
            for n in range(10_000):
                if stop.is_set():
                    return
                time.sleep(max(0, began + n / 50 - time.monotonic()))
                threading.Thread(target=sign_in, daemon=True).start()

        driver = threading.Thread(target=drive)
        driver.start()
        time.sleep(2)
        done, began = len(statuses), time.monotonic()
        busy = []
        while time.monotonic() - began < 8:
            busy += h2load(health, 1, 20_000)[1]
        rate = (len(statuses) - done) / (time.monotonic() - began)
        good = statuses.count(201) / max(1, len(statuses))
        stop.set()
        driver.join()
        p99 = sorted(busy)[len(busy) * 99 // 100]
        report("/healthz p99 during 50 sign-ins a second, ms", p99 / 1000, 5, f"quiet {quiet / 1000:.2f} ms; {rate:.0f} a second answered, {100 * good:.0f} % of them with a session", at_most=True)
