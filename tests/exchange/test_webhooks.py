# SPDX-License-Identifier: Apache-2.0
"""Webhooks against a real receiver: signed as the field's library wants it, in order, tried again, nothing lost by kill -9."""

import json
import threading

import pytest
from cluster import Cluster
from receiver import Receiver
from souk_server import Souk, run_cli
from wire import call

HOOKS = "/api/v1/namespaces/default/webhooks"
MODELS = "/api/v1/namespaces/default/models"
FAST = ["--webhooks-allow", "127.0.0.1", "--webhooks-first-retry", "50ms", "--webhooks-longest-retry", "200ms"]


def ok(answer):
    assert answer.status in (200, 201, 202, 204), (answer.status, answer.body)
    return answer.json() if answer.body else None


def create(souk, receiver, name="hook", **more):
    made = ok(call(souk, "POST", HOOKS, data={"name": name, "url": receiver.url + "/in", **more}))
    receiver.secret = made["secret"]
    return made


def place(message):
    """Where in the event log it happened."""
    xid, sequence, _ = message["data"]["cursor"].split("-")
    return int(xid, 16), int(sequence, 16)


def change(souk, model, text):
    ok(call(souk, "PATCH", f"{MODELS}/{model}", data={"description": text}))


@pytest.fixture
def souk(tmp_path, own_database):
    with Souk(tmp_path / "data", *FAST, *own_database) as server:
        yield server


def test_in_order_signed_and_tried_again(souk):
    failed = set()

    def some_fail(_, message):
        # Each message fails once, but for its second attempt.
        if message["id"] in failed:
            return None
        failed.add(message["id"])
        return 500

    with Receiver(some_fail) as receiver:
        made = create(souk, receiver, events=["model.*"])
        assert made["secret"].startswith("whsec_") and made["state"] == "ACTIVE"
        for model in "ab":
            ok(call(souk, "POST", MODELS, data={"name": model, "slug": model}))
        for i in range(5):
            for model in "ab":
                change(souk, model, f"change {i}")
        receiver.until(lambda r: len(r.taken) == 12, "two models with six events each")
        assert not receiver.wrong and len(receiver.refused) == 12
        for model in "ab":
            about = [m for m in receiver.taken if m["data"]["name"] == model]
            assert [m["type"] for m in about] == ["model.created"] + ["model.updated"] * 5
            assert about == sorted(about, key=place)
        delivered = f"{HOOKS}/hook/deliveries?filter=state%20%3D%20'DELIVERED'"
        receiver.until(lambda _: len(ok(call(souk, "GET", delivered))["deliveries"]) == 12, "that all are written down")
        listed = ok(call(souk, "GET", delivered))["deliveries"]
        assert len(listed) == 12 and all(d["attempts"] == 2 and d["response_code"] == 200 for d in listed)
        # The secret is told once; what was told is shown with what came back.
        shown = ok(call(souk, "GET", f"{HOOKS}/hook"))
        assert "secret" not in shown and shown["failures"] == 0
        assert made["secret"] not in call(souk, "GET", HOOKS).body.decode()
        one = ok(call(souk, "GET", f"{HOOKS}/hook/deliveries/{listed[0]['id']}"))
        assert one["body"] == {k: v for k, v in receiver.taken[[m["id"] for m in receiver.taken].index(one["message_id"])].items() if k != "id"}
        # Sent again by hand: the same message.
        ok(call(souk, "POST", f"{HOOKS}/hook/deliveries/{one['id']}:redeliver"))
        receiver.until(lambda r: len(r.taken) == 13, "the redelivery")
        assert receiver.ids()[-1] == one["message_id"]
        ok(call(souk, "POST", f"{HOOKS}/hook:replay", data={"after": ""}))
        receiver.until(lambda r: len(r.taken) == 25, "the replay")
        assert len(set(receiver.ids())) == 12 and not receiver.wrong


def test_nothing_is_lost_by_kill(tmp_path):
    with Receiver() as receiver:
        souk = Souk(tmp_path / "data", *FAST).start()
        try:
            create(souk, receiver, events=["model.updated"])
            ok(call(souk, "POST", MODELS, data={"name": "m", "slug": "m"}))
            answered = 0
            for _ in range(4):
                for _ in range(10):
                    change(souk, "m", f"change {answered}")
                    answered += 1
                souk.kill()
                souk.start()
            receiver.until(lambda r: len(set(r.ids())) == answered, f"{answered} changes")
            # At least once, and in order where the first of each is looked at.
            seen, order = set(), []
            for message in receiver.taken:
                if message["id"] not in seen:
                    seen.add(message["id"])
                    order.append(place(message))
            assert order == sorted(order) and not receiver.wrong
        finally:
            souk.kill()


