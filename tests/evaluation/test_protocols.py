"""Every protocol against figures worked by hand.

The hand-worked data sets hold one figure whose wrists and ankles form a parallelogram. Moving two opposite corners e mm
away from the camera and the other two e mm towards it neither shifts, turns nor scales the figure, so that after every
alignment exactly four joints are off, each by e: mpjpe and p_mpjpe are both 4 e / 17, or 4 e / 14 of 14 joints.
"""

import json
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geolift.data.dataset import Dataset, check_dataset
from geolift.data.human36m import ACTIONS, action_of
from geolift.data.normalization import fit_normalization
from geolift.errors import DatasetError
from geolift.evaluation import report as reports
from geolift.evaluation.accuracy import evaluate, table
from geolift.evaluation.protocols import FOURTEEN, MPI_INF_3DHP_FRAMES, PROTOCOLS
from geolift.model import Model
from geolift.networks.mlp import Lifter
from geolift.skeletons.skeleton import H36M17
from tests.helpers.paths import ROOT

# Metres, x right, y down, z forward, in H36M17's order.
FIGURE = np.array([
    [0, 0, 0], [-0.1, 0, 0], [-0.2, 0.4, 0.1], [-0.3, 0.85, -0.1], [0.1, 0, 0], [0.2, 0.4, 0.1], [0.3, 0.85, -0.1],
    [0, -0.2, 0.05], [0, -0.5, 0], [0, -0.6, -0.1], [0, -0.7, 0], [0.2, -0.5, 0], [0.25, -0.3, 0.1], [0.3, -0.1, 0.1],
    [-0.2, -0.5, 0], [-0.25, -0.3, 0.1], [-0.3, -0.1, 0.1],
])  # fmt: skip
CORNERS = {"left_wrist": 1, "right_wrist": -1, "left_ankle": -1, "right_ankle": 1}
CAMERAS = ("54138969", "55011271", "58860488", "60457274")
FOCAL = 1145.0


def recorded(clips, **more):
    """A data set of `clips`: (subject, action, camera, the error of every frame in mm) of a figure lifted to FIGURE."""
    errors = np.concatenate([clip[3] for clip in clips])
    stop = np.cumsum([len(clip[3]) for clip in clips])
    push = np.array([CORNERS.get(name, 0) for name in H36M17.names])
    points = FIGURE + np.array([0, 0, 5]) + errors[:, None, None] / 1000 * push[:, None] * np.array([0, 0, 1])
    keypoints = FOCAL * points[..., :2] / points[..., 2:] + 500
    subject, action, camera = (np.array([clip[i] for clip in clips], np.str_) for i in range(3))
    fields = {
        "keypoints": keypoints.astype(np.float32),
        "confidence": np.ones((len(points), 17), np.float32),
        "skeleton": H36M17,
        "start": np.append(0, stop[:-1]),
        "stop": stop,
        "fps": np.full(len(clips), 50, np.float32),
        "subject": subject,
        "action": action,
        "camera": camera,
        "split": np.full(len(clips), "test"),
        "clip": subject,
        "intrinsics": np.tile(np.float32([FOCAL, FOCAL, 500, 500]), (len(clips), 1)),
        "points_3d": points.astype(np.float32),
    }
    return check_dataset(Dataset(**{**fields, **more}), "fixture")


def lifted(data, scale=0.2):
    return np.tile(scale * FIGURE.astype(np.float32), (data.frames, 1, 1))


# How the two takes of an action are labelled: by file name (VideoPose3D) or by sub-action.
TAKES = {"files": ("{} 1", "{}"), "spaces": ("{} 1", "{} 2"), "dashes": ("{}-1", "{}-2"), "lines": ("{}_1", "{}_2")}
LONG = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}
DAMAGED = 400.0


def error(i):
    """The error in mm of the corners in every frame of action i."""
    return 10.0 + 5 * i


def length(i):
    """The number of frames of every clip of action i."""
    return 2 + i % 3


def human36m(names="files", change=None, frames=None):
    """Human3.6M's test recordings: 2 subjects, 15 actions, 2 takes, 4 cameras; S11's second Directions is damaged.

    `change(subject, action, take, camera)` may say False to leave a clip out; `frames(i)` are the errors of action i.
    """
    clips = []
    for subject in ("S9", "S11"):
        for i, action in enumerate(ACTIONS):
            for take, label in enumerate(TAKES[names], start=1):
                for camera in CAMERAS:
                    errors = frames(i) if frames else np.full(length(i), error(i))
                    if (subject, action, take) == ("S11", "Directions", 2):
                        errors = np.full(len(errors), DAMAGED)
                    if change is None or change(subject, action, take, camera):
                        clips.append((subject, label.format(action), camera, errors))
    return recorded(clips)


