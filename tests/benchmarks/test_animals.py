"""The benchmark on animals: its films, its detections, its runs and its table; nothing is trained here."""

import json

import numpy as np
import pytest

from benchmarks.animal_rows import grid
from benchmarks.animal_rows.films import BETWEEN, Filming, Motion, film, lose, place_cameras, project, split_times, thin
from benchmarks.animal_rows.grid import ALONE, SUPERVISED, Run, read_results, runs, still_to_make
from benchmarks.animal_rows.measures import figures
from benchmarks.animal_rows.pictures import curve
from benchmarks.animal_rows.real import (
    MICE,
    RAT,
    Detections,
    as_dataset,
    decompose,
    read_mice,
    read_rat,
    with_true_depths,
)
from benchmarks.animal_rows.rows import ROWS, Row, _case
from benchmarks.animal_rows.species import SPECIES, body_length, joints_of, missing, read_motion, rotation_between
from benchmarks.animal_rows.tables import BEGIN, END, table, with_table
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import Skeleton
from geolift.skeletons.skeleton_file import SkeletonFile, read_skeleton

LIZARD = Skeleton(("hip", "left", "right", "nose"), (-1, 0, 0, 0), (1,), (2,), 3)
TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0], [0.48, 0.64, 0.6]])  # a rotation


def _motion(frames=800, seed=0):
    points = np.random.default_rng(seed).normal(scale=0.3, size=(frames, 4, 3))
    return Motion(points, LIZARD, 30.0, "made")


def test_cameras_look_down_as_asked_from_their_distance_and_all_around():
    target = np.array([1.0, 2, 3])
    for elevation in (-45, 0, 85):
        cameras = place_cameras(Filming(elevation, cameras=8, distance=5), target, seed=1)
        down = [np.degrees(np.arcsin(-camera.camera_from_world[2, 2])) for camera in cameras]
        np.testing.assert_allclose(down, elevation, atol=3.001)
        np.testing.assert_allclose([np.linalg.norm(camera.centre - target) for camera in cameras], 5)
        for camera in cameras:  # the target is in the middle, up is up
            np.testing.assert_allclose(camera.see(target[None, None])[0, 0], [0, 0, 5], atol=1e-9)
            assert camera.see(target[None, None] + [0, 0, 1])[0, 0, 1] < 0
            assert np.linalg.det(camera.camera_from_world) == pytest.approx(1)
    away = np.array([camera.centre - target for camera in place_cameras(Filming(0, cameras=8), target, seed=1)])
    gaps = np.diff(np.sort(np.arctan2(away[:, 1], away[:, 0])))
    assert gaps.max() < 2 * np.pi / 8 + 0.4 + 1e-9
    front = np.array([camera.centre - target for camera in place_cameras(Filming(0, 3, around=90), target, seed=1)])
    assert np.ptp(np.degrees(np.arctan2(front[:, 1], front[:, 0]))) < 90


def test_keypoints_are_projections_that_the_depth_undoes():
    data = film(_motion(), Filming(20, cameras=2))
    z = data.points_3d[..., 2:]
    back = np.concatenate([(data.keypoints - 500) / 1500 * z, z], axis=-1)
    np.testing.assert_allclose(back, data.points_3d, atol=1e-4)
    assert data.keypoints.shape == (2 * (800 - BETWEEN), 4, 2) and data.seen.all()
    np.testing.assert_allclose(project(np.array([0.1, -0.2, 2.0]), 1000.0), [550, 400])


def test_no_moment_is_in_both_splits_nor_near_one():
    parts = split_times(800)
    train, test = (np.arange(800)[parts[name]] for name in ("train", "test"))
    assert test[0] - train[-1] > BETWEEN and test[-1] == 799 and train[0] == 0
    motion = _motion()
    data = film(motion, Filming(0, cameras=3))
    for split, moments in parts.items():  # every camera has the same ones
        views = data.select(split).points_3d.astype(np.float64)
        nose = np.linalg.norm(views[:, 3] - views[:, 0], axis=-1)
        true = motion.points[moments]
        np.testing.assert_allclose(nose, np.tile(np.linalg.norm(true[:, 3] - true[:, 0], axis=-1), 3), atol=1e-5)


