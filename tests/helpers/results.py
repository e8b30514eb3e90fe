"""Results of lifting made of procedural people, whose 3D is known: what writers and viewers are tried on."""

import numpy as np

from geolift.data.pinhole import FOCAL, IMAGE_SIZE, look_at
from geolift.data.synthetic import motions as procedural
from geolift.data.synthetic.motions import procedural_clips
from geolift.output.result import Result
from geolift.skeletons.skeleton import H36M17

CAMERA = look_at(np.array([5.0, 0.0, 1.5]), np.array([0.0, 0.0, 0.9]))


def make_result(*, people=1, frames=30, fps=30.0, video=True, seed=1, first=3, **changes):
    """A result whose points are true, of people beside each other before a level camera, all seen in every frame.

    The first person does motion `first` of `motions.MOTIONS`, the next one the next; `changes` replace fields of the
    result.
    """
    clips = procedural_clips(seed=seed, people=max(3, people), seconds=max(1.0, 1.0 + frames / fps), fps=fps)
    motions = len(procedural.MOTIONS)
    points, position, keypoints = [], [], []
    for i in range(people):
        world = clips[i * motions + (first + i) % motions].points[:frames].astype(np.float64)
        world[..., :2] -= world[:, [H36M17.root], :2].mean(axis=0)
        world[..., 1] += 1.2 * (i - (people - 1) / 2)
        world[..., 0] -= 0.7 * i
        seen = (world - CAMERA.centre) @ CAMERA.camera_from_world.T
        keypoints.append(FOCAL * seen[..., :2] / seen[..., 2:] + IMAGE_SIZE / 2)
        position.append(seen[:, H36M17.root])
        points.append(seen - seen[:, [H36M17.root]])
    keypoints = np.concatenate(keypoints).astype(np.float32)
    result = Result(
        points=np.concatenate(points).astype(np.float32),
        position=np.concatenate(position).astype(np.float32),
        keypoints=keypoints,
        confidence=np.ones(keypoints.shape[:2], np.float32),
        filled=np.zeros(keypoints.shape[:2], bool),
        frame=np.tile(np.arange(frames), people),
        person=np.repeat(np.arange(people), frames),
        skeleton=H36M17,
        frames=tuple(f"frame_{i:05d}.png" for i in range(frames)),
        people=tuple(f"person {i}" for i in range(people)),
        video=video,
        fps=fps if video else 0.0,
        image_size=np.full((frames, 2), IMAGE_SIZE, np.float32),
        units="m",
        scale="every person is taken to be 1.7 m tall",
        model="procedural@0000",
        source="people.json (COCO keypoints)",
        notes=("the true points of procedural people",),
    )
    return result._replace(**changes)


def in_world(result, *, camera=CAMERA, floor=0.0, sure=True):
    """`result`, as `camera` sees it, with the fields of the world, all true but the uncertainty, drawn at random.

    `floor` is its height in the axes of `camera`. The first person starts at the origin and faces along x; a foot is in
    contact where its ankle is low and slow.
    """
    rng, frames = np.random.default_rng(5), len(result.frames)
    level = (result.points + result.position[:, None]).astype(np.float64) @ camera.camera_from_world + camera.centre
    side = level[0, H36M17.names.index("left_hip")] - level[0, H36M17.names.index("right_hip")]
    x = np.array([side[1], -side[0], 0]) / np.hypot(side[0], side[1])
    turn = np.stack([x, np.cross([0, 0, 1], x), [0, 0, 1]])
    start = level[0, H36M17.root] * [1, 1, 0] + [0, 0, floor]
    rotation = turn @ camera.camera_from_world.T
    shift = turn @ (camera.centre - start)
    world = (level - start) @ turn.T
    ankles = world[:, [H36M17.names.index(f"{side}_ankle") for side in ("left", "right")]]
    slow = np.linalg.norm(np.gradient(ankles, axis=0), axis=-1) < 0.01
    sigma = rng.uniform(0.005, 0.15, result.points.shape[:2])
    sigma[np.isnan(result.points[..., 0])] = np.nan
    unsure = {"uncertainty": sigma.astype(np.float32), "depth_uncertainty": (0.8 * sigma).astype(np.float32)}
    return result._replace(
        world_points=world.astype(np.float32),
        to_world=np.tile(np.column_stack([rotation, shift]).astype(np.float32), (frames, 1, 1)),
        up=np.tile(camera.camera_from_world[:, 2].astype(np.float32), (frames, 1)),
        up_spread=np.full(frames, 5, np.float32),
        floor=np.full(frames, -(camera.centre[2] - floor), np.float32),
        contact=slow & (ankles[..., 2] < 0.12),
        focal=np.float32([FOCAL, 0.9 * FOCAL, 1.2 * FOCAL]),
        **(unsure if sure else {}),
    )


def with_gaps(result, *, missing=0.1, filled=0.1, seed=0):
    """`result` with a share of its joints missing, and a share of the others filled in."""
    drawn = np.random.default_rng(seed).random(result.confidence.shape)
    gone, made = drawn < missing, (drawn >= missing) & (drawn < missing + filled)
    return result._replace(
        points=np.where(gone[..., None], np.nan, result.points).astype(np.float32),
        keypoints=np.where((gone | made)[..., None], np.nan, result.keypoints).astype(np.float32),
        confidence=np.where(gone | made, 0, result.confidence).astype(np.float32),
        filled=made,
    )
