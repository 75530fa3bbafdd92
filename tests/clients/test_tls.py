# SPDX-License-Identifier: Apache-2.0
"""One port with TLS: HTTP/1.1, HTTP/2 and gRPC by ALPN, keys and roles, and whose trace an answer is of."""

import secrets
import socket
import ssl
import subprocess

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from registry_client import deploy, push
from souk_server import Souk
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException
from wire import call

VALUES = np.arange(16, dtype=np.int32).reshape(1, 16)


@pytest.fixture(scope="module")
def secure(tmp_path_factory, files):
    """Filled without TLS, then started with it."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=souk test",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", private, "-out", certificate], check=True, capture_output=True)
    with Souk(folder / "data", dev=False) as plain:
        admin = (plain.data / "admin.key").read_text().strip()
        assert push(plain, "default/simple", "1", {"m.onnx": (files / "models/simple.onnx").read_bytes()}, key=admin).status == 201
        digest = call(plain, "GET", "/api/v1/namespaces/default/models/simple/versions/1", key=admin).json()["digest"]
        deploy(plain, "default/simple:1", "simple", key=admin)
        keys = {role: call(plain, "POST", "/api/v1/api_keys", key=admin, data={"name": role, "role": role}).json()["key"]
                for role in ("READER", "EXECUTOR", "WRITER")}
    with Souk(folder / "data", "--net-tls-certificate", certificate, "--net-tls-key", private, dev=False) as souk:
        assert souk.url.startswith("https://")
        souk.certificate, souk.keys, souk.address, souk.digest = certificate, keys, f"{souk.host}:{souk.port}", digest
        yield souk


def trusting(souk, *protocols):
    context = ssl.create_default_context(cafile=souk.certificate)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def clients(souk):
    """Triton's, over both transports, and what gives them a role."""
    over_http = triton_http.InferenceServerClient(souk.address, ssl=True, ssl_context_factory=lambda: trusting(souk))
    over_grpc = triton_grpc.InferenceServerClient(souk.address, ssl=True, root_certificates=str(souk.certificate))
    return ((over_http, triton_http), (over_grpc, triton_grpc))


def has_role(souk, role):
    return {"authorization": f"Bearer {souk.keys[role]}"}


def inputs(module):
    made = [module.InferInput(name, [1, 16], "INT32") for name in ("INPUT0", "INPUT1")]
    for one in made:
        one.set_data_from_numpy(VALUES)
    return made


def message():
    request = service_pb2.ModelInferRequest(model_name="simple", raw_input_contents=[VALUES.tobytes()] * 2)
    for name in ("INPUT0", "INPUT1"):
        request.inputs.add(name=name, datatype="INT32", shape=[1, 16])
    return request


@pytest.mark.parametrize("offered,chosen", [(("h2", "http/1.1"), "h2"), (("http/1.1", "h2"), "h2"), (("http/1.1",), "http/1.1"), ((), None)])
def test_the_protocol_is_agreed_on(secure, offered, chosen):
    with socket.create_connection((secure.host, secure.port), 30) as plain:
        with trusting(secure, *offered).wrap_socket(plain, server_hostname=secure.host) as connection:
            assert connection.selected_alpn_protocol() == chosen
            if chosen == "h2":
                connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
                assert connection.recv(9)[3] == 4, "its settings"
            else:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: " + secure.address.encode() + b"\r\n\r\n")
                assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_each_role_may_what_it_may(secure):
    for client, module in clients(secure):
        with client:
            assert client.is_server_live()
            result = client.infer("simple", inputs(module), headers=has_role(secure, "EXECUTOR"))
            np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), VALUES * 2)
            for headers, status in (({}, "401|UNAUTHENTICATED"), ({"authorization": "Bearer souk_nonsense"}, "401|UNAUTHENTICATED"),
                                    (has_role(secure, "READER"), "403|PERMISSION_DENIED")):
                with pytest.raises(InferenceServerException) as refused:
                    client.infer("simple", inputs(module), headers=headers)
                assert any(one in str(refused.value.status()) for one in status.split("|")), refused.value
            for role in ("READER", "EXECUTOR"):
                for ask in (client.load_model, client.unload_model):
                    with pytest.raises(InferenceServerException) as refused:
                        ask("simple", headers=has_role(secure, role))
                    assert any(one in str(refused.value.status()) for one in ("403", "PERMISSION_DENIED")), refused.value
            assert client.is_model_ready("simple", headers=has_role(secure, "READER")), "who may not unload did not"
            client.unload_model("simple", headers=has_role(secure, "WRITER"))
            client.load_model("simple", headers=has_role(secure, "WRITER"))
            assert client.is_model_ready("simple", headers=has_role(secure, "READER"))


def test_each_answer_says_what_made_it(secure):
    trace = secrets.token_hex(16)
    metadata = [("authorization", f"Bearer {secure.keys['EXECUTOR']}"), ("traceparent", f"00-{trace}-{secrets.token_hex(8)}-01")]
    with grpc.secure_channel(secure.address, grpc.ssl_channel_credentials(secure.certificate.read_bytes())) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        answer, done = stub.ModelInfer.with_call(message(), metadata=metadata, timeout=60)
        head = dict(done.initial_metadata())
        assert head["souk-trace-id"] == trace and head["souk-version-digest"] == secure.digest
        assert answer.model_version == "1"
        stream = stub.ModelStreamInfer(iter([message()] * 3), metadata=metadata, timeout=60)
        answers = list(stream)
        assert dict(stream.initial_metadata())["souk-trace-id"] == trace
        assert [one.infer_response.parameters["souk-version-digest"].string_param for one in answers] == [secure.digest] * 3
        with pytest.raises(grpc.RpcError) as refused:
            stub.ModelInfer(service_pb2.ModelInferRequest(model_name="nothing"), metadata=metadata, timeout=60)
        assert refused.value.code() == grpc.StatusCode.NOT_FOUND
        assert trace in dict([*refused.value.initial_metadata(), *refused.value.trailing_metadata()]).values()
