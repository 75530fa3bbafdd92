"""gRPC: messages of one stream beside calls of their own, 64 in flight on one connection either way."""
import statistics
import tempfile
from pathlib import Path

import peers

IN_FLIGHT, MESSAGES = 64, 6_400
CALL, STREAM = ("inference.GRPCInferenceService/" + method for method in ("ModelInfer", "ModelStreamInfer"))


def bench(common, work):
    """h2load sends a call's whole body as fast as it is read: the server takes in as many messages as it has in flight."""
    with common.Server(str(Path(work) / "streams")) as server, peers.souk(server, peers.SMALL, joined=False) as _:
        for model in peers.SMALL:
            message, headers = peers.grpc_body(model)
            with tempfile.NamedTemporaryFile() as one, tempfile.NamedTemporaryFile() as many:
                one.write(message)
                many.write(message * MESSAGES)
                one.flush(), many.flush()
                calls, streamed = [], []
                for _ in range(common.ROUNDS):
                    calls.append(common.h2load(f"{server.url}/{CALL}", 1, 40_000, "-m", str(IN_FLIGHT), "-d", one.name, *headers, http2=True)[0])
                    streamed.append(MESSAGES * common.h2load(f"{server.url}/{STREAM}", 1, 10, "-m", "1", "-d", many.name, *headers, http2=True)[0])
            c, s = statistics.median(calls), statistics.median(streamed)
            common.report(f"{model.name}, gRPC, 64 in flight: streamed / calls", s / c, 1.3, f"{s:.0f} / {c:.0f} a second")