def test_noise_and_gaps_are_as_large_as_asked():
    clean, noisy = (
        film(_motion(), Filming(20, cameras=2, noise=noise, lost=lost)) for noise, lost in ((0, 0), (3, 0.2))
    )
    apart = (noisy.keypoints - clean.keypoints)[noisy.seen]
    assert apart.std() == pytest.approx(3, rel=0.05)
    lost = lose(20_000, 10, 0.05, np.random.default_rng(0))
    assert lost.mean() == pytest.approx(0.05, abs=0.005)
    ends = (lost[:-1] & ~lost[1:]).sum()
    assert lost.sum() / ends == pytest.approx(10, rel=0.15)  # frames of a stretch
    assert not lose(100, 3, 0, np.random.default_rng(0)).any()


def test_fewer_frames_are_spread_over_all_of_train_and_none_of_test():
    data = film(_motion(), Filming(20, cameras=2))
    few = thin(data, 128)
    assert few.select("train").frames == 128 and few.select("test").frames == data.select("test").frames
    np.testing.assert_array_equal(few.select("train").keypoints[1], data.select("train").keypoints[10])
    assert few.fps.tolist() == [3.0, 30.0, 3.0, 30.0] and few.moment is None
    together = film(_motion(), Filming(20, cameras=2, synchronized=True))
    assert together.moment.tolist() == [0, 700, 0, 700] and thin(together, 128).moment.tolist() == [0, 700, 0, 700]
    assert thin(data, 10**6).frames == data.frames


def test_figures_count_known_joints_alone_and_know_a_mirror_image():
    truth = np.random.default_rng(0).normal(size=(20, 8, 3))
    lifted = 0.1 * truth @ TURN.T + 4
    result = figures(lifted, truth, root=0, length=50.0)
    assert result["p_mpjpe"] < 1e-3 and result["flips"] == 0 and result["poses"] == 20
    assert result["n_mpjpe"] > 1  # it is turned
    unknown = truth.copy()
    unknown[:, 5] = np.nan
    unknown[0, 0] = np.nan  # the root
    unknown[1, 2:] = np.nan
    wrong = lifted.copy()
    wrong[:, 5] = 9
    result = figures(wrong, unknown, root=0, length=50.0)
    assert result["p_mpjpe"] < 1e-3 and result["poses"] == 18
    assert figures(truth * [1, 1, -1], truth, root=0, length=1.0)["flips"] == 100
    shifted = truth.copy()
    shifted[:, 1] += [0, 0, 2.0]
    halved = figures(shifted, truth, root=0, length=100.0)["p_mpjpe"]
    assert halved == pytest.approx(figures(shifted, truth, root=0, length=50.0)["p_mpjpe"] / 2)


def test_a_camera_matrix_is_taken_apart():
    lens = np.array([[900.0, 2, 640], [0, 880.0, 360], [0, 0, 1]])
    for sign in (1, -1):
        found, rotation, shift = decompose(sign * 3 * lens @ np.concatenate([TURN, [[1], [2], [3]]], axis=1))
        np.testing.assert_allclose(found, lens, atol=1e-9)
        np.testing.assert_allclose(rotation, TURN, atol=1e-12)
        np.testing.assert_allclose(shift, [1, 2, 3], atol=1e-9)


