"""Good files of every format that is read, to be damaged: `python -m tests.helpers.corpus FOLDER`."""

import pickle
import shutil
import sys
from pathlib import Path

import numpy as np

from geolift.data.cameras import film
from geolift.data.dataset import save_dataset
from geolift.data.synthetic.motions import procedural_clips
from geolift.output import npz_json
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import H36M17
from tests.helpers import (
    annotation_writers,
    human36m_writers,
    keypoint_writers,
    landmark_writers,
    marker_writers,
    motion_writers,
    photograph_writers,
    program_writers,
    table_writers,
)
from tests.helpers.results import make_result


def write(folder):
    """Write the files and folders; return the functions whose libraries are not installed."""
    folder.mkdir(parents=True, exist_ok=True)
    left_out = []
    for write_some in (_json, _tables, _own, _deeplabcut, _deeplabcut_hdf5, _sleap, _archives, _human36m_cdf):
        try:
            write_some(folder)
        except ModuleNotFoundError as error:
            if error.name.partition(".")[0] in ("geolift", "tests"):
                raise
            left_out.append(write_some.__name__)
    return left_out


def _json(folder):
    rng = np.random.default_rng(0)
    people = {name: keypoint_writers.scene(mapping.source, name, rng) for name, mapping in JOINT_SETS.items()}
    keypoint_writers.openpose(folder / "openpose", people["body25"])
    for form in ("list", "eval", "open"):
        path = folder / f"alphapose_{form}.json"
        keypoint_writers.alphapose(path, people["coco17"], form=form, tracked=form == "eval")
    keypoint_writers.coco_annotations(folder / "coco_annotations.json", people["coco17"], extras=True)
    keypoint_writers.coco_results(folder / "coco_results.json", people["coco17"])
    keypoint_writers.aic(folder / "aic.json", people["aic14"])
    keypoint_writers.coco_annotations(folder / "coco_tracks.json", people["coco17"], tracks="attributes", label=True)
    for form in ("lines", "list", "image"):
        keypoint_writers.openpifpaf(folder / f"openpifpaf_{form}.json", people["coco17"], form=form, tracked=True)
    for form in ("image", "video", "demo"):
        path = folder / f"mmpose_{form}.json"
        keypoint_writers.mmpose(path, people["coco17"], form=form, names=keypoint_writers.COCO)
    keypoint_writers.ultralytics(folder / "ultralytics.json", people["coco17"], tracked=True)
    keypoint_writers.mpii(folder / "mpii.json", people["mpii16"])
    program_writers.pyskl(folder / "pyskl.pkl", [people["coco17"]])
    program_writers.opencap(folder / "opencap.pkl", people["body25"])
    program_writers.pose_format(folder / "pose_format.pose", people["mediapipe33"], JOINT_SETS["mediapipe33"].source)
    program_writers.kinetics_skeleton(folder / "kinetics_skeleton.json", people["coco18"], size=(1, 1))
    keypoints, confidence = program_writers.by_person(people["coco17"] * 3)
    np.save(folder / "array.npy", keypoints)
    np.savez(folder / "arrays.npz", keypoints=keypoints, scores=confidence)
    (folder / "mmpose_folder").mkdir()
    for t, frame in enumerate(people["coco17"]):
        keypoint_writers.mmpose(folder / "mmpose_folder" / f"{t}.json", [frame], form="image")
    shutil.make_archive(str(folder / "packed"), "zip", folder / "openpose")
    shutil.make_archive(str(folder / "packed"), "gztar", folder / "mmpose_folder")
    annotation_writers.labelme(folder / "labelme", people["coco17"])
    (folder / "labelme" / "walk_000.json").rename(folder / "labelme.json")
    for form in ("boxes", "parents", "minimal"):
        scene = people["coco17"] if form != "minimal" else [frame[:1] for frame in people["coco17"]]
        annotation_writers.label_studio(folder / f"label_studio_{form}.json", scene, form=form)
    for form in ("project", "annotations"):
        annotation_writers.via(folder / f"via_{form}.json", people["coco17"], form=form)
    for form in landmark_writers.FRACTIONS:
        path = folder / f"landmarks_{form}.json"
        landmark_writers.mediapipe(path, people["mediapipe33"], form=form, size=(1, 1))
    for form in ("movenet", "posenet"):
        landmark_writers.tensorflow_js(folder / f"{form}.json", people["coco17"], form=form, tracked=True)
    for form in landmark_writers.PIXELS:
        landmark_writers.tensorflow_js(folder / f"{form}.json", people["mediapipe33"], form=form)
    for form in ("list", "people", "objects"):
        path = folder / f"mediapipe_{form}.json"
        keypoint_writers.mediapipe(path, people["mediapipe33"], form=form, header=True)


