# SPDX-License-Identifier: Apache-2.0
"""The catalogue's doors: every operation, filters, orders, pages, errors; sources that change, break and come back."""

import http.server
import json
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from registry_client import push
from souk_server import Souk
from wire import call

MODELS, SERVERS = "/api/model_catalog/v1alpha1", "/api/mcp_catalog/v1alpha1/mcp_servers"
SAMPLES = Path(__file__).parents[1] / "data/catalog"


def wait_until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.05)


class Hub:
    """A hub of Hugging Face's API with two organizations; it pages its lists and can be broken."""

    def __init__(self):
        names = [f"acme/model-{i:02}" for i in range(7)] + ["other/thing", "acme/hidden"]
        self.models = [{"id": name, "author": name.split("/")[0], "pipeline_tag": "text-generation", "library_name": "transformers",
                        "tags": ["license:mit"], "downloads": i, "createdAt": "2026-01-02T03:04:05.000Z", "private": name.endswith("hidden"),
                        "cardData": {"language": "en"}, "gated": False} for i, name in enumerate(names)]
        self.keys, self.broken = set(), False
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                hub.keys.add(self.headers.get("Authorization"))
                path, _, query = self.path.partition("?")
                asked = dict(pair.split("=", 1) for pair in query.split("&") if pair)
                if hub.broken:
                    return self.answer(503, {})
                if path == "/api/models":
                    found = [m for m in hub.models if asked.get("author") in (None, m["author"])]
                    at = int(asked.get("cursor", "0"))
                    more = {"Link": f'<{hub.url}/api/models?author={asked.get("author", "")}&cursor={at + 3}>; rel="next"'} if at + 3 < len(found) else {}
                    return self.answer(200, found[at:at + 3], more)
                found = [m for m in hub.models if path == "/api/models/" + m["id"]]
                self.answer(200 if found else 404, found[0] if found else {"error": "no such"})

            def answer(self, status, body, headers=()):
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in dict(headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def hub():
    one = Hub()
    yield one
    one.close()


@pytest.fixture(scope="module")
def sources(tmp_path_factory, hub):
    path = tmp_path_factory.mktemp("catalog") / "sources.yaml"
    for file in SAMPLES.glob("*.yaml"):
        (path.parent / file.name).write_text(file.read_text().replace("HUB", hub.url))
    return path


@pytest.fixture(scope="module")
def souk(tmp_path_factory, sources):
    arguments = ["--catalog-sources", sources, "--catalog-performance", SAMPLES / "performance", "--catalog-poll", "100ms",
                 "--imports-allow", "127.0.0.1"]
    with Souk(tmp_path_factory.mktemp("souk") / "data", *arguments) as server:
        wait_until(lambda: status_of(server, "hub") == "available")
        yield server


def get(souk, path, status=200, **query):
    text = "&".join(f"{k}={quote(str(v), safe='')}" for k, v in query.items())
    answer = call(souk, "GET", path + ("?" + text if text else ""))
    assert answer.status == status, (path, query, answer.status, answer.body)
    body = answer.json()
    if status >= 400:
        assert set(body) == {"code", "message"} and body["message"], body
    return body


def names(souk, path=MODELS + "/models", **query):
    return [one["name"] for one in get(souk, path, **query)["items"]]


def source(souk, id, asset="models"):
    found = [one for one in get(souk, MODELS + "/sources", assetType=asset)["items"] if one["id"] == id]
    return found[0] if found else None


def status_of(souk, id, asset="models"):
    found = source(souk, id, asset)
    return found and found["status"]


def test_models_of_all_sources(souk):
    body = get(souk, MODELS + "/models", source="files")
    assert set(body) == {"items", "nextPageToken", "pageSize", "size"} and body["size"] == len(body["items"]) == 4
    model = body["items"][0]
    assert model["name"] == "ibm-granite/granite-8b" and model["source_id"] == "files" and model["provider"] == "IBM"
    assert model["customProperties"]["size"] == {"metadataType": "MetadataStringValue", "string_value": "8B params"}
    assert get(souk, f"{MODELS}/sources/files/models/ibm-granite/granite-8b") == model
    assert get(souk, f"{MODELS}/sources/files/models/ibm-granite%2Fgranite-8b") == model
    assert len(names(souk)) == 4 + 7
    assert names(souk, source="files,nothing") == names(souk, source="files")
    assert call(souk, "GET", f"{MODELS}/models?source=files&source=hub").json()["size"] == 11
    assert names(souk, sourceLabel="Validated") == names(souk, source="files")
    assert names(souk, sourceLabel="null") == names(souk, source="hub")
    get(souk, f"{MODELS}/sources/files/models/absent", 404)
    get(souk, f"{MODELS}/sources/absent/models/x", 404)
    get(souk, f"{MODELS}/nothing", 404)


def test_filters_words_and_orders(souk):
    def matching(filter, **more):
        return names(souk, source="files", filterQuery=filter, **more)

    granite, small, llama, tiny = names(souk, source="files")
    assert matching("provider = 'IBM'") == [granite, small]
    assert matching("provider LIKE 'Me%' OR name ILIKE '%TINY%'") == [llama, tiny]
    assert matching("tasks = 'text-generation' AND language IN ('de')") == [granite]
    assert matching("size.string_value = '8B params'") == [granite]
    assert matching("artifacts.mmlu.double_value > 0.6") == [granite]
    assert matching("createTimeSinceEpoch > 1736510400000") == [llama]
    assert matching("license != 'apache-2.0'") == [llama]
    assert names(souk, source="files", q="granite instruct") == [granite]
    assert names(souk, source="files", q="GRANITE") == [granite, small]
    assert names(souk, source="files", orderBy="NAME", sortOrder="DESC") == [tiny, llama, small, granite]
    assert names(souk, source="files", orderBy="ACCURACY", sortOrder="DESC")[:2] == [granite, llama]
    assert names(souk, source="files", orderBy="ACCURACY")[:2] == [llama, granite]
    assert names(souk, source="files", orderBy="artifacts.mmlu.double_value", sortOrder="DESC")[0] == granite
    assert names(souk, source="files", orderBy="provider.string_value")[0] == granite
    assert names(souk, source="files", recommendations="true")[0] == granite
    for query in ({"filterQuery": "provider ="}, {"filterQuery": "name = 5"}, {"orderBy": "nothing"}, {"sortOrder": "UP"}, {"pageSize": "0"},
                  {"pageSize": "x"}, {"recommendations": "yes"}, {"targetRPS": "-1"}, {"nextPageToken": "forged"}, {"q": "x" * 600},
                  {"filterQuery": "(" * 1000}):
        get(souk, MODELS + "/models", 400, **query)
    assert "column 11" in get(souk, MODELS + "/models", 400, filterQuery="provider =")["message"]


def test_pages(souk):
    whole = names(souk)
    for size in (1, 2, 5, 100):
        seen, token = [], ""
        while True:
            body = get(souk, MODELS + "/models", pageSize=size, **({"nextPageToken": token} if token else {}))
            assert body["pageSize"] == size and body["size"] == len(body["items"]) <= size
            seen += [one["name"] for one in body["items"]]
            token = body["nextPageToken"]
            if not token:
                break
        assert seen == whole
    token = get(souk, MODELS + "/models", pageSize=1)["nextPageToken"]
    get(souk, MODELS + "/models", 400, pageSize=1, nextPageToken=token, source="files")
    get(souk, MODELS + "/models", 400, pageSize=1, nextPageToken=token[:-2] + "xx")


def test_artifacts_and_performance(souk):
    where = f"{MODELS}/sources/files/models/ibm-granite%2Fgranite-8b/artifacts"
    everything = get(souk, where)["items"]
    assert [a["artifactType"] for a in everything].count("metrics-artifact") == 5 and len(everything) == 6
    assert get(souk, where, artifactType="model-artifact")["items"][0]["uri"] == "oci://registry.example.com/granite:8b"
    assert call(souk, "GET", f"{where}?artifactType=model-artifact&artifactType=metrics-artifact").json()["size"] == 6
    assert get(souk, where, artifact_type="metrics-artifact")["size"] == 5
    accuracy = get(souk, where, filterQuery="metricsType = 'accuracy-metrics'")["items"]
    assert accuracy[0]["customProperties"]["overall_average"] == {"metadataType": "MetadataDoubleValue", "double_value": 61.5}
    ordered = get(souk, where, orderBy="ttft_p90.double_value")["items"]
    assert [a["customProperties"]["ttft_p90"]["double_value"] for a in ordered if "ttft_p90" in a["customProperties"]] == [30, 35, 40, 90]
    get(souk, where, 400, artifactType="nonsense")
    get(souk, where, 400, orderBy="accuracy.invalid_type")
    get(souk, where, orderBy="accuracy")
    performance = get(souk, where + "/performance")["items"]
    assert len(performance) == 4 and all(a["metricsType"] == "performance-metrics" for a in performance)
    wanted = get(souk, where + "/performance", targetRPS=10, orderBy="replicas.int_value")["items"]
    assert [a["customProperties"]["replicas"]["int_value"] for a in wanted] == ["2", "3", "5", "10"]
    best = get(souk, where + "/performance", recommendations="true")["items"]
    assert sorted(a["customProperties"]["ttft_p90"]["double_value"] for a in best) == [30, 40, 90]
    get(souk, f"{MODELS}/sources/files/models/absent/artifacts", 404)
    assert get(souk, f"{MODELS}/sources/hub/models/acme/model-01/artifacts")["items"][0]["uri"] == "hf://acme/model-01"


def test_filter_options(souk):
    options = get(souk, MODELS + "/models/filter_options")
    assert options["filters"]["provider"] == {"type": "string", "values": ["IBM", "Meta", "acme"]}
    assert options["filters"]["artifacts.mmlu.double_value"]["type"] == "number"
    assert options["namedQueries"]["verified"] == {"verifiedSource": {"operator": "=", "value": True}}
    servers = get(souk, SERVERS + "/filter_options")["filters"]
    assert servers["deploymentMode"]["values"] == ["local", "remote"] and "values" in servers["tags"]


def test_sources_and_labels(souk):
    body = get(souk, MODELS + "/sources")
    assert [s["id"] for s in body["items"]] == ["broken", "disabled", "escape", "files", "hub"]
    assert status_of(souk, "files") == "available" and "error" not in source(souk, "files")
    assert status_of(souk, "disabled") == "disabled" and source(souk, "disabled")["enabled"] is False
    for id, word in (("broken", "expanded|aliases|larger|deeper"), ("escape", "folder")):
        assert status_of(souk, id) == "error" and any(w in source(souk, id)["error"] for w in word.split("|")), source(souk, id)
    assert source(souk, "hub")["includedModels"] == ["acme/*"] and source(souk, "files")["labels"] == ["Validated"]
    assert [s["id"] for s in get(souk, MODELS + "/sources", assetType="mcp_servers")["items"]] == ["servers"]
    assert [s["id"] for s in get(souk, MODELS + "/sources", name="Some FILES")["items"]] == ["files"]
    assert [s["id"] for s in get(souk, MODELS + "/sources", orderBy="NAME", sortOrder="DESC", pageSize=2)["items"]] == ["disabled", "files"]
    labels = get(souk, MODELS + "/labels", orderBy="displayName", sortOrder="DESC")["items"]
    assert [label["name"] for label in labels] == ["Validated", None] and labels[0]["displayName"] == "Validated models"
    get(souk, MODELS + "/sources", 400, assetType="cats")


def test_servers_and_tools(souk):
    body = get(souk, SERVERS)
    assert [s["name"] for s in body["items"]] == ["calculator", "remote", "weather"] and "tools" not in body["items"][0]
    weather = body["items"][2]
    assert weather["toolCount"] == 2 and weather["version"] == "1.0.0" and weather["transports"] == ["stdio"]
    assert get(souk, f"{SERVERS}/{weather['id']}") == weather
    shown = get(souk, SERVERS, includeTools="true", toolLimit=1)["items"][2]["tools"]
    assert [tool["name"] for tool in shown] == ["get_weather"]
    assert names(souk, SERVERS, name="%a%er") == ["weather"] and names(souk, SERVERS, q="math") == ["calculator"]
    assert names(souk, SERVERS, filterQuery="license='MIT' AND securityIndicators.verifiedSource=true") == ["calculator"]
    assert names(souk, SERVERS, filterQuery="tags = 'weather'") == ["weather"] and names(souk, SERVERS, namedQuery="verified") == ["calculator"]
    assert names(souk, SERVERS, sourceLabel="null") == [] and names(souk, SERVERS, orderBy="NAME", sortOrder="DESC")[0] == "weather"
    tools = f"{SERVERS}/{weather['id']}/tools"
    assert names(souk, tools) == ["get_forecast", "get_weather"] and names(souk, tools, filterQuery="accessType='read_only'") == ["get_weather"]
    one = get(souk, tools + "/get_weather")
    assert one["serverId"] == weather["id"] and one["tool"]["parameters"] == [{"name": "city", "type": "string", "required": True}]
    for path, query in ((SERVERS, {"namedQuery": "absent"}), (SERVERS, {"toolLimit": 101}), (SERVERS, {"includeTools": 1}), (SERVERS, {"orderBy": "x"})):
        get(souk, path, 400, **query)
    for path in (SERVERS + "/1", SERVERS + "/weather", tools + "/absent", SERVERS + "/1/tools", SERVERS + "/99999999999999999999"):
        get(souk, path, 404)


def preview(souk, config, data=None, status=200, query="", key=None):
    parts = {"config": config} | ({"catalogData": data} if data is not None else {})
    body = "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.yaml"\r\n\r\n{text}\r\n' for name, text in parts.items())
    answer = call(souk, "POST", MODELS + "/sources/preview" + query, {"Content-Type": "multipart/form-data; boundary=x"}, (body + "--x--\r\n").encode(), key=key)
    assert answer.status == status, (answer.status, answer.body)
    return answer.json()


def test_previews(souk, hub):
    config = "type: yaml\nincludedModels: ['ibm/*', 'meta/*']\nexcludedModels: ['*-draft']\n"
    data = "models: [{name: ibm/a}, {name: ibm/b-draft}, {name: Meta/c}, {name: other/d}]"
    body = preview(souk, config, data)
    assert body["items"] == [{"name": "Meta/c", "included": True}, {"name": "ibm/a", "included": True},
                             {"name": "ibm/b-draft", "included": False}, {"name": "other/d", "included": False}]
    assert body["summary"] == {"totalModels": 4, "includedModels": 2, "excludedModels": 2}
    excluded = preview(souk, config, data, query="?filterStatus=excluded&pageSize=1")
    assert excluded["size"] == 1 and excluded["nextPageToken"] and excluded["summary"]["totalModels"] == 4
    more = preview(souk, config, data, query=f"?filterStatus=excluded&pageSize=1&nextPageToken={excluded['nextPageToken']}")
    assert [one["name"] for one in more["items"]] == ["other/d"] and more["nextPageToken"] == ""
    assert preview(souk, "type: yaml\nproperties: {yamlCatalogPath: models.yaml}")["summary"]["totalModels"] == 4
    assert preview(souk, f"type: hf\nincludedModels: [other/thing]\nproperties: {{url: '{hub.url}', apiKey: k}}")["summary"]["includedModels"] == 1
    assert "Bearer k" in hub.keys
    for wrong in ("type: yaml", "type: nothing", "type: yaml\nproperties: {yamlCatalogPath: ../../../etc/passwd}",
                  "type: yaml\nproperties: {yamlCatalogPath: /etc/passwd}", f"type: hf\nproperties: {{url: '{hub.url}', apiKeyEnvVar: PATH}}",
                  "type: hf\nproperties: {url: 'http://169.254.169.254'}", "type: yaml\nincludedModels: [' ']"):
        body = preview(souk, wrong, status=422)
        assert set(body) == {"code", "message"} and "root:" not in body["message"]
    preview(souk, "[", status=400)
    preview(souk, config, data, status=400, query="?filterStatus=x")
    assert call(souk, "POST", MODELS + "/sources/preview", {"Content-Type": "application/json"}, b"{}").status == 400


def test_sources_change_break_and_come_back(souk, sources, hub):
    models = sources.parent / "models.yaml"
    before = models.read_text()
    try:
        models.write_text(before + "  - name: new/one\n  - description: nameless\n")
        wait_until(lambda: "new/one" in names(souk, source="files"))
        assert status_of(souk, "files") == "partially-available" and "name" in source(souk, "files")["error"]
        with open(models, "wb") as large:
            large.truncate(1 << 30)
        wait_until(lambda: status_of(souk, "files") == "error")
        assert "bytes" in source(souk, "files")["error"] and names(souk, source="files") == []
        assert len(names(souk, source="hub")) == 7 and len(names(souk, SERVERS)) == 3
        models.unlink()
        wait_until(lambda: "not there" in source(souk, "files")["error"])
    finally:
        models.write_text(before)
    wait_until(lambda: status_of(souk, "files") == "available")
    whole = sources.read_text()
    try:
        sources.write_text("catalogs: [")
        wait_until(lambda: source(souk, "sources.yaml"))
        assert len(names(souk)) == 11, "what was there stays"
        sources.write_text(whole.replace("id: files", "id: renamed"))
        wait_until(lambda: names(souk, source="renamed"))
        assert source(souk, "sources.yaml") is None and source(souk, "files") is None
    finally:
        sources.write_text(whole)
    wait_until(lambda: status_of(souk, "files") == "available")


def test_a_hub_that_fails_keeps_its_models(souk, hub):
    wait_until(lambda: len(names(souk, source="hub")) == 7)
    hub.broken = True
    try:
        wait_until(lambda: status_of(souk, "hub") == "partially-available")
        assert "503" in source(souk, "hub")["error"] and len(names(souk, source="hub")) == 7
    finally:
        hub.broken = False


def test_public_models_of_this_server(tmp_path, files):
    with Souk(tmp_path / "data", "--catalog-poll", "100ms") as souk:
        files_of = {"m.onnx": next((files / "models").glob("*.onnx")).read_bytes()}
        assert push(souk, "default/shown", "v1", files_of).status == 201
        assert push(souk, "default/kept", "v1", files_of).status == 201
        assert names(souk) == []
        where = "/api/v1/namespaces/default/models/shown"
        call(souk, "PATCH", where, data={"description": "for all", "provider": "us", "tasks": ["ocr"], "custom_properties": {"size": 3}})
        granted = call(souk, "POST", where + "/grants", data={"to": "everyone", "role": "READER"})
        assert granted.status == 201, granted.body
        wait_until(lambda: names(souk) == ["default/shown"])
        wait_until(lambda: get(souk, MODELS + "/models")["items"][0].get("description") == "for all")
        model = get(souk, f"{MODELS}/sources/souk/models/default/shown")
        assert model["tasks"] == ["ocr"] and model["customProperties"]["size"]["int_value"] == "3"
        artifact = get(souk, f"{MODELS}/sources/souk/models/default/shown/artifacts")["items"][0]
        assert artifact["uri"].startswith(f"oci://{souk.host}:{souk.port}/default/shown@sha256:") and artifact["name"] == "v1"
        call(souk, "DELETE", f"{where}/grants/{granted.json()['id']}")
        wait_until(lambda: names(souk) == [])


