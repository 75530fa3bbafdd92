#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains digits.onnx on scikit-learn's bundled digits, and writes the ten pictures in images/.

    python3 -m venv build/digits && build/digits/bin/pip install -r samples/digits/requirements.txt
    build/digits/bin/python samples/digits/train.py

A fifth of the pictures is held back before anything else happens; they are judged through the file as it is served,
and the script fails if fewer than 97 % of them are told right. Seeds are fixed and one thread computes, so that the
same machine writes the same bytes again.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import io
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import yaml
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import preprocess
import strokes

HERE = Path(__file__).parent
SEED = 7
TARGET_ACCURACY = 0.97
DRAWN_PER_DIGIT = 9000
FIELD = 4  # pixels on a side


def declaration():
    return yaml.safe_load((HERE / "souk.yaml").read_text())["input"]


def scan(images):
    """The 8x8 pictures enlarged as they are, dark on light, [n, 128, 128] of bytes."""
    fine = strokes.enlarge(images)
    pages = [Image.fromarray(np.rint(255 * (1 - f)).astype(np.uint8)) for f in fine]
    return [np.asarray(p.resize((128, 128), Image.Resampling.BICUBIC)) for p in pages]


def tensors(pictures, declared):
    return np.concatenate([preprocess.pixels_to_tensor(np.asarray(p, float)[:, :, None], declared) for p in pictures])


def choose(images, digits, rng):
    """Which source picture each drawing is made from: rare ways of writing a digit come up nearly as often."""
    order = []
    for digit in range(10):
        own = np.flatnonzero(digits == digit)
        way = KMeans(8, n_init=4, random_state=SEED).fit(images[own].reshape(-1, 64)).labels_
        weight = 1 / np.bincount(way)[way] ** 0.7
        order.append(rng.choice(own, DRAWN_PER_DIGIT, p=weight / weight.sum()))
    return np.concatenate(order)


def filters():
    """[16, 1, 3, 3]: for the edges of each of eight directions, and for the lines of four, light and dark.

    Sixteen channels are what one register of the CPU holds, so that convolution and pooling run side by side."""
    across = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    slanted = np.array([[2, 1, 0], [1, 0, -1], [0, -1, -2]])
    edges = np.stack([across, across.T, slanted, slanted[:, ::-1]])
    upright = np.array([[-1, 2, -1]] * 3) / 1.5
    falling = (3 * np.eye(3) - 1) / 1.5
    lines = np.stack([upright, upright.T, falling, falling[:, ::-1]])
    return np.concatenate([edges, -edges, lines, -lines])[:, None].astype(np.float32)


def features(pixels):
    """What the first layers of the graph give, [n, 256]: mean strength of each filter in fields of 4x4 pixels."""
    side = pixels.shape[2]
    padded = np.pad(pixels[:, 0], ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    fields = []
    for kernel in filters()[:, 0]:
        strength = np.maximum(np.tensordot(windows, kernel, axes=([3, 4], [0, 1])), 0)
        fields.append(strength.reshape(-1, side // FIELD, FIELD, side // FIELD, FIELD).mean(axis=(2, 4)))
    return np.stack(fields, axis=1).reshape(len(pixels), -1).astype(np.float32)


def to_graph(network, declared):
    """The network behind the filters, as pixels → label, probabilities."""
    nodes = [
        helper.make_node("Conv", ["pixels", "filters"], ["directions"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["directions"], ["strengths"]),
        helper.make_node("AveragePool", ["strengths"], ["fields"], kernel_shape=[FIELD, FIELD], strides=[FIELD, FIELD]),
        helper.make_node("Flatten", ["fields"], ["layer0"]),
    ]
    weights = {"filters": filters()}
    last = len(network.coefs_) - 1
    for i, (weight, bias) in enumerate(zip(network.coefs_, network.intercepts_)):
        weights[f"weight{i}"], weights[f"bias{i}"] = weight.astype(np.float32), bias.astype(np.float32)
        out = "scores" if i == last else f"sum{i}"
        nodes.append(helper.make_node("Gemm", [f"layer{i}", f"weight{i}", f"bias{i}"], [out]))
        if i != last:
            nodes.append(helper.make_node("Relu", [out], [f"layer{i + 1}"]))
    nodes.append(helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1))
    nodes.append(helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0))
    shape = ["N", 1, declared["height"], declared["width"]]
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["N"]),
         helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="souk")
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def train(images, digits, declared):
    rng = np.random.default_rng(SEED)
    source = strokes.sources(images, digits)
    order = choose(images, digits, rng)
    drawn = tensors((strokes.draw(source[i], rng) for i in order), declared)
    scanned = tensors(scan(images), declared)
    pixels = np.concatenate([drawn, scanned, scanned, scanned])
    labels = np.concatenate([digits[order], digits, digits, digits])
    network = MLPClassifier((96, 48), alpha=1e-4, batch_size=200, max_iter=40, tol=0, n_iter_no_change=40, random_state=SEED)
    return network.fit(features(pixels), labels)


def write_pictures(pages, digits, probabilities):
    """Of each digit the held-back picture that is told most surely."""
    (HERE / "images").mkdir(exist_ok=True)
    for digit in range(10):
        own = np.flatnonzero(digits == digit)
        best = own[probabilities[own, digit].argmax()]
        Image.fromarray(pages[best]).save(HERE / "images" / f"{digit}.png", optimize=True)


def main():
    declared = declaration()
    data = load_digits()
    images, held, digits, held_digits = train_test_split(
        data.images, data.target, test_size=0.2, random_state=SEED, stratify=data.target)
    (HERE / "digits.onnx").write_bytes(to_graph(train(images, digits, declared), declared))

    # Judge the file that is served, with pictures that go its way.
    session = onnxruntime.InferenceSession(HERE / "digits.onnx", providers=["CPUExecutionProvider"])
    pages = scan(held)
    label, probabilities = session.run(["label", "probabilities"], {"pixels": tensors(pages, declared)})
    accuracy = float((label == held_digits).mean())
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (held_digits, label), 1)
    print("told \u2192  " + "".join(f"{d:4}" for d in range(10)))
    for digit, row in enumerate(confusion):
        print(f"a {digit}     " + "".join(f"{n or '.':>4}" for n in row))
    print(f"held-back accuracy {accuracy:.4f} ({(label == held_digits).sum()} of {len(held_digits)})")
    write_pictures(pages, held_digits, probabilities)
    return 0 if accuracy >= TARGET_ACCURACY else 1


if __name__ == "__main__":
    sys.exit(main())
