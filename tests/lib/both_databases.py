# SPDX-License-Identifier: Apache-2.0
"""Fixtures for a module whose tests run on either database: `from both_databases import digits, models, own_souk, souk`."""

import pytest
from registry_client import deploy_digits, deploy_models
from souk_server import Souk


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def souk(request, tmp_path_factory):
    """A server in dev mode that the tests of the module share: each uses names of its own."""
    more = ["--database", request.getfixturevalue("postgres").database()] if request.param == "postgresql" else []
    with Souk(tmp_path_factory.mktemp("souk") / "data", *more) as server:
        yield server


@pytest.fixture(scope="module")
def digits(souk):
    return deploy_digits(souk)


@pytest.fixture(scope="module")
def models(souk):
    return deploy_models(souk)


@pytest.fixture
def own_souk(tmp_path, own_database):
    """A server of one's own."""
    with Souk(tmp_path / "data", *own_database) as server:
        yield server
