# SPDX-License-Identifier: Apache-2.0
"""The Kubeflow Model Registry's door: every address, the error bodies, and what its first server did wrong."""

import base64
import itertools
import json
import time
from urllib.parse import quote

import pytest
from kubeflow_contract import OPERATIONS, PREFIX
from registry_client import folder, push
from wire import call

_count = itertools.count()


def wait_until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)


def fresh(prefix):
    return f"{prefix}-{next(_count)}"


def kf(souk, method, path, data=None, status=None, **more):
    if data is not None:
        more["data"] = data
    answer = call(souk, method, PREFIX + path, **more)
    if status is not None:
        assert answer.status == status, (method, path, answer.status, answer.body)
    return answer.json()


def refused(souk, method, path, status, data=None, code=None):
    body = kf(souk, method, path, data, status)
    names = {400: "Bad Request", 404: "Not Found", 409: "Conflict", 422: "Bad Request"}
    assert set(body) == {"code", "message"} and body["code"] == (code or names[status]) and body["message"], body
    return body["message"]


def find(souk, noun, **query):
    return f"/{noun}?" + "&".join(f"{k}={quote(str(v), safe='')}" for k, v in query.items())


def listed(souk, path, filter=None, **query):
    if filter is not None:
        query["filterQuery"] = filter
    mark = "&" if "?" in path else "?"
    text = "&".join(f"{k}={quote(str(v), safe='')}" for k, v in query.items())
    return kf(souk, "GET", f"{path}{mark}{text}", status=200)


@pytest.fixture(scope="module")
def world(souk):
    """One of everything."""
    name = fresh("world")
    model = kf(souk, "POST", "/registered_models", {"name": name}, 201)
    version = kf(souk, "POST", "/model_versions", {"name": "v1", "registeredModelId": model["id"]}, 201)
    artifact = kf(souk, "POST", f"/model_versions/{version['id']}/artifacts",
                  {"artifactType": "model-artifact", "name": "weights", "uri": "s3://bucket/path?endpoint=e&defaultRegion=r"}, 201)
    experiment = kf(souk, "POST", "/experiments", {"name": name}, 201)
    run = kf(souk, "POST", "/experiment_runs", {"name": "run", "experimentId": experiment["id"]}, 201)
    kf(souk, "POST", f"/experiment_runs/{run['id']}/artifacts", {"artifactType": "metric", "name": "loss", "value": 0.5, "step": 1}, 201)
    environment = kf(souk, "POST", "/serving_environments", {"name": name}, 201)
    service = kf(souk, "POST", "/inference_services",
                 {"name": name, "registeredModelId": model["id"], "servingEnvironmentId": environment["id"],
                  "modelVersionId": version["id"], "desiredState": "UNDEPLOYED"}, 201)
    serve = kf(souk, "POST", f"/inference_services/{service['id']}/serves", {"name": "s", "modelVersionId": version["id"]}, 201)
    return {"name": name, "registered_models": model, "model_versions": version, "artifacts": artifact,
            "model_artifacts": artifact, "experiments": experiment, "experiment_runs": run,
            "serving_environments": environment, "inference_services": service, "serves": serve}


def test_every_operation_is_there(souk, world):
    assert len(OPERATIONS) == 34 and sum(len(methods) for methods in OPERATIONS.values()) == 56
    parents = {"model_version": world["registered_models"]["id"], "artifact": world["model_versions"]["id"],
               "model_artifact": world["model_versions"]["id"], "experiment_run": world["experiments"]["id"],
               "inference_service": world["serving_environments"]["id"]}
    bodies = {"model_versions": {"registeredModelId": world["registered_models"]["id"]},
              "experiment_runs": {"experimentId": world["experiments"]["id"]},
              "artifacts": {"artifactType": "doc-artifact"},
              "inference_services": {"registeredModelId": world["registered_models"]["id"], "desiredState": "UNDEPLOYED",
                                     "servingEnvironmentId": world["serving_environments"]["id"]},
              "serves": {"modelVersionId": world["model_versions"]["id"]}}
    for path, methods in OPERATIONS.items():
        parts = path.strip("/").split("/")
        where = path.replace("{id}", str(world.get(parts[0], {}).get("id")))
        for method, status in methods.items():
            body = None
            if method == "POST":
                kind = {"versions": "model_versions"}.get(parts[-1], parts[-1])
                body = {"name": fresh("new")} | bodies.get(kind, {})
            if method == "PATCH":
                body = {"description": "patched"} | ({"artifactType": "model-artifact"} if "artifacts" in path else {})
            query = ""
            if method == "GET" and len(parts) == 1 and not parts[0].endswith("s"):
                query = f"?name={world[parts[0] + 's']['name']}" + (f"&parentResourceId={parents[parts[0]]}" if parts[0] in parents else "")
            kf(souk, method, where + query, body, status)


