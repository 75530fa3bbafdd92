"""Tensors of 16 MiB, there and back through an identity, beside the same bytes by plain sockets and nothing else."""
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import struct
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


FRAME = 16 << 10
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
ALL = (1 << 31) - 1 - 65535


def frame(kind, flags, stream, payload):
    return struct.pack(">IBI", len(payload) << 8 | kind, flags, stream) + payload


def literal(name, value):
    """A field of a head without compression (RFC 7541, 6.2.2)."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


class Http2:
    """As little of a client as HTTP/2 allows: its frames are made beforehand, and of what comes only the kinds and
    lengths are looked at, so that what is measured is the server."""

    def __init__(self, server):
        self.socket = socket.create_connection((server.host, int(server.port)))
        self.connection_window = self.stream_window = self.first_window = 65535
        self.buffer, self.filled, self.stream = memoryview(bytearray(4 << 20)), 0, -1
        self.skip = 0  # of a DATA frame's payload
        self.got, self.over = 0, False
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, ALL)) + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", ALL)))

    def call(self, path, message):
        """Sends the frames of one message and reads its answer; gives how many bytes of data came."""
        self.stream += 2
        self.got, self.over = 0, False
        self.stream_window = self.first_window
        head = b"\x83\x86" + literal(b":path", path) + literal(b":authority", b"localhost") + literal(b"content-type", b"application/grpc") + literal(b"te", b"trailers")
        self.socket.sendall(frame(HEADERS, 4, self.stream, head))
        heads = message[1]
        for i, (at, payload) in enumerate(heads):
            struct.pack_into(">I", message[0], at + 5, self.stream)
        sent = 0
        while sent < len(heads):
            window, until = min(self.connection_window, self.stream_window), sent
            while until < len(heads) and heads[until][1] <= window:
                window -= heads[until][1]
                until += 1
            if until == sent:
                self.read()
                continue
            begin, end = heads[sent][0], heads[until][0] if until < len(heads) else len(message[0])
            used = sum(payload for _, payload in heads[sent:until])
            self.connection_window -= used
            self.stream_window -= used
            self.socket.sendall(memoryview(message[0])[begin:end])
            sent = until
        while not self.over:
            self.read()
        self.socket.sendall(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", self.got)))
        return self.got

    def read(self):
        got = self.socket.recv_into(self.buffer[self.filled:])
        assert got, "the connection ended"
        self.filled += got
        at = min(self.skip, self.filled)
        self.skip -= at
        while self.filled - at >= 9:
            size_kind, flags, stream = struct.unpack_from(">IBI", self.buffer, at)
            size, kind = size_kind >> 8, size_kind & 255
            if kind != DATA and self.filled - at < 9 + size:
                break
            self.take(kind, flags, stream, self.buffer[at + 9:at + 9 + size], size)
            end = at + 9 + size
            self.skip = max(end - self.filled, 0)
            at = min(end, self.filled)
        self.buffer[:self.filled - at] = bytes(self.buffer[at:self.filled])
        self.filled -= at

    def take(self, kind, flags, stream, payload, size):
        assert kind not in (RST_STREAM, GOAWAY), bytes(payload)
        if kind == DATA:
            self.got += size
        if kind in (DATA, HEADERS) and flags & 1:
            self.over = True
        elif kind == SETTINGS and not flags & 1:
            for i in range(0, size, 6):
                what, value = struct.unpack_from(">HI", payload, i)
                if what == 4:
                    self.stream_window += value - self.first_window
                    self.first_window = value
            self.socket.sendall(frame(SETTINGS, 1, 0, b""))
        elif kind == WINDOW_UPDATE:
            more = struct.unpack(">I", payload)[0]
            if stream == 0:
                self.connection_window += more
            elif stream == self.stream:
                self.stream_window += more


def in_frames(message):
    """The bytes of its DATA frames, and where each begins with how much in it."""
    out, heads = bytearray(), []
    for at in range(0, len(message), FRAME):
        piece = message[at:at + FRAME]
        heads.append((len(out), len(piece)))
        out += frame(DATA, 1 if at + FRAME >= len(message) else 0, 1, piece)
    return out, heads


def grpc_seconds(common, server, data):
    """Seconds of each call."""
    message = peers.field(1, b"identity") + peers.field(5, peers.field(1, b"input") + peers.field(2, b"FP32") + peers.field(3, b"".join(map(peers.varint, SHAPE))))
    message += peers.field(7, bytes(data))
    frames, taken = in_frames(b"\0" + struct.pack(">I", len(message)) + message), []
    client = Http2(server)
    for _ in range(TIMES):
        begin = time.perf_counter()
        assert client.call(b"/inference.GRPCInferenceService/ModelInfer", frames) > SIZE
        taken.append(time.perf_counter() - begin)
    client.socket.close()
    return taken


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
