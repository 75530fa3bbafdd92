# SPDX-License-Identifier: Apache-2.0
"""Rounds of work with a kill -9 of a node at a random point of each, and a checker of everything that was acknowledged.

    python tests/fault/rounds.py [--rounds 200] [--seed N] [--database sqlite|postgresql]

Clients create models and trigger a deployed one asynchronously (both retried under an Idempotency-Key until they are
answered), push versions, move an alias and deploy, through whichever node runs. After each round: what was acknowledged
is there, at every node; what was under way when its node died is there wholly or not at all; every change told its event
once; every trigger became one operation, with the right answer, whose result was kept once. A run is repeated by its seed.
"""

import argparse
import base64
import json
import os
import random
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lib")]

from cluster import Cluster  # noqa: E402
from postgres import Postgres  # noqa: E402
from registry_client import deploy, digest_of, manifest_of, push, put_manifest  # noqa: E402
from registry_client import folder as files_in  # noqa: E402
from wire import Closed, Connection, call  # noqa: E402

MODELS = "/api/v1/namespaces/default/models"
DEPLOYMENTS = "/api/v1/namespaces/default/deployments"
OPERATIONS = "/api/v1/operations"
CLIENTS = 6
GONE = (OSError, Closed, ValueError)


class Undecided(Exception):
    """The node went away, or could not: the change may have been made or not."""


class Value:
    """What a single writer knows of a value: the last that was acknowledged, and what was tried since."""

    def __init__(self):
        self.acknowledged, self.tried = None, []

    def attempt(self, value, act):
        self.tried.append(value)
        act()
        self.acknowledged, self.tried = value, []

    def admits(self, value):
        return value == self.acknowledged or value in self.tried