def test_lists_have_their_form(souk, world):
    for path, methods in OPERATIONS.items():
        parts = path.strip("/").split("/")
        if "GET" not in methods or path.endswith("}") or not path.endswith(("s", "history")):
            continue
        body = kf(souk, "GET", path.replace("{id}", str(world.get(parts[0], {}).get("id"))) + "?pageSize=5", status=200)
        assert set(body) == {"items", "nextPageToken", "pageSize", "size"}, path
        assert body["pageSize"] == 5 and body["size"] == len(body["items"]) <= 5


def test_common_fields(souk):
    name = fresh("card")
    card = {"name": name, "externalId": name + "-x", "description": "d", "owner": "me", "readme": "# r", "maturity": "beta",
            "language": ["en", "de"], "tasks": ["text-generation"], "provider": "p", "logo": "data:image/png;base64,AA==",
            "license": "apache-2.0", "licenseLink": "https://example.com", "libraryName": "transformers", "state": "LIVE",
            "customProperties": {"s": {"metadataType": "MetadataStringValue", "string_value": "x"},
                                 "i": {"metadataType": "MetadataIntValue", "int_value": "-9223372036854775808"},
                                 "d": {"metadataType": "MetadataDoubleValue", "double_value": 1.0},
                                 "b": {"metadataType": "MetadataBoolValue", "bool_value": False},
                                 "o": {"metadataType": "MetadataStructValue",
                                       "struct_value": base64.b64encode(b'{"a":[1,2.5,null]}').decode()}}}
    made = kf(souk, "POST", "/registered_models", card, 201)
    assert {k: made[k] for k in card} == card
    assert made["id"].isdigit() and len(made["createTimeSinceEpoch"]) == 13 and made["lastUpdateTimeSinceEpoch"].isdigit()
    assert kf(souk, "GET", f"/registered_models/{made['id']}", status=200) == made
    assert kf(souk, "GET", find(souk, "registered_model", externalId=name + "-x"), status=200) == made
    native = call(souk, "GET", f"/api/v1/namespaces/default/models/{name}").json()
    assert native["custom_properties"] == {"s": "x", "i": -9223372036854775808, "d": 1.0, "b": False, "o": {"a": [1, 2.5, None]}}
    assert listed(souk, "/registered_models", f"name='{name}'")["items"] == [made]


def test_a_patch_keeps_what_it_does_not_name(souk):
    made = kf(souk, "POST", "/registered_models", {"name": fresh("patch"), "description": "d", "owner": "o",
              "customProperties": {"a": {"metadataType": "MetadataIntValue", "int_value": "1"}}}, 201)
    where = f"/registered_models/{made['id']}"
    same = kf(souk, "PATCH", where, {"owner": None}, 200)
    assert same["owner"] == "o" and same["description"] == "d" and same["customProperties"] == made["customProperties"]
    other = kf(souk, "PATCH", where, {"customProperties": {"b": {"metadataType": "MetadataBoolValue", "bool_value": True}}}, 200)
    assert set(other["customProperties"]) == {"b"}
    assert kf(souk, "PATCH", where, {"state": "ARCHIVED"}, 200)["state"] == "ARCHIVED"
    assert refused(souk, "PATCH", where, 400, {"name": "other"}) == 'json: unknown field "name"'
    assert 'unknown field "artifactType"' in refused(souk, "PATCH", where, 400, {"artifactType": "metric"})


