"""Live use: each pose comes exactly N frames later, from no later frame, and near to what the whole clip gives."""

import numpy as np
import pytest

import geolift
from geolift.errors import DatasetError
from geolift.keypoints.recording import record
from geolift.lifting.denoise import denoise
from geolift.lifting.joints import mapping_to, to_tracks
from geolift.lifting.lifted import in_camera_axes, lift_tracks, refine_lifted
from geolift.lifting.metric_scale import in_metres
from geolift.live.person import PAST
from geolift.skeletons.skeleton import H36M17
from tests.helpers.paths import ROOT

SIZE = (1400, 900)


@pytest.fixture(scope="module")
def model():
    return geolift.load("human")


@pytest.fixture(scope="module")
def walk():
    """`[90, 17, 2]` pixels of a person who walks, with errors as of a detector."""
    table = np.genfromtxt(ROOT / "examples/walk.csv", delimiter=",", names=True)
    exact = np.stack([[table[f"{name}_x"], table[f"{name}_y"]] for name in H36M17.names]).transpose(2, 0, 1)
    return exact + np.random.default_rng(0).normal(0, 2, exact.shape)


LIVES = {}


def live_of(model, **options):
    """One `Live` for all streams with the same options; `finish` has made it as good as new."""
    options = {"image_size": SIZE, "fps": 30, **options}
    key = tuple(sorted(options.items(), key=str))
    if key not in LIVES:
        LIVES[key] = geolift.Live(H36M17.names, model=model, **options)
    return LIVES[key]


def stream(model, frames, times=None, **options):
    """All poses of some frames."""
    live = live_of(model, **options)
    times = [None] * len(frames) if times is None else times
    poses = [live.push(frame, time=time) for frame, time in zip(frames, times, strict=True)]
    return [pose for one in poses for pose in one] + live.finish()


def points(poses):
    return np.stack([pose.points for pose in poses])


@pytest.mark.parametrize("ahead", [0, 3])
def test_poses_come_exactly_so_many_frames_later(model, walk, ahead):
    live = geolift.Live(H36M17.names, model=model, image_size=SIZE, fps=30, ahead=ahead)
    given = [[pose.frame for pose in live.push(frame)] for frame in walk[:8]]
    assert given == [[]] * ahead + [[i] for i in range(8 - ahead)]
    left = live.finish()
    assert [pose.frame for pose in left] == list(range(8 - ahead, 8))
    assert [pose.frame for pose in live.push(walk[0])] == ([] if ahead else [0]), "a new stream begins"


def test_no_pose_depends_on_frames_beyond_those_looked_ahead(model, walk):
    ahead, same = 2, 16
    other = np.concatenate([walk[:same], 600 + 100 * np.random.default_rng(1).normal(size=(10, 17, 2))])
    a, b = (points(stream(model, frames, ahead=ahead)) for frames in (walk[: same + 10], other))
    np.testing.assert_array_equal(a[: same - ahead], b[: same - ahead])
    assert np.abs(a[same - ahead] - b[same - ahead]).max() > 1e-3, "the frames that are looked ahead count"


def test_looking_ahead_as_far_as_the_clip_is_the_refinement_of_the_clip(model, walk):
    """But for the proportions of the body and the feet on the floor, for which there is no time."""
    clip = walk[:36]
    about = {"person": np.zeros(36, int), "people": ("0",), "fps": 30.0, "image_size": SIZE}
    recording = record(clip, np.ones((36, 17)), joints=H36M17.names, **about)
    tracks = to_tracks(recording, mapping_to(H36M17, recording, None, ""), head="mask", source="")
    whole = refine_lifted(model, lift_tracks(model, denoise(tracks).tracks))
    whole = in_camera_axes(in_metres(model, whole, {})).points
    off = {ahead: np.linalg.norm(points(stream(model, clip, ahead=ahead)) - whole, axis=-1) for ahead in (0, 36)}
    assert off[36].mean() < 0.004 < off[0].mean()


def test_later_frames_help(model, walk):
    """Less jitter than at once, and less there than frame by frame."""

    def jitter(found):
        return np.linalg.norm(np.diff(found[15:], 2, axis=0), axis=-1).mean()

    at_once, later = (jitter(points(stream(model, walk[:45], ahead=ahead))) for ahead in (0, 5))
    recording = record(walk[:45], np.ones((45, 17)), joints=H36M17.names, image_size=SIZE, video=False)
    single = jitter(geolift.lift(recording, model=model).points)
    assert later < 0.7 * at_once < 0.7 * 0.7 * single