# Rows


@pytest.mark.parametrize(
    ("label", "row"),
    [
        ("Walking", "Walking"), ("Walking 1", "Walking"), ("Walking-2", "Walking"), ("Walking_1", "Walking"),
        ("WalkTogether 1", "WalkTogether"), ("WalkingDog 1", "WalkDog"), ("WalkDog", "WalkDog"),
        ("Sitting 2", "Sitting"), ("SittingDown", "SittingDown"), ("SittingDown 2", "SittingDown"),
        ("TakingPhoto 1", "Photo"), ("Photo", "Photo"), ("charleston dance", "charleston dance"),
    ],
)  # fmt: skip
def test_a_take_belongs_to_its_action_and_to_no_other(label, row):
    assert action_of(label) == row


def test_every_protocol_says_what_it_measures():
    assert list(PROTOCOLS) == ["cmu", "h36m", "h36m-14", "h36m-64th", "3dhp", "3dhp-14"]
    assert len(FOURTEEN) == 14 and not {"pelvis", "spine", "neck"} & set(FOURTEEN)
    for name, protocol in PROTOCOLS.items():
        assert protocol.name == name and "\n" not in protocol.statement and "headline: mean over" in protocol.statement
    assert len({protocol.statement for protocol in PROTOCOLS.values()}) == len(PROTOCOLS)
    assert sum(MPI_INF_3DHP_FRAMES.values()) == 2929


# Human3.6M


@pytest.mark.parametrize("names", TAKES)
@pytest.mark.parametrize(("name", "joints"), [("h36m", 17), ("h36m-14", 14)])
def test_a_human36m_fixture_gives_exactly_its_per_action_table(names, name, joints):
    data = human36m(names)
    result = evaluate(lifted(data), data, protocol=PROTOCOLS[name])
    np.testing.assert_allclose(result["scale"], 5000, rtol=1e-5)
    assert list(result["per_action"]) == list(ACTIONS)
    frames = []
    for i, (action, row) in enumerate(result["per_action"].items()):
        recordings = 8 + (4 if action == "Directions" else 8)
        frames.append(recordings * length(i))
        assert row["frames"] == frames[-1]
        for key in ("mpjpe", "p_mpjpe", "n_mpjpe", "p_mpjpe_reflection"):
            np.testing.assert_allclose(row[key], 4 * error(i) / joints, rtol=1e-4, err_msg=action)
    errors = [4 * error(i) / joints for i in range(15)]
    for key in ("mpjpe", "p_mpjpe"):
        np.testing.assert_allclose(result["action_mean"][key], np.mean(errors), rtol=1e-4)
        np.testing.assert_allclose(result[key], np.average(errors, weights=frames), rtol=1e-4)
        assert result["headline"][key] == result["action_mean"][key] != result[key]
    assert result["counts"] == {
        "frames": sum(frames), "frames_left_out": 0, "frames_outside_protocol": 4 * length(0),
        "joints": sum(frames) * joints, "clips": 236, "actions": 15,
    }  # fmt: skip
    assert (result["protocol"], result["statement"]) == (name, PROTOCOLS[name].statement)
    assert "15 actions" in result["statement"] and str(joints) in result["statement"]
    uncounted = {name for name, value in result["per_joint"].items() if value is None}
    assert uncounted == (set() if joints == 17 else {"pelvis", "spine", "neck"})


def test_both_means_and_every_action_stand_in_the_table():
    data = human36m()
    text = table({"trained": evaluate(lifted(data), data, protocol=PROTOCOLS["h36m"])})
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  ")][1:] == ["mean", *ACTIONS]
    mean = 4 / 17 * np.mean([error(i) for i in range(15)])
    assert f"headline of 'trained': MPJPE {mean:.1f} mm, P-MPJPE {mean:.1f} mm" in text
    assert PROTOCOLS["h36m"].statement in text