def test_errors_have_the_form_of_the_contract(souk, world):
    assert refused(souk, "POST", "/registered_models", 400, {"name": "x", "ext_id": "1"}) == 'json: unknown field "ext_id"'
    assert refused(souk, "POST", "/registered_models", 422, {"owner": "x"}) == "required field 'name' is zero value."
    assert refused(souk, "POST", "/model_versions", 422, {"name": "x"}) == "required field 'registeredModelId' is zero value."
    refused(souk, "POST", "/registered_models", 409, {"name": world["name"]})
    refused(souk, "POST", "/experiments", 409, {"name": world["name"]})
    refused(souk, "POST", "/serving_environments", 409, {"name": world["name"]})
    refused(souk, "POST", "/experiment_runs", 409, {"name": "run", "experimentId": world["experiments"]["id"]})
    for bad in ({"name": "a\0b"}, {"name": 1}, {"name": "x" * 300}, [], "x", {"name": "x", "customProperties": {"p": {"metadataType":
                "MetadataProtoValue", "type": "t", "proto_value": "AA=="}}}, {"name": "x", "state": "GONE"}):
        refused(souk, "POST", "/registered_models", 400, bad)
    for raw in (b'{"name": "x"', b'{"name":"x","name":"y"}', b'{"name":"\\ud800"}', b"", b'{"name": NaN}'):
        answer = call(souk, "POST", PREFIX + "/registered_models", {"Content-Type": "application/json"}, raw)
        assert answer.status == 400 and set(answer.json()) == {"code", "message"}, raw
    assert call(souk, "POST", PREFIX + "/registered_models", {"Content-Type": "text/plain"}, b'{"name":"x"}').status == 400
    for where in ("/registered_models/999999999", "/registered_models/0", "/registered_models/x", "/artifacts/18446744073709551616",
                  "/nothing", "/inference_services/999/model"):
        refused(souk, "GET", where, 404)
    refused(souk, "GET", "/registered_model", 400)
    refused(souk, "GET", "/model_version?name=v1", 400)


def test_filters(souk):
    tag = fresh("f")
    for i, (framework, accuracy) in enumerate([("pytorch", 0.9), ("onnx", 0.97), ("pytorch", 0.99)]):
        kf(souk, "POST", "/registered_models", {"name": f"{tag} {i} 50%_\\'\"😀", "owner": tag, "language": ["en"] if i else ["de", "fr"], "tasks": ["ocr"] if i else [],
           "state": "ARCHIVED" if i == 2 else "LIVE",
           "customProperties": {"framework": {"metadataType": "MetadataStringValue", "string_value": framework},
                                "accuracy": {"metadataType": "MetadataDoubleValue", "double_value": accuracy},
                                "mlflow.source.type": {"metadataType": "MetadataStringValue", "string_value": "notebook"},
                                "epochs": {"metadataType": "MetadataIntValue", "int_value": str(i)}}}, 201)

    def matching(filter):
        return [int(m["name"].split()[1]) for m in listed(souk, "/registered_models", f"owner='{tag}' AND ({filter})")["items"]]

    assert matching("framework = 'pytorch'") == [0, 2]
    assert matching('accuracy > 0.95 AND state="LIVE"') == [1]
    assert matching("framework.string_value != 'pytorch'") == [1]
    assert matching("framework <> 'pytorch'") == [1]
    assert matching("epochs IN (1, 2)") == [1, 2] and matching("epochs.int_value >= 1") == [1, 2]
    assert matching("`mlflow.source.type` = \"notebook\" and epochs = 0") == [0]
    assert matching("language = 'fr'") == [0] and matching("language IN ('en')") == [1, 2]
    assert matching("tasks = 'ocr'") == [1, 2] and matching("tasks LIKE 'oc%' and epochs = 2") == [2]
    assert matching("name like '%50\\%%'") == [0, 1, 2] and matching(f"name ILIKE '{tag.upper()} 1%'") == [1]
    assert matching("id > 0 AND createTimeSinceEpoch > 1000") == [0, 1, 2]
    name = f"{tag} 1 50%_\\'\"😀"
    assert kf(souk, "GET", find(souk, "registered_model", name=name), status=200)["name"] == name
    refused(souk, "GET", find(souk, "registered_model", name=f"{tag}%"), 404)
    message = refused(souk, "GET", find(souk, "registered_models", filterQuery="name = 'x' AND ("), 400)
    assert "column 17" in message, message
    for bad in ("name == 'x'", "name = x", "(" * 1000, " OR ".join(["a=1"] * 200), "name = 'a\0'", "'", "name IN ()"):
        refused(souk, "GET", find(souk, "registered_models", filterQuery=bad), 400)
    assert call(souk, "GET", PREFIX + find(souk, "registered_models", filterQuery=" OR ".join(["a=1"] * 10000))).status == 414