def _people(*names):
    return table_writers.people(np.random.default_rng(0), JOINT_SETS["coco17"].source, names=names or ("anna", "ben"))


def _tables(folder):
    table_writers.table(folder / "table.csv", _people())
    table_writers.table(folder / "table_plain.csv", _people("anna"), person=False, confidence=False)
    landmarks = table_writers.people(np.random.default_rng(0), JOINT_SETS["mediapipe33"].source, names=("0",))
    parts = ("x", "y", "z", "confidence")
    table_writers.wide_table(
        folder / "table_semicolons.csv",
        landmarks,
        lambda k, _, part: f"L{k}_{part}",
        parts=parts,
        separator=";",
        decimal=",",
    )
    table_writers.wide_table(folder / "table_bare.csv", landmarks, lambda *_: "", parts=parts)
    table_writers.joint_table(folder / "joint_table.csv", landmarks)
    table_writers.trc(folder / "sports2d.trc", landmarks)
    table_writers.detectron(folder / "detectron.npz", _people())
    sequences = {"S1": {"walk": [np.nan_to_num(_people().keypoints[:, 0])]}}
    table_writers.videopose3d(folder / "videopose3d.npz", sequences, {"layout_name": "coco", "num_joints": 17})


def _own(folder):
    npz_json.write_npz(make_result(frames=4), folder / "poses.npz")
    npz_json.write_json(make_result(frames=4), folder / "poses.json")
    clips = procedural_clips(seed=1, people=3, seconds=0.2, fps=10.0)[:3]
    save_dataset(film(clips, H36M17), folder / "dataset.npz")


def _deeplabcut(folder):
    table_writers.frame_of(_people(), individuals=True).to_csv(folder / "deeplabcut.csv")


def _deeplabcut_hdf5(folder):
    for layout in ("table", "fixed"):
        frame = table_writers.frame_of(_people(), individuals=True)
        frame.to_hdf(folder / f"deeplabcut_{layout}.h5", key="df_with_missing", format=layout, mode="w")


def _sleap(folder):
    table_writers.sleap(folder / "sleap.h5", _people())
    scene = keypoint_writers.scene(keypoint_writers.COCO, "coco17", np.random.default_rng(0))
    program_writers.sleap_labels(folder / "sleap_labels.slp", scene, keypoint_writers.COCO)


def _archives(folder):
    np.savez(folder / "archive_coco.npz", **photograph_writers.coco_arrays())
    np.savez(folder / "archive_mpii.npz", **photograph_writers.mpii_arrays())
    human36m_writers.write_videopose3d(folder / "archive_videopose3d.npz", human36m_writers.standing_still())
    human36m_writers.write_fetch(folder / "archive_h36m_fetch", lambda subject: range(1, 6), ["Walking"])
    motion_writers.write_bvh(folder / "archive_cgspeed.bvh", *motion_writers.motion(np.random.default_rng(0)))
    walk = procedural_clips(seed=1, people=3, seconds=0.5, fps=10.0)[0].points
    marker_writers.write_c3d(folder / "archive_markers.c3d", walk, H36M17.names, fps=10.0)
    marker_writers.write_trc(folder / "archive_markers.trc", walk, H36M17.names, fps=10.0)
    (folder / "archive_asf_amc").mkdir()
    motion_writers.write_asf(folder / "archive_asf_amc" / "01.asf")
    motion_writers.write_amc(
        folder / "archive_asf_amc" / "01_01.amc", motion_writers.performance(np.random.default_rng(0))
    )
    contents = {
        "elepose": human36m_writers.elepose_content(np.random.default_rng(0)),
        "motionbert": human36m_writers.motionbert_content(),
    }
    for name, content in contents.items():
        (folder / f"archive_{name}.pkl").write_bytes(pickle.dumps(content))


def _human36m_cdf(folder):
    human36m_writers.write_cdf_archive(folder / "archive_human36m_cdf", ["Walking"])


if __name__ == "__main__":
    print(f"left out because libraries are missing: {write(Path(sys.argv[1])) or 'nothing'}")
