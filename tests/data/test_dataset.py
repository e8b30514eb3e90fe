"""A data set survives the disk; every kind of bad array gets one clear error naming what was found and expected."""

import contextlib

import numpy as np
import pytest

from geolift.data.dataset import check_dataset, load_dataset, save_dataset
from geolift.errors import DatasetError
from geolift.safe_io import npz


def changed(people, tmp_path, **arrays):
    """Write the people with some arrays replaced (None removes), past the checks of `save`."""
    path = tmp_path / "people.npz"
    save_dataset(people, path)
    content = {**npz.read_arrays(path), **arrays}
    np.savez(path, **{key: value for key, value in content.items() if value is not None})
    return path


def edited(array, place, value):
    array = array.copy()
    array[place] = value
    return array


def test_round_trip(people, people_file):
    again = load_dataset(people_file)
    assert again.skeleton == people.skeleton and again.source == people.source
    for name, before, after in zip(people._fields, people, again, strict=True):
        if name not in ("skeleton", "source"):
            np.testing.assert_array_equal(before, after)


def test_a_large_one_stays_in_its_file(people, people_file, monkeypatch, tmp_path):
    monkeypatch.setattr(npz, "MAPPED", 1)
    again = load_dataset(people_file)
    assert not again.keypoints.flags.writeable and not again.points_3d.flags.writeable
    for name, before, after in zip(people._fields, people, again, strict=True):
        if name not in ("skeleton", "source"):
            np.testing.assert_array_equal(before, after)
    save_dataset(again, people_file)  # over itself
    np.testing.assert_array_equal(load_dataset(people_file).points_3d, people.points_3d)


def test_clips_that_follow_each_other_are_not_copied(people):
    for split in ("train", "validation", "test"):
        part = people.select(split)
        assert np.shares_memory(part.keypoints, people.keypoints)
    gap = people._replace(split=np.where(np.arange(len(people.split)) % 2, "odd", "even"))
    picked = np.concatenate([gap.keypoints[a:b] for a, b in zip(gap.start[1::2], gap.stop[1::2], strict=True)])
    np.testing.assert_array_equal(gap.select("odd").keypoints, picked)


def test_nothing_half_written_stays_behind(people, tmp_path):
    with pytest.raises(DatasetError):
        save_dataset(people._replace(fps=people.fps[:-1]), tmp_path / "bad.npz")
    assert not list(tmp_path.iterdir())


def test_splits_part_the_frames(people):
    parts = [people.select(split) for split in ("train", "validation", "test")]
    assert sum(part.frames for part in parts) == people.frames == people.select("all").frames
    for part in parts:
        assert check_dataset(part, "part").points_3d.shape == (part.frames, 17, 3)
    with pytest.raises(DatasetError, match=r"'dev'.*'test', 'train', 'validation'"):
        people.select("dev")


def test_blind_drops_3d_and_nothing_else(people):
    without = people.without_3d()
    assert without.points_3d is None
    assert all(a is b for name, a, b in zip(people._fields, people, without, strict=True) if name != "points_3d")


def test_optional_arrays_may_be_missing(people, tmp_path):
    path = changed(people, tmp_path, points_3d=None, intrinsics=None, source=None)
    again = load_dataset(path)
    assert again.points_3d is None and again.intrinsics is None and again.source == ""
    path = changed(people, tmp_path, points_3d=None, intrinsics=None, image_size=None)
    assert load_dataset(path).image_size is None


def test_gravity_of_each_clip_becomes_that_of_each_frame(people, tmp_path):
    each = people.gravity[people.start]
    np.testing.assert_array_equal(load_dataset(changed(people, tmp_path, gravity=each)).gravity, people.gravity)
    assert load_dataset(changed(people, tmp_path, gravity=None)).gravity is None


def test_gravity_follows_the_frames_that_are_selected_and_is_no_3d_label(people):
    numbered = people._replace(gravity=people.gravity + np.float32(1e-6) * np.arange(people.frames)[:, None])
    gap = numbered._replace(split=np.where(np.arange(len(people.split)) % 2, "odd", "even"))
    picked = np.concatenate([numbered.gravity[a:b] for a, b in zip(gap.start[1::2], gap.stop[1::2], strict=True)])
    np.testing.assert_array_equal(gap.select("odd").without_3d().gravity, picked)


def test_people_or_cameras_may_be_upside_down(people):
    """In every clip, but not both: that is how a wrong sign shows."""
    turned = people._replace(
        keypoints=people.image_size[0] - people.keypoints, points_3d=people.points_3d * np.float32([-1, -1, 1])
    )
    check_dataset(turned, "handstands")
    up_in_the_image = people.gravity * np.float32([-1, -1, 1])
    check_dataset(turned._replace(gravity=up_in_the_image), "camera hung upside down")
    with pytest.raises(DatasetError, match="gravity points up"):
        check_dataset(people._replace(gravity=up_in_the_image), "both")


