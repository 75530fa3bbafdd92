# SPDX-License-Identifier: Apache-2.0
"""Clients that are slow, idle or do not listen take nothing from the others."""

import os
import socket
import threading
import time

from registry_client import deploy, folder, push, push_blob
from souk_server import Souk
from wire import Connection, call

MODELS = "/api/v1/namespaces/default/models"


def times(souk, count=200, target="/healthz"):
    """Seconds that requests take, each on the same connection; sorted."""
    out = []
    with Connection(souk) as connection:
        for _ in range(count):
            began = time.monotonic()
            assert connection.request("GET", target).status == 200
            out.append(time.monotonic() - began)
    return sorted(out)


def memory_settles(souk, below_kib):
    end = time.monotonic() + 10
    while souk.resident_kib() > below_kib:
        assert time.monotonic() < end, f"{souk.resident_kib()} KiB are held, more than {below_kib}"
        time.sleep(0.1)


def test_slow_loris(tmp_path):
    """Heads and bodies that come a byte at a time are cut off; others do not feel them."""
    with Souk(tmp_path / "d", "--net-head-timeout", "2s") as souk:
        usual = times(souk)[190]
        slow = [socket.create_connection((souk.host, souk.port)) for _ in range(300)]
        stopped = threading.Event()

        def drip():
            text = b"GET /api/v1/models HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 1000
            for i in range(len(text)):
                for one in slow:
                    try:
                        one.send(text[i:i + 1])
                    except OSError:
                        pass
                if stopped.wait(0.2):
                    return

        dripper = threading.Thread(target=drip)
        dripper.start()
        try:
            time.sleep(0.5)
            assert times(souk)[190] < max(0.05, usual * 10)
            assert times(souk, 50, "/api/v1/models")[45] < 0.2
            end = time.monotonic() + 10
            while True:  # each was cut off, with 408 or without a word
                open_ones = 0
                for one in slow:
                    one.setblocking(False)
                    try:
                        open_ones += one.recv(4096) != b""
                    except BlockingIOError:
                        open_ones += 1
                    except OSError:
                        pass
                if not open_ones:
                    break
                assert time.monotonic() < end, f"{open_ones} slow clients are still connected"
                time.sleep(0.1)
        finally:
            stopped.set()
            dripper.join()
            for one in slow:
                one.close()


def test_two_thousand_idle_connections(tmp_path, root):
    with Souk(tmp_path / "d") as souk:
        push(souk, "default/digits", "1", folder(root / "samples/digits"))
        deploy(souk, "default/digits:1", "digits")
        before, usual = souk.resident_kib(), times(souk)[190]
        idle = []
        for i in range(2000):
            connection = socket.create_connection((souk.host, souk.port))
            if i % 2:  # half have asked something before
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            idle.append(connection)
        try:
            assert times(souk)[190] < max(0.05, usual * 10)
            assert call(souk, "POST", MODELS, data={"name": "beside"}).status == 201
            assert call(souk, "GET", "/v2/models/digits/ready").status == 200
            grown = souk.resident_kib() - before
            assert grown < 100 << 10, f"{grown / 2000:.0f} KiB a connection"
        finally:
            for connection in idle:
                connection.close()
        assert souk.stop() == 0


def test_clients_that_never_read(tmp_path):
    """Large answers that nobody takes hold neither memory nor the threads that others need."""
    with Souk(tmp_path / "d", "--api-stream-threads", "8") as souk:
        data = os.urandom(64 << 20)
        digest = push_blob(souk, "default/big", data)
        before = souk.resident_kib()
        deaf = []
        for _ in range(20):
            connection = Connection(souk)
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.send(connection.head("GET", f"/v2/default/big/blobs/{digest}"))
            deaf.append(connection)
        watcher = Connection(souk)  # and one that watches without reading
        watcher.send(watcher.head("GET", "/api/v1/events"))
        for i in range(300):
            assert call(souk, "POST", MODELS, data={"name": f"m{i}"}).status == 201
        assert times(souk)[190] < 0.05
        memory_settles(souk, before + (80 << 10))
        for connection in [*deaf, watcher]:
            connection.close()
        end = time.monotonic() + 10
        while True:  # once they are gone, downloads work
            answer = call(souk, "GET", f"/v2/default/big/blobs/{digest}")
            if answer.status == 200:
                assert answer.body == data
                break
            assert answer.status == 503 and answer.header("Retry-After")
            assert time.monotonic() < end
            time.sleep(0.1)
