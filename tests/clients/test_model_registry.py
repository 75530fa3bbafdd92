# SPDX-License-Identifier: Apache-2.0
"""Kubeflow's own Python client, unchanged: its documented flows against souk on either database. The server is these tests' own:
the client reads whole lists, and gives up at ids and integers of 64 bits that other tests leave behind."""

import asyncio
import itertools

import mr_openapi
import pytest
from both_databases import souk  # noqa: F401
from model_registry import ModelRegistry
from model_registry.exceptions import StoreError
from model_registry.types import DocArtifact, ListOptions, ModelArtifact
from model_registry.utils import OCIParams, S3Params
from oci_clients import layer
from registry_client import folder, push
from souk_server import Souk
from wire import call

_count = itertools.count()


def fresh(prefix):
    return f"{prefix}-{next(_count)}"


@pytest.fixture(scope="module")
def client(souk):
    with pytest.warns(UserWarning):
        return ModelRegistry(server_address=f"http://{souk.host}", port=souk.port, author="ada", is_secure=False)


def register(client, name, version="v1", **more):
    return client.register_model(name, "s3://models/m?endpoint=http%3A%2F%2Fs3&defaultRegion=eu", model_format_name="onnx",
                                 model_format_version="1", version=version, **more)


def test_register_and_get(client):
    name = fresh("register")
    metadata = {"framework": "pytorch", "epochs": 7, "accuracy": 0.75, "whole": 1.0, "good": True}
    model = register(client, name, version_description="first", metadata=metadata, storage_key="key", storage_path="path",
                     service_account_name="account", model_source_kind="kind", model_source_class="class",
                     model_source_group="group", model_source_id="id", model_source_name="source", owner="grace")
    assert model.id and model.name == name and model.owner == "grace"
    version = client.get_model_version(name, "v1")
    assert version.author == "ada" and version.description == "first" and version.custom_properties == metadata
    assert {k: type(v) for k, v in version.custom_properties.items()} == {k: type(v) for k, v in metadata.items()}
    artifact = client.get_model_artifact(name, "v1")
    assert artifact.uri.startswith("s3://models/m?endpoint=") and artifact.storage_path == "path"
    assert artifact.model_source_name == "source" and artifact.service_account_name == "account"
    assert client.get_registered_model(name).id == model.id
    assert client.get_registered_model("nothing of that name") is None
    assert client.get_model_version(name, "v2") is None
    with pytest.raises(StoreError):
        register(client, name)
    assert register(client, name, version="v2").id == model.id


def test_update(client):
    name = fresh("update")
    register(client, name)
    for thing, get in ((client.get_registered_model(name), lambda: client.get_registered_model(name)),
                       (client.get_model_version(name, "v1"), lambda: client.get_model_version(name, "v1")),
                       (client.get_model_artifact(name, "v1"), lambda: client.get_model_artifact(name, "v1"))):
        thing.description = "new"
        thing.custom_properties = {"a": 1, "b": "two"}
        assert client.update(thing).description == "new"
        assert get().description == "new" and get().custom_properties == {"a": 1, "b": "two"}
    with pytest.raises(StoreError):
        client.update(type(client.get_registered_model(name))(name="no id"))


def test_pagers(client):
    prefix = fresh("pager")
    for i in range(11):
        register(client, f"{prefix}-{i:02}")
    everything = client.get_registered_models().page_size(3)
    names = [m.name for m in everything.order_by_id().ascending() if m.name.startswith(prefix)]
    assert names == [f"{prefix}-{i:02}" for i in range(11)]
    down = [m.name for m in client.get_registered_models().page_size(4).order_by_creation_time().descending() if m.name.startswith(prefix)]
    assert down == list(reversed(names))
    touched = client.get_registered_model(f"{prefix}-04")
    touched.description = "touched"
    client.update(touched)
    assert next(client.get_registered_models().order_by_update_time().descending()).name == touched.name
    for i in range(5):
        register(client, f"{prefix}-00", version=f"w{i}")
    assert [v.name for v in client.get_model_versions(f"{prefix}-00").page_size(2)] == ["v1", *(f"w{i}" for i in range(5))]


def test_core_api(client):
    """What the high level client builds upon, itself a public class."""
    api = client._api
    name = fresh("core")
    register(client, name)
    version = client.get_model_version(name, "v1")

    async def flow():
        doc = await api.upsert_model_version_artifact(DocArtifact(name="readme", uri="https://x"), version.id)
        assert doc.id and doc.uri == "https://x"
        both = await api.get_model_version_artifacts(version.id, ListOptions(limit=10))
        assert {type(a) for a in both} == {DocArtifact, ModelArtifact}
        found = await api.get_artifacts(filter_query=f"name = '{name}'", artifact_type="model-artifact")
        assert [a.name for a in found] == [name]
        loose = await api.upsert_model_artifact(ModelArtifact(name=name, uri="s3://a", external_id=name))
        assert (await api.get_model_artifact_by_params(external_id=name)).id == loose.id
        assert (await api.get_model_artifact_by_id("99999999")) is None

    asyncio.get_event_loop().run_until_complete(flow())


