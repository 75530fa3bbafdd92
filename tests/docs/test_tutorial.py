# SPDX-License-Identifier: Apache-2.0
"""The commands of the tutorial, the README and the how-to pages, in order, as a reader would type them.

Only the first, `make run`, is done by hand here: on a free port and a temporary folder."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request

import pytest
from souk_server import BINARY, ROOT, Souk
from wire import call

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.S | re.M)


def blocks(page, address):
    text = (ROOT / page).read_text().replace("127.0.0.1:8080", address)
    return [block for block in BLOCK.findall(text) if "make " not in block]


def run(commands, folder):
    """All commands in one shell, as a reader has it; the output of each block."""
    mark = "--- next block ---"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SOUK_")}
    environment["PATH"] = f"{BINARY.parent}:{ROOT / 'deps/bin'}:{environment['PATH']}"
    script = "set -e\nshopt -s expand_aliases\n" + f"\necho '{mark}'\n".join(commands)
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split(mark)


@pytest.fixture
def checkout(tmp_path):
    """A folder that looks like the checkout, where what the commands write does no harm."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copytree(ROOT / "samples", folder / "samples")
    (folder / "build").mkdir()
    (folder / "build/release").symlink_to(BINARY.parent)
    return folder


@pytest.fixture
def sample(tmp_path, checkout):
    """What `make run` leaves: a server with the sample deployed."""
    with Souk(tmp_path / "data") as souk:
        address = souk.url.removeprefix("http://")
        run([f"export SOUK_URL={souk.url}\nsouk model push samples/digits default/digits:1 --quiet\n"
             "souk alias set champion default/digits:1 --quiet\nsouk deploy default/digits@champion --name digits --quiet"], checkout)
        yield souk, address


def test_the_tutorial(sample, checkout):
    souk, address = sample
    output = run(blocks("docs/tutorial.md", address), checkout)
    assert "digits" in output[0]
    assert '"sealed":true' in output[2].replace(" ", "") or "sealed" in output[2]
    assert (checkout / "digits-oci/index.json").exists()
    assert re.search(r"\b7\b", output[5])
    assert '"pixels"' in output[6]
    assert '"category":"7"' in output[7].replace(" ", "")


def test_the_readme(sample, checkout):
    souk, address = sample
    output = run([f"export SOUK_URL={souk.url}", *blocks("README.md", address)], checkout)
    assert re.search(r"\b7\b", output[-1])


def test_calling_a_model(sample, checkout):
    souk, address = sample
    output = run([f"export SOUK_URL={souk.url}", *blocks("docs/how-to/call-a-model.md", address)], checkout)
    assert re.search(r"\b7\b", output[1]) and '"probabilities"' in output[1]
    closed, opened = map(json.loads, output[2].split())
    assert closed["loop"] == "closed" and closed["requests"] > 10 and not closed["errors"]
    assert opened["loop"] == "open" and opened["requests"] > 10 and not opened["errors"]
    (program,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/how-to/call-a-model.md").read_text(), re.S | re.M)
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | {"SOUK_URL": souk.url}, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(":") == 6, "three of score:index:label: " + done.stdout


def test_giving_access(tmp_path, checkout):
    with Souk(tmp_path / "data", dev=False) as souk:
        token = re.search(r"/set-up#(\w+)", souk.log()).group(1)
        chief = {"token": token, "name": "chief", "password": "correct horse battery"}
        assert call(souk, "POST", "/api/v1/setup", data=chief).status == 201
        commands = blocks("docs/how-to/give-access.md", souk.url.removeprefix("http://"))
        commands[0] = commands[0].replace("souk login --user chief", f"souk login --user chief <<< '{chief['password']}'")
        output = run([f"export HOME={checkout} SOUK_URL={souk.url}; unset XDG_CONFIG_HOME", *commands], checkout)
        assert "WRITER" in output[2] and "/set-up#" in output[2]
        assert "carol" in output[3] and "team blue" in output[3]
        assert output[4].count("souk_") >= 3
        assert "grant.created" in output[6] and '"intact":true' in output[6]


def test_background_tasks(sample, checkout):
    souk, address = sample
    output = run([f"export SOUK_URL={souk.url}", *blocks("docs/how-to/background-tasks.md", address)], checkout)
    assert '"state":"SUCCEEDED"' in output[1] and '"category":"7"' in output[1].replace(" ", "")
    assert "operations" in output[2]


def test_coming_from_instill(sample, checkout):
    souk, address = sample
    output = run([f"export SOUK_URL={souk.url}", *blocks("docs/how-to/come-from-instill.md", address)], checkout)[1].replace(" ", "")
    assert output.count('"task_outputs":[{"data":{"category":"7"') >= 4 and '"done":true' in output and '"input_schema"' in output


def test_what_the_tutorial_says_of_a_restart(tmp_path, checkout):
    data = tmp_path / "data"
    with Souk(data) as souk:
        run([f"export SOUK_URL={souk.url}\nsouk model push samples/digits default/digits:1 --quiet\n"
             "souk deploy default/digits:1 --name digits --quiet"], checkout)
    with Souk(data) as souk:
        with urllib.request.urlopen(f"{souk.url}/v2/models/digits/ready") as answer:
            assert answer.status == 200
