#!/usr/bin/env python3
"""Ratios of souk against yardsticks measured in the same run; `make bench` calls it.

The server runs on core 0, the load generator (h2load, nghttp2) on core 1; what is compared runs in turn, several rounds, and
medians are taken. Each line: what, figure, yardstick, ratio, target, met or missed.
"""
import argparse
import importlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOUK = ROOT / "build/release/souk"
BIN = ROOT / "build/release/bench"
SAMPLE = ROOT / "samples/digits"
ROUNDS = 5
MISSED = []


class Server:
    """One `souk serve --dev` on core 0 with a folder of its own."""

    def __init__(self, data, pin=True, more=()):
        self.data, self.pin, self.more = data, pin, more

    def __enter__(self):
        command = (["taskset", "-c", "0"] if self.pin else []) + [str(SOUK), "serve", "--dev", "--data", self.data, "--listen", "127.0.0.1:0",
                                                                  "--log-level", "warn", *self.more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.host, self.port = self.url.removeprefix("http://").split(":")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def cli(self, *arguments):
        subprocess.run([str(SOUK), *arguments], check=True, env={**os.environ, "SOUK_URL": self.url}, stdout=subprocess.DEVNULL)

    def status_kib(self, field):
        return int(re.search(rf"^{field}:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text(), re.M).group(1))

    def deploy_sample(self):
        self.cli("model", "push", str(SAMPLE), "default/digits:1", "--quiet")
        self.cli("deploy", "default/digits:1", "--name", "digits", "--quiet")


def report(what, value, target, detail, at_most=False):
    met = value <= target if at_most else value >= target
    if not met:
        MISSED.append(what)
    print(f"{what:<58} {value:>8.2f}  {'≤' if at_most else '≥'} {target:<6g} {'met   ' if met else 'MISSED'}  {detail}", flush=True)


def h2load(url, connections, count, *extra, http2=False):
    """Requests a second, and each request's duration in µs. Without a URL `extra` names a file of them."""
    with tempfile.NamedTemporaryFile("r") as log:
        out = subprocess.run(["taskset", "-c", "1", "h2load", *([] if http2 else ["--h1"]), "-t", "1", "-c", str(connections), "-n", str(count), f"--log-file={log.name}", *extra, *([url] if url else [])],
                             check=True, capture_output=True, text=True).stdout
        durations = [int(line.split("\t")[2]) for line in log]
    bad = re.search(r"(\d+) failed, (\d+) errored", out)
    ok = int(re.search(r"status codes: (\d+) 2xx", out).group(1))
    if bad.groups() != ("0", "0") or ok != count:
        sys.exit(f"load on {url} failed:\n{out}")
    return float(re.search(r"([\d.]+) req/s", out).group(1)), durations


def infer_body(url):
    """A binary OIP request for the sample (inference header, then the tensor), and its h2load arguments."""
    signature = json.load(urllib.request.urlopen(f"{url}/v2/models/digits"))["inputs"][0]
    shape = [1 if d < 0 else d for d in signature["shape"]]
    size = 4
    for d in shape:
        size *= d
    header = json.dumps({"inputs": [{"name": signature["name"], "datatype": "FP32", "shape": shape, "parameters": {"binary_data_size": size}}],
                         "parameters": {"binary_data_output": True}}).encode()
    body = tempfile.NamedTemporaryFile(delete=False)
    body.write(header + struct.pack("<f", 0.5) * (size // 4))
    body.close()
    return ["-d", body.name, "-H", "content-type: application/octet-stream", "-H", f"inference-header-content-length: {len(header)}"]


def bench_inference(server):
    infer, health = f"{server.url}/v2/models/digits/infer", f"{server.url}/healthz"
    body = infer_body(server.url)
    for connections, count in ((64, 60_000), (1, 8_000)):
        rates, p50 = {health: [], infer: []}, {health: [], infer: []}
        for _ in range(ROUNDS):
            for url, extra in ((health, []), (infer, body)):
                rate, durations = h2load(url, connections, count, *extra)
                rates[url].append(rate)
                p50[url].append(statistics.median(durations))
        a, b = statistics.median(rates[infer]), statistics.median(rates[health])
        if connections == 64:
            report("infer / healthz, requests a second, 64 connections", a / b, 0.60, f"{a:.0f} / {b:.0f}")
        else:
            direct = json.loads(subprocess.check_output(["taskset", "-c", "0", str(BIN / "direct_onnx"), str(SAMPLE / "digits.onnx"), "20000"]))["p50_us"]
            i, h = statistics.median(p50[infer]), statistics.median(p50[health])
            report("infer p50 over direct call + healthz p50, µs", i - direct - h, 60, f"{i:.0f} − {direct:.1f} − {h:.0f}", at_most=True)


def bench_get_model(server):
    rates = {"m": [], "h": []}
    for _ in range(ROUNDS):
        rates["h"].append(h2load(f"{server.url}/healthz", 16, 40_000)[0])
        rates["m"].append(h2load(f"{server.url}/api/v1/namespaces/default/models/digits", 16, 20_000)[0])
    m, h = statistics.median(rates["m"]), statistics.median(rates["h"])
    report("GET model by name / healthz, requests a second", m / h, 0.50, f"{m:.0f} / {h:.0f}")


def post_load(server, clients, each, seconds, *requests):
    """Items a second over kept connections; `requests` are (path, body) of one item, see post_load.cc."""
    with tempfile.NamedTemporaryFile("w") as item:
        item.write("".join(f"{path}\n{json.dumps(body)}\n" for path, body in requests))
        item.flush()
        out = subprocess.check_output(["taskset", "-c", "1", str(BIN / "post_load"), server.host, str(server.port), str(clients), str(each), str(seconds), item.name])
    return json.loads(out)["per_second"]


def create_models(server, clients, each, tag):
    """Registers models over kept connections; returns models a second."""
    return post_load(server, clients, each, 600, ("/api/v1/namespaces/default/models", {"name": f"{tag}-%n"}))


def bench_create(server, work):
    """Both write the same rows by the same statements (bench/create_model.sql) into the same schema, 16 to a commit."""
    plain, created = [], []
    for round_ in range(3):
        database = Path(work) / f"plain-{round_}.db"
        copy_schema(server, database)
        plain.append(json.loads(subprocess.check_output(["taskset", "-c", "0", str(BIN / "plain_sqlite"), str(database), str(ROOT / "bench/create_model.sql"), "20000", "16"]))["per_second"])
        created.append(create_models(server, 16, 1250, f"bench{round_}"))
    c, p = statistics.median(created), statistics.median(plain)
    report("create model, 16 clients / plain SQLite, groups of 16", c / p, 0.25, f"{c:.0f} / {p:.0f} a second, durable")


def copy_schema(server, target):
    """An empty database with the server's own schema and its first rows."""
    import sqlite3
    source = sqlite3.connect(f"file:{server.data}/souk.db?mode=ro", uri=True)
    fresh = sqlite3.connect(target)
    for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'documents_text_%' ORDER BY type = 'index', rowid"):
        fresh.execute(sql)
    for table in ("principals", "namespaces"):
        for row in source.execute(f"SELECT * FROM {table}"):
            fresh.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
    fresh.commit()
    fresh.close()


def bench_get_while_writing(server):
    url = f"{server.url}/api/v1/namespaces/default/models/digits"
    quiet = sorted(h2load(url, 1, 3_000)[1])[2970]
    stop = threading.Event()

    def write():
        n = 0
        while not stop.is_set() and n < 200:
            create_models(server, 4, 25, f"noise{time.monotonic_ns()}")
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    busy = sorted(h2load(url, 1, 3_000)[1])[2970]
    stop.set()
    writer.join()
    print(f"{'GET model p99 while 4 clients create models, µs':<58} {busy:>8.0f}  (quiet: {quiet}; one commit with fsync on this disk is ~200-1000)")


def bench_start(work):
    data = str(Path(work) / "start")
    with Server(data, pin=False) as server:
        server.deploy_sample()
        body = sample_json(server.url)
    taken = []
    for _ in range(7):
        port = free_port()
        begin = time.perf_counter()
        process = subprocess.Popen([str(SOUK), "serve", "--dev", "--data", data, "--listen", f"127.0.0.1:{port}", "--log-level", "warn"], stdout=subprocess.DEVNULL)
        while True:
            try:
                request = urllib.request.Request(f"http://127.0.0.1:{port}/v2/models/digits/infer", data=body, headers={"Content-Type": "application/json"})
                urllib.request.urlopen(request, timeout=5).read()
                break
            except OSError:
                if time.perf_counter() - begin > 20:
                    sys.exit("the server did not answer within 20 s")
                time.sleep(0.002)
        taken.append((time.perf_counter() - begin) * 1000)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    report("start to first answered inference, ms", statistics.median(taken), 150, f"min {min(taken):.0f}, max {max(taken):.0f}", at_most=True)


def sample_json(url):
    """A JSON OIP request for the sample: every element 0.5."""
    signature = json.load(urllib.request.urlopen(f"{url}/v2/models/digits"))["inputs"][0]
    shape = [1 if d < 0 else d for d in signature["shape"]]
    count = 1
    for d in shape:
        count *= d
    return json.dumps({"inputs": [{"name": signature["name"], "datatype": "FP32", "shape": shape, "data": [0.5] * count}]}).encode()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def bench_memory(work):
    with Server(str(Path(work) / "idle"), pin=False) as server:
        urllib.request.urlopen(f"{server.url}/healthz").read()
        time.sleep(1)
        report("resident memory idle, no model, MiB", server.status_kib("VmRSS") / 1024, 40, "", at_most=True)


def bench_transfer(work):
    size = 1 << 30
    folder = Path(work) / "big"
    folder.mkdir()
    source = folder / "weights.bin"
    with open(source, "wb") as f:
        for _ in range(size >> 22):
            f.write(os.urandom(1 << 22))
        f.flush()
        os.fsync(f.fileno())
    with Server(str(Path(work) / "transfer"), pin=False) as server:
        yard, push, pull = [], [], []
        for round_ in range(3):
            copy = Path(work) / "copy.bin"
            begin = time.perf_counter()
            subprocess.run(["dd", f"if={source}", f"of={copy}", "bs=1M", "conv=fsync", "status=none"], check=True)
            subprocess.run(["openssl", "dgst", "-sha256", str(source)], check=True, stdout=subprocess.DEVNULL)
            yard.append(time.perf_counter() - begin)
            copy.unlink()
            # A byte is changed, so that no round finds the bytes of the one before.
            with open(source, "r+b") as f:
                f.write(bytes([round_ + 1]) * 16)
                os.fsync(f.fileno())
            begin = time.perf_counter()
            server.cli("model", "push", str(folder), f"default/big:{round_ + 1}", "--quiet")
            push.append(time.perf_counter() - begin)
            target = Path(work) / "pulled"
            begin = time.perf_counter()
            server.cli("model", "pull", f"default/big:{round_ + 1}", str(target), "--quiet")
            pull.append(time.perf_counter() - begin)
            shutil.rmtree(target)
        y = statistics.median(yard)
        for name, taken in (("push", push), ("pull", pull)):
            t = statistics.median(taken)
            report(f"1 GiB {name}, speed / (copy with fsync + openssl dgst)", y / t, 0.60, f"{t:.2f} s / {y:.2f} s")
        report("server's peak memory during 1 GiB transfers, MiB", server.status_kib("VmHWM") / 1024, 100, "", at_most=True)


def s3_server(work):
    """Its address, bucket and the way to end it; none where none can be built."""
    process = subprocess.Popen([str(ROOT / "scripts/s3"), "--", "bash", "-c", "env | grep ^SOUK_TEST_S3_ | sort; echo; exec sleep infinity"],
                               stdout=subprocess.PIPE, text=True, cwd=work)
    said = {}
    for line in process.stdout:
        if not line.strip():
            break
        name, value = line.strip().split("=", 1)
        said[name.removeprefix("SOUK_TEST_S3_").lower()] = value

    def end():
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    return said, end


def curl(*arguments):
    """Seconds of one transfer."""
    begin = time.perf_counter()
    subprocess.run(["curl", "-sSf", "-o", "/dev/null", *arguments], check=True)
    return time.perf_counter() - begin


def bench_s3(work):
    """1 GiB through souk to and from S3, beside the same bytes by the same client to S3 itself."""
    said, end = s3_server(work)
    if "endpoint" not in said:
        print("S3: not measured, scripts/s3 needs Go to build a server")
        return
    try:
        measure_s3(work, said)
    finally:
        end()


def measure_s3(work, s3):
    size, source = 1 << 30, Path(work) / "s3.bin"
    with open(source, "wb") as f:
        for _ in range(size >> 22):
            f.write(os.urandom(1 << 22))
    sign = ["--aws-sigv4", f"aws:amz:{s3['region']}:s3", "--user", f"{s3['access_key']}:{s3['secret_key']}", "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
    blobs = f"s3://{s3['bucket']}/bench?endpoint={s3['endpoint']}&region={s3['region']}"
    os.environ |= {"AWS_ACCESS_KEY_ID": s3["access_key"], "AWS_SECRET_ACCESS_KEY": s3["secret_key"]}
    plain, through, digests = {"up": [], "down": [], "redirected": []}, {"up": [], "down": [], "redirected": []}, []
    with Server(str(Path(work) / "s3"), pin=False, more=["--blobs", blobs]) as server:
        for round_ in range(3):
            with open(source, "r+b") as f:  # no round finds the bytes of the one before
                f.write(bytes([round_ + 1]) * 16)
            digest = "sha256:" + subprocess.run(["sha256sum", str(source)], check=True, capture_output=True, text=True).stdout.split()[0]
            digests.append(digest)
            key = f"{s3['endpoint']}/{s3['bucket']}/plain-{round_}"
            plain["up"].append(curl("-T", str(source), *sign, key))
            started = subprocess.run(["curl", "-sSi", "-X", "POST", f"{server.url}/v2/default/big/blobs/uploads/"], check=True, capture_output=True, text=True).stdout
            place = re.search(r"(?im)^location: (\S+)", started).group(1)
            place = (place if place.startswith("http") else server.url + place) + ("&" if "?" in place else "?") + "digest=" + digest
            through["up"].append(curl("-T", str(source), "-H", "Content-Type: application/octet-stream", place))
            plain["down"].append(curl(*sign, key))
            through["down"].append(curl(f"{server.url}/v2/default/big/blobs/{digest}"))
        peak = server.status_kib("VmHWM") / 1024
    with Server(str(Path(work) / "s3"), pin=False, more=["--blobs", blobs, "--s3-redirect-from", "1MiB"]) as server:
        for round_, digest in enumerate(digests):
            plain["redirected"].append(curl(*sign, f"{s3['endpoint']}/{s3['bucket']}/plain-{round_}"))
            through["redirected"].append(curl("-L", f"{server.url}/v2/default/big/blobs/{digest}"))
    for way, of in (("up, through souk to S3", "up"), ("down, through souk from S3", "down"), ("down, redirected to S3 (s3.redirect_from)", "redirected")):
        y, t = statistics.median(plain[of]), statistics.median(through[of])
        report(f"1 GiB {way} / curl", y / t, 0.70, f"{t:.2f} s / {y:.2f} s")
    report("server's peak memory during 1 GiB over S3, MiB", peak, 100, "", at_most=True)
    source.unlink()


def bench_queue(work):
    """The durable queue on both databases; the yardstick runs the same statements, as many to a commit."""
    program = str(BIN / "queue_load")
    runs = {"SQLite": lambda n: [program, f"sqlite:{work}/queue-{n}.db"],
            "PostgreSQL, two nodes": lambda _: [str(ROOT / "scripts/postgres"), "--fsync", "--", "sh", "-c", f'exec {program} "$SOUK_TEST_POSTGRES_URL"']}
    for database, command in runs.items():
        got = [json.loads(subprocess.check_output(command(n))) for n in range(3)]
        m = {key: statistics.median(one[key] for one in got) for key in got[0]}
        report(f"queue on {database}: enqueue to start p50, ms", m["start_p50_ms"], 3, "", at_most=True)
        ratio = statistics.median(one["per_second"] / one["plain_per_second"] for one in got)
        report(f"queue on {database}: items / plain SQL", ratio, 0.25,
               f"{m['per_second']:.0f} / {m['plain_per_second']:.0f} a second, durable; {m['enqueue_group']:.0f} and {m['run_group']:.0f} to a commit")
        ratio = statistics.median(one["claim_ms_million"] / one["claim_ms"] for one in got)
        report(f"queue on {database}: claim behind 1,000,000 / 1,000", ratio, 2, f"{m['claim_ms_million']:.2f} / {m['claim_ms']:.2f} ms for 16", at_most=True)


def bench_access(work):
    """Signing in, naming callers and listing what they see, with 10,000 users, 1,000 teams and 1,000,000 grants."""
    import access_bench
    data = Path(work) / "access"
    access_bench.fill(SOUK, data)
    access_bench.bench_authentication(SOUK, BIN / "access_load", data, h2load, report)
    access_bench.bench_pages(SOUK, data, h2load, report)
    access_bench.bench_sign_ins(SOUK, data, h2load, report)


def bench_peers(work):
    """The field's other servers and batching, see bench/serving."""
    import batching
    import peers
    with Server(str(Path(work) / "peers")) as server:
        peers.bench(server, h2load, report, work)
    batching.bench(lambda name: Server(str(Path(work) / name)), BIN / "direct_onnx", h2load, report, work)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("only", nargs="*", help="inference get create writing start memory transfer s3 queue access rollouts overload streams many large; peers only when named")
    only = set(parser.parse_args().only)
    with tempfile.TemporaryDirectory(prefix="souk-bench.") as work:
        chosen = lambda name: not only or name in only  # noqa: E731
        if chosen("memory"):
            bench_memory(work)
        if chosen("start"):
            bench_start(work)
        if chosen("queue"):
            bench_queue(work)
        if chosen("access"):
            bench_access(work)
        if not only or only & {"inference", "get", "create", "writing"}:
            bench_served(work, chosen)
        sys.path.insert(0, str(ROOT / "bench/serving"))
        if "peers" in only:  # installs the other servers: only when it is asked for
            bench_peers(work)
        for name in ("rollouts", "overload", "streams", "many", "large"):
            if chosen(name):
                importlib.import_module(name).bench(sys.modules[__name__], work)
        if chosen("transfer"):
            bench_transfer(work)
        if chosen("s3"):
            bench_s3(work)
    print(f"\n{len(MISSED)} missed" + (": " + "; ".join(MISSED) if MISSED else ""))


def bench_served(work, chosen):
    with Server(str(Path(work) / "data")) as server:
        server.deploy_sample()
        if chosen("inference"):
            bench_inference(server)
        if chosen("get"):
            bench_get_model(server)
        if chosen("create"):
            bench_create(server, work)
        if chosen("writing"):
            bench_get_while_writing(server)


if __name__ == "__main__":
    main()
