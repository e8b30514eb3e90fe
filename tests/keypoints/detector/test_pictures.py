"""Outputs of the pose networks are placed correctly in the image; images and videos of people are read."""

import sys
import types
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints.detector import blazepose, crops, following, networks, pictures
from geolift.skeletons.joint_sets import MEDIAPIPE33
from tests.helpers.paths import DATA

JOINT = MEDIAPIPE33.source.index
SIDES = [(i, JOINT(name.replace("left", "right"))) for i, name in enumerate(MEDIAPIPE33.source) if "left" in name]
# A real video of two people, in a wheel (BSD-3-Clause).
WHEEL, VIDEO = DATA / "sports2d-0.8.34-py3-none-any.whl", "Sports2D/Demo/demo.mp4"
BOTH = (60, 70, 80, 90, 100)  # frames in which both people are upright and in full view


@pytest.fixture
def circles(rng):
    """`[200, 2, 2]`: people's hips, and the ends of the circles around their bodies, in any direction."""
    hips, along = rng.uniform(0, 1000, (200, 2)), rng.normal(size=(200, 2))
    return np.stack([hips, hips + along * rng.uniform(5, 500, (200, 1))], axis=1)


def undone(matrix, points):
    """The image's pixels as a crop's: the inverse of `crops.transform`."""
    return np.linalg.solve(matrix[:, :2], (points - matrix[:, 2]).T).T


def rotated(points, angle):
    return points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def test_the_anchors_are_even_over_the_image():
    anchors = crops.anchors()
    assert anchors.shape == (2254, 2) and anchors.min() > 0 and anchors.max() < crops.DETECTION_SIZE
    np.testing.assert_array_equal(anchors[:4], [[4, 4], [4, 4], [12, 4], [12, 4]])  # two at a place, x first
    for mirrored in (anchors[:, ::-1], crops.DETECTION_SIZE - anchors):
        assert sorted(mirrored.tolist()) == sorted(anchors.tolist())


def test_a_person_stands_upright_in_the_middle_of_the_crop(circles):
    middle = crops.LANDMARK_SIZE / 2
    for circle in circles:
        points = undone(crops.body_crop(*circle), circle)
        np.testing.assert_allclose(points, [[middle, middle], [middle, middle * (1 - 1 / crops.MARGIN)]], atol=1e-6)


def test_a_crop_moves_rotates_and_scales_with_the_person(circles, rng):
    corners = rng.uniform(0, crops.LANDMARK_SIZE, (5, 2))
    for circle in circles:
        angle, scale, shift = rng.uniform(-np.pi, np.pi), rng.uniform(0.1, 10), rng.normal(size=2) * 100
        moved = crops.transform(crops.body_crop(*(rotated(circle, angle) * scale + shift)), corners)
        expected = rotated(crops.transform(crops.body_crop(*circle), corners), angle) * scale + shift
        np.testing.assert_allclose(moved, expected, atol=1e-6)


def test_a_crop_and_its_inverse_cancel(circles, rng):
    points = rng.normal(size=(7, 2)) * 300
    for circle in circles:
        matrix = crops.body_crop(*circle)
        np.testing.assert_allclose(undone(matrix, crops.transform(matrix, points)), points, atol=1e-6)


def test_a_crop_shows_the_pixels_that_its_matrix_names(circles):
    pytest.importorskip("cv2", reason="needs OpenCV: pip install 'geolift[detect]'")
    y, x = np.mgrid[:1000, :1000].astype(np.float32)
    at = np.stack(np.meshgrid(np.arange(64.0), np.arange(64.0)), axis=-1)
    for hips, end in circles[:20]:
        matrix = crops.crop(hips, 2 * np.hypot(*(end - hips)), 0.3, 64)
        shown = 255 * blazepose.warp(np.dstack([x, y, 0 * x + 255]), matrix, 64, outside="black")
        inside = shown[..., 2] == 255
        expected = crops.transform(matrix, at)
        np.testing.assert_allclose(shown[inside][:, :2], expected[inside], atol=0.05)
        drawn_out = 255 * blazepose.warp(np.dstack([x, y, 0 * x + 255]), matrix, 64, outside="edge")
        np.testing.assert_allclose(drawn_out[..., :2], np.clip(expected, 0, 999), atol=0.05)