class Client(threading.Thread):
    """Works on models of its own, one change after the other."""

    def __init__(self, run, number):
        super().__init__(daemon=True)
        self.run_, self.number = run, number
        self.random = random.Random(run.seed * 1000 + number)
        self.going, self.fault = False, None
        self.models = {}  # slug → {"id", "versions": {tag: digest}, "alias": Value, "deployed": Value}
        self.operations, self.unchecked = {}, {}  # uid → the digit that was shown
        self.counts = Counter()

    def run(self):
        while True:
            self.run_.gate.wait()
            if self.run_.over:
                return
            self.going = True
            try:
                self.work()
            except Undecided:
                self.counts["undecided"] += 1
            except GONE:
                self.counts["undecided"] += 1
            except AssertionError as fault:
                self.fault = fault
                return
            finally:
                self.going = False

    def ask(self, method, path, good, **more):
        """The answer, when it is one of `good`; a refusal for the moment, and a broken connection, leave it undecided."""
        node = self.run_.cluster.any(self.random)
        if node is None:
            time.sleep(0.02)
            raise Undecided
        answer = call(node, method, path, timeout=30, **more)
        if answer.status in (503, 429) or answer.status == 409 and b"ABORTED" in answer.body:
            time.sleep(0.02)
            raise Undecided
        assert answer.status in good, (method, path, answer.status, answer.body[:400])
        return answer

    def work(self):
        if not self.models or self.random.random() < 0.1:
            return self.create()
        if self.random.random() < 0.3:
            return self.trigger()
        slug = self.random.choice(list(self.models))
        model = self.models[slug]
        choice = self.random.random()
        if not model["versions"] or choice < 0.4:
            self.push(slug, model)
        elif choice < 0.75:
            number = self.random.choice(list(model["versions"]))
            model["alias"].attempt(number, lambda: self.ask("PUT", f"{MODELS}/{slug}/aliases/champion", (200,), data={"version": number}))
            self.counts["alias"] += 1
        else:
            number = self.random.choice(list(model["versions"]))
            model["deployed"].attempt(number, lambda: self.ask("POST", DEPLOYMENTS, (200, 201), data={"reference": f"{slug}:{number}", "name": slug}))
            self.counts["deploy"] += 1

    def insist(self, *asked, **more):
        """Asks until it is answered."""
        while True:
            try:
                return self.ask(*asked, **more).json()
            except (Undecided, *GONE):
                if self.run_.over:
                    raise Undecided from None
                time.sleep(0.02)

    def create(self):
        slug = f"c{self.number}-{len(self.models)}"
        made = self.insist("POST", MODELS, (201,), data={"name": slug}, headers={"Idempotency-Key": f"{self.run_.seed}-{slug}"})
        self.models[slug] = {"id": made["id"], "versions": {}, "tried": {}, "alias": Value(), "deployed": Value()}
        self.counts["create"] += 1

    def trigger(self):
        digit = self.random.randrange(10)
        body = {"model": "default/digits", "task_inputs": [{"data": {"type": "image-base64", "image-base64": self.run_.images[digit]}}]}
        key = {"Idempotency-Key": f"{self.run_.seed}-trigger-{self.number}-{len(self.operations)}"}
        uid = self.insist("POST", OPERATIONS, (200, 202), data=body, headers=key)["uid"]
        assert uid not in self.operations, f"operation {uid} is the answer to two triggers"
        self.operations[uid] = self.unchecked[uid] = digit
        self.counts["trigger"] += 1

    def push(self, slug, model):
        number = len(model["versions"]) + len(model["tried"]) + 1
        tag = f"v{number}-{self.random.randrange(1 << 30)}"
        files = {"model.onnx": self.run_.onnx, "README.md": self.random.randbytes(self.random.choice((100, 20_000, 300_000)))}
        node = self.run_.cluster.any(self.random)
        if node is None:
            raise Undecided
        try:
            manifest = manifest_of(node, f"default/{slug}", files)
        except AssertionError as refused:
            if "(503" in str(refused) or "(409" in str(refused):
                raise Undecided from None
            raise
        model["tried"][tag] = digest_of(manifest)
        answer = put_manifest(node, f"default/{slug}", tag, manifest)
        if answer.status == 503:
            raise Undecided
        assert answer.status == 201, (answer.status, answer.body[:400])
        version = self.number_of(slug, tag)
        model["versions"][version] = model["tried"].pop(tag)
        self.counts["push"] += 1

    def number_of(self, slug, tag):
        return self.insist("GET", f"{MODELS}/{slug}/versions/{tag}", (200,))["number"]


