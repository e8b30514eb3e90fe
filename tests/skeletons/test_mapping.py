"""Other joint sets arrive under the right names, without junk, and at a training set's size; so do the real files."""

import numpy as np
import pytest

from geolift import cli
from geolift.convert.registry import CONVERTERS
from geolift.data.dataset import load_dataset
from geolift.data.normalization import fit_normalization, normalize, normalize_persons
from geolift.errors import DatasetError
from geolift.safe_io import npz
from geolift.skeletons.joint_sets import COCO17, JOINT_SETS, MPII16
from geolift.skeletons.mapping import check_mapping, map_joints
from geolift.skeletons.skeleton import H36M17
from tests.helpers.photograph_writers import coco_arrays, mpii_arrays

JOINT = H36M17.names.index


def as_images(data):
    """Every frame of a data set as a separate clip."""
    return data._replace(start=np.arange(data.frames), stop=np.arange(data.frames) + 1)


def lengths(poses):
    return np.linalg.norm(poses, axis=(1, 2))


@pytest.mark.parametrize("name", JOINT_SETS)
@pytest.mark.parametrize("junk", [np.nan, np.inf, -1e30])
def test_junk_in_missing_joints_changes_nothing(name, junk, rng):
    mapping = JOINT_SETS[name]
    keypoints = rng.normal(size=(40, len(mapping.source), 2))
    confidence = rng.uniform(0.1, 1, size=(40, len(mapping.source)))
    missing = rng.uniform(size=confidence.shape) < 0.3
    clean = map_joints(mapping, np.where(missing[..., None], 0, keypoints), np.where(missing, 0, confidence))
    dirty = np.where(missing[..., None], [junk, -junk], keypoints)
    for none in (0.0, -1.0, np.nan):
        for a, b in zip(clean, map_joints(mapping, dirty, np.where(missing, none, confidence)), strict=True):
            np.testing.assert_array_equal(a, b)
    points, trust = clean
    assert np.isfinite(points).all() and not points[trust == 0].any() and points[trust > 0].any()
    for joint, names in mapping.mean_of.items():
        made_of = [mapping.source.index(name) for name in names]
        expected = np.where(missing[:, made_of].any(axis=1), 0, confidence[:, made_of].min(axis=1, initial=1))
        np.testing.assert_allclose(trust[:, JOINT(joint)], expected if names else 0, rtol=1e-6)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"head": None}, r"joints \['head'\] missing"),
        ({"tail": ("nose",)}, r"found \['tail'\] beyond"),
        ({"head": ("crown",)}, r"head: found \['crown'\]"),
        ({"left_knee": ("right_knee",)}, "knee is made of .*expected the same with sides swapped"),
        ({"left_knee": ("right_knee",), "right_knee": ("left_knee",)}, "joints of its own side"),
        ({"head": ("left_eye",)}, "head is made of .*expected the same with sides swapped"),
        ({"left_wrist": ()}, "left_wrist is made of"),
    ],
)
def test_wrong_mappings_are_refused(rules, message):
    rules = {joint: sources for joint, sources in {**COCO17.mean_of, **rules}.items() if sources is not None}
    with pytest.raises(ValueError, match=message) as error:
        check_mapping(COCO17._replace(mean_of=rules))
    assert "\n" not in str(error.value)


def test_sources_must_fit_the_mapping(rng):
    with pytest.raises(ValueError, match="names must differ"):
        check_mapping(COCO17._replace(source=(*COCO17.source, "nose")))
    for keypoints, confidence in ((np.zeros((2, 17, 2)), np.zeros((2, 17))), (np.zeros((2, 16, 2)), np.zeros(16))):
        with pytest.raises(ValueError, match=r"found shapes .*, expected \[..., 16, 2\]"):
            map_joints(MPII16, keypoints, confidence)


ARCHIVES = {"mpii": mpii_arrays, "coco": coco_arrays}


def test_mpii_pixels_count_from_zero_and_hidden_joints_are_half_sure(tmp_path):
    np.savez(tmp_path / "mpii.npz", **mpii_arrays())
    data = CONVERTERS["mpii"].convert(tmp_path / "mpii.npz")
    np.testing.assert_array_equal(data.keypoints[:, JOINT("neck")], [[100, 100], [300, 300], [50, 50]])
    np.testing.assert_array_equal(data.confidence, np.repeat([[1], [1], [0.5]], 17, axis=1))
    assert data.subject.tolist() == ["b.jpg/0", "a.jpg/0", "b.jpg/3"] and data.image_size is None
    assert data.split.tolist() == ["train", "test", "train"] and not data.fps.any()


