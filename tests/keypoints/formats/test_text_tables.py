"""Tables of text as people have them: any separator, any names of columns, a row for a person or for a joint, or no
names give the people that were written; what has several readings or is no 2D is refused."""

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import FORMATS, open_content, read_keypoints
from geolift.lifting.lift import lift
from geolift.skeletons.joint_sets import JOINT_SETS
from tests.helpers import corpus, figure
from tests.helpers import table_writers as writers
from tests.helpers.cases import case, errors

COCO, LANDMARKS = JOINT_SETS["coco17"].source, JOINT_SETS["mediapipe33"].source
# MediaPipe's own names, in its order (its documentation).
MEDIAPIPE = (
    "NOSE", "LEFT_EYE_INNER", "LEFT_EYE", "LEFT_EYE_OUTER", "RIGHT_EYE_INNER", "RIGHT_EYE", "RIGHT_EYE_OUTER",
    "LEFT_EAR", "RIGHT_EAR", "MOUTH_LEFT", "MOUTH_RIGHT", "LEFT_SHOULDER", "RIGHT_SHOULDER", "LEFT_ELBOW",
    "RIGHT_ELBOW", "LEFT_WRIST", "RIGHT_WRIST", "LEFT_PINKY", "RIGHT_PINKY", "LEFT_INDEX", "RIGHT_INDEX",
    "LEFT_THUMB", "RIGHT_THUMB",
    "LEFT_HIP", "RIGHT_HIP", "LEFT_KNEE", "RIGHT_KNEE", "LEFT_ANKLE", "RIGHT_ANKLE", "LEFT_HEEL", "RIGHT_HEEL",
    "LEFT_FOOT_INDEX", "RIGHT_FOOT_INDEX",
)  # fmt: skip
SEPARATORS = [(",", "."), (";", ","), (";", "."), ("\t", ","), ("|", "."), (" ", ".")]
CONFIDENCES = ("confidence", "likelihood", "score", "visibility", "conf", "prob", "c", "p", "v", "Vis")
FRAMES = ("frame", "Frame", "frame_id", "frame_idx", "FrameNumber", "Frame#", "frame no.", "image")


def read(path, name=None, **options):
    result = read_keypoints(path, options=Options(**options))
    assert name in (None, result.format), result.why
    return result.recording


def refused(path, message, **options):
    with pytest.raises(DatasetError, match=message) as error:
        read_keypoints(path, options=Options(**options))
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def person(rng, joints, frames=7):
    return writers.people(rng, joints, frames=frames, names=("0",))


def expect(recording, found, *, joints=None, confidence=True, rows=None):
    """The recording holds the first person of `found`, whose joints may have other names there."""
    joints = joints or found.joints
    seen = (found.confidence[:, 0] > 0).any(axis=-1)
    order = [joints.index(joint) for joint in recording.joints]
    trust = found.confidence[seen, 0][:, order]
    assert len(recording.keypoints) == seen.sum() and len(recording.people) == 1
    np.testing.assert_allclose(recording.keypoints, np.nan_to_num(found.keypoints[seen, 0][:, order]), atol=1e-3)
    np.testing.assert_allclose(recording.confidence, trust if confidence else trust > 0, atol=1e-6)


def coco_call(k, joint, part):
    return f"{joint}_{part}"


# Between the cells, and in them


@pytest.mark.parametrize("missing", ["", "NA", "nan", "NULL", "None", "-", "#N/A"])
@pytest.mark.parametrize(("separator", "decimal"), SEPARATORS)
def test_separators_decimals_and_missing_cells(separator, decimal, missing, rng, tmp_path):
    found = person(rng, COCO)
    missing = missing or ("NaN" if separator == " " else "")
    frames = {"frame": list(range(7))}
    path = tmp_path / "t.csv"
    writers.wide_table(path, found, coco_call, others=frames, separator=separator, decimal=decimal, missing=missing)
    recording = read(path, "table")
    expect(recording, found)
    assert recording.joint_set == "coco17" and len(recording.frames) == 7 and recording.video


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding, tmp_path):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    text = "Bild;Kopf größe_x;Kopf größe_y;Fuß_x;Fuß_y\r\nframe 1;1,5;2;3;4\r\n"
    (tmp_path / "t.csv").write_bytes(mark + text.replace("Bild", "image").encode(encoding))
    recording = read(tmp_path / "t.csv", "table")
    assert recording.joints == ("Kopf größe", "Fuß") and recording.keypoints[0, 0].tolist() == [1.5, 2]


