# SPDX-License-Identifier: Apache-2.0
"""The field's own inference clients, unchanged: Triton's over HTTP and gRPC (sync, asyncio, streaming), KServe's, and
gRPC's health and reflection."""

import asyncio
import queue
import subprocess
import sys
import time
import uuid
from pathlib import Path

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from google.protobuf.descriptor_pool import DescriptorPool
from registry_client import deploy, push
from tritonclient.utils import InferenceServerException
from wire import call

LEFT = np.arange(16, dtype=np.int32).reshape(1, 16)
RIGHT = np.full((1, 16), 3, dtype=np.int32)
SIMPLE = Path(__file__).parents[1] / "data/models/simple.onnx"


def own_model(souk):
    """A deployment of this test alone."""
    name = f"own-{uuid.uuid4().hex[:8]}"
    assert push(souk, f"default/{name}", "1", {"simple.onnx": SIMPLE.read_bytes()}).status == 201
    return name


@pytest.fixture(params=["http", "grpc"])
def client(request, souk):
    """Triton's client, and the module it comes from."""
    module = triton_http if request.param == "http" else triton_grpc
    with module.InferenceServerClient(f"{souk.host}:{souk.port}") as client:
        yield client, module


def inputs_for(module, binary=None):
    left, right = (module.InferInput(name, [1, 16], "INT32") for name in ("INPUT0", "INPUT1"))
    extra = {} if binary is None else {"binary_data": binary}
    left.set_data_from_numpy(LEFT, **extra)
    right.set_data_from_numpy(RIGHT, **extra)
    return [left, right]


def check(result):
    np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), LEFT + RIGHT)
    np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), LEFT - RIGHT)


def ask(client, module, method, *arguments):
    """What it says, as JSON."""
    return getattr(client, method)(*arguments, **({"as_json": True} if module is triton_grpc else {}))


def test_server(client):
    client, module = client
    assert client.is_server_live() and client.is_server_ready()
    server = ask(client, module, "get_server_metadata")
    assert server["name"] == "souk"
    assert {"classification", "model_configuration", "model_repository", "statistics"} <= set(server["extensions"])


def test_model_metadata_and_configuration(client, digits, models):
    client, module = client
    assert client.is_model_ready("simple") and client.is_model_ready("simple", "1")
    meta = ask(client, module, "get_model_metadata", "simple")
    assert meta["name"] == "simple" and meta["versions"] == ["1"]
    assert [tensor["name"] for tensor in meta["inputs"]] == ["INPUT0", "INPUT1"]
    config = ask(client, module, "get_model_config", "simple")
    config = config.get("config", config)
    assert config["name"] == "simple" and config["platform"] == "onnx_onnxv1" and config["backend"] == "onnx"
    assert "dynamic_batching" not in config
    assert [int(size) for size in config["input"][0]["dims"]] == [-1, 16]
    config = ask(client, module, "get_model_config", "digits")
    config = config.get("config", config)
    assert config["max_batch_size"] > 1 and "dynamic_batching" in config
    assert [int(size) for size in config["input"][0]["dims"]] == [1, 16, 16], "without the batch"
    assert config["input"][0]["data_type"] == "TYPE_FP32"


def test_configuration_after_a_live_change(client, souk):
    client, module = client
    name = own_model(souk)
    deploy(souk, f"default/{name}", name)

    def config():
        said = ask(client, module, "get_model_config", name)
        return said.get("config", said)

    assert "dynamic_batching" not in config()
    wanted = {"max_batch_size": 16, "preferred_batch_size": [4, 16], "max_queue_delay_microseconds": 700, "priority_levels": 3}
    assert call(souk, "PATCH", f"/api/v1/namespaces/default/deployments/{name}", data={"batching": wanted}).status == 200
    end = time.monotonic() + 60
    while int(config().get("max_batch_size", 0)) != 16:
        assert time.monotonic() < end
        time.sleep(0.05)
    batching = config()["dynamic_batching"]
    assert [int(size) for size in batching["preferred_batch_size"]] == [4, 16]
    assert int(batching["max_queue_delay_microseconds"]) == 700 and int(batching["priority_levels"]) == 3
    check(client.infer(name, inputs_for(module)))


