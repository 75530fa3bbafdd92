# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of one's own (scripts/postgres), with as many databases as wanted; it can be stopped, frozen and started."""

import os
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path("/usr/lib/postgresql/15/bin")


class Postgres:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([str(ROOT / "scripts/postgres"), *arguments, "--", "bash", "-c",
                                         'echo "$SOUK_TEST_POSTGRES_URL"; echo "$SOUK_TEST_POSTGRES_FOLDER"; exec sleep infinity'],
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.folder = Path(self.process.stdout.readline().strip())
        assert self.url.startswith("postgresql://"), "scripts/postgres did not start a server"
        self.host, port = self.url.split("@")[1].split("/")[0].rsplit(":", 1)
        self.port, self.count = int(port), 0

    def database(self):
        """The URL of a new, empty database."""
        self.count += 1
        self.sql(f"CREATE DATABASE test_{self.count}")
        return self.url.rsplit("/", 1)[0] + f"/test_{self.count}"

    def sql(self, *statements, url=None):
        """What psql prints, unaligned, without titles."""
        commands = [part for statement in statements for part in ("-c", statement)]
        return subprocess.run([str(BIN / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", url or self.url, *commands], check=True,
                              capture_output=True, text=True, timeout=60).stdout

    def _control(self, *arguments):
        runner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*runner, str(BIN / "pg_ctl"), "-D", str(self.folder / "data"), "-w", *arguments], check=True, cwd="/",
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=90)

    def stop(self, mode="immediate"):
        self._control("-m", mode, "stop")

    def start(self):
        options = (self.folder / "data/postmaster.opts").read_text().strip().split(" ", 1)[1]
        self._control("-l", str(self.folder / "server.log"), "-o", options.replace('"-D" "data" ', "").replace('"', ""), "start")

    def _processes(self):
        first = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    def freeze(self):
        """It neither answers nor closes connections."""
        for pid in self._processes():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self._processes():
            os.kill(pid, signal.SIGCONT)

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()
