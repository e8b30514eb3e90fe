"""Selection from 2D alone: right lifters score best, degenerate ones worse, and 3D is never read."""

import json
import math
import sys
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import cmu_cpu
from geolift.data import dataset
from geolift.data.cameras import film
from geolift.data.dataset import save_dataset
from geolift.data.normalization import fit_normalization, normalize, normalize_persons
from geolift.data.synthetic.motions import procedural_clips
from geolift.errors import DatasetError
from geolift.evaluation import criteria, selection
from geolift.evaluation.criteria import plausibility
from geolift.evaluation.selection import CRITERIA, FlatLifter, assess, usable_poses
from geolift.geometry import project, sample_rotation, tilt_of
from geolift.losses import rotate_about_root
from geolift.model import Model
from geolift.objectives.views import View
from geolift.skeletons.skeleton import H36M17, Skeleton
from geolift.training.config import Config
from geolift.training.run import load
from geolift.training.train import train, train_seeds
from launch import select
from tests.helpers.refusals import refusals
from tests.launch.test_programs import PNG, program

VIEW = View(math.pi, math.pi / 9, math.atan2(1.6 - 0.9, 5.0), 10.0, 1.0, 0)  # as the people are filmed
MIRROR = np.float32([1, 1, -1])


class Memory(NamedTuple):
    """A lifter that answers with the offsets of the most similar pose it has in mind, stretched and reordered."""

    stretch: float = 1.0
    swapped: bool = False
    masks: bool = False

    def apply(self, variables, pose, seen=None):
        known, offsets = variables
        flat = pose.reshape(len(pose), -1)
        distance = (known**2).sum(1)[None] - 2 * jnp.matmul(flat, known.T, precision=jax.lax.Precision.HIGHEST)
        found = self.stretch * offsets[jnp.argmin(distance, axis=1)]
        return found[:, np.array(H36M17.mirrored)] if self.swapped else found


def memory(bodies, *, views=12, **tilt):
    """Poses and offsets of bodies `[F, J, 3]` in model units, as given and from random views."""
    angles = {"azimuth": VIEW.azimuth, "elevation": VIEW.elevation} | (tilt or {"pitch": VIEW.pitch})
    random = sample_rotation(jax.random.key(9), (views * len(bodies),), **angles)
    rotation = jnp.concatenate([jnp.broadcast_to(jnp.eye(3), (len(bodies), 3, 3)), random])
    points = rotate_about_root(jnp.tile(jnp.asarray(bodies), (views + 1, 1, 1)), rotation, distance=VIEW.distance)
    return project(points).reshape(len(points), -1), points[..., 2] - VIEW.distance


@pytest.fixture(scope="module")
def normalization(people):
    return fit_normalization(people)


@pytest.fixture(scope="module")
def lifter(normalization):
    return lambda network, variables=(): Model(network, variables, H36M17, normalization, VIEW.distance, VIEW.min_depth)


def true_bodies(people, normalization):
    """`[F, J, 3]`, root-centred, in model units."""
    root = people.points_3d[:, :1]
    return (people.points_3d - root) * np.float32(VIEW.distance * normalization.factor) / root[..., 2:]


@pytest.fixture(scope="module")
def bodies(people, normalization):
    return true_bodies(people, normalization)


@pytest.fixture(scope="module")
def assessed(people, lifter, bodies):
    """Assessments of the truth and of lifters that must not win."""
    truth, twin = memory(bodies), memory(bodies * MIRROR)
    candidates = {
        "truth": lifter(Memory(), truth),
        "flat": lifter(FlatLifter(False)),
        "mirrored twin": lifter(Memory(), twin),
        "swapped": lifter(Memory(swapped=True), truth),
        "half as deep": lifter(Memory(stretch=0.5), truth),
        "twice as deep": lifter(Memory(stretch=2.0), truth),
    }
    return {name: assess(candidate, people, VIEW) for name, candidate in candidates.items()}