def test_pages_neither_skip_nor_repeat(souk):
    tag = fresh("page")
    for i in range(7):
        kf(souk, "POST", "/registered_models", {"name": f"{tag}-{i}", "owner": tag}, 201)
    for order, sort in itertools.product(("ID", "CREATE_TIME", "LAST_UPDATE_TIME"), ("ASC", "DESC")):
        seen, token = [], ""
        while True:
            query = {"pageSize": 3, "orderBy": order, "sortOrder": sort} | ({"nextPageToken": token} if token else {})
            page = listed(souk, "/registered_models", f"owner='{tag}'", **query)
            seen += [m["name"] for m in page["items"]]
            token = page["nextPageToken"]
            if not token:
                break
        assert sorted(seen) == [f"{tag}-{i}" for i in range(7)] and seen == sorted(seen, reverse=sort == "DESC")
    token = listed(souk, "/registered_models", f"owner='{tag}'", pageSize=3)["nextPageToken"]
    refused(souk, "GET", find(souk, "registered_models", pageSize=3, nextPageToken=token), 400)
    for bad in ({"nextPageToken": "x"}, {"pageSize": 0}, {"pageSize": "a"}, {"orderBy": "NAME"}, {"sortOrder": "UP"}):
        refused(souk, "GET", find(souk, "registered_models", **bad), 400)


def test_parents_must_be_there(souk, world):
    """The first server took children of nothing."""
    refused(souk, "POST", "/model_versions", 400, {"name": "x", "registeredModelId": "99999999"})
    refused(souk, "POST", "/registered_models/99999999/versions", 404, {"name": "x"})
    refused(souk, "POST", "/inference_services", 400, {"registeredModelId": "99999999", "servingEnvironmentId": world["serving_environments"]["id"]})
    refused(souk, "POST", "/inference_services", 400, {"registeredModelId": world["registered_models"]["id"], "servingEnvironmentId": "99999999"})
    for path in ("registered_models/{}/versions", "model_versions/{}/artifacts", "experiments/{}/experiment_runs",
                 "experiment_runs/{}/artifacts", "serving_environments/{}/inference_services", "inference_services/{}/serves"):
        refused(souk, "GET", "/" + path.format(99999999), 404)


def test_version_filters(souk):
    """The first server got names of versions wrong with !=, IN, ILIKE and >."""
    model = kf(souk, "POST", "/registered_models", {"name": fresh("vf")}, 201)
    for name in ("alpha", "Beta", "gamma", "20", "10"):
        kf(souk, "POST", "/model_versions", {"name": name, "registeredModelId": model["id"]}, 201)

    def matching(filter):
        return [v["name"] for v in listed(souk, f"/registered_models/{model['id']}/versions", filter)["items"]]

    assert matching("name != 'alpha'") == ["Beta", "gamma", "20", "10"]
    assert matching("name IN ('alpha', '10')") == ["alpha", "10"]
    assert matching("name ILIKE 'b%'") == ["Beta"] and matching("name > 'b'") == ["gamma"]
    assert listed(souk, f"/registered_models/{model['id']}/versions", name="Beta")["size"] == 1
    assert len(listed(souk, "/model_versions", f"registeredModelId = {model['id']}")["items"]) == 5
    assert kf(souk, "GET", find(souk, "model_version", name="gamma", parentResourceId=model["id"]), status=200)["name"] == "gamma"
    refused(souk, "GET", find(souk, "model_version", name="latest", parentResourceId=model["id"]), 404)
    refused(souk, "POST", "/model_versions", 409, {"name": "alpha", "registeredModelId": model["id"]})


def test_filters_of_the_other_kinds(souk, world):
    """The first server dropped filterQuery on these."""
    props = {"customProperties": {"team": {"metadataType": "MetadataStringValue", "string_value": world["name"]}}}
    kf(souk, "PATCH", f"/model_artifacts/{world['artifacts']['id']}", props, 200)
    kf(souk, "PATCH", f"/inference_services/{world['inference_services']['id']}", props, 200)
    for noun in ("model_artifacts", "artifacts", "inference_services"):
        found = listed(souk, f"/{noun}", f"team = '{world['name']}'")["items"]
        assert [one["id"] for one in found] == [world[noun]["id"]], noun
        assert listed(souk, f"/{noun}", "team = 'nobody'")["items"] == []


