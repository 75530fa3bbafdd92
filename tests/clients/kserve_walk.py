# SPDX-License-Identifier: Apache-2.0
"""kserve_walk.py HOST:PORT: KServe's inference clients, over REST and gRPC, against the deployment `simple`."""

import asyncio
import sys

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

LEFT = np.arange(16, dtype=np.int32).reshape(1, 16)
RIGHT = np.full((1, 16), 3, dtype=np.int32)


def request(binary):
    inputs = [InferInput(name, [1, 16], "INT32") for name in ("INPUT0", "INPUT1")]
    inputs[0].set_data_from_numpy(LEFT, binary_data=binary)
    inputs[1].set_data_from_numpy(RIGHT, binary_data=binary)
    return InferRequest(model_name="simple", infer_inputs=inputs)


def check(answer):
    got = {output.name: output.as_numpy().reshape(1, 16) for output in answer.outputs}
    np.testing.assert_array_equal(got["OUTPUT0"], LEFT + RIGHT)
    np.testing.assert_array_equal(got["OUTPUT1"], LEFT - RIGHT)


async def over_rest(address):
    client = InferenceRESTClient(RESTConfig(protocol="v2", timeout=60))
    base = f"http://{address}"
    assert await client.is_server_live(base) and await client.is_server_ready(base)
    assert await client.is_model_ready(base, "simple")
    for binary in (False, True):
        check(await client.infer(base, request(binary), model_name="simple"))
    await client.close()


async def over_grpc(address):
    client = InferenceGRPCClient(address)
    assert await client.is_server_live() and await client.is_server_ready()
    assert await client.is_model_ready("simple")
    for binary in (False, True):
        check(await client.infer(request(binary)))
    await client.close()


asyncio.run(over_rest(sys.argv[1]))
asyncio.run(over_grpc(sys.argv[1]))
