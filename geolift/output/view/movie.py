"""A result as a moving picture (.gif, .mp4): 2D beside 3D from two views. Needs `pip install 'geolift[viz]'`."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geolift.errors import DatasetError
from geolift.output.result import Result
from geolift.output.view.page import planes, rate, scenes, side_by_side
from geolift.output.view.sheet import label

WIDTH, HEIGHT = 1200, 440  # pixels, even: video codecs halve the colours
GIF_RATE = 25.0  # frames per second at most; of faster results a .gif leaves frames out
NAME = 60  # characters of a frame's name, the last, that are shown
VIEWS = {"from the camera": 0.0, "from the side": np.pi / 2}  # name: turn about the vertical, radians


def write_movie(result: Result, path: str | os.PathLike) -> None:
    """Write `result` frame by frame at its rate (.gif, .mp4): everybody where they are, a single person in place.

    Where nobody's position is known people stand side by side.

    Raises:
        DatasetError: if matplotlib, Pillow or imageio-ffmpeg is not installed.
    """
    path = Path(path)
    (_write_gif if path.suffix.lower() == ".gif" else _write_mp4)(result, path)


def pictures(result: Result, path: Path, every: int = 1) -> Iterator[np.ndarray]:
    """`[HEIGHT, WIDTH, 3]` uint8 pictures of every so many frames; only what moves is drawn anew. `path` is for errors.

    Joints that were filled in are hollow; joints that are missing are not drawn.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.collections import LineCollection
        from matplotlib.figure import Figure

        from geolift.output.view.figures import LEFT, MIDDLE, RIGHT
    except ImportError as error:
        raise DatasetError(f"{path}: pictures need matplotlib: pip install 'geolift[viz]'") from error
    skeleton = result.skeleton
    bones = np.array(skeleton.bones)
    joints = range(len(skeleton.names))
    colours = np.array([LEFT if j in skeleton.left else RIGHT if j in skeleton.right else MIDDLE for j in joints])
    placed = len(result.people) > 1 and np.isfinite(result.position).any()
    points = result.points + result.position[:, None] if placed else side_by_side(result)
    everywhere = planes(result)
    limits = scenes(result, points)

    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(1, 1 + len(VIEWS))
    names = ("2D input", *(f"3D {name}" for name in VIEWS))
    title = figure.suptitle(" ", fontsize=10)
    for panel, name in zip(axes, names, strict=True):
        panel.set_title(name, fontsize=10)
        panel.set_xticks([])
        panel.set_yticks([])
        panel.set_aspect("equal")
    left, top, right, bottom = [*everywhere[:, :2].min(axis=0), *everywhere[:, 2:].max(axis=0)]
    axes[0].set(xlim=(left, right), ylim=(bottom, top))
    _show(axes[1:], limits[0])
    canvas.draw()
    figure.set_layout_engine("none")
    title.set_text("")
    title.set_parse_math(False)
    canvas.draw()
    empty = canvas.copy_from_bbox(figure.bbox)
    lines = [panel.add_collection(LineCollection([], linewidths=2.2, capstyle="round")) for panel in axes]
    dots = [panel.scatter([], [], s=14, linewidths=1.2, zorder=3) for panel in axes]
    turned = [points[..., 0] * np.cos(angle) + points[..., 2] * np.sin(angle) for angle in VIEWS.values()]
    views = [result.keypoints, *(np.stack([across, points[..., 1]], axis=-1) for across in turned)]
    hollow = result.filled | ~(result.confidence > 0)
    order = np.argsort(result.frame, kind="stable")
    first = np.searchsorted(result.frame[order], np.arange(len(result.frames) + 1))
    for i in range(0, len(result.frames), every):
        rows = order[first[i] : first[i + 1]]
        canvas.restore_region(empty)
        if len(limits) > 1:
            _show(axes[1:], limits[i])
        for panel, poses, line, dot in zip(axes, views, lines, dots, strict=True):
            there = np.isfinite(poses[rows]).all(axis=-1)
            both = there[:, bones].all(axis=-1)
            line.set_segments(poses[rows][:, bones][both])
            line.set_color(np.broadcast_to(colours[bones[:, 1]], both.shape)[both].tolist())
            edges = np.broadcast_to(colours, there.shape)[there]
            dot.set_offsets(poses[rows][there])
            dot.set_edgecolor(edges.tolist())
            dot.set_facecolor(np.where(hollow[rows][there], "white", edges).tolist())
            panel.draw_artist(line)
            panel.draw_artist(dot)
        nowhere = int(
            (np.isfinite(result.points[rows]).any(axis=(1, 2)) & ~np.isfinite(points[rows]).any(axis=(1, 2))).sum()
        )
        said = [label(result.frames[i], NAME), f"{i + 1} of {len(result.frames)}", "blue: left, orange: right"]
        said += [f"{nowhere} without a position, in 2D only"] if nowhere else []
        title.set_text("   ".join(said))
        figure.draw_artist(title)
        yield np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _show(panels, limits: np.ndarray) -> None:
    """Set what panels, one for each of `VIEWS`, show to one of `scenes`: squares, so that panels keep their shape."""
    x, y, z, *half, _ = limits
    reach = 1.2 * max(half)
    for panel, angle in zip(panels, VIEWS.values(), strict=True):
        middle = x * np.cos(angle) + z * np.sin(angle)
        panel.set(xlim=(middle - reach, middle + reach), ylim=(y + reach, y - reach))


