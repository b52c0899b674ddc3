#!/usr/bin/env python3
"""TREDNet's architecture (2001 bp) in plain PyTorch: the peer that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch
Run:           .venv/bin/python trednet_torch.py [--batch 16] [--steps 3] [--threads 2]

Prints one JSON object: sequences per second of inference with random weights, both phases.
Compare it with `ciskit bench zoo --model trednet-2001bp` in one sitting on one machine, alternating
the two; only the ratio means anything.
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Trednet(nn.Module):
    def __init__(self, targets=4560):
        super().__init__()
        layers, inputs = [], 4
        for index, filters in enumerate([320, 320, 480, 480, 640, 640]):
            layers += [nn.Conv1d(inputs, filters, 8), nn.ReLU(inplace=True)]
            if index in (1, 3):
                layers.append(nn.MaxPool1d(6))
            inputs = filters
        self.one = nn.Sequential(*layers, nn.Flatten(), nn.Linear(38 * 640, targets), nn.ReLU(),
                                 nn.Linear(targets, targets), nn.Sigmoid())
        length = (targets - 3) // 2 - 1
        self.two = nn.Sequential(nn.Conv1d(1, 64, 4), nn.ReLU(), nn.BatchNorm1d(64, eps=1e-3), nn.MaxPool1d(2),
                                 nn.Conv1d(64, 128, 2), nn.ReLU(), nn.Flatten(), nn.Linear(length * 128, 100),
                                 nn.ReLU(), nn.Linear(100, 50), nn.ReLU(), nn.Linear(50, 1), nn.Sigmoid())

    def forward(self, x):
        return self.two(self.one(x).unsqueeze(1))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--batch", type=int, default=16)
    args.add_argument("--steps", type=int, default=3)
    args.add_argument("--threads", type=int, default=2)
    args = args.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)

    model = Trednet().eval()
    x = F.one_hot(torch.randint(0, 4, (args.batch, 2001)), 4).float().transpose(1, 2).contiguous()
    with torch.inference_mode():
        model(x)
        started = time.perf_counter()
        for _ in range(args.steps):
            model(x)
        seconds = time.perf_counter() - started
    running = sum(norm.num_features * 2 for norm in model.modules() if isinstance(norm, nn.BatchNorm1d))
    print(json.dumps({"peer": f"torch {torch.__version__}", "model": "trednet-2001bp", "threads": args.threads,
                      "batch": args.batch, "sequences_per_s": round(args.batch * args.steps / seconds, 3),
                      "parameters": running + sum(t.numel() for t in model.parameters())}))


if __name__ == "__main__":
    main()
