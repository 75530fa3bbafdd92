# SPDX-License-Identifier: Apache-2.0
"""souk backup and souk restore: everything is destroyed, and every row and byte comes back."""

import json
import os
import shutil
import threading

import pytest
from registry_client import deploy, digest_of, folder, push
from rows import files_of, postgres_rows, sqlite_rows
from souk_server import Souk, run_cli
from wire import Closed, call

MODELS = "/api/v1/namespaces/default/models"


def fill(souk, root, files):
    """Something of everything: versions, aliases, tags, a deployment, keys, an image that is no model, names of every script."""
    push(souk, "default/digits", "1", folder(root / "samples/digits"))
    push(souk, "default/digits", "2", {"model.onnx": (files / "models/simple.onnx").read_bytes(), "big.bin": os.urandom(3 << 20)})
    call(souk, "PUT", f"{MODELS}/digits/aliases/champion", data={"version": 1})
    call(souk, "PUT", f"{MODELS}/digits/aliases/champion", data={"version": 2})
    call(souk, "PATCH", f"{MODELS}/digits", data={"description": "zwei\nZeilen \"und\" \\ \u0001 數字 🎲", "tags": {"a": "b"},
                                                 "custom_properties": {"lr": 0.1, "n": 2**40, "on": True, "s": "x"}})
    for i in range(30):
        call(souk, "POST", MODELS, data={"name": f"Modell {i} ä", "slug": f"m-{i}"})
    for i in range(5):
        call(souk, "DELETE", f"{MODELS}/m-{i}")
    call(souk, "POST", "/api/v1/namespaces", data={"slug": "team", "name": "Das Team"})
    call(souk, "POST", "/api/v1/api_keys", data={"name": "ci", "role": "WRITER", "expires_in": "30d"})
    deploy(souk, "default/digits:1", "digits")


def json_of(done, code=0):
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


def rows_of(arguments, data, postgres):
    return postgres_rows(postgres, arguments[1]) if arguments else sqlite_rows(data / "souk.db")


@pytest.mark.parametrize("kinds", ["sqlite sqlite", "postgresql postgresql", "sqlite postgresql", "postgresql sqlite"])
def test_every_row_and_byte_comes_back(tmp_path, root, files, postgres, kinds):
    from_kind, to_kind = kinds.split()
    there = ["--database", postgres.database()] if from_kind == "postgresql" else []
    back = ["--database", postgres.database()] if to_kind == "postgresql" else []
    souk = Souk(tmp_path / "data", *there).start()
    fill(souk, root, files)
    made = json_of(run_cli("backup", tmp_path / "backups", "--data", tmp_path / "data", *there))
    assert made["lost"] == [] and made["blobs"] > 10 and made["copied_blobs"] == made["blobs"]
    answer = call(souk, "GET", f"{MODELS}/digits").body
    assert souk.stop() == 0
    # once more without a server, so that what is saved is to the row what is compared
    made = json_of(run_cli("backup", tmp_path / "backups", "--data", tmp_path / "data", *there))
    assert made["copied_blobs"] == 0
    rows = rows_of(there, tmp_path / "data", postgres)
    bytes_before = files_of(tmp_path / "data/blobs/sha256")

    shutil.rmtree(tmp_path / "data")  # everything is destroyed
    if there:
        postgres.sql("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", url=there[1])

    restored = json_of(run_cli("restore", tmp_path / "backups", "--data", tmp_path / "again", *back))
    assert restored["rows"] == made["rows"]
    after = rows_of(back, tmp_path / "again", postgres)
    assert sorted(after) == sorted(rows)
    # what tells of a backup is written after its snapshot
    assert after.pop("backups") == [one for one in rows.pop("backups") if made["name"] not in one]
    for table, expected in rows.items():
        assert after[table] == expected, table
    assert len(after["events"]) > 40 and len(after["replicas"]) > 0
    assert files_of(tmp_path / "again/blobs/sha256") == bytes_before
    with Souk(tmp_path / "again", *back) as souk:
        again = call(souk, "GET", f"{MODELS}/digits").json()
        kept = json.loads(answer)
        assert {k: v for k, v in again.items() if k != "deployments"} == {k: v for k, v in kept.items() if k != "deployments"}
        deployed = call(souk, "GET", "/api/v1/namespaces/default/deployments/digits").json()
        assert deployed["version"] == 1
        # numbers that were given are not given again
        assert call(souk, "POST", MODELS, data={"name": "after"}).json()["id"] > max(json.loads(r)["id"] for r in rows["registered_models"])
        assert push(souk, "default/digits", "3", {"model.onnx": (files / "models/simple.onnx").read_bytes()}).status == 201
        found = run_cli("doctor", "--verify", "--data", tmp_path / "again", "--listen", "127.0.0.1:0", *back)
        # the PostgreSQL of tests makes nothing durable
        assert {f["check"] for f in json.loads(found.stdout)["findings"] if f["verdict"] == "WRONG"} <= {"database.durability"}