@pytest.mark.parametrize("binary", [True, False])
def test_infer_http(souk, models, binary):
    with triton_http.InferenceServerClient(f"{souk.host}:{souk.port}") as client:
        outputs = [triton_http.InferRequestedOutput(name, binary_data=binary) for name in ("OUTPUT0", "OUTPUT1")]
        result = client.infer("simple", inputs_for(triton_http, binary), outputs=outputs, request_id="7")
        check(result)
        assert result.get_response()["id"] == "7"
        check(client.infer("simple", inputs_for(triton_http, binary), model_version="1"))
        check(client.async_infer("simple", inputs_for(triton_http, binary)).get_result())


@pytest.mark.parametrize("asked", ["gzip", "deflate"])
def test_compression_both_ways(client, models, asked):
    client, module = client
    big = np.arange(64 * 1024, dtype=np.float32).reshape(1, -1) % 7
    tensor = module.InferInput("input", list(big.shape), "FP32")
    tensor.set_data_from_numpy(big)
    how = {"request_compression_algorithm": asked, "response_compression_algorithm": asked} if module is triton_http \
        else {"compression_algorithm": asked}
    result = client.infer("identity-fp32", [tensor], **how)
    np.testing.assert_array_equal(result.as_numpy("output"), big)


def test_infer_grpc(souk, models):
    with triton_grpc.InferenceServerClient(f"{souk.host}:{souk.port}") as client:
        check(client.infer("simple", inputs_for(triton_grpc), request_id="7"))
        answers = queue.Queue()
        client.async_infer("simple", inputs_for(triton_grpc), callback=lambda result, error: answers.put((result, error)))
        result, error = answers.get(timeout=60)
        assert error is None
        check(result)


def test_strings_and_classes(client, digits, models):
    client, module = client
    words = np.array([["zwei", "drei", ""]], dtype=object)
    tensor = module.InferInput("input", list(words.shape), "BYTES")
    tensor.set_data_from_numpy(words)
    got = client.infer("identity-bytes", [tensor]).as_numpy("output")
    assert [text.decode() for text in got.reshape(-1)] == ["zwei", "drei", ""]
    pixels = module.InferInput("pixels", [2, 1, 16, 16], "FP32")
    pixels.set_data_from_numpy(np.random.default_rng(1).random((2, 1, 16, 16), dtype=np.float32))
    best = client.infer("digits", [pixels], outputs=[module.InferRequestedOutput("probabilities", class_count=3)])
    answer = best.as_numpy("probabilities")
    assert answer.shape == (2, 3)
    score, index, label = answer[0][0].decode().split(":")
    assert 0 <= float(score) <= 1 and index == label


def test_errors_are_the_clients_own(client, models):
    client, module = client
    with pytest.raises(InferenceServerException, match="nothing-there"):
        client.infer("nothing-there", inputs_for(module))
    wrong = module.InferInput("INPUT0", [1, 16], "INT32")
    wrong.set_data_from_numpy(LEFT)
    with pytest.raises(InferenceServerException, match="INPUT1"):
        client.infer("simple", [wrong])


def test_stream(souk, models):
    with triton_grpc.InferenceServerClient(f"{souk.host}:{souk.port}") as client:
        answers = queue.Queue()
        client.start_stream(callback=lambda result, error: answers.put((result, error)))
        for number in range(50):
            client.async_stream_infer("simple", inputs_for(triton_grpc), request_id=str(number))
        client.async_stream_infer("nothing-there", inputs_for(triton_grpc), request_id="lost")
        for number in range(50):
            result, error = answers.get(timeout=60)
            assert error is None
            assert result.get_response().id == str(number), "in the order of the requests"
            check(result)
        _, error = answers.get(timeout=60)
        assert "nothing-there" in str(error)
        client.stop_stream()


