"""MLServer: a runtime of one ONNX file, by its own codecs."""
import mlserver
import onnxruntime
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class Onnx(mlserver.MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(self.settings.parameters.uri, options)
        self.outputs_ = [o.name for o in self.session.get_outputs()]
        return True

    async def predict(self, payload):
        feeds = {i.name: NumpyCodec.decode_input(i) for i in payload.inputs}
        results = self.session.run(self.outputs_, feeds)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output(n, r) for n, r in zip(self.outputs_, results)])