@pytest.mark.parametrize(("width", "height"), [(640, 640), (700, 600), (1920, 1080), (1080, 1920), (3000, 400)])
def test_views_cover_the_image(width, height):
    *parts, whole = crops.views(width, height)
    size = np.array([width, height])
    assert len(whole) == 1
    letterbox = undone(crops.crop(*whole[0], 0.0, 224), np.array([0 * size, size / 2, size]))
    low = 112 - 112 * size / size.max()
    np.testing.assert_allclose(letterbox, [low, [112, 112], 224 - low], atol=1e-9)
    assert bool(parts) == (max(width, height) >= crops.LONG * min(width, height))
    for squares in parts:
        low, high = (np.array([np.array(c) + sign * s / 2 for c, s in squares]) for sign in (-1, 1))
        assert (low >= 0).all() and (high <= size).all() and (low.min(0) == 0).all() and (high.max(0) == size).all()
        assert ((high[:-1] - low[1:]).max(axis=1) >= min(width, height)).all()
        assert ((high[:-1] - low[1:]).min(axis=1) >= min(width, height) / 2 - 1e-6).all()
        transposed = [((y, x), side) for (x, y), side in crops.views(height, width)[0]]
        assert squares == transposed


def test_detections_count_from_their_anchor():
    raw, logits, anchors = np.zeros((2254, 12)), np.full(2254, -9.0), crops.anchors()
    raw[[50, 2000]] = [3, -2, 20, 10, 0, 30, 1, -60, 0, 0, 5, 5]
    logits[[50, 2000]] = [3.0, 1000.0]
    boxes, points, scores = crops.decode(raw, logits)
    at = anchors[[50, 2000]]
    np.testing.assert_allclose(boxes, np.hstack([at - np.array([7, 7]), at + np.array([13, 3])]))
    np.testing.assert_allclose(points, at[:, None] + [[0, 30], [1, -60], [0, 0], [5, 5]])
    np.testing.assert_allclose(scores, [1 / (1 + np.exp(-3)), 1])


def test_overlap_of_known_boxes():
    box = np.array([0.0, 0, 2, 2])
    others = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [2, 0, 4, 2], [5, 5, 6, 6], [0, 0, 1, 1], [1, 1, 1, 1]])
    np.testing.assert_allclose(crops.overlap(box, others), [1, 1 / 3, 0, 0, 1 / 4, 0])
    for other, value in zip(others, crops.overlap(box, others), strict=True):
        np.testing.assert_allclose(crops.overlap(other, box[None]), value)


def test_detections_of_one_person_become_one(rng):
    corner = np.arange(6)[:, None] * 100.0  # six people far apart, each detected five times
    low = np.repeat(corner, 5, axis=0) + rng.uniform(-2, 2, (30, 2))
    boxes, scores = np.hstack([low, low + 40]), rng.uniform(0.5, 1, 30)
    points = low[:, None] + rng.normal(size=(30, 4, 2))
    merged = crops.suppress(boxes, points, scores)
    assert [len(part) for part in merged] == [6, 6, 6] and (np.diff(merged[2]) < 0).all()
    for box, point, score in zip(*merged, strict=True):
        group = np.flatnonzero(np.abs(boxes[:, 0] - box[0]) < 10)
        weights = scores[group] / scores[group].sum()
        np.testing.assert_allclose(box, weights @ boxes[group])
        np.testing.assert_allclose(point, np.einsum("i,ijk->jk", weights, points[group]))
        assert score == scores[group].max()
    order = rng.permutation(30)
    for again in (crops.suppress(boxes[order], points[order], scores[order]), crops.suppress(*merged)):
        for a, b in zip(again, merged, strict=True):
            np.testing.assert_allclose(a, b)
    assert len(crops.suppress(boxes[:0], points[:0], scores[:0])[0]) == 0


