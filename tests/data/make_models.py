#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the small models and the bad files of this folder; the result is checked in.

    build/digits/bin/python tests/data/make_models.py       (packages: samples/digits/requirements.txt)
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

HERE = Path(__file__).parent
# The datatypes of the Open Inference Protocol and ONNX's name for each.
DATATYPES = {
    "BOOL": TensorProto.BOOL, "BYTES": TensorProto.STRING,
    "UINT8": TensorProto.UINT8, "UINT16": TensorProto.UINT16, "UINT32": TensorProto.UINT32, "UINT64": TensorProto.UINT64,
    "INT8": TensorProto.INT8, "INT16": TensorProto.INT16, "INT32": TensorProto.INT32, "INT64": TensorProto.INT64,
    "FP16": TensorProto.FLOAT16, "BF16": TensorProto.BFLOAT16, "FP32": TensorProto.FLOAT, "FP64": TensorProto.DOUBLE,
}


def model(name, nodes, inputs, outputs, weights=()):
    def infos(tensors):
        return [helper.make_tensor_value_info(n, kind, shape) for n, kind, shape in tensors]

    graph = helper.make_graph(list(nodes), name, infos(inputs), infos(outputs), list(weights))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="souk")
    return made.SerializeToString(deterministic=True)


def good_models():
    node, f32, i32 = helper.make_node, TensorProto.FLOAT, TensorProto.INT32
    yield "simple", model(
        "simple", [node("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]), node("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"])],
        [("INPUT0", i32, ["N", 16]), ("INPUT1", i32, ["N", 16])], [("OUTPUT0", i32, ["N", 16]), ("OUTPUT1", i32, ["N", 16])])
    for datatype, kind in DATATYPES.items():
        yield f"identity_{datatype.lower()}", model(
            "identity", [node("Identity", ["input"], ["output"])], [("input", kind, ["N", "M"])], [("output", kind, ["N", "M"])])
    # No dimension is free, so there is no batch.
    yield "fixed", model(
        "fixed", [node("ReduceMax", ["input"], ["output"], axes=[0], keepdims=0)], [("input", f32, [2, 3])], [("output", f32, [3])])
    # The output has no dimension at all: one number.
    yield "scalar", model(
        "scalar", [node("ReduceMax", ["input"], ["output"], keepdims=0)], [("input", f32, ["N"])], [("output", f32, [])])
    # The output has a dimension of size 0: no number.
    yield "no_values", model(
        "no_values", [node("Slice", ["input", "zero", "zero"], ["output"])], [("input", f32, ["N", 3])], [("output", f32, [0, 3])],
        [numpy_helper.from_array(np.zeros(1, np.int64), "zero")])
    # The caller says how much comes out.
    yield "swell", model(
        "swell", [node("ConstantOfShape", ["size"], ["output"])], [("size", TensorProto.INT64, [1])], [("output", f32, ["N"])])
    # It fails while it runs: the index comes from the caller.
    yield "gather", model(
        "gather", [node("Gather", ["table", "index"], ["output"])], [("index", TensorProto.INT64, ["N"])], [("output", f32, ["N"])],
        [numpy_helper.from_array(np.arange(4, dtype=np.float32), "table")])


def drawn():
    """What comes in goes out, under the names and types by which a page knows boxes, masks, pictures and text."""
    kinds = {"boxes": (TensorProto.FLOAT, ["N", 4]), "scores": (TensorProto.FLOAT, ["N"]), "classes": (TensorProto.INT64, ["N"]),
             "mask": (TensorProto.INT64, [1, "H", "W"]), "image": (TensorProto.UINT8, [3, "H", "W"]),
             "table": (TensorProto.FLOAT, ["R", "C"]), "text": (TensorProto.STRING, [1])}
    nodes = [helper.make_node("Identity", [f"given_{name}"], [name]) for name in kinds]
    return model("drawn", nodes, [(f"given_{n}", *kind) for n, kind in kinds.items()], [(n, *kind) for n, kind in kinds.items()])


def external(location):
    """y = x + w, where w lies in another file."""
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", "16")):
        weight.external_data.add(key=key, value=value)
    return model("external", [helper.make_node("Add", ["x", "w"], ["y"])],
                 [("x", TensorProto.FLOAT, ["N", 4])], [("y", TensorProto.FLOAT, ["N", 4])], [weight])


def hungry():
    """16 GB as soon as constants are folded, from a file of 2 KB; each is just under what ONNX Runtime refuses to fold."""
    nodes, weights = [], [numpy_helper.from_array(np.array([250_000_000], np.int64), "size")]
    for i in range(16):
        fill = helper.make_tensor("value", TensorProto.FLOAT, [1], [float(i)])
        nodes += [helper.make_node("ConstantOfShape", ["size"], [f"big{i}"], value=fill),
                  helper.make_node("Gather", [f"big{i}", "x"], [f"y{i}"])]
    nodes.append(helper.make_node("Sum", [f"y{i}" for i in range(16)], ["y"]))
    return model("hungry", nodes, [("x", TensorProto.INT64, ["N"])], [("y", TensorProto.FLOAT, ["N"])], weights)


def png(width, height, depth, color, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def compressed_zeros(count):
    packer, out, block = zlib.compressobj(9), [], bytes(1 << 20)
    for _ in range(count >> 20):
        out.append(packer.compress(block))
    out.append(packer.compress(bytes(count & ((1 << 20) - 1))))
    return b"".join([*out, packer.flush()])


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def bad_images():
    picture = Image.fromarray(np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8) * 2).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    whole_png, whole_jpeg = saved(picture, "PNG"), saved(picture, "JPEG")
    yield "bomb.png", png(30000, 30000, 1, 0, compressed_zeros(30000 * (1 + 3750)))
    yield "huge_header.png", png(0x7FFFFFFF, 0x7FFFFFFF, 16, 6, zlib.compress(bytes(64)))
    yield "zero_width.png", png(0, 4, 8, 0, zlib.compress(bytes(4)))
    yield "truncated.png", whole_png[:len(whole_png) // 2]
    yield "truncated.jpg", whole_jpeg[:len(whole_jpeg) // 2]
    yield "huge_header.jpg", whole_jpeg.replace(b"\x00\x30\x00\x40", b"\xff\xdc\xff\xdc", 1)
    yield "header_only.jpg", whole_jpeg[:3]
    yield "bad_crc.png", whole_png[:29] + b"\0\0\0\0" + whole_png[33:]
    yield "cmyk.jpg", saved(picture.convert("CMYK"), "JPEG")
    yield "turned.jpg", saved(picture, "JPEG", exif=exif)
    yield "text.png", b"This is no picture.\n"
    yield "empty.png", b""


def bad_models(simple):
    middle = len(simple) // 2
    yield "corrupt.onnx", simple[:middle] + bytes(b ^ 0xA5 for b in simple[middle:])
    yield "truncated.onnx", simple[:middle]
    yield "text.onnx", b"This is no model.\n"
    yield "empty.onnx", b""
    yield "escape_up.onnx", external("../../../../../../../../etc/hostname")
    yield "escape_absolute.onnx", external("/etc/hostname")
    yield "missing_external.onnx", external("not_there.bin")
    yield "hungry.onnx", hungry()
    node = helper.make_node("NoSuchOperator", ["x"], ["y"], domain="example.org")
    yield "unknown_operator.onnx", model("unknown", [node], [("x", TensorProto.FLOAT, ["N"])], [("y", TensorProto.FLOAT, ["N"])])


def main():
    for folder in ("models", "bad", "external", "drawn"):
        (HERE / folder).mkdir(exist_ok=True)
    for name, data in good_models():
        onnx.checker.check_model(data)
        (HERE / "models" / f"{name}.onnx").write_bytes(data)
    for name, data in [*bad_images(), *bad_models((HERE / "models/simple.onnx").read_bytes())]:
        (HERE / "bad" / name).write_bytes(data)
    (HERE / "external/model.onnx").write_bytes(external("weights.bin"))
    (HERE / "drawn/drawn.onnx").write_bytes(drawn())
    (HERE / "external/weights.bin").write_bytes(np.arange(4, dtype="<f4").tobytes())


if __name__ == "__main__":
    main()
