#!/usr/bin/env python3
"""HyenaDNA in plain PyTorch: the peer that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch numpy
Run:           .venv/bin/python hyenadna_torch.py [--layers 4] [--batch 1] [--steps 3] [--threads 2]
Beside it:     ciskit bench zoo --model hyenadna-small-32k --batch 1 --steps 3 --threads 2 --json

Prints one JSON object: sequences per second of the forward pass with random weights, on 32,768 random bases a sequence.
Filters are computed in every call, as the reference does, or once with --keep-filters, as ciskit does at this length; their
FFTs are computed in every call by both. Compare it with ciskit in one sitting on one machine, alternating the two; only the
ratio means anything.
"""
import argparse
import json
import math
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

WIDTH, INNER, ORDER, FEATURES, ROWS, LONGEST = 256, 1024, 64, 5, 16, 32770


class Sine(nn.Module):
    def __init__(self, freq):
        super().__init__()
        self.freq = freq

    def forward(self, x):
        return torch.sin(self.freq * x)


class Layer(nn.Module):
    def __init__(self, keep_filters):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.in_proj, self.out_proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.short = nn.Conv1d(3 * WIDTH, 3 * WIDTH, 3, padding=2, groups=3 * WIDTH)
        sine = Sine(nn.Parameter(10 * torch.ones(1, ORDER)))
        linear = lambda inputs: nn.Linear(inputs, ORDER)
        self.filter = nn.Sequential(linear(FEATURES), sine, linear(ORDER), sine, linear(ORDER), sine,
                                    nn.Linear(ORDER, WIDTH, bias=False))
        self.skip = nn.Parameter(torch.randn(WIDTH))
        self.positions = nn.Parameter(torch.rand(LONGEST, FEATURES) * 2 - 1)
        self.register_buffer("time", torch.linspace(0, 1, LONGEST)[:, None])
        decay = math.log(0.01)
        self.register_buffer("deltas", torch.linspace(decay / 1.5, decay / 0.3, WIDTH)[None])
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.keep_filters, self.kept = keep_filters, None

    def filters(self, length):
        if self.kept is not None:
            return self.kept
        window = torch.exp(-self.time[:length] * self.deltas.abs()) + 0.05
        filters = (self.filter(self.positions[:length]) * window).T
        if self.keep_filters:
            self.kept = filters
        return filters

    def mixer(self, x):
        length = x.shape[1]
        u = self.short(self.in_proj(x).transpose(1, 2))[..., :length]
        x0, x1, v = u.split(WIDTH, dim=1)
        v = v * x1
        size = 2 * length
        spectrum = torch.fft.rfft(v, n=size) * torch.fft.rfft(self.filters(length), n=size)
        y = torch.fft.irfft(spectrum, n=size)[..., :length] + v * self.skip[:, None]
        return self.out_proj((y * x0).transpose(1, 2))

    def forward(self, x):
        x = x + self.mixer(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Network(nn.Module):
    def __init__(self, layers, keep_filters):
        super().__init__()
        self.words, self.norm = nn.Embedding(ROWS, WIDTH), nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(Layer(keep_filters) for _ in range(layers))

    def forward(self, ids):
        x = self.words(ids)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep-filters", action="store_true")
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    model = Network(args.layers, args.keep_filters).eval()
    ids = torch.randint(7, 11, (args.batch, 32768))
    ids = torch.cat([ids, torch.ones(args.batch, 1, dtype=ids.dtype)], 1)
    with torch.inference_mode():
        model(ids)
        started = time.perf_counter()
        for _ in range(args.steps):
            model(ids)
        seconds = time.perf_counter() - started
    positions = args.layers * LONGEST * FEATURES
    print(json.dumps({
        "model": "hyenadna-small-32k" if args.layers == 4 else f"hyenadna of {args.layers} layers",
        "batch": args.batch,
        "threads": args.threads,
        "keep_filters": args.keep_filters,
        "torch": torch.__version__,
        "sequences_per_s": args.batch * args.steps / seconds,
        "parameters": sum(p.numel() for p in model.parameters()) - positions,
    }))


if __name__ == "__main__":
    main()