def test_landmarks_move_to_the_middle_of_their_heat(rng):
    truth = rng.uniform(8, 55, (39, 2))  # pixels of the heat map
    y, x = np.mgrid[:64, :64][..., None]
    heat = 6 - 4 * ((x - truth[:, 0]) ** 2 + (y - truth[:, 1]) ** 2)
    near = (truth + rng.uniform(-1.5, 1.5, truth.shape)) * 4
    np.testing.assert_allclose(crops.refine(near, heat), truth * 4, atol=0.5)
    outside = near + np.where(rng.uniform(size=(39, 1)) < 0.5, -300, 300)
    np.testing.assert_array_equal(crops.refine(outside, heat), outside)
    np.testing.assert_array_equal(crops.refine(near, heat - 20), near)  # unsure everywhere
    np.testing.assert_allclose(  # pixels' centres lie at whole numbers: 63 - x mirrors the map
        crops.refine(np.stack([254 - near[:, 0], near[:, 1]], axis=-1), heat[:, ::-1])[:, 0],
        252 - crops.refine(near, heat)[:, 0],
        atol=1.0,
    )


class Stage(blazepose.BlazePose):
    """BlazePose with networks that know the people: circles `[P, 2, 2]` in a square image of 224 pixels."""

    def __init__(self, circles, detected, monkeypatch):
        self.circles, self.detected = np.asarray(circles, float), detected
        self._pool = ThreadPoolExecutor(2)
        monkeypatch.setattr(blazepose, "warp", lambda image, matrix, size, *, outside: matrix)

    def _run(self, which, matrix):
        if which == 0:
            raw, logits, anchors = np.zeros((1, 2254, 12)), np.full((1, 2254, 1), -9.0), crops.anchors()
            for row, i in enumerate(self.detected):
                raw[0, row, 2:4], logits[0, row] = 9, 3 - row
                raw[0, row, :2] = 20 * row + 10
                raw[0, row, 4:8] = (self.circles[i] - anchors[row]).ravel()
            return [raw, logits]
        apart = np.linalg.norm(self.circles[:, 0] - crops.transform(matrix, np.full(2, 128.0)), axis=-1)
        raw = np.zeros((39, 5))
        raw[33:35, :2] = undone(matrix, self.circles[apart.argmin()])
        return [raw.reshape(1, 195), np.full((1, 1), apart.min() < 30), np.full((1, 64, 64, 39), -9.0)]


CIRCLES = [[[50, 100], [50, 40]], [[150, 100], [150, 40]], [[100, 200], [100, 140]]]


@pytest.mark.parametrize(
    ("detected", "before", "found"),
    [([0, 1], [], [0, 1]), ([1, 1, 0], [], [1, 0]), ([], [], []), ([1], [0, 1], [0, 1]), ([2, 1], [1], [1, 2])],
)
def test_each_person_is_found_once(detected, before, found, monkeypatch):
    stage = Stage(CIRCLES, detected, monkeypatch)
    nothing = np.zeros(33)
    poses = [
        blazepose.Pose(np.zeros((33, 2)), nothing, nothing, stage.circles[i] + [[3, 2], [0, -4]])  # has moved since
        for i in before
    ]
    image = np.zeros((224, 224, 3), np.uint8)
    people = stage.search(image, stage.follow(image, poses))
    assert len(people) == len(found)
    for pose, i in zip(people, found, strict=True):
        np.testing.assert_allclose(pose.circle, stage.circles[i], atol=1e-6)


def test_a_person_must_be_confirmed_by_the_second_network(monkeypatch):
    stage = Stage([*CIRCLES[:2], [[400, 400], [400, 300]]], [0], monkeypatch)
    far = blazepose.Pose(np.zeros((33, 2)), np.zeros(33), np.zeros(33), np.array([[100.0, 10], [100, -30]]))
    image = np.zeros((224, 224, 3), np.uint8)
    assert stage.follow(image, [far]) == [] and len(stage.search(image)) == 1


