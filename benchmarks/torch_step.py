"""The plain step in PyTorch, as benchmarks/step.py measures it; needs torch 2.6 or newer and numpy, not geolift.

Written as a PyTorch user would for speed: one graph for both networks, each gradient for its own parameters alone,
fused Adam, moving average by foreach, the data set on the device, the host waits once a round. Compiled, each network
has a function of its own, since a compiled graph computes all of its gradients at once.

A worker: every line on standard input is a number of steps; the answer is the seconds that they took.
"""

import argparse
import contextlib
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + F.relu(self.second(F.relu(self.first(x))))


def network(width: int, blocks: int, outputs: int) -> nn.Sequential:
    hidden = (Block(width) for _ in range(blocks))
    return nn.Sequential(nn.Linear(34, width), nn.ReLU(), *hidden, nn.Linear(width, outputs))


def lift(lifter: nn.Module, pose: torch.Tensor) -> torch.Tensor:
    offsets = lifter(10.0 * pose.flatten(1)).float()
    depth = (10.0 + offsets - offsets[:, :1]).clamp(min=1.0)[..., None]
    return torch.cat([pose * depth, depth], dim=-1)


def see(points: torch.Tensor) -> torch.Tensor:
    return points[..., :2] / points[..., 2:].clamp(min=1.0)


def turned(points: torch.Tensor, rotation: torch.Tensor, axis: torch.Tensor) -> torch.Tensor:
    return (points - points[:, :1]) @ rotation.mT + axis


def rotations(count: int, device: str) -> torch.Tensor:
    """Tilted after turned, `[N, 3, 3]`."""
    a = (2 * torch.rand(count, device=device) - 1) * math.pi
    e = (2 * torch.rand(count, device=device) - 1) * math.pi / 9
    zero, one = torch.zeros_like(a), torch.ones_like(a)
    y = torch.stack([a.cos(), zero, a.sin(), zero, one, zero, -a.sin(), zero, a.cos()], -1).view(-1, 3, 3)
    x = torch.stack([one, zero, zero, zero, e.cos(), -e.sin(), zero, e.sin(), e.cos()], -1).view(-1, 3, 3)
    return x @ y


def cycle(lifter: nn.Module, pose: torch.Tensor, rotation: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The synthetic poses, and both consistency terms with their weights."""
    axis = pose.new_tensor([0.0, 0.0, 10.0])
    lifted = lift(lifter, pose)
    rotated = turned(lifted, rotation, axis)
    novel = see(rotated)
    relifted = lift(lifter, novel)
    restored = (relifted - axis) @ rotation + lifted[:, :1]
    flat = ((pose - see(restored)) ** 2).sum((1, 2)).mean()
    solid = ((rotated - relifted) ** 2).sum((1, 2)).mean()
    return novel, 10.0 * flat + solid


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), required=True)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(arguments.threads)
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(0)
    lifter, judge = (network(arguments.width, *size).to(device) for size in ((4, 17), (3, 1)))
    average = [p.detach().clone() for p in lifter.parameters()]
    parameters = [list(n.parameters()) for n in (lifter, judge)]
    optimizers = [torch.optim.Adam(p, lr=5e-4, betas=(0.9, 0.999), fused=True) for p in parameters]
    poses = 0.05 * torch.randn(100_000, 17, 2, device=device)
    poses -= poses[:, :1].clone()
    half = arguments.precision == "bfloat16"
    cast = torch.autocast(device, torch.bfloat16) if half else contextlib.nullcontext()

    def shared(pose, real, rotation):
        """Both losses in one graph."""
        with cast:
            novel, terms = cycle(lifter, pose, rotation)
            fake, seen = (judge(10.0 * x.flatten(1)).float() for x in (novel, real))
            return F.softplus(-fake).mean() + terms, (F.softplus(-seen) + F.softplus(fake)).mean()

    def of_lifter(pose, rotation):
        with cast:
            novel, terms = cycle(lifter, pose, rotation)
            frozen = {name: p.detach() for name, p in judge.named_parameters()}
            fake = torch.func.functional_call(judge, frozen, (10.0 * novel.flatten(1),)).float()
            return F.softplus(-fake).mean() + terms, novel.detach()

    def of_judge(novel, real):
        with cast:
            fake, seen = (judge(10.0 * x.flatten(1)).float() for x in (novel, real))
            return (F.softplus(-seen) + F.softplus(fake)).mean()

    if arguments.compile:
        of_lifter, of_judge = torch.compile(of_lifter), torch.compile(of_judge)

    def step() -> None:
        chosen = torch.randint(len(poses), (2, arguments.batch), device=device)
        pose, real = poses[chosen[0]], poses[chosen[1]]
        rotation = rotations(arguments.batch, device)
        if arguments.compile:
            loss, novel = of_lifter(pose, rotation)
            gradients = [torch.autograd.grad(loss, parameters[0])]
            gradients.append(torch.autograd.grad(of_judge(novel, real), parameters[1]))
        else:
            losses = shared(pose, real, rotation)
            gradients = [torch.autograd.grad(losses[0], parameters[0], retain_graph=True)]
            gradients.append(torch.autograd.grad(losses[1], parameters[1]))
        for own, found, optimizer in zip(parameters, gradients, optimizers, strict=True):
            for p, gradient in zip(own, found, strict=True):
                p.grad = gradient
            optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, parameters[0], 1e-3)

    for line in sys.stdin:
        began = time.perf_counter()
        for _ in range(int(line)):
            step()
        if device == "cuda":
            torch.cuda.synchronize()
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