def test_artifacts(souk, world):
    version = world["model_versions"]["id"]
    where = f"/model_versions/{version}/artifacts"
    model = kf(souk, "GET", f"/artifacts/{world['artifacts']['id']}", status=200)
    assert model["uri"] == "s3://bucket/path?endpoint=e&defaultRegion=r" and model["artifactType"] == "model-artifact"
    refused(souk, "POST", where, 409, {"artifactType": "model-artifact", "name": "weights"})
    doc = kf(souk, "POST", where, {"artifactType": "doc-artifact", "name": "weights", "uri": "https://x"}, 201)
    again = kf(souk, "POST", where, {"artifactType": "doc-artifact", "id": doc["id"], "description": "new"}, 200)
    assert again["id"] == doc["id"] and again["uri"] == "https://x" and again["description"] == "new"
    dataset = kf(souk, "POST", where, {"artifactType": "dataset-artifact", "name": "d", "digest": "x", "sourceType": "s3",
                                       "source": "s", "schema": "{}", "profile": "{}"}, 201)
    assert dataset["profile"] == "{}"
    kf(souk, "POST", where, {"artifactType": "metric", "name": "m", "value": 1, "timestamp": "1700000000000", "step": 2**62}, 201)
    metric = kf(souk, "POST", where, {"artifactType": "metric", "name": "m", "value": 2.5, "timestamp": "1700000000001"}, 200)
    assert metric["value"] == 2.5 and metric["timestamp"] == "1700000000001" and metric["step"] == 2**62
    kf(souk, "POST", where, {"artifactType": "parameter", "name": "p", "value": "12", "parameterType": "number"}, 201)
    assert {a["artifactType"] for a in listed(souk, where)["items"]} >= {"model-artifact", "doc-artifact", "dataset-artifact", "metric", "parameter"}
    assert [a["name"] for a in listed(souk, where, artifactType="metric")["items"]] == ["m"]
    assert [a["name"] for a in listed(souk, where, "value > 2")["items"]] == ["m"]
    assert [a["name"] for a in listed(souk, where, "value = '12'")["items"]] == ["p"]
    assert [a["name"] for a in listed(souk, where, "timestamp >= 1700000000001")["items"]] == ["m"]
    refused(souk, "PATCH", f"/artifacts/{dataset['id']}", 400, {"artifactType": "metric", "value": 1})
    refused(souk, "GET", f"/model_artifacts/{dataset['id']}", 404)
    refused(souk, "POST", "/artifacts", 400, {"name": "x"})
    refused(souk, "POST", where, 400, {"artifactType": "metric", "name": "q", "value": 1, "uri": "x"})
    refused(souk, "POST", where, 422, {"artifactType": "metric", "name": "q"})
    unnamed = kf(souk, "POST", "/model_artifacts", {"uri": "s3://a/b"}, 201)
    assert unnamed["artifactType"] == "model-artifact" and unnamed["name"]


def test_runs_and_metric_history(souk):
    experiment = kf(souk, "POST", "/experiments", {"name": fresh("exp")}, 201)
    run = kf(souk, "POST", f"/experiments/{experiment['id']}/experiment_runs", {"name": "r", "startTimeSinceEpoch": "1000"}, 201)
    assert run["status"] == "RUNNING" and run["state"] == "LIVE" and run["experimentId"] == experiment["id"]
    where = f"/experiment_runs/{run['id']}"
    refused(souk, "PATCH", where, 400, {"endTimeSinceEpoch": "999"})
    for step in range(5):
        # One millisecond for all: the first server lost all points but one. Steps are 64 bits.
        body = {"artifactType": "metric", "name": "loss", "value": 1 / (step + 1), "timestamp": "1700000000000", "step": step + 2**40}
        made = kf(souk, "POST", where + "/artifacts", body, 200 if step else 201)
    assert made["experimentRunId"] == run["id"] and made["experimentId"] == experiment["id"]
    assert made["customProperties"]["experiment_run_id"]["string_value"] == run["id"]
    history = listed(souk, where + "/metric_history", name="loss")["items"]
    assert [p["step"] for p in history] == [s + 2**40 for s in range(5)] and history[0]["value"] == 1
    assert [p["value"] for p in listed(souk, where + "/metric_history", name="loss", stepIds=f"{2**40},{2**40 + 4}")["items"]] == [1, 0.2]
    assert [p["value"] for p in listed(souk, where + "/metric_history", "value < 0.3 AND name = 'loss'")["items"]] == [0.25, 0.2]
    first = listed(souk, where + "/metric_history", pageSize=3, sortOrder="DESC")
    rest = listed(souk, where + "/metric_history", pageSize=3, sortOrder="DESC", nextPageToken=first["nextPageToken"])
    assert [p["step"] - 2**40 for p in first["items"] + rest["items"]] == [4, 3, 2, 1, 0] and rest["nextPageToken"] == ""
    assert listed(souk, "/experiment_runs/metric_history", name="loss")["size"] >= 5
    done = kf(souk, "PATCH", where, {"status": "FINISHED", "endTimeSinceEpoch": "2000"}, 200)
    assert done["status"] == "FINISHED" and done["endTimeSinceEpoch"] == "2000"
    assert listed(souk, f"/experiments/{experiment['id']}/experiment_runs", "status = 'FINISHED'")["size"] == 1


