"""The field's servers beside souk: the same ONNX files, the same load (h2load on core 1), each server alone on core 0.

Triton comes with the package nvidia-pytriton, whose server has the Python backend only: ONNX Runtime runs in it there. All run ONNX
Runtime with one thread. Each peer is installed into an environment of its own, build/peers/NAME, the first time.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent / "peers"
PACKAGES = {
    "triton": ["nvidia-pytriton==0.7.0", "onnxruntime==1.31.1", "numpy<2"],
    "mlserver": ["mlserver==1.7.1", "onnxruntime==1.31.1"],
    "kserve": ["kserve==0.21.0", "onnxruntime==1.31.1"],
    "onnx": ["onnx==1.20.0", "numpy<2.4"],
    "bentoml": ["bentoml==1.4.39", "onnxruntime==1.31.1"],
}


class Model(NamedTuple):
    """Tensors are (name, datatype, shape without the batch)."""
    name: str
    file: Path
    inputs: list
    outputs: list


SMALL = [
    Model("simple", ROOT / "tests/data/models/simple.onnx", [("INPUT0", "INT32", [16]), ("INPUT1", "INT32", [16])], [("OUTPUT0", "INT32", [16]), ("OUTPUT1", "INT32", [16])]),
    Model("digits", ROOT / "samples/digits/digits.onnx", [("pixels", "FP32", [1, 16, 16])], [("label", "INT64", []), ("probabilities", "FP32", [10])]),
]
COUNTS = {1: 3_000, 8: 10_000, 64: 20_000}


def environment(name):
    """The interpreter of a peer's environment, installed when it is not there."""
    folder = ROOT / "build/peers" / name
    python = folder / "bin/python"
    if not (folder / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES[name]], check=True)
        (folder / "installed").touch()
    return python


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(url, process, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        with contextlib.suppress(OSError):
            if urllib.request.urlopen(url, timeout=2).status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer")


@contextlib.contextmanager
def running(command, ready, work, **more):
    """A peer's processes on core 0 until the block ends; gives what their memory is, in MiB."""
    with open(Path(work) / "peer.log", "w") as log:
        process = subprocess.Popen(["taskset", "-c", "0", *map(str, command)], stdout=log, stderr=log, start_new_session=True, **more)
        try:
            wait_for(ready, process)
            yield lambda: resident(process.pid)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def proportional(pid):
    """MiB; what processes share counts once (PSS)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1]) / 1024


def resident(leader):
    """MiB of all processes of the group."""
    total = 0
    for one in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int((one / "stat").read_text().rsplit(")", 1)[1].split()[2]) == leader:
                total += proportional(one.name)
    return total


def elements(shape):
    count = 1
    for length in shape:
        count *= length
    return count


def ones(datatype, shape):
    """A tensor of ones; four bytes a number. (The bits of an integer 1 would be a denormal float, which is slow to compute with.)"""
    return (struct.pack("<f", 1) if datatype == "FP32" else struct.pack("<i", 1)) * elements(shape)


def json_body(model):
    return json.dumps({"inputs": [{"name": n, "datatype": d, "shape": [1, *s], "data": [1] * elements(s)} for n, d, s in model.inputs]}).encode(), [
        "-H", "content-type: application/json"]


def binary_body(model):
    header = json.dumps({"inputs": [{"name": n, "datatype": d, "shape": [1, *s], "parameters": {"binary_data_size": 4 * elements(s)}} for n, d, s in model.inputs],
                         "outputs": [{"name": n, "parameters": {"binary_data": True}} for n, _, _ in model.outputs]}).encode()
    return header + b"".join(ones(d, s) for _, d, s in model.inputs), [
        "-H", "content-type: application/octet-stream", "-H", f"inference-header-content-length: {len(header)}"]


def field(number, data):
    """A length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def grpc_body(model):
    """ModelInferRequest with raw contents, as one gRPC message."""
    message = field(1, model.name.encode())
    for n, d, s in model.inputs:
        message += field(5, field(1, n.encode()) + field(2, d.encode()) + field(3, b"".join(map(varint, [1, *s]))))
    for _, d, s in model.inputs:
        message += field(7, ones(d, s))
    return b"\0" + struct.pack(">I", len(message)) + message, ["-H", "content-type: application/grpc", "-H", "te: trailers"]


BODIES = {"JSON": json_body, "binary": binary_body, "gRPC": grpc_body}


def triton_tensors(kind, tensors):
    """Of its configuration; a tensor of one number a row is said in its way."""
    one = [f'{{name: "{n}" data_type: TYPE_{d} dims: {s or [1]} {"" if s else "reshape: {shape: []}"}}}' for n, d, s in tensors]
    return f"{kind} [{', '.join(one)}]\n"


@contextlib.contextmanager
def triton(work, models):
    python = environment("triton")
    package = next((ROOT / "build/peers/triton/lib").glob("python3.*")) / "site-packages/pytriton/tritonserver"
    repository = Path(work) / "triton"
    for model in models:
        version = repository / model.name / "1"
        version.mkdir(parents=True)
        shutil.copy(model.file, version / "model.onnx")
        shutil.copy(HERE / "triton_model.py", version / "model.py")
        (version.parent / "config.pbtxt").write_text(
            f'name: "{model.name}"\nbackend: "python"\nmax_batch_size: 64\ndynamic_batching {{}}\n' + triton_tensors("input", model.inputs) +
            triton_tensors("output", model.outputs))
    backends = Path(work) / "backends/python"
    shutil.copytree(package / "backends/python", backends)
    stub = f"{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copy(package / "python_backend_stubs" / stub / "triton_python_backend_stub", backends)
    http, grpc = free_port(), free_port()
    libraries = subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True).strip()
    more = {"PYTHONPATH": libraries, "LD_LIBRARY_PATH": f"{libraries}/nvidia_pytriton.libs"}
    command = [package / "bin/tritonserver", f"--model-repository={repository}", f"--backend-directory={backends.parent}", f"--http-port={http}",
               f"--grpc-port={grpc}", "--allow-metrics=false", "--log-verbose=0", "--http-address=127.0.0.1", "--grpc-address=127.0.0.1"]
    with running(command, f"http://127.0.0.1:{http}/v2/health/ready", work, env={**os.environ, **more}) as memory:
        rest = f"http://127.0.0.1:{http}/v2/models/{{}}/infer"
        yield {"JSON": rest, "binary": rest, "gRPC": f"http://127.0.0.1:{grpc}/inference.GRPCInferenceService/ModelInfer"}, memory


