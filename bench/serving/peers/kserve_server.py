"""KServe's Python server. usage: kserve_server.py HTTP_PORT GRPC_PORT NAME=FILE …"""
import sys

import kserve
import numpy as np
import onnxruntime


class Onnx(kserve.Model):
    def __init__(self, name, file):
        super().__init__(name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(file, options)
        self.names = [o.name for o in self.session.get_outputs()]
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        results = self.session.run(self.names, {i.name: i.as_numpy() for i in payload.inputs})
        outputs = []
        for name, result in zip(self.names, results):
            output = kserve.InferOutput(name, list(result.shape), {"int32": "INT32", "int64": "INT64", "float32": "FP32"}[str(result.dtype)])
            output.set_data_from_numpy(np.ascontiguousarray(result), binary_data=False)
            outputs.append(output)
        return kserve.InferResponse(response_id="1", model_name=self.name, infer_outputs=outputs)


http, grpc, *models = sys.argv[1:]
kserve.ModelServer(http_port=int(http), grpc_port=int(grpc), workers=1, enable_docs_url=False, access_log_format=None).start([Onnx(*m.split("=", 1)) for m in models])
