# SPDX-License-Identifier: Apache-2.0
"""One row a route: what the authorization matrix (test_matrix.py) needs to know of it beyond the route table itself.

A route's permission in the table is the least role that may call it; the matrix checks it on an object of one's own, of one's
team, of everyone and of nobody one knows, for every role. A new route needs one line here, most often just

    "GET /api/v1/namespaces/{ns}/things/{thing}": Row(),

kind  "object"  the path names a namespace and what is in it (the default where the pattern has {ns})
      "list"    over all that the caller sees: answers everybody, and shows nothing foreign
      "server"  of the whole server: a role on a namespace does not help
      "self"    of the caller alone: everybody known may
      "absent"  the path or body names by number what nobody has: nobody gets anything, and unknown callers get 401
      "open"    no credentials are needed
needs the least role on the object, where the room asks for another one than the table
body  JSON to send (a callable gets the place)      raw  a body as it is, with `type`      query  after the '?'
path  values of the pattern's names that differ from PATH below (a callable gets the place)
hidden  the status that says "there is no such thing" where the body names it
missing  what a caller that may is told does not exist (404): then nothing real need be changed
again "deployment" | "alias" | "manifest": what an allowed call takes away and the matrix has to put back
field of gRPC: the number of the message's field that names the deployment; 0: none does
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

from registry_rows import PATH as REGISTRY_PATH
from registry_rows import registry_rows


@dataclass
class Row:
    kind: str = ""
    needs: str = ""
    body: Any = None
    raw: bytes | None = None
    type: str = "application/json"
    query: str = ""
    path: Any = dataclasses.field(default_factory=dict)
    hidden: int = 404
    missing: str = ""
    again: str = ""
    stream: bool = False
    field: int = 1


PATH = {"model": "m", "version": "1", "alias": "champion", "deployment": "d", "path...": "m.onnx", "reference": "1", "id": "999999",
        "account": "nobody", "queue": "nothing", "item": "999999", "user": "nobody", "team": "nothing", "member": "nobody",
        "digest": "sha256:" + "0" * 64, "upload": "00000000-0000-7000-8000-000000000000", "number": "1", "blob_move": "999999", "operation": "00000000-0000-7000-8000-000000000000", "rollout": "999999", "import": "999999", "webhook": "hook", "export": "999999", "delivery": "999999", "run": "999999", "experiment": "999999", "metric": "loss"} | REGISTRY_PATH

NS, MODEL, DEPLOYMENT = "/api/v1/namespaces/{ns}", "/api/v1/namespaces/{ns}/models/{model}", "/api/v1/namespaces/{ns}/deployments/{deployment}"
INFER = {"inputs": []}

ROWS = registry_rows(Row) | {
    # what the server says of itself
    "GET /healthz": Row("open"), "GET /readyz": Row("open"), "GET /openapi.json": Row("open"), "GET /routes.json": Row("self"),
    "GET /metrics": Row("self"), "GET /": Row("open"), "GET /{path...}": Row("open", path={"path...": "models"}),
    "GET /api/v1/server": Row("self"), "GET /api/v1/whoami": Row("self"), "GET /api/v1/events": Row("list", stream=True),
    "GET /api/v1/figures": Row("self", query="of=health"),
    # keys, sessions
    "GET /api/v1/api_keys": Row("self", needs="ADMIN"), "POST /api/v1/api_keys": Row("self", needs="ADMIN", body={"name": "k", "expires_in": "1m"}),
    "DELETE /api/v1/api_keys/{id}": Row("self", needs="ADMIN", missing="API key"),
    "POST /api/v1/api_keys/{id}:rotate": Row("self", needs="ADMIN", body={}, missing="API key"),
    "POST /api/v1/session": Row("open", body={"name": "nobody", "password": "no such password"}),
    "POST /api/v1/setup": Row("open", body={"token": "x", "password": "no such password"}), "POST /api/v1/setup:check": Row("open", body={"token": "x"}),
    "GET /api/v1/session": Row("self"), "DELETE /api/v1/session": Row("self"),
    "POST /api/v1/session:change_password": Row("self", needs="OWNER", body={"old_password": "no", "new_password": "no"}, missing="old password"),
    "GET /api/v1/sessions": Row("self", needs="ADMIN"), "DELETE /api/v1/sessions": Row("self", needs="ADMIN"),
    "DELETE /api/v1/sessions/{id}": Row("self", needs="ADMIN", missing="session 999999"),
    # users and teams
    "GET /api/v1/users": Row("self"), "POST /api/v1/users": Row("server", body={"name": "someone"}), "GET /api/v1/users/{user}": Row("self", missing="user"),
    "PATCH /api/v1/users/{user}": Row("server", body={"display_name": "x"}), "DELETE /api/v1/users/{user}": Row("server"),
    "POST /api/v1/users/{user}:link": Row("server"),
    "GET /api/v1/teams": Row("self"), "POST /api/v1/teams": Row("server", body={"name": "some"}), "GET /api/v1/teams/{team}": Row("self", missing="team"),
    "PATCH /api/v1/teams/{team}": Row("self", missing="team", body={"display_name": "x"}), "DELETE /api/v1/teams/{team}": Row("self", missing="team"),
    "GET /api/v1/teams/{team}/members": Row("self", missing="team"),
    "PUT /api/v1/teams/{team}/members/{member}": Row("self", missing="team", body={"role": "READER"}),
    "DELETE /api/v1/teams/{team}/members/{member}": Row("self", missing="team"),
    f"GET {NS}/service_accounts": Row(), f"POST {NS}/service_accounts": Row(body=lambda place: {"name": place.fresh()}),
    f"PATCH {NS}/service_accounts/{{account}}": Row(body={"display_name": "x"}, missing="service account"),
    f"DELETE {NS}/service_accounts/{{account}}": Row(missing="service account"),
    # grants
    "GET /api/v1/grants": Row("server"), "POST /api/v1/grants": Row("server", body={"to": "everyone", "role": "READER"}),
    "DELETE /api/v1/grants/{id}": Row("server"), "GET /api/v1/access": Row("server"),
    **{f"{verb} {on}/grants{rest}": row for on in (NS, MODEL, DEPLOYMENT)
       for verb, rest, row in (("GET", "", Row()), ("POST", "", Row(body={"to": "admin", "role": "READER"})), ("DELETE", "/{id}", Row(missing="grant")))},
    **{f"GET {on}/access": Row(needs="ADMIN") for on in (NS, MODEL, DEPLOYMENT)},
    # the audit log, settings, queues, nodes
    "GET /api/v1/audit_events": Row("server"), "GET /api/v1/audit_events:export": Row("server"), f"GET {NS}/audit_events": Row(),
    **{f"GET /api/v1/{noun}": Row("server") for noun in ("settings", "doctor", "backups", "storage", "queues", "schedules", "nodes", "leases", "queues/{queue}", "queues/{queue}/items")},
    **{f"POST /api/v1/queues/{{queue}}:{verb}": Row("server") for verb in ("retry", "drop")},
    **{f"{verb} /api/v1/queues/{{queue}}/items/{{item}}{rest}": Row("server")
       for verb, rest in (("GET", ""), ("DELETE", ""), ("POST", ":retry"), ("POST", ":cancel"))},
    "POST /api/v1/blob_moves": Row("server", body={"target": "file:/nowhere"}), "GET /api/v1/blob_moves": Row("server"), "GET /api/v1/blob_moves/{blob_move}": Row("server"),
    # namespaces, models, versions
    "GET /api/v1/namespaces": Row("list"), "POST /api/v1/namespaces": Row("server", body={"slug": "some"}), f"GET {NS}": Row(),
    "GET /api/v1/models": Row("list"), f"GET {NS}/models": Row(), f"POST {NS}/models": Row(body=lambda place: {"name": place.fresh()}),
    f"GET {MODEL}": Row(), f"PATCH {MODEL}": Row(body={"description": "x"}), f"DELETE {MODEL}": Row(),
    f"GET {MODEL}/versions": Row(), f"POST {MODEL}/versions": Row(body={}), f"GET {MODEL}/versions/{{version}}": Row(),
    f"PATCH {MODEL}/versions/{{version}}": Row(body={"description": "x"}), f"DELETE {MODEL}/versions/{{version}}": Row(),
    f"GET {MODEL}/versions/{{version}}/files": Row(), f"GET {MODEL}/versions/{{version}}/files/{{path...}}": Row(),
    f"GET {MODEL}/versions/{{version}}/declaration": Row(missing="souk.yaml"),
    f"GET {MODEL}/aliases": Row(), f"PUT {MODEL}/aliases/{{alias}}": Row(body={"version": 1}), f"DELETE {MODEL}/aliases/{{alias}}": Row(again="alias"),
    f"GET {MODEL}/aliases/{{alias}}/history": Row(),
    # uploads in parts
    **{f"{verb} {MODEL}/uploads{rest}": row for verb, rest, row in (
        ("GET", "", Row()), ("POST", "", Row(body={"size": 0})), ("GET", "/{upload}", Row(missing="upload")), ("DELETE", "/{upload}", Row(missing="upload")),
        ("POST", "/{upload}:complete", Row(body={}, missing="upload")), ("GET", "/{upload}/parts", Row(missing="upload")),
        ("PUT", "/{upload}/parts/{number}", Row(raw=b"x", type="application/octet-stream", missing="upload")))},
    # deployments and inference
    "GET /api/v1/deployments": Row("list"), f"GET {NS}/deployments": Row(),
    f"POST {NS}/deployments": Row(body=lambda place: {"reference": f"{place.ns}/m:1", "name": "d"}), f"GET {DEPLOYMENT}": Row(),
    f"PATCH {DEPLOYMENT}": Row(body={"follow": False}), f"DELETE {DEPLOYMENT}": Row(again="deployment"), f"GET {DEPLOYMENT}/logs": Row(),
    f"GET {DEPLOYMENT}/rollouts": Row(), f"GET {DEPLOYMENT}/rollouts/{{rollout}}": Row(missing="roll-out"),
    **{f"POST {DEPLOYMENT}/rollouts/{{rollout}}:{verb}": Row(missing="roll-out") for verb in ("pause", "resume", "promote", "abort")},
    "GET /v2": Row("open"), "GET /v2/": Row("self"), "GET /v2/health/live": Row("open"), "GET /v2/health/ready": Row("open"),
    **{f"GET /v2/models/{name}{version}{rest}": Row() for name in ("{model}", "{ns}/{model}") for version in ("", "/versions/{version}") for rest in ("", "/ready", "/config", "/stats")},
    **{f"POST /v2/models/{name}{version}/infer": Row(body=INFER) for name in ("{model}", "{ns}/{model}") for version in ("", "/versions/{version}")},
    "GET /v2/models/stats": Row("list"), "POST /v2/repository/index": Row("list", body={}), "POST /v2/repository/{ns}/index": Row(body={}),
    **{f"POST /v2/repository/models/{name}/{verb}": Row(body={}, again="deployment" if verb == "unload" else "") for name in ("{model}", "{ns}/{model}") for verb in ("load", "unload")},
    # the Instill door
    **{f"GET /v1alpha/{path}": Row("open") for path in ("__liveness", "__readiness", "health/model", "ready/model")},
    **{f"GET /v1alpha/{path}": Row("self") for path in ("available-regions", "model-definitions")},
    "GET /v1alpha/model-definitions/{id}": Row("self", path={"id": "oci"}),
    "GET /v1alpha/models": Row("list"), "GET /v1alpha/namespaces/{ns}/models": Row(), "GET /v1alpha/namespaces/{ns}/models/{model}": Row(),
    **{f"GET /v1alpha/namespaces/{{ns}}/models/{{model}}/{rest}": Row() for rest in ("versions", "watch", "versions/{version}/watch")},
    **{f"POST /v1alpha/namespaces/{{ns}}/models/{{model}}/{rest}": Row(body={"task_inputs": [{"data": {}}]}) for rest in ("trigger", "versions/{version}/trigger")},
    **{f"POST /v1alpha/namespaces/{{ns}}/models/{{model}}/{version}trigger-async": Row(body={"task_inputs": [{"data": {}}]}) for version in ("", "versions/{version}/")},
    **{f"POST /v1alpha/namespaces/{{ns}}/models/{{model}}/{version}trigger-multipart":
       Row(raw=b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n', type="multipart/form-data; boundary=x")
       for version in ("", "versions/{version}/")},
    **{f"GET /v1alpha/namespaces/{{ns}}/models/{{model}}/{version}operation": Row(missing="operation") for version in ("", "versions/{version}/")},
    "GET /v1alpha/namespaces/{ns}/models/{model}/runs": Row(), "GET /v1alpha/operations/{operation}": Row("self", missing="operation"),
    "GET /v1alpha/dashboard/models/runs": Row("self", query="requester=default", missing="namespace"),
    "POST /v1alpha/namespaces/{ns}/models": Row(body=lambda place: {"id": place.fresh(), "model_definition": "oci"}),
    "PATCH /v1alpha/namespaces/{ns}/models/{model}": Row(body={"description": "x"}), "DELETE /v1alpha/namespaces/{ns}/models/{model}": Row(),
    "POST /v1alpha/namespaces/{ns}/models/{model}/rename": Row(body={"new_model_id": "m"}),
    "DELETE /v1alpha/namespaces/{ns}/models/{model}/versions/{version}": Row(),
    # imports; a body that says two sources is taken on by nobody
    f"GET {MODEL}/imports": Row(), f"POST {MODEL}/imports": Row(body={"url": "http://example.com/a", "s3": "s3://a/b"}),
    f"GET {MODEL}/imports/{{import}}": Row(missing="import"), f"POST {MODEL}/imports/{{import}}:cancel": Row(missing="import"),
    "GET /api/v1/compare": Row("self", query="of=run:999999,run:999999", missing="run:999999"),
    # a namespace as an archive
    **{f"{verb} {NS}/{noun}{rest}": Row(missing=missing, body=body) for noun, one in (("exports", "export"), ("imports", "import"))
       for verb, rest, missing, body in (("GET", "", "", None), ("GET", f"/{{{one}}}", one, None), ("POST", f"/{{{one}}}:cancel", one, None))},
    f"POST {NS}/exports": Row(), f"POST {NS}/imports": Row(body={"archive": "sha256:" + "0" * 64}, missing="blob"),
    # webhooks
    f"GET {NS}/webhooks": Row(), f"POST {NS}/webhooks": Row(body=lambda place: {"name": place.fresh(), "url": "https://example.com/"}),
    **{f"{verb} {NS}/webhooks/{{webhook}}{rest}": Row(missing="webhook", body=body)
       for verb, rest, body in (("GET", "", None), ("PATCH", "", {"description": "x"}), ("DELETE", "", None), ("POST", ":rotate", {}), ("POST", ":test", None),
                                ("POST", ":replay", {"after": ""}), ("GET", "/deliveries", None), ("GET", "/deliveries/{delivery}", None), ("POST", "/deliveries/{delivery}:redeliver", None))},
    # operations and records of runs
    "GET /api/v1/operations": Row("self"), "GET /api/v1/model_runs": Row("self"),
    "POST /api/v1/operations": Row("object", body=lambda place: {"model": f"{place.ns}/m", "task_inputs": [{"data": {}}]}),
    **{f"{verb} /api/v1/{noun}": Row("self", missing="operation")
       for verb, noun in (("GET", "operations/{operation}"), ("POST", "operations/{operation}:cancel"), ("GET", "operations/{operation}/events"), ("GET", "model_runs/{run}"))},
    # gRPC: the matrix asks for the deployment of the place by its name
    **{f"POST /inference.GRPCInferenceService/{method}": Row("open") for method in ("ServerLive", "ServerReady", "ServerMetadata")},
    **{f"POST /inference.GRPCInferenceService/{method}": Row("object") for method in ("ModelReady", "ModelMetadata", "ModelConfig", "ModelStatistics", "ModelInfer", "ModelStreamInfer")},
    "POST /inference.GRPCInferenceService/RepositoryIndex": Row("list", field=0),
    "POST /inference.GRPCInferenceService/RepositoryModelLoad": Row("object", field=2),
    "POST /inference.GRPCInferenceService/RepositoryModelUnload": Row("object", field=2, again="deployment"),
    "POST /grpc.health.v1.Health/Check": Row("open"), "POST /grpc.health.v1.Health/List": Row("open"), "POST /grpc.health.v1.Health/Watch": Row("open", stream=True),
    **{f"POST /grpc.{name}": Row("open") for name in ("reflection.v1.ServerReflection/ServerReflectionInfo",
                                                       "reflection.v1alpha.ServerReflection/ServerReflectionInfo")},
    # the OCI door; the short form takes the caller's default namespace, here by X-Souk-Namespace
    **{f"{verb} /v2/{name}{rest}": row for name in ("{model}", "{ns}/{model}") for verb, rest, row in (
        ("GET", "/tags/list", Row()), ("GET", "/referrers/{digest}", Row()),
        ("GET", "/manifests/{reference}", Row()), ("PUT", "/manifests/{reference}", Row(raw=b"{}", type="application/vnd.oci.image.manifest.v1+json")),
        ("DELETE", "/manifests/{reference}", Row(path={"reference": "nothing"}, missing="nothing")),
        ("GET", "/blobs/{digest}", Row(missing="sha256")), ("HEAD", "/blobs/{digest}", Row(missing="")), ("DELETE", "/blobs/{digest}", Row(missing="sha256")),
        ("POST", "/blobs/uploads/", Row()), ("POST", "/blobs/uploads", Row()),
        *((verb, "/blobs/uploads/{upload}", Row(missing="upload")) for verb in ("GET", "PATCH", "PUT", "DELETE")))},
}
