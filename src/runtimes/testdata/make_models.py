# SPDX-License-Identifier: Apache-2.0
"""Makes the models that the tests of runtimes, serving and the doors load. Needs `onnx` and `numpy`:

    python3 src/runtimes/testdata/make_models.py
"""

import os
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).parent
OPSET = [helper.make_opsetid("", 17)]

TYPES = {
    "BOOL": TensorProto.BOOL,
    "UINT8": TensorProto.UINT8,
    "UINT16": TensorProto.UINT16,
    "UINT32": TensorProto.UINT32,
    "UINT64": TensorProto.UINT64,
    "INT8": TensorProto.INT8,
    "INT16": TensorProto.INT16,
    "INT32": TensorProto.INT32,
    "INT64": TensorProto.INT64,
    "FP16": TensorProto.FLOAT16,
    "BF16": TensorProto.BFLOAT16,
    "FP32": TensorProto.FLOAT,
    "FP64": TensorProto.DOUBLE,
    "BYTES": TensorProto.STRING,
}


def tensor(name, elem_type, shape):
    return helper.make_tensor_value_info(name, elem_type, shape)


def save(name, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=OPSET, producer_name="souk")
    model.ir_version = 8
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())


def all_types():
    """Every datatype, each passed through: x_FP32 → y_FP32 and so on."""
    nodes = [helper.make_node("Identity", [f"x_{t}"], [f"y_{t}"]) for t in TYPES]
    inputs = [tensor(f"x_{t}", e, ["n", "m"]) for t, e in TYPES.items()]
    outputs = [tensor(f"y_{t}", e, ["n", "m"]) for t, e in TYPES.items()]
    save("all_types", nodes, inputs, outputs)
    for t in ("FP16", "BYTES"):
        save(f"identity_{t.lower()}", [helper.make_node("Identity", ["x"], ["y"])],
             [tensor("x", TYPES[t], ["n"])], [tensor("y", TYPES[t], ["n"])])


def simple():
    """The sum and difference of two INT32[1,16]: the field's own first example."""
    save("simple",
         [helper.make_node("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
          helper.make_node("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"])],
         [tensor(n, TensorProto.INT32, [1, 16]) for n in ("INPUT0", "INPUT1")],
         [tensor(n, TensorProto.INT32, [1, 16]) for n in ("OUTPUT0", "OUTPUT1")])


def two_batches():
    """Adds two inputs of one batch."""
    save("two_batches", [helper.make_node("Add", ["a", "b"], ["c"])],
         [tensor(n, TensorProto.FLOAT, ["n", 2]) for n in "ab"], [tensor("c", TensorProto.FLOAT, ["n", 2])])


def mlp():
    """Ten scores from 64 pixels, of the size of the sample `digits`; the batch is dynamic."""
    rng = np.random.default_rng(7)
    weights = {
        "w1": rng.normal(size=(64, 64)) / 8, "b1": rng.normal(size=64) / 8,
        "w2": rng.normal(size=(64, 10)) / 8, "b2": rng.normal(size=10) / 8,
    }
    save("mlp",
         [helper.make_node("Gemm", ["pixels", "w1", "b1"], ["h"]),
          helper.make_node("Relu", ["h"], ["r"]),
          helper.make_node("Gemm", ["r", "w2", "b2"], ["z"]),
          helper.make_node("Softmax", ["z"], ["probabilities"])],
         [tensor("pixels", TensorProto.FLOAT, ["n", 64])],
         [tensor("probabilities", TensorProto.FLOAT, ["n", 10])],
         [numpy_helper.from_array(v.astype(np.float32), k) for k, v in weights.items()])


def shapes():
    """A scalar out of any matrix (its sum), and a scalar in (doubled)."""
    save("shapes",
         [helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0),
          helper.make_node("Add", ["s", "s"], ["twice"])],
         [tensor("x", TensorProto.FLOAT, ["n", "m"]), tensor("s", TensorProto.FLOAT, [])],
         [tensor("sum", TensorProto.FLOAT, []), tensor("twice", TensorProto.FLOAT, [])])


def loop():
    """Adds 1 to x as many times as asked: takes as long as a test wants."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["cond"], ["cond_out"]),
         helper.make_node("Add", ["acc", "one"], ["acc_out"])],
        "body",
        [tensor("i", TensorProto.INT64, []), tensor("cond", TensorProto.BOOL, []),
         tensor("acc", TensorProto.FLOAT, [1])],
        [tensor("cond_out", TensorProto.BOOL, []), tensor("acc_out", TensorProto.FLOAT, [1])])
    save("loop",
         [helper.make_node("Squeeze", ["times"], ["trips"]),
          helper.make_node("Loop", ["trips", "", "x"], ["y"], body=body)],
         [tensor("times", TensorProto.INT64, [1]), tensor("x", TensorProto.FLOAT, [1])],
         [tensor("y", TensorProto.FLOAT, [1])],
         [numpy_helper.from_array(np.ones(1, np.float32), "one")])


def wrong_output():
    """Says that it gives [1,2] and gives [n,2]."""
    save("wrong_output", [helper.make_node("Relu", ["x"], ["y"])],
         [tensor("x", TensorProto.FLOAT, ["n", 2])], [tensor("y", TensorProto.FLOAT, [1, 2])])


def fails_at_run():
    """Reshapes to [2,3] whatever comes: any other count fails when it runs."""
    save("fails_at_run", [helper.make_node("Reshape", ["x", "to"], ["y"])],
         [tensor("x", TensorProto.FLOAT, ["n"])], [tensor("y", TensorProto.FLOAT, ["a", "b"])],
         [numpy_helper.from_array(np.array([2, 3], np.int64), "to")])


def sequence():
    """Takes a sequence, which no tensor protocol carries."""
    node = helper.make_node("SequenceLength", ["xs"], ["n"])
    xs = helper.make_tensor_sequence_value_info("xs", TensorProto.FLOAT, ["n"])
    save("sequence", [node], [xs], [tensor("n", TensorProto.INT64, [])])


def external(name, location, where="initializer"):
    """y = x + w with w in another file; `where` hides the reference in a subgraph."""
    w = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", "16")):
        w.external_data.add(key=key, value=value)
    x, y = tensor("x", TensorProto.FLOAT, [4]), tensor("y", TensorProto.FLOAT, [4])
    if where == "initializer":
        save(name, [helper.make_node("Add", ["x", "w"], ["y"])], [x], [y], [w])
        return
    branch = helper.make_graph([helper.make_node("Add", ["x", "w"], ["z"])], "then", [],
                               [tensor("z", TensorProto.FLOAT, [4])], [w])
    other = helper.make_graph([helper.make_node("Neg", ["x"], ["z2"])], "else", [],
                              [tensor("z2", TensorProto.FLOAT, [4])])
    save(name, [helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=other)],
         [tensor("c", TensorProto.BOOL, []), x], [y])


def main():
    all_types()
    simple()
    two_batches()
    mlp()
    shapes()
    loop()
    wrong_output()
    fails_at_run()
    sequence()
    (FOLDER / "weights.bin").write_bytes(np.array([1, 2, 3, 4], np.float32).tobytes())
    external("external", "weights.bin")
    external("external_nested", "weights.bin", "subgraph")
    external("external_escapes", "../secret.bin")
    external("external_escapes_nested", "../secret.bin", "subgraph")
    external("external_absolute", "/etc/passwd")
    for path in sorted(FOLDER.glob("*.onnx")):
        print(path.name, os.path.getsize(path))


main()
