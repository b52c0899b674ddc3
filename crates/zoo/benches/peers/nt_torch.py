#!/usr/bin/env python3
"""Nucleotide Transformer v2 in plain PyTorch: the peer that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch
Run:           .venv/bin/python nt_torch.py [--size 50m] [--batch 8] [--steps 3] [--threads 2]
Beside it:     ciskit bench zoo --model nucleotide-transformer-v2-50m-multi-species --batch 8 --steps 3 --threads 2 --json

Prints one JSON object: sequences per second of the encoder's forward pass with random weights, on 170 random tokens a
sequence, as 999 bp have them. Compare it with ciskit in one sitting on one machine, alternating the two; only the
ratio means anything.
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

SIZES = {"50m": (12, 512, 2048), "100m": (22, 512, 2048), "250m": (24, 768, 3072), "500m": (29, 1024, 4096)}
HEADS, VOCABULARY, TOKENS = 16, 4107, 170


class Layer(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.attention_norm, self.norm = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)
        self.query, self.key, self.value, self.joined = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 2 * inner, bias=False), nn.Linear(inner, width, bias=False)

    def forward(self, x, cosine, sine):
        rows, tokens, width = x.shape
        heads = lambda y: y.view(rows, tokens, HEADS, width // HEADS).transpose(1, 2)

        def rotated(y):
            u, v = y.chunk(2, -1)
            return torch.cat([u * cosine - v * sine, v * cosine + u * sine], -1)

        normal = self.attention_norm(x)
        q, k = rotated(heads(self.query(normal))), rotated(heads(self.key(normal)))
        attended = F.scaled_dot_product_attention(q, k, heads(self.value(normal)))
        x = x + self.joined(attended.transpose(1, 2).reshape(rows, tokens, width))
        gate, value = self.up(self.norm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * value)


class Encoder(nn.Module):
    def __init__(self, layers, width, inner):
        super().__init__()
        self.words, self.norm = nn.Embedding(VOCABULARY, width), nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(width, inner) for _ in range(layers))
        half = width // HEADS // 2
        angle = torch.arange(TOKENS)[:, None] * 10000.0 ** (-torch.arange(half) / half)[None]
        self.cosine, self.sine = angle.cos(), angle.sin()

    def forward(self, ids):
        x = self.words(ids)
        for layer in self.layers:
            x = layer(x, self.cosine, self.sine)
        return self.norm(x)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=SIZES, default="50m")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    model = Encoder(*SIZES[args.size]).eval()
    ids = torch.randint(6, 4102, (args.batch, TOKENS))
    with torch.inference_mode():
        model(ids)
        started = time.perf_counter()
        for _ in range(args.steps):
            model(ids)
        seconds = time.perf_counter() - started
    print(json.dumps({
        "model": f"nucleotide-transformer-v2-{args.size}",
        "batch": args.batch,
        "threads": args.threads,
        "torch": torch.__version__,
        "sequences_per_s": args.batch * args.steps / seconds,
        "parameters": sum(p.numel() for p in model.parameters()),
    }))


if __name__ == "__main__":
    main()