def test_the_64th_frame_habit_starts_at_each_clip_s_first_frame():
    """Frames 0, 64 and 128 of 130 are off by the action's error, the others by 300 mm."""
    habit = lambda i: np.where(np.arange(130) % 64 == 0, error(i), 300.0)  # noqa: E731
    data = human36m(frames=habit)
    result = evaluate(lifted(data), data, protocol=PROTOCOLS["h36m-64th"])
    for i, row in enumerate(result["per_action"].values()):
        np.testing.assert_allclose(row["mpjpe"], 4 * error(i) / 17, rtol=1e-4)
        assert row["frames"] == 3 * (12 if i == 0 else 16)
    assert result["counts"]["frames"] == 236 * 3 and result["mpjve"] is None
    assert result["counts"]["frames_outside_protocol"] == 236 * 127 + 4 * 130
    assert "64th" in result["statement"]


def test_recordings_thinned_already_are_not_thinned_again():
    data = human36m()
    thinned = data._replace(fps=np.zeros_like(data.fps))
    result = evaluate(lifted(data), thinned, protocol=PROTOCOLS["h36m-64th"])
    assert result["counts"]["frames_outside_protocol"] == 4 * length(0)
    with pytest.raises(DatasetError, match=r"fps: found \[0.0\], expected \[50.0\]"):
        evaluate(lifted(data), thinned, protocol=PROTOCOLS["h36m"])


def test_the_damaged_take_may_be_gone_already():
    data = human36m(change=lambda s, a, take, c: (s, a, take) != ("S11", "Directions", 2))
    result = evaluate(lifted(data), data, protocol=PROTOCOLS["h36m"])
    assert result["counts"]["frames_outside_protocol"] == 0 and result["counts"]["clips"] == 236


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s, a, take, c: s == "S9", r"subject: found \['S9'\], expected .*; \['S11'\] missing"),
        (lambda s, a, take, c: a != "Posing", r"action: found .* expected exactly .*; \['Posing'\] missing"),
        (lambda s, a, take, c: (s, a) != ("S9", "Posing"), "found 0 undamaged recordings of Posing by S9, expected 8"),
        (lambda s, a, take, c: c == CAMERAS[3], "found 2 undamaged recordings of Directions by S9, expected 8"),
        (lambda s, a, take, c: (a, take) != ("Sitting", 1), "found 4 undamaged recordings of Sitting by S9"),
        (lambda s, a, take, c: a != "Directions" or take == 2, "of Directions by S9, expected 8"),
    ],
)
def test_part_of_the_test_set_is_not_human36m(change, message):
    data = human36m(change=change)
    with pytest.raises(DatasetError, match=message):
        evaluate(lifted(data), data, protocol=PROTOCOLS["h36m"])


def test_other_data_is_not_human36m(people):
    with pytest.raises(DatasetError, match=r"fps: found \[10.0\]"):
        evaluate(people.points_3d, people, protocol=PROTOCOLS["h36m"])
    data = human36m()
    stranger = data._replace(subject=np.where(data.subject == "S9", "S1", data.subject))
    with pytest.raises(DatasetError, match=r"subject: found \['S1', 'S11'\]"):
        evaluate(lifted(data), stranger, protocol=PROTOCOLS["h36m"])
    unnumbered = data._replace(action=np.array([action_of(action) for action in data.action]))
    with pytest.raises(DatasetError, match="2 labelled as in 'Directions 1', in 4 cameras"):
        evaluate(lifted(data), unnumbered, protocol=PROTOCOLS["h36m"])
    names = tuple("nose" if name == "neck" else name for name in H36M17.names)
    with pytest.raises(DatasetError, match=r"joint_names: found .* expected \['neck'\], too"):
        evaluate(lifted(data), data._replace(skeleton=H36M17._replace(names=names)), protocol=PROTOCOLS["h36m"])
    other = H36M17._replace(parents=(8, 0, 1, 2, 0, 4, 5, 0, -1, *H36M17.parents[9:]))
    with pytest.raises(DatasetError, match="found the root 'thorax', expected 'pelvis'"):
        evaluate(lifted(data), data._replace(skeleton=other), protocol=PROTOCOLS["h36m-14"])


