"""Human3.6M as it is distributed (CDF) and as h36m-fetch, ElePose, MotionBERT and VideoPose3D leave it."""

import numpy as np

from geolift.data import human36m
from tests.helpers.human36m_files import CAMERAS, all32, people, project, sequences

FRAMES = 4
TALL = 0.9  # of the universal skeleton
ELEPOSE = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 25, 26, 27, 17, 18, 19]  # of the 32
OFFICIAL = {"Photo": "TakingPhoto", "WalkDog": "WalkingDog"}


def seen(world, subject, camera):
    """Camera millimetres `[T, 32, 3]` and pixels `[T, 32, 2]`."""
    points = human36m.to_camera(all32(world), subject, camera)
    return points * 1000, project(points, human36m.LENSES[camera].intrinsics)


def universal(points):
    """Scaled about the root, which stays where it was."""
    return points[:, :1] + TALL * (points - points[:, :1])


def write_cdf(path, pose):
    from cdflib import cdfwrite

    path.parent.mkdir(parents=True, exist_ok=True)
    file = cdfwrite.CDF(path, delete=True)
    spec = {
        "Variable": "Pose", "Data_Type": 44, "Num_Elements": 1, "Rec_Vary": True, "Dim_Sizes": list(pose.shape[1:]),
    }  # fmt: skip
    file.write_var(spec, var_data=pose.astype(np.float32))
    file.close()


def write_cdf_archive(folder, actions=None, place="MyPoseFeatures/"):
    for subject, world in people(FRAMES).items():
        for name in sequences() if actions is None and subject != "S1" else sequences(actions or ["Walking"]):
            for camera in CAMERAS:
                points, pixels = seen(world, subject, camera)
                short = name.split(" ")[0]
                file = f"{name.replace(short, OFFICIAL.get(short, short))}.{camera}.cdf"
                for kind, pose in (
                    ("D2_Positions", pixels), ("D3_Positions_mono", points),
                    ("D3_Positions_mono_universal", universal(points)),
                ):  # fmt: skip
                    write_cdf(folder / subject / f"{place}{kind}" / file, pose.reshape(1, FRAMES, -1))


def write_fetch(folder, frames, actions=None):
    """annot.h5 of every sequence; `frames(subject)` are the ones that are kept, counted from 1."""
    import h5py

    for number, (subject, world) in enumerate(people(200).items()):
        kept = np.array(frames(subject))
        for sequence in sequences(actions) if actions else sequences():
            action, again = (sequence.split(" ")[0], "1") if sequence.endswith(" 1") else (sequence, "2")
            arrays = {"pose/2d": [], "pose/3d": [], "pose/3d-univ": [], "camera": [], "frame": []}
            path = folder / subject / f"{OFFICIAL.get(action, action)}-{again}" / "annot.h5"
            path.parent.mkdir(parents=True)
            with h5py.File(path, "w") as file:
                for camera in CAMERAS:
                    if (subject, action, again, camera) == ("S11", "Directions", "2", "54138969"):
                        continue
                    points, pixels = (array[kept - 1] for array in seen(world, subject, camera))
                    fx, fy, cx, cy = human36m.LENSES[camera].intrinsics
                    file[f"intrinsics/{camera}"] = np.array([fx, cx, fy, cy])
                    file[f"intrinsics-univ/{camera}"] = np.array([fx / TALL, cx, fy / TALL, cy])
                    rows = (pixels, points, universal(points), np.full(len(kept), int(camera)), kept)
                    for key, value in zip(arrays, rows, strict=True):
                        arrays[key].append(value)
                rows = {key: np.concatenate(value) for key, value in arrays.items()}
                rows["subject"] = np.full(len(rows["frame"]), int(subject[1:]))
                rows["action"] = np.full(len(rows["frame"]), number + 2)
                for key, value in rows.items():
                    file[key] = value


def elepose_content(rng):
    """Rows of several subjects and cameras in no order."""
    rows = [
        (int(subject[1:]), *(array[frame] for array in seen(world, subject, camera)))
        for subject, world in people(FRAMES).items()
        for camera in CAMERAS
        for frame in range(FRAMES)
    ]
    subject, points, pixels = (
        np.array(column) for column in zip(*(rows[i] for i in rng.permutation(len(rows))), strict=True)
    )
    detected = (pixels + rng.normal(size=pixels.shape))[:, ELEPOSE]
    flat = detected.transpose(0, 2, 1).reshape(len(rows), -1)
    return {"subject": subject.tolist(), "poses_3d": points, "poses_2d": pixels, "poses_2d_pred": flat}


def motionbert_content(**more):
    """Walking of S1 for training; of S11 the damaged sequence, and Photo, for testing."""
    content = {}
    for part, sources in {
        "train": [("S1", 14, 1, 2)], "test": [("S11", 2, 2, 1), ("S11", 12, 1, 4)],
    }.items():  # fmt: skip
        rows = {"joint_2d": [], "confidence": [], "joint3d_image": [], "camera_name": [], "source": []}
        for subject, action, sequence, camera in sources:
            name = CAMERAS[camera - 1]
            points, pixels = (
                array[:, human36m.JOINT_INDICES] for array in seen(people(FRAMES)[subject], subject, name)
            )
            rows["joint_2d"].append(pixels.astype(np.float32))
            rows["confidence"].append(np.full((FRAMES, 17, 1), 1.02, np.float32))
            rows["joint3d_image"].append(points)
            rows["camera_name"].append([name] * FRAMES)
            source = f"s_{int(subject[1:]):02}_act_{action:02}_subact_{sequence:02}_ca_{camera:02}"
            rows["source"].append([source] * FRAMES)
        content[part] = {key: np.concatenate(value) for key, value in rows.items()}
        content[part] |= {key: list(content[part][key]) for key in ("camera_name", "source")}
        content[part] = {key: value for key, value in {**content[part], **more}.items() if value is not None}
    return content


H36M_SIDES = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]


def write_videopose3d(path, positions, joints=17, sides=H36M_SIDES, **metadata):
    metadata = {"num_joints": joints, "keypoints_symmetry": sides, **metadata}
    np.savez_compressed(path, positions_2d=np.array(positions, object), metadata=np.array(metadata, object))


def standing_still():
    """Keypoints of one clip in VideoPose3D's nesting: subject, action, cameras."""
    return {"S1": {"Walking": [np.zeros((3, 17, 2), np.float32)] * 4}}
