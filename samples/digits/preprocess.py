# SPDX-License-Identifier: Apache-2.0
"""From an image to the tensor that a version's souk.yaml declares: the reference in numpy.

Every rule is stated in docs/reference/version-file.md, section by section in the order of the functions here. The
server's own implementation is tested against the tensors that this one gives.
"""

import io

import numpy as np
from PIL import Image, ImageOps

DEFAULTS = {
    "color": "RGB", "layout": "NCHW", "foreground": None, "crop": "NONE", "margin": 0.0, "resize": "AREA",
    "fit": "STRETCH", "scale": 1 / 255, "mean": [0.0], "std": [1.0],
}
GRAY_WEIGHTS = np.array([0.299, 0.587, 0.114])
BLANK = 16.0  # an image whose pixels differ from its border by less shows nothing


def decode(data):
    """[height, width, 1 or 3] of reals 0..255: oriented, 8 bits a sample, composed over white."""
    image = Image.open(io.BytesIO(data))
    if image.format == "JPEG":
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        return ((np.asarray(image, np.uint32) + 128) // 257).astype(float)[:, :, None]
    if image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode == "1":
        image = image.convert("L")
    pixels = np.asarray(image, float)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.shape[2] in (2, 4):
        alpha = pixels[:, :, -1:] / 255
        pixels = pixels[:, :, :-1] * alpha + 255 * (1 - alpha)
    return pixels


def to_gray(pixels):
    return pixels[:, :, 0] if pixels.shape[2] == 1 else pixels @ GRAY_WEIGHTS


def ring_mean(pixels):
    """The mean of the outermost one-pixel ring, every pixel counted once, over the first two axes."""
    ring = np.ones(pixels.shape[:2], bool)
    ring[1:-1, 1:-1] = False
    return pixels[ring].mean(axis=0)


def invert(pixels, foreground):
    background = ring_mean(to_gray(pixels))
    wrong = (foreground == "LIGHT" and background > 127.5) or (foreground == "DARK" and background < 127.5)
    return 255 - pixels if wrong else pixels


def crop_center(pixels):
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top:top + side, left:left + side]


def crop_content(pixels, margin):
    gray = to_gray(pixels)
    difference = np.abs(gray - ring_mean(gray))
    if difference.max() < BLANK:
        return pixels
    content = difference > 0.25 * difference.max()
    rows, columns = np.flatnonzero(content.any(axis=1)), np.flatnonzero(content.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    height, width = int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left
    longer = max(height, width)
    side = longer + 2 * int(np.floor(margin * longer + 0.5))
    top += (height - side) // 2  # // rounds down, below zero too
    left += (width - side) // 2

    square = np.empty((side, side, pixels.shape[2]))
    square[:] = ring_mean(pixels)
    y, x = max(top, 0), max(left, 0)
    part = pixels[y:top + side, x:left + side]
    square[y - top:y - top + part.shape[0], x - left:x - left + part.shape[1]] = part
    return square


def weights(size, out, method):
    """[out, size]: how much of every source pixel goes into every pixel of the result, along one axis."""
    matrix = np.zeros((out, size))
    for i in range(out):
        if method == "NEAREST":
            matrix[i, (2 * i + 1) * size // (2 * out)] = 1
        elif method == "AREA" and out <= size:
            start, end = i * size / out, (i + 1) * size / out
            for j in range(int(start), min(int(np.ceil(end)), size)):
                matrix[i, j] = max(0.0, min(end, j + 1) - max(start, j)) * out / size
        else:
            position = (i + 0.5) * size / out - 0.5
            below = int(np.floor(position))
            matrix[i, min(max(below, 0), size - 1)] += 1 - (position - below)
            matrix[i, min(max(below + 1, 0), size - 1)] += position - below
    return matrix


_weights = {}


def resize(pixels, width, height, method):
    def along(size, out):
        if (size, out, method) not in _weights:
            _weights[size, out, method] = weights(size, out, method)
        return _weights[size, out, method]

    rows = np.tensordot(along(pixels.shape[0], height), pixels, axes=(1, 0))
    return np.moveaxis(np.tensordot(along(pixels.shape[1], width), rows, axes=(1, 1)), 0, 1)


def fit(pixels, declared):
    width, height, method = declared["width"], declared["height"], declared["resize"]
    if declared["fit"] == "STRETCH":
        return resize(pixels, width, height, method)
    ratio = min(width / pixels.shape[1], height / pixels.shape[0])
    inner_width = min(width, max(1, int(np.floor(pixels.shape[1] * ratio + 0.5))))
    inner_height = min(height, max(1, int(np.floor(pixels.shape[0] * ratio + 0.5))))
    padded = np.zeros((height, width, pixels.shape[2]))
    if declared["foreground"] or declared["crop"] == "CONTENT":
        padded[:] = ring_mean(pixels)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    padded[top:top + inner_height, left:left + inner_width] = resize(pixels, inner_width, inner_height, method)
    return padded


def to_color(pixels, color):
    if color == "GRAY":
        return pixels
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    return pixels[:, :, ::-1] if color == "BGR" else pixels


def to_layout(values, layout):
    if layout == "NCHW":
        return values.transpose(2, 0, 1)[None]
    if layout == "NHWC":
        return values[None]
    if layout == "NHW":
        return values[None, :, :, 0]
    return values.reshape(1, -1)


def pixels_to_tensor(pixels, declaration):
    """The FP32 tensor of pixels [height, width, channels] by the `input` part of a souk.yaml."""
    declared = DEFAULTS | declaration
    if declared["color"] == "GRAY":
        pixels = to_gray(pixels)[:, :, None]
    if declared["foreground"]:
        pixels = invert(pixels, declared["foreground"])
    if declared["crop"] == "CENTER":
        pixels = crop_center(pixels)
    elif declared["crop"] == "CONTENT":
        pixels = crop_content(pixels, declared["margin"])
    values = to_color(fit(pixels, declared), declared["color"])
    values = (values * declared["scale"] - np.asarray(declared["mean"])) / np.asarray(declared["std"])
    return to_layout(values, declared["layout"]).astype(np.float32)


def image_to_tensor(data, declaration):
    """The FP32 tensor of a PNG's or JPEG's bytes."""
    return pixels_to_tensor(decode(data), declaration)
