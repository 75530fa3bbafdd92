# SPDX-License-Identifier: Apache-2.0
"""Requests made up from the Kubeflow contracts: no answer is a 5xx, and none is outside the contract.

SOUK_FUZZ_EXAMPLES is how many of each operation (default 12)."""

import os
from pathlib import Path
from zlib import crc32

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, settings
from kubeflow_contract import PREFIX
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from wire import call

CONTRACTS = Path(__file__).parents[1] / "data/contracts/kubeflow"


def contract():
    """The contract, as it can be held: its alternatives overlap (a discriminator tells them apart, JSON Schema knows none),
    and its integers are of 32 bits, where souk keeps 64."""
    document = yaml.safe_load((CONTRACTS / "model-registry.yaml").read_text())
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        if "discriminator" in schema and "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")
    schemas["MetadataIntValue"]["properties"]["int_value"] = {"type": "string", "format": "int64", "pattern": "^-?([1-9][0-9]{0,18}|0)$"}
    return document


registry = schemathesis.openapi.from_dict(contract())
usual = settings(max_examples=int(os.environ.get("SOUK_FUZZ_EXAMPLES", "12")), derandomize=True, deadline=None, database=None,
                 phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def known(souk):
    """An id of each kind that is there."""
    def make(path, **body):
        answer = call(souk, "POST", PREFIX + path, data=body)
        assert answer.status in (200, 201), answer.body
        return answer.json()["id"]

    model = make("/registered_models", name="fuzzed")
    version = make("/model_versions", name="fuzzed", registeredModelId=model)
    experiment = make("/experiments", name="fuzzed")
    environment = make("/serving_environments", name="fuzzed")
    return {"registeredmodelId": model, "modelversionId": version, "experimentId": experiment, "servingenvironmentId": environment,
            "experimentrunId": make("/experiment_runs", name="fuzzed", experimentId=experiment),
            "inferenceserviceId": make("/inference_services", name="fuzzed", registeredModelId=model, desiredState="UNDEPLOYED",
                                       servingEnvironmentId=environment),
            "modelartifactId": make("/model_artifacts", name="fuzzed"), "id": make("/artifacts", name="fuzzed", artifactType="doc-artifact")}


@registry.parametrize()
@usual
def test_the_registry_answers_by_its_contract(case, souk, known):
    for name, value in case.path_parameters.items():
        if crc32(str(value).encode()) % 4:
            case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        # Nothing made up is to be deployed.
        case.body.update({"desiredState": "UNDEPLOYED"} if "desiredState" in case.body else {})
        for field in ("registeredModelId", "servingEnvironmentId", "modelVersionId", "experimentId"):
            if field in case.body and crc32(str(case.body[field]).encode()) % 4:
                case.body[field] = known[field.lower().removesuffix("id") + "Id"]
    answer = case.call(base_url=souk.url)
    case.validate_response(answer, checks=[not_a_server_error, content_type_conformance, response_schema_conformance])
