"""The pictures of a film: 2D beside 3D from two views, frame by frame."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from geolift.output.result import Result
from geolift.output.view import canvas
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
    side_by_side,
    strength,
)
from geolift.output.view.sheet import label

WIDTH, HEIGHT = 1200, 440  # pixels, even: video codecs halve the colours
MARGIN, GAP, SIDE = 5, 8, 391  # pixels: left of the panels, between them, of a panel
CAPTION, TITLE, TOP = 1, 20, 42  # pixels: rows of the caption, of the titles, of the panels
BONE = 3.0  # pixels, the width of a bone that is sure
DOT, EDGE = 3.4, 1.7  # pixels: radius of a joint, width of its edge
MARK = 8 << canvas.SHIFT  # half the length of the mark of a contact, as `canvas.whole`
SIDES = "blue: left, orange: right"
FLOOR = (178, 178, 178)  # the colour of its line
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


def pictures(result: Result, every: int = 1) -> Iterator[np.ndarray]:
    """`[HEIGHT, WIDTH, 3]` uint8 pictures of every `every`-th frame.

    Joints that were filled in are hollow; joints that are missing are not drawn.
    """
    return (picture.copy() for picture in drawn(result, every))


def drawn(result: Result, every: int = 1) -> Iterator[np.ndarray]:
    """The pictures of `pictures`, each in one array that the next one replaces."""
    panels = _Panels(result)
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
    """Panels beside each other. What stays is drawn once; for each frame only what moves is drawn on a copy of it."""

    def __init__(self, result: Result):
        self.result, self.scene = result, make_scene(result)
        skeleton = result.skeleton
        joints = range(len(skeleton.names))
        sides = [LEFT if j in skeleton.left else RIGHT if j in skeleton.right else MIDDLE for j in joints]
        self.colours = [tuple(bytes.fromhex(side.removeprefix("#"))) for side in sides]
        self.bones, self.feet = skeleton.bones, foot_joints(result)
        self.sure = self.scene.strength[:, np.array(self.bones)].min(axis=-1)
        views = [self._view(panel) for panel in range(len(TITLES))]
        self.boxes = [view.box for view in views]
        self.places = [canvas.whole(view.inside(poses)) for view, poses in zip(views, self.scene.poses, strict=True)]
        self.ground = [canvas.whole(view.ground) for view in views]
        self.background = self._background(views)
        self.picture = self.background.copy()

    def draw(self, frame: int, rows: np.ndarray) -> np.ndarray:
        """The picture of a frame with the poses `rows`, in an array that the next call replaces."""
        picture = self.picture
        np.copyto(picture, self.background)
        hollow, sure, stands = (values[rows].tolist() for values in (self.scene.hollow, self.sure, self.scene.stands))
        for panel, (left, top, right, bottom) in enumerate(self.boxes):
            part = picture[top:bottom, left:right]
            places = self.places[panel][rows].tolist()
            self._draw_bones(part, places, sure if panel else None)
            if panel:  # the image has no floor
                self._draw_marks(part, places, self.ground[panel][rows].tolist(), stands)
            self._draw_joints(part, places, hollow)
        canvas.write_text(picture, self._caption(frame, int(self.scene.unplaced[rows].sum())), WIDTH // 2, CAPTION)
        return picture

    def _view(self, panel: int) -> "_View":
        left, ground = MARGIN + panel * (SIDE + GAP), np.zeros(len(self.result.frame))
        if not panel:
            low, high = np.array(self.scene.plane[:2]), np.array(self.scene.plane[2:])
            scale = SIDE / (high - low).max()
            width, height = np.maximum(np.rint(scale * (high - low)), 1).astype(int).tolist()
            left, top = left + (SIDE - width) // 2, TOP + (SIDE - height) // 2
            return _View((left, top, left + width, top + height), np.full((1, 1, 1), scale), low, ground)
        limits = self.scene.limits[
            self.result.frame if len(self.scene.limits) > 1 else np.zeros_like(self.result.frame)
        ]
        angle = list(VIEWS.values())[panel - 1]
        reach = 1.2 * limits[:, 3:6].max(axis=1)
        middle = limits[:, 0] * np.cos(angle) + limits[:, 2] * np.sin(angle)
        origin, scale = np.stack([middle - reach, limits[:, 1] - reach], axis=-1), SIDE / (2 * reach)
        ground = np.clip((limits[:, 6] - origin[:, 1]) * scale, 0, SIDE - 1)
        return _View((left, TOP, left + SIDE, TOP + SIDE), scale[:, None, None], origin[:, None], ground)

    def _background(self, views: list["_View"]) -> np.ndarray:
        picture = np.full((HEIGHT, WIDTH, 3), canvas.WHITE, np.uint8)
        for panel, (view, title) in enumerate(zip(views, TITLES, strict=True)):
            left, top, right, bottom = view.box
            canvas.write_text(picture, title, MARGIN + panel * (SIDE + GAP) + SIDE // 2, TITLE)
            if panel and self.scene.level and len(self.scene.limits) == 1:
                picture[top + round(view.ground[0]), left:right] = FLOOR
            canvas.frame(picture, left, top, right, bottom)
        canvas.write_text(picture, SIDES, WIDTH - MARGIN - SIDE // 2, CAPTION)
        return picture

    def _draw_bones(self, part: np.ndarray, places: list, sure: list | None) -> None:
        """Draw the bones of poses, those that are sure over the others; thicker and fainter where they are less so."""
        drawn = []
        for i, pose in enumerate(places):
            for bone, (parent, child) in enumerate(self.bones):
                start, end = pose[parent], pose[child]
                if canvas.MISSING not in (start[0], end[0]):
                    drawn.append((1.0 if sure is None else sure[i][bone], start, end, self.colours[child]))
        if sure is not None:
            drawn.sort(key=lambda bone: bone[0])
        for strong, start, end, colour in drawn:
            faint = colour if strong == 1 else tuple(round(255 - strong * (255 - value)) for value in colour)
            canvas.line(part, start, end, faint, BONE / strong)

    def _draw_marks(self, part: np.ndarray, places: list, ground: list, stands: list) -> None:
        """Mark on the ground where feet stand that are in contact."""
        for pose, y, there in zip(places, ground, stands, strict=True):
            for foot, stand in zip(self.feet, there, strict=True):
                x = pose[foot][0]
                if stand and x != canvas.MISSING:
                    canvas.line(part, (x - MARK, y), (x + MARK, y), self.colours[foot], BONE)

    def _draw_joints(self, part: np.ndarray, places: list, hollow: list) -> None:
        """Draw dots for joints, hollow where they were not seen."""
        for pose, unseen in zip(places, hollow, strict=True):
            for place, colour, empty in zip(pose, self.colours, unseen, strict=True):
                if place[0] != canvas.MISSING:
                    canvas.dot(part, place, DOT, colour)
                    if empty:
                        canvas.dot(part, place, DOT - EDGE, canvas.WHITE)

    def _caption(self, frame: int, unplaced: int) -> str:
        frames = self.result.frames
        parts = [label(frames[frame], NAME), f"{frame + 1} of {len(frames)}"]
        return "   ".join(parts + [f"{unplaced} without a position, in 2D only"] * (unplaced > 0))


class _View(NamedTuple):
    """What a panel shows, and where.

    Attributes:
        box: left, top, right, bottom of the panel in the picture, pixels.
        scale: `[N or 1, 1, 1]` pixels per unit.
        origin: `[N, 1, 2]` or `[2]`, what is at the left top corner, units.
        ground: `[N]` the row of the ground inside the panel, pixels.
    """

    box: tuple[int, int, int, int]
    scale: np.ndarray
    origin: np.ndarray
    ground: np.ndarray

    def inside(self, poses: np.ndarray) -> np.ndarray:
        """`[N, J, 2]` pixels inside the panel."""
        return (poses - self.origin) * self.scale
