"""A result as a movie (.gif, .mp4): 2D beside 3D from two views. Needs `pip install 'geolift[viz]'`."""

import contextlib
import itertools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geolift.errors import DatasetError
from geolift.output.result import Result
from geolift.output.view.layout import (
    LEFT,
    MIDDLE,
    RIGHT,
    VIEWS,
    foot_joints,
    level_axes,
    levelled,
    planes,
    scenes,
    shown_fps,
    side_by_side,
    strength,
)
from geolift.output.view.sheet import label

WIDTH, HEIGHT = 1200, 440  # pixels, even: video codecs halve the colours
BONE = 2.2  # points, the width of a bone that is sure
GIF_FPS = 25.0  # frames per second at most; of faster results a .gif leaves frames out
NAME = 60  # characters of a frame's name, the last, that are shown
TITLES = ("2D input", *(f"3D {view}" for view in VIEWS))  # of the panels


class Scene(NamedTuple):
    """What the panels of all frames show.

    Attributes:
        poses: `[N, J, 2]` for each of `TITLES`: the keypoints, then the points as each view sees them.
        hollow: `[N, J]` bool: joints that were not seen, but filled in.
        unplaced: `[N]` bool: lifted poses without a position, which 3D panels leave out.
        plane: left, top, right, bottom of the 2D panel.
        limits: `[1 or F, 7]` of the 3D panels, as `layout.scenes`.
        level: whether these have gravity down.
        strength: `[N, J]`, as `layout.strength`.
        stands: `[N, S]` bool, of the S joints `layout.foot_joints`: whether they are marked as in contact.
    """

    poses: list[np.ndarray]
    hollow: np.ndarray
    unplaced: np.ndarray
    plane: tuple[float, float, float, float]
    limits: np.ndarray
    level: bool
    strength: np.ndarray
    stands: np.ndarray


def write_movie(result: Result, path: str | os.PathLike) -> None:
    """Write a result frame by frame at its frame rate (.gif, .mp4): people where they are, a single person in place.

    World axes where they are known, with the floor and the feet that stand on it; everybody is where they are then.
    Bones are the thicker and fainter, the less sure they are. Where no position is known people stand side by side.

    Raises:
        DatasetError: if matplotlib, Pillow or imageio-ffmpeg is not installed, or ffmpeg fails; it does not name the
            path.
    """
    path = Path(path)
    (_write_gif if path.suffix.lower() == ".gif" else _write_mp4)(result, path)


def pictures(result: Result, every: int = 1) -> Iterator[np.ndarray]:
    """`[HEIGHT, WIDTH, 3]` uint8 pictures of every `every`-th frame.

    Joints that were filled in are hollow; joints that are missing are not drawn.
    """
    try:
        panels = _Panels(result)
    except ImportError as error:
        raise DatasetError("pictures need matplotlib: pip install 'geolift[viz]'") from error
    order = np.argsort(result.frame, kind="stable")
    first = np.searchsorted(result.frame[order], np.arange(len(result.frames) + 1))
    for i in range(0, len(result.frames), every):
        yield panels.draw(i, order[first[i] : first[i + 1]])


def make_scene(result: Result) -> Scene:
    """Where people stand, as the panels see them."""
    level = level_axes(result) is not None
    placed = (level or len(result.people) > 1) and bool(np.isfinite(result.position).any())
    if level:
        points, limits = levelled(result, placed)
    else:
        points = result.points + result.position[:, None] if placed else side_by_side(result)
        limits = scenes(result, points)
    stands = np.zeros((len(points), len(foot_joints(result))), bool)
    if level and result.contact is not None and stands.shape[1] == 2:
        stands = result.contact
    across = [points[..., 0] * np.cos(angle) + points[..., 2] * np.sin(angle) for angle in VIEWS.values()]
    boxes = planes(result)
    lifted, drawn = (np.isfinite(joints).any(axis=(1, 2)) for joints in (result.points, points))
    return Scene(
        poses=[result.keypoints, *(np.stack([x, points[..., 1]], axis=-1) for x in across)],
        hollow=result.filled | ~(result.confidence > 0),
        unplaced=lifted & ~drawn,
        plane=(*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)),
        limits=limits,
        level=level,
        strength=strength(result),
        stands=stands,
    )


