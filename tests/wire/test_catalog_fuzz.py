# SPDX-License-Identifier: Apache-2.0
"""Requests made up from the Kubeflow catalogue's contract: no answer is a 5xx, and none is outside the contract.

SOUK_FUZZ_EXAMPLES is how many of each operation (default 12)."""

import os
from pathlib import Path
from zlib import crc32

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from souk_server import Souk
from wire import call

DATA = Path(__file__).parents[1] / "data"


def contract():
    """The contract, as it can be held: its alternatives overlap (a discriminator tells them apart, JSON Schema knows none), its
    integers are of 32 bits, where souk keeps 64, and `{model_name+}` is a name with slashes."""
    document = yaml.safe_load((DATA / "contracts/kubeflow/catalog.yaml").read_text())
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        if "discriminator" in schema and "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")
    schemas["MetadataIntValue"]["properties"]["int_value"] = {"type": "string", "format": "int64", "pattern": "^-?([1-9][0-9]{0,18}|0)$"}
    document["paths"] = {path.replace("+}", "}"): item for path, item in document["paths"].items()}
    for item in document["paths"].values():
        for parameter in item.get("parameters", []):
            if "name" in parameter:
                parameter["name"] = parameter["name"].rstrip("+")
    return document


catalog = schemathesis.openapi.from_dict(contract())
usual = settings(max_examples=int(os.environ.get("SOUK_FUZZ_EXAMPLES", "12")), derandomize=True, deadline=None, database=None,
                 phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A server with models, measurements, servers and tools, and an id of each."""
    folder = tmp_path_factory.mktemp("catalog")
    for file in (DATA / "catalog").glob("*.yaml"):
        (folder / file.name).write_text(file.read_text().replace("HUB", "http://127.0.0.1:1"))
    arguments = ["--catalog-sources", folder / "sources.yaml", "--catalog-performance", DATA / "catalog/performance"]
    with Souk(tmp_path_factory.mktemp("souk") / "data", *arguments) as server:
        weather = call(server, "GET", "/api/mcp_catalog/v1alpha1/mcp_servers?name=weather").json()["items"][0]
        known = {"source_id": "files", "model_name": "ibm-granite/granite-8b", "server_id": weather["id"], "tool_name": "get_weather"}
        yield server, known


@catalog.parametrize()
@usual
def test_the_catalogue_answers_by_its_contract(case, filled):
    server, known = filled
    for name, value in case.path_parameters.items():
        if crc32(str(value).encode()) % 4:
            case.path_parameters[name] = known[name]
    answer = case.call(base_url=server.url)
    case.validate_response(answer, checks=[not_a_server_error, content_type_conformance, response_schema_conformance])