def test_coco_people_without_a_pelvis_are_left_out_and_counted(tmp_path, capsys):
    np.savez(tmp_path / "coco.npz", **coco_arrays())
    assert cli.main(["convert", "coco", str(tmp_path / "coco.npz"), str(tmp_path / "out.npz")]) == 0
    output = capsys.readouterr().out
    assert "2 frames" in output and "1 of 3 persons left out" in output and "head 2" in output
    data = load_dataset(tmp_path / "out.npz")
    assert data.subject.tolist() == ["7", "8"] and data.clip.tolist() == ["20", "3"]
    assert data.split.tolist() == ["train", "test"] and data.image_size.tolist() == [[640, 480]] * 2
    np.testing.assert_array_equal(data.confidence[:, [JOINT("pelvis"), JOINT("neck")]], [[1, 1], [0.5, 1]])
    assert not data.keypoints[:, H36M17.head].any()


BAD = {
    "other order": (lambda a: {"joint_names": a["joint_names"][::-1]}, "joint_names: found .*expected"),
    "another archive": (lambda a: {"joints": None}, r"not .* persons: \['joints'\] missing"),
    "shape": (lambda a: {"joints": a["joints"][:, 1:]}, "joints: found float32 of shape"),
    "NaN": (lambda a: {"joints": a["joints"] * np.float32(np.nan)}, "joints: found values that are not finite"),
    "text": (lambda a: {"joints": a["joints"].astype(str)}, "joints: found <U"),
    "far away": (lambda a: {"joints": a["joints"] * 1e6}, "keypoints: found"),
}


@pytest.mark.parametrize("kind", ARCHIVES)
@pytest.mark.parametrize("case", [*BAD, "flags", "people"])
def test_wrong_archives_are_refused_in_one_line(kind, case, tmp_path):
    arrays = ARCHIVES[kind]()
    flag, image = {"mpii": ("visible", "image"), "coco": ("visibility", "image_id")}[kind]
    change, message = (
        BAD.get(case)
        or {
            "flags": (lambda a: {flag: a[flag] + 7}, f"{flag}: found .*7.* expected"),
            "people": (lambda a: {image: a[image][:2]}, f"{image}: found shape .*each of 3 persons"),
        }[case]
    )
    path = tmp_path / "bad.npz"
    np.savez(path, **{key: value for key, value in {**arrays, **change(arrays)}.items() if value is not None})
    with pytest.raises(DatasetError, match=message) as error:
        CONVERTERS[kind].convert(path)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_nobody_with_a_pelvis(tmp_path):
    arrays = coco_arrays()
    np.savez(tmp_path / "no_person.npz", **{**arrays, "visibility": arrays["visibility"] * 0})
    with pytest.raises(DatasetError, match="none of 3 persons has a pelvis"):
        CONVERTERS["coco"].convert(tmp_path / "no_person.npz")


@pytest.fixture(scope="module")
def wild(request):
    """A real archive in Human3.6M-17 joints, and its arrays."""
    path = request.getfixturevalue(f"{request.param}_file")
    return request.param, CONVERTERS[request.param].convert(path), npz.read_arrays(path)


real = pytest.mark.parametrize("wild", ["mpii", "coco"], indirect=True)


@real
def test_the_real_files_count_as_documented(wild):
    kind, data, _ = wild
    persons, images, test = {"mpii": (1692, 1578, 329), "coco": (345, 202, 62)}[kind]
    assert data.frames == len(set(data.subject)) == persons and len(set(data.clip)) == images
    assert f"0 of {persons} persons left out" in data.source
    parts = {split: data.select(split) for split in ("train", "test")}
    assert parts["test"].frames == test and parts["train"].frames == persons - test
    assert not set(parts["train"].clip) & set(parts["test"].clip)


@real
def test_the_real_files_have_the_joints_that_they_name(wild):
    """Against the archives' lists of indices; MPII's neck differs on purpose (docs/joint-mapping.md)."""
    kind, data, arrays = wild
    flags = arrays[{"mpii": "visible", "coco": "visibility"}[kind]]
    for joint, index in enumerate(arrays[f"h36m17_from_{kind}"]):
        if index >= 0 and (kind, H36M17.names[joint]) != ("mpii", "neck"):
            seen = data.seen[:, joint]
            np.testing.assert_array_equal(seen, flags[:, index] > 0 if kind == "coco" else True)
            np.testing.assert_allclose(data.keypoints[seen, joint], arrays["joints"][seen, index] - (kind == "mpii"))


@real
def test_people_in_the_real_files_are_upright_and_have_their_sides(wild):
    kind, data, _ = wild
    x, y = np.moveaxis(data.keypoints, -1, 0)
    top, sides = {"mpii": ("head", 0.9), "coco": ("neck", 0.95)}[kind]
    seen = data.seen[:, JOINT(top)]
    assert 0.96 < (y[:, JOINT(top)] < y[:, JOINT("pelvis")])[seen].mean() <= 1
    hips, shoulders = (x[:, JOINT(f"left_{j}")] - x[:, JOINT(f"right_{j}")] for j in ("hip", "shoulder"))
    assert (hips * shoulders > 0).mean() > sides  # a twist that turns the one and not the other is rare
    assert (shoulders > 0).mean() > 0.65  # most people face the photographer: their left is on the image's right


