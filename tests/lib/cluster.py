# SPDX-License-Identifier: Apache-2.0
"""Nodes of one installation: one on SQLite, or several on one PostgreSQL and one folder of bytes."""

import random
import select
import socket
import threading

from souk_server import Souk


class Cluster:
    """`with Cluster(folder, database_url, 2) as cluster: cluster[0].url`. Without a URL: one node on SQLite."""

    def __init__(self, folder, database=None, count=2, arguments=(), through=None):
        self.nodes = []
        for i in range(count if database else 1):
            more = []
            if database:
                url = through[i] if through and through[i] else database
                more = ["--database", url, "--blobs", f"file:{folder}/blobs", "--node", f"node-{i}"]
            self.nodes.append(Souk(folder / f"data-{i}", *more, *arguments))

    def __getitem__(self, index):
        return self.nodes[index]

    def __len__(self):
        return len(self.nodes)

    def any(self, rng=random):
        """A node that runs, as a load balancer would choose."""
        running = [node for node in self.nodes if node.running()]
        return rng.choice(running) if running else None

    def __enter__(self):
        for node in self.nodes:
            node.start()
        return self

    def __exit__(self, kind, *_):
        codes = [node.stop() for node in self.nodes if node.running()]
        if kind is None:
            assert all(code == 0 for code in codes), [node.log()[-3000:] for node in self.nodes]


class Proxy:
    """A TCP proxy that can be cut: nothing passes, no connection is closed, and what was sent is kept back until it is joined
    again (then it arrives late) or dropped."""

    def __init__(self, host, port):
        self.target, self.passing, self.pairs = (host, port), threading.Event(), []
        self.passing.set()
        self.closing = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, url):
        """A URL of the target's, through here."""
        return url.replace(f"{self.target[0]}:{self.target[1]}", f"127.0.0.1:{self.port}")

    def _accept(self):
        while not self.closing:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        self.passing.wait()  # a new connection gets no answer while it is cut
        try:
            server = socket.create_connection(self.target)
        except OSError:
            client.close()
            return
        pair = (client, server)
        self.pairs.append(pair)
        for one in pair:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                for one in select.select(pair, [], [], 0.05)[0]:
                    data = one.recv(1 << 16)
                    self.passing.wait()  # what came meanwhile is kept, and delivered late
                    if not data:
                        return
                    (server if one is client else client).sendall(data)
        except OSError:
            pass
        finally:
            for one in pair:
                one.close()

    def cut(self):
        self.passing.clear()

    def join(self):
        self.passing.set()

    def close(self):
        self.closing = True
        self.passing.set()
        self.listener.close()
        for pair in self.pairs:
            for one in pair:
                one.close()
