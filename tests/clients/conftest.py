# SPDX-License-Identifier: Apache-2.0
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from oci_clients import Client, crane_binary  # noqa: E402


@pytest.fixture
def crane(tmp_path):
    program = crane_binary()
    if not program:
        pytest.skip("crane is not here: scripts/crane builds it")
    home = tmp_path / "crane-home"
    home.mkdir()
    return Client(program, home)


@pytest.fixture
def skopeo(tmp_path):
    program = shutil.which("skopeo")
    if not program:
        pytest.skip("skopeo is not here: apt-get install skopeo")
    home = tmp_path / "skopeo-home"
    home.mkdir()
    (home / ".config/containers").mkdir(parents=True)
    (home / ".config/containers/policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    return Client(program, home)


@pytest.fixture
def registry(souk):
    """HOST:PORT of the shared server, as clients write it."""
    return f"{souk.host}:{souk.port}"
