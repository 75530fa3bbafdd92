# SPDX-License-Identifier: Apache-2.0
"""What clients of the Open Inference Protocol may do wrong: too many tensors, numbers that are none, requests broken off."""

import contextlib
import json
import socket
import struct
import threading

import grpc
import numpy as np
import pytest
from registry_client import deploy, push
from souk_server import Souk
from tritonclient.grpc import service_pb2, service_pb2_grpc
from wire import Connection, call

JSON = {"Content-Type": "application/json"}
PATIENCE = 60


def refused(answer, status=400):
    assert answer.status == status, (answer.status, answer.body[:500])
    return answer.json()["error"]


def numbers(souk, datatype, text):
    """One value, written as it is."""
    body = f'{{"inputs":[{{"name":"input","shape":[1,1],"datatype":"{datatype}","data":[{text}]}}]}}'
    return call(souk, "POST", f"/v2/models/identity-{datatype.lower()}/infer", JSON, body.encode())


BEYOND = {"UINT8": ("256", "-1"), "UINT16": ("65536", "-1"), "UINT32": ("4294967296", "-1"), "UINT64": ("18446744073709551616", "-1"),
          "INT8": ("128", "-129"), "INT16": ("32768", "-32769"), "INT32": ("2147483648", "-2147483649"),
          "INT64": ("9223372036854775808", "-9223372036854775809"), "FP32": ("1e39", "-1e39"), "FP64": ("1e309", "-1e309")}


@pytest.mark.parametrize("datatype", BEYOND)
def test_numbers_beyond_the_type(souk, models, datatype):
    for text in BEYOND[datatype]:
        error = refused(numbers(souk, datatype, text))
        assert "inputs[0].data" in error, error


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "nan", "null", "true", '"NaN"', "0x1", "01", "1.5", "1e0.5", "--1"])
def test_what_is_no_integer(souk, models, text):
    refused(numbers(souk, "INT32", text))


def test_ten_thousand_tensors(souk, models):
    many = [{"name": f"INPUT{i}", "shape": [1, 16], "datatype": "INT32", "data": [0] * 16} for i in range(10_000)]
    empty = [{"name": f"INPUT{i}", "shape": [0, 16], "datatype": "INT32", "parameters": {"binary_data_size": 0}} for i in range(10_000)]
    for body in ({"inputs": many}, {"inputs": empty}, {"inputs": many[:2], "outputs": [{"name": "OUTPUT0"}] * 10_000},
                 {"inputs": many[:4000]}):
        error = refused(call(souk, "POST", "/v2/models/simple/infer", JSON, json.dumps(body).encode()))
        assert len(error) < 1000 and ("inputs" in error or "outputs" in error or "INPUT" in error), error
    with grpc.insecure_channel(f"{souk.host}:{souk.port}") as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        request = service_pb2.ModelInferRequest(model_name="simple")
        for i in range(10_000):
            request.inputs.add(name=f"INPUT{i}", datatype="INT32", shape=[1, 16])
        for raw in ([], [bytes(64)] * 10_000):
            request.raw_input_contents[:] = raw
            with pytest.raises(grpc.RpcError) as error:
                stub.ModelInfer(request, timeout=60)
            assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and len(error.value.details()) < 1000, error.value


def open_connections(souk):
    line = next(one for one in call(souk, "GET", "/metrics").body.decode().splitlines() if one.startswith("souk_net_connections "))
    return float(line.split()[1])


class Recorder:
    """Stands between a client and the server, and keeps what the client sent."""

    def __init__(self, souk):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.souk, self.sent = self.listener.getsockname()[1], souk, bytearray()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        client, _ = self.listener.accept()
        server = socket.create_connection((self.souk.host, self.souk.port))
        threading.Thread(target=self.pass_on, args=(server, client, None), daemon=True).start()
        self.pass_on(client, server, self.sent)

    @staticmethod
    def pass_on(source, sink, kept):
        with contextlib.suppress(OSError):  # until one of them ends
            while data := source.recv(1 << 16):
                if kept is not None:
                    kept += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


def messages(count):
    for i in range(count):
        request = service_pb2.ModelInferRequest(model_name="simple", id=str(i), raw_input_contents=[bytes(64)] * 2)
        for name in ("INPUT0", "INPUT1"):
            request.inputs.add(name=name, datatype="INT32", shape=[1, 16])
        yield request


def test_a_stream_that_is_cut_off_anywhere(tmp_path, files):
    """What a real client sends, up to each byte in turn; the server lets go of all of it, and answers others meanwhile."""
    with Souk(tmp_path / "data") as souk:
        assert push(souk, "default/simple", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes()}).status == 201
        deploy(souk, "default/simple:1", "simple")
        recorder = Recorder(souk)
        with grpc.insecure_channel(f"127.0.0.1:{recorder.port}") as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            assert len(list(stub.ModelStreamInfer(messages(3), timeout=60))) == 3
        sent = bytes(recorder.sent)
        assert len(sent) > 600
        going, answers = True, []

        def others():
            with Connection(souk) as connection:
                body = {"inputs": [{"name": f"INPUT{i}", "shape": [1, 16], "datatype": "INT32", "data": [i] * 16} for i in (0, 1)]}
                while going:
                    answers.append(connection.request("POST", "/v2/models/simple/infer", data=body).status)

        other = threading.Thread(target=others)
        other.start()
        listening = []
        for cut in range(1, len(sent)):
            broken = socket.create_connection((souk.host, souk.port), PATIENCE)
            broken.sendall(sent[:cut])
            if cut % 3 == 1:  # it says that it ends, and listens to the end
                broken.shutdown(socket.SHUT_WR)
                listening.append(broken)
                continue
            if cut % 3 == 2:  # it is gone without a word
                broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            broken.close()
        for broken in listening:
            with broken, contextlib.suppress(ConnectionResetError):
                while broken.recv(1 << 16):
                    pass
        going = False
        other.join()
        assert set(answers) == {200}
        for _ in range(PATIENCE * 20):
            if open_connections(souk) <= 1:
                break
            threading.Event().wait(0.05)
        assert open_connections(souk) <= 1, "only the one that asks"


def test_members_of_a_batch_that_leave(tmp_path, files):
    """Whoever stays gets its own rows, whoever else of the batch has left."""
    yaml = b"batching:\n  max_batch_size: 16\n  max_queue_delay_microseconds: 2000\n"
    with Souk(tmp_path / "data", "--serving-run-in-place-us", "0") as souk:
        assert push(souk, "default/rows", "1", {"m.onnx": (files / "models/identity_fp32.onnx").read_bytes(), "souk.yaml": yaml}).status == 201
        deploy(souk, "default/rows:1", "rows")
        rounds, together = 60, 12
        for turn in range(rounds):
            connections = [Connection(souk) for _ in range(together)]
            for i, connection in enumerate(connections):
                body = json.dumps({"inputs": [{"name": "input", "shape": [1, 2], "datatype": "FP32", "data": [turn, i]}]}).encode()
                connection.send(connection.head("POST", "/v2/models/rows/infer", JSON | {"Content-Length": str(len(body))}) + body)
                if i % 2:
                    connection.close()
            for i, connection in enumerate(connections[::2]):
                answer = connection.read("POST")
                assert answer.status == 200 and answer.json()["outputs"][0]["data"] == [turn, 2 * i], answer.body
                connection.close()
        (own,) = call(souk, "GET", "/v2/models/rows/stats").json()["model_stats"]
        assert any(size["batch_size"] > 1 for size in own["batch_stats"]), "nothing was joined"
        assert np.sum([size["compute_infer"]["count"] for size in own["batch_stats"]]) > 0