def test_asyncio(souk, models):
    async def over_http():
        async with triton_http_aio.InferenceServerClient(f"{souk.host}:{souk.port}") as client:
            results = await asyncio.gather(*(client.infer("simple", inputs_for(triton_http)) for _ in range(20)))
            for result in results:
                check(result)

    async def over_grpc():
        async with triton_grpc_aio.InferenceServerClient(f"{souk.host}:{souk.port}") as client:
            results = await asyncio.gather(*(client.infer("simple", inputs_for(triton_grpc)) for _ in range(20)))
            for result in results:
                check(result)

            async def requests():
                for number in range(10):
                    yield {"model_name": "simple", "inputs": inputs_for(triton_grpc), "request_id": str(number)}

            seen = 0
            async for result, error in client.stream_infer(requests()):
                assert error is None
                check(result)
                seen += 1
                if seen == 10:
                    break

    asyncio.run(over_http())
    asyncio.run(over_grpc())


def test_statistics(client, souk):
    client, module = client
    name = own_model(souk)
    deploy(souk, f"default/{name}:1", name)
    for _ in range(3):
        check(client.infer(name, inputs_for(module)))
    with pytest.raises(InferenceServerException):
        client.infer(name, inputs_for(module)[:1])
    (own,) = ask(client, module, "get_inference_statistics", name)["model_stats"]
    assert own["name"] == name and own["version"] == "1"
    stats = own["inference_stats"]
    assert [int(own["inference_count"]), int(own["execution_count"])] == [3, 3]
    assert int(stats["success"]["count"]) == 3 and int(stats["fail"]["count"]) == 1
    assert int(stats["success"]["ns"]) >= int(stats["compute_infer"]["ns"]) > 0
    assert int(own["last_inference"]) > 1_700_000_000_000
    assert [int(size["batch_size"]) for size in own["batch_stats"]] == [1]
    everything = ask(client, module, "get_inference_statistics")["model_stats"]
    assert name in [one["name"] for one in everything]


def test_repository(client, souk):
    client, module = client

    def state():
        index = ask(client, module, "get_model_repository_index")
        rows = index if isinstance(index, list) else index.get("models", [])
        return next(((row.get("state"), row.get("reason", "")) for row in rows if row["name"] == name), None)

    name = own_model(souk)
    assert state() is None, "only what is deployed is listed"
    client.load_model(name)
    assert client.is_model_ready(name) and state() == ("READY", "")
    client.unload_model(name)
    assert not client.is_model_ready(name) and state() == ("UNAVAILABLE", "unloaded")
    client.load_model(name)
    check(client.infer(name, inputs_for(module)))
    with pytest.raises(InferenceServerException, match="nothing-there"):
        client.load_model("nothing-there")
    with pytest.raises(InferenceServerException, match="nothing-there"):
        client.unload_model("nothing-there")


def test_kserve(souk, models):
    """In a process of its own: its messages and those of Triton's client cannot be in one."""
    program = Path(__file__).with_name("kserve_walk.py")
    done = subprocess.run([sys.executable, program, f"{souk.host}:{souk.port}"], capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr


def test_health_and_reflection(souk, models):
    with grpc.insecure_channel(f"{souk.host}:{souk.port}") as channel:
        health = health_pb2_grpc.HealthStub(channel)
        serving = health_pb2.HealthCheckResponse.SERVING
        for service in ("", "inference.GRPCInferenceService"):
            assert health.Check(health_pb2.HealthCheckRequest(service=service)).status == serving
        with pytest.raises(grpc.RpcError) as fault:
            health.Check(health_pb2.HealthCheckRequest(service="nothing.There"))
        assert fault.value.code() == grpc.StatusCode.NOT_FOUND
        first = next(iter(health.Watch(health_pb2.HealthCheckRequest(), timeout=60)))
        assert first.status == serving
        known = ProtoReflectionDescriptorDatabase(channel)
        assert "inference.GRPCInferenceService" in known.get_services()
        service = DescriptorPool(known).FindServiceByName("inference.GRPCInferenceService")
        assert {"ModelInfer", "ModelStreamInfer", "ModelConfig", "ModelStatistics", "RepositoryIndex"} <= \
            {method.name for method in service.methods}
