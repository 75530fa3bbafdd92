# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests against the real binary."""

import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "tests/samples"), str(ROOT / "tests/access")]

from postgres import Postgres  # noqa: E402
from registry_client import deploy_digits, deploy_models  # noqa: E402
from s3 import S3  # noqa: E402
from souk_server import BINARY, Souk  # noqa: E402


def pytest_configure(config):
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} is missing: run `make build` first, or set SOUK_BINARY")


TEST_SECONDS = 120


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """A test that waits for what never comes fails, instead of all of them."""
    def fail(*_):
        raise TimeoutError(f"the test did not end within {TEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(TEST_SECONDS)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def files():
    """tests/data: small models, bad files."""
    return ROOT / "tests/data"


@pytest.fixture(scope="session")
def souk(tmp_path_factory):
    """A server in dev mode that all tests share: each uses names of its own."""
    with Souk(tmp_path_factory.mktemp("souk") / "data") as server:
        yield server


@pytest.fixture(scope="session")
def digits(souk):
    return deploy_digits(souk)


@pytest.fixture(scope="session")
def models(souk):
    return deploy_models(souk)


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL that tests share: each takes a database of its own."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def s3():
    """An S3 server that tests share: each takes a prefix of its own."""
    server = S3()
    if not server.available:
        server.close()
        pytest.skip("there is no S3 server: scripts/s3 needs Go to build one")
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def own_database(request, tmp_path):
    """Arguments that name an empty database of either kind."""
    if request.param == "sqlite":
        return []
    return ["--database", request.getfixturevalue("postgres").database()]


@pytest.fixture
def own_souk(tmp_path):
    """A server of one's own, to be stopped and started."""
    server = Souk(tmp_path / "data")
    server.start()
    yield server
    if server.running():
        assert server.stop() == 0
