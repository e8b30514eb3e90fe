"""PyTorch's side of `python -m benchmarks.run`: the plain step and the lift; needs torch 2.6 or newer, not geolift.

Written as a PyTorch user would write it for speed: one graph for both networks, each gradient for one network's
parameters alone, fused Adam, moving average by foreach, the data set on the device, the host waits once a round.
Compiled, each network has a separate function, since a compiled graph computes all of its gradients at once. On a GPU
two more modes: "graphs" compiles with mode="reduce-overhead", which replays each function as a CUDA graph; "captured"
captures the whole compiled step, with sampling and Adam, as one CUDA graph. Its losses and gradients are those of
geolift (tests/benchmarks/test_torch_step.py).

A worker: every line on standard input is `step` or `lift` and a number of times; the answer is a line of JSON, the
seconds that it took and the peak memory so far.
"""

import argparse
import contextlib
import json
import math
import resource
import sys
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

MODES = ("eager", "compiled", "graphs", "captured")


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
    depth = (10.0 + F.pad(offsets[:, 1:], (1, 0))).clamp(min=1.0)[..., None]
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
    axis = F.pad(pose.new_full((1,), 10.0), (2, 0))
    lifted = lift(lifter, pose)
    rotated = turned(lifted, rotation, axis)
    novel = see(rotated)
    relifted = lift(lifter, novel)
    restored = (relifted - axis) @ rotation + lifted[:, :1]
    flat = ((pose - see(restored)) ** 2).sum((1, 2)).mean()
    solid = ((rotated - relifted) ** 2).sum((1, 2)).mean()
    return novel, 10.0 * flat + solid


def verdict(discriminator: Callable, pose: torch.Tensor) -> torch.Tensor:
    return discriminator(10.0 * pose.flatten(1)).float()


def of_both(lifter, discriminator, pose, real, rotation) -> tuple[torch.Tensor, torch.Tensor]:
    """The lifter's loss and the discriminator's, in one graph."""
    novel, terms = cycle(lifter, pose, rotation)
    fake, seen = verdict(discriminator, novel), verdict(discriminator, real)
    return F.softplus(-fake).mean() + terms, (F.softplus(-seen) + F.softplus(fake)).mean()


def of_lifter(lifter, discriminator, pose, rotation) -> tuple[torch.Tensor, torch.Tensor]:
    """The lifter's loss in a graph without gradients of the discriminator, and the synthetic poses."""
    novel, terms = cycle(lifter, pose, rotation)
    frozen = {name: p.detach() for name, p in discriminator.named_parameters()}
    fake = verdict(lambda x: torch.func.functional_call(discriminator, frozen, (x,)), novel)
    return F.softplus(-fake).mean() + terms, novel.detach()


def of_discriminator(discriminator, novel, real) -> torch.Tensor:
    """The discriminator's loss."""
    return (F.softplus(-verdict(discriminator, real)) + F.softplus(verdict(discriminator, novel))).mean()


def gradients(lifter, discriminator, pose, real, rotation) -> list[tuple[torch.Tensor, ...]]:
    """The gradient of each network's loss for its parameters; the forward pass is shared."""
    losses = of_both(lifter, discriminator, pose, real, rotation)
    mine = torch.autograd.grad(losses[0], list(lifter.parameters()), retain_graph=True)
    return [mine, torch.autograd.grad(losses[1], list(discriminator.parameters()))]


def gradients_in_two(
    of_lifter, of_discriminator, lifter, discriminator, pose, real, rotation
) -> list[tuple[torch.Tensor, ...]]:
    """The same from two functions, which may be compiled."""
    loss, novel = of_lifter(lifter, discriminator, pose, rotation)
    mine = torch.autograd.grad(loss, list(lifter.parameters()))
    return [mine, torch.autograd.grad(of_discriminator(discriminator, novel, real), list(discriminator.parameters()))]


def captured(step: Callable[[], None]) -> Callable[[], None]:
    """A step on a GPU as one CUDA graph: the function that replays it."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):  # compiles, and makes Adam's moments
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def memory(device: str) -> int:
    """Bytes: the most that the device has held, on a CPU the process."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), required=True)
    parser.add_argument("--mode", choices=MODES, default="eager")
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(arguments.threads)
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(0)
    lifter, discriminator = (network(arguments.width, *size).to(device) for size in ((4, 17), (3, 1)))
    average = [p.detach().clone() for p in lifter.parameters()]
    parameters = [list(n.parameters()) for n in (lifter, discriminator)]
    adam = {"lr": 5e-4, "betas": (0.9, 0.999), "fused": True, "capturable": arguments.mode == "captured"}
    optimizers = [torch.optim.Adam(p, **adam) for p in parameters]
    poses = 0.05 * torch.randn(100_000, 17, 2, device=device)
    poses -= poses[:, :1].clone()
    half = arguments.precision == "bfloat16"
    cast = (lambda: torch.autocast(device, torch.bfloat16)) if half else contextlib.nullcontext

    def learn(*batch: torch.Tensor) -> list[tuple[torch.Tensor, ...]]:
        if arguments.mode == "eager":
            with cast():
                return gradients(lifter, discriminator, *batch)
        return gradients_in_two(compiled_lifter, compiled_discriminator, lifter, discriminator, *batch)

    def with_cast(function: Callable) -> Callable:
        def inside(*inputs):
            with cast():
                return function(*inputs)

        return inside

    def compiled(function: Callable) -> Callable:
        how = "reduce-overhead" if arguments.mode == "graphs" else "default"
        return with_cast(function) if arguments.mode == "eager" else torch.compile(with_cast(function), mode=how)

    compiled_lifter, compiled_discriminator = compiled(of_lifter), compiled(of_discriminator)
    lifted = compiled(lift)

    def step() -> None:
        if arguments.mode == "graphs":
            torch.compiler.cudagraph_mark_step_begin()
        chosen = torch.randint(len(poses), (2, arguments.batch), device=device)
        found = learn(poses[chosen[0]], poses[chosen[1]], rotations(arguments.batch, device))
        for group, gradient, optimizer in zip(parameters, found, optimizers, strict=True):
            for p, g in zip(group, gradient, strict=True):
                p.grad = g
            optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, parameters[0], 1e-3)

    given = poses[: arguments.batch].cpu().clone()

    def lift_given() -> None:
        torch.set_float32_matmul_precision("highest")  # as geolift lifts
        with torch.inference_mode():
            lifted(lifter, given.to(device)).cpu()
        torch.set_float32_matmul_precision("high")

    runs = {"step": captured(step) if arguments.mode == "captured" else step, "lift": lift_given}
    for line in sys.stdin:
        what, times = line.split()
        began = time.perf_counter()
        for _ in range(int(times)):
            runs[what]()
        if device == "cuda":
            torch.cuda.synchronize()
        print(json.dumps({"seconds": time.perf_counter() - began, "memory": memory(device)}), flush=True)


if __name__ == "__main__":
    main()
