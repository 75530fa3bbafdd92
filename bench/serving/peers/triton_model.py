"""Triton's Python backend: the ONNX file beside it, run by ONNX Runtime with one thread, a batch at a time."""
import os
import sys
from pathlib import Path

sys.path[:0] = os.environ["PYTHONPATH"].split(":")  # which the backend's own interpreter does not read

import numpy as np
import onnxruntime
import triton_python_backend_utils as triton


class TritonPythonModel:
    def initialize(self, args):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        file = Path(args["model_repository"]) / args["model_version"] / "model.onnx"
        self.session = onnxruntime.InferenceSession(str(file), options)
        self.inputs = [i.name for i in self.session.get_inputs()]
        self.outputs = [o.name for o in self.session.get_outputs()]

    def execute(self, requests):
        parts = [[triton.get_input_tensor_by_name(r, name).as_numpy() for name in self.inputs] for r in requests]
        joined = [np.concatenate(column) if len(requests) > 1 else column[0] for column in zip(*parts)]
        results = self.session.run(self.outputs, dict(zip(self.inputs, joined)))
        answers, at = [], 0
        for part in parts:
            rows = slice(at, at := at + len(part[0]))
            answers.append(triton.InferenceResponse([triton.Tensor(name, r[rows]) for name, r in zip(self.outputs, results)]))
        return answers