def test_detections_keep_their_gaps_and_are_equally_large_before_all_cameras():
    rays = np.random.default_rng(0).normal(size=(2, 6, 4, 2)) * np.array([1, 5.0])[:, None, None, None]
    rays[1, 0, 2] = np.nan
    found = Detections(rays, np.zeros((2, 6, 4, 3)), LIZARD, 0.0, 1.0, np.zeros(6, int))
    splits = {"train": np.arange(4), "test": np.arange(4, 6)}
    two = as_dataset(found._replace(animal=np.array([1, 1, 1, 2, 2, 2])), splits)
    assert two.subject.tolist() == ["animal 1", "animal 2", "animal 2"] * 2
    assert two.stop.tolist() == [
        3,
        4,
        6,
        9,
        10,
        12,
    ]
    data = as_dataset(found, splits, size=0.1)
    assert data.split.tolist() == ["train", "test"] * 2 and data.points_3d is None
    assert (~data.seen).sum() == 1 and not data.seen[6, 2]
    every = as_dataset(found, {"test": np.arange(6)}, size=0.1)
    away = np.where(every.seen, np.linalg.norm(every.keypoints - every.keypoints[:, :1], axis=-1), np.nan) / 1000
    np.testing.assert_allclose(np.nanmedian(away.reshape(2, 6, 4), axis=(1, 2)), 0.1, rtol=1e-4)


def test_true_depths_are_right_where_the_2d_is():
    truth = np.random.default_rng(0).normal(size=(2, 6, 4, 3))
    truth[..., 2] += 9
    rays = truth[..., :2] / truth[..., 2:]
    found = Detections(rays, truth, LIZARD, 0.0, 1.0, np.zeros(6, int))
    np.testing.assert_allclose(with_true_depths(found), truth)
    wrong = found._replace(rays=rays + np.array([0.1, 0]))
    np.testing.assert_allclose((with_true_depths(wrong) - truth)[..., 0], 0.1 * truth[..., 2])


@pytest.mark.parametrize(("read", "file", "within"), [(read_rat, RAT, 0.03), (read_mice, MICE, 0.001)])
def test_real_truth_lies_on_the_rays_of_the_detections(read, file, within):
    if lacking := missing(file):
        pytest.skip(lacking)
    pytest.importorskip("cv2", reason="OpenCV is not installed (pip install 'geolift[detect]')")
    found = read()
    off = np.linalg.norm(with_true_depths(found) - found.truth, axis=-1) / found.length
    assert np.nanmedian(off) < within and (found.truth[np.isfinite(found.truth[..., 2]), 2] > 0).all()
    assert found.rays.shape[:2] == (6, len(found.animal)) and (np.diff(found.animal) >= 0).all()


def test_joints_that_are_means_of_others_and_the_length_of_a_body():
    file = SkeletonFile(LIZARD, {"hip": ("a", "b"), "left": ("a",), "right": ("b",)})
    points = np.array([[[0.0, 0, 0], [2, 0, 0], [1, 3, 0]]])
    found = joints_of(points, ["a", "b", "nose"], file)
    np.testing.assert_allclose(found, [[[1, 0, 0], [0, 0, 0], [2, 0, 0], [1, 3, 0]]])
    assert body_length(found, LIZARD, ("left", "hip", "nose")) == pytest.approx(4)
    np.testing.assert_allclose(rotation_between(points @ TURN.T + 1, points), TURN.T, atol=1e-9)


@pytest.mark.parametrize("name", SPECIES)
def test_animals_are_a_body_long_and_stand_on_their_feet(name):
    species = SPECIES[name]
    if lacking := missing(species.file):
        pytest.skip(lacking)
    motion = read_motion(name)
    names = motion.skeleton.names
    assert motion.skeleton == read_skeleton(species.skeleton).skeleton
    assert body_length(motion.points, motion.skeleton, species.body) == pytest.approx(1)
    feet = [names.index(one) for one in names if any(part in one for part in ("paw", "Hand", "Foot", "MTP", "Claw"))]
    assert not feet or motion.points[:, feet, 2].mean() < motion.points[:, motion.skeleton.root, 2].mean()


def _result(row, frames, seed, how, error, **others):
    measured = {"p_mpjpe": error, "n_mpjpe": 2 * error, "flat_p_mpjpe": 10.0, "flat_n_mpjpe": 20.0, "flips": 0.5}
    facts = {"pitch": 44.4, "fatal": "", "trained_on": frames or 17280, "what": "mouse", "minutes": 1.5}
    return {"row": row, "frames": frames, "seed": seed, "how": how} | measured | facts | others