@contextlib.contextmanager
def mlserver(work, models):
    python = environment("mlserver")
    folder = Path(work) / "mlserver"
    folder.mkdir()
    http, grpc = free_port(), free_port()
    (folder / "settings.json").write_text(json.dumps({"host": "127.0.0.1", "http_port": http, "grpc_port": grpc, "metrics_port": free_port(), "parallel_workers": 0,
                                                      "use_structured_logging": False}))
    for model in models:
        (folder / model.name).mkdir()
        (folder / model.name / "model-settings.json").write_text(
            json.dumps({"name": model.name, "implementation": "mlserver_model.Onnx", "parameters": {"uri": str(model.file)}}))
    command = [python.parent / "mlserver", "start", folder]
    with running(command, f"http://127.0.0.1:{http}/v2/health/ready", work, env={**os.environ, "PYTHONPATH": str(HERE)}) as memory:
        yield {"JSON": f"http://127.0.0.1:{http}/v2/models/{{}}/infer"}, memory


@contextlib.contextmanager
def kserve(work, models):
    http = free_port()
    command = [environment("kserve"), HERE / "kserve_server.py", http, free_port(), *(f"{m.name}={m.file}" for m in models)]
    with running(command, f"http://127.0.0.1:{http}/v2/health/ready", work) as memory:
        yield {"JSON": f"http://127.0.0.1:{http}/v2/models/{{}}/infer"}, memory


