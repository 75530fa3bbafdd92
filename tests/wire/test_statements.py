# SPDX-License-Identifier: Apache-2.0
"""A list of many rows costs as many statements as a list of few: counted for every list of the registry, at every door."""

import re
from itertools import count

import pytest
from kubeflow_contract import PREFIX
from registry_client import deploy, folder, push
from souk_server import Souk
from wire import call

NATIVE = "/api/v1/namespaces/default"
FEW, MANY = 3, 40


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    more = [] if request.param == "sqlite" else ["--database", request.getfixturevalue("postgres").database()]
    with Souk(tmp_path_factory.mktemp("statements") / "data", *more) as server:
        yield server


def statements(server):
    return int(re.search(r"^souk_store_statements_total (\d+)$", call(server, "GET", "/metrics").body.decode(), re.MULTILINE)[1])


def cost(server, path):
    """The least of some tries: the server does other work besides."""
    least, items = 10**9, 0
    for _ in range(6):
        before = statements(server)
        answer = call(server, "GET", path)
        least = min(least, statements(server) - before)
        assert answer.status == 200, (path, answer.body)
        items = max(len(value) for value in answer.json().values() if isinstance(value, list))
    return least, items


def post(server, path, **body):
    answer = call(server, "POST", path, data=body)
    assert answer.status in (200, 201, 204), (path, answer.status, answer.body)
    return answer.json() if answer.body else None


def test_lists_cost_the_same_however_long(server, root):
    assert push(server, "default/one", "1", folder(root / "samples/digits")).status == 201
    deploy(server, "default/one:1", "deployed-0")
    model = post(server, PREFIX + "/registered_models", name="parent")["id"]
    version = post(server, PREFIX + "/model_versions", name="v", registeredModelId=model)["id"]
    experiment = post(server, PREFIX + "/experiments", name="parent")["id"]
    run = post(server, PREFIX + "/experiment_runs", name="parent", experimentId=experiment)["id"]
    environment = post(server, PREFIX + "/serving_environments", name="parent")["id"]
    service = post(server, PREFIX + "/inference_services", name="parent", registeredModelId=model, servingEnvironmentId=environment,
                   desiredState="UNDEPLOYED")["id"]
    property = {"p": {"metadataType": "MetadataIntValue", "int_value": "1"}}
    made = count()

    def grow(many):
        for _ in range(many):
            name = f"n{next(made)}"
            post(server, PREFIX + "/registered_models", name=name, customProperties=property)
            post(server, f"{NATIVE}/models/parent/versions", name=name)
            assert call(server, "PUT", f"{NATIVE}/models/one/aliases/{name}", data={"version": 1}).status in (200, 201)
            post(server, PREFIX + "/experiments", name=name, customProperties=property)
            child = post(server, PREFIX + "/experiment_runs", name=name, experimentId=experiment, customProperties=property)["id"]
            post(server, PREFIX + f"/experiment_runs/{child}/artifacts", artifactType="metric", name="m", value=1)
            for parent in (f"/experiment_runs/{run}", f"/model_versions/{version}"):
                post(server, PREFIX + parent + "/artifacts", artifactType="metric", name=name, value=1)
                post(server, PREFIX + parent + "/artifacts", artifactType="model-artifact", name=name, customProperties=property)
            post(server, PREFIX + "/serving_environments", name=name, customProperties=property)
            post(server, PREFIX + "/inference_services", name=name, registeredModelId=model, servingEnvironmentId=environment,
                 desiredState="UNDEPLOYED", customProperties=property)
            post(server, PREFIX + f"/inference_services/{service}/serves", name=name, modelVersionId=version)

    kubeflow = ["/registered_models", "/model_versions", "/artifacts", "/model_artifacts", "/serving_environments", "/inference_services",
                "/experiments", "/experiment_runs", f"/registered_models/{model}/versions", f"/model_versions/{version}/artifacts",
                f"/experiment_runs/{run}/artifacts", f"/experiments/{experiment}/experiment_runs",
                f"/serving_environments/{environment}/inference_services", f"/inference_services/{service}/serves",
                f"/experiment_runs/{run}/metric_history", "/experiment_runs/metric_history"]
    native = ["/models", "/models/parent/versions", "/models/one/aliases", "/experiments", "/experiments/parent/runs", "/runs",
              f"/experiments/parent/runs/{run}/artifacts"]
    paths = [PREFIX + path for path in kubeflow] + [NATIVE + path for path in native] + ["/api/v1/models"]
    paths += [path + "?filterQuery=id%3E0%20AND%20(p%3D1%20OR%20id%3E0)" for path in (PREFIX + path for path in kubeflow) if "metric" not in path]
    grow(FEW)
    few = {path: cost(server, path) for path in paths}
    grow(MANY)
    for path in paths:
        statements_few, items_few = few[path]
        statements_many, items_many = cost(server, path)
        assert items_many >= items_few + MANY, path
        # Points of metrics lie packed in chunks; one statement reads 64 of them.
        chunks = items_many // 64 + 1 if path.endswith("metric_history") else 0
        assert statements_few <= 8 and statements_few <= statements_many <= statements_few + chunks, (path, statements_few, statements_many)


def test_comparing_twenty_costs_what_two_cost(server, root):
    for number in (1, 2):
        assert push(server, "default/compared", str(number), folder(root / "samples/digits")).status in (200, 201)
    post(server, f"{NATIVE}/experiments", name="compared", slug="compared")
    runs = [post(server, f"{NATIVE}/experiments/compared/runs", name=f"r{i}")["id"] for i in range(20)]
    for run in runs:
        post(server, f"{NATIVE}/experiments/compared/runs/{run}:log", metrics=[{"name": "loss", "value": run}], parameters={"lr": "1"})

    def compared(of):
        return cost(server, "/api/v1/compare?of=" + ",".join(of))

    for one in (["compared:1", "compared:2"], [f"run:{run}" for run in runs]):
        few, two = compared(one[:2])
        many, twenty = compared((one * 10)[:20])
        assert (two, twenty) == (2, 20) or two < twenty
        assert few == many <= 5, (one, few, many)
