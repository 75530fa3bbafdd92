# SPDX-License-Identifier: Apache-2.0
"""The Open Inference Protocol over REST, with the binary tensor extension."""

import gzip
import json
import struct
import zlib

import numpy as np
import pytest
from registry_client import push
from wire import Connection, call

NUMPY = {"BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64, "INT8": np.int8,
         "INT16": np.int16, "INT32": np.int32, "INT64": np.int64, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64}


def refused(answer, *statuses):
    """The protocol's own form of error."""
    assert answer.status in statuses, (answer.status, answer.body)
    assert answer.type == "application/json"
    body = answer.json()
    assert isinstance(body["error"], str) and body["error"], body
    return body["error"]


def infer(souk, name, request, binary=b"", headers=None):
    head = json.dumps(request).encode()
    more = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))} if binary else \
        {"Content-Type": "application/json"}
    return call(souk, "POST", f"/v2/models/{name}/infer", more | (headers or {}), head + binary)


def split(answer):
    """An answer's JSON, and its outputs' bytes by name."""
    length = int(answer.header("Inference-Header-Content-Length", len(answer.body)))
    head, rest = json.loads(answer.body[:length]), answer.body[length:]
    parts = {}
    for output in head["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is not None:
            parts[output["name"]], rest = rest[:size], rest[size:]
    assert rest == b""
    return head, parts


def tensor(name, shape, datatype, data=None, **parameters):
    made = {"name": name, "shape": shape, "datatype": datatype}
    if data is not None:
        made["data"] = data
    return made | ({"parameters": parameters} if parameters else {})


def test_server(souk, digits):
    for path in ("/v2", "/v2/"):
        server = call(souk, "GET", path).json()
        assert server["name"] == "souk" and server["version"]
        assert "binary_tensor_data" in server["extensions"]
    assert call(souk, "GET", "/v2/health/live").status == 200
    assert call(souk, "GET", "/v2/health/ready").status == 200


def test_model_metadata(souk, digits):
    for name in ("digits", "default/digits"):
        answer = call(souk, "GET", f"/v2/models/{name}")
        assert answer.status == 200, answer.body
        meta = answer.json()
        assert meta["platform"] == "onnx_onnxv1" and "1" in meta["versions"]
        assert meta["inputs"] == [{"name": "pixels", "datatype": "FP32", "shape": [-1, 1, 16, 16]}]
        assert {t["name"] for t in meta["outputs"]} == {"label", "probabilities"}
    assert call(souk, "GET", "/v2/models/digits/versions/1").status == 200
    ready = call(souk, "GET", "/v2/models/digits/ready")
    assert ready.status == 200 and ready.json() == {"name": "digits", "ready": True}
    assert call(souk, "GET", "/v2/models/digits/versions/1/ready").status == 200
    refused(call(souk, "GET", "/v2/models/digits/versions/99"), 404)
    refused(call(souk, "GET", "/v2/models/nothing"), 404)
    refused(call(souk, "GET", "/v2/models/nothing/ready"), 404)


def test_json_in_and_out(souk, models):
    request = {"id": "42", "inputs": [tensor("INPUT0", [1, 16], "INT32", list(range(16))),
                                      tensor("INPUT1", [1, 16], "INT32", [[1] * 16])]}
    answer = infer(souk, "simple", request)
    assert answer.status == 200, answer.body
    body = answer.json()
    assert (body["model_name"], body["id"]) == ("simple", "42") and body["model_version"] == "1"
    outputs = {o["name"]: o for o in body["outputs"]}
    assert outputs["OUTPUT0"] == {"name": "OUTPUT0", "datatype": "INT32", "shape": [1, 16], "data": [i + 1 for i in range(16)]}
    assert outputs["OUTPUT1"]["data"] == [i - 1 for i in range(16)]
    assert answer.header("souk-version-digest").startswith("sha256:") and answer.header("souk-trace-id")


def test_only_the_outputs_asked_for(souk, models):
    request = {"inputs": [tensor("INPUT1", [2, 16], "INT32", [0] * 32), tensor("INPUT0", [2, 16], "INT32", [5] * 32)],
               "outputs": [{"name": "OUTPUT1"}]}
    body = infer(souk, "simple", request).json()
    assert [o["name"] for o in body["outputs"]] == ["OUTPUT1"] and body["outputs"][0]["data"] == [5] * 32
    assert "id" not in body or body["id"] == ""


def test_binary_in_and_out(souk, models):
    a, b = np.arange(32, dtype="<i4"), np.full(32, 7, "<i4")
    inputs = [tensor("INPUT0", [2, 16], "INT32", binary_data_size=128), tensor("INPUT1", [2, 16], "INT32", binary_data_size=128)]
    request = {"inputs": inputs, "parameters": {"binary_data_output": True}}
    head, parts = split(infer(souk, "simple", request, a.tobytes() + b.tobytes()))
    assert (np.frombuffer(parts["OUTPUT0"], "<i4") == a + b).all() and (np.frombuffer(parts["OUTPUT1"], "<i4") == a - b).all()
    assert all("data" not in o for o in head["outputs"])
    mixed = {"inputs": inputs, "outputs": [{"name": "OUTPUT1", "parameters": {"binary_data": True}}, {"name": "OUTPUT0"}]}
    head, parts = split(infer(souk, "simple", mixed, a.tobytes() + b.tobytes()))
    assert set(parts) == {"OUTPUT1"}
    assert next(o for o in head["outputs"] if o["name"] == "OUTPUT0")["data"] == (a + b).tolist()
    half = {"inputs": [tensor("INPUT0", [1, 16], "INT32", binary_data_size=64), tensor("INPUT1", [1, 16], "INT32", [1] * 16)]}
    assert infer(souk, "simple", half, a[:16].tobytes()).json()["outputs"][0]["data"] == (a[:16] + 1).tolist()


def test_requests_on_one_connection(souk, models):
    with Connection(souk) as connection:
        for i in range(200):
            answer = connection.request("POST", "/v2/models/simple/infer", data={"inputs": [
                tensor("INPUT0", [1, 16], "INT32", [i] * 16), tensor("INPUT1", [1, 16], "INT32", [1] * 16)]})
            assert answer.json()["outputs"][0]["data"] == [i + 1] * 16


def extremes(datatype):
    if datatype == "BOOL":
        return [True, False, True, True, False, False]
    if datatype.startswith("FP"):
        info = np.finfo(NUMPY[datatype])
        return [0.0, -1.5, float(info.max), float(info.tiny), 0.1, float(info.min)]
    info = np.iinfo(NUMPY[datatype])
    return [0, 1, int(info.max), int(info.min), 7, 100]


@pytest.mark.parametrize("datatype", NUMPY)
def test_every_datatype_in_binary(souk, models, datatype):
    value = np.array(extremes(datatype), NUMPY[datatype])
    request = {"inputs": [tensor("input", [2, 3], datatype, binary_data_size=value.nbytes)], "parameters": {"binary_data_output": True}}
    answer = infer(souk, f"identity-{datatype.lower()}", request, value.tobytes())
    assert answer.status == 200, answer.body
    head, parts = split(answer)
    assert head["outputs"][0]["datatype"] == datatype and head["outputs"][0]["shape"] == [2, 3]
    assert parts["output"] == value.tobytes()


@pytest.mark.parametrize("datatype", [d for d in NUMPY if d != "FP16"])
def test_every_datatype_in_json(souk, models, datatype):
    value = extremes(datatype)
    answer = infer(souk, f"identity-{datatype.lower()}", {"inputs": [tensor("input", [3, 2], datatype, value)]})
    assert answer.status == 200, answer.body
    got = answer.json()["outputs"][0]["data"]
    assert np.array_equal(np.array(got, NUMPY[datatype]), np.array(value, NUMPY[datatype]))
    assert all(type(g) is type(v) or not isinstance(v, (bool, int)) for g, v in zip(got, value))


def test_bf16_in_binary(souk, models):
    value = np.array([0x3F80, 0xC000, 0x7F80, 0x0001], "<u2").tobytes()  # 1, -2, infinity, the smallest
    request = {"inputs": [tensor("input", [1, 4], "BF16", binary_data_size=8)], "parameters": {"binary_data_output": True}}
    answer = infer(souk, "identity-bf16", request, value)
    assert answer.status == 200, answer.body
    assert split(answer)[1]["output"] == value


def test_not_a_number_survives_in_binary(souk, models):
    value = np.array([np.nan, np.inf, -np.inf, -0.0], "<f4").tobytes()
    request = {"inputs": [tensor("input", [4, 1], "FP32", binary_data_size=16)], "parameters": {"binary_data_output": True}}
    assert split(infer(souk, "identity-fp32", request, value))[1]["output"] == value


def packed(texts):
    return b"".join(struct.pack("<I", len(t)) + t for t in texts)


def test_strings(souk, models):
    texts = ["", "plain", "ü€😀", "a\"b\\c\n\t"]
    answer = infer(souk, "identity-bytes", {"inputs": [tensor("input", [2, 2], "BYTES", texts)]})
    assert answer.status == 200, answer.body
    assert answer.json()["outputs"][0]["data"] == texts
    raw = [b"", b"nul\0inside", b"\xff\xfe", b"x" * 70_000]
    request = {"inputs": [tensor("input", [4, 1], "BYTES", binary_data_size=len(packed(raw)))], "parameters": {"binary_data_output": True}}
    answer = infer(souk, "identity-bytes", request, packed(raw))
    assert answer.status == 200, answer.body[:300]
    assert split(answer)[1]["output"] == packed(raw)


def test_shapes_that_are_special(souk, models):
    assert infer(souk, "fixed", {"inputs": [tensor("input", [2, 3], "FP32", [1, 5, 3, 4, 2, 6])]}).json()["outputs"][0]["data"] == [4, 5, 6]
    scalar = infer(souk, "scalar", {"inputs": [tensor("input", [3], "FP32", [1, 3, 2])]}).json()["outputs"][0]
    assert (scalar["shape"], scalar["data"]) == ([], [3])
    nothing = infer(souk, "no-values", {"inputs": [tensor("input", [2, 3], "FP32", [0] * 6)]}).json()["outputs"][0]
    assert (nothing["shape"], nothing["data"]) == ([0, 3], [])
    empty = infer(souk, "identity-fp32", {"inputs": [tensor("input", [0, 5], "FP32", [])]})
    assert empty.status == 200 and empty.json()["outputs"][0]["shape"] == [0, 5], empty.body


def test_a_model_that_fails_while_it_runs(souk, models):
    error = refused(infer(souk, "gather", {"inputs": [tensor("index", [1], "INT64", [99])]}), 400, 500)
    assert "gather" in error.lower() or "index" in error.lower(), error
    assert infer(souk, "gather", {"inputs": [tensor("index", [2], "INT64", [3, 0])]}).json()["outputs"][0]["data"] == [3, 0]


def test_an_answer_that_would_be_huge(souk, models):
    refused(infer(souk, "swell", {"inputs": [tensor("size", [1], "INT64", [1 << 42])]}), 400, 413, 429, 500, 507)
    refused(infer(souk, "swell", {"inputs": [tensor("size", [1], "INT64", [-5])]}), 400, 500)
    assert infer(souk, "swell", {"inputs": [tensor("size", [1], "INT64", [2])]}).json()["outputs"][0]["data"] == [0, 0]


I0, I1 = tensor("INPUT0", [1, 16], "INT32", [0] * 16), tensor("INPUT1", [1, 16], "INT32", [0] * 16)
WRONG = {
    "no inputs": {"inputs": []},
    "inputs missing": {},
    "inputs no list": {"inputs": {"name": "INPUT0"}},
    "a tensor missing": {"inputs": [I0]},
    "a tensor too many": {"inputs": [I0, I1, tensor("INPUT2", [1], "INT32", [1])]},
    "a tensor twice": {"inputs": [I0, I0, I1]},
    "an unknown tensor": {"inputs": [I0, tensor("INPUT9", [1, 16], "INT32", [0] * 16)]},
    "another datatype": {"inputs": [I0, tensor("INPUT1", [1, 16], "FP32", [0.0] * 16)]},
    "no datatype": {"inputs": [I0, tensor("INPUT1", [1, 16], "INT31", [0] * 16)]},
    "another rank": {"inputs": [I0, tensor("INPUT1", [16], "INT32", [0] * 16)]},
    "another dimension": {"inputs": [I0, tensor("INPUT1", [1, 17], "INT32", [0] * 17)]},
    "a negative dimension": {"inputs": [I0, tensor("INPUT1", [-1, 16], "INT32", [0] * 16)]},
    "a dimension of 2^62": {"inputs": [I0, tensor("INPUT1", [1 << 62, 16], "INT32", [0] * 16)]},
    "a product past 64 bits": {"inputs": [I0, tensor("INPUT1", [1 << 60, 16], "INT32", [])]},
    "a dimension with a fraction": {"inputs": [I0, tensor("INPUT1", [1.5, 16], "INT32", [0] * 16)]},
    "batches that differ": {"inputs": [tensor("INPUT0", [3, 16], "INT32", [0] * 48), tensor("INPUT1", [2, 16], "INT32", [0] * 32)]},
    "too few values": {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32", [0] * 15)]},
    "too many values": {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32", [0] * 17)]},
    "values nested otherwise": {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32", [[0] * 8, [0] * 8, [0]])]},
    "a text among numbers": {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32", [0] * 15 + ["1"])]},
    "null among numbers": {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32", [0] * 15 + [None])]},
    "a fraction among integers": {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32", [0] * 15 + [0.5])]},
    "past the datatype": {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32", [0] * 15 + [1 << 31])]},
    "no data": {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32")]},
    "an unknown output": {"inputs": [I0, I1], "outputs": [{"name": "OUTPUT9"}]},
    "an output twice": {"inputs": [I0, I1], "outputs": [{"name": "OUTPUT0"}, {"name": "OUTPUT0"}]},
    "an id that is a number": {"id": 7, "inputs": [I0, I1]},
    "a binary size without binary": {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32", binary_data_size=64)]},
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_the_signature(souk, models, name):
    error = refused(infer(souk, "simple", WRONG[name]), 400)
    assert len(error) < 1000


def test_an_error_names_the_tensor(souk, models):
    error = refused(infer(souk, "simple", WRONG["another datatype"]), 400)
    assert "INPUT1" in error and "FP32" in error and "INT32" in error
    error = refused(infer(souk, "simple", WRONG["another dimension"]), 400)
    assert "INPUT1" in error and "17" in error


BINARY = {
    "header longer than the body": ({"Inference-Header-Content-Length": "1000000"}, b""),
    "header length no number": ({"Inference-Header-Content-Length": "many"}, b"x"),
    "header length negative": ({"Inference-Header-Content-Length": "-1"}, b"x"),
    "too few bytes": ({}, bytes(63)),
    "too many bytes": ({}, bytes(65)),
}


@pytest.mark.parametrize("name", BINARY)
def test_binary_that_does_not_fit(souk, models, name):
    headers, data = BINARY[name]
    request = {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32", binary_data_size=64)]}
    refused(infer(souk, "simple", request, data or bytes(64), headers), 400)


@pytest.mark.parametrize("size", [-1, 1 << 62, "64", 6.4, 60])
def test_binary_sizes_that_do_not_fit(souk, models, size):
    request = {"inputs": [I0, tensor("INPUT1", [1, 16], "INT32", binary_data_size=size)]}
    refused(infer(souk, "simple", request, bytes(64)), 400)


@pytest.mark.parametrize("data", [struct.pack("<I", 100) + b"short", struct.pack("<I", 0xFFFFFFFF), b"\1\0", packed([b"a", b"b"]), b""])
def test_packed_strings_that_do_not_fit(souk, models, data):
    request = {"inputs": [tensor("input", [1, 1], "BYTES", binary_data_size=len(data))]}
    refused(infer(souk, "identity-bytes", request, data or b"x"), 400)


def test_data_and_binary_at_once(souk, models):
    both = tensor("INPUT1", [1, 16], "INT32", [0] * 16) | {"parameters": {"binary_data_size": 64}}
    refused(infer(souk, "simple", {"inputs": [I0, both]}, bytes(64)), 400)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"inputs":[]}x', b"[" * 200_000, b'{"a":' * 100_000, b'{"inputs":[{"name":"\xff"}]}',
                                  b'{"inputs":[],"inputs":[]}', b"\xef\xbb\xbf{}", b'{"inputs":[{"name":"INPUT0","shape":[1,16],"datatype":"INT32","data":[' + b"[" * 5000])
def test_bodies_that_are_no_json(souk, models, body):
    refused(call(souk, "POST", "/v2/models/simple/infer", {"Content-Type": "application/json"}, body), 400)


def test_a_deployment_that_is_not_there(souk):
    refused(infer(souk, "not-there", {"inputs": []}), 404)
    refused(infer(souk, "no-namespace/digits", {"inputs": []}), 404)
    assert call(souk, "POST", "/v2/models/digits/infer", {"X-Souk-Namespace": "no-namespace"}, b"{}").status == 404


def test_namespaces_by_header_and_by_name(souk, files):
    call(souk, "POST", "/api/v1/namespaces", data={"slug": "oip-team"})
    push(souk, "oip-team/adder", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes()})
    made = call(souk, "POST", "/api/v1/namespaces/oip-team/deployments", {"Prefer": "wait=30"}, data={"reference": "adder:1"})
    assert made.status == 201 and made.json()["state"] == "READY", made.body
    assert call(souk, "GET", "/v2/models/adder").status == 404
    assert call(souk, "GET", "/v2/models/adder", {"X-Souk-Namespace": "oip-team"}).status == 200
    assert infer(souk, "oip-team/adder", {"inputs": [I0, I1]}).status == 200


def test_an_external_weight_is_found_in_the_version(souk, files):
    content = {p.name: p.read_bytes() for p in (files / "external").iterdir()}
    assert push(souk, "default/external", "1", content).status == 201
    made = call(souk, "POST", "/api/v1/namespaces/default/deployments", {"Prefer": "wait=30"}, data={"reference": "external:1"})
    assert made.json()["state"] == "READY", made.body
    answer = infer(souk, "external", {"inputs": [tensor("x", [1, 4], "FP32", [10, 10, 10, 10])]})
    assert answer.json()["outputs"][0]["data"] == [10, 11, 12, 13]


def test_a_large_tensor_streams_through(souk, models):
    value = np.arange(4 << 20, dtype="<f4")
    request = {"inputs": [tensor("input", [1024, 4096], "FP32", binary_data_size=value.nbytes)], "parameters": {"binary_data_output": True}}
    answer = infer(souk, "identity-fp32", request, value.tobytes())
    assert answer.status == 200, answer.body[:300]
    assert split(answer)[1]["output"] == value.tobytes()


def test_configuration_and_statistics(souk, digits):
    config = call(souk, "GET", "/v2/models/digits/config").json()
    assert config["version_policy"] == {"specific": {"versions": [1]}}
    assert config["input"] == [{"name": "pixels", "data_type": "TYPE_FP32", "dims": [1, 16, 16]}]
    for path in ("/v2/models/digits/stats", "/v2/models/default/digits/versions/1/stats"):
        (own,) = call(souk, "GET", path).json()["model_stats"]
        assert own["name"] == "digits" and own["version"] == "1"
    assert "digits" in [one["name"] for one in call(souk, "GET", "/v2/models/stats").json()["model_stats"]]
    for path in ("/v2/models/nothing/config", "/v2/models/nothing/stats", "/v2/models/digits/versions/9/config"):
        refused(call(souk, "GET", path), 404)


def test_repository_refuses_what_it_does_not_know(souk, digits):
    def post(path, body=b""):
        return call(souk, "POST", path, {"Content-Type": "application/json"}, body)

    index = post("/v2/repository/index").json()
    assert {"name": "digits", "version": "1", "state": "READY", "reason": ""} in index
    assert post("/v2/repository/default/index", b'{"ready": true}').json()
    refused(post("/v2/repository/no-such-namespace/index"), 404)
    for path, body in (("/v2/repository/index", b'{"reddy": true}'), ("/v2/repository/index", b"{"),
                       ("/v2/repository/models/digits/load", b'{"parameters": {"config": "{}"}}'),
                       ("/v2/repository/models/digits/unload", b'{"parameters": {"unload_dependents": "yes"}}')):
        refused(post(path, body), 400)
    refused(post("/v2/repository/models/nothing/load"), 404)
    assert post("/v2/repository/models/a%00b/load").status == 400


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compressed_bodies(souk, models, coding):
    values = (np.arange(4096, dtype=np.float32) % 7).tolist()
    body = json.dumps({"inputs": [tensor("input", [1, 4096], "FP32", values)]}).encode()
    packed = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    headers = {"Content-Type": "application/json", "Content-Encoding": coding, "Accept-Encoding": coding}
    answer = call(souk, "POST", "/v2/models/identity-fp32/infer", headers, packed)
    assert answer.status == 200 and answer.header("Content-Encoding") == coding, answer.body[:200]
    assert len(answer.body) < len(body) / 4
    unpacked = gzip.decompress(answer.body) if coding == "gzip" else zlib.decompress(answer.body)
    assert json.loads(unpacked)["outputs"][0]["data"] == values
    plain = call(souk, "POST", "/v2/models/identity-fp32/infer", headers | {"Accept-Encoding": "identity"}, packed)
    assert plain.header("Content-Encoding") is None and plain.json()["outputs"][0]["data"] == values
    small = json.dumps({"inputs": [tensor("input", [1, 1], "FP32", [1.0])]}).encode()
    answer = call(souk, "POST", "/v2/models/identity-fp32/infer", {"Content-Type": "application/json", "Accept-Encoding": coding},
                  small)
    assert answer.header("Content-Encoding") is None, "a small answer gains nothing"


def test_compression_bombs_and_liars(souk, models):
    path = "/v2/models/identity-fp32/infer"
    bomb = gzip.compress(b" " * (300 << 20), 1)
    refused(call(souk, "POST", path, {"Content-Encoding": "gzip"}, bomb), 413)
    whole = gzip.compress(json.dumps({"inputs": [tensor("input", [1, 1], "FP32", [1.0])]}).encode())
    for coding, body in (("gzip", whole[:-3]), ("gzip", b"plain"), ("deflate", b""), ("gzip", whole + b"more")):
        refused(call(souk, "POST", path, {"Content-Encoding": coding}, body), 400)
    assert "Content-Encoding" in refused(call(souk, "POST", path, {"Content-Encoding": "br"}, whole), 400)
