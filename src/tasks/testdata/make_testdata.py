#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the pictures here and expected.json: for each case the declaration and the tensor that the reference gives.

    build/digits/bin/python src/tasks/testdata/make_testdata.py     (packages: samples/digits/requirements.txt)
"""

import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT / "samples/digits"), str(ROOT / "tests/samples")]
import draw
import preprocess

DIGITS = {"color": "GRAY", "layout": "NCHW", "width": 16, "height": 16, "foreground": "LIGHT", "crop": "CONTENT",
          "margin": 0.1, "resize": "AREA"}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def landscape(width, height):
    """Something like a photograph: smooth colours with a bright disc."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    sky = np.stack([40 + 150 * x / width, 60 + 120 * y / height, 200 - 120 * x * y / (width * height)], axis=2)
    disc = (x - 0.7 * width) ** 2 + (y - 0.3 * height) ** 2 < (0.2 * min(width, height)) ** 2
    sky[disc] = [250, 230, 120]
    return sky.astype(np.uint8)


def png_16(samples):
    """A 16-bit RGB PNG, which Pillow reads but does not write."""
    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def saved(image, kind="PNG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def pictures():
    photo = Image.fromarray(landscape(60, 40))
    alpha = np.linspace(0, 255, 50 * 70).reshape(70, 50).astype(np.uint8)
    deep = (np.linspace(0, 65535, 11 * 7).reshape(7, 11) + np.arange(11) * 13 % 97).clip(0, 65535).astype(np.uint16)
    palette = photo.quantize(6, dither=Image.Dither.NONE)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right
    wide = np.full((2, 3000), 240, np.uint8)
    wide[:, 1200:1290] = 30
    mono = Image.new("1", (37, 21), 1)
    ImageDraw.Draw(mono).rectangle((9, 4, 20, 17), fill=0)
    return {
        "drawing.png": saved(draw.draw("7", "bar", height=150, center=(0.6, 0.4), slant=0.1)),
        "corner.png": saved(draw.draw("4", "open", height=60, center=(0, 1), width=8).convert("RGB")),
        "inverted.png": saved(draw.draw("3", "round", canvas=96, height=70, width=7, ink=230, paper=12)),
        "rgb.png": saved(photo),
        "rgba.png": saved(Image.fromarray(np.dstack([landscape(50, 70), alpha]))),
        "gray_alpha.png": saved(Image.fromarray(np.dstack([landscape(50, 70)[:, :, 0], alpha[:, ::-1]]), "LA")),
        "gray16.png": saved(Image.fromarray(deep)),
        "rgb16.png": png_16(landscape(24, 18).astype(np.uint16) * 257),
        "palette.png": saved(palette),
        "palette_alpha.png": saved(palette, transparency=bytes([255, 0, 128, 255, 64, 200])),
        "mono.png": saved(mono),
        "blank.png": saved(Image.new("L", (40, 30), 250)),
        "wide.png": saved(Image.fromarray(wide)),
        "dot.png": saved(Image.new("RGB", (1, 1), (10, 120, 240))),
        "photo.jpg": saved(Image.fromarray(landscape(120, 80)), "JPEG", quality=92),
        "gray.jpg": saved(Image.fromarray(landscape(120, 80)).convert("L"), "JPEG", quality=92),
        "turned.jpg": saved(Image.fromarray(landscape(120, 80)), "JPEG", quality=92, exif=exif),
    }


CASES = [
    ("drawing.png", DIGITS),
    ("corner.png", DIGITS),
    ("corner.png", DIGITS | {"color": "RGB", "width": 12, "height": 20, "fit": "PAD", "margin": 0.35}),
    ("inverted.png", DIGITS),
    ("inverted.png", DIGITS | {"foreground": "DARK", "width": 9, "height": 9}),
    ("mono.png", DIGITS | {"margin": 0}),
    ("mono.png", {"color": "GRAY", "layout": "NF", "width": 10, "height": 6, "resize": "NEAREST"}),
    ("blank.png", DIGITS),
    ("wide.png", DIGITS),
    ("dot.png", {"color": "BGR", "layout": "NHWC", "width": 2, "height": 2}),
    ("rgb.png", {"width": 8, "height": 8, "crop": "CENTER"} | IMAGENET),
    ("rgb.png", {"color": "BGR", "layout": "NHWC", "width": 7, "height": 9, "fit": "PAD", "resize": "BILINEAR"}),
    ("rgb.png", {"layout": "NF", "width": 4, "height": 3, "resize": "NEAREST", "scale": 1, "mean": [127.5], "std": [2]}),
    ("rgb.png", {"width": 65, "height": 13}),
    ("rgba.png", {"layout": "NHWC", "width": 6, "height": 6, "fit": "PAD"}),
    ("gray_alpha.png", {"layout": "NCHW", "width": 5, "height": 7}),
    ("gray16.png", {"color": "GRAY", "layout": "NHW", "width": 20, "height": 12, "resize": "BILINEAR"}),
    ("gray16.png", {"color": "GRAY", "layout": "NHW", "width": 11, "height": 7, "scale": 1}),
    ("rgb16.png", {"width": 6, "height": 6}),
    ("palette.png", {"width": 9, "height": 7, "resize": "NEAREST"}),
    ("palette_alpha.png", {"width": 9, "height": 7, "resize": "NEAREST"}),
    ("photo.jpg", {"color": "GRAY", "layout": "NF", "width": 10, "height": 10, "resize": "BILINEAR"}),
    ("gray.jpg", {"width": 10, "height": 5}),
    ("turned.jpg", {"layout": "NHWC", "width": 8, "height": 12}),
]


def main():
    files = pictures()
    for name, data in files.items():
        (HERE / name).write_bytes(data)
    cases = []
    for name, declared in CASES:
        tensor = preprocess.image_to_tensor(files[name], declared)
        scale, std = declared.get("scale", 1 / 255), min(declared.get("std", [1]))
        pixels = 3 if name.endswith(".jpg") else 1e-2
        cases.append({"file": name, "input": declared, "shape": list(tensor.shape), "tolerance": float(f"{pixels * scale / std:.3g}"),
                      "values": [float(f"{v:.7g}") for v in tensor.ravel()]})
    lines = ",\n".join(json.dumps(c) for c in cases)
    (HERE / "expected.json").write_text(f'{{"cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
