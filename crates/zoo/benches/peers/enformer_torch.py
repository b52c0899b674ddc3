#!/usr/bin/env python3
"""Enformer's architecture in plain PyTorch: the peer that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch
Run:           .venv/bin/python enformer_torch.py [--batch 1] [--steps 1] [--threads 2]

Prints one JSON object: sequences per second of inference with random weights, one strand, 196,608 bp, all human tracks.
Compare it with `ciskit bench zoo --model enformer` in one sitting on one machine, alternating the two;
only the ratio means anything.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from borzoi_torch import Attention, Feed, measure

LENGTH, CHANNELS, BINS, TRACKS = 196608, (768, 768, 896, 1024, 1152, 1280, 1536), 896, 5313


def gelu(x):
    return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.norm = nn.BatchNorm1d(inputs)
        self.conv = nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2)

    def forward(self, x):
        return self.conv(gelu(self.norm(x)))


class Pool(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.logits = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x):
        pairs = x.unflatten(-1, (-1, 2))
        return (pairs * self.logits(pairs).softmax(-1)).sum(-1)


class Stage(nn.Module):
    def __init__(self, first, channels):
        super().__init__()
        self.first, self.residual, self.pool = first, Block(channels, channels, 1), Pool(channels)

    def forward(self, x):
        x = self.first(x)
        return self.pool(x + self.residual(x))


def distance_features(n, count):
    """Exponentials, masks and gamma densities; their values do not matter to speed."""
    a = torch.arange(1 - n, n).double()
    half = 2 ** torch.linspace(3, math.log2(n), count)
    plain = [torch.exp2(-a.abs()[:, None] / half), (2.0 ** torch.arange(1, count + 1) - 1 > a.abs()[:, None]).double()]
    mean, sd = torch.linspace(n / count, n, count), n / (2 * count)
    plain.append(torch.exp(-((a.abs()[:, None] - mean) / sd) ** 2 / 2))
    plain = torch.cat(plain, 1)
    return torch.cat([plain, plain * a.sign()[:, None]], 1).float()


class Enformer(nn.Module):
    def __init__(self, heads=8, key=64, depth=11):
        super().__init__()
        width = CHANNELS[-1]
        stem = Stage(nn.Conv1d(4, CHANNELS[0], 15, padding=7), CHANNELS[0])
        tower = [Stage(Block(i, o, 5), o) for i, o in zip(CHANNELS, CHANNELS[1:])]
        self.tower = nn.Sequential(stem, *tower)
        distances = distance_features(LENGTH >> len(CHANNELS), width // heads // 6)
        self.layers = nn.Sequential(*(part for _ in range(depth) for part in (
            Attention(width, heads, key, width // heads, distances, 1e-5), Feed(width, 1e-5))))
        self.last = Block(width, 2 * width, 1)
        self.head = nn.Linear(2 * width, TRACKS)

    def forward(self, x):
        x = self.layers(self.tower(x).transpose(1, 2))
        trim = (x.shape[1] - BINS) // 2
        x = gelu(self.last(x[:, trim:trim + BINS].transpose(1, 2))).transpose(1, 2)
        return F.softplus(self.head(x))


if __name__ == "__main__":
    measure("enformer", Enformer, LENGTH)
