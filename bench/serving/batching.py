"""Batching of a model that has work to do: `mlp`, four layers of 1024 in FP32, one row a request.

Its yardsticks: ONNX Runtime called directly at the best batch size (alone, and one after the other with what carrying the
same requests takes on that core), Triton with dynamic batching, and souk without.
"""
import json
import subprocess
import tempfile
from pathlib import Path

import peers

WRITE = """
import sys, numpy as np
from onnx import TensorProto, helper, numpy_helper
rng, nodes, weights, last = np.random.default_rng(1), [], [], "x"
for i in range(4):
    weights.append(numpy_helper.from_array((rng.standard_normal((1024, 1024)) / 32).astype(np.float32), f"w{i}"))
    nodes += [helper.make_node("MatMul", [last, f"w{i}"], [f"m{i}"]), helper.make_node("Relu", [f"m{i}"], [last := f"r{i}" if i < 3 else "y"])]
info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 1024])
graph = helper.make_graph(nodes, "mlp", [info("x")], [info("y")], weights)
open(sys.argv[1], "wb").write(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString())
"""
SIZES = (1, 4, 8, 16, 32, 64)


def bench(make_server, direct_onnx, h2load, report, work):
    """`make_server(name)`: a souk to be entered."""
    file = Path(work) / "mlp.onnx"
    subprocess.run([peers.environment("onnx"), "-c", WRITE, file], check=True)
    mlp = peers.Model("mlp", file, [("x", "FP32", [1024])], [("y", "FP32", [1024])])
    direct = {}
    for size in SIZES:
        p50 = json.loads(subprocess.check_output(["taskset", "-c", "0", direct_onnx, file, str(max(2000 // size, 50)), str(size)]))["p50_us"]
        direct[size] = size / p50 * 1e6
    best = max(direct, key=direct.get)
    with tempfile.TemporaryDirectory(prefix="souk-peer.") as folder, peers.triton(folder, [mlp]) as (addresses, _):
        triton = max(peers.rate(h2load, addresses[p], mlp, p, 64, 3000, folder) for p in ("binary", "gRPC"))
    # What the same core needs to take in and answer the same requests: an identity of the same tensors.
    identity = peers.Model("identity", peers.ROOT / "tests/data/models/identity_fp32.onnx", [("input", "FP32", [1024])], [("output", "FP32", [1024])])
    with make_server("mlp-identity") as server, peers.souk(server, [identity]) as (addresses, _):
        carried = max(peers.rate(h2load, addresses[p], identity, p, 64, 20_000, work) for p in ("binary", "gRPC"))
    on, off = {}, {}
    for rates, more in ((on, True), (off, False)):
        with make_server(f"mlp-{more}") as server, peers.souk(server, [mlp], joined=more) as (addresses, _):
            rates[64] = max(peers.rate(h2load, addresses[p], mlp, p, 64, 6000, work) for p in ("binary", "gRPC"))
            rates[1] = peers.rate(h2load, addresses["binary"], mlp, "binary", 1, 600, work)
    report("mlp, 64 connections: souk / Triton's best", on[64] / triton, 1, f"{on[64]:.0f} / {triton:.0f} a second")
    report("mlp, 64 connections: souk / ONNX Runtime at its best batch", on[64] / direct[best], 0.85, f"{on[64]:.0f} / {direct[best]:.0f} rows a second at {best}")
    both = 1 / (1 / direct[best] + 1 / carried)
    report("… / the same with the requests carried on the same core", on[64] / both, 0.85, f"{on[64]:.0f} / {both:.0f} a second; an identity: {carried:.0f}")
    report("mlp, 1 connection: batching on / off", on[1] / off[1], 0.97, f"{on[1]:.0f} / {off[1]:.0f} a second")
