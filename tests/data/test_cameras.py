"""The CMU protocol and the filming of clips, on motion made up for the purpose and on the real thing."""

import numpy as np
import pytest

from geolift import cli
from geolift.convert.mocap import cmu, credits
from geolift.data import cameras, dataset
from geolift.data.cameras import film, place
from geolift.data.pinhole import look_at
from geolift.data.world import WorldClip
from geolift.skeletons.bones import bone_lengths
from geolift.skeletons.skeleton import H36M17


def person(rng, frames=20, walk=0.0):
    """A clip of random joints 0..1.7 m above the ground, walking along x by `walk` metres."""
    points = rng.uniform([-0.3, -0.3, 0], [0.3, 0.3, 1.7], size=(frames, 17, 3))
    points[..., 0] += np.linspace(-walk / 2, walk / 2, frames)[:, None]
    return WorldClip(points.astype(np.float32), 30.0, "clip", "subject", "walk", "train")


def test_look_at_is_upright_and_looks_at_its_target(rng):
    for _ in range(20):
        centre, target = rng.normal(size=3) * 5, rng.normal(size=3)
        camera = look_at(centre, target)
        rotation = camera.camera_from_world
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) > 0.999  # a mirrored camera would swap left and right
        seen = rotation @ (target - centre)
        np.testing.assert_allclose(seen, [0, 0, np.linalg.norm(target - centre)], atol=1e-9)
        assert (rotation @ [0, 0, 1])[1] < 0 and abs((rotation @ [0, 0, 1])[0]) < 1e-12  # up is up in the image


def test_left_of_a_person_facing_the_camera_is_right_in_the_image():
    camera = look_at(np.array([5.0, 0, 1]), np.array([0.0, 0, 1]))  # the person faces +x, so its left is +y
    left = camera.camera_from_world @ (np.array([0.0, 0.3, 1]) - camera.centre)
    assert left[0] > 0


def test_placement_keeps_to_the_protocol(rng):
    clip = person(rng)
    points = np.asarray(clip.points, np.float64)
    middle = points[:, 0, :2].mean(0)
    ground = np.percentile(points[..., 2].min(1), 5)
    azimuths = []
    for seed in range(200):
        for k in range(4):
            camera = place(points, 0, k, np.random.default_rng([seed, 0, k]))
            away = camera.centre[:2] - middle
            assert 4.5 <= np.linalg.norm(away) <= 5.5
            assert 1.4 <= camera.centre[2] - ground <= 1.8
            jitter = np.degrees(np.arctan2(away[1], away[0])) - 90 * k
            azimuths.append((jitter + 180) % 360 - 180)
            gaze = camera.camera_from_world @ (np.append(middle, ground + 0.9) - camera.centre)
            np.testing.assert_allclose(gaze[:2], 0, atol=1e-9)
    assert np.max(np.abs(azimuths)) <= 15 and np.max(azimuths) > 14 and np.min(azimuths) < -14


def test_camera_steps_back_from_a_wanderer(rng):
    points = np.asarray(person(rng, frames=101, walk=10.0).points, np.float64)
    middle = points[:, 0, :2].mean(0)
    wander = np.percentile(np.linalg.norm(points[:, 0, :2] - middle, axis=-1), 90)
    assert wander > 4
    for seed in range(20):
        away = place(points, 0, 0, np.random.default_rng([seed])).centre[:2] - middle
        assert 4.5 + wander - 1.5 <= np.linalg.norm(away) <= 5.5 + wander - 1.5