class _Panels:
    """A figure of panels. What stays is drawn once; for each frame only what moves is drawn on a copy of it."""

    def __init__(self, result: Result):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.collections import LineCollection
        from matplotlib.figure import Figure

        self.result, self.scene = result, make_scene(result)
        skeleton = result.skeleton
        joints = range(len(skeleton.names))
        colours = [LEFT if j in skeleton.left else RIGHT if j in skeleton.right else MIDDLE for j in joints]
        self.colours, self.bones = np.array(colours), np.array(skeleton.bones)
        self.figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        self.panels = self.figure.subplots(1, len(TITLES))
        self.title = self.figure.suptitle(" ", fontsize=10)
        self._draw_background()
        lines = (LineCollection([], linewidths=BONE, capstyle="round") for _ in TITLES)
        self.lines = [panel.add_collection(line) for panel, line in zip(self.panels, lines, strict=True)]
        self.marks = [panel.scatter([], [], s=160, marker="_", linewidths=2.5) for panel in self.panels]
        self.dots = [panel.scatter([], [], s=14, linewidths=1.2, zorder=3) for panel in self.panels]

    def draw(self, frame: int, rows: np.ndarray) -> np.ndarray:
        """The picture of a frame with the poses `rows`."""
        self.canvas.restore_region(self.background)
        if len(self.scene.limits) > 1:
            self._set_limits(self.scene.limits[frame])
        for i, panel in enumerate(self.panels):
            self._set_poses(i, rows)
            if i:  # the image has no floor
                self._set_marks(i, frame, rows)
            for artist in (self.lines[i], self.marks[i], self.dots[i]):
                panel.draw_artist(artist)
        self.title.set_text(self._caption(frame, int(self.scene.unplaced[rows].sum())))
        self.figure.draw_artist(self.title)
        return np.asarray(self.canvas.buffer_rgba())[..., :3].copy()

    def _draw_background(self) -> None:
        for panel, name in zip(self.panels, TITLES, strict=True):
            panel.set_title(name, fontsize=10)
            panel.set_xticks([])
            panel.set_yticks([])
            panel.set_aspect("equal")
        left, top, right, bottom = self.scene.plane
        self.panels[0].set(xlim=(left, right), ylim=(bottom, top))
        self._set_limits(self.scene.limits[0])
        if self.scene.level and len(self.scene.limits) == 1:
            for panel in self.panels[1:]:
                panel.axhline(self.scene.limits[0, 6], color="0.7", linewidth=1)
        self.canvas.draw()
        self.figure.set_layout_engine("none")
        self.title.set_text("")
        self.title.set_parse_math(False)
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)

    def _set_limits(self, limits: np.ndarray) -> None:
        """Set what the 3D panels show, one of `Scene.limits`: squares, so that panels keep their shape."""
        x, y, z, *half, _ = limits
        reach = 1.2 * max(half)
        for panel, angle in zip(self.panels[1:], VIEWS.values(), strict=True):
            middle = x * np.cos(angle) + z * np.sin(angle)
            panel.set(xlim=(middle - reach, middle + reach), ylim=(y + reach, y - reach))

    def _set_marks(self, panel: int, frame: int, rows: np.ndarray) -> None:
        """Mark on the floor where feet stand that are in contact."""
        feet, limits = foot_joints(self.result), self.scene.limits
        across = self.scene.poses[panel][rows][:, feet, 0]
        shown = self.scene.stands[rows] & np.isfinite(across)
        ground = limits[frame if len(limits) > 1 else 0, 6]
        self.marks[panel].set_offsets(np.stack([across[shown], np.full(shown.sum(), ground)], axis=-1))
        self.marks[panel].set_color(np.broadcast_to(self.colours[feet], shown.shape)[shown].tolist())

    def _set_poses(self, panel: int, rows: np.ndarray) -> None:
        """Give the bones of poses to the lines of a panel and their joints to its dots."""
        from matplotlib.colors import to_rgba_array

        poses, hollow = self.scene.poses[panel][rows], self.scene.hollow[rows]
        line, dots = self.lines[panel], self.dots[panel]
        finite = np.isfinite(poses).all(axis=-1)
        both = finite[:, self.bones].all(axis=-1)
        line.set_segments(poses[:, self.bones][both])
        colours = to_rgba_array(np.broadcast_to(self.colours[self.bones[:, 1]], both.shape)[both].tolist())
        if panel:
            sure = self.scene.strength[rows][:, self.bones].min(axis=-1)[both]
            colours = np.column_stack([colours[:, :3], sure])
            line.set_linewidth(BONE / sure)
        line.set_color(colours)
        edges = np.broadcast_to(self.colours, finite.shape)[finite]
        dots.set_offsets(poses[finite])
        dots.set_edgecolor(edges.tolist())
        dots.set_facecolor(np.where(hollow[finite], "white", edges).tolist())

    def _caption(self, frame: int, unplaced: int) -> str:
        frames = self.result.frames
        parts = [label(frames[frame], NAME), f"{frame + 1} of {len(frames)}", "blue: left, orange: right"]
        return "   ".join(parts + [f"{unplaced} without a position, in 2D only"] * (unplaced > 0))