def _write_gif(result: Result, path: Path) -> None:
    try:
        from PIL import Image
    except ImportError as error:
        raise DatasetError(f"{path}: .gif needs Pillow: pip install 'geolift[viz]'") from error
    every = int(np.ceil(rate(result) / GIF_RATE))
    images = (Image.fromarray(picture) for picture in pictures(result, path, every))
    palette = Image.new("P", (1, 1))
    palette.putpalette(_palette())
    drawn = (image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images)
    shown = len(range(0, len(result.frames), every))
    # In milliseconds; the format has whole hundredths of a second, which together keep the rate.
    lasting = 10 * np.diff(np.rint(100 * np.arange(shown + 1) * every / rate(result)).astype(int))
    next(drawn).save(path, format="GIF", save_all=True, append_images=drawn, loop=0, duration=lasting.tolist())


def _palette() -> list[int]:
    """Red, green, blue of the colours in a picture, by turns: those of the bones, and of them mixed with white."""
    from matplotlib.colors import to_rgb

    from geolift.output.view.figures import LEFT, MIDDLE, RIGHT

    colours = np.array([to_rgb(name) for name in (LEFT, RIGHT, MIDDLE)])[:, None]
    mixed = 1 - np.linspace(0, 1, 32)[:, None] * (1 - colours)
    return np.rint(255 * mixed).astype(int).ravel().tolist()


def _write_mp4(result: Result, path: Path) -> None:
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise DatasetError(f"{path}: .mp4 needs imageio-ffmpeg: pip install 'geolift[viz]'") from error
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", f"{rate(result):g}", "-i", "-"]
    encoded = [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-pix_fmt",
        "yuv420p",
        "-crf",
        "20",
        "-movflags",
        "+faststart",
        "-f",
        "mp4",
    ]
    # Not write_frames of imageio-ffmpeg, which forks: JAX has threads, and warns.
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *raw, *encoded, f"file:{path}"]
    with tempfile.TemporaryFile() as said:
        with (
            contextlib.suppress(BrokenPipeError),  # it ended early; why is in `said`
            subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said) as program,
        ):
            for picture in pictures(result, path):
                program.stdin.write(picture.tobytes())
        if program.returncode:
            said.seek(0)
            why = said.read().decode(errors="replace").strip().splitlines() or [f"exit {program.returncode}"]
            raise OSError(f"{path}: ffmpeg: {why[-1]}")
