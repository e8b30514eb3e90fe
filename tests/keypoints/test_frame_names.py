"""Names of frames become a video or single images, in the order of their numbers."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints.frame_names import distinct, natural_key, order_frames, single_images
from geolift.keypoints.frame_times import MOST_FRAMES
from geolift.keypoints.options import NO_OPTIONS, Options


def order(names, fps=None, **more):
    return order_frames(names, "test", Options(fps=fps), **more)


def test_names_are_sorted_by_the_value_of_their_numbers():
    names = ["b2", "a10", "a9", "a", "a09b1", "10", "9", "a10c"]
    assert sorted(names, key=natural_key) == ["9", "10", "a", "a9", "a09b1", "a10", "a10c", "b2"]
    long = ["1" * 5000, "2" + "0" * 4999, "9"]  # longer than Python turns into an int
    assert sorted(long, key=natural_key) == [long[2], long[0], long[1]]


@pytest.mark.parametrize(
    ("names", "expected", "index"),
    [
        (["walk_2", "walk_1", "walk_4"], ("walk_1", "walk_2", "walk_3", "walk_4"), [1, 0, 3]),
        (["009.jpg", "011.jpg"], ("009.jpg", "010.jpg", "011.jpg"), [0, 2]),
        (["clip2_1.mp4", "clip2_2.mp4"], ("clip2_1.mp4", "clip2_2.mp4"), [0, 1]),
    ],
)
def test_names_that_differ_only_in_the_last_number_are_a_video(names, expected, index):
    frames = order(names, fps=25.0)
    assert frames.video and frames.fps == 25 and frames.names == expected and frames.index.tolist() == index


@pytest.mark.parametrize("names", [["a1", "b2"], ["a"], ["a", "b"], ["x1y2", "x2y3"], ["1", "01"], ["7"]])
def test_other_names_are_single_images(names):
    frames = order(names, fps=25.0)
    assert not frames.video and frames.fps == 0 and frames.notes[-1] == "--fps was not used: these are single images"
    assert sorted(frames.names, key=natural_key) == list(frames.names)
    assert [frames.names[i] for i in frames.index] == names
    why = order(names).notes
    assert why == () if len(names) == 1 else len(why) == 1 and why[0].startswith("read as single images: ")


def test_steps_are_gaps_unless_all_frames_are_named():
    names = ["0", "5", "15"]
    assert len(order(names).names) == 16
    frames = order(names, fps=30.0, gapless=True)
    assert frames.names == ("0", "5", "10", "15") and frames.index.tolist() == [0, 1, 3] and frames.fps == 6
    assert frames.notes == (
        "numbers of frames go up in steps of 5: 1 frame in 5 was processed",
        "30 frames per second in steps of 5 are 6",
    )


def test_sparse_numbers_are_a_video_only_with_a_frame_rate():
    frames = order(["1", "200"])
    assert not frames.video and frames.notes == ("read as single images: numbers of frames lie far apart (2 in 200)",)
    assert order(["1", "200"], fps=30.0).video
    with pytest.raises(
        DatasetError, match=f"test: found frames 1 to {10**9}, expected at most {MOST_FRAMES} in a video"
    ):
        order(["1", str(10**9)], fps=30.0)
    assert not order(["1", "9" * 20], fps=30.0).video  # not numbers of frames


@pytest.mark.parametrize("fps", [0.0, -1.0, np.nan, np.inf])
def test_a_frame_rate_must_be_a_positive_number(fps):
    for names in (["1", "2"], ["a"]):
        with pytest.raises(DatasetError, match=r"test: frames per second: found .*, expected a positive number"):
            order(names, fps=fps)


def test_repeated_labels_are_one_frame():
    names, which = distinct(["b", "a", "b", "c"])
    assert names == ["b", "a", "c"] and which.tolist() == [0, 1, 0, 2]
    frames = single_images(names, "test", NO_OPTIONS)
    assert [frames.names[i] for i in frames.index[which]] == ["b", "a", "b", "c"]


STAMPS = [  # how stamps of a time in seconds are written
    ("s", lambda t: f"{t:.3f}", "in seconds"),
    ("full precision", repr, "in seconds"),
    ("decimal comma", lambda t: f"{t:.3f}".replace(".", ","), "in seconds"),
    ("ms", lambda t: str(round(t * 1e3)), "in ms"),
    ("ms with fractions", lambda t: f"{t * 1e3:.2f}", "in ms"),
    ("us", lambda t: str(round(t * 1e6)), "in us"),
    ("ns", lambda t: str(round(t * 1e9)), "in ns"),
    ("file", lambda t: f"frame_{round(t * 1e3)}.jpg", "in ms"),
    ("decimals in a name", lambda t: f"t_{t:.3f}.png", "in seconds"),
    ("clock", lambda t: f"{int(t) // 3600:02d}:{int(t) // 60 % 60:02d}:{t % 60:06.3f}", "as times of day"),
    ("short clock", lambda t: f"{int(t) // 60:02d}:{t % 60:06.3f}", "as times of day"),
    ("clock in a name", lambda t: f"00-{int(t) // 60:02d}-{t % 60:06.3f}.jpg".replace(".", "-", 1), "as times of day"),
    ("date", lambda t: f"2024-05-01T23:{int(t) // 60 % 60:02d}:{t % 60:09.6f}+02:00", "as times of day"),
]  # fmt: skip


@pytest.mark.parametrize("rate", [30.0, 30000 / 1001, 60.0, 12.5])
@pytest.mark.parametrize(("write", "unit"), [row[1:] for row in STAMPS], ids=[row[0] for row in STAMPS])
def test_stamps_of_any_unit_are_frames_at_their_rate(write, unit, rate, rng):
    times = 1.9996 + np.arange(120) / rate  # no rounding to 60.000 seconds
    labels = [write(float(time)) for time in times]
    shuffled = rng.permutation(120)
    frames = order([labels[i] for i in shuffled])
    if unit == "in ms" and rate == 12.5 and "." not in labels[0].replace(".jpg", ""):  # steps of 80: not to be known
        assert not frames.video and "if they are times in ms, --fps 12.5" in frames.notes[0]
        frames = order([labels[i] for i in shuffled], fps=12.5)
    assert frames.video and frames.fps == pytest.approx(rate, rel=1e-6)
    assert frames.notes == (f"120 frames, stamps {unit}, {rate:.4g} frames per second",)
    assert frames.names == tuple(labels) and frames.index.tolist() == shuffled.tolist()


@pytest.mark.parametrize(("unit", "first"), [(1e3, 1618300000123), (1e6, 1618300000123456), (1e9, 1618300000123456789)])
def test_stamps_since_1970_are_times_even_if_they_do_not_jitter(unit, first):
    frames = order([str(first + round(i / 25 * unit)) for i in range(40)])
    assert frames.video and frames.fps == 25 and len(frames.names) == 40


def test_stamps_that_are_absent_are_frames_without_people():
    times = [i for i in range(90) if not 30 <= i < 50]
    frames = order([str(round(i * 1000 / 30)) for i in times])
    assert frames.fps == 30 and frames.index.tolist() == times and len(frames.names) == 90
    assert len(set(frames.names)) == 90 and frames.names[30] == "967 + 1"


def test_irregular_stamps_are_moved_to_even_steps_or_are_single_images(rng):
    variable = np.cumsum(rng.uniform(20, 90, 100)).round().astype(int)
    frames = order([str(time) for time in variable])
    assert frames.video and "irregular" in frames.notes[0] and (np.diff(frames.index) > 0).all()
    off = frames.index - (variable - variable[0]) / 1000 * frames.fps
    assert np.abs(off).max() <= 2
    scattered = np.unique(rng.integers(10**12, 10**12 + 10**7, 100))
    frames = order([str(time) for time in scattered])
    assert not frames.video and frames.notes[0].startswith("read as single images: ")


def test_a_frame_rate_that_contradicts_stamps_is_an_error():
    stamps = [str(round(i * 1000 / 15)) for i in range(60)]
    assert order(stamps, fps=30.0).fps == 15  # every second frame was processed
    with pytest.raises(DatasetError, match=r"test: --fps: found 24, expected 15 as the stamps say, or none"):
        order(stamps, fps=24.0)
    assert order([f"{i / 30:.3f}" for i in range(90)], fps=29.97).fps == 29.97  # more exact than the stamps


@pytest.mark.parametrize("step", [2, 10, 20, 40])
def test_every_nth_frame_is_counted_whoever_wrote_the_file(step):
    names = [f"f_{i * step:06d}.png" for i in range(20)]
    for gapless in (False, True):
        frames = order(names, fps=30.0, gapless=gapless)
        assert frames.names == tuple(names) and frames.fps == 30 / step
        assert frames.notes[0] == f"numbers of frames go up in steps of {step}: 1 frame in {step} was processed"
        assert order(names, gapless=gapless).fps == 30 / step  # 30 assumed, which is noted
        assert "assumed" in order(names, gapless=gapless).notes[1]


def test_a_lower_rate_that_is_no_whole_part_of_the_video_s():
    frames = order([str(int(i * 30 / 9)) for i in range(40)], fps=30.0)
    assert len(frames.names) == 40 and frames.fps == pytest.approx(9, rel=0.01)


@pytest.mark.parametrize("name", ["{}", "walk_{}.jpg", "cam1/{}"])
def test_negative_numbers_come_before_zero(name):
    names = [name.format(i) for i in range(-10, 20)]
    frames = order(names[::-1])
    assert frames.names == tuple(names) and frames.notes == ()
    assert order([f"walk-{i}" for i in range(1, 20)]).names[0] == "walk-1"  # no sign


@pytest.mark.parametrize("name", ["frame_{:04d}_keypoints", "cam1_{:04d}_rgb2", "take2_{}_v3.mp4", "{:06d}.jpg"])
def test_other_numbers_in_a_name_are_constant(name):
    names = [name.format(i) for i in (1, 2, 3, 5, 6)]
    frames = order(names[::-1])
    assert frames.video and frames.index.tolist() == [5, 4, 2, 1, 0] and frames.names[3] == name.format(4)


@pytest.mark.parametrize(
    ("name", "clips"),
    [("{}_{:012d}", ("evening", "morning")), ("cam{}_{:04d}_rgb", (1, 2, 10)), ("{:04d}/{:06d}.jpg", range(1, 8))],
)
def test_names_that_differ_in_more_are_clips_one_after_the_other(name, clips):
    names = [name.format(clip, i) for clip in clips for i in range(5, 17)]
    frames = order(names[::-1], fps=25.0)
    assert frames.video and frames.fps == 25 and frames.names == tuple(names)
    assert [start for start, _ in frames.clips] == list(range(0, len(names), 12))
    assert frames.notes[0].startswith(f"{len(clips)} clips, each a video: ")
    first_frame = order([name.format(clip, i) for i in range(5, 17) for clip in clips])
    assert first_frame.names == tuple(names)


def test_cameras_after_the_number_are_clips():
    frames = order([f"{i:04d}_cam{camera}.png" for i in range(12) for camera in (1, 2)])
    assert [name for _, name in frames.clips] == ["cam1", "cam2"] and frames.names[:2] == (
        "0000_cam1.png",
        "0001_cam1.png",
    )


@pytest.mark.parametrize(
    "names",
    [
        [f"{i:x}" for i in np.random.default_rng(0).integers(0, 2**60, 40).tolist()],
        [f"IMG_202405{day:02d}_{hour}3045.jpg" for day in range(1, 8) for hour in (10, 12, 17)],
        [f"COCO_val2014_{i:012d}.jpg" for i in np.random.default_rng(0).integers(0, 580000, 200).tolist()],
        ["cat_1", "cat_2", "dog_1", "dog_2", "dog_3"],
    ],
)
def test_images_are_no_video_and_the_reason_is_told(names):
    frames = order(names)
    assert not frames.video and len(frames.notes) == 1 and frames.notes[0].startswith("read as single images: ")


def test_numbers_of_images_at_random_are_not_taken_for_times(rng):
    """Numbers of data sets' images, 8 to 300 of them, 10 to 1000 apart: hardly ever times (2 % of few)."""
    times, draws = 0, 0
    for count in (8, 12, 20, 40, 100, 300):
        for apart in (10, 20, 40, 100, 200, 1000):
            for _ in range(10):
                numbers = np.sort(rng.choice(count * apart, count, replace=False))
                frames = order([f"{number:012d}.jpg" for number in numbers])
                times += any("stamps" in note for note in frames.notes)
                draws += 1
    assert times <= 0.02 * draws


@pytest.mark.parametrize("write", ["{0:%Y-%m-%dT%H_%M_%S.%f}.png", "{1:.0f}"])
def test_takes_with_pauses_between_them_are_clips(write, rng):
    """Three takes of 40 frames at 20 per second, days apart, as names with dates and as milliseconds since 1970."""
    begin = [datetime(2018, 7, day, 12, 4, 17, 738369, tzinfo=UTC) for day in (4, 5, 11)]
    times = [take + timedelta(seconds=i / 20 + rng.uniform(-0.005, 0.005)) for take in begin for i in range(40)]
    names = [write.format(time, time.timestamp() * 1000) for time in times]
    frames = order(names[::-1])
    assert frames.video and frames.fps == 20 and frames.names == tuple(names)
    assert [start for start, _ in frames.clips] == [0, 40, 80]
    assert [name for _, name in frames.clips] == [names[start].removesuffix(".png") for start in (0, 40, 80)]