def test_the_truth_is_preferred_to_everything_degenerate(assessed):
    scores = {name: result["score"] for name, result in assessed.items()}
    assert min(scores, key=scores.get) == "truth"
    assert sorted(scores.values())[1] > 1.4 * scores["truth"], scores
    for key in CRITERIA:
        assert assessed["truth"][key] < assessed["flat"][key], key


def test_the_flat_skeleton_scores_one(assessed):
    assert assessed["flat"]["score"] == 1
    assert all(assessed["flat"][key] == assessed["truth"]["flat"][key] for key in CRITERIA)


def test_realism_distinguishes_the_mirrored_twin_by_gravity_alone(people, lifter, bodies, assessed):
    """The twin leans the other way. Cameras taken to look straight ahead cannot tell which."""
    truth, twin = assessed["truth"], assessed["mirrored twin"]
    assert twin["strangeness"] > 1.5 * truth["strangeness"]
    level = VIEW._replace(pitch=0.0)
    found = [assess(lifter(Memory(), memory(b)), people, level)["strangeness"] for b in (bodies, bodies * MIRROR)]
    assert found[1] < 1.2 * found[0]


def test_with_tilted_cameras_views_are_about_the_gravity_of_the_data_set(people):
    """Cameras that look down by 20 to 45 degrees: the truth is preferred to its twin by views about gravity."""
    tilted = film(procedural_clips(seed=1, people=3, seconds=1.0, fps=5.0), H36M17, cameras="balcony", views=1, seed=1)
    normalization = fit_normalization(tilted)
    root = tilted.points_3d[:, :1]
    size = np.linalg.norm(tilted.points_3d[:, H36M17.head] - root[:, 0], axis=-1).mean()
    bodies, (pitch, roll) = (tilted.points_3d - root) / size, tilt_of(jnp.asarray(tilted.gravity))
    angles = {"pitch": jnp.tile(pitch, 12), "roll": jnp.tile(roll, 12)}
    angles |= {"new_pitch": jnp.tile(pitch[::-1], 12), "new_roll": jnp.tile(roll[::-1], 12)}
    found = {}
    for name, shape in {"truth": bodies, "twin": bodies * MIRROR}.items():
        known = memory(shape, **angles)
        trained = Model(Memory(), known, H36M17, normalization, VIEW.distance, VIEW.min_depth)
        found[name] = assess(trained, tilted, VIEW._replace(pitch=None))
    assert found["truth"]["score"] < 0.8 * found["twin"]["score"]
    assert found["twin"]["strangeness"] > 1.5 * found["truth"]["strangeness"]
    with pytest.raises(DatasetError, match="gravity: found none"):
        assess(trained, tilted._replace(gravity=None), VIEW._replace(pitch=None))


def test_perfect_agreement_cannot_buy_the_rest():
    """Nonsense that agrees with itself perfectly, and is otherwise as bad as knowing nothing, by hand."""
    flat = dict.fromkeys(CRITERIA, 0.5)
    nonsense = {**flat, "consistency_3d": 0.0, "consistency_2d": 0.0}
    decent = dict.fromkeys(CRITERIA, 0.3)
    np.testing.assert_allclose(selection.score(nonsense, flat), 2 / 3)
    np.testing.assert_allclose(selection.score(decent, flat), 0.6)
    np.testing.assert_allclose(selection.score({**decent, "bone_spread": None}, flat), 0.6)
    np.testing.assert_allclose(selection.score({**decent, "bone_spread": None, "asymmetry": None}, flat), 0.6)


@pytest.mark.parametrize(("own", "flat"), [(math.nan, 0.5), (math.inf, 0.5), (0.5, math.nan), (0.0, 0.0), (0.5, 0.0)])
def test_a_score_that_is_no_number_is_refused(own, flat):
    other = dict.fromkeys(CRITERIA, 0.5)
    with pytest.raises(DatasetError, match=r"^consistency_2d: found .*expected finite numbers") as caught:
        selection.score(other | {"consistency_2d": own}, other | {"consistency_2d": flat})
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def config(people_file):
    config = Config(cmu_cpu.get_config().to_dict())
    config.steps, config.batch_size = 20, 32
    config.data.path, config.data.validation_split = str(people_file), ""
    config.lifter.width = config.discriminator.width = 16
    config.run.update(steps_per_dispatch=10, log_every=10, validate_every=10, checkpoint_every=10, keep=2)
    return config