def one_line(error, *words):
    text = str(error.value)
    return "\n" not in text and all(word in text for word in words)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "no MediaPipe wheel"), (b"not a zip", "not a zip"), ("empty", "pose_detection"), ("other", "SHA-256")],
)
def test_errors_on_missing_networks_name_the_command(content, words, tmp_path, monkeypatch):
    interpreter = types.ModuleType("ai_edge_litert.interpreter")
    interpreter.Interpreter = None
    monkeypatch.setitem(sys.modules, "ai_edge_litert", types.ModuleType("ai_edge_litert"))
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", interpreter)
    wheel = tmp_path / "mediapipe-0.10.21-cp312-cp312-manylinux_2_28_x86_64.whl"
    if isinstance(content, bytes):
        wheel.write_bytes(content)
    elif content:
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("mediapipe/__init__.py", "")
            for model in networks.MODELS if content == "other" else ():
                archive.writestr(model.file, "another network")
    with pytest.raises(DatasetError) as error:
        blazepose.BlazePose(tmp_path)
    assert one_line(error, str(tmp_path), words) and (content == "other" or networks.COMMAND in str(error.value))


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(FileNotFoundError):
        pictures.detect(tmp_path / "none.mp4")
    for module in ("ai_edge_litert", "cv2"):
        for name in (module, f"{module}.interpreter"):
            monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(DatasetError) as error:
            pictures.detect(tmp_path / "a.png")
        assert one_line(error, str(tmp_path / "a.png"), module.replace("_", "-"), "pip install 'geolift[detect]'")


class NoPeople:
    """Networks that find no people."""

    def __init__(self, folder):
        pass

    def follow(self, image, before):
        return []

    def search(self, image, known=()):
        return []


@pytest.fixture
def cv2():
    pytest.importorskip("tqdm", reason="needs tqdm: pip install 'geolift[detect]'")
    return pytest.importorskip("cv2", reason="needs OpenCV: pip install 'geolift[detect]'")


@pytest.mark.parametrize("name", ["a.png", "a.txt", "a.mp4", "folder", ""])
def test_files_that_are_not_pictures_are_refused(name, cv2, tmp_path, monkeypatch):
    monkeypatch.setattr(blazepose, "BlazePose", NoPeople)
    (tmp_path / "folder").mkdir()
    for other in ("a.txt", "a.mp4"):
        (tmp_path / other).write_bytes(b"not a picture")
    (tmp_path / "a.png").write_bytes(b"" if name else b"not a picture")
    with pytest.raises(DatasetError) as error:
        pictures.detect(tmp_path / name)
    assert one_line(error, str(tmp_path / name), "found", "expected")


def test_pictures_are_in_the_order_of_their_numbers(cv2, tmp_path, monkeypatch):
    followed, searched = [], []
    person = blazepose.Pose(np.full((33, 2), 5.0), np.full(33, 0.5), np.linspace(0, 1, 33), np.ones((2, 2)))

    class One(NoPeople):
        def follow(self, image, before):
            followed.append((image[0, 0, 0], len(before)))
            return list(before)

        def search(self, image, known=()):
            searched.append((image[0, 0, 0], len(known)))
            return list(known) or [person]

    monkeypatch.setattr(blazepose, "BlazePose", One)
    for number in (10, 9, 1, 100):
        cv2.imwrite(str(tmp_path / f"é{number}.PNG"), np.full((8, number, 3), [0, 0, number], np.uint8))
    (tmp_path / "notes.txt").write_text("")
    images = pictures.detect(tmp_path)
    assert images.frames == ("é1.PNG", "é9.PNG", "é10.PNG", "é100.PNG") and not images.video and not images.fps
    np.testing.assert_array_equal(images.image_size, [[1, 8], [9, 8], [10, 8], [100, 8]])
    assert searched == [(1, 0), (9, 0), (10, 0), (100, 0)] and not followed  # red is first
    np.testing.assert_array_equal(images.seen, np.linspace(0, 1, 33) >= 0.5 + np.zeros((4, 1)))
    assert any("64 of 132 joints" in note for note in images.notes) and any("1 file " in note for note in images.notes)
    frames = pictures.detect(tmp_path, fps=25.0)
    assert frames.video and frames.fps == 25 and followed == [(1, 0), (9, 1), (10, 1), (100, 1)]


