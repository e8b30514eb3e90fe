"""Every way in for untrusted files: good files for each, and the message when a bad one is refused."""

import importlib.util
import json
import os
import textwrap
import tomllib
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from geolift.convert.registry import CONVERTERS
from geolift.data.cameras import film
from geolift.data.dataset import load_dataset
from geolift.data.normalization import Normalization
from geolift.data.synthetic.motions import procedural_clips
from geolift.errors import LONGEST, DatasetError
from geolift.keypoints.detector import blazepose
from geolift.keypoints.options import Options
from geolift.lifting.inspection import inspect_file
from geolift.lifting.inspection_text import describe_inspection
from geolift.lifting.lift import lift
from geolift.model import Model
from geolift.networks.mlp import Lifter
from geolift.output.write import load_result
from geolift.pretrained.card import CARD
from geolift.pretrained.models import load
from geolift.pretrained.weights_file import save
from geolift.skeletons import skeleton_file
from geolift.skeletons.skeleton import H36M17
from tests.helpers import corpus
from tests.helpers.mpi_inf_3dhp_test_files import write_3dhp
from tests.helpers.mpi_inf_3dhp_training_files import write_3dhp_training

NOBODY = 65534  # a user who may read nothing of others


class Way(NamedTuple):
    """A good file or folder of `corpus`, its reader, and which of a folder's files is to be damaged."""

    file: str
    reader: str = "inspect"
    victim: str = ""


class Nobody:
    """A detector that finds no person, so that pictures are read without the networks."""

    def __init__(self, *_):
        pass

    def follow(self, *_):
        return []

    def search(self, *_):
        return []


WAYS = (
    Way("dataset.npz", "dataset"), Way("dataset.npz"), Way("poses.npz", "poses"), Way("poses.json", "poses"),
    Way("poses.json"), Way("small.safetensors", "weights"), Way("dog.toml", "skeleton"), Way("dog.json", "skeleton"),
    Way("openpose", victim="*.json"), Way("alphapose_list.json"), Way("coco_annotations.json"),
    Way("mmpose_video.json"), Way("mpii.json"), Way("mediapipe_list.json"), Way("table.csv"), Way("deeplabcut.csv"),
    Way("deeplabcut_table.h5"), Way("deeplabcut_fixed.h5"), Way("sleap.h5"), Way("detectron.npz"),
    Way("videopose3d.npz"), Way("alphapose_list.json", "convert keypoints"), Way("dataset.npz", "convert cmu"),
    Way("archive_mpii.npz", "convert mpii"), Way("archive_coco.npz", "convert coco"),
    Way("archive_videopose3d.npz", "convert videopose3d"), Way("archive_cgspeed.bvh", "convert bvh"),
    Way("archive_markers.c3d", "convert c3d"), Way("archive_markers.trc", "convert trc"),
    Way("archive_asf_amc", "convert asf_amc", "*.asf"), Way("archive_asf_amc", "convert asf_amc", "*.amc"),
    Way("archive_elepose.pkl", "convert elepose"), Way("archive_motionbert.pkl", "convert motionbert"),
    Way("archive_human36m_cdf", "convert human36m_cdf", "*.cdf"),
    Way("archive_h36m_fetch", "convert h36m_fetch", "*.h5"),
    Way("3dhp_test", "convert mpi_inf_3dhp", "*.mat"), Way("3dhp_train", "convert mpi_inf_3dhp_train", "*.mat"),
    *([Way("picture.png", "picture"), Way("film.mp4", "picture")] if importlib.util.find_spec("cv2") else []),
)  # fmt: skip


def write(folder: Path) -> None:
    """Write the files of all ways in."""
    corpus.write(folder)
    lifter = Lifter(16, 1, "batch", 10.0, False)
    variables = lifter.init(jax.random.key(0), np.zeros((1, 17, 2), np.float32))
    model = Model(lifter, variables, H36M17, Normalization("camera", 0.4, (0.1,) * 16), 10.0, 1.0)
    save(model, folder / "small.safetensors", dict.fromkeys(CARD, "x"), dtype="float32")
    dog = textwrap.dedent(skeleton_file.__doc__.split("than the file:\n")[1].split("\n* ")[0])
    (folder / "dog.toml").write_text(dog)
    (folder / "dog.json").write_text(json.dumps(tomllib.loads(dog)))
    people = film(procedural_clips(seed=1, people=3, seconds=1.0, fps=10.0), H36M17, seed=1)
    write_3dhp(folder / "3dhp_test", people, dict.fromkeys((f"TS{i}" for i in range(1, 7)), 20))
    write_3dhp_training(folder / "3dhp_train" / "S1" / "Seq1" / "annot.mat")
    if importlib.util.find_spec("cv2"):
        _pictures(folder)


def _pictures(folder: Path) -> None:
    import cv2

    image = np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    cv2.imwrite(str(folder / "picture.png"), image)
    film_of = cv2.VideoWriter(str(folder / "film.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
    for _ in range(5):
        film_of.write(image)
    film_of.release()


def read(reader: str, path: Path, unreadable: bool = False) -> str:
    """The reader's message if it refuses the file, one short line that names it; "" if it reads it."""
    if unreadable and os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        _read(reader, path)
    except (DatasetError, FileNotFoundError) as error:
        message = str(error)
        assert "\n" not in message and len(message) <= LONGEST + 100, f"not a short line: {message[:300]!r}"
        assert path.name in message, f"does not name the file: {message[:300]!r}"
        return message
    finally:
        os.seteuid(os.getuid())
    return ""


def _read(reader: str, path: Path) -> None:
    if reader.startswith("convert "):
        CONVERTERS[reader.removeprefix("convert ")].convert(path)
    elif reader == "inspect at 30":
        described(inspect_file(path, options=Options(fps=30.0)))
    elif reader == "lift":
        lift(path)
    elif reader == "dataset":
        load_dataset(path)
    elif reader == "poses":
        load_result(path)
    elif reader == "weights":
        load(path)
    elif reader == "skeleton":
        skeleton_file.read_skeleton(path)
    else:
        blazepose.BlazePose = Nobody  # in a separate process
        described(inspect_file(path))


def described(found) -> None:
    """Describe an inspection, and expect nothing in it that a terminal would obey."""
    text = describe_inspection(found)
    assert text.replace("\n", "").isprintable(), repr(text)
