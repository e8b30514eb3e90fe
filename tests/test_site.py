"""The site: it is built without a warning, its search answers what users of such programs ask, and nothing on it is
asked of other servers."""

import importlib.util
import json
import os
import re
import shutil
import string
import subprocess
import sys

import pytest

from geolift.demo import DEMOS
from geolift.skeletons.joint_sets import JOINT_SETS
from tests.helpers.paths import ROOT
from tests.test_api import PACKAGES

# What people asked in the threads of other projects, in their words, and where the answer is, which must be among the
# first hits. MotioNet#46, LiftPose3D#6, mmpose#1978, VideoPose3D#2, #38, #126, #240, videopose#4, PoseAug#34, HoT#16,
# MotionBERT#6, #8, #29, #145, 3d-pose-baseline#39, #114, pose2sim#71, mediapipe#6034 and others.
QUESTIONS = {
    "can I lift without synchronised cameras": "questions/#can-i-lift-without-synchronised-cameras-without-calibration",
    "BVH upside down": "questions/#bvh-the-hips-are-wrong-the-motion-is-upside-down-or-too-large-in-blender",
    "BVH hips wrong": "motion-files/#the-rig",
    "toes": "world/#toes-and-heels",
    "mirroring must swap left and right labels": "questions/#left-and-right-are-swapped-or-the-person-is-mirrored",
    "what unit, why axes are swapped": "questions/#what-units-axes-y-up-or-z-up-and-root-do-results-have",
    "GPU out of memory": "launching/#batch-memory-threads",
    "which joint order COCO Human3.6M": "joint-mapping/",
    "custom skeleton how to write the parent list": "skeletons/",
    "half-body videos": "questions/#occlusion-half-of-the-body-is-hidden-a-webcam-shows-no-legs",
    "several people track ids": "lifting/#following-people",
    "smooth jitter": "lifting/#jitter",
    "animals without a 3D library": "questions/#can-i-lift-animals-dog-horse-mouse-monkey-fly-do-i-need-a-3d-library",
    "ONNX output not close to the original": "models/#without-geolift-stablehlo-and-onnx",
    "Not able to get accurate output on own video": (
        "questions/#my-own-wild-video-gives-nonsense-wrong-or-inaccurate-output-entangled-random-poses"
    ),
    "how can I utilize your pre-trained model to inference on my own video?": (
        "questions/#inference-on-my-own-video-photo-or-single-image-my-input-is-no-keypoints"
    ),
    "can it be extended to posenet, what format should I have the input?": "formats/#keypoint-files-that-are-read",
    "is this model suitable for a real-time 3d pose estimation problem?": (
        "questions/#real-time-frame-by-frame-webcam-streaming-latency"
    ),
    "Does the camera have to be calibrated, where do my intrinsics go?": (
        "questions/#do-i-need-camera-intrinsics-a-focal-length-a-calibrated-camera"
    ),
    "why does the person not move, where is the trajectory?": (
        "questions/#the-person-does-not-move-where-is-the-trajectory-the-global-position"
    ),
    "How do I get this animation into Unity or Blender?": "questions/#export-to-fbx-unity-unreal-opensim",
    "Can I get a trc and run OpenSim with only one camera?": "questions/#export-to-fbx-unity-unreal-opensim",
    "world landmarks z has no clear scale": "questions/#mediapipes-z-world-landmarks-or-other-3d-as-input",
    "fast spins are smoothed away": "questions/#jitter-the-pose-trembles-or-fast-motion-is-smoothed-away",
    "what is --people for": "questions/#several-people-track-ids-people-who-change-their-number",
    "Do I need a graphics card?": "questions/#which-gpu-graphics-card-do-i-need-cuda-tpu-cpu-only",
    "how accurate is it": "questions/#how-accurate-is-it-how-large-is-the-error",
    "train on my own dataset": (
        "questions/#can-i-train-on-my-own-data-set-how-many-frames-does-training-need-how-long-does-it-take"
    ),
    "hands and fingers": "questions/#hands-fingers-and-face",
    "wrong number of keypoints": (
        "questions/#the-wrong-number-of-keypoints-or-joints-my-file-has-14-18-25-26-33-or-133"
    ),
    "arms go through the body": "questions/#arms-or-hands-go-through-the-body-legs-through-each-other",
    "Kinect or depth camera": "questions/#kinect-realsense-zed-iphone-lidar-a-depth-camera",
    "rat mouse lab videos from above": (
        "questions/#laboratory-videos-of-a-mouse-or-rat-filmed-from-above-from-below-in-an-arena-on-a-treadmill"
    ),
    "no module named cv2": "questions/#modulenotfounderror-no-module-named-cv2-matplotlib-pandas-h5py",
    "my csv is not recognized": "questions/#my-file-is-not-recognized-or-is-taken-for-another-format",
}
FIRST = 6  # pages with hits; those further down need scrolling


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if importlib.util.find_spec("material") is None or importlib.util.find_spec("mkdocstrings") is None:
        pytest.skip("needs mkdocs-material and mkdocstrings: pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "GITHUB_REPOSITORY": "someone/geolift"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def searched(site, questions):
    """What the site's search finds for each question: pages, and the sections of each."""
    if shutil.which("node") is None:
        pytest.skip("needs node, which runs the site's search")
    command = ["node", str(ROOT / "tests/helpers/site_search.js"), str(site), *questions]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_search_answers_what_users_ask(site):
    for (question, answer), pages in zip(QUESTIONS.items(), searched(site, QUESTIONS), strict=True):
        shown = [section for _, sections in pages[:FIRST] for section in sections[:3]]
        assert answer in shown, f"{question}: {shown}"


def test_the_search_finds_words_with_digits(site):
    names = [name for name in JOINT_SETS if re.search(r"[0-9]", name)]
    assert len(names) > 20
    for name, pages in zip(names, searched(site, names), strict=True):
        assert "joint-mapping/" in [page for page, _ in pages], name


def test_the_search_meets_no_word_that_no_page_has(site):
    """A letter stands for all words that begin with it; where one of them is on no page, the search finds nothing."""
    characters = [*string.ascii_lowercase, *string.digits]
    found = searched(site, characters)
    assert [one for one, pages in zip(characters, found, strict=True) if not pages] == []


def test_every_public_name_is_documented(site):
    fenced = {"geolift", "geolift.safe_io", "geolift.supervised"}  # the index; for geolift itself; by its command alone
    top = {package for package in PACKAGES if package.count(".") == 1}
    for package in {*top, "geolift.geometry", "geolift.losses", "geolift.metrics"} - fenced:
        page = (site / "api" / package / "index.html").read_text()
        names = importlib.import_module(package).__all__
        assert [name for name in names if f'id="{package}.{name}"' not in page] == []
    assert 'id="geolift.lift"' in (site / "api" / "index.html").read_text()


def test_the_gallery_shows_every_example(site):
    shown = re.findall(r'<iframe src="(\w+)\.html"', (site / "gallery" / "index.html").read_text())
    assert sorted(shown) == sorted(DEMOS)
    for name in shown:
        assert "<script" in (site / "gallery" / f"{name}.html").read_text()


def test_links_to_the_source_lead_to_the_repository(site):
    assert 'href="https://github.com/someone/geolift/blob/main/geolift/losses.py"' in (site / "index.html").read_text()


def test_pages_load_nothing_from_other_servers(site):
    for page in (site / "index.html", site / "lifting" / "index.html"):
        loaded = re.findall(r'<(?:script|img|iframe)[^>]*\ssrc="([^"]+)"', page.read_text())
        loaded += re.findall(r'<link[^>]*rel="(?:stylesheet|preconnect|preload)"[^>]*href="([^"]+)"', page.read_text())
        assert loaded
        assert [address for address in loaded if address.startswith(("http:", "https:", "//"))] == []
        assert 'data-md-component="source"' not in page.read_text()  # asks GitHub for the counts of a repository
