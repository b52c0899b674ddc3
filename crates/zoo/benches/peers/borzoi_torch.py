#!/usr/bin/env python3
"""Borzoi's architecture in plain PyTorch: the peer that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch
Run:           .venv/bin/python borzoi_torch.py [--batch 1] [--steps 1] [--threads 2]

Prints one JSON object: sequences per second of inference with random weights, one strand, 524,288 bp, all human tracks.
Compare it with `ciskit bench zoo --model borzoi-replicate-0` in one sitting on one machine, alternating the two;
only the ratio means anything.
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

BORZOI = dict(length=524288, stem=512, kernel=15, stages=(608, 736, 896, 1056, 1280, 1536), depth=8, heads=8, key=64,
              value=192, masks=4096, last=1920, bins=6144, tracks=7611)


class Block(nn.Sequential):
    def __init__(self, inputs, outputs, kernel):
        super().__init__(nn.BatchNorm1d(inputs, eps=1e-3), nn.GELU(approximate="tanh"),
                         nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2))


def central_masks(positions, masks, features=32):
    distances = torch.arange(1 - positions, positions).float()
    widths = (masks + 1.0) ** (torch.arange(1, features // 2 + 1) / (features // 2)) - 1
    plain = (widths > distances.abs()[:, None]).float()
    return torch.cat([plain, plain * distances.sign()[:, None]], 1)


def shifted(x):
    """(..., n, 2n - 1) by distance to (..., n, n) by position."""
    *outer, n, m = x.shape
    x = F.pad(x, (1, 0)).reshape(*outer, m + 1, n)[..., 1:, :].reshape(*outer, n, m)
    return x[..., :n]


class Attention(nn.Module):
    def __init__(self, width, heads, key, value, distances, eps):
        super().__init__()
        self.heads, self.key = heads, key
        self.norm = nn.LayerNorm(width, eps=eps)
        self.q, self.k = nn.Linear(width, heads * key, bias=False), nn.Linear(width, heads * key, bias=False)
        self.v, self.out = nn.Linear(width, heads * value, bias=False), nn.Linear(heads * value, width)
        self.rel = nn.Linear(distances.shape[1], heads * key, bias=False)
        self.content, self.position = (nn.Parameter(torch.empty(1, heads, 1, key)) for _ in range(2))
        self.register_buffer("distances", distances, persistent=False)

    def forward(self, x):
        y = self.norm(x)
        q, k, v = (layer(y).unflatten(-1, (self.heads, -1)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        q = q * self.key ** -0.5
        rel = self.rel(self.distances).unflatten(-1, (self.heads, -1)).transpose(0, 1)
        logits = (q + self.content) @ k.transpose(-1, -2) + shifted((q + self.position) @ rel.transpose(-1, -2))
        return x + self.out((logits.softmax(-1) @ v).transpose(1, 2).flatten(2))


class Feed(nn.Module):
    def __init__(self, width, eps):
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(width, eps=eps), nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        return x + self.down(F.relu(self.up(self.norm(x))))


class Join(nn.Module):
    def __init__(self, width, stage):
        super().__init__()
        self.below, self.stage = Block(width, width, 1), Block(stage, width, 1)
        self.depthwise = nn.Conv1d(width, width, 3, padding=1, groups=width, bias=False)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, x, stage):
        return self.mix(self.depthwise(F.interpolate(self.below(x), scale_factor=2) + self.stage(stage)))


class Borzoi(nn.Module):
    def __init__(self, length, stem, kernel, stages, depth, heads, key, value, masks, last, bins, tracks):
        super().__init__()
        width, positions = stages[-1], length >> (len(stages) + 1)
        self.bins = bins
        self.stem = nn.Conv1d(4, stem, kernel, padding=kernel // 2)
        self.stages = nn.ModuleList(Block(i, o, 5) for i, o in zip((stem,) + stages, stages))
        distances = central_masks(positions, masks)
        self.layers = nn.Sequential(*(part for _ in range(depth) for part in (
            Attention(width, heads, key, value, distances, 1e-3), Feed(width, 1e-3))))
        self.joins = nn.ModuleList([Join(width, stages[-1]), Join(width, stages[-2])])
        self.last = Block(width, last, 1) if last else nn.Identity()
        self.head = nn.Conv1d(last or width, tracks, 1)

    def forward(self, x):
        x, kept = F.max_pool1d(self.stem(x), 2), []
        for stage in self.stages:
            kept = kept[-1:] + [stage(x)]
            x = F.max_pool1d(kept[-1], 2)
        x = self.layers(x.transpose(1, 2)).transpose(1, 2)
        for join, stage in zip(self.joins, reversed(kept)):
            x = join(x, stage)
        trim = (x.shape[-1] - self.bins) // 2
        x = F.gelu(self.last(x[..., trim:x.shape[-1] - trim]), approximate="tanh")
        return F.softplus(self.head(x))


def measure(name, build, shape):
    args = argparse.ArgumentParser()
    args.add_argument("--batch", type=int, default=1)
    args.add_argument("--steps", type=int, default=1)
    args.add_argument("--threads", type=int, default=2)
    args = args.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    model = build().eval()
    with torch.inference_mode():
        for tensor in model.parameters():
            tensor.uniform_(-0.02, 0.02)
        x = F.one_hot(torch.randint(0, 4, (args.batch, shape)), 4).float().transpose(1, 2).contiguous()
        model(x)
        started = time.perf_counter()
        for _ in range(args.steps):
            model(x)
        seconds = time.perf_counter() - started
    print(json.dumps({"peer": f"torch {torch.__version__}", "model": name, "threads": args.threads,
                      "batch": args.batch, "sequences_per_s": round(args.batch * args.steps / seconds, 4),
                      "parameters": sum(t.numel() for t in model.parameters())}))


if __name__ == "__main__":
    measure("borzoi-replicate-0", lambda: Borzoi(**BORZOI), BORZOI["length"])
