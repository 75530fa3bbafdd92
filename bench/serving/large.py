"""Tensors of 16 MiB, there and back through an identity, beside the same bytes by plain sockets and nothing else."""
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import struct
import tempfile
import time
from pathlib import Path

import peers

SIZE = 16 << 20
TIMES = 12


def receive(connection, into):
    """Fills the view."""
    at = 0
    while at < len(into):
        got = connection.recv_into(into[at:])
        assert got, "the connection ended"
        at += got


def give_back(listener):
    """Takes SIZE bytes and gives them back, until the other side leaves."""
    os.sched_setaffinity(0, {0})
    connection, _ = listener.accept()
    buffer = memoryview(bytearray(SIZE))
    while True:
        try:
            receive(connection, buffer)
        except AssertionError:
            return
        connection.sendall(buffer)


def plain_copies():
    """Seconds of each round."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.Process(target=give_back, args=(listener,))
        process.start()
        with socket.create_connection(listener.getsockname()) as client:
            taken, data, into = [], memoryview(bytes(SIZE)), memoryview(bytearray(SIZE))
            for _ in range(TIMES):
                begin = time.perf_counter()
                client.sendall(data)
                receive(client, into)
                taken.append(time.perf_counter() - begin)
        process.join(20)
    return taken


def rest(server, data):
    """The binary extension, by a socket kept open."""
    header = json.dumps({"inputs": [{"name": "input", "datatype": "FP32", "shape": SHAPE, "parameters": {"binary_data_size": SIZE}}],
                         "parameters": {"binary_data_output": True}}).encode()
    head = (f"POST /v2/models/identity/infer HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/octet-stream\r\n"
            f"Inference-Header-Content-Length: {len(header)}\r\nContent-Length: {len(header) + SIZE}\r\n\r\n").encode() + header
    into, taken = memoryview(bytearray(SIZE + 4096)), []
    with socket.create_connection((server.host, int(server.port))) as client:
        for _ in range(TIMES):
            begin = time.perf_counter()
            client.sendall(head)
            client.sendall(data)
            got = client.recv_into(into)
            while (end := bytes(into[:min(got, 2048)]).find(b"\r\n\r\n")) < 0:
                got += client.recv_into(into[got:])
            fields = bytes(into[:end]).decode().lower().split("\r\n")
            assert fields[0].startswith("http/1.1 200"), fields
            length = next(int(field.split(":")[1]) for field in fields if field.startswith("content-length:"))
            assert length > SIZE
            receive(client, into[got:end + 4 + length])
            taken.append(time.perf_counter() - begin)
    return taken


def grpc_seconds(common, server, data):
    """h2load, with windows that let the answer come at once."""
    message = peers.field(1, b"identity") + peers.field(5, peers.field(1, b"input") + peers.field(2, b"FP32") + peers.field(3, b"".join(map(peers.varint, SHAPE))))
    message += peers.field(7, bytes(data))
    with tempfile.NamedTemporaryFile() as body:
        body.write(b"\0" + struct.pack(">I", len(message)) + message)
        body.flush()
        url = f"{server.url}/inference.GRPCInferenceService/ModelInfer"
        durations = common.h2load(url, 1, TIMES, "-m", "1", "-w", "30", "-W", "30", "-d", body.name, "-H", "content-type: application/grpc", "-H", "te: trailers", http2=True)[1]
    return [one / 1e6 for one in durations]


SHAPE = [1, SIZE // 4]
MODEL = peers.ROOT / "tests/data/models/identity_fp32.onnx"


def bench(common, work):
    os.sched_setaffinity(0, {1})
    data = memoryview(os.urandom(SIZE))
    with common.Server(str(Path(work) / "large")) as server:
        folder = Path(work) / "identity"
        folder.mkdir()
        shutil.copy(MODEL, folder)
        server.cli("model", "push", str(folder), "default/identity:1", "--quiet")
        server.cli("deploy", "default/identity:1", "--name", "identity", "--quiet")
        plain, by = [], {"binary REST": [], "gRPC": []}
        for _ in range(3):
            plain += plain_copies()[2:]
            by["binary REST"] += rest(server, data)[2:]
            by["gRPC"] += grpc_seconds(common, server, data)[2:]
    p = statistics.median(plain)
    for name, taken in by.items():
        t = statistics.median(taken)
        common.report(f"16 MiB there and back, {name}: speed / plain sockets", p / t, 0.5, f"{t * 1000:.1f} / {p * 1000:.1f} ms")
