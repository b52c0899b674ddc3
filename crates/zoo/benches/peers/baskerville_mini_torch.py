#!/usr/bin/env python3
"""The small model of baskerville in plain PyTorch: the peer that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch
Run:           .venv/bin/python baskerville_mini_torch.py [--batch 1] [--steps 3] [--threads 2]

Prints one JSON object: sequences per second of inference with random weights, one strand, 131,072 bp, all tracks.
Compare it with `ciskit bench zoo --model baskerville-mini` in one sitting on one machine, alternating the two;
only the ratio means anything.
"""
from borzoi_torch import Borzoi, measure

MINI = dict(length=131072, stem=64, kernel=7, stages=(80, 88, 96, 104, 120, 128), depth=2, heads=2, key=32, value=64,
            masks=1024, last=None, bins=2048, tracks=74)

if __name__ == "__main__":
    measure("baskerville-mini", lambda: Borzoi(**MINI), MINI["length"])
