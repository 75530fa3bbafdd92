# SPDX-License-Identifier: Apache-2.0
"""The authorization matrix's rows (matrix.py) of the Kubeflow door, experiments, search and lineage. Their addresses name things by
id, so each namespace of the matrix gets one of each kind by `fill_registry`."""

from wire import call

PREFIXES = ("/api/model_registry/v1alpha3", "/api/model_registry/v1")
PATH = {"experiment": "e", "run": "r", "metric": "m", "source_id": "nothing", "model_name...": "m", "server_id": "1", "tool_name": "t"}
IDS = {}  # namespace → noun → id


def fill_registry(server, ns, key):
    def make(path, **body):
        answer = call(server, "POST", path, {"X-Souk-Namespace": ns}, key=key, data=body)
        assert answer.status in (200, 201, 204), (path, answer.status, answer.body)
        return answer.json()["id"] if answer.body else None

    door, runs = PREFIXES[0], f"/api/v1/namespaces/{ns}/experiments/e/runs"
    named = {"name": "kf", "externalId": "kf"}
    ids = IDS[ns] = {}
    ids["registered_models"] = make(f"{door}/registered_models", **named)
    ids["model_versions"] = make(f"{door}/model_versions", registeredModelId=ids["registered_models"], **named)
    ids["artifacts"] = make(f"{door}/artifacts", artifactType="doc-artifact", **named)
    ids["model_artifacts"] = make(f"{door}/model_artifacts", name="kf-model", externalId="kf-model")
    ids["serving_environments"] = make(f"{door}/serving_environments", **named)
    ids["inference_services"] = make(f"{door}/inference_services", registeredModelId=ids["registered_models"], desiredState="UNDEPLOYED",
                                     servingEnvironmentId=ids["serving_environments"], **named)
    ids["experiments"] = make(f"{door}/experiments", **named)
    ids["experiment_runs"] = make(f"{door}/experiment_runs", experimentId=ids["experiments"], **named)
    make(f"/api/v1/namespaces/{ns}/experiments", name="e", slug="e")
    ids["run"] = make(runs, name="r")
    make(runs, name="nested", parent_run_id=ids["run"])  # so that r is never deleted
    make(f"{runs}/r:log", metrics=[{"name": "m", "value": 1}])


def of(noun):
    return lambda place: {"id": IDS[place.ns][noun]}


def new(*fields, **more):
    """A body with a fresh name, and the ids that it refers to."""
    nouns = {"registeredModelId": "registered_models", "modelVersionId": "model_versions", "experimentId": "experiments",
             "servingEnvironmentId": "serving_environments"}
    return lambda place: {"name": place.fresh(), **more} | {field: IDS[place.ns][nouns[field]] for field in fields}


BODIES = {"registered_models": new(), "model_versions": new("registeredModelId"), "artifacts": new(artifactType="doc-artifact"),
          "model_artifacts": new(), "serving_environments": new(), "experiments": new(), "experiment_runs": new("experimentId"),
          "inference_services": new("registeredModelId", "servingEnvironmentId", desiredState="UNDEPLOYED")}
NESTED = {("registered_models", "versions"): new(), ("model_versions", "artifacts"): new(artifactType="doc-artifact"),
          ("experiment_runs", "artifacts"): new(artifactType="doc-artifact"), ("experiments", "experiment_runs"): new(),
          ("serving_environments", "inference_services"): new("registeredModelId", desiredState="UNDEPLOYED"),
          ("inference_services", "serves"): new("modelVersionId")}
PARENT_IN_BODY = ("model_versions", "experiment_runs", "inference_services")


def kubeflow(Row, door):
    for noun, body in BODIES.items():
        yield f"GET {door}/{noun}", Row("object")
        # Who may not see the parent that a body names is told that the body is wrong.
        yield f"POST {door}/{noun}", Row("object", body=body, hidden=400 if noun in PARENT_IN_BODY else 404)
        yield f"GET {door}/{noun}/{{id}}", Row("object", path=of(noun))
        yield f"PATCH {door}/{noun}/{{id}}", Row("object", path=of(noun), body={"description": "x"})
        yield f"GET {door}/{noun[:-1]}", Row("object", query="externalId=kf-model" if noun == "model_artifacts" else "externalId=kf")
    for (noun, rest), body in NESTED.items():
        yield f"GET {door}/{noun}/{{id}}/{rest}", Row("object", path=of(noun))
        yield f"POST {door}/{noun}/{{id}}/{rest}", Row("object", path=of(noun), body=body)
    for rest in ("model", "version"):
        yield f"GET {door}/inference_services/{{id}}/{rest}", Row("object", path=of("inference_services"))
    yield f"GET {door}/experiment_runs/{{id}}/metric_history", Row("object", path=of("experiment_runs"))
    yield f"GET {door}/experiment_runs/metric_history", Row("object")


def native(Row):
    ns = "/api/v1/namespaces/{ns}"
    experiment = f"{ns}/experiments/{{experiment}}"
    run = f"{experiment}/runs/{{run}}"
    step = lambda place: {"source": f"run:{IDS[place.ns]['run']}", "target": f"run:{IDS[place.ns]['run']}", "relation": "made"}  # noqa: E731
    return {
        f"POST {ns}/models:batch": Row(body=lambda place: {"models": [{"name": place.fresh()}]}),
        f"GET {ns}/experiments": Row(), f"POST {ns}/experiments": Row(body=lambda place: {"name": place.fresh()}),
        f"GET {experiment}": Row(), f"PATCH {experiment}": Row(body={"description": "x"}), f"DELETE {experiment}": Row(),
        f"GET {ns}/runs": Row(), f"GET {experiment}/runs": Row(), f"POST {experiment}/runs": Row(body={}),
        f"GET {run}": Row(), f"PATCH {run}": Row(body={"description": "x"}), f"DELETE {run}": Row(),
        f"POST {run}:log": Row(body={"metrics": [{"name": "m", "value": 1}]}), f"GET {run}/artifacts": Row(),
        f"GET {run}/metrics": Row(), f"GET {run}/metrics/{{metric}}": Row(), f"GET {run}:watch": Row(stream=True),
        "GET /api/v1/search": Row("list", query="q=m"), f"POST {ns}/lineage": Row(body=step),
        "GET /api/v1/lineage": Row("self", query="of=run:999999", missing="run:999999"),
    }


def catalog(Row):
    models, servers = "/api/model_catalog/v1alpha1", "/api/mcp_catalog/v1alpha1/mcp_servers"
    form = b'--x\r\nContent-Disposition: form-data; name="config"\r\n\r\ntype: souk\r\n--x--\r\n'
    return {
        **{f"GET {models}/{noun}": Row("list") for noun in ("models", "models/filter_options", "sources", "labels")},
        f"POST {models}/sources/preview": Row("server", raw=form, type="multipart/form-data; boundary=x"),
        f"GET {models}/sources/{{source_id}}/models/{{model_name...}}": Row("self", missing="source"),
        f"GET {servers}": Row("list"), f"GET {servers}/filter_options": Row("list"),
        **{f"GET {servers}/{{server_id}}{rest}": Row("self", missing="MCP server") for rest in ("", "/tools", "/tools/{tool_name}")},
    }


def registry_rows(Row):
    rows = native(Row) | catalog(Row)
    for door in PREFIXES:
        rows |= dict(kubeflow(Row, door))
    return rows