class Run:
    def __init__(self, folder, database, seed, count=2):
        self.seed, self.random = seed, random.Random(seed)
        self.onnx = (ROOT / "tests/data/models/simple.onnx").read_bytes()
        self.images = [base64.b64encode((ROOT / f"samples/digits/images/{d}.png").read_bytes()).decode() for d in range(10)]
        self.cluster = Cluster(folder, database, count)
        self.gate, self.over = threading.Event(), False
        self.clients = [Client(self, n) for n in range(CLIENTS)]
        self.kills = self.looks = 0

    def __enter__(self):
        self.cluster.__enter__()
        assert push(self.cluster[0], "default/digits", "1", files_in(ROOT / "samples/digits")).status == 201
        deploy(self.cluster[0], "default/digits:1", "digits")
        with Connection(self.cluster[0]) as connection:  # where the log was before
            connection.send(connection.head("GET", "/api/v1/events?types=model.created"))
            assert connection.read_head().status == 200
            assert call(self.cluster[0], "POST", MODELS, data={"name": "the-first"}).status == 201
            self.cursor = next(line[4:] for line in connection.lines() if line.startswith("id: "))
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, kind, *rest):
        self.over = True
        self.gate.set()
        for client in self.clients:
            client.join(60)
        self.cluster.__exit__(kind, *rest)

    def round(self):
        """Work, a kill somewhere in it, a start, and a look at everything of this round."""
        self.gate.set()
        time.sleep(self.random.uniform(0.03, 0.5))
        victim = self.random.choice(self.cluster.nodes)
        victim.kill()
        self.kills += 1
        time.sleep(self.random.uniform(0, 0.2))
        victim.start()
        time.sleep(self.random.uniform(0, 0.1))
        self.gate.clear()
        end = time.monotonic() + 60
        while any(client.going for client in self.clients):
            assert time.monotonic() < end, "a client does not come to an end"
            time.sleep(0.005)
        for client in self.clients:
            if client.fault:
                raise client.fault

    def check(self, thorough=False):
        for client in self.clients:
            slugs = list(client.models)
            for slug in slugs if thorough else slugs[-3:]:
                self.check_model(slug, client.models[slug], thorough)
            self.check_operations(client)

    def check_operations(self, client):
        """Each ends well, whatever became of the nodes that had it."""
        while client.unchecked:
            uid, digit = client.unchecked.popitem()
            node = self.cluster.any(self.random)
            operation = call(node, "GET", f"{OPERATIONS}/{uid}", {"Prefer": "wait=60"}, timeout=90)
            assert operation.status == 200, f"operation {uid} was acknowledged and is lost: {operation.body[:400]}"
            operation = operation.json()
            assert operation["state"] == "SUCCEEDED", operation
            assert operation["task_outputs"][0]["data"]["category"] == str(digit), operation

    def check_model(self, slug, model, thorough):
        for node in self.cluster.nodes if thorough else [self.cluster.any(self.random)]:
            shown = {}
            for version in call(node, "GET", f"{MODELS}/{slug}/versions?page_size=1000").json()["versions"]:
                assert version["sealed"], f"{slug} shows a version half made: {version}"
                shown[version["number"]] = version["digest"]
            for number, digest in model["versions"].items():
                assert shown.pop(number, None) == digest, f"version {number} of {slug} was acknowledged and is lost"
            assert set(shown.values()) <= set(model["tried"].values()), f"{slug} has versions that nobody pushed: {shown}"
            alias = call(node, "GET", f"{MODELS}/{slug}/aliases").json()["aliases"]
            assert model["alias"].admits(alias[0]["version"] if alias else None), (slug, alias, vars(model["alias"]))
            deployed = call(node, "GET", f"{DEPLOYMENTS}/{slug}")
            assert model["deployed"].admits(deployed.json()["version"] if deployed.status == 200 else None), (slug, deployed.body, vars(model["deployed"]))
        if not thorough:
            return
        node = self.cluster.any(self.random)
        for number, digest in model["versions"].items():
            manifest = call(node, "GET", f"/v2/default/{slug}/manifests/{digest}")
            assert digest_of(manifest.body) == digest
            for layer in manifest.json()["layers"]:
                body = call(node, "GET", f"/v2/default/{slug}/blobs/{layer['digest']}").body
                assert digest_of(body) == layer["digest"], f"a blob of {slug}:{number} is not what was pushed"

    def events(self):
        """Every event since the start, by the log of a random node."""
        node = self.cluster.any(self.random)
        self.looks += 1
        last = f"the-last-{self.looks}"
        assert call(node, "POST", MODELS, data={"name": last}).status == 201
        out = []
        while True:
            after = out[-1]["cursor"] if out else self.cursor
            try:
                with Connection(node) as connection:
                    connection.send(connection.head("GET", f"/api/v1/events?after={after}"))
                    assert connection.read_head().status == 200
                    for line in connection.lines(60):
                        if line.startswith("data:"):
                            out.append(json.loads(line[5:]))
                            if out[-1]["name"] == last:
                                return out
            except GONE:
                # Who takes long histories too slowly is cut off, and goes on after what came.
                assert out and out[-1]["cursor"] != after, "cut off before anything came"

    def check_events(self):
        events = self.events()
        cursors = [event["cursor"] for event in events]
        assert len(set(cursors)) == len(cursors), "an event was told twice"
        by_type = {}
        for event in events:
            by_type.setdefault(event["type"], []).append(event)
        created = Counter(e["name"] for e in by_type["model.created"])
        sealed = Counter(e["id"] for e in by_type.get("version.sealed", []))
        assert max(created.values()) == 1, f"made twice: {created.most_common(3)}"
        assert not sealed or max(sealed.values()) == 1, f"sealed twice: {sealed.most_common(3)}"
        moved = Counter(e["name"] for e in by_type.get("alias.moved", []))
        node, moves, versions = self.cluster.any(self.random), 0, 0
        for client in self.clients:
            for slug, model in client.models.items():
                assert created[slug] == 1, f"{slug} was made and told {created[slug]} times"
                history = call(node, "GET", f"{MODELS}/{slug}/aliases/champion/history")
                moves += len(history.json()["changes"]) if history.status == 200 else 0
                versions += len(call(node, "GET", f"{MODELS}/{slug}/versions?page_size=1000").json()["versions"])
        self.check_effects(by_type)
        assert sum(moved.values()) == moves, f"{moves} moves of aliases, {sum(moved.values())} events"
        assert sum(sealed.values()) == versions, f"{versions} versions, {sum(sealed.values())} events of their sealing"

    def check_effects(self, by_type):
        """The event of an operation's end is written with its result: once. Nobody made an operation that was not asked for."""
        asked = {uid for client in self.clients for uid in client.operations}
        made = Counter(e["name"] for e in by_type.get("operation.created", []))
        ended = Counter(e["name"] for e in by_type.get("operation.updated", []) if e["data"]["state"] not in ("QUEUED", "RUNNING"))
        assert set(made) == asked, f"operations that nobody was told of, or that are lost: {set(made) ^ asked}"
        assert set(made.values()) <= {1}, f"made twice: {made.most_common(3)}"
        assert ended == made, f"ended twice, or never: {(ended - made) + (made - ended)}"

    def check_deployments(self):
        """Everything that is deployed answers at every node."""
        wanted = [slug for client in self.clients for slug, model in client.models.items() if model["deployed"].acknowledged]
        end = time.monotonic() + 60
        for node in self.cluster.nodes:
            for slug in wanted:
                while call(node, "GET", f"/v2/models/{slug}/ready").status != 200:
                    assert time.monotonic() < end, (node.url, slug, call(node, "GET", f"{DEPLOYMENTS}/{slug}").body)
                    time.sleep(0.05)

    def counts(self):
        return sum((client.counts for client in self.clients), Counter())