def test_three_dimensions_are_never_looked_at(people, config, tmp_path, rng):
    trained = train(config, tmp_path / "run")
    nonsense = rng.normal(size=people.points_3d.shape).astype("f")
    results = [assess(trained, people._replace(points_3d=p), VIEW) for p in (people.points_3d, None, nonsense)]
    assert results[0] == results[1] == results[2]  # to the bit


def test_lengths_by_hand():
    skeleton = Skeleton(("root", "l", "r", "head"), (-1, 0, 0, 0), (1,), (2,), 3)  # bones: l, r, head
    lengths = np.float32([[1, 3, 2], [2, 2, 2], [np.nan, 1, 1]])
    np.testing.assert_allclose(criteria.asymmetry(lengths, skeleton), (0.5 + 0) / 2)
    assert criteria.asymmetry(lengths[2:], skeleton) is None  # no two partners
    assert criteria.asymmetry(lengths, skeleton._replace(left=(), right=())) is None
    assert criteria.bone_spread(lengths, np.array([0, 0, 0])) is None
    many = np.concatenate([np.tile(lengths[:2], (4, 1)), np.float32([[9, 9, 0]]), np.full((8, 3), 5.0)])
    clip = np.array([0] * 8 + [1] + [2] * 8)  # the lone frame of clip 1 is too few, clip 2 does not change
    spread = np.mean([0.25 / 0.75, 0.25 / 1.25, 0])
    np.testing.assert_allclose(criteria.bone_spread(many, clip), spread / 2, rtol=1e-6)
    np.testing.assert_allclose(criteria.bone_spread(many * np.arange(1, 18)[:, None], clip), spread / 2, rtol=1e-6)


def test_energy_distance_by_hand_and_its_bounds(rng):
    a, b = np.float32([[[0, 0]], [[0, 0]]]), np.float32([[[3, 4]], [[3, 4]]])
    assert criteria.energy_distance(a, b) == 1  # two points: 2 * 5 - 0 - 0 over 2 * 5
    same = rng.normal(size=(200, 17, 2)).astype("f")
    assert criteria.energy_distance(same, same) < 1e-3
    shifted = [float(criteria.energy_distance(same, same + np.float32(d))) for d in (0.1, 0.2, 0.4)]
    np.testing.assert_allclose(shifted[1] / shifted[0], 2, rtol=0.1)  # grows with the displacement
    assert shifted[1] < shifted[2] < 1


