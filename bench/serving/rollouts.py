"""Roll-outs under constant load: how many requests fail, and what it costs the others.

The load is half of what the server answers at most, from h2load on the other core; latencies are those of single requests.
"""
import json
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

CONNECTIONS = 8
QUIET_SECONDS = 8
ROLL_OUTS, ROLL_BACKS = 50, 10
STEPS = [{"weight": 10, "duration_ms": 150}, {"weight": 50, "duration_ms": 150}]
HARMLESS = b"\x22\x01x"  # another version: the same model, other bytes


class Load:
    """h2load at a constant rate; then (when it began, how long it took) of each request in µs, and how many failed."""

    def __init__(self, url, body, rate, seconds):
        self.log = tempfile.NamedTemporaryFile("r")
        self.process = subprocess.Popen(
            ["taskset", "-c", "1", "h2load", "--h1", "-t", "1", "-c", str(CONNECTIONS), "-D", str(seconds), "--rps", str(max(rate // CONNECTIONS, 1)),
             f"--log-file={self.log.name}", *body, url], stdout=subprocess.PIPE, text=True)

    def result(self):
        out = self.process.communicate()[0]
        lines = [line.split("\t") for line in self.log]
        failed = [int(n) for n in re.search(r"(\d+) failed, (\d+) errored", out).groups()]
        return [(int(line[0]), int(line[2])) for line in lines], sum(failed) + sum(line[1] != "200" for line in lines)


def send(url, method, path, body=None):
    request = urllib.request.Request(url + path, json.dumps(body).encode() if body is not None else None, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def quantile(values, q):
    return sorted(values)[min(int(len(values) * q), len(values) - 1)]


def roll(url, version, strategy, wanted):
    send(url, "POST", "/api/v1/namespaces/default/deployments", {"reference": f"default/digits:{version}", "name": "digits", "strategy": strategy})
    end = time.monotonic() + 30
    while True:
        state = send(url, "GET", "/api/v1/namespaces/default/deployments/digits/rollouts/latest")
        if state["state"] in ("SUCCEEDED", "ROLLED_BACK", "ABORTED"):
            assert state["state"] == wanted, state
            return
        assert time.monotonic() < end, state
        time.sleep(0.02)


def bench(common, work):
    model = (common.SAMPLE / "digits.onnx").read_bytes()
    with common.Server(str(Path(work) / "rollouts"), more=("--serving-rollout-window", "100ms")) as server:
        server.deploy_sample()
        folder = Path(work) / "second"
        subprocess.run(["cp", "-r", str(common.SAMPLE), str(folder)], check=True)
        (folder / "digits.onnx").write_bytes(model + HARMLESS)
        server.cli("model", "push", str(folder), "default/digits:2", "--quiet")
        body = common.infer_body(server.url)
        url = f"{server.url}/v2/models/digits/infer"
        peak, _ = common.h2load(url, CONNECTIONS, 40_000, *body)
        rate = int(peak / 2)
        quiet, _ = Load(url, body, rate, QUIET_SECONDS).result()
        seconds = int((ROLL_OUTS + ROLL_BACKS) * (sum(s["duration_ms"] for s in STEPS) / 1000 + 0.6))
        load = Load(url, body, rate, seconds)
        good = {"kind": "CANARY", "steps": STEPS, "analysis": [{"kind": "ERROR_RATE", "at_most": 0}]}
        bad = good | {"steps": [{"weight": 50}], "analysis": [{"kind": "LATENCY_P50", "at_most": 0.000001}]}
        version = 1
        for i in range(ROLL_OUTS + ROLL_BACKS):
            back = i % 6 == 5
            roll(server.url, 3 - version, bad if back else good, "ROLLED_BACK" if back else "SUCCEEDED")
            version = version if back else 3 - version
        ended = time.time() * 1e6
        all_of_them, failed = load.result()
    busy = [took for start, took in all_of_them if start <= ended]
    p99, p99_quiet = quantile(busy, 0.99) / 1000, quantile([took for _, took in quiet], 0.99) / 1000
    detail = f"{len(busy)} requests at {rate}/s, half of {peak:.0f}"
    common.report(f"{ROLL_OUTS} roll-outs, {ROLL_BACKS} roll-backs: failed requests", failed, 0, detail, at_most=True)
    bound = max(1.5 * p99_quiet, p99_quiet + 2)
    common.report("p99 meanwhile, ms", p99, round(bound, 2), f"quiet {p99_quiet:.2f} ms", at_most=True)