def play(folder, database, seed, rounds, say=lambda text: None):
    """A whole run; the counts of what was done."""
    with Run(folder, database, seed) as run:
        for number in range(1, rounds + 1):
            run.round()
            run.check()
            if number % 20 == 0:
                run.check_events()
                say(f"round {number}: {dict(run.counts())}")
        run.check(thorough=True)
        run.check_events()
        run.check_deployments()
        return run.counts() | Counter(kills=run.kills)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    given = parser.parse_args()
    failed = 0
    for kind in given.database or ["sqlite", "postgresql"]:
        print(f"{kind}: {given.rounds} rounds, seed {given.seed}", flush=True)
        began = time.monotonic()
        postgres = Postgres("--fsync") if kind == "postgresql" else None
        try:
            with tempfile.TemporaryDirectory(prefix="souk-rounds-") as folder:
                counts = play(Path(folder), postgres and postgres.database(), given.seed, given.rounds, lambda text: print("  " + text, flush=True))
            print(f"{kind}: nothing lost, nothing twice in {time.monotonic() - began:.0f} s: {dict(counts)}", flush=True)
        except AssertionError as fault:
            failed += 1
            traceback.print_exc()
            print(f"{kind}: FAILED with seed {given.seed}: {fault}", flush=True)
        finally:
            if postgres:
                postgres.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
