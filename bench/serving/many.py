"""Many models: how soon ten are back after a start, what a thousand loads and unloads leave, and what 200 cost each other."""
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import peers

TEN, MANY, CYCLES, WARM = 10, 200, 1_000, 100


def push(server, work, count, name="many"):
    """So many models of their own, each another's bytes but for a harmless field, deployed under their names."""
    names = []
    for i in range(count):
        folder = Path(tempfile.mkdtemp(dir=work))
        (folder / "model.onnx").write_bytes(peers.SMALL[0].file.read_bytes() + b"\x22\x03" + f"{i:03}".encode())
        names.append(f"{name}-{i}")
        server.cli("model", "push", str(folder), f"default/{names[-1]}:1", "--quiet")
        server.cli("deploy", f"default/{names[-1]}:1", "--name", names[-1], "--quiet")
        shutil.rmtree(folder)
    return names


def get(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def bench_start(common, work):
    """From the start of the process to `/readyz`, which says that all of them answer."""
    data = str(Path(work) / "ten")
    with common.Server(data, pin=False) as server:
        push(server, work, TEN)
    taken = []
    for _ in range(7):
        port = common.free_port()
        begin = time.perf_counter()
        process = subprocess.Popen([str(common.SOUK), "serve", "--dev", "--data", data, "--listen", f"127.0.0.1:{port}", "--log-level", "warn"], stdout=subprocess.DEVNULL)
        while get(f"http://127.0.0.1:{port}/readyz") != 200:
            assert time.perf_counter() - begin < 20, "the models did not come back within 20 s"
            time.sleep(0.002)
        taken.append((time.perf_counter() - begin) * 1000)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    common.report("start to the last of ten models ready, ms", statistics.median(taken), 300, f"min {min(taken):.0f}, max {max(taken):.0f}", at_most=True)


def bench_cycles(common, work):
    """The load and unload of the inference protocol; the first hundred are not counted."""
    with common.Server(str(Path(work) / "cycles"), pin=False) as server:
        name = push(server, work, 1)[0]

        def cycle():
            for verb in ("unload", "load"):
                request = urllib.request.Request(f"{server.url}/v2/repository/models/{name}/{verb}", b"{}", {"Content-Type": "application/json"}, method="POST")
                assert urllib.request.urlopen(request, timeout=30).status == 200

        for _ in range(WARM):
            cycle()
        before = server.status_kib("VmRSS") / 1024
        begin = time.perf_counter()
        for _ in range(CYCLES):
            cycle()
        took = (time.perf_counter() - begin) / CYCLES * 1000
        after = server.status_kib("VmRSS") / 1024
    common.report(f"resident memory after / before {CYCLES} loads and unloads", after / before, 1.05, f"{after:.1f} / {before:.1f} MiB; {took:.1f} ms each", at_most=True)


def bench_spread(common, work):
    """The same requests to one of 200 models, and to all in turn."""
    with common.Server(str(Path(work) / "spread"), pin=False) as server, tempfile.NamedTemporaryFile() as body, tempfile.NamedTemporaryFile("w") as urls:
        names = push(server, work, MANY)
        subprocess.run(["taskset", "-acp", "0", str(server.process.pid)], check=True, stdout=subprocess.DEVNULL)
        data, headers = peers.binary_body(peers.SMALL[0])
        body.write(data)
        body.flush()
        urls.write("".join(f"{server.url}/v2/models/{name}/infer\n" for name in names))
        urls.flush()
        one, all_of_them = [], []
        for _ in range(common.ROUNDS):
            one.append(common.h2load(f"{server.url}/v2/models/{names[0]}/infer", 64, 40_000, "-d", body.name, *headers)[0])
            all_of_them.append(common.h2load(None, 64, 40_000, "-i", urls.name, "-d", body.name, *headers)[0])
        memory = server.status_kib("VmRSS") / 1024
    a, o = statistics.median(all_of_them), statistics.median(one)
    common.report(f"{MANY} models, requests spread over all / to one", a / o, 0.9, f"{a:.0f} / {o:.0f} a second; {memory:.0f} MiB")


def bench(common, work):
    bench_start(common, work)
    bench_cycles(common, work)
    bench_spread(common, work)
