#!/usr/bin/env python3
"""Writes epivan.h5 and deeptact.h5: small weight files as Keras 2's save_weights leaves them.

    python3 -m venv .venv && .venv/bin/pip install h5py && .venv/bin/python keras_h5.py

Element e of array a of layer l (counted among those with weights) is ((31 e + 7 l + 3 a) % 17 - 8) / 16. Counters in
names run against the order of layers, and layers without weights lie between them, as in published files. Names are
strings of fixed length in one file and of variable length in the other, as h5py 2 and 3 write them.
"""
import h5py
import numpy as np

WORDS, WIDTH, FILTERS, KERNEL, UNITS, HIDDEN, DENSE = 4097, 1, 2, 3, 2, 3, 4
NORM = ["gamma", "beta", "moving_mean", "moving_variance"]


def norm(counter, channels):
    name = f"batch_normalization_{counter}"
    return name, [(f"{name}/{part}:0", (channels,)) for part in NORM]


def both_ways(kind, counter, inputs, blocks):
    name = f"bidirectional_{counter}"
    columns = blocks * UNITS
    shapes = [("kernel", (inputs, columns)), ("recurrent_kernel", (UNITS, columns)), ("bias", (columns,))]
    ways = [f"{way}_{kind}_{counter}" for way in ("forward", "backward")]
    return name, [(f"{name}/{way}/{part}:0", shape) for way in ways for part, shape in shapes]


def plain(name, **shapes):
    return name, [(f"{name}/{part}:0", shape) for part, shape in shapes.items()]


def write(path, layers, strings):
    with h5py.File(path, "w") as file:
        with_weights = 0
        file.attrs["layer_names"] = strings([name.encode() for name, _ in layers])
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.2.4"
        for name, arrays in layers:
            group = file.create_group(name)
            group.attrs["weight_names"] = strings([array.encode() for array, _ in arrays])
            for index, (array, shape) in enumerate(arrays):
                values = (31 * np.arange(np.prod(shape)) + 7 * with_weights + 3 * index) % 17 - 8
                group.create_dataset(array, data=(values / 16).astype("float32").reshape(shape))
            with_weights += bool(arrays)


none = lambda name: (name, [])
conv = lambda counter, rows: plain(f"conv1d_{counter}", kernel=(KERNEL, rows, FILTERS), bias=(FILTERS,))
write("epivan.h5", [
    none("input_1"), none("input_2"),
    plain("embedding_2", embeddings=(WORDS, WIDTH)), plain("embedding_1", embeddings=(WORDS, WIDTH)),
    conv(2, WIDTH), conv(1, WIDTH), none("max_pooling1d_1"), none("max_pooling1d_2"), none("concatenate_1"),
    norm(1, FILTERS), none("dropout_1"), both_ways("gru", 1, FILTERS, 3),
    plain("att_layer_1", W=(2 * UNITS, HIDDEN), b=(HIDDEN,), u=(HIDDEN, 1)),
    plain("dense_1", kernel=(2 * UNITS, 1), bias=(1,)),
], np.asarray)
write("deeptact.h5", [
    none("input_1"), none("input_2"), conv(1, 4), conv(2, 4), none("concatenate_1"),
    norm(1, FILTERS), none("dropout_1"), both_ways("lstm", 1, FILTERS, 4), plain("att_layer_1", W=(2 * UNITS, 1)),
    norm(2, 2 * UNITS), none("dropout_2"), plain("dense_1", kernel=(2 * UNITS, DENSE), bias=(DENSE,)),
    norm(3, DENSE), none("activation_1"), plain("dense_2", kernel=(DENSE, 1), bias=(1,)),
], list)
