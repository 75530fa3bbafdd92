# SPDX-License-Identifier: Apache-2.0
"""The field's own OCI clients, as command lines."""

import json
import os
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def crane_binary():
    built = ROOT / "deps/bin/crane"
    return str(built) if built.exists() else shutil.which("crane")


class Client:
    """A program with its own empty home, so that it finds no login but ours."""

    def __init__(self, program, home):
        self.program, self.home = program, home

    def run(self, *arguments, expect=0, **more):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.home),
                       "XDG_RUNTIME_DIR": str(self.home), "DOCKER_CONFIG": str(self.home / ".docker")}
        done = subprocess.run([self.program, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=300, **more)
        assert (done.returncode == 0) == (expect == 0), (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout.strip() if expect == 0 else done.stderr

    def json(self, *arguments):
        return json.loads(self.run(*arguments))


def layer(folder, files):
    """A tar of these files (name → bytes)."""
    path = folder / "layer.tar"
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            tar.addfile(about, BytesIO(data))
    return path


def oci_layout(folder):
    """Digest → bytes of an OCI image layout's blobs."""
    return {f"sha256:{p.name}": p.read_bytes() for p in (Path(folder) / "blobs/sha256").iterdir()}
