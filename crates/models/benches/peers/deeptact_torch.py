#!/usr/bin/env python3
"""DeepTACT (sequence alone) in plain PyTorch: the peer that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch
Run:           .venv/bin/python deeptact_torch.py [--batch 64] [--steps 3] [--threads 2]

Prints one JSON object: pairs per second for a training step (forward, backward, Adam) and for
inference, on random one-hot 3000/2000 bp pairs. Compare it with ciskit in one sitting on one
machine, alternating the two; only the ratio means anything.
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Deeptact(nn.Module):
    def __init__(self):
        super().__init__()
        self.enhancer, self.promoter = nn.Conv1d(4, 1024, 40), nn.Conv1d(4, 1024, 40)
        norm = {"eps": 1e-3, "momentum": 0.01}
        self.norm1 = nn.BatchNorm1d(1024, **norm)
        self.lstm = nn.LSTM(1024, 100, batch_first=True, bidirectional=True)
        self.score = nn.Linear(200, 1, bias=False)
        self.norm2, self.dense = nn.BatchNorm1d(200, **norm), nn.Linear(200, 925)
        self.norm3, self.out = nn.BatchNorm1d(925, **norm), nn.Linear(925, 1)

    def forward(self, e, p):
        tower = lambda conv, x: F.max_pool1d(F.relu(conv(x)), 20)
        x = torch.cat([tower(self.enhancer, e), tower(self.promoter, p)], 2)
        x = F.dropout(self.norm1(x), 0.5, self.training)
        h, _ = self.lstm(x.transpose(1, 2))
        weight = self.score(torch.tanh(h)).softmax(1)
        x = self.norm2(torch.tanh((weight * h).sum(1)))
        x = F.relu(self.norm3(self.dense(F.dropout(x, 0.5, self.training))))
        return self.out(F.dropout(x, 0.5, self.training)).squeeze(1)


def pairs_per_second(run, batch, steps):
    run()
    started = time.perf_counter()
    for _ in range(steps):
        run()
    return batch * steps / (time.perf_counter() - started)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--batch", type=int, default=64)
    args.add_argument("--steps", type=int, default=3)
    args.add_argument("--threads", type=int, default=2)
    args = args.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)

    def sequences(length):
        return F.one_hot(torch.randint(0, 4, (args.batch, length)), 4).float().transpose(1, 2).contiguous()

    e, p = sequences(3000), sequences(2000)
    y = torch.randint(0, 2, (args.batch,)).float()
    model = Deeptact()
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
