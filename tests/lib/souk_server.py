# SPDX-License-Identifier: Apache-2.0
"""Starts the real binary on a free port, and stops it as an operator would."""

import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("SOUK_BINARY", ROOT / "build/release/souk"))
START_SECONDS = 30
STOP_SECONDS = 40


class StartFailed(Exception):
    """serve ended, or did not say that it is ready."""

    def __init__(self, code, stderr):
        super().__init__(f"serve did not start (exit code {code}):\n{stderr}")
        self.code, self.stderr = code, stderr


def clean_environment(**more):
    return {k: v for k, v in os.environ.items() if not k.startswith("SOUK_")} | more


class Souk:
    """A running server: `with Souk(folder) as souk: souk.url`. Leaving the block stops it and demands exit code 0."""

    def __init__(self, data, *arguments, dev=True, environment=None):
        self.data = Path(data)
        self.arguments = [BINARY, "serve", "--data", self.data, "--listen", "127.0.0.1:0", *(["--dev"] if dev else []), *arguments]
        self.environment = clean_environment(**(environment or {}))
        self.process = None

    def start(self):
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.log_path = self.data.parent / f"{self.data.name}.log"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([str(a) for a in self.arguments], stdout=subprocess.PIPE, stderr=log,
                                            stdin=subprocess.DEVNULL, env=self.environment)
        line = self._first_line(time.monotonic() + START_SECONDS)
        if not line:
            self.process.kill()
            code = self.process.wait()
            self.process.stdout.close()
            self.process = None
            raise StartFailed(code, self.log()[-4000:])
        ready = json.loads(line)
        assert ready["ready"] is True, line
        self.url = ready["url"]
        self.host, port = self.url.split("://")[1].rsplit(":", 1)
        self.port = int(port)
        return self

    def _first_line(self, deadline):
        out, line = self.process.stdout.fileno(), b""
        while not line.endswith(b"\n") and time.monotonic() < deadline:
            if not select.select([out], [], [], 0.2)[0]:
                continue
            piece = os.read(out, 4096)
            if not piece:
                return None
            line += piece
        return line if line.endswith(b"\n") else None

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def resident_kib(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def _end(self, sign):
        if self.process is None:
            return None
        self.process.send_signal(sign)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"serve did not stop within {STOP_SECONDS} s of signal {sign}:\n{self.log()[-4000:]}")
        finally:
            self.process.stdout.close()
            self.process = None

    def stop(self):
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self):
        """kill -9: nothing may be lost that was answered."""
        return self._end(signal.SIGKILL)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        code = self.stop()
        if kind is None:
            assert code in (0, None), f"serve ended with {code}:\n{self.log()[-4000:]}"


def run_cli(*arguments, url=None, key=None, input=None, home=None, environment=None, timeout=120):
    """souk ARGUMENTS as a shell script runs it: no terminal, no saved login. Texts in, texts out."""
    more = dict(environment or {})
    if url:
        more["SOUK_URL"] = url
    if key:
        more["SOUK_KEY"] = key
    if home:
        more |= {"HOME": str(home), "XDG_CONFIG_HOME": str(Path(home) / ".config"), "XDG_CACHE_HOME": str(Path(home) / ".cache")}
    return subprocess.run([str(BINARY), *map(str, arguments)], env=clean_environment(**more), input=input, text=True,
                          capture_output=True, timeout=timeout)