@pytest.mark.parametrize(
    "text",
    [
        "# made by a program\n\nframe,head_x,head_y,tail_x,tail_y\n0,1,2,3,4\n# a note, with commas\n1,2,3,4,5\n",
        ",frame,head_x,head_y,tail_x,tail_y\n0,0,1,2,3,4\n1,1,2,3,4,5\n",
        "Unnamed: 0,frame,head_x,head_y,tail_x,tail_y\n0,0,1,2,3,4\n1,1,2,3,4,5\n",
        '"frame" "head_x" "head_y" "tail_x" "tail_y"\n"1" 0 1 2 3 4\n"2" 1 2 3 4 5\n',
        "frame,head_x,head_y,tail_x,tail_y\n0,1,2,3,4,\n1,2,3,4,5,\n",
        "# frame head_x head_y tail_x tail_y\n0.0e+00 1.0e+00 2.0 3.0 4.0\n1.0 2.0 3.0 4.0 5.0\n",
        "head_x,head_y,tail_x,tail_y,frame\n1,2,3,4,0.0\n2,3,4,5,1.0\n",
        "frame , head_x , head_y , tail_x , tail_y\n0 , 1 , 2 , 3 , 4\n1 , 2 , 3 , 4 , 5\n",
        "frame,head,,tail,\n,x,y,x,y\n0,1,2,3,4\n1,2,3,4,5\n",
        "frame,head,head,tail,tail\nframe,x,y,x,y\n0,1,2,3,4\n1,2,3,4,5\n",
        ",head,head,tail,tail\n,x,y,x,y\nframe,,,,\n0,1,2,3,4\n1,2,3,4,5\n",
        "sep=;\nframe;head_x;head_y;tail_x;tail_y\n0;1;2;3;4\n1;2;3;4;5\n;;;;\n;;;;\n",
        'frame,head,tail\n0,"[1, 2]","[3, 4]"\n1,"(2, 3)","(4, 5)"\n',
    ],
)
def test_layouts_of_one_table(text, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    recording = read(tmp_path / "t.csv", "table")
    assert recording.joints == ("head", "tail") and recording.frames == ("0", "1") and recording.video
    assert recording.keypoints.tolist() == [[[1, 2], [3, 4]], [[2, 3], [4, 5]]]


# Names of columns


CALLS = {
    "nose_x": lambda k, joint, part: f"{joint}_{part}",
    "nose.x": lambda k, joint, part: f"{joint}.{part}",
    "NOSE_X": lambda k, joint, part: f"{joint}_{part}".upper(),
    "nose (x)": lambda k, joint, part: f"{joint.replace('_', ' ')} ({part})",
    "nose[x]": lambda k, joint, part: f"{joint}[{part}]",
    "nose:x": lambda k, joint, part: f"{joint}:{part}",
    "x_nose": lambda k, joint, part: f"{part}_{joint}",
    "X.Nose": lambda k, joint, part: f"{part.upper()}.{joint.title()}",
    "leftEyeX": lambda k, joint, part: joint[0] + joint.title().replace("_", "")[1:] + part.title(),
    "nosex": lambda k, joint, part: joint + part[0],
    "pose_nose_x": lambda k, joint, part: f"pose_{joint}_{part}",
    "nose_x_px": lambda k, joint, part: f"{joint}_{part}_px" if part in "xy" else f"{joint}_{part}",
    "nose_pos_x": lambda k, joint, part: f"{joint}_pos_{part}",
    "eye_left_x": lambda k, joint, part: "_".join([*joint.split("_")[::-1], part]),
    "l_eye_x": lambda k, joint, part: f"{joint}_{part}".replace("left_", "l_").replace("right_", "r_"),
}  # fmt: skip


@pytest.mark.parametrize("style", CALLS)
def test_names_of_coordinates(style, rng, tmp_path):
    found = person(rng, COCO)
    writers.wide_table(tmp_path / "t.csv", found, CALLS[style], others={"Frame": list(range(7))})
    recording = read(tmp_path / "t.csv", "table")
    assert recording.joint_set == "coco17" and len(recording.frames) == 7
    expect(recording, found)


@pytest.mark.parametrize("style", CALLS)
def test_mirrored_names_swap_the_sides(style, rng, tmp_path):
    found = person(rng, COCO)
    other = {"left": "right", "right": "left"}
    names = tuple("_".join(other.get(word, word) for word in joint.split("_")) for joint in COCO)
    writers.wide_table(tmp_path / "t.csv", found._replace(joints=names), CALLS[style], others={"frame": list(range(7))})
    expect(read(tmp_path / "t.csv"), found, joints=names)


@pytest.mark.parametrize(
    "word", ["confidence", "likelihood", "score", "visibility", "conf", "prob", "c", "p", "v", "Vis"]
)
def test_names_of_confidences(word, rng, tmp_path):
    found = person(rng, COCO)
    call = lambda k, joint, part: f"{joint}_{word if part == 'confidence' else part}"  # noqa: E731
    writers.wide_table(tmp_path / "t.csv", found, call, others={"frame": list(range(7))})
    expect(read(tmp_path / "t.csv"), found)


@pytest.mark.parametrize("word", FRAMES)
def test_names_of_frames(word, rng, tmp_path):
    found = person(rng, COCO, frames=9)
    writers.wide_table(tmp_path / "t.csv", found, coco_call, others={"class": ["walk"] * 9, word: list(range(20, 29))})
    recording = read(tmp_path / "t.csv")
    assert recording.frames == tuple(str(i) for i in range(20, 29)) and recording.video
    assert "1 column was left out: class" in recording.notes


def of_times(path, header, columns):
    rows = [",".join([*map(str, cells), *(str(10 * k + i) for k in range(1, 7))]) for i, cells in enumerate(columns)]
    path.write_text("\n".join([f"{header},a_x,a_y,b_x,b_y,c_x,c_y", *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("word", "times", "fps"),
    [
        ("time", [f"{i / 25:.3f}" for i in range(9)], 25),
        ("Time (s)", range(9), 1),
        ("time_ms", range(0, 360, 40), 25),
        ("timestamp", range(0, 360, 40), 25),
        ("Timestamp", [33, 67, 100, 133, 167, 200, 233], 30),
        ("timestamp", [1618300000000 + 20 * i for i in range(9)], 50),
        ("datetime", [f"2022-10-17 23:22:03.{i}00000" for i in range(9)], 10),
        ("t", range(9), 0),
    ],
)
def test_times_instead_of_frames(word, times, fps, tmp_path):
    recording = read(of_times(tmp_path / "t.csv", word, [(time,) for time in times]), "table")
    assert recording.video and recording.fps == pytest.approx(fps) and len(recording.frames) == len(times)
    assert not any("left out" in note for note in recording.notes)


def test_times_beside_frames_give_the_rate(tmp_path):
    path = of_times(tmp_path / "t.csv", "frame,time", [(i + 5, f"{i / 50:.2f}") for i in range(9)])
    recording = read(path)
    assert (
        recording.fps == 50 and recording.frames[0] == "5" and any("by the column time" in n for n in recording.notes)
    )
    assert read(path, fps=25).fps == 25
    recording = read(of_times(tmp_path / "t.csv", "frame,time", [(10 * i, f"{i / 5:.2f}") for i in range(9)]))
    assert recording.fps == 5 and len(recording.frames) == 9
    recording = read(of_times(tmp_path / "t.csv", "frame,time", [(i, 0) for i in range(9)]))
    assert recording.fps == 0 and "1 column was left out: time" in recording.notes


@pytest.mark.parametrize("word", ["person", "person_id", "track_id", "ID", "individual", "animal", "name", "Player"])
def test_names_of_people(word, tmp_path):
    rows = [f"{frame},{who},{frame + 1},{k},5,6" for frame in range(3) for k, who in enumerate(("7", "3"), 1)]
    (tmp_path / "t.csv").write_text("\n".join([f"frame,{word},head_x,head_y,tail_x,tail_y", *rows]) + "\n")
    recording = read(tmp_path / "t.csv")
    assert recording.tracked and set(recording.people) == {"3", "7"}
    assert [recording.people[i] for i in recording.person[recording.keypoints[:, 0, 1] == 2]] == ["3"] * 3


def test_a_number_of_the_row_is_no_person(tmp_path):
    (tmp_path / "t.csv").write_text("id,frame,head_x,head_y\n10,0,1,2\n11,1,2,3\n12,2,3,4\n")
    recording = read(tmp_path / "t.csv")
    assert recording.people == ("0",) and any("left out: id" in note for note in recording.notes)


def test_other_columns_are_left_out_and_told(tmp_path):
    header = (
        "video,frame,bbox_x,bbox_y,x1,y1,x2,y2,score,head_x,head_y,head_z,head_world_x,head_world_y,tail_x,tail_y,angle"
    )
    (tmp_path / "t.csv").write_text(
        f"{header}\na,0,9,9,9,9,9,9,0.8,1,2,-3,.1,.1,3,4,90\na,1,9,9,9,9,9,9,0.8,2,3,-3,.1,.1,4,5,90\n"
    )
    recording = read(tmp_path / "t.csv")
    assert recording.joints == ("head", "tail") and recording.keypoints[1].tolist() == [[2, 3], [4, 5]]
    assert "z was left out" in recording.notes
    assert any(note.startswith("10 columns were left out: video, bbox_x") for note in recording.notes)


def test_a_size_of_the_images(tmp_path):
    (tmp_path / "t.csv").write_text(
        "frame,image_width,image_height,head_x,head_y,tail_x,tail_y\n0,640,480,1,2,3,4\n1,640,480,2,3,4,5\n"
    )
    assert read(tmp_path / "t.csv").image_size.tolist() == [[640, 480]] * 2


def test_confidences_of_some_joints(tmp_path):
    (tmp_path / "t.csv").write_text("frame,head_x,head_y,head_c,tail_x,tail_y\n0,1,2,0.5,3,4\n1,1,2,,3,4\n")
    recording = read(tmp_path / "t.csv")
    assert recording.confidence.tolist() == [[0.5, 1], [0, 1]]
    assert any("some joints have no confidence" in note for note in recording.notes)


def test_sleap_s_table_with_and_without_tracks(tmp_path):
    header = "track,frame_idx,instance.score,head.x,head.y,head.score,tail.x,tail.y,tail.score"
    rows = "mouse_1,0,0.95,1,2,0.9,3,4,0.8\nmouse_2,0,0.9,11,12,0.9,13,14,0.8\nmouse_1,2,0.9,2,3,0.9,,,\n"
    (tmp_path / "t.csv").write_text(f"{header}\n{rows}")
    recording = read(tmp_path / "t.csv", "table")
    assert recording.people == ("mouse_1", "mouse_2") and recording.tracked and recording.frames == ("0", "1", "2")
    assert recording.confidence[0] == pytest.approx([0.9, 0.8]) and not recording.seen[2, 1]
    (tmp_path / "t.csv").write_text(f"{header}\n{rows.replace('mouse_1', '').replace('mouse_2', '')}")
    assert not read(tmp_path / "t.csv").tracked


# MediaPipe's landmarks


PARTS = ("x", "y", "z", "confidence")
VISIBILITY = {"x": "x", "y": "y", "z": "z", "confidence": "visibility"}
LETTER = {**VISIBILITY, "confidence": "v"}
WIDE = {
    "L0_x": lambda k, joint, part: f"L{k}_{VISIBILITY[part]}",
    "landmark_0_x": lambda k, joint, part: f"landmark_{k}_{VISIBILITY[part]}",
    "landmark_00_x": lambda k, joint, part: f"landmark_{k:02}_{VISIBILITY[part]}",
    "lm_0_x, lm_0_vis": lambda k, joint, part: f"lm_{k}_{VISIBILITY[part].replace('ibility', '')}",
    "x0": lambda k, joint, part: f"{LETTER[part]}{k}",
    "x1": lambda k, joint, part: f"{LETTER[part]}{k + 1}",
    "x1, visibility1": lambda k, joint, part: f"{VISIBILITY[part]}{k + 1}",
    "x0_coord, v0": lambda k, joint, part: f"v{k}" if part == "confidence" else f"{part}{k}_coord",
    "X_0": lambda k, joint, part: f"{LETTER[part].upper()}_{k}",
    "0_x": lambda k, joint, part: f"{k}_{VISIBILITY[part]}",
    "0x": lambda k, joint, part: f"{k}{LETTER[part]}",
    "NOSE_x": lambda k, joint, part: f"{MEDIAPIPE[k]}_{VISIBILITY[part]}",
    "nose.x": lambda k, joint, part: f"{MEDIAPIPE[k].lower()}.{VISIBILITY[part]}",
    "Left eye (inner) X": lambda k, joint, part: f"{MEDIAPIPE[k].title().replace('_', ' ')} {VISIBILITY[part].upper()}",
    "pose_0_x": lambda k, joint, part: f"pose_{k}_{VISIBILITY[part]}",
}  # fmt: skip


@pytest.mark.parametrize("before", [(), ("class",), ("frame",), ("timestamp", "label")])
@pytest.mark.parametrize("layout", WIDE)
def test_landmarks_of_mediapipe(layout, before, rng, tmp_path):
    found = person(rng, LANDMARKS)
    columns = {
        "class": ["up"] * 7,
        "label": ["a"] * 7,
        "frame": list(range(7)),
        "timestamp": [33 * i for i in range(7)],
    }
    others = {name: columns[name] for name in before}
    writers.wide_table(tmp_path / "t.csv", found, WIDE[layout], parts=PARTS, others=others)
    recording = read(tmp_path / "t.csv", "table", fps=30)
    assert recording.joint_set == "mediapipe33" and recording.video and "z was left out" in recording.notes
    expect(recording, found)


def test_columns_in_any_order_and_without_visibility(rng, tmp_path):
    found = person(rng, LANDMARKS)
    shuffled = rng.permutation(33)
    mixed = found._replace(keypoints=found.keypoints[:, :, shuffled], confidence=found.confidence[:, :, shuffled])
    writers.wide_table(tmp_path / "t.csv", mixed, lambda k, _, part: f"{part}{shuffled[k]}", parts=("x", "y"))
    expect(read(tmp_path / "t.csv", fps=30), found, confidence=False)


def test_landmarks_are_fractions_of_the_image(rng, tmp_path):
    found = person(rng, LANDMARKS)
    shares = found._replace(keypoints=found.keypoints / [1280, 1000])
    writers.wide_table(tmp_path / "t.csv", shares, WIDE["x1"], parts=PARTS, others={"frame": list(range(7))})
    refused(tmp_path / "t.csv", "expected pixels, or --image-size")
    recording = read(tmp_path / "t.csv", image_size=(1280, 1000), coordinates="fraction")
    expect(recording, found)


def test_body_of_holistic_landmarks(rng, tmp_path):
    found = person(rng, [str(k) for k in range(501)])
    writers.wide_table(tmp_path / "t.csv", found, WIDE["x1"], parts=PARTS, others={"class": ["Happy"] * 7})
    recording = read(tmp_path / "t.csv", fps=30)
    body = found._replace(
        keypoints=found.keypoints[:, :, :33], confidence=found.confidence[:, :, :33], joints=LANDMARKS
    )
    assert recording.joint_set == "mediapipe33" and any(
        "of 501 joints the first 33" in note for note in recording.notes
    )
    expect(recording, body)


ROWS = {
    "numbers": ("frame,landmark,x,y,z,visibility", lambda k, name: k),
    "from 1": ("Frame,Landmark,X,Y,Z,Visibility", lambda k, name: k + 1),
    "names": ("frame,landmark_name,x,y,visibility", lambda k, name: MEDIAPIPE[k]),
    "index": ("frame,landmark_index,x,y,visibility", lambda k, name: f"{k}.0"),
    "called": ("frame,keypoint,x,y,visibility", lambda k, name: f"Landmark_{k}"),
    "joint first": ("joint,x,y,visibility,frame", lambda k, name: MEDIAPIPE[k].lower()),
    "name": ("frame,name,x,y,visibility", lambda k, name: MEDIAPIPE[k].replace("_", " ").title()),
    "id": ("frame,id,x,y,z,visibility", lambda k, name: k),
    "label": ("frame,label,x,y,visibility", lambda k, name: MEDIAPIPE[k]),
    "without frames": ("landmark,x,y,z,visibility", lambda k, name: k),
}


@pytest.mark.parametrize("layout", ROWS)
def test_rows_of_joints(layout, rng, tmp_path):
    found = person(rng, LANDMARKS)
    header, joint = ROWS[layout]
    writers.joint_table(tmp_path / "t.csv", found, header=header, joint=joint)
    recording = read(tmp_path / "t.csv", "joint-table")
    assert recording.joint_set == "mediapipe33" and recording.video
    expect(recording, found)


def test_rows_of_joints_in_any_order_of_several_people(rng, tmp_path):
    found = writers.people(rng, COCO)
    writers.joint_table(
        tmp_path / "t.csv", found, header="frame,person,joint,x,y,visibility", joint=lambda k, name: name
    )
    header, *rows = (tmp_path / "t.csv").read_text().splitlines()
    (tmp_path / "t.csv").write_text("\n".join([header, *rng.permutation(rows)]) + "\n")
    recording = read(tmp_path / "t.csv")
    assert recording.tracked and set(recording.people) == {"anna", "ben"} and recording.joints == COCO
    for name, p in (("anna", 0), ("ben", 1)):
        ours = recording.person == recording.people.index(name)
        expected = np.nan_to_num(found.keypoints[recording.frame[ours].astype(int), p])
        np.testing.assert_allclose(recording.keypoints[ours], expected, atol=1e-3)


def test_only_the_body_s_rows(tmp_path):
    kinds = [("face", 468), ("left_hand", 21), ("pose", 33), ("right_hand", 21)]
    rows = [f"{frame},{kind},{k},{100 + k},{200 + frame}" for frame in range(3) for kind, n in kinds for k in range(n)]
    (tmp_path / "t.csv").write_text("\n".join(["frame,type,landmark_index,x,y", *rows]) + "\n")
    recording = read(tmp_path / "t.csv")
    assert recording.joint_set == "mediapipe33" and recording.keypoints[1, 5].tolist() == [105, 201]
    assert "rows of face, left_hand, right_hand were left out" in recording.notes


def test_rows_of_joints_without_a_column_for_them(rng, tmp_path):
    keypoints = rng.uniform(100, 900, (4, 33, 2))
    rows = [f"{frame},{x},{y},0.9" for frame, pose in enumerate(keypoints) for x, y in pose]
    (tmp_path / "t.csv").write_text("\n".join(["frame,x,y,visibility", *rows]) + "\n")
    recording = read(tmp_path / "t.csv", "joint-table")
    np.testing.assert_allclose(recording.keypoints, keypoints, rtol=1e-6)
    assert recording.joint_set == "mediapipe33" and any("in their order" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frame,landmark,x,y\n", "a header only"),
        ("frame,landmark,x,y\n0,0,1,2\n0,0,1,2\n", "frame '0': found a joint twice"),
        ("shot,frame,landmark,x,y\na,0,0,1,2\nb,0,0,1,2\n", r"several videos in one table\? it also has shot"),
        ("frame,landmark,x,y\n0,,1,2\n", "line 2: found no joint"),
        ("frame,landmark,x,y\n,0,1,2\n", "row without a frame"),
        ("frame,landmark,x,y\n0,0,1,b\n", "line 2, column 'y': found 'b'"),
        ("frame,landmark,x,y\n" + "".join(f"0,{k},1,2\n" for k in range(5)), "5 joints with numbers from 0 to 4"),
        ("frame,landmark,x,y\n" + "".join(f"0,p{k},1,2\n" for k in range(1001)), "1001 different joints"),
    ],
)
def test_damaged_rows_of_joints(text, message, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    refused(tmp_path / "t.csv", message)


# Without names of columns


@pytest.mark.parametrize("parts", [PARTS, ("x", "y", "z"), ("x", "y", "confidence"), ("x", "y")])
@pytest.mark.parametrize("others", [(), ("label",), ("frame",)])
def test_bare_numbers(parts, others, rng, tmp_path):
    found = person(rng, LANDMARKS)
    columns = {"label": ["walk"] * 7, "frame": list(range(7))}
    path = tmp_path / "t.csv"
    writers.wide_table(path, found, lambda *_: "", parts=parts, others={name: columns[name] for name in others})
    path.write_text("".join(path.read_text().splitlines(keepends=True)[bool(others) :]))
    recording = read(path, "bare-table", fps=30)
    assert recording.joint_set == "mediapipe33" and recording.video
    assert len(recording.frames) == (7 if "frame" in others else 5)
    expect(recording, found, confidence="confidence" in parts)


def test_bare_numbers_with_numbers_of_columns(rng, tmp_path):
    """As pandas writes an array, with a label at the end."""
    found = person(rng, LANDMARKS)
    writers.wide_table(tmp_path / "t.csv", found, lambda *_: "", parts=("x", "y", "z"))
    rows = (tmp_path / "t.csv").read_text().splitlines()
    header = ",".join([*map(str, range(99)), "label"])
    (tmp_path / "t.csv").write_text("\n".join([header, *(f"{row},walk" for row in rows)]) + "\n")
    expect(read(tmp_path / "t.csv", "bare-table", fps=30), found, confidence=False)


def test_bare_landmarks_of_one_image(rng, tmp_path):
    places = rng.uniform(100, 900, (33, 2))
    (tmp_path / "t.csv").write_text("".join(f"{x},{y},-0.1,0.9\n" for x, y in places))
    recording = read(tmp_path / "t.csv", "bare-table")
    assert not recording.video and recording.joint_set == "mediapipe33"
    np.testing.assert_allclose(recording.keypoints[0], places, rtol=1e-6)


def test_lists_in_cells(rng, tmp_path):
    places = rng.uniform(100, 900, (4, 33, 2))
    rows = [",".join(f'"[{x}, {y}, -0.2]"' for x, y in pose) for pose in places]
    for header in (",".join(map(str, range(33))) + "\n", ",".join(MEDIAPIPE) + "\n"):
        (tmp_path / "t.csv").write_text(header + "\n".join(rows) + "\n")
        recording = read(tmp_path / "t.csv", "table", fps=30)
        assert recording.joint_set == "mediapipe33"
        order = [LANDMARKS.index(joint) for joint in recording.joints]
        np.testing.assert_allclose(recording.keypoints, places[:, order], rtol=1e-6)


def test_bare_people_of_coco_are_recognized_by_their_anatomy(tmp_path):
    for name in ("coco17", "h36m17"):
        pose = np.asarray(figure.standing(JOINT_SETS[name].source, name)) * 40 + 400
        rows = [",".join(f"{x + i + 0.37:.2f},{y + i:.2f},0.9" for x, y in pose) for i in range(12)]
        (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
        recording = read(tmp_path / "t.csv", "bare-table")
        assert recording.joint_set == name
        np.testing.assert_allclose(recording.keypoints[3], pose + np.array([3.37, 3]), atol=0.01)


@pytest.mark.parametrize("name", ["coco17", "mediapipe33"])
def test_bare_numbers_that_are_all_x_then_all_y(name, tmp_path):
    source = JOINT_SETS[name].source
    pose = np.asarray(figure.standing(source, name)) * 40 + np.array([640, 300])
    rows = [",".join(f"{value:.2f}" for value in (pose + np.array([i + 0.37, i])).T.ravel()) for i in range(12)]
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    recording = read(tmp_path / "t.csv", "bare-table")
    assert recording.joint_set == name and any("all x, then all y" in note for note in recording.notes)
    np.testing.assert_allclose(recording.keypoints[3], pose + np.array([3.37, 3]), atol=0.01)


def test_bare_numbers_with_several_readings_are_refused(rng, tmp_path):
    numbers = rng.integers(100, 900, (5, 52)).astype(str)
    numbers[:, 0] = range(5)
    (tmp_path / "t.csv").write_text("\n".join(map(",".join, numbers)) + "\n")
    refused(tmp_path / "t.csv", "52 columns without names, which are .*26 joints or .*17 joints after the frame")
    assert len(read(tmp_path / "t.csv", joints="halpe26").joints) == 26
    for width in (7, 40, 130):
        (tmp_path / "t.csv").write_text("\n".join(map(",".join, rng.uniform(0, 9, (5, width)).astype(str))) + "\n")
        refused(tmp_path / "t.csv", "not recognized: found text")


# Joints by some of their names, or by numbers of a set


def test_some_landmarks_by_name(rng, tmp_path):
    names = ("nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_knee", "right_knee")
    found = person(rng, names)
    writers.wide_table(tmp_path / "t.csv", found, coco_call, others={"frame": list(range(7))})
    recording = read(tmp_path / "t.csv")
    assert recording.joints == COCO and any("has 7 of the 17 joints of coco17" in note for note in recording.notes)
    places = [COCO.index(name) for name in names]
    assert not np.delete(recording.confidence, places, axis=1).any()
    part = recording._replace(
        keypoints=recording.keypoints[:, places], confidence=recording.confidence[:, places], joints=names
    )
    expect(part, found)


def test_some_landmarks_by_number(rng, tmp_path):
    found = person(rng, LANDMARKS[11:29])
    writers.joint_table(tmp_path / "t.csv", found, joint=lambda k, name: k + 11)
    refused(tmp_path / "t.csv", "18 joints with numbers from 11 to 28, expected .*--joints")
    recording = read(tmp_path / "t.csv", joints="mediapipe33")
    assert recording.joints == LANDMARKS and not recording.confidence[:, :11].any()
    refused(tmp_path / "t.csv", "other joints than coco17: found 18", joints="coco17")


def test_animals_keep_the_names_of_their_joints(rng, tmp_path):
    found = person(rng, [f"point{k}" for k in range(5)])
    writers.wide_table(tmp_path / "t.csv", found, coco_call, others={"frame": list(range(7))})
    assert read(tmp_path / "t.csv").joints == found.joints


@pytest.mark.parametrize("prefix", ["keypoint_", "kp", "", "x"])
def test_numbered_joints_are_those_of_people_only_if_they_look_like_people(prefix, rng, tmp_path):
    standing = np.asarray(figure.standing(COCO, "coco17")) * 40 + 400
    walk, noise = standing + np.arange(12)[:, None, None], rng.uniform(0, 999, (12, 17, 2))
    for poses, joint_set in ((walk, "coco17"), (noise, "")):
        found = writers.People(poses[:, None], np.ones((12, 1, 17)), COCO, ("0",))
        call = (lambda k, _, part: f"{part[0]}{k}") if prefix == "x" else (lambda k, _, part: f"{prefix}{k}_{part}")
        writers.wide_table(tmp_path / "t.csv", found, call, others={"frame": list(range(12))})
        if joint_set or prefix in ("keypoint_", "kp"):
            assert read(tmp_path / "t.csv").joint_set == joint_set
        else:
            refused(tmp_path / "t.csv", "17 joints|--joints")


def test_body_face_and_hands_side_by_side(rng, tmp_path):
    names = [*(f"pose_{k}" for k in range(33)), *(f"left_hand_{k}" for k in range(21)), "face_0", "right_hand_3"]
    found = person(rng, names)
    writers.wide_table(tmp_path / "t.csv", found, coco_call, others={"frame": list(range(7))})
    recording = read(tmp_path / "t.csv")
    body = found._replace(
        keypoints=found.keypoints[:, :, :33], confidence=found.confidence[:, :, :33], joints=LANDMARKS
    )
    expect(recording, body)
    assert "23 joints of face and hands were left out" in recording.notes


# A video or not; 2D or not


def test_rows_without_frames_are_a_video_if_bodies_move_like_one(tmp_path, rng):
    walk = np.cumsum(rng.normal(0, 1, (8, 33, 2)), axis=0) + rng.uniform(100, 900, (33, 2))
    for poses, video in ((walk, True), (rng.uniform(100, 900, (8, 33, 2)), False)):
        found = writers.People(poses[:, None], np.ones((8, 1, 33)), LANDMARKS, ("0",))
        writers.wide_table(tmp_path / "t.csv", found, WIDE["x1"], parts=PARTS)
        recording = read(tmp_path / "t.csv")
        assert recording.video == video and any("no column for frames" in note for note in recording.notes)
        assert read(tmp_path / "t.csv", fps=30).video


def test_points_in_3d_are_refused(rng, tmp_path):
    found = person(rng, LANDMARKS)
    around = found._replace(keypoints=(found.keypoints - 450) / 900)
    writers.wide_table(tmp_path / "t.csv", around, WIDE["x1"], parts=PARTS, others={"frame": list(range(7))})
    refused(tmp_path / "t.csv", "x, y and z, .* below 0: 3D already")
    anipose = ",".join(f"nose_{part}" for part in ("x", "y", "z", "error", "ncams", "score"))
    (tmp_path / "t.csv").write_text(f"fnum,{anipose}\n0,1,2,3,0.1,3,0.9\n")
    refused(tmp_path / "t.csv", "3D .z with error or ncams")


@pytest.mark.parametrize("header", ["video,frame", "clip,time_ms", "filename", "frame,video"])
def test_several_videos_in_a_table_are_clips(header, tmp_path):
    columns = {
        "video": ["a"] * 9 + ["b"] * 9, "clip": ["walk"] * 9 + ["run"] * 9, "filename": ["a.mp4"] * 9 + ["b.mp4"] * 9,
        "frame": [*range(9), *range(9)], "time_ms": [*range(0, 360, 40), *range(0, 360, 40)],
    }  # fmt: skip
    cells = zip(*(columns[name] for name in header.split(",")), strict=True)
    recording = read(of_times(tmp_path / "t.csv", header, cells))
    assert recording.video and len(recording.frames) == 18 and any("2 clips" in note for note in recording.notes)
    assert recording.frame.tolist() == ([*range(9, 18), *range(9)] if "clip" in header else [*range(18)]) or (
        recording.frame.tolist() == [*range(18)]
    )
    assert np.diff(recording.keypoints[np.argsort(recording.frame), 0, 0])[:8].tolist() == [1] * 8


def test_several_videos_in_a_table_of_joints(rng, tmp_path):
    found = person(rng, LANDMARKS)
    writers.joint_table(tmp_path / "t.csv", found, header="clip,frame,landmark,x,y,visibility", joint=lambda k, _: k)
    lines = (tmp_path / "t.csv").read_text().splitlines()
    rows = [line.split(",", 1)[1] for line in lines[1:]]
    text = "\n".join([lines[0], *(f"first,{row}" for row in rows), *(f"second,{row}" for row in rows)])
    (tmp_path / "t.csv").write_text(text + "\n")
    recording = read(tmp_path / "t.csv", "joint-table")
    half = len(recording.keypoints) // 2
    assert half == 5 and len(recording.frames) == 14 and any("2 clips" in note for note in recording.notes)
    np.testing.assert_array_equal(recording.keypoints[:half], recording.keypoints[half:])


# Marker files


@pytest.mark.parametrize("units", ["px", "m"])
def test_markers_in_pixels(units, rng, tmp_path):
    found = person(rng, COCO)
    writers.trc(tmp_path / "walk_px_person00.trc", found, units=units)
    recording = read(tmp_path / "walk_px_person00.trc", "trc")
    assert recording.fps == 60 and recording.joint_set == "coco17" and len(recording.frames) == 7
    expect(recording, found, confidence=False)
    assert any("read as pixels" in note for note in recording.notes) == (units == "m")


def test_markers_of_pose2sim_s_halpe(rng, tmp_path):
    halpe = JOINT_SETS["halpe26"].source
    kept = [k for k, name in enumerate(halpe) if name not in ("left_eye", "right_eye", "left_ear", "right_ear")]
    called = [
        halpe[k].replace("left_", "L ").replace("right_", "R ").title().replace("_", "").replace(" ", "") for k in kept
    ]
    found = person(rng, [halpe[k] for k in kept])
    writers.trc(tmp_path / "t.trc", found, units="m", names=called)
    recording = read(tmp_path / "t.trc")
    assert recording.joint_set == "halpe26" and "RBigToe" in called and "LHip" in called
    expected = np.nan_to_num(found.keypoints[[0, 2, 4, 5, 6], 0])
    np.testing.assert_allclose(recording.keypoints[:, kept], expected, atol=1e-3)


def test_damaged_markers(rng, tmp_path):
    found = person(rng, COCO)
    path = tmp_path / "t.trc"
    writers.trc(path, found, depth=0.2, units="m")
    refused(path, "Units: found 'm', expected px")
    writers.trc(path, found._replace(keypoints=found.keypoints / 500), units="m")
    refused(path, "Units: found 'm', expected px")
    writers.trc(path, found, rate="fast")
    refused(path, "DataRate: found 'fast'")
    writers.trc(path, found)
    text = path.read_text()
    path.write_text("\n".join(text.splitlines()[:5]) + "\n")
    refused(path, "17 markers and 0 rows")
    path.write_text(text.splitlines()[0] + "\n")
    refused(path, "found 1 lines, expected a head of 5")
    path.write_text(text.rstrip("\n") + "\t1\t2\n")
    refused(path, r"line 12: found \d+ cells")


# All of them


def test_every_table_has_one_format(tmp_path):
    pytest.importorskip("pandas")
    corpus._tables(tmp_path)
    corpus._deeplabcut(tmp_path)
    seen = set()
    for path in sorted((*tmp_path.glob("*.csv"), *tmp_path.glob("*.trc"))):
        kind, content = open_content(path)
        names = [known.name for known in FORMATS if known.kind == kind and known.recognize(content)]
        assert len(names) == 1, path.name
        seen.update(names)
    assert seen == {"table", "joint-table", "bare-table", "deeplabcut", "trc"}


@pytest.mark.parametrize("name", ["dots.csv", "missing_NA.csv", "semicolon.csv", "tabs.csv"])
def test_real_tables(name):
    path = case(f"csv-locale-NaN-unicode/{name}")
    recording = read(path, "table")
    assert recording.joint_set == "coco17" and recording.keypoints.shape == (12, 17, 2) and recording.video
    if name == "semicolon.csv":
        assert recording.keypoints[0, 0] == pytest.approx([931.4, 258.99])


@pytest.mark.parametrize(
    ("name", "truth", "size"),
    [
        ("csv-locale-NaN-unicode/semicolon.csv", "csv-locale-NaN-unicode/true.npy", None),
        ("mediapipe-dict/coords.csv", "mediapipe-dict/true.npy", (720, 1280)),
        ("other-containers/walk_px_person00.trc", "other-containers/true.npy", None),
    ],
)
def test_real_tables_are_lifted(name, truth, size):
    points = lift(case(name), image_size=size, fps=30).points
    assert errors(points, case(truth)).mean() < 60  # mm; joints in a wrong order have more than 200


def test_a_real_table_of_sleap():
    recording = read(case("sleap-csv/tracks.analysis.csv"), "table")
    assert recording.joint_set == "coco17" and len(recording.people) == 2 and recording.tracked