@contextlib.contextmanager
def bentoml(work, models):
    http = free_port()
    command = [environment("bentoml").parent / "bentoml", "serve", "bentoml_service:Onnx", "--host", "127.0.0.1", "--port", http, "--working-dir", HERE]
    more = {"MODELS": ",".join(f"{m.name}={m.file}" for m in models), "BENTOML_HOME": str(Path(work) / "bentoml"), "DO_NOT_TRACK": "1",
            "BENTOML_DO_NOT_TRACK": "True"}
    with running(command, f"http://127.0.0.1:{http}/readyz", work, env={**os.environ, **more}) as memory:
        yield {"JSON": f"http://127.0.0.1:{http}/infer"}, memory


@contextlib.contextmanager
def souk(server, models, joined=True):
    for model in models:
        folder = Path(tempfile.mkdtemp(dir=server.data))
        shutil.copy(model.file, folder)
        if joined:
            (folder / "souk.yaml").write_text("batching:\n  max_batch_size: 64\n")
        server.cli("model", "push", str(folder), f"default/{model.name}:1", "--quiet")
        server.cli("deploy", f"default/{model.name}:1", "--name", model.name, "--quiet")
    rest = f"{server.url}/v2/models/{{}}/infer"
    yield {"JSON": rest, "binary": rest, "gRPC": f"{server.url}/inference.GRPCInferenceService/ModelInfer"}, lambda: proportional(server.process.pid)


def bento_body(model):
    def nested(shape):
        return [nested(shape[1:])] * shape[0] if shape else 1
    return json.dumps({"model": model.name, "inputs": {n: nested([1, *s]) for n, _, s in model.inputs}}).encode(), ["-H", "content-type: application/json"]


def rate(h2load, address, model, protocol, connections, count, work, make=None):
    """Requests a second, the median of three."""
    body, headers = (make or BODIES[protocol])(model)
    file = Path(work) / "body"
    file.write_bytes(body)
    return statistics.median(h2load(address.format(model.name), connections, max(count, 4 * connections), "-d", str(file), *headers, http2=protocol == "gRPC")[0]
                             for _ in range(3))


def measure(addresses, h2load, work, scale, make=None):
    """{(model, protocol, connections): requests a second}"""
    return {(model.name, protocol, connections): rate(h2load, address, model, protocol, connections, count // scale, work, make)
            for model in SMALL for protocol, address in addresses.items() for connections, count in COUNTS.items()}


def bench(server, h2load, report, work):
    """`server`: souk, running. Prints a line a model, protocol and number of connections."""
    measured, memory = {}, {}
    for name, start, scale in (("triton", triton, 4), ("mlserver", mlserver, 20), ("kserve", kserve, 20), ("bentoml", bentoml, 20)):
        with tempfile.TemporaryDirectory(prefix="souk-peer.") as folder, start(folder, SMALL) as (addresses, resident_now):
            measured[name] = measure(addresses, h2load, folder, scale, bento_body if name == "bentoml" else None)
            memory[name] = resident_now()
    with souk(server, SMALL) as (addresses, resident_now):
        own = measure(addresses, h2load, work, 1)
        memory["souk"] = resident_now()
        health = {c: h2load(f"{server.url}/healthz", c, n)[0] for c, n in COUNTS.items()}
    targets = {("triton", "JSON"): 2, ("triton", "binary"): 1.5, ("triton", "gRPC"): 3}
    for name, rates in measured.items():
        for (model, protocol, connections), theirs in rates.items():
            mine = own[model, protocol, connections]
            report(f"{model}, {protocol}, {connections} connections: souk / {name}", mine / theirs, targets.get((name, protocol), 10), f"{mine:.0f} / {theirs:.0f} a second")
    for (model, protocol, connections), mine in own.items():
        if protocol == "binary":
            report(f"{model}, {protocol}, {connections} connections / healthz", mine / health[connections], 0.6, f"{mine:.0f} / {health[connections]:.0f} a second")
    report("resident memory, both models: souk / Triton", memory["souk"] / memory["triton"], 1 / 3, f"{memory['souk']:.0f} / {memory['triton']:.0f} MiB", at_most=True)