def test_film_projects_what_it_stores_and_depends_on_seed_clip_and_camera_alone(rng):
    clips = [person(rng), person(rng, frames=7)]
    data = film(clips, H36M17, seed=3)
    assert data.frames == 4 * 27 and len(data.start) == 8
    x, y, z = np.moveaxis(data.points_3d, -1, 0)
    np.testing.assert_allclose(data.keypoints, np.stack([1145 * x / z + 500, 1145 * y / z + 500], -1), rtol=1e-5)
    for i, (start, stop) in enumerate(zip(data.start, data.stop, strict=True)):
        camera = place(
            np.asarray(clips[i // 4].points, np.float64), 0, i % 4, np.random.default_rng([3, i // 4, i % 4])
        )
        down = camera.camera_from_world @ [0, 0, -1]
        np.testing.assert_allclose(data.gravity[start:stop], np.tile(down, (stop - start, 1)), atol=1e-7)
    np.testing.assert_array_equal(data.intrinsics, [[1145, 1145, 500, 500]] * 8)
    alone = film(clips[:1], H36M17, seed=3)
    np.testing.assert_array_equal(alone.points_3d, data.points_3d[: alone.frames])
    assert not np.array_equal(film(clips[:1], H36M17, seed=4).points_3d, alone.points_3d)


def test_frames_too_near_are_dropped_and_the_clip_is_cut_there(rng):
    clip = person(rng, frames=11)
    clip.points[5, 16] = clip.points[5, 0] + np.array([5.0, 0, 0])  # one wrist reaches for camera 0
    data = film([clip], H36M17)
    assert (data.points_3d[..., 2] >= 1).all()
    first = data.camera == "camera0"
    np.testing.assert_array_equal((data.stop - data.start)[first], [5, 5])
    assert ((data.stop - data.start)[~first] == 11).all()


def test_other_protocols_are_refused_with_what_is_known(rng):
    clips = [person(rng)]
    for options, message in (
        ({"cameras": "CMU"}, "cameras: found 'CMU', expected one of cmu, any, "),
        ({"views": 3}, "views: found 3, expected none with cameras=cmu"),
        ({"cameras": "any", "views": 0}, "views: found 0, expected 1 to 100"),
        ({"bodies": 3.0}, "bodies: found 3, expected a spread from 0 to 0.5"),
        ({"bodies": np.nan}, "bodies: found nan"),
    ):
        with pytest.raises(dataset.DatasetError, match=message):
            film(clips, H36M17, **options)


def test_cameras_that_follow_depend_on_seed_clip_and_camera_alone(rng):
    clips = [person(rng), person(rng, frames=7)]
    data = film(clips, H36M17, cameras="any", views=3, seed=3)
    assert len(data.start) == 6 and data.camera.tolist() == ["camera0", "camera1", "camera2"] * 2
    np.testing.assert_array_equal(
        film(clips[:1], H36M17, cameras="any", views=3, seed=3).keypoints, data.keypoints[:60]
    )
    assert not np.array_equal(film(clips, H36M17, cameras="any", views=3, seed=4).gravity, data.gravity)
    assert "3 cameras" in data.source and "'any'" in data.source


def test_all_people_are_equally_large_in_cameras_that_follow(rng):
    """A metre is 229 pixels at the mean root, where the image's centre is, at any distance."""
    clip = person(rng)
    clip.points[:, 0] = [0, 0, 1]
    data = film([clip._replace(name=str(i)) for i in range(30)], H36M17, cameras="any", seed=1)
    assert data.intrinsics is None
    np.testing.assert_allclose(data.keypoints[:, 0], 500, atol=0.01)
    distance = data.points_3d[:, 0, 2]
    assert distance.min() < 3 and distance.max() > 7
    focal = (data.keypoints - 500) / (data.points_3d[..., :2] / data.points_3d[..., 2:])
    np.testing.assert_allclose(np.nanmedian(focal, axis=(1, 2)) / distance, 229, rtol=1e-3)


def test_nothing_left_is_an_error(rng):
    clip = person(rng)
    clip.points[:, 1] += [0, 0, 0.5]
    far = clip._replace(points=np.tile(clip.points[:1] * 20, (2, 1, 1)))
    with pytest.raises(ValueError, match=r"no frame of 1 clips"):
        film([far._replace(points=far.points * np.float32([1, 1, 40]))], H36M17)


def archive(rng):
    """The arrays of a file of motion with one clip."""
    arrays = {
        "positions": person(rng).points,
        "start": np.array([0]), "stop": np.array([20]), "fps": np.array(30), "joint_names": np.array(cmu.JOINTS),
        "parents": np.array(H36M17.parents),
        **{key: np.array(["x"]) for key in ("subject", "clip", "action", "split")},
    }  # fmt: skip
    arrays["positions"][:, 10] = [0, -0.1, 1.7]
    arrays["positions"][:, 0] = [0, 0.1, 0.9]
    return arrays


def test_the_command_films_as_it_is_asked_to(tmp_path, rng, capsys):
    np.savez(tmp_path / "cmu.npz", **archive(rng))
    out = str(tmp_path / "out.npz")
    command = ["convert", "cmu", str(tmp_path / "cmu.npz"), out]
    assert cli.main([*command, "--cameras=balcony", "--views", "3", "--bodies", "0.1", "--seed", "2"]) == 0
    asked = dataset.load_dataset(out)
    expected = film(cmu.read(tmp_path / "cmu.npz"), H36M17, cameras="balcony", views=3, bodies=0.1, seed=2)
    np.testing.assert_array_equal(asked.keypoints, expected.keypoints)
    np.testing.assert_array_equal(asked.gravity, expected.gravity)
    assert cmu.NOTICE in asked.source and "spread 0.1" in asked.source and "'balcony'" in asked.source
    capsys.readouterr()
    assert cli.main([*command, "--views", "3"]) == 1
    assert "views: found 3, expected none with cameras=cmu" in capsys.readouterr().err


def test_before_each_camera_but_the_first_people_have_another_body(rng):
    clips = [person(rng), person(rng)]
    recorded, changed = (film(clips, H36M17, cameras="any", views=3, bodies=b, seed=3) for b in (0.0, 0.1))
    lengths = [np.asarray(bone_lengths(data.points_3d, H36M17)) for data in (recorded, changed)]
    ratio = lengths[1] / lengths[0]
    for clip, camera in enumerate(changed.camera):
        of_clip = ratio[changed.start[clip] : changed.stop[clip]]
        np.testing.assert_allclose(of_clip, np.broadcast_to(of_clip[0], of_clip.shape), rtol=1e-3)
        assert (np.abs(of_clip[0] - 1).max() > 0.05) == (camera != "camera0")
    np.testing.assert_allclose(ratio[changed.start[1]], ratio[changed.start[4]], rtol=1e-3)  # one subject, camera 1
    assert np.abs(ratio[changed.start[1]] - ratio[changed.start[2]]).max() > 0.05


def test_cmu_archive_is_checked(tmp_path, rng):
    good = archive(rng)
    for change, message in (
        ({}, None),
        ({"joint_names": np.array(cmu.JOINTS[::-1])}, "joint_names"),
        ({"parents": np.zeros(17, int)}, "parents"),
        ({"positions": good["positions"][:, :16]}, r"of shape \[frames, 17, 3\]"),
        ({"positions": good["positions"] * np.nan}, "not finite"),
        ({"positions": good["positions"][..., [0, 2, 1]]}, "expected z up"),
        ({"positions": good["positions"] * 1000}, "metres"),
        ({"stop": np.array([21])}, "start, stop"),
        ({"split": None}, r"\['split'\] missing"),
        ({"clip": np.array(["x", "y"])}, r"clip: found shape \[2\]"),
        ({"start": np.array(0)}, r"start: found shape \[\]"),
        ({"start": np.array([0.0])}, "expected signed integers"),
        ({"fps": np.array(0)}, "fps: found .* 0 first"),
        ({"parents": np.zeros((17, 2), int)}, "parents: found"),
        ({"licence": np.array(["x", "y"])}, r"licence: found shape \[2\]"),
    ):
        path = tmp_path / "cmu.npz"
        np.savez(path, **{key: value for key, value in {**good, **change}.items() if value is not None})
        if message is None:
            assert cmu.read(path)[0].points.shape == (20, 17, 3)
        else:
            with pytest.raises(dataset.DatasetError, match=message):
                cmu.read(path)


def laboratories(rng, subjects):
    """The arrays of a file of motion with four frames of each of the subjects, and licences."""
    count = len(subjects)
    text = {key: np.array([f"{key} {i}" for i in range(count)]) for key in ("clip", "action", "licence")}
    start = 4 * np.arange(count)
    arrays = archive(rng) | {"subject": np.array(subjects), "split": np.array(["train"] * count), **text}
    return arrays | {
        "positions": np.tile(arrays["positions"][:4], (count, 1, 1)), "start": start, "stop": start + 4,
    }  # fmt: skip


@pytest.mark.parametrize("filming", [{}, {"cameras": "any", "views": 3, "bodies": 0.1}])
def test_people_are_left_out_and_the_cameras_of_others_stay(filming, tmp_path, rng):
    path = tmp_path / "motion.npz"
    np.savez(path, **laboratories(rng, ["05", "MHAD_s01", "MHAD_s02", "ACCAD_Male1", "05"]))
    whole, part = (cmu.convert(path, seed=2, without=without, **filming) for without in ((), ("MHAD_",)))
    kept = ~np.char.startswith(whole.subject, "MHAD_")
    np.testing.assert_array_equal(part.subject, whole.subject[kept])
    np.testing.assert_array_equal(part.points_3d, whole.points_3d[kept[whole.clip_of_frame]])
    assert "Left out: MHAD_ (2 people, 2 clips)." in part.source and "Left out" not in whole.source
    for without, message in (
        (("MHAD_", "HDM05_"), "without: found 'HDM05_', expected the beginning of one of 05, ACCAD_Male1, MHAD_s01"),
        (("",), "without: found '', which leaves out everyone"),
        (("05", "MHAD_", "ACCAD_Male1"), "leaves out everyone, expected fewer"),
    ):
        with pytest.raises(dataset.DatasetError, match=message) as caught:
            cmu.convert(path, without=without)
        assert str(caught.value).startswith(str(path))


def test_every_laboratory_is_credited_with_its_licence(tmp_path, rng):
    path, subjects = tmp_path / "motion.npz", ["05", "U1", "UIPRMD_s01", "MHAD_s01", "HDM05_bd", "NEW_1"]
    arrays = laboratories(rng, subjects)
    np.savez(path, **arrays)
    source = cmu.convert(path).source
    for text in (
        f"CMU (2 people): {credits.NOTICE} Licence, as the file states it: licence 0, licence 1.",
        "UI-PRMD (1 person): Vakanski", "states it: licence 2.", "Berkeley MHAD (1 person): ", "licence 3.",
        "obtained from HDM05", "licence 4.", "Others (1 person): The file states no credit.", "licence 5.",
    ):  # fmt: skip
        assert text in source, text
    assert "ACCAD" not in source
    del arrays["licence"]
    np.savez(path, **arrays)
    assert cmu.convert(path).source == credits.NOTICE  # as files of the first protocol, which are CMU's alone


def test_real_motion_by_the_protocol(cmu_file):
    clips = cmu.read(cmu_file)
    data = cmu.convert(cmu_file, seed=0)
    dropped = sum(len(clip.points) for clip in clips) * 4 - data.frames
    assert dropped == 0  # no frame is too near
    frames = {split: data.select(split).frames for split in ("train", "test", "extra", "lab")}
    assert frames == {"train": 767740, "test": 57068, "extra": 26740, "lab": 81708}
    head, root, knee, ankle = (H36M17.names.index(n) for n in ("head", "pelvis", "left_knee", "left_ankle"))
    walk = data._select_clips(np.flatnonzero((data.action == "walk") & np.char.isnumeric(data.subject)))
    upright = walk.keypoints[:, [head, root, knee, ankle], 1]
    assert (np.diff(upright, axis=1) > 0).all(axis=1).mean() > 0.95  # y points down, joints are in order
    pitch = np.degrees(np.arctan2(*np.median(walk.points_3d[:, head] - walk.points_3d[:, root], axis=0)[[2, 1]]))
    assert 170 < abs(pitch) < 178  # the cameras look down by a few degrees: heads are nearer than pelvises
    assert len(data.start) == cameras.CAMERAS * len(clips)


def test_the_second_protocol_is_the_first_with_mended_wrists_and_more_people(cmu_file, cmu_1_file):
    """All clips of the first come first; forearms are 1.5 times as long but for motion retargeted to other bodies."""
    first, second = cmu.convert(cmu_1_file), cmu.convert(cmu_file, without=("ACCAD_", "HDM05_", "MHAD_", "UIPRMD_"))
    np.testing.assert_array_equal(second.clip[: len(first.clip)], first.clip)
    assert set(second.subject[len(first.subject) :]) == {"09", "85", "102"}
    parents = list(H36M17.parents[1:])
    before, after = (
        np.linalg.norm(points[:, 1:] - points[:, parents], axis=-1)
        for points in (first.points_3d, second.points_3d[: first.frames])
    )
    wrists = np.array([name.endswith("wrist") for name in H36M17.names[1:]])
    np.testing.assert_allclose(after[:, ~wrists], before[:, ~wrists], atol=1e-5)
    longer = after[:, wrists] / before[:, wrists]
    mended = longer[:, 0] > 1.2
    np.testing.assert_allclose(longer[mended], 1.5, atol=1e-3)
    np.testing.assert_allclose(longer[~mended], 1, atol=1e-4)
    assert mended.sum() == 172356