def test_a_deployed_service_answers(souk, root):
    name = fresh("served")
    assert push(souk, f"default/{name}", "v1", folder(root / "samples/digits")).status == 201
    model = kf(souk, "GET", find(souk, "registered_model", name=name), status=200)
    version = kf(souk, "GET", find(souk, "model_version", name="v1", parentResourceId=model["id"]), status=200)
    bytes_here = listed(souk, f"/model_versions/{version['id']}/artifacts")["items"][0]
    assert bytes_here["uri"].startswith(f"oci://{souk.host}:{souk.port}/default/{name}@sha256:") and bytes_here["modelFormatName"] == "onnx"
    environment = kf(souk, "POST", "/serving_environments", {"name": name}, 201)
    service = kf(souk, "POST", f"/serving_environments/{environment['id']}/inference_services",
                 {"name": name, "registeredModelId": model["id"], "servingEnvironmentId": environment["id"],
                  "modelVersionId": version["id"]}, 201)
    assert service["desiredState"] == "DEPLOYED"
    serves = f"/inference_services/{service['id']}/serves"

    def states():
        return [s["lastKnownState"] for s in listed(souk, serves)["items"]]

    wait_until(lambda: states() == ["RUNNING"])
    assert call(souk, "GET", f"/v2/models/{name}/ready").status == 200
    assert kf(souk, "GET", f"/inference_services/{service['id']}/version", status=200)["id"] == version["id"]
    message = call(souk, "DELETE", f"/api/v1/namespaces/default/models/{name}").json()["detail"]
    assert f"inference service {name}" in message
    kf(souk, "PATCH", f"/inference_services/{service['id']}", {"desiredState": "UNDEPLOYED"}, 200)
    wait_until(lambda: states() == ["COMPLETE"])
    assert call(souk, "GET", f"/v2/models/{name}/ready").status == 503


def test_what_cannot_be_deployed_says_why(souk, world):
    service = kf(souk, "POST", "/inference_services",
                 {"name": fresh("foreign"), "registeredModelId": world["registered_models"]["id"],
                  "servingEnvironmentId": world["serving_environments"]["id"], "modelVersionId": world["model_versions"]["id"]}, 201)
    serves = f"/inference_services/{service['id']}/serves"
    wait_until(lambda: listed(souk, serves)["items"])
    serve = listed(souk, serves)["items"][0]
    assert serve["lastKnownState"] == "FAILED" and "no bytes" in serve["description"]
    kf(souk, "PATCH", f"/inference_services/{service['id']}", {"desiredState": "UNDEPLOYED"}, 200)


def test_bytes_that_are_here_become_the_versions(souk, root):
    name = fresh("staged")
    assert push(souk, f"default/{name}-staging", "1", folder(root / "samples/digits")).status == 201
    model = kf(souk, "POST", "/registered_models", {"name": name}, 201)
    version = kf(souk, "POST", "/model_versions", {"name": "v1", "registeredModelId": model["id"]}, 201)
    uri = f"oci://{souk.host}:{souk.port}/default/{name}-staging:1"
    artifact = kf(souk, "POST", f"/model_versions/{version['id']}/artifacts", {"artifactType": "model-artifact", "name": name, "uri": uri}, 201)
    assert artifact["uri"] == uri
    native = call(souk, "GET", f"/api/v1/namespaces/default/models/{name}/versions/v1").json()
    assert native["sealed"] and native["digest"].startswith("sha256:") and native["runtime"] == "onnx"


def test_bodies_are_json_objects_only(souk):
    assert json.loads(call(souk, "GET", PREFIX + "/registered_models").body)["items"] is not None
    assert call(souk, "DELETE", PREFIX + "/registered_models").status == 405


def test_both_addresses_are_one(souk):
    """The published contract says v1alpha3, the Python client asks v1."""
    name = fresh("both")
    made = kf(souk, "POST", "/registered_models", {"name": name}, 201)
    assert call(souk, "GET", f"/api/model_registry/v1/registered_models/{made['id']}").json() == made
