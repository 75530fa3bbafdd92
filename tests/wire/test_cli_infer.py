# SPDX-License-Identifier: Apache-2.0
"""`souk infer` from all that it takes, and `souk bench`."""

import json
import subprocess

import numpy as np
import pytest
from souk_server import BINARY, clean_environment, run_cli

LEFT, RIGHT = np.arange(16, dtype=np.int32).reshape(1, 16), np.full((1, 16), 3, np.int32)
REQUEST = {"inputs": [{"name": name, "shape": [1, 16], "datatype": "INT32", "data": data.ravel().tolist()}
                      for name, data in (("INPUT0", LEFT), ("INPUT1", RIGHT))]}


def infer(souk, *arguments, stdin=b""):
    done = subprocess.run([str(BINARY), "infer", *map(str, arguments)], env=clean_environment(SOUK_URL=souk.url), input=stdin, capture_output=True, timeout=60)
    return done.returncode, done.stdout if done.returncode == 0 else done.stderr.decode()


def check(done):
    code, out = done
    assert code == 0, out
    outputs = {one["name"]: one["data"] for one in json.loads(out)["outputs"]}
    assert outputs == {"OUTPUT0": (LEFT + RIGHT).ravel().tolist(), "OUTPUT1": (LEFT - RIGHT).ravel().tolist()}


def test_json(souk, models, tmp_path):
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))
    check(infer(souk, "simple", "--data", json.dumps(REQUEST)))
    check(infer(souk, "simple", "--data", f"@{tmp_path}/request.json"))
    check(infer(souk, "simple", "--data", "-", stdin=json.dumps(REQUEST).encode()))
    check(infer(souk, "simple", "--input", f"INPUT0={LEFT.tolist()}", "--input", "INPUT1=-", stdin=json.dumps(RIGHT.tolist()).encode()))


def test_numpy(souk, models, tmp_path):
    np.save(tmp_path / "left.npy", LEFT)
    np.save(tmp_path / "right.npy", RIGHT)
    check(infer(souk, "simple", "--input", f"INPUT0=@{tmp_path}/left.npy", "--input", f"INPUT1=@{tmp_path}/right.npy"))
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "both.npz", INPUT1=RIGHT, INPUT0=LEFT)
        check(infer(souk, "simple", "--data", f"@{tmp_path}/both.npz"))
        check(infer(souk, "simple", "--data", "-", stdin=(tmp_path / "both.npz").read_bytes()))
    code, said = infer(souk, "simple", "--input", f"INPUT0=@{tmp_path}/both.npz")
    assert code == 2 and "several arrays" in said and "--data @FILE" in said, said
    np.savez(tmp_path / "other.npz", INPUT0=LEFT, INPUT7=RIGHT)
    code, said = infer(souk, "simple", "--data", f"@{tmp_path}/other.npz")
    assert code == 2 and "no input INPUT7; it has INPUT0, INPUT1" in said, said
    (tmp_path / "half.npz").write_bytes((tmp_path / "both.npz").read_bytes()[:-10])
    code, said = infer(souk, "simple", "--data", f"@{tmp_path}/half.npz")
    assert code == 2 and "breaks off" in said, said


def test_images(souk, digits, root):
    image = root / "samples/digits/images/7.png"
    for given, stdin in ((image, b""), ("-", image.read_bytes())):
        code, out = infer(souk, "digits", "--image", given, stdin=stdin)
        assert code == 0 and json.loads(out)["task_outputs"][0]["data"]["category"] == "7", out


def test_bench(souk, models):
    def bench(*more):
        done = run_cli("bench", "simple", "--seconds", "0.5", "--warm-up", "0", *more, url=souk.url)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    closed = bench("--connections", "2")
    assert closed["loop"] == "closed" and closed["requests"] > 0 and closed["errors"] == {} and "late" not in closed
    assert 0 < closed["latency_seconds"]["p50"] <= closed["latency_seconds"]["p99"] <= closed["latency_seconds"]["max"]
    calm = bench("--rate", "50")
    assert calm["loop"] == "open" and calm["rate"] == 50 and abs(calm["requests"] - 25) <= 5 and calm["late"] <= 3, calm
    flood = bench("--rate", "300000", "--connections", "1")
    assert flood["late"] > flood["requests"] and flood["latency_seconds"]["p99"] >= 0.2, "what was not sent counts as well"


@pytest.mark.parametrize("options,said", [((), "nothing to infer from"), (("--input", "INPUT0"), "NAME=JSON"), (("--data", "[1"), ""),
                                          (("--data", "[1]"), "name each")])
def test_what_cannot_be_sent(souk, models, options, said):
    code, message = infer(souk, "simple", *options)
    assert code == 2 and said in message, message
