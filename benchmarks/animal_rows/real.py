"""Real detections with truth: a rat with markers, mice labelled by hand, each in six calibrated cameras.

Pixels are brought to a pinhole without distortion, of one focal length and with the animal equally large before every
camera, as it is after `geolift lift` has measured it.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import rq

from benchmarks.animal_rows.species import DATA, SKELETONS, body_length, joints_of
from geolift.data.dataset import Dataset, check_dataset
from geolift.skeletons.skeleton import Skeleton
from geolift.skeletons.skeleton_file import read_skeleton

RAT, MICE = "rat_gimbal/mock_data.npz", "dannce_mouse/points.npz"
RAT_BODY = ("HeadF", "SpineF", "SpineM", "SpineL")  # joints along which a rat is measured
MOUSE_BODY = ("Snout", "SpineF", "SpineM", "Tail(base)")
SIZE = 0.05  # median distance of joints from the root after scaling, in focal lengths


class Detections(NamedTuple):
    """2D of C cameras at T moments, and the truth.

    Attributes:
        rays: `[C, T, J, 2]` x / z, y / z in camera axes; nan was not seen.
        truth: `[C, T, J, 3]` in the axes of each camera; nan is not known.
        skeleton: of the J joints.
        fps: 0 where moments do not follow each other.
        length: of the body, in the unit of the truth.
        animal: `[T]` whose moments they are, rising.
    """

    rays: np.ndarray
    truth: np.ndarray
    skeleton: Skeleton
    fps: float
    length: float
    animal: np.ndarray


def read_rat() -> Detections:
    """Rat7M's 100 frames of ezhang94/gimbal: a detector's 2D, the truth of markers on the skin."""
    file = read_skeleton(SKELETONS / "rat13.toml")
    with np.load(DATA / RAT) as content:
        names = [str(name) for name in content["keypoint_names"]]
        truth = joints_of(content["groundtruth_pos_3d"], names, file)
        pixels = joints_of(content["observed_pos_2d"].reshape(-1, len(names), 2), names, file)
        matrices = content["camera_matrices"]
    pixels = pixels.reshape(len(truth), len(matrices), -1, 2).swapaxes(0, 1)
    cameras = [decompose(matrix) for matrix in matrices]
    rays = np.stack([_rays(seen, lens) for seen, (lens, _, _) in zip(pixels, cameras, strict=True)])
    filmed = np.stack([truth @ rotation.T + shift for _, rotation, shift in cameras])
    length = body_length(truth, file.skeleton, RAT_BODY)
    return Detections(rays, filmed, file.skeleton, 30.0, length, np.zeros(len(truth), int))


def read_mice() -> Detections:
    """DANNCE's 172 frames of two mice, labelled by hand in every camera."""
    import cv2

    file = read_skeleton(SKELETONS / "mouse22.toml")
    with np.load(DATA / MICE) as content:
        names = [str(name) for name in content["joint_names"]]
        truth = joints_of(content["positions_mm"].astype(np.float64), names, file)
        pixels = [joints_of(seen.astype(np.float64), names, file) for seen in content["keypoints_2d"]]
        lens, rotation, shift, animal = (content[key] for key in ("K", "R", "t", "animal"))
        # OpenCV's order: two radial coefficients, two tangential ones, the third radial one.
        distortion = np.concatenate([content["radial"][:, :2], content["tangential"], content["radial"][:, 2:]], axis=1)
    rays = np.full((len(pixels), *truth.shape[:2], 2), np.nan)
    for camera, seen in enumerate(pixels):
        known = np.isfinite(seen).all(axis=-1)
        rays[camera][known] = cv2.undistortPoints(seen[known][:, None], lens[camera], distortion[camera])[:, 0]
    filmed = np.stack([truth @ turn.T + by for turn, by in zip(rotation, shift, strict=True)])
    return Detections(rays, filmed, file.skeleton, 0.0, body_length(truth, file.skeleton, MOUSE_BODY), animal)


def decompose(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lens `[3, 3]`, rotation `[3, 3]` and shift `[3]` from world to camera axes, of a camera matrix `[3, 4]`."""
    lens, rotation = rq(matrix[:, :3])
    signs = np.sign(np.diag(lens))
    lens, rotation = lens * signs, rotation * signs[:, None]
    shift = np.linalg.solve(lens, matrix[:, 3])
    if np.linalg.det(rotation) < 0:  # the matrix is known up to its sign
        rotation, shift = -rotation, -shift
    return lens / lens[2, 2], rotation, shift


def with_true_depths(found: Detections) -> np.ndarray:
    """`[C, T, J, 3]` points on the rays, as deep as the truth: the best that a lifter of these 2D can give."""
    depth = found.truth[..., 2:]
    return np.concatenate([found.rays * depth, depth], axis=-1)


def as_dataset(
    found: Detections, splits: dict[str, np.ndarray], *, size: float = SIZE, synchronized: bool = False
) -> Dataset:
    """A data set of the moments of each split, seen by every camera, without 3D; those of an animal are a clip.

    Args:
        found: of C cameras.
        splits: the moments of each, rising without gaps.
        size: of the animal before every camera, as `SIZE`.
        synchronized: whether training knows which frames of the cameras show the same moments.
    """
    scale = size / typical_size(found.rays, found.skeleton.root)
    pieces, clips = [], []
    for k, factor in enumerate(scale):
        for split, moments in splits.items():
            for animal in np.unique(found.animal[moments]):
                shown = moments[found.animal[moments] == animal]
                pieces.append(factor * found.rays[k][shown])
                clips.append((f"cam{k}", split, f"animal {animal}", shown[0]))
    rays, count, stop = np.concatenate(pieces), len(pieces), np.cumsum([len(piece) for piece in pieces])
    seen = np.isfinite(rays).all(axis=-1)
    camera, split, subject, moment = (np.array(column) for column in zip(*clips, strict=True))
    return check_dataset(
        Dataset(
            keypoints=np.where(seen[..., None], 1000 * rays + 500, 0).astype(np.float32),
            confidence=seen.astype(np.float32),
            skeleton=found.skeleton,
            start=np.append(0, stop[:-1]),
            stop=stop,
            fps=np.full(count, found.fps, np.float32),
            subject=subject,
            action=np.full(count, "unknown"),
            camera=camera,
            split=split,
            clip=np.char.add(np.char.add(split, " "), subject),
            image_size=np.full((count, 2), 1000, np.float32),
            intrinsics=np.tile(np.array([1000, 1000, 500, 500], np.float32), (count, 1)),
            moment=moment if synchronized else None,
        ),
        "detections",
    )


def typical_size(rays: np.ndarray, root: int) -> np.ndarray:
    """`[C]` median distance of joints from the root, of rays `[C, T, J, 2]`."""
    return np.nanmedian(np.linalg.norm(rays - rays[:, :, [root]], axis=-1), axis=(1, 2))


def _rays(pixels: np.ndarray, lens: np.ndarray) -> np.ndarray:
    """`[..., 2]` x / z, y / z of pixels `[..., 2]`."""
    ahead = np.concatenate([pixels, np.ones((*pixels.shape[:-1], 1))], axis=-1) @ np.linalg.inv(lens).T
    return ahead[..., :2] / ahead[..., 2:]
