#!/usr/bin/env python3
"""EPIPAM* (embedded 6-mers) in plain PyTorch: the peer that ciskit's speed is measured against.

Set up once:   python3 -m venv .venv && .venv/bin/pip install torch
Run:           .venv/bin/python epipam_embed_torch.py [--batch 100] [--steps 5] [--threads 2]

Prints one JSON object: pairs per second for a training step (forward, backward, Adam with
coupled L2, embeddings included) and for inference, on the 6-mer ids of random 3000/2000 bp pairs. Compare it with ciskit in one
sitting on one machine, alternating the two; only the ratio means anything.
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    """Valid convolution, ReLU, max pooling, dropout."""

    def __init__(self, channels_in, kernel, pool):
        super().__init__()
        self.conv = nn.Conv1d(channels_in, 64, kernel)
        self.pool = pool

    def forward(self, x):
        return F.dropout(F.max_pool1d(F.relu(self.conv(x)), self.pool), 0.2, self.training)


def position_attention(e, p, ratio):
    """E (B,64,n), P (B,64,m) -> reweighted E, P and the largest floor(n*m*ratio) relations."""
    relation = torch.bmm(e.transpose(1, 2), p) / e.shape[1]
    k = int(relation.shape[1] * relation.shape[2] * ratio)
    top = relation.flatten(1).topk(k, dim=1).values
    weight_e = relation.amax(2).softmax(1).unsqueeze(1)
    weight_p = relation.amax(1).softmax(1).unsqueeze(1)
    return e + weight_e * e, p + weight_p * p, top


class Head(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(nn.BatchNorm1d(width), nn.Dropout(0.5), nn.Linear(width, 64),
                                    nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 1))

    def forward(self, x):
        return self.layers(x).squeeze(1)


class Epipam(nn.Module):
    def __init__(self):
        super().__init__()
        shapes = [(100, 25, 10), (64, 13, 10), (64, 7, 5)]
        self.embed_layer_en, self.embed_layer_pr = nn.Embedding(4097, 100), nn.Embedding(4097, 100)
        self.enhancer = nn.ModuleList(Block(*s) for s in shapes)
        self.promoter = nn.ModuleList(Block(*s) for s in shapes)
        self.main, self.relations = Head(64 * (4 + 2)), Head(585 + 50 + 8)

    def forward(self, e, p):
        tops = []
        e, p = self.embed_layer_en(e).transpose(1, 2), self.embed_layer_pr(p).transpose(1, 2)
        for enhancer, promoter, ratio in zip(self.enhancer, self.promoter, (0.01, 0.1, 1.0)):
            e, p, top = position_attention(enhancer(e), promoter(p), ratio)
            tops.append(top)
        return self.main(torch.cat([e.flatten(1), p.flatten(1)], 1)), self.relations(torch.cat(tops, 1))


def pairs_per_second(run, batch, steps):
    run()
    started = time.perf_counter()
    for _ in range(steps):
        run()
    return batch * steps / (time.perf_counter() - started)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--batch", type=int, default=100)
    args.add_argument("--steps", type=int, default=5)
    args.add_argument("--threads", type=int, default=2)
    args = args.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)

    def sequences(length):
        """Ids of all 6-mers (1 + rank), five zeros in front."""
        codes = torch.randint(0, 4, (args.batch, length))
        rank = sum(codes[:, place:length - 5 + place] * 4 ** (5 - place) for place in range(6))
        return F.pad(rank + 1, (5, 0))

    e, p = sequences(3000), sequences(2000)
    y = torch.randint(0, 2, (args.batch,)).float()
    model = Epipam()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=5e-4)
    bce = F.binary_cross_entropy_with_logits

    def train():
        adam.zero_grad()
        main_logit, relation_logit = model(e, p)
        (0.6 * bce(main_logit, y) + 0.4 * bce(relation_logit, y)).backward()
        adam.step()

    model.train()
    training = pairs_per_second(train, args.batch, args.steps)
    model.eval()
    with torch.inference_mode():
        inference = pairs_per_second(lambda: model(e, p), args.batch, args.steps)
    print(json.dumps({"peer": f"torch {torch.__version__}", "threads": args.threads, "batch": args.batch,
                      "train_pairs_per_s": round(training, 1), "infer_pairs_per_s": round(inference, 1),
                      "model": "epipam-embed", "parameters": sum(t.numel() for t in model.parameters())}))


if __name__ == "__main__":
    main()