def test_a_run_that_has_a_result_is_not_made_again(tmp_path):
    path = tmp_path / "animals.jsonl"
    lines = [
        _result("mouse45", 0, 0, ALONE, 5.0),
        _result("mouse45", 0, 0, ALONE, 3.0),  # made again
        {"row": "dog", "frames": 0, "seed": 0, "how": ALONE, "skipped": "dog.npz is not there"},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    results = read_results(path)
    assert [one.get("p_mpjpe") for one in results] == [3.0, None]
    left = list(still_to_make(runs(), results))
    assert Run("mouse45", 0, 0, ALONE) not in left and Run("dog", 0, 0, ALONE) in left
    assert len(left) == len(runs()) - 1 and len({run.name for run in runs()}) == len(runs())
    assert {run.row for run in runs()} == set(ROWS) and read_results(tmp_path / "none") == []


def test_what_the_training_refuses_is_kept_with_the_reason(monkeypatch):
    def refuse(*_, **__):
        raise DatasetError("keypoints: found one pose, expected some")

    case = Row("made", lambda: _case(film(_motion(), Filming(20, cameras=2))), lambda: "")
    monkeypatch.setitem(grid.ROWS, "mouse45", case)
    monkeypatch.setattr(grid.trainings, "train_alone", refuse)
    kept = grid.make(Run("mouse45", 0, 0, ALONE), minutes=1)
    assert kept["skipped"] == "refused, keypoints: found one pose, expected some" and kept["row"] == "mouse45"


def test_the_table_has_means_over_seeds_shares_of_flat_and_what_was_refused():
    results = [
        _result("mouse45", 0, 0, ALONE, 3.0),
        _result("mouse45", 0, 1, ALONE, 4.0),
        _result("mouse45", 500, 0, ALONE, 6.0),
        _result("mouse45", 0, 0, SUPERVISED, 2.5, pitch=None),
        _result("mousetop", 0, 0, ALONE, 5.0, fatal="cameras look down by 85 degrees"),
        {"row": "dog", "frames": 0, "seed": 0, "how": ALONE, "skipped": "dog.npz is not there"},
    ]
    lines = table(results).splitlines()
    assert lines[2] == (
        "| mouse45: mouse | 17280 | 10.0 / 20.0 | **3.50 ± 0.71** / 7.00 ± 1.41 | 35 % | 2.50 / 5.00 "
        "|  | 0.5 % | 44° |  |"
    )
    assert lines[3].startswith("| mouse45: mouse | 500 | 10.0 / 20.0 | **6.00** / 12.00 | 60 % |  |")
    assert lines[4].endswith("cameras look down by 85 degrees |")
    assert lines[-2] == "Training on 2D alone ended after 1.5 minutes, if it had not settled before."
    assert lines[-1] == "Left out: dog: dog.npz is not there."
    cameras = {
        name: {"flat_p_mpjpe": 9.0, "p_mpjpe": 5.0, "best_p_mpjpe": best} for name, best in (("a", 1), ("b", 2.0))
    }
    real = _result("rat real", 0, 0, ALONE, 5.0, best_p_mpjpe=1.5, best_n_mpjpe=2.5, cameras=cameras)
    lines = table([real]).splitlines()
    assert "|  | 1.5 / 2.5 | 0.5 % |" in lines[2]
    assert lines[4] == "| `rat real` | a | b |" and lines[8] == "| true depths | 1.0 | 2.0 |"
    frames, mean, deviation = curve(results, "mouse45", ALONE)
    assert frames.tolist() == [500, 17280] and mean.tolist() == [6.0, 3.5] and deviation.tolist() == [0.0, 0.5]


def test_a_page_gets_the_table_in_its_place_and_again():
    page = f"# Animals\n\n{BEGIN}\nold\n{END}\n\nMore.\n"
    new = with_table(page, "| a |\n")
    assert new == f"# Animals\n\n{BEGIN}\n\n| a |\n\n{END}\n\nMore.\n"
    assert with_table(new, "| a |\n") == new
    with pytest.raises(ValueError, match="no place for the table"):
        with_table("# Animals\n", "| a |\n")