class Scene:
    """Networks that know where people are in each frame (`image[0, 0]` is its number): `{frame: their places}`.

    A person is followed from one place to the next that is near; only frames in `detected` show them to a search.
    """

    def __init__(self, places, detected=None):
        self.places, self.detected, self.searches = places, detected, []

    def pose(self, image, circle):
        for x in self.places.get(int(image[0, 0]), ()):
            if abs(x - circle[0, 0]) < 6:
                return pose_at(x)
        return None

    def follow(self, image, before):
        return [pose for one in before if (pose := self.pose(image, one.circle)) is not None]

    def search(self, image, known=()):
        frame, people = int(image[0, 0]), list(known)
        self.searches.append(frame)
        for x in self.places.get(frame, ()) if self.detected is None or frame in self.detected else ():
            if not blazepose.is_known(pose_at(x).circle, people):
                people.append(pose_at(x))
        return people


def pose_at(x):
    return blazepose.Pose(np.full((33, 2), x), np.ones(33), np.ones(33), np.array([[x, 50.0], [x, 20.0]]))


def places_in(video):
    return [sorted(pose.circle[0, 0] for pose in people) for people in video]


FRAMES = np.broadcast_to(np.arange(90.0)[:, None, None], (90, 1, 1))
LONG_WALK = {frame: [100.0 + frame] for frame in range(90)}


@pytest.mark.parametrize("start", [0, 1, 13, 17, 18, 19, 22, 89])
@pytest.mark.parametrize("fps", [0.0, 6.0, 30.0, 120.0])
def test_who_comes_later_is_in_every_frame_from_the_first_on(start, fps):
    places = {frame: here + [400.0 - frame] * (frame >= start) for frame, here in LONG_WALK.items()}
    scene = Scene(places)
    found = places_in(following.FrameDetector(fps, network=scene).video(FRAMES))
    assert found == [sorted(places[frame]) for frame in range(90)]
    assert len(scene.searches) <= np.ceil(90 / np.clip(round(0.2 * (fps or 30)), 1, following.MOST)) + 1


def test_a_lost_person_is_searched_for_in_each_frame():
    places = {frame: [] if 40 <= frame < 46 else here for frame, here in LONG_WALK.items()}
    scene = Scene(places)
    detector = following.FrameDetector(30.0, network=scene)
    found = places_in(map(detector.people, FRAMES))
    assert found == [places[frame] for frame in range(90)]  # at once, although 46 is not among every sixth frame
    assert set(range(40, 49)) <= set(scene.searches) and len(scene.searches) < 90 / 6 + 12


def test_each_person_is_followed_back_once(rng):
    places = {frame: here + [300.0, 500.0 + frame] * (frame >= 20) for frame, here in LONG_WALK.items()}
    for detected in ({0, *range(24, 90)}, {0, 30, 31, 32}, set(range(90))):
        found = places_in(following.FrameDetector(30.0, network=Scene(places, detected)).video(FRAMES))
        first = min(frame for frame in detected if frame >= 20)
        assert found[first - first % 6 + 1 :] == [sorted(places[f]) for f in range(first - first % 6 + 1, 90)]
        assert all(len(set(here)) == len(here) and set(here) <= set(places[f]) for f, here in enumerate(found))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10])
def test_what_is_read_ahead_is_the_same_in_the_same_order(count):
    assert list(pictures.read_ahead(range(count), 3)) == list(range(count))


def test_errors_of_reading_ahead_come_where_they_were():
    def items():
        yield 1
        raise DatasetError("b.png: found nothing")

    read = pictures.read_ahead(items(), 3)
    assert next(read) == 1
    with pytest.raises(DatasetError, match=r"b\.png"):
        next(read)


# From here on with the real networks and a real video.


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """The frames `BOTH` of the real video, `{number: [H, W, 3] uint8, BGR}`."""
    cv2 = pytest.importorskip("cv2", reason="needs OpenCV: pip install 'geolift[detect]'")
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert: pip install 'geolift[detect]'")
    if not list(networks.FOLDER.glob("mediapipe-*.whl")):
        pytest.skip(f"needs the networks: {networks.COMMAND}")
    if not WHEEL.exists():
        pytest.skip(f"needs a video of people: pip download sports2d==0.8.34 --no-deps --dest={DATA}")
    with zipfile.ZipFile(WHEEL) as wheel:
        path = Path(wheel.extract(VIDEO, tmp_path_factory.mktemp("video")))
    video = cv2.VideoCapture(str(path))
    frames = {number: video.read()[1] for number in range(max(BOTH) + 1)}
    return {number: frames[number] for number in BOTH}