def test_memory_does_not_grow(model, walk):
    live = geolift.Live(H36M17.names, model=model, image_size=SIZE, fps=30, ahead=2)
    for i in range(PAST + 10):
        live.push({7: walk[i]})
    for i in range(60):
        live.push({f"visitor {i}": walk[i]} | ({7: walk[PAST + 10]} if i == 59 else {}))
    assert len(live._people) <= 50
    assert len(live._people[7]._rows) <= PAST + 3
    assert len(live._waiting) == 2


def test_people_do_not_change_each_other(model, walk):
    left, right = walk[:12], walk[40:52] + np.array([300, 0])
    both = stream(model, [{"ann": a, "bob": b} for a, b in zip(left, right, strict=True)], ahead=1)
    for name, alone in (("ann", left), ("bob", right)):
        mine = points([pose for pose in both if pose.person == name])
        np.testing.assert_allclose(mine, points(stream(model, alone, ahead=1)), atol=1e-5)


def test_joints_by_name_are_those_of_an_array(model, walk):
    named = [{name: tuple(xy) for name, xy in zip(H36M17.names, frame, strict=True)} for frame in walk[:4]]
    sure = np.concatenate([walk[:4], np.ones((4, 17, 1))], axis=-1)
    expected = points(stream(model, walk[:4], ahead=0))
    np.testing.assert_array_equal(points(stream(model, named, ahead=0)), expected)
    np.testing.assert_array_equal(points(stream(model, sure, ahead=0)), expected)


def test_a_mirrored_picture_gives_the_person_and_not_their_mirror_image(model, walk):
    seen = walk[:6, list(H36M17.mirrored)]  # the detector takes the left hand for a right one
    seen = np.stack([SIZE[0] - seen[..., 0], seen[..., 1]], axis=-1)
    poses = stream(model, seen, ahead=0, mirrored=True)
    np.testing.assert_allclose(points(poses), points(stream(model, walk[:6], ahead=0)), atol=1e-5)


def test_a_joint_that_is_missed_is_filled_in_for_as_long_as_a_gap(model, walk):
    frames, wrist = walk[:50].copy(), H36M17.names.index("left_wrist")
    frames[20:24, wrist] = np.nan
    frames[30:, wrist, 0] = np.nan
    at_once, later = stream(model, frames, ahead=0), stream(model, frames, ahead=5)
    truth = points(stream(model, walk[:50], ahead=5))
    for poses, gone in ((at_once, 45), (later, 40)):  # 0.5 s are over, or it is seen that they will be
        assert [pose.frame for pose in poses if pose.filled[wrist]] == [*range(20, 24), *range(30, gone)]
        assert [pose.frame for pose in poses if np.isnan(pose.points[wrist, 0])] == list(range(gone, 50))
        assert poses[39].uncertainty[wrist] > 1.5 * poses[29].uncertainty[wrist]
    assert np.linalg.norm(points(later)[20:24, wrist] - truth[20:24, wrist], axis=-1).mean() < 0.05


def test_a_person_who_comes_back_begins_anew_and_says_so(model, walk):
    frames = [*walk[:20], *[None] * 5, *walk[25:40], *[{}] * 30, *walk[70:80]]
    poses = stream(model, frames, ahead=0)
    assert [pose.frame for pose in poses] == [*range(20), *range(25, 40), *range(70, 80)]
    assert [pose.frame for pose in poses if pose.restarted] == [0, 70]
    filled = stream(model, frames, ahead=6)
    assert [pose.frame for pose in filled] == [*range(40), *range(70, 80)], (
        "short gaps are filled when both ends are seen"
    )
    assert filled[22].filled.all() and not filled[19].filled.any()


