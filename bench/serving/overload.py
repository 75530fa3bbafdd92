"""Three times more than a model can answer: what still is, and how soon. The model computes for some 2 ms and nothing is joined.

The server runs on core 0 and computes there; h2load on core 1 sends at a fixed rate, whatever is answered.
"""
import json
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

STEPS = 3000
CLIENTS = 600  # so many wait at most: more than are let in


def load(bench, url, body, *how):
    """Good answers a second, and their durations in ms."""
    with tempfile.NamedTemporaryFile("r") as log:
        out = subprocess.run(["taskset", "-c", "1", "h2load", "--h1", "-t", "1", "-d", body, "-H", "content-type: application/json",
                              f"--log-file={log.name}", *map(str, how), url], check=True, capture_output=True, text=True).stdout
        rows = [line.split("\t") for line in log]
    good = [(int(begun), int(took) / 1000) for begun, status, took in rows if status == "200"]
    seconds = (max(b for b, _ in good) - min(b for b, _ in good)) / 1e6
    codes = re.search(r"status codes: .*", out).group(0)
    return len(good) / seconds, sorted(took for _, took in good), codes


def bench(bench, work):
    model = Path(work) / "loop"
    model.mkdir()
    (model / "model.onnx").write_bytes((bench.ROOT / "src/runtimes/testdata/loop.onnx").read_bytes())
    sample = {"inputs": [{"name": "times", "shape": [1], "data": [STEPS]}, {"name": "x", "shape": [1], "data": [0]}]}
    (model / "souk.yaml").write_text("warm_up:\n  - " + json.dumps(sample) + "\n")
    request = {"inputs": [{"name": "times", "datatype": "INT64", "shape": [1], "data": [STEPS]}, {"name": "x", "datatype": "FP32", "shape": [1], "data": [0]}]}
    body = Path(work) / "loop.json"
    body.write_text(json.dumps(request))
    with bench.Server(str(Path(work) / "overload")) as server:
        server.cli("model", "push", str(model), "default/loop:1", "--quiet")
        server.cli("deploy", "default/loop:1", "--quiet")
        url = f"{server.url}/v2/models/loop/infer"
        peak = max(statistics.median(load(bench, url, body, "-c", c, "-n", 1500)[0] for _ in range(3)) for c in (2, 8))
        runs = [load(bench, url, body, "-c", CLIENTS, "-D", 8, "--rps", max(1, round(3 * peak / CLIENTS))) for _ in range(3)]
        rate = statistics.median(run[0] for run in runs)
        p99 = statistics.median(took[int(len(took) * 0.99)] for _, took, _ in runs)
    bench.report("overload: good answers at three times the capacity / peak", rate / peak, 0.9, f"{rate:.0f} / {peak:.0f} a second; {runs[-1][2]}")
    bench.report("overload: p99 of good answers / serving.queue_wait", p99 / 1000, 1.5, f"{p99:.0f} ms", at_most=True)