@pytest.mark.parametrize("name", ["h36m", "h36m-14"])
def test_one_unseen_joint_makes_the_test_set_incomplete(name):
    """Of frames that are measured; a joint that does not count is missed by a lifter without masks alone."""
    data, protocol = human36m(), PROTOCOLS[name]
    confidence = data.confidence.copy()
    damaged = (data.subject == "S11") & (data.action == "Directions")
    confidence[damaged[data.clip_of_frame], 3] = 0
    assert evaluate(lifted(data), data._replace(confidence=confidence), protocol=protocol)["counts"]["clips"] == 236
    confidence[0, H36M17.names.index("left_wrist")] = confidence[1, H36M17.names.index("spine")] = 0
    partly = data._replace(confidence=confidence)
    total = data.frames - 4 * length(0)
    with pytest.raises(DatasetError, match=f"confidence: found 2 of {total} frames lacking joints, .* '{name}'"):
        evaluate(lifted(data), partly, protocol=protocol)
    with pytest.raises(DatasetError, match=f"seen: found {2 if name == 'h36m' else 1} of {total} frames lacking"):
        evaluate(lifted(data), partly, protocol=protocol, seen=partly.seen)
    counts = evaluate(lifted(data), partly)["counts"]  # of any data set
    assert counts["frames_left_out"] == 2 + 4 * length(0) and counts["frames"] == total - 2


def test_an_action_without_a_frame_to_measure_is_refused():
    data = human36m()
    posing = np.array([action_of(action) == "Posing" for action in data.action])[data.clip_of_frame]
    with pytest.raises(DatasetError, match=r"action: found no frame to measure of \['Posing'\]"):
        evaluate(lifted(data), data, protocol=PROTOCOLS["h36m"]._replace(frames=lambda data: ~posing))


# MPI-INF-3DHP


def test_pck_and_auc_of_the_test_set_by_hand():
    """TS1 to TS4 are off by 52 mm in four joints, TS5 and TS6 by 200 mm."""
    clips = [(s, "1", "0", np.full(n, 200.0 if s in ("TS5", "TS6") else 52.0)) for s, n in MPI_INF_3DHP_FRAMES.items()]
    data = recorded(clips)
    far = (276 + 452) / 2929
    for name, joints in (("3dhp", 17), ("3dhp-14", 14)):
        result = evaluate(lifted(data), data, protocol=PROTOCOLS[name])
        good = (joints - 4) / joints
        # Of the thresholds 0, 5, ..., 150 the joints in place are under 30 of 31, those off by 52 under 55, ..., 150.
        auc = 100 / 31 * (30 * good + (1 - far) * 20 * (1 - good))
        for key in ("pck", "pa_pck"):
            np.testing.assert_allclose(result[key], 100 * (1 - far * (1 - good)), rtol=1e-5)
        for key in ("auc", "pa_auc"):
            np.testing.assert_allclose(result[key], auc, rtol=1e-5)
        assert result["headline"] == {"pck": result["pck"], "auc": result["auc"]}
        assert result["counts"]["frames"] == 2929


def test_all_frames_and_only_valid_ones_are_the_test_set():
    clips = [(s, "1", "0", np.zeros(n)) for s, n in MPI_INF_3DHP_FRAMES.items()]
    for wrong, message in ((clips[:5], r"\['TS6'\] missing"), ([*clips, clips[0]], "found frames {'TS1': 1206")):
        data = recorded(wrong)
        with pytest.raises(DatasetError, match=message):
            evaluate(lifted(data), data, protocol=PROTOCOLS["3dhp"])


# What people type


def test_a_report_follows_its_protocol(tmp_path, monkeypatch, capsys):
    data = human36m()
    lifter = Lifter(width=8, blocks=1, norm="none")
    variables = lifter.init(jax.random.key(0), jnp.zeros((1, 17, 2)))
    model = Model(lifter, variables, H36M17, fit_normalization(data), distance=10.0, min_depth=1.0)
    monkeypatch.setattr(reports, "load", lambda workdir, **_: (model, None, 7))
    reports.write_report(tmp_path, data, source="h36m.npz", split="test", protocol=PROTOCOLS["h36m-14"])
    result = json.loads((tmp_path / "evaluation.json").read_text())
    assert result["protocol"] == result["baselines"]["untrained"]["protocol"] == "h36m-14"
    assert result["statement"] == PROTOCOLS["h36m-14"].statement
    assert set(result["headline"]) == {"mpjpe", "p_mpjpe"} and set(result["per_action"]) == set(ACTIONS)
    assert "headline of 'trained': MPJPE" in capsys.readouterr().out


def test_an_unknown_protocol_is_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "launch.evaluate", f"--workdir={tmp_path}", "--data=procedural", "--protocol=h36"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "--protocol: found 'h36', expected one of cmu, h36m, h36m-14, h36m-64th, 3dhp, 3dhp-14" in done.stderr