def test_dropped_frames_are_known_by_their_times(model, walk):
    kept = np.delete(np.arange(45), [20, 23, 24, 31])
    full = stream(model, walk[:45], ahead=4)
    dropped = stream(model, walk[kept], times=100 + kept / 30, ahead=4, fps=None)
    assert [pose.frame for pose in dropped] == list(range(len(kept)))
    np.testing.assert_allclose([pose.time for pose in dropped], 100 + kept / 30)
    off = np.linalg.norm(points(dropped) - points(full)[kept], axis=-1).mean(axis=1)
    assert off.max() < 0.03
    ignored = stream(model, walk[kept], ahead=4)
    assert off[18:30].mean() < np.linalg.norm(points(ignored) - points(full)[kept], axis=-1).mean(axis=1)[18:30].mean()


def test_up_and_world_axes(model, walk):
    given = stream(model, walk[:3], ahead=0, pitch=20)[-1]
    np.testing.assert_allclose(given.up, [0, -np.cos(np.radians(20)), -np.sin(np.radians(20))], atol=1e-6)
    np.testing.assert_allclose(given.to_world @ given.to_world.T, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(given.to_world @ given.up, [0, 0, 1], atol=1e-6)
    estimated = stream(model, walk[:30], ahead=0)[-1]
    assert np.degrees(np.arccos(estimated.up @ [0, -1, 0])) < 25
    assert estimated.world_points[H36M17.names.index("head"), 2] > estimated.world_points[3, 2] + 1


def test_latency_is_the_frames_waited_for_and_the_computation(model, walk):
    poses = stream(model, walk[:12], times=np.arange(12) / 10, ahead=3)
    assert all(0.3 < pose.latency < 0.3 + 2 for pose in poses[:9])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ahead": -1}, "ahead: found -1, expected"),
        ({"ahead": 1.5}, "ahead: found 1.5, expected"),
        ({"fps": 0}, "fps: found 0, expected"),
        ({"height": 170}, r"height: found 170 m, expected metres, up to 20 \(are these centimetres"),
        ({"image_size": (640,)}, "image_size: found"),
        ({"joints": "coco"}, "joints: found 'coco', expected"),
        ({"joints": ("nose", "nose")}, "joints: found .* expected different names"),
        ({"joints": ("a", "b", "c")}, "joints: found a, b, c"),
        ({"up": (0, 0, 0)}, "up: found"),
    ],
)
def test_a_wrong_option_is_one_clear_error(model, options, message):
    with pytest.raises(DatasetError, match=message):
        geolift.Live(**{"joints": "coco17", "model": model, **options})


def test_a_wrong_frame_is_one_clear_error_and_does_not_count(model, walk):
    live = geolift.Live(H36M17.names, model=model, fps=30, ahead=0)
    live.push(walk[0], time=1.0)
    wrong = [
        (walk[0, :5], {}, r"keypoints: found an array \[5, 2\], expected \[17, 2\] or \[17, 3\]"),
        (walk[:2], {}, r"found an array \[2, 17, 2\].*several people have track ids"),
        (walk[0] / 2000, {}, "found coordinates up to .*, expected pixels"),
        (walk[0] * 1e9, {}, "expected pixels up to"),
        ({"tail": (1, 2)}, {}, "found the joint 'tail', expected"),
        ({"head": (1, 2, 3, 4)}, {}, "head: found .*, expected"),
        ({"ann": walk[0, :3]}, {}, "keypoints of 'ann': found an array"),
        ("pose.json", {}, "keypoints: found str, expected one person as an array"),
        (walk[1], {}, "time: found none in frame 1, expected one in every frame or in none"),
        (walk[1], {"time": 0.5}, "time: found 0.5 in frame 1, expected seconds above 1"),
        (walk[1], {"time": np.nan}, "time: found nan in frame 1"),
    ]
    for keypoints, options, message in wrong:
        with pytest.raises(DatasetError, match=message):
            live.push(keypoints, **({"time": 2.0} if not options and "none in frame" not in message else options))
    assert [pose.frame for pose in live.push(walk[1], time=1.03)] == [1]


def test_webcams_without_legs_are_lifted(model, walk):
    """The trunk is placed by rules, as in a file."""
    keypoints = walk[:10].copy()
    keypoints[:, :8] = np.nan
    poses = stream(model, keypoints, ahead=1)
    assert len(poses) == 10 and poses[-1].filled[H36M17.root]
    assert np.isfinite(poses[-1].points[H36M17.names.index("left_wrist")]).all()
    assert np.isnan(poses[-1].points[H36M17.names.index("left_knee")]).all()
