#!/usr/bin/env python3
"""Sei's architecture in plain PyTorch: the peer that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch
Run:           .venv/bin/python sei_torch.py [--batch 4] [--steps 3] [--threads 2]

Prints one JSON object: sequences per second of inference with random weights, one strand, 4,096 bp.
Compare it with `ciskit bench zoo --model sei` in one sitting on one machine, alternating the two;
only the ratio means anything.
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def conv9(inputs, outputs):
    return nn.Conv1d(inputs, outputs, 9, padding=4)


class Sei(nn.Module):
    def __init__(self, channels=(480, 640, 960), profiles=21907):
        super().__init__()
        c1, c2, c3 = channels
        self.linear = nn.ModuleList(
            nn.Sequential(conv9(i, o), conv9(o, o)) for i, o in [(4, c1), (c1, c2), (c2, c3)])
        self.convs = nn.ModuleList(
            nn.Sequential(conv9(c, c), nn.ReLU(inplace=True), conv9(c, c), nn.ReLU(inplace=True))
            for c in channels)
        self.dilated = nn.ModuleList(
            nn.Conv1d(c3, c3, 5, dilation=d, padding=2 * d) for d in [2, 4, 8, 16, 25])
        self.register_buffer("basis", torch.rand(256, 16))
        self.first, self.second = nn.Linear(16 * c3, profiles), nn.Linear(profiles, profiles)

    def forward(self, x):
        for block in range(3):
            if block:
                x = F.max_pool1d(x, 4)
            x = self.linear[block](x)
            c = self.convs[block](x)
            x = c + x
        state = c
        for conv in self.dilated:
            state = state + F.relu(conv(x))
            x = state
        z = (state @ self.basis).flatten(1)
        return torch.sigmoid(self.second(F.relu(self.first(z))))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--batch", type=int, default=4)
    args.add_argument("--steps", type=int, default=3)
    args.add_argument("--threads", type=int, default=2)
    args = args.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)

    with torch.device("meta"):
        model = Sei()
    model = model.to_empty(device="cpu").eval()
    with torch.inference_mode():
        for tensor in list(model.parameters()) + list(model.buffers()):
            tensor.uniform_(-0.01, 0.01)
        x = F.one_hot(torch.randint(0, 4, (args.batch, 4096)), 4).float().transpose(1, 2).contiguous()
        model(x)
        started = time.perf_counter()
        for _ in range(args.steps):
            model(x)
        seconds = time.perf_counter() - started
    print(json.dumps({"peer": f"torch {torch.__version__}", "model": "sei", "threads": args.threads,
                      "batch": args.batch, "sequences_per_s": round(args.batch * args.steps / seconds, 3),
                      "parameters": sum(t.numel() for t in model.parameters())}))


if __name__ == "__main__":
    main()