BAD = {
    "missing array": (lambda d: {"keypoints": None}, r"\['keypoints'\] missing"),
    "other version": (lambda d: {"version": 9}, "version: found 9, expected 1"),
    "NaN": (lambda d: {"keypoints": edited(d.keypoints, (3, 5, 1), np.nan)}, r"keypoints: found nan at \[3, 5, 1\]"),
    "infinite": (lambda d: {"points_3d": edited(d.points_3d, (0, 0, 0), np.inf)}, "points_3d: found inf"),
    "confidence": (lambda d: {"confidence": d.confidence * 2}, r"confidence: found 2.0 at \[0, 0\]"),
    "swapped axes": (lambda d: {"keypoints": d.keypoints.transpose(0, 2, 1)}, r"\[\d+, 2, 17\].*axes look swapped"),
    "joints first": (lambda d: {"keypoints": d.keypoints.transpose(1, 0, 2)}, "axes look swapped"),
    "flat poses": (lambda d: {"keypoints": d.keypoints.reshape(-1, 34)}, r"expected \[frames, 17, 2\]"),
    "wrong joints": (lambda d: {"joint_names": np.array(d.skeleton.names[:16])}, "16 joint names but 17 parents"),
    "joint twice": (lambda d: {"joint_names": np.array(["pelvis"] * 17)}, "pelvis.*more than once"),
    "no frames": (lambda d: {"keypoints": d.keypoints[:0]}, "confidence: found shape"),
    "3D in 2D": (lambda d: {"points_3d": d.points_3d[..., :2]}, r"points_3d: found shape .* expected \[\d+, 17, 3\]"),
    "integers": (lambda d: {"keypoints": d.keypoints.astype(int)}, "keypoints: found type int"),
    "numbers for names": (lambda d: {"action": np.zeros(len(d.start))}, "action: found type float"),
    "clips overlap": (lambda d: {"start": edited(d.start, 1, 0)}, "clip 1 runs from 0"),
    "clips too long": (lambda d: {"stop": edited(d.stop, -1, d.frames + 1)}, "clips must follow each other"),
    "float clips": (lambda d: {"start": d.start * 1.0}, "expected signed integers"),
    "half floats": (lambda d: {"fps": d.fps.astype(np.float16)}, "fps: found type float16, expected float32"),
    "bytes for names": (
        lambda d: {"joint_names": np.array(d.skeleton.names, "S")},
        "joint_names: found .*expected a list",
    ),
    "other names": (lambda d: {"joint_names": np.array([*d.skeleton.names[:-1], ""])}, "without a name"),
    "many versions": (lambda d: {"version": np.array([1, 1])}, r"version: found \[1 1\]"),
    "one bad clip": (
        lambda d: {"keypoints": edited(d.keypoints, slice(d.start[5], d.stop[5]), 300.0)},
        "do not project.*in clip 5",
    ),
    "no focal": (lambda d: {"intrinsics": d.intrinsics * 0}, "focal length"),
    "fps": (lambda d: {"fps": d.fps * -1}, "fps: found -"),
    "millimetres": (lambda d: {"points_3d": d.points_3d * 1000}, "points_3d: found .*millimetres"),
    "gravity's shape": (
        lambda d: {"gravity": d.gravity[:-1]},
        r"gravity: found shape \[1559, 3\], expected \[1560, 3\], or \[156, 3\]",
    ),
    "gravity in m/s2": (lambda d: {"gravity": d.gravity * 9.81}, "gravity: .* of length 9.81 .*expected unit vectors"),
    "gravity NaN": (
        lambda d: {"gravity": edited(d.gravity, (7, 1), np.nan)},
        r"gravity: found .* in frame 7, .*\(1 such frames\)",
    ),
    "gravity's type": (lambda d: {"gravity": np.array([[0, 1, 0]]).repeat(d.frames, 0)}, "gravity: found type int"),
    "gravity up": (lambda d: {"gravity": -d.gravity}, "gravity points up: in 9.% of the frames .*: y up, the direc"),
    "behind": (lambda d: {"points_3d": -d.points_3d}, "behind the camera"),
    "mirrored depth": (
        lambda d: {"points_3d": np.array([1, 1, -1], "f") * d.points_3d + [0, 0, 2] * d.points_3d[:, :1]},
        "mirrored in depth",
    ),
    "sides": (lambda d: {"points_3d": d.points_3d[:, list(d.skeleton.mirrored)]}, "swapped left and right"),
    "joint order": (lambda d: {"points_3d": d.points_3d[:, ::-1]}, "joint order"),
    "world axes": (lambda d: {"points_3d": d.points_3d * [1, -1, 1]}, "do not project"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arrays(people, tmp_path, case):
    change, message = BAD[case]
    path = changed(people, tmp_path, **change(people))
    with pytest.raises(DatasetError, match=message) as error:
        load_dataset(path)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_any_damage_gives_geolift_s_own_error(people, tmp_path, rng):
    small = people._select_clips(np.arange(2))
    save_dataset(small, tmp_path / "small.npz")
    whole = (tmp_path / "small.npz").read_bytes()
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            damaged[place] ^= 1 << rng.integers(8)
        (tmp_path / "damaged.npz").write_bytes(damaged)
        with contextlib.suppress(DatasetError):  # nothing else; bits in unused fields of the archive may even pass
            load_dataset(tmp_path / "damaged.npz")


def test_pixels_of_any_scale_and_origin_are_fine(people):
    f, c = people.intrinsics[:, :2], people.intrinsics[:, 2:]
    plane = (people.keypoints - c[0]) / f[0]
    unit = np.tile(np.float32([1, 1, 0, 0]), (len(f), 1))
    check_dataset(people._replace(keypoints=plane, intrinsics=unit, image_size=None), "plane")


def test_noisy_detections_are_no_mistake(people, rng):
    noisy = people._replace(keypoints=people.keypoints + rng.normal(scale=8, size=people.keypoints.shape).astype("f"))
    check_dataset(noisy, "noisy")
