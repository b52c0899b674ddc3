#!/usr/bin/env python3
"""EPIVAN in plain PyTorch: the peer that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch
Run:           .venv/bin/python epivan_torch.py [--batch 100] [--steps 3] [--threads 2]

Prints one JSON object: pairs per second for a training step (forward, backward, Adam) and for
inference, on random 3000/2000 bp pairs given as 6-mer ids. Compare it with ciskit in one sitting
on one machine, alternating the two; only the ratio means anything.
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Tower(nn.Module):
    """Embedded 6-mers, valid convolution, ReLU, max pooling."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(4097, 100)
        self.conv = nn.Conv1d(100, 64, 40)

    def forward(self, ids):
        return F.max_pool1d(F.relu(self.conv(self.embedding(ids).transpose(1, 2))), 20)


class Epivan(nn.Module):
    def __init__(self):
        super().__init__()
        self.enhancer, self.promoter = Tower(), Tower()
        self.norm = nn.BatchNorm1d(64, eps=1e-3, momentum=0.01)
        self.gru = nn.GRU(64, 50, batch_first=True, bidirectional=True)
        self.hidden, self.score = nn.Linear(100, 50), nn.Linear(50, 1, bias=False)
        self.out = nn.Linear(100, 1)

    def forward(self, e, p):
        x = torch.cat([self.enhancer(e), self.promoter(p)], 2)
        x = F.dropout(self.norm(x), 0.5, self.training)
        g, _ = self.gru(x.transpose(1, 2))
        weight = self.score(torch.tanh(self.hidden(g))).softmax(1)
        return self.out((weight * g).sum(1)).squeeze(1)


def pairs_per_second(run, batch, steps):
    run()
    started = time.perf_counter()
    for _ in range(steps):
        run()
    return batch * steps / (time.perf_counter() - started)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--batch", type=int, default=100)
    args.add_argument("--steps", type=int, default=3)
    args.add_argument("--threads", type=int, default=2)
    args = args.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)

    e = torch.randint(1, 4097, (args.batch, 3000))
    p = torch.randint(1, 4097, (args.batch, 2000))
    y = torch.randint(0, 2, (args.batch,)).float()
    model = Epivan()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)

    def train():
        adam.zero_grad()
        F.binary_cross_entropy_with_logits(model(e, p), y).backward()
        adam.step()

    model.train()
    training = pairs_per_second(train, args.batch, args.steps)
    model.eval()
    with torch.inference_mode():
        inference = pairs_per_second(lambda: model(e, p), args.batch, args.steps)
    print(json.dumps({"peer": f"torch {torch.__version__}", "threads": args.threads, "batch": args.batch,
                      "train_pairs_per_s": round(training, 1), "infer_pairs_per_s": round(inference, 1),
                      "parameters": sum(t.numel() for t in model.parameters())}))


if __name__ == "__main__":
    main()