@real
def test_real_people_come_to_the_training_set_s_size(wild, people):
    _, data, _ = wild
    fitted = fit_normalization(people)
    poses = normalize_persons(data, fitted)
    assert poses.dtype == np.float32 and np.isfinite(poses).all() and np.abs(poses).max() < 0.4
    assert not poses[~data.seen].any() and not poses[:, H36M17.root].any()
    hip, knee = JOINT("left_hip"), JOINT("left_knee")
    thigh = np.linalg.norm(poses[:, knee] - poses[:, hip], axis=-1)[data.seen[:, knee]]
    assert 0.7 < np.quantile(thigh, 0.9) / fitted.bones[H36M17.bones.index((hip, knee))] < 1.4


def test_persons_have_the_training_factor_within_tolerance(people):
    fitted = fit_normalization(people)
    common = lengths(normalize(people, fitted))
    images = lengths(normalize_persons(as_images(people), fitted)) / common
    clips = (lengths(normalize_persons(people, fitted)) / common)[people.start]
    assert abs(np.median(images) - 1) < 0.01 and abs(images.mean() - 1) < 0.02 and images.std() < 0.2
    assert abs(clips.mean() - 1) < 0.03 and clips.std() < images.std()  # clips come out no larger, and surer


def test_persons_do_not_depend_on_a_clip_s_scale_and_place(people, rng):
    fitted = fit_normalization(people)
    scale, shift = rng.uniform(0.2, 5, (len(people.start), 1, 1)), rng.normal(size=(len(people.start), 1, 2)) * 300
    clip = people.clip_of_frame
    moved = people._replace(
        keypoints=people.keypoints * scale[clip] + shift[clip], intrinsics=None, image_size=None, points_3d=None
    )
    poses = normalize_persons(people, fitted)
    np.testing.assert_allclose(normalize_persons(moved, fitted), poses, atol=1e-6)
    again = fitted._replace(bones=list(fitted.bones))  # as model.json gives it back
    np.testing.assert_array_equal(normalize_persons(people, again), poses)


@pytest.mark.parametrize("how", [normalize, normalize_persons])
def test_junk_in_unseen_joints_does_not_reach_the_poses(how, people, rng):
    confidence = np.where(rng.uniform(size=people.confidence.shape) < 0.3, 0, people.confidence).astype(np.float32)
    junk = np.where(confidence[..., None] > 0, people.keypoints, rng.normal(size=people.keypoints.shape) * 1e5)
    clean, dirty = (people._replace(keypoints=k, confidence=confidence) for k in (people.keypoints, junk))
    fitted = fit_normalization(dirty)
    assert fitted == fit_normalization(clean)
    poses = how(dirty, fitted)
    np.testing.assert_array_equal(poses, how(clean, fitted))
    assert not poses[confidence == 0].any() and not poses[confidence[:, H36M17.root] == 0].any()


def test_one_wrong_joint_makes_no_giant(people, rng):
    fitted, images = fit_normalization(people), as_images(people)
    wrong = people.keypoints.copy()
    wrong[np.arange(people.frames), rng.integers(2, 17, people.frames)] += 1000
    hips = [  # of the same size in pixels in both, since the wrong joint is another
        np.linalg.norm(normalize_persons(data, fitted)[:, 1], axis=-1)
        for data in (images, images._replace(keypoints=wrong))
    ]
    assert np.quantile(hips[0] / hips[1], 0.95) < 1.3


def test_too_few_bones_are_refused(people):
    fitted = fit_normalization(people)
    confidence = people.confidence.copy()
    confidence[people.start[4] : people.stop[4], [i for i in range(17) if i not in (0, 1, 2)]] = 0
    with pytest.raises(DatasetError, match=rf"clip 4 \({people.clip[4]}, .*no frame with 3 bones seen"):
        normalize_persons(people._replace(confidence=confidence), fitted)
    with pytest.raises(DatasetError, match=r"found 0 bones, expected 16"):
        normalize_persons(people, fitted._replace(bones=()))
    headless = np.where(np.arange(17) == JOINT("left_wrist"), 0, people.confidence)
    with pytest.raises(DatasetError, match="left_elbow and left_wrist are never both seen"):
        fit_normalization(people._replace(confidence=headless))


def test_a_training_set_needs_a_plane(people):
    plain = people._replace(intrinsics=None, image_size=None, points_3d=None)
    with pytest.raises(DatasetError, match="intrinsics, image_size: found neither"):
        fit_normalization(plain)
    with pytest.raises(DatasetError, match=r"intrinsics: found none.*normalize_persons"):
        normalize(plain, fit_normalization(people))
