"""Writes the ONNX files of the tests and what onnxruntime says of them (expected.json).

Kept as documentation: the files lie beside it, and no build or test runs it. Written with

    python -m venv venv && venv/bin/pip install numpy onnx onnxruntime && venv/bin/python tiny.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
RANDOM = np.random.default_rng(7)
LENGTH = 24


def weights(name, *shape):
    return numpy_helper.from_array(RANDOM.normal(0, 0.5, shape).astype(np.float32), name)


def integers(name, *values):
    return numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def floats(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def write(name, nodes, inputs, outputs, constants):
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("org.example", 1)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    if name != "operator":
        onnx.checker.check_model(model, full_check=True)
    onnx.save(model, HERE / f"{name}.onnx")


def one_hot(sequence, letters, unknown):
    columns = np.full((len(sequence), 4), unknown, dtype=np.float32)
    for place, letter in enumerate(sequence.upper()):
        if letter in letters:
            columns[place] = [letter == other for other in letters]
    return columns


def run(name, batch):
    session = onnxruntime.InferenceSession(HERE / f"{name}.onnx")
    (result,) = session.run(None, {session.get_inputs()[0].name: batch})
    return result


node = helper.make_node

# (batch, 4, 24) as PyTorch has it, any batch: conv, relu, the maximum and the mean over places, linear; two logits.
write(
    "tiny",
    [
        node("Conv", ["sequence", "conv.weight", "conv.bias"], ["conv"], kernel_shape=[5], pads=[2, 2]),
        node("Relu", ["conv"], ["relu"]),
        node("GlobalMaxPool", ["relu"], ["max"]),
        node("GlobalAveragePool", ["relu"], ["mean"]),
        node("Concat", ["max", "mean"], ["both"], axis=1),
        node("Flatten", ["both"], ["flat"], axis=1),
        node("Gemm", ["flat", "linear.weight", "linear.bias"], ["logits"], transB=1),
    ],
    [floats("sequence", "batch", 4, LENGTH)],
    [floats("logits", "batch", 2)],
    [
        weights("conv.weight", 6, 4, 5),
        weights("conv.bias", 6),
        weights("linear.weight", 2, 12),
        weights("linear.bias", 2),
    ],
)

# (3, 24, 4) as Keras has it, batches of three only, letters A, G, C, T, unknown bases 0.25: 6 bins of 3 outputs.
write(
    "tracks",
    [
        node("Transpose", ["sequence"], ["channels"], perm=[0, 2, 1]),
        node("Conv", ["channels", "conv.weight", "conv.bias"], ["conv"], kernel_shape=[4], strides=[4]),
        node("Softplus", ["conv"], ["coverage"]),
        node("Transpose", ["coverage"], ["tracks"], perm=[0, 2, 1]),
    ],
    [floats("sequence", 3, LENGTH, 4)],
    [floats("tracks", 3, 6, 3)],
    [weights("conv.weight", 3, 4, 4), weights("conv.bias", 3)],
)

# (batch, 4, length): any length; 3 outputs of length / 4 bins, and their sum as a second result.
write(
    "open",
    [
        node("Conv", ["sequence", "conv.weight"], ["profile"], kernel_shape=[4], strides=[4]),
        node("ReduceSum", ["profile", "axes"], ["sum"], keepdims=0),
    ],
    [floats("sequence", "batch", 4, "length")],
    [floats("profile", "batch", 3, "bins"), floats("sum", "batch")],
    [weights("conv.weight", 3, 4, 4), integers("axes", 1, 2)],
)

# What cannot be a scorer: an operator of somebody's own, tokens for bases, two inputs.
write("operator", [node("Splice", ["x"], ["y"], domain="org.example")], [floats("x", "b", 4, 24)], [floats("y", "b", 1)], [])
write(
    "tokens",
    [node("Cast", ["ids"], ["y"], to=TensorProto.FLOAT)],
    [helper.make_tensor_value_info("ids", TensorProto.INT64, ["b", 24])],
    [floats("y", "b", 24)],
    [],
)
write(
    "two_inputs",
    [node("Add", ["enhancer", "promoter"], ["y"])],
    [floats("enhancer", "b", 4, 24), floats("promoter", "b", 4, 24)],
    [floats("y", "b", 4, 24)],
    [],
)

sequences = ["".join(RANDOM.choice(list("ACGT"), LENGTH)) for _ in range(5)]
sequences += ["N" * LENGTH, "acgtnACGTRYKMacgtNNNNACG", "T" * LENGTH]
channels_first = np.stack([one_hot(s, "ACGT", 0.0).T for s in sequences])
channels_last = np.stack([one_hot(s, "AGCT", 0.25) for s in sequences])
tracks = [run("tracks", np.concatenate([channels_last, channels_last])[i : i + 3])[0] for i in range(8)]
expected = {
    "sequences": sequences,
    "tiny": run("tiny", channels_first).tolist(),
    "tracks": np.stack(tracks).tolist(),
}
(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