def test_plausible_limbs(people, rng):
    parent, child = np.transpose(H36M17.bones)
    lengths = np.linalg.norm(people.points_3d[:, child] - people.points_3d[:, parent], axis=-1)
    good = plausibility(lengths * rng.uniform(0.1, 10, (len(lengths), 1)), H36M17)  # whatever the scale
    assert good == {"plausible_bones": 100, "plausible_poses": 100}
    knee = list(child).index(H36M17.names.index("left_knee"))
    lengths[: len(lengths) // 2, knee] *= 2
    worse = plausibility(lengths, H36M17)
    assert worse["plausible_poses"] == 50 and 80 < worse["plausible_bones"] < 95
    lengths[:, knee] = np.nan  # not seen
    assert plausibility(lengths, H36M17) == good
    unnamed = H36M17._replace(names=tuple(f"joint {i}" for i in range(17)))
    assert plausibility(lengths, unnamed) == dict.fromkeys(good)


def test_missing_joints_do_not_count(people, lifter):
    hidden = people.confidence.copy()
    hidden[:, 13] = 0
    nonsense = people.keypoints.copy()
    nonsense[:, 13] = 1e5
    partly = people._replace(confidence=hidden)
    with pytest.raises(DatasetError, match="model without masks"):
        assess(lifter(FlatLifter(False)), partly, VIEW)
    one = assess(lifter(FlatLifter(True)), partly, VIEW)
    assert one == assess(lifter(FlatLifter(True)), partly._replace(keypoints=nonsense), VIEW)
    assert one["frames"] == people.frames and one["bone_spread"] is None and np.isfinite(one["strangeness"])


def test_frames_that_show_too_little_are_not_assessed(people, lifter):
    """Of frames 0 to 2 the root alone, three joints in all, and all joints but the root are seen; of frame 3 four."""
    confidence = people.confidence.copy()
    confidence[:4] = 0
    confidence[[0, 1, 3], 0] = confidence[1, 1:3] = confidence[2, 1:] = confidence[3, 1:4] = 1
    partly = people._replace(confidence=confidence)
    usable = usable_poses(lifter(FlatLifter(True)), partly)
    np.testing.assert_array_equal(usable.seen, confidence[3:] > 0)
    result = assess(lifter(FlatLifter(True)), partly, VIEW)
    assert result["score"] == 1 and np.isfinite([result[key] for key in CRITERIA]).all()
    nothing = people._replace(confidence=np.where(np.arange(17) < 3, people.confidence, 0))
    with pytest.raises(DatasetError, match=f"confidence: none of {people.frames} frames has its root and 4 joints"):
        usable_poses(lifter(FlatLifter(True)), nothing)


def test_a_skeleton_without_sides_is_assessed_by_the_rest(people, lifter):
    sideless = H36M17._replace(left=(), right=())
    result = assess(lifter(FlatLifter(False))._replace(skeleton=sideless), people._replace(skeleton=sideless), VIEW)
    assert result["asymmetry"] is None and result["bone_spread"] > 0 and result["score"] == 1


def test_a_lifter_that_gives_no_numbers_is_refused(people, lifter, bodies):
    with pytest.raises(DatasetError, match="consistency_3d: found nan"):
        assess(lifter(Memory(stretch=math.nan), memory(bodies)), people, VIEW)


@pytest.mark.parametrize("plane", ["camera", "image"])
def test_data_with_what_the_model_was_normalised_by_keeps_its_sizes(people, lifter, plane):
    size = np.full((len(people.start), 2), 1000, np.float32)
    both = people._replace(image_size=size)
    own, other = both._replace(intrinsics=None), both._replace(image_size=None)
    if plane == "camera":
        own, other = other, own
    normalization = fit_normalization(own)
    assert normalization.plane == plane
    trained = lifter(FlatLifter(False))._replace(normalization=normalization)
    np.testing.assert_array_equal(usable_poses(trained, own).poses, normalize(own, normalization))
    np.testing.assert_array_equal(usable_poses(trained, other).poses, normalize_persons(other, normalization))


def test_people_before_unknown_cameras_are_assessed_at_their_own_size(people, lifter, normalization):
    wild = people._replace(intrinsics=None, keypoints=3 * people.keypoints)
    np.testing.assert_array_equal(
        usable_poses(lifter(FlatLifter(False)), wild).poses, normalize_persons(wild, normalization)
    )
    assert assess(lifter(FlatLifter(False)), wild, VIEW)["score"] == 1


@pytest.fixture(scope="module")
def runs(config, tmp_path_factory):
    """The folder of two runs that differ in their seed, `row/seed_N`, and of one that learnt from other views."""
    folder = tmp_path_factory.mktemp("runs")
    train_seeds(config, folder / "row", [0, 1])
    other = Config(config.to_dict())
    other.view.update({"tilt": "mean", "pitch": 0.0})
    train(other, folder / "level")
    return folder


def test_select_from_the_command_line(people_file, runs, tmp_path):
    out, picture = tmp_path / "selection.json", tmp_path / "wild.png"
    command = ["-m", "launch.select", f"--data={people_file}", "--split=all", f"--out={out}"]
    done = program(*command, f"--runs={runs}/row/*", "--truth_split=test", f"--pictures={picture}")
    result = json.loads(out.read_text())
    scores = [run["score"] for run in result["ranking"]]
    assert scores == sorted(scores) and result["pick"] == result["ranking"][0]["run"] and len(scores) == 2
    assert f"pick         {result['pick']}" in done.stdout and "flat skeleton" in done.stdout
    assert f"{runs}/row  " in done.stdout  # the mean of the folder
    assert set(result["truth"]["p_mpjpe"]) == {run["run"] for run in result["ranking"]}
    assert set(result["truth"]["spearman"]) == {"score", *CRITERIA}
    assert {round(abs(value), 6) for value in result["truth"]["spearman"].values()} == {1}  # of two runs
    assert result["truth"]["pairs"] == 1 and set(result["truth"]["pairs_in_order"].values()) <= {0, 1}
    assert picture.read_bytes().startswith(PNG)
    newest = {(f"{run['run']}@{run['step']}", run["score"]) for run in result["ranking"]}

    done = program(*command, f"--runs={runs}/row/*", "--checkpoints=all", "--truth_split=test")
    result = json.loads(out.read_text())
    steps = {run["run"]: run["step"] for run in result["ranking"]}
    assert steps == {f"{runs}/row/seed_{seed}@{step}": step for seed in (0, 1) for step in (10, 20)}
    assert newest < {(run["run"], run["score"]) for run in result["ranking"]}
    assert f"{runs}/row@10  " in done.stdout and f"{runs}/row@20  " in done.stdout
    assert set(result["truth"]["p_mpjpe"]) == set(steps) and len(set(result["truth"]["p_mpjpe"].values())) == 4
    assert result["truth"]["pairs"] == 2  # seeds at one step

    done = program(*command, f"--runs={runs}/row/*,{runs}/level", check=False)
    assert done.returncode == 1 and "view: found" in done.stderr and done.stderr.count("\n") == 1
    assert "--view_of takes the views of one run for all" in done.stderr
    views = [select.view_of(runs / name, *load(runs / name)[:2]) for name in ("row/seed_0", "level")]
    assert 0 < views[1].pitch < 0.35 and views[1].pitch != views[0].pitch  # what was learnt
    program(*command, f"--runs={runs}/row/*,{runs}/level", f"--view_of={runs}/level")
    together = {run["run"]: run["score"] for run in json.loads(out.read_text())["ranking"]}
    program(*command, f"--runs={runs}/level")
    (alone,) = json.loads(out.read_text())["ranking"]
    assert len(together) == 3 and together[f"{runs}/level"] == alone["score"]


def test_pictures_without_matplotlib_are_a_line(monkeypatch, capsys, people, tmp_path):
    monkeypatch.setitem(sys.modules, "geolift.output.view.figures", None)
    select.draw(tmp_path, 10, people)
    assert capsys.readouterr().out == "pictures     none: pip install 'geolift[viz]'\n"


def test_select_on_photographs_from_the_command_line(people, runs, tmp_path):
    stills = people.without_3d()._replace(
        intrinsics=None, image_size=None, start=np.arange(people.frames), stop=np.arange(people.frames) + 1,
        **{key: getattr(people, key)[people.clip_of_frame] for key in ("fps", *dataset.CLIP_TEXT)},
    )  # fmt: skip
    save_dataset(stills, tmp_path / "stills.npz")
    out = tmp_path / "wild.json"
    command = ["-m", "launch.select", f"--runs={runs}/row/seed_0", f"--data={tmp_path}/stills.npz", f"--out={out}"]
    program(*command, "--split=test")
    (result,) = json.loads(out.read_text())["ranking"]
    assert result["bone_spread"] is None and result["plausible_bones"] > 0 and np.isfinite(result["score"])
    out.unlink()
    wrong = {
        "points_3d: found none": ["--split=test", "--truth_split=test"],
        "found no clip of 'extra'": [],
        "found no folder": ["--split=test", f"--runs={tmp_path}/none/*"],
    }
    refused = refusals("launch.select", [[*command[2:], *arguments] for arguments in wrong.values()])
    for message, (code, error) in zip(wrong, refused, strict=True):
        assert code == 1 and message in error and error.count("\n") == 1, error
    assert not out.exists()