def found_in(image, cv2, tmp_path):
    cv2.imwrite(str(tmp_path / "image.png"), image)
    return pictures.detect(tmp_path / "image.png")


def nearest(points, recording):
    """Of the people of a recording, the keypoints of the one nearest to `[33, 2]`."""
    return min(recording.keypoints, key=lambda other: np.linalg.norm(other - points, axis=-1).mean())


def test_two_real_people_stand_on_their_feet(photos, cv2, tmp_path):
    for number, image in photos.items():
        cv2.imwrite(str(tmp_path / f"{number}.png"), image)
    people = pictures.detect(tmp_path)
    assert people.joints == MEDIAPIPE33.source and people.joint_set == "mediapipe33" and not people.tracked
    assert (np.bincount(people.frame) == 2).all() and np.median(people.confidence) > 0.9
    x, y = np.moveaxis(people.keypoints, -1, 0)
    for upper, lower in (("nose", "left_shoulder"), ("right_shoulder", "right_hip"), ("left_hip", "left_ankle")):
        assert (y[:, JOINT(upper)] < y[:, JOINT(lower)]).all()
    assert (((x > 0) & (x < 1768) & (y > 0) & (y < 994)) | ~people.seen).all()


def test_a_mirrored_picture_has_swapped_sides(photos, cv2, tmp_path):
    image = photos[80]
    people, mirrored = (found_in(picture, cv2, tmp_path) for picture in (image, image[:, ::-1]))
    other = np.arange(33)
    for left, right in SIDES:
        other[[left, right]] = right, left
    frontal = max(people.keypoints, key=lambda person: np.abs(person[11, 0] - person[12, 0]))
    points = frontal[other] * [-1, 1] + [image.shape[1] - 1, 0]
    tall = np.ptp(points[:, 1])
    assert np.median(np.linalg.norm(nearest(points, mirrored) - points, axis=-1)) < 0.05 * tall


def test_a_wider_and_a_smaller_picture_have_the_same_people(photos, cv2, tmp_path):
    image = photos[80]
    people = found_in(image, cv2, tmp_path)
    small = found_in(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), cv2, tmp_path)
    wide = found_in(cv2.copyMakeBorder(image, 0, 0, 0, 1000, cv2.BORDER_REPLICATE), cv2, tmp_path)
    frontal = max(people.keypoints, key=lambda person: np.abs(person[11, 0] - person[12, 0]))
    for other, scale in ((small, 0.5), (wide, 1.0)):
        apart = np.linalg.norm(nearest(frontal * scale, other) - frontal * scale, axis=-1)
        assert np.median(apart) < 0.05 * scale * np.ptp(frontal[:, 1])


def test_a_video_is_read_frame_by_frame(photos, cv2, tmp_path):
    path = tmp_path / "short.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 24.0, (1768, 994))
    for image in (photos[80] // 16, photos[80], photos[80]):
        writer.write(image)
    writer.release()
    video = pictures.detect(path)
    assert video.video and video.fps == 24 and video.frames == ("0", "1", "2")
    assert {1, 2} <= set(video.frame.tolist()) and (video.image_size == [1768, 994]).all()
    slow = pictures.detect(path, fps=240.0)
    assert slow.fps == 240 and any("240 frames per second as given" in note for note in slow.notes)


def test_what_is_not_computed_changes_nothing(photos):
    """The outputs of the networks that are used are those of the whole networks, bit for bit."""
    from ai_edge_litert.interpreter import Interpreter

    loaded = networks.load_networks(networks.FOLDER)
    contents = networks._read(networks.FOLDER)
    for network, content, model, size in zip(loaded, contents, networks.MODELS, (224, 256), strict=True):
        image = blazepose.warp(photos[80], crops.crop((884, 497), 994, 0.0, size), size, outside="black")
        whole = Interpreter(model_content=content, num_threads=2)
        whole.allocate_tensors()
        whole.set_tensor(whole.get_input_details()[0]["index"], image[None].astype(np.float32))
        whole.invoke()
        expected = {output["name"]: whole.get_tensor(output["index"]) for output in whole.get_output_details()}
        for found, name in zip(network(image), model.outputs, strict=True):
            np.testing.assert_array_equal(found, expected[name])