def test_a_backup_beside_writes_is_consistent(tmp_path, files, postgres, own_database):
    """Four writers push and delete while backups are made; each backup restores to something whole."""
    souk = Souk(tmp_path / "data", *own_database).start()
    data = (files / "models/simple.onnx").read_bytes()
    acknowledged, going = [], threading.Event()

    def work(number):
        i = 0
        while not going.is_set():
            name = f"w{number}-{i}"
            try:
                if push(souk, f"default/{name}", "1", {"m.onnx": data, "README.md": os.urandom(50_000)}).status == 201:
                    acknowledged.append(name)
                if i % 3 == 2:
                    call(souk, "DELETE", f"{MODELS}/{name}")
                    acknowledged.remove(name)
            except (OSError, Closed):
                return
            i += 1

    workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(3):
            before = len(acknowledged)
            while len(acknowledged) < before + 10:
                pass
            known = [n for n in list(acknowledged) if int(n.split("-")[1]) % 3 != 2]
            made = json_of(run_cli("backup", tmp_path / "backups", "--data", tmp_path / "data", *own_database))
            assert made["lost"] == []
    finally:
        going.set()
        for worker in workers:
            worker.join()
    assert souk.stop() == 0
    json_of(run_cli("restore", tmp_path / "backups", "--data", tmp_path / "again"))  # into SQLite, whatever it was
    with Souk(tmp_path / "again") as souk:
        models = {m["slug"]: m for m in call(souk, "GET", f"{MODELS}?page_size=1000").json()["models"]}
        assert set(known) <= set(models), "what was acknowledged before the backup is not in it"
        for name in models:
            version = call(souk, "GET", f"{MODELS}/{name}/versions/1").json()
            for file in call(souk, "GET", f"{MODELS}/{name}/versions/1/files").json()["files"]:
                body = call(souk, "GET", f"/v2/default/{name}/blobs/{file['digest']}").body
                assert digest_of(body) == file["digest"], (name, version, file)
    found = json_of(run_cli("doctor", "--verify", "--data", tmp_path / "again", "--listen", "127.0.0.1:0"))
    assert [f for f in found["findings"] if f["verdict"] == "WRONG"] == []


def test_only_what_is_new_is_copied_and_old_ones_go(tmp_path, files, own_souk):
    place = tmp_path / "backups"
    base = ["--data", own_souk.data]
    push(own_souk, "default/one", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes(), "a.bin": os.urandom(1 << 20)})
    first = json_of(run_cli("backup", place, *base))
    push(own_souk, "default/two", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes(), "b.bin": os.urandom(100_000)})
    second = json_of(run_cli("backup", place, *base))
    assert second["blobs"] > first["blobs"] and second["copied_blobs"] == second["blobs"] - first["blobs"]
    assert second["copied_bytes"] < 200_000
    assert call(own_souk, "DELETE", f"{MODELS}/one").status == 204
    listed = json_of(run_cli("backup", place, "--list", *base))
    assert [b["name"] for b in listed["backups"]] == [first["name"], second["name"]]
    for name in (first["name"], second["name"]):
        json_of(run_cli("backup", place, "--verify", name, *base))
    size_before = sum(p.stat().st_size for p in place.rglob("*") if p.is_file())
    json_of(run_cli("backup", place, "--keep", "1", *base))
    assert len(json_of(run_cli("backup", place, "--list", *base))["backups"]) == 1
    left = sum(p.stat().st_size for p in place.rglob("*") if p.is_file())
    # `one` is still among the bytes: its blobs wait for the collector's grace, but the tables of old backups went
    assert left < size_before + 100_000
    json_of(run_cli("backup", place, "--verify", *base))


