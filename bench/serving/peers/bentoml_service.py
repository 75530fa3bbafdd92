"""BentoML: one service, an endpoint a model; lists in, lists out, as its guide does it. MODELS: NAME=FILE, separated by commas."""
import os

import bentoml
import numpy as np
import onnxruntime

FILES = dict(one.split("=", 1) for one in os.environ["MODELS"].split(","))
TYPES = {"tensor(int32)": np.int32, "tensor(float)": np.float32}


def open_session(name):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(FILES[name], options)


@bentoml.service(workers=1)
class Onnx:
    def __init__(self):
        self.sessions = {name: open_session(name) for name in FILES}

    @bentoml.api
    def infer(self, model: str, inputs: dict) -> dict:
        session = self.sessions[model]
        feeds = {i.name: np.asarray(inputs[i.name], TYPES[i.type]) for i in session.get_inputs()}
        names = [o.name for o in session.get_outputs()]
        return {name: result.tolist() for name, result in zip(names, session.run(names, feeds))}
