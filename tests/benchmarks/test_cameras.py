"""Rows of the benchmark of cameras show what their names say."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.camera_settings import (
    ALL,
    PROTOCOL,
    SETTINGS,
    Setting,
    film_clips,
    place_camera,
    read_rows,
)
from geolift.convert.mocap.cmu import JOINTS
from geolift.data.cameras import film
from geolift.data.synthetic.motions import procedural_clips
from geolift.errors import DatasetError
from geolift.skeletons.bones import bone_lengths
from geolift.skeletons.skeleton import H36M17
from tests.helpers.paths import ROOT

CHANGED = "pitch 8, bodies 10 % changed"
CHOICE = {"split": "all", "subjects": None, "every": 1, "seed": 0}


@pytest.fixture(scope="module")
def clips():
    return procedural_clips(seed=2, people=3, seconds=1.0, fps=5.0)


@pytest.fixture(scope="module")
def motion(clips, tmp_path_factory):
    """A file of the clips as `geolift convert cmu` reads it."""
    path = tmp_path_factory.mktemp("motion") / "motion.npz"
    stop = np.cumsum([len(clip.points) for clip in clips])
    about = {key: np.array([getattr(clip, key) for clip in clips]) for key in ("subject", "action", "split", "fps")}
    np.savez(
        path,
        positions=np.concatenate([clip.points for clip in clips]).astype(np.float32),
        start=np.append(0, stop[:-1]),
        stop=stop,
        clip=np.array([clip.name for clip in clips]),
        joint_names=np.array(JOINTS),
        parents=np.array(H36M17.parents),
        **about,
    )
    return str(path)


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "any"])
def test_a_row_has_its_tilt_and_its_distance(name, clips):
    setting = SETTINGS[name]
    filmed = film_clips(list(enumerate(clips))[:3], setting, every=1, seed=0)
    pitch, roll = np.radians([setting.pitch, setting.roll])
    expected = [-np.sin(roll) * np.cos(pitch), np.cos(roll) * np.cos(pitch), np.sin(pitch)]
    np.testing.assert_allclose(filmed.gravity, np.broadcast_to(expected, filmed.gravity.shape), atol=1e-12)
    for view in np.unique(filmed.view):
        root = filmed.points[filmed.view == view, H36M17.root].mean(axis=0)
        np.testing.assert_allclose(root, [0, 0, setting.distance], atol=1e-5)


@pytest.mark.parametrize("name", list(SETTINGS))
def test_gravity_is_down_in_the_world(name, clips):
    """What rises in the world moves against gravity in every camera."""
    world = np.asarray(clips[0].points, np.float64)
    filmed = film_clips([(0, clips[0])], SETTINGS[name]._replace(bodies=0.0), every=1, seed=0)
    height = np.tile((world - world[:, [H36M17.root]])[..., 2], (4, 1))
    above = filmed.points - filmed.points[:, [H36M17.root]]
    np.testing.assert_allclose(-np.einsum("fjc,fc->fj", above, filmed.gravity), height, atol=1e-4)


def test_cameras_of_a_clip_stand_in_different_quarters(clips):
    """Seen by camera k, the world's x axis turns on by a quarter, give or take one."""
    world = np.asarray(clips[0].points, np.float64)
    for k in range(4):
        camera = place_camera(world, Setting(), k, np.random.default_rng([0, 0, k]))
        away = camera.centre[0] - world[0, H36M17.root]
        assert k * 90 <= np.degrees(np.arctan2(away[1], away[0])) % 360 <= (k + 1) * 90


def test_any_camera_differs_from_clip_to_clip(clips):
    filmed = film_clips(list(enumerate(clips)), SETTINGS["any"], every=1, seed=0)
    pitch = np.degrees(np.arcsin(filmed.gravity[:, 2]))
    assert pitch.min() >= -15 and pitch.max() <= 45 and np.ptp(pitch) > 20


def test_the_first_row_is_the_cmu_protocol(clips, motion):
    name, filmed = next(read_rows(motion, **CHOICE))
    expected = film(clips, H36M17, seed=0)
    assert name == PROTOCOL
    np.testing.assert_allclose(filmed.points, expected.points_3d, atol=1e-5)
    np.testing.assert_allclose(filmed.keypoints, expected.keypoints, atol=1e-2)


def test_rows_of_a_data_set_are_its_cameras(people, people_file):
    rows = dict(read_rows(str(people_file), **CHOICE))
    assert list(rows) == [ALL, *np.unique(people.camera)]
    everyone = rows.pop(ALL)
    assert len(everyone.points) == sum(len(filmed.points) for filmed in rows.values()) == people.frames


def test_people_and_frames_can_be_chosen(clips, motion):
    chosen = {**CHOICE, "subjects": [clips[0].subject], "every": 2}
    whole = dict(read_rows(motion, **CHOICE))["pitch 8"]
    thinned = dict(read_rows(motion, **chosen))["pitch 8"]
    one = {**CHOICE, "subjects": [clips[0].subject]}
    assert len(thinned.points) < len(dict(read_rows(motion, **one))["pitch 8"].points) < len(whole.points)
    with pytest.raises(DatasetError, match="nobody"):
        list(read_rows(motion, **{**CHOICE, "subjects": ["nobody"]}))


def test_bodies_of_a_row_are_changed_by_about_a_tenth(clips):
    rows = [film_clips(list(enumerate(clips)), SETTINGS[name], every=1, seed=0) for name in ("pitch 8", CHANGED)]
    before, after = (bone_lengths(row.points, H36M17) for row in rows)
    assert 0.07 < np.log(after / before).std() < 0.13


def test_the_program_prints_and_writes_every_row(motion, tmp_path):
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "benchmarks.cameras", f"--data={motion}", "--split=all", f"--out={out}"]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    (rows,) = json.loads(out.read_text())["data"].values()
    assert list(rows) == [PROTOCOL, *SETTINGS] and all(name in done.stdout for name in rows)
    for row in rows.values():
        assert row["model"]["all"]["limbs"] > 0 and row["flat"]["all"]["limbs"] > 0