def test_errors_are_those_the_client_tests_compare(client):
    async def refused(f):
        async with client._api.get_client() as api:
            return await f(api)

    def run(f):
        return asyncio.get_event_loop().run_until_complete(refused(f))

    with pytest.raises(mr_openapi.exceptions.BadRequestException) as bad:
        run(lambda api: api.get_registered_models(filter_query="name = "))
    assert bad.value.status == 400 and "filterQuery, column" in bad.value.body
    with pytest.raises(mr_openapi.exceptions.NotFoundException):
        run(lambda api: api.get_registered_model("123456789"))
    name = fresh("twice")
    run(lambda api: api.create_registered_model(mr_openapi.RegisteredModelCreate(name=name)))
    with pytest.raises(mr_openapi.exceptions.ApiException) as twice:
        run(lambda api: api.create_registered_model(mr_openapi.RegisteredModelCreate(name=name)))
    assert twice.value.status == 409


def test_serving(client, souk, root):
    name = fresh("serving")
    assert push(souk, f"default/{name}", "v1", folder(root / "samples/digits")).status == 201
    model, version = client.get_registered_model(name), client.get_model_version(name, "v1")

    async def flow():
        async with client._api.get_client() as api:
            environment = await api.create_serving_environment(mr_openapi.ServingEnvironmentCreate(name=name))
            service = await api.create_inference_service(mr_openapi.InferenceServiceCreate(
                name=name, registered_model_id=model.id, serving_environment_id=environment.id, model_version_id=version.id))
            assert service.desired_state == "DEPLOYED"
            for _ in range(1000):
                serves = await api.get_inference_service_serves(service.id)
                if serves.items and serves.items[0].last_known_state == "RUNNING":
                    return
                await asyncio.sleep(0.02)
            raise AssertionError(serves)

    asyncio.get_event_loop().run_until_complete(flow())
    assert call(souk, "GET", f"/v2/models/{name}/ready").status == 200


def upload(client, name, files, parameters):
    return client.upload_artifact_and_register_model(name, str(files), upload_params=parameters, version="v1", model_format_name="onnx", model_format_version="1")


def test_upload_to_s3_and_register(client, souk, s3, root):
    """boto3 puts the files into a bucket, souk keeps the address as it is."""
    name = fresh("s3-upload")
    where = S3Params(bucket_name=s3.bucket, s3_prefix=name, endpoint_url=s3.endpoint, region=s3.region,
                     access_key_id=s3.environment["AWS_ACCESS_KEY_ID"], secret_access_key=s3.environment["AWS_SECRET_ACCESS_KEY"])
    upload(client, name, root / "samples/digits", where)
    artifact = client.get_model_artifact(name, "v1")
    assert artifact.uri == f"s3://{s3.bucket}/{name}?endpoint={s3.endpoint}&defaultRegion={s3.region}"
    with pytest.raises(StoreError):
        upload(client, name, root / "samples/digits", where)


def test_upload_to_souk_by_oci_and_register(client, souk, crane, skopeo, root, tmp_path, monkeypatch):
    """The client's own way to an image (skopeo and olot), with souk as the registry of both the base and the image."""
    name = fresh("upload")
    here = f"{souk.host}:{souk.port}"
    crane.run("append", "--new_layer", layer(tmp_path, {"etc/base": b"base"}), "--new_tag", f"{here}/default/{name}-base:1")
    (skopeo.home / ".config/containers/registries.conf").write_text(f'[[registry]]\nlocation = "{here}"\ninsecure = true\n')
    monkeypatch.setenv("HOME", str(skopeo.home))
    image = f"{here}/default/{name}-image:1"
    upload(client, name, root / "samples/digits", OCIParams(base_image=f"{here}/default/{name}-base:1", oci_ref=image))
    assert client.get_model_artifact(name, "v1").uri == f"oci://{image}"
    native = call(souk, "GET", f"/api/v1/namespaces/default/models/{name}/versions/v1").json()
    pushed = call(souk, "GET", f"/api/v1/namespaces/default/models/{name}-image/versions/1").json()
    assert native["sealed"] and native["digest"] == pushed["digest"]
    answer = call(souk, "POST", "/api/v1/namespaces/default/deployments", data={"name": name, "reference": f"default/{name}:v1"})
    assert "container images" in answer.problem(409, "FAILED_PRECONDITION")["detail"]


def test_with_a_key(tmp_path):
    """The user token of the client is a key of souk."""
    with Souk(tmp_path / "data", dev=False) as server:
        key = (tmp_path / "data/admin.key").read_text().strip()
        client = ModelRegistry(server_address=f"http://{server.host}", port=server.port, author="ada", is_secure=False, user_token=key)
        assert register(client, "keyed").name == "keyed"
        with pytest.raises(mr_openapi.exceptions.UnauthorizedException):
            ModelRegistry(server_address=f"http://{server.host}", port=server.port, author="x", is_secure=False, user_token="wrong")