def _write_gif(result: Result, path: Path) -> None:
    try:
        from PIL import Image
    except ImportError as error:
        raise DatasetError(".gif needs Pillow: pip install 'geolift[viz]'") from error
    fps = shown_fps(result)
    every = int(np.ceil(fps / GIF_FPS))
    images = (Image.fromarray(picture) for picture in pictures(result, every))
    palette = Image.new("P", (1, 1))
    palette.putpalette(_palette())
    drawn = (image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images)
    shown = len(range(0, len(result.frames), every))
    # In milliseconds; the format has whole hundredths of a second, which add up to the frame rate.
    lasting = 10 * np.diff(np.rint(100 * np.arange(shown + 1) * every / fps).astype(int))
    about = {"loop": 0, "duration": lasting.tolist(), "comment": b"geolift"}
    next(drawn).save(path, format="GIF", save_all=True, append_images=drawn, **about)


def _palette() -> list[int]:
    """Red, green, blue of every colour in a picture, one after the other: those of the bones, mixed with white."""
    from matplotlib.colors import to_rgb

    colours = np.array([to_rgb(name) for name in (LEFT, RIGHT, MIDDLE)])[:, None]
    mixed = 1 - np.linspace(0, 1, 32)[:, None] * (1 - colours)
    return np.rint(255 * mixed).astype(int).ravel().tolist()


def _write_mp4(result: Result, path: Path) -> None:
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise DatasetError(".mp4 needs imageio-ffmpeg: pip install 'geolift[viz]'") from error
    raw = f"-f rawvideo -pix_fmt rgb24 -s {WIDTH}x{HEIGHT} -r {shown_fps(result):g} -i -".split()
    encoded = {
        "-c:v": "libx264", "-preset": "veryfast", "-pix_fmt": "yuv420p", "-crf": "20", "-movflags": "+faststart",
        "-metadata": "comment=geolift",
    }  # fmt: skip
    encoded = itertools.chain(*encoded.items())
    # Not write_frames of imageio-ffmpeg, which forks: JAX has threads, and warns.
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *raw, *encoded, "-f", "mp4", f"file:{path}"]
    with tempfile.TemporaryFile() as messages:
        with (
            contextlib.suppress(BrokenPipeError),  # it ended early; why is in `messages`
            subprocess.Popen(command, stdin=subprocess.PIPE, stderr=messages) as program,
        ):
            for picture in pictures(result):
                program.stdin.write(picture.tobytes())
        if program.returncode:
            messages.seek(0)
            why = messages.read().decode(errors="replace").strip().splitlines() or [f"exit {program.returncode}"]
            raise DatasetError(f"ffmpeg: {why[-1]}")
