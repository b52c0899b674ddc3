#!/usr/bin/env python3
"""DNABERT-2, GENA-LM and Geneformer in plain PyTorch: the peers that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch
Run:           .venv/bin/python bert_torch.py --model dnabert2-117m [--batch 8] [--steps 3] [--threads 2]
Beside it:     ciskit bench zoo --model dnabert2-117m --batch 8 --steps 3 --threads 2 --json

Prints one JSON object: sequences per second of the encoder's forward pass with random weights, on 182 random tokens a
sequence, as 999 bp have them. Compare it with ciskit in one sitting on one machine, alternating the two; only the
ratio means anything.
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

TOKENS = 182
# layers, width, heads, inner width, vocabulary, positions
SIZES = {
    "dnabert2-117m": (12, 768, 12, 3072, 4096, 0),
    "gena-lm-bert-base-lastln-t2t": (12, 768, 12, 3072, 32000, 512),
    "gena-lm-bert-large-t2t": (24, 1024, 16, 4096, 32000, 512),
    "gena-lm-bigbird-base-t2t": (12, 768, 12, 3072, 32000, 4096),
    "geneformer-6-layers": (6, 256, 4, 512, 25426, 2048),
    "geneformer-12-layers": (12, 512, 8, 1024, 25426, 2048),
}


def slopes(heads):
    """ALiBi's; a number of heads between two powers of two takes every second one of the larger."""
    of = lambda n: [2 ** (-8 * (head + 1) / n) for head in range(n)]
    whole = 2 ** (heads.bit_length() - 1)
    return torch.tensor(of(whole) + of(2 * whole)[0::2][: heads - whole])


class Layer(nn.Module):
    def __init__(self, width, heads, inner, first, gated, activation):
        super().__init__()
        self.heads, self.first, self.gated, self.activation = heads, first, gated, activation
        self.joined, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up = nn.Linear(width, 2 * inner, bias=False) if gated else nn.Linear(width, inner)
        self.down = nn.Linear(inner, width)
        self.attention_norm, self.norm = nn.LayerNorm(width), nn.LayerNorm(width)

    def attend(self, x, bias):
        rows, tokens, width = x.shape
        parts = self.joined(x).view(rows, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(*parts, attn_mask=bias)
        return self.out(attended.transpose(1, 2).reshape(rows, tokens, width))

    def feed(self, x):
        y = self.up(x)
        if self.gated:
            gate, value = y.chunk(2, -1)
            return self.down(self.activation(gate) * value)
        return self.down(self.activation(y))

    def forward(self, x, bias):
        if self.first:
            x = x + self.attend(self.attention_norm(x), bias)
            return x + self.feed(self.norm(x))
        x = self.attention_norm(x + self.attend(x, bias))
        return self.norm(x + self.feed(x))


class Encoder(nn.Module):
    def __init__(self, name):
        super().__init__()
        layers, width, heads, inner, words, positions = SIZES[name]
        self.words, self.norm = nn.Embedding(words, width), nn.LayerNorm(width)
        self.positions = nn.Embedding(positions, width) if positions else None
        activation = F.relu if name.startswith("geneformer") else F.gelu
        if "bigbird" in name:
            activation = lambda x: F.gelu(x, approximate="tanh")
        first, gated = name.startswith("gena-lm-bert"), positions == 0
        self.layers = nn.ModuleList(Layer(width, heads, inner, first, gated, activation) for _ in range(layers))
        self.last = nn.LayerNorm(width) if first else nn.Identity()
        distance = (torch.arange(TOKENS)[None] - torch.arange(TOKENS)[:, None]).abs()
        self.bias = None if positions else -slopes(heads)[:, None, None] * distance

    def forward(self, ids):
        x = self.words(ids)
        if self.positions is not None:
            x = x + self.positions(torch.arange(TOKENS))
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x, self.bias)
        return self.last(x)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=SIZES, required=True)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    model = Encoder(args.model).eval()
    ids = torch.randint(5, SIZES[args.model][4], (args.batch, TOKENS))
    with torch.inference_mode():
        model(ids)
        started = time.perf_counter()
        for _ in range(args.steps):
            model(ids)
        seconds = time.perf_counter() - started
    print(json.dumps({
        "model": args.model,
        "batch": args.batch,
        "threads": args.threads,
        "torch": torch.__version__,
        "sequences_per_s": args.batch * args.steps / seconds,
        "parameters": sum(p.numel() for p in model.parameters()),
    }))


if __name__ == "__main__":
    main()