def test_two_nodes_deliver_each_once(postgres, tmp_path):
    with Receiver() as receiver, Cluster(tmp_path, postgres.database(), arguments=FAST) as (a, b):
        create(a, receiver, events=["model.updated"])
        for model in "ab":
            ok(call(a, "POST", MODELS, data={"name": model, "slug": model}))

        def work(node, model):
            for i in range(20):
                change(node, model, f"change {i}")

        threads = [threading.Thread(target=work, args=pair) for pair in ((a, "a"), (b, "b"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        receiver.until(lambda r: len(r.taken) >= 40, "forty changes")
        pending = f"{HOOKS}/hook/deliveries?filter=state%20%3D%20'PENDING'"
        receiver.until(lambda _: ok(call(b, "GET", pending))["deliveries"] == [], "that all are written down")
        assert len(receiver.ids()) == len(set(receiver.ids())) == 40 and not receiver.wrong


def test_where_it_does_not_go(souk, tmp_path):
    with Receiver(lambda handler, _: 302 if handler.path == "/moved" else None) as receiver:
        ok(call(souk, "POST", HOOKS, data={"name": "moved", "url": receiver.url + "/moved"}))
        ok(call(souk, "POST", HOOKS, data={"name": "far", "url": "http://10.0.0.1/"}))
        done = {}
        for name in ("moved", "far"):
            answer = run_cli("webhook", "test", name, "--output", "json", url=souk.url)
            assert answer.returncode == 5, answer.stderr
            done[name] = json.loads(answer.stdout)
        assert "redirects are not followed" in done["moved"]["error"] and done["moved"]["response_code"] == 302
        assert "private" in done["far"]["error"] and "response_code" not in done["far"], done
        assert {path for path, _ in receiver.requests} == {"/moved"}
        for url in ("file:///etc/passwd", "http://u:p@example.com/", "gopher://x/", "http://a b/"):
            problem = call(souk, "POST", HOOKS, data={"name": "x", "url": url}).problem(400, "INVALID_ARGUMENT")
            assert problem["field"] == "url"


def test_by_command(souk):
    with Receiver() as receiver:
        def cli(*arguments, fails=False):
            done = run_cli("webhook", *arguments, "--output", "json", "-y", url=souk.url)
            assert (done.returncode != 0) == fails, (arguments, done.stdout, done.stderr)
            return json.loads(done.stdout) if done.stdout else None

        made = cli("create", "ci", receiver.url + "/ci", "--event", "version.*", "--event", "alias.*")
        receiver.secret = made["secret"]
        assert made["events"] == ["version.*", "alias.*"]
        assert cli("test", "ci")["state"] == "DELIVERED"
        assert receiver.taken[0]["type"] == "webhook.ping" and receiver.taken[0]["data"] == {"webhook": "ci"}
        turned = cli("rotate", "ci")
        cli("test", "ci")  # signed with both: the old one still verifies
        receiver.secret = turned["secret"]
        cli("test", "ci")
        assert not receiver.wrong
        assert cli("update", "ci", "--paused")["state"] == "DISABLED"
        assert cli("update", "ci", "--active", "--event", "model.*")["events"] == ["model.*"]
        ok(call(souk, "POST", MODELS, data={"name": "seen", "slug": "seen"}))
        receiver.until(lambda r: len(r.taken) == 4, "the model")
        pending = cli("deliveries", "ci")["deliveries"]
        assert [d["type"] for d in pending] == ["model.created"] + ["webhook.ping"] * 3
        cli("replay", "ci", "--delivery", str(pending[0]["id"]))
        receiver.until(lambda r: len(r.taken) == 5, "the replay")
        cli("redeliver", "ci", str(pending[0]["id"]))
        receiver.until(lambda r: len(r.taken) == 6, "the redelivery")
        assert len(cli("list")["webhooks"]) == 1
        cli("delete", "ci")
        cli("show", "ci", fails=True)