def test_a_place_that_is_not_empty_is_refused(tmp_path, own_souk):
    json_of(run_cli("backup", tmp_path / "b", "--data", own_souk.data))
    call(own_souk, "POST", MODELS, data={"name": "precious"})
    running = run_cli("restore", tmp_path / "b", "--data", own_souk.data)
    assert running.returncode == 1 and str(own_souk.pid) in running.stderr
    assert own_souk.stop() == 0
    used = run_cli("restore", tmp_path / "b", "--data", own_souk.data)
    assert used.returncode == 1 and "in use" in used.stderr and "empty" in used.stderr
    (tmp_path / "other/blobs/sha256/ab").mkdir(parents=True)
    (tmp_path / "other/blobs/uploads").mkdir(parents=True)
    (tmp_path / "other/blobs/sha256/ab" / ("ab" * 32)).write_bytes(b"somebody's")
    strange = run_cli("restore", tmp_path / "b", "--data", tmp_path / "other")
    assert strange.returncode == 1 and "not of this backup" in strange.stderr
    own_souk.start()
    assert call(own_souk, "GET", f"{MODELS}/precious").status == 200


def test_a_foreign_database_is_refused(tmp_path, own_souk, postgres):
    json_of(run_cli("backup", tmp_path / "b", "--data", own_souk.data))
    url = postgres.database()
    postgres.sql("CREATE TABLE payroll (id int PRIMARY KEY)", url=url)
    done = run_cli("restore", tmp_path / "b", "--data", tmp_path / "r", "--database", url)
    assert done.returncode == 1 and "not souk's" in done.stderr


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "head"])
def test_a_damaged_backup_is_found_and_nothing_is_restored(tmp_path, files, own_souk, damage):
    secret = os.urandom(200_000)
    push(own_souk, "default/one", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes(), "a.bin": secret})
    made = json_of(run_cli("backup", tmp_path / "b", "--data", own_souk.data))
    hexes = digest_of(secret).removeprefix("sha256:")
    victims = [tmp_path / "b/sha256" / hexes[:2] / hexes]
    if damage == "head":
        victims = [tmp_path / "b/backups" / f"{made['name']}.json"]
    else:  # a piece of a table too, each in turn
        victims += [p for p in (tmp_path / "b/sha256").rglob("*") if p.is_file() and p.read_bytes()[:2] == b"[1"][:1]
        assert len(victims) == 2
    for number, victim in enumerate(victims):
        kept = victim.read_bytes()
        if damage == "remove":
            victim.unlink()
        elif damage == "flip":
            victim.write_bytes(kept[:40] + bytes([kept[40] ^ 1]) + kept[41:])
        else:
            victim.write_bytes(kept[:len(kept) // 2])
        verified = run_cli("backup", tmp_path / "b", "--verify", "--data", own_souk.data)
        assert verified.returncode == 1, victim
        restored = run_cli("restore", tmp_path / "b", "--data", tmp_path / f"r{number}")
        assert restored.returncode == 1 and restored.stdout == ""
        victim.write_bytes(kept)
        json_of(run_cli("restore", tmp_path / "b", "--data", tmp_path / f"r{number}"))  # an interrupted one goes on


def test_a_rotten_blob_does_not_hold_the_rest_up(tmp_path, files, own_souk):
    data = os.urandom(50_000)
    push(own_souk, "default/one", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes(), "a.bin": data})
    call(own_souk, "POST", MODELS, data={"name": "kept"})
    hexes = digest_of(data).removeprefix("sha256:")
    path = own_souk.data / "blobs/sha256" / hexes[:2] / hexes
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    done = run_cli("backup", tmp_path / "b", "--data", own_souk.data)
    made = json_of(done, 1)
    assert [lost["digest"] for lost in made["lost"]] == [digest_of(data)] and "doctor" in done.stderr
    restored = json_of(run_cli("restore", tmp_path / "b", "--data", tmp_path / "r"), 1)
    assert restored["lost"] == made["lost"]
    with Souk(tmp_path / "r") as souk:
        assert call(souk, "GET", f"{MODELS}/kept").status == 200


def test_usage(tmp_path):
    for arguments in (["backup"], ["restore"], ["backup", tmp_path / "b", "--keep", "0"], ["backup", tmp_path / "b", "--keep"],
                      ["backup", tmp_path / "b", "--nonsense"], ["restore", tmp_path / "b", "-o", "xml"], ["backup", "ftp://x"]):
        done = run_cli(*arguments, "--data", tmp_path / "d")
        assert done.returncode == 2, (arguments, done.stderr)
        assert done.stderr.startswith("souk: ")
    nothing = run_cli("restore", tmp_path / "nothing", "--data", tmp_path / "d")
    assert nothing.returncode == 1 and "no backup" in nothing.stderr
    escaping = run_cli("restore", tmp_path, "../../etc/passwd", "--data", tmp_path / "d")
    assert escaping.returncode != 0 and "root:" not in escaping.stdout + escaping.stderr
    none = run_cli("backup", tmp_path / "b", "--data", tmp_path / "d")
    assert none.returncode == 1 and "no database" in none.stderr and "--data" in none.stderr
