"""A guest that asks a model which language a text is in; the model is made here.

Run it: `echo 'Das ist ein Text' | python -m examples.guest_inference`. It needs `onnx`
and `onnxruntime`. The model is one product of whole numbers, so that its answer is the
same on every machine; on the tape it is kept anyway.
"""

import sys
from math import log2
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import wasmtime
from onnx import TensorProto, helper, numpy_helper

from contractvm import Guest, GuestError, Infer

SOURCE = Path(__file__).parent / "guests" / "language.wat"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SAMPLES = {
    "English": "the time of the year when it was thought that they would have what"
    " they need with all of you and which way to go when there is nothing",
    "French": "le temps que nous avons pour aller vers une ville est ce qui reste"
    " quand on ne peut pas dire ou sont les autres mais je suis la",
    "German": "die zeit die wir haben um in eine stadt zu gehen ist das was bleibt"
    " wenn man nicht sagen kann wo die anderen sind und ich bin hier",
}
WRONG_SIZE = 2


def make_model() -> bytes:
    """Scores of the languages: counts of letters times weights, the greatest wins."""
    weights = np.array([_weights(text) for text in SAMPLES.values()], np.int8).T
    graph = helper.make_graph(
        [
            helper.make_node("MatMulInteger", ["counts", "weights"], ["scores"]),
            helper.make_node("ArgMax", ["scores"], ["language"], axis=1, keepdims=0),
        ],
        "language of a text",
        [helper.make_tensor_value_info("counts", TensorProto.UINT8, [1, 26])],
        [helper.make_tensor_value_info("language", TensorProto.INT64, [1])],
        [numpy_helper.from_array(weights, "weights")],
    )
    opset = helper.make_opsetid("", 13)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _weights(text: str) -> list[int]:
    """How often a text has each letter: sixteenths of the power of two, up to -127."""
    counts = [text.count(letter) + 1 for letter in LETTERS]
    return [max(-127, round(16 * log2(count / sum(counts)))) for count in counts]


def language_model() -> Infer:
    """The capability: 26 counts, a byte each, to the name of a language."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        make_model(), options, providers=["CPUExecutionProvider"]
    )
    names = list(SAMPLES)

    def infer(counts: bytes) -> bytes:
        if len(counts) != len(LETTERS):
            raise GuestError(WRONG_SIZE)
        given = np.frombuffer(counts, np.uint8).reshape(1, -1)
        (found,) = session.run(None, {"counts": given})
        return names[int(found[0])].encode()

    return Infer(infer, charge=2_000)


def load(engine: str = "auto") -> Guest:
    return Guest.load(bytes(wasmtime.wat2wasm(SOURCE.read_text())), engine=engine)


if __name__ == "__main__":
    result = load().run(stdin=sys.stdin.buffer.read(), capabilities=[language_model()])
    print(result.stdout.decode(), result.outcome, result.gas_used)
