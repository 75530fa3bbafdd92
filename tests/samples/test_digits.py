# SPDX-License-Identifier: Apache-2.0
"""The sample, asked as a user asks it: drawings go as PNG through the server's preprocessing."""

import base64
import collections
import io
import json
import threading

import draw
import numpy as np
from PIL import Image, ImageChops
from souk_server import run_cli
from wire import Connection

TRIGGER = "/v1alpha/namespaces/default/models/digits/trigger"


def tell(connection, images):
    inputs = []
    for image in images:
        out = io.BytesIO()
        image.save(out, "PNG")
        inputs.append({"data": {"type": "image-base64", "image-base64": base64.b64encode(out.getvalue()).decode()}})
    answer = connection.request("POST", TRIGGER, data={"task_inputs": inputs})
    assert answer.status == 200, answer.body
    return [o["data"]["category"] for o in answer.json()["task_outputs"]]


def test_drawings_of_all_kinds_are_told_right(souk, digits):
    wrong, total = collections.Counter(), 0
    with Connection(souk) as connection:
        batch = list(draw.drawings(630, seed=2024))
        for at in range(0, len(batch), 30):
            part = batch[at:at + 30]
            for (digit, style, _, _), told in zip(part, tell(connection, [image for *_, image in part])):
                total += 1
                if told != digit:
                    wrong[f"{digit} {style} told as {told}"] += 1
    assert sum(wrong.values()) <= 0.05 * total, wrong.most_common()


def test_each_digit_small_large_and_slanted(souk, digits):
    told = 0
    with Connection(souk) as connection:
        for digit, styles in draw.STYLES.items():
            style = next(iter(styles))
            images = [draw.draw(digit, style, height=70, center=(0, 1), width=18), draw.draw(digit, style, height=240, width=22),
                      draw.draw(digit, style, height=150, slant=0.3, width=20)]
            told += sum(t == digit for t in tell(connection, images))
    assert told >= 27, told


def test_light_ink_on_dark_paper_and_colours(souk, digits):
    with Connection(souk) as connection:
        light = draw.draw("5", "one stroke", ink=240, paper=10)
        drawn = draw.draw("3", "round")
        clear = Image.new("RGBA", drawn.size, (20, 40, 160))  # blue ink, nothing behind it
        clear.putalpha(ImageChops.invert(drawn))
        assert tell(connection, [light, clear]) == ["5", "3"]


def test_arrays_that_numpy_saved(souk, digits, tmp_path):
    rng = np.random.default_rng(7)
    pixels = rng.random((1, 1, 16, 16), np.float32)
    np.save(tmp_path / "pixels.npy", pixels)
    by_file = json.loads(run_cli("infer", "digits", "--data", f"@{tmp_path}/pixels.npy", url=souk.url).stdout)
    by_text = json.loads(run_cli("infer", "digits", "--data", json.dumps(pixels.tolist()), url=souk.url).stdout)
    assert by_file["outputs"] == by_text["outputs"]
    np.save(tmp_path / "columns.npy", np.asfortranarray(pixels[0, 0]))
    told = run_cli("infer", "digits", "--input", f"pixels=@{tmp_path}/columns.npy", url=souk.url)
    assert told.returncode == 2 and "input pixels: the array is in Fortran order" in told.stderr and "ascontiguousarray" in told.stderr


def test_top_shows_what_a_deployment_does(souk, digits):
    with Connection(souk) as connection:
        asking = threading.Event()

        def ask():
            while not asking.is_set():
                tell(connection, [Image.new("L", (32, 32))])

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            shown = json.loads(run_cli("top", "--interval", "1", url=souk.url).stdout)
        finally:
            asking.set()
            thread.join()
    seen = {one["deployment"]: one for one in shown["deployments"]}
    assert seen["digits"]["requests"] > 0 and seen["digits"]["latency_ms"] > 0 and seen["digits"]["batch_size"] >= 1
    table = run_cli("-o", "table", "top", "--interval", "0.2", "--count", "2", url=souk.url).stdout
    assert table.count("DEPLOYMENT") == 2 and "digits" in table
