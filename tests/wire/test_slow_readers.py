# SPDX-License-Identifier: Apache-2.0
"""Who listens to events and does not read them: is cut off, hinders nobody, and misses nothing when it comes again."""

import json
import socket
import time

from both_databases import souk  # noqa: F401
from wire import Closed, Connection, call

EVENTS = 450  # of 26 KB each: more than what may wait in the server and in the kernel together
EXPERIMENTS = "/api/v1/namespaces/default/experiments"


class Slow(Connection):
    """A client that takes little at a time."""

    def __init__(self, server):
        super().__init__(server, 60)
        self.socket.close()
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(60)
        self.socket.connect((server.host, server.port))


def whole_events(connection):
    """(cursor, event) of those that come until the connection ends or nothing more does; a torn one does not count."""
    connection.socket.settimeout(3)
    found, id_ = [], ""
    try:
        for line in connection.lines(seconds=120):
            if line.startswith("id: "):
                id_ = line.removeprefix("id: ")
            elif line.startswith("data: "):
                found.append((id_, json.loads(line.removeprefix("data: "))))
    except (Closed, ConnectionResetError, TimeoutError, ValueError):
        pass
    return found


def test_who_does_not_read_is_cut_off_and_goes_on_where_it_was(souk):
    experiment = f"slow-{time.time_ns()}"
    assert call(souk, "POST", EXPERIMENTS, data={"name": experiment}).status == 201
    run = call(souk, "POST", f"{EXPERIMENTS}/{experiment}/runs", data={"name": "talks"}).json()["id"]
    step, slowest = 0, 0.0

    def log():
        nonlocal step, slowest
        step += 1
        metrics = [{"name": f"{number:03}-{'m' * 190}", "value": float(step), "step": step} for number in range(100)]
        began = time.monotonic()
        assert call(souk, "POST", f"{EXPERIMENTS}/{experiment}/runs/{run}:log", data={"metrics": metrics}).status in (200, 204)
        slowest = max(slowest, time.monotonic() - began)

    head = "/api/v1/events?types=run.logged"
    with Slow(souk) as slow, Connection(souk, 60) as brisk:
        for connection in (brisk, slow):
            connection.send(connection.head("GET", head, {"Accept": "text/event-stream"}))
            answer = connection.read_head()
            assert answer.status == 200
        told = brisk.lines(seconds=120)
        for _ in range(EVENTS):
            log()
            next(line for line in told if line.startswith("data: "))  # the other one hears each, at once
        assert slowest < 10, "who logs does not wait for who does not read"
        got = whole_events(slow)
        assert len(got) < step, "it was cut off before the end"
    while len(got) < step:  # as a browser does: again and again, from the last one that was whole or from the beginning
        with Connection(souk, 60) as again:
            again.send(again.head("GET", head, {"Accept": "text/event-stream", "Last-Event-ID": got[-1][0] if got else answer.header("souk-event-cursor")}))
            assert again.read_head().status == 200
            more = whole_events(again)
            assert more, "each time some come"
            got += more
    values = [next(iter(event["data"]["metrics"].values()))["step"] for _, event in got]
    assert values == list(range(1, step + 1)), "each once, in order"
