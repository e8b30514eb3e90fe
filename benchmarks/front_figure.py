"""Draws docs/results/front.svg, the figure of the README: 2D in, 3D out, for a person and an animal of `geolift demo`.

python -m benchmarks.front_figure
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geolift.demo import DEMOS, EXAMPLES
from geolift.lifting.lift import lift
from geolift.output.result import Result
from geolift.skeletons.skeleton import Skeleton

OUT = Path(__file__).parents[1] / "docs" / "results" / "front.svg"
PANEL, GAP, HEAD = 250, 20, 34  # pixels: a panel's side, between panels, its title
LEFT, RIGHT, MIDDLE = "#2563c7", "#e8801a", "#333333"  # the colours of the page
WALK, STEPS = 52, (30, 52, 74)  # the frame shown, and the frames of the path
ANIMAL, DOWN = 40, 25.0  # the frame shown, and degrees by which its camera looks down: the animal is drawn level


def lifted(name: str) -> Result:
    """An example as `geolift demo` lifts it."""
    example = DEMOS[name]
    model = {key: EXAMPLES / str(value) for key, value in example.options.items() if key == "model"}
    return lift(EXAMPLES / example.files[0], **{**example.options, **model})


def fitted(points: np.ndarray, fill: float = 0.86) -> np.ndarray:
    """Points `[..., 2]` (y down) moved and scaled to a panel."""
    low, high = (edge(points.reshape(-1, 2), axis=0) for edge in (np.nanmin, np.nanmax))
    return (points - (low + high) / 2) * fill * PANEL / (high - low).max() + PANEL / 2


def bones(pose: np.ndarray, skeleton: Skeleton, *, width: float = 3.5, opacity: float = 1.0) -> str:
    """The bones of one pose `[J, 2]` as lines."""
    colour = dict.fromkeys(skeleton.left, LEFT) | dict.fromkeys(skeleton.right, RIGHT)
    lines = [
        f'<path d="M{pose[a][0]:.1f} {pose[a][1]:.1f}L{pose[b][0]:.1f} {pose[b][1]:.1f}" '
        f'stroke="{colour.get(b, MIDDLE)}"/>'
        for a, b in skeleton.bones
        if np.isfinite(pose[[a, b]]).all()
    ]
    return f'<g stroke-width="{width}" stroke-linecap="round" opacity="{opacity:.2f}">{"".join(lines)}</g>'


def dots(pose: np.ndarray, skeleton: Skeleton) -> str:
    """The joints of one pose `[J, 2]` as dots."""
    colour = dict.fromkeys(skeleton.left, LEFT) | dict.fromkeys(skeleton.right, RIGHT)
    return "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour.get(joint, MIDDLE)}"/>'
        for joint, (x, y) in enumerate(pose)
        if np.isfinite(x)
    )


def level(points: np.ndarray, down: float) -> np.ndarray:
    """Camera points `[..., 3]` of a camera that looks down, in the axes of a level one."""
    c, s = np.cos(np.radians(down)), np.sin(np.radians(down))
    y, z = points[..., 1], points[..., 2]
    return np.stack([points[..., 0], c * y + s * z, c * z - s * y], axis=-1)


def turned(points: np.ndarray, degrees: float, tilt: float) -> np.ndarray:
    """Camera points `[..., 3]` seen after a turn about y and from `tilt` degrees above, `[..., 2]`."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    x, z = c * points[..., 0] + s * points[..., 2], c * points[..., 2] - s * points[..., 0]
    return np.stack([x, np.cos(np.radians(tilt)) * points[..., 1] - np.sin(np.radians(tilt)) * z], axis=-1)


def from_above(world: np.ndarray) -> np.ndarray:
    """World points `[..., 3]`, z up, seen obliquely: `[..., 2]`, y down."""
    return np.stack([world[..., 0] + 0.35 * world[..., 1], -world[..., 2] - 0.3 * world[..., 1]], axis=-1)


def world_panel(result: Result) -> str:
    """The walk in the world: the floor in half metres, and the person at five times."""
    path = result.world_points[list(STEPS)]
    x = np.arange(np.floor(np.nanmin(path[..., 0]) * 2) / 2, np.nanmax(path[..., 0]) + 0.5, 0.5)
    y = np.arange(-0.5, 0.51, 0.5)
    ends = [((a, y[0]), (a, y[-1])) for a in x] + [((x[0], b), (x[-1], b)) for b in y]
    grid = from_above(np.array([[(*a, 0.0), (*b, 0.0)] for a, b in ends]))
    everything = np.concatenate([grid.reshape(-1, 2), from_above(path).reshape(-1, 2)])
    placed = fitted(everything, 0.94)
    lines, poses = placed[: 2 * len(grid)].reshape(-1, 2, 2), placed[2 * len(grid) :].reshape(len(STEPS), -1, 2)
    drawn = "".join(f'<path d="M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}"/>' for a, b in lines)
    people = [
        bones(pose, result.skeleton, width=2.5, opacity=1 if frame == WALK else 0.45)
        for frame, pose in zip(STEPS, poses, strict=True)
    ]
    return f'<g stroke="#c8d2dc" stroke-width="1">{drawn}</g>' + "".join(people)


def row(
    result: Result, frame: int, third: tuple[str, str], names: Sequence[str], down: float = 0.0
) -> list[tuple[str, str]]:
    """Title and content of a row's panels; `down`: how far its camera looks down, degrees."""
    flat = fitted(result.keypoints[frame], 0.7)
    solid = fitted(turned(level(result.points[frame], down), 75, 5), 0.75)
    return [
        (names[0], bones(flat, result.skeleton, width=2) + dots(flat, result.skeleton)),
        (names[1], bones(solid, result.skeleton)),
        third,
    ]


def main() -> None:
    person, animal = lifted("walk"), lifted("animal")
    seen = np.degrees(np.arcsin(-person.up[WALK, 2]))  # how far the camera looks down, as estimated
    above = fitted(turned(level(animal.points[ANIMAL], DOWN), 20, 75), 0.75)
    world, top = ("in the world: metres, floor", world_panel(person)), ("3D, from above", bones(above, animal.skeleton))
    panels = [
        *row(person, WALK, world, ("2D keypoints of a person", "3D, turned by 75 degrees"), seen),
        *row(animal, ANIMAL, top, ("2D keypoints of an animal", "3D, turned by 75 degrees"), DOWN),
    ]
    width, height = 3 * PANEL + 4 * GAP, 2 * (PANEL + HEAD) + 3 * GAP
    text = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="15" fill="none"><rect width="{width}" height="{height}" fill="#fff"/>'
    ]
    for i, (title, content) in enumerate(panels):
        x, y = GAP + (i % 3) * (PANEL + GAP), GAP + (i // 3) * (PANEL + HEAD + GAP)
        text.append(
            f'<g transform="translate({x} {y})"><text x="2" y="18" fill="#333">{title}</text>'
            f'<g transform="translate(0 {HEAD - 6})"><rect width="{PANEL}" height="{PANEL}" rx="6" '
            f'fill="{"#eef1f5" if i % 3 == 0 else "#fafbfc"}" stroke="#dde3ea"/>{content}</g></g>'
        )
    OUT.write_text("\n".join([*text, "</svg>"]) + "\n")
    print(OUT)


if __name__ == "__main__":
    main()
