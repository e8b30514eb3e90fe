"""Arrays and tables of other programs are read back as the people that were written, in every layout of the file."""

import contextlib
import functools

import numpy as np
import pytest

from geolift.data.dataset import save_dataset
from geolift.errors import DatasetError
from geolift.keypoints.options import Options
from geolift.keypoints.recognition import read_keypoints
from geolift.skeletons.joint_sets import JOINT_SETS
from geolift.skeletons.skeleton import H36M17
from tests.helpers import table_writers as writers

COCO = JOINT_SETS["coco17"].source
MOUSE = ("snout", "left_ear_tip", "right_ear_tip", "tail_base")
TRACKED = ("deeplabcut csv", "deeplabcut table", "deeplabcut fixed", "sleap", "table")


@pytest.fixture
def found(rng):
    return writers.people(rng, COCO)


def read(path, name=None, **options):
    result = read_keypoints(path, options=Options(**options))
    assert name in (None, result.format) and result.format in result.why
    return result.recording


def write(kind, path, found):
    """Write tracked people in one of the formats that name them."""
    if kind == "table":
        writers.table(path, found)
    elif kind == "sleap":
        pytest.importorskip("h5py")
        writers.sleap(path, found)
    else:
        pytest.importorskip("pandas")
        frame = writers.frame_of(found, individuals=len(found.names) > 1)
        if kind == "deeplabcut csv":
            frame.to_csv(path)
        else:
            pytest.importorskip("tables")
            key, layout = {"table": ("df_with_missing", "table"), "fixed": ("keypoints", "fixed")}[kind.split()[1]]
            frame.to_hdf(path, key=key, format=layout, mode="w")


def expect(recording, found, *, tracked=True, joint_set="coco17", tolerance=1e-4, confidence=None):
    """The recording holds exactly the people that were written."""
    confidence = found.confidence if confidence is None else confidence
    frame, person = np.nonzero((confidence > 0).any(axis=-1))
    order = [found.joints.index(joint) for joint in recording.joints]
    np.testing.assert_array_equal(recording.frame, frame)
    assert recording.joint_set == joint_set and recording.tracked == tracked and recording.video
    assert len(recording.frames) == len(found.keypoints)
    if tracked:
        assert [recording.people[i] for i in recording.person] == [found.names[i] for i in person]
    expected = np.nan_to_num(found.keypoints[frame, person][:, order])
    np.testing.assert_allclose(recording.keypoints, expected, atol=tolerance)
    np.testing.assert_allclose(recording.confidence, confidence[frame, person][:, order], atol=1e-6)


def refused(path, message, **options):
    with pytest.raises(DatasetError, match=message) as error:
        read(path, **options)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


@pytest.mark.parametrize("kind", TRACKED)
def test_tracked_people(kind, found, tmp_path):
    write(kind, tmp_path / "file", found)
    recording = read(tmp_path / "file", kind.split()[0], fps=25, image_size=(1280, 720))
    expect(recording, found)
    assert recording.fps == 25 and recording.image_size.tolist() == [[1280, 720]] * 7
    assert any("1 of 7 frames are without people" in note for note in recording.notes)


@pytest.mark.parametrize("kind", TRACKED)
def test_one_animal_with_custom_joints(kind, rng, tmp_path):
    found = writers.people(rng, MOUSE, names=("0",))
    write(kind, tmp_path / "file", found)
    expect(read(tmp_path / "file"), found, joint_set="")


@pytest.mark.parametrize("kind", TRACKED)
def test_joints_in_any_order_and_case_are_those_of_their_set(kind, found, rng, tmp_path):
    order = rng.permutation(len(COCO))
    shuffled = writers.People(
        found.keypoints[:, :, order], found.confidence[:, :, order], tuple(COCO[i] for i in order), found.names
    )
    write(kind, tmp_path / "file", shuffled)
    recording = read(tmp_path / "file")
    assert recording.joints == COCO
    expect(recording, found)
    called = shuffled._replace(joints=tuple(joint.replace("_", " ").title() for joint in shuffled.joints))
    write(kind, tmp_path / "file", called)
    assert read(tmp_path / "file").joints == COCO


@pytest.mark.parametrize("kind", TRACKED)
def test_joint_sets_given_by_the_user(kind, rng, tmp_path):
    found = writers.people(rng, [f"point{i}" for i in range(17)])
    path = tmp_path / "file"
    write(kind, path, found)
    assert read(path).joint_set == ""
    recording = read(path, joints="coco17")
    assert recording.joint_set == "coco17" and any("were read as those of coco17" in n for n in recording.notes)
    expect(recording._replace(joints=found.joints), found)
    refused(path, r"other joints than mpii16: found 17", joints="mpii16")
    refused(path, r"joints: found 'cocoa', expected one of", joints="cocoa")
    write(kind, path, writers.people(rng, COCO))
    refused(path, "found those of coco17", joints="h36m17")


# Detectron and VideoPose3D


@pytest.mark.parametrize("people_as_list", [False, True])
def test_detectron(people_as_list, found, tmp_path):
    path = tmp_path / "walk.mp4.npz"
    writers.detectron(path, found, people_as_list=people_as_list)
    recording = read(path, "detectron", fps=50)
    expect(recording, found, tracked=False, tolerance=1e-3)
    assert recording.image_size.tolist() == [[1280, 720]] * 7 and recording.fps == 50
    refused(path, r"image size: found \[640, 480\], expected \[1280.0, 720.0\]", image_size=(640, 480))


def test_detectron_without_people(tmp_path):
    no_people = writers.People(np.full((3, 1, 17, 2), np.nan), np.zeros((3, 1, 17)), COCO, ("a",))
    writers.detectron(tmp_path / "walk.mp4.npz", no_people)
    refused(tmp_path / "walk.mp4.npz", "found no person in 3 frames")


def savez(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_damaged_detectron(tmp_path):
    path = tmp_path / "walk.npz"
    person = np.ones((1, 4, 17), np.float32)
    for keypoints, message in (
        ([[[], person[:, :3]], [[], []]], r"frame 0: found a person of shape \[3, 17\], expected \[4, joints\]"),
        ([[[], person], [[], person[:, :, :5]]], r"people of \[5, 17\] joints"),
        ([person, person, [[], []]], "frame 0"),
        ([["a", "b"], ["c", "d"]], "frame 0: found str"),
        ([[[], ["a"]], [[], []]], "frame 0: found a person of shape str"),
        ([[[], person.astype(str)], [[], []]], "frame 0: found type <U"),
    ):
        array = np.empty(len(keypoints), object)
        array[:] = keypoints
        savez(path, boxes=[1], keypoints=array, metadata={"w": 1280, "h": 720})
        refused(path, message)
    savez(path, boxes=[1], keypoints=np.array(3), metadata={})
    refused(path, r"keypoints: found shape \[\]")
    writers.detectron(path, writers.people(np.random.default_rng(0), COCO), size=("wide", 3))
    refused(path, r"w, h: found \['str', '3'\], expected pixels")


COCO_LAYOUT = {"layout_name": "coco", "num_joints": 17, "keypoints_symmetry": [[1, 3], [2, 4]]}


def test_videopose3d_custom(rng, tmp_path):
    keypoints = rng.uniform(1, 500, (6, 17, 2)).astype(np.float32)
    metadata = {**COCO_LAYOUT, "video_metadata": {"walk.mp4": {"w": 640, "h": 480}}}
    path = tmp_path / "data_2d_custom_mine.npz"
    writers.videopose3d(path, {"walk.mp4": {"custom": [keypoints]}}, metadata)
    recording = read(path, "videopose3d")
    np.testing.assert_array_equal(recording.keypoints, keypoints)
    assert recording.joint_set == "coco17" and recording.people == ("walk.mp4/custom",) and recording.tracked
    assert recording.frames[2] == "walk.mp4/custom/2" and recording.image_size.tolist() == [[640, 480]] * 6
    assert (recording.confidence == 1).all() and any("no confidence" in note for note in recording.notes)


def test_videopose3d_of_several_subjects_and_cameras(rng, tmp_path):
    """As ground truth of Human3.6M has it: no layout_name, clips of several lengths, four cameras."""
    positions = {
        subject: {"Walking 1": [rng.uniform(1, 900, (length, 17, 2)).astype("f") for length in lengths]}
        for subject, lengths in (("S1", (5, 6, 5, 5)), ("S9", (3, 3, 3, 3)))
    }
    symmetry = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
    path = tmp_path / "data_2d_h36m_gt.npz"
    writers.videopose3d(path, positions, {"num_joints": 17, "keypoints_symmetry": symmetry})
    recording = read(path, "videopose3d")
    assert recording.joint_set == "h36m17" and recording.joints == H36M17.names
    assert recording.people[1] == "S1/Walking 1/1" and recording.frames[5] == "S1/Walking 1/1/0"
    np.testing.assert_array_equal(recording.keypoints[recording.person == 6], positions["S9"]["Walking 1"][2])
    assert recording.image_size is None
    refused(path, "joints: found coco17, expected h36m17 as in the file", joints="coco17")
    writers.videopose3d(path, positions, {"num_joints": 17})
    refused(path, "17 joints without names.*say which with --joints, one of .*coco17")
    assert read(path, joints="h36m17").joint_set == "h36m17"


@pytest.mark.parametrize(
    ("positions", "metadata", "message"),
    [
        ({}, COCO_LAYOUT, "no subject with an action"),
        ({"S1": [1]}, COCO_LAYOUT, "S1: found list, expected a dictionary"),
        ({"S1": {"walk": 3}}, COCO_LAYOUT, "S1, walk: found int"),
        ({"S1": {"walk": [[1, 2]]}}, COCO_LAYOUT, "camera 0: found list, expected"),
        ({"S1": {"walk": [np.zeros((3, 17, 3))]}}, COCO_LAYOUT, r"found \[3, 17, 3\]"),
        ({"S1": {"walk": [np.full((3, 17, 2), "a")]}}, COCO_LAYOUT, "found type <U1, expected numbers"),
        ({"S1": {"walk": [np.ones((3, 16, 2))]}}, COCO_LAYOUT, r"clips of \[16\] joints, expected 17"),
        ({"S1": {"walk": [np.ones((3, 20, 2))]}}, {"layout_name": "humaneva20"}, "layout_name: found 'humaneva20'"),
        ({"S1": {"walk": [np.ones((3, 17, 2))]}}, {"layout_name": ["coco"]}, "layout_name: found list"),
        ({"S1": {"walk": [np.ones((3, 17, 2))]}}, {"num_joints": np.ones(2)}, r"clips of \[17\] joints, expected"),
        ({"S1": {"walk": [np.zeros((3, 17, 2))]}}, COCO_LAYOUT, "found no person in 3 frames"),
        ({"S1": {"walk": [np.ones((3, 17, 2))]}}, {**COCO_LAYOUT, "video_metadata": 3}, "video_metadata: found int"),
    ],
)
def test_damaged_videopose3d(positions, metadata, message, tmp_path):
    writers.videopose3d(tmp_path / "data.npz", positions, metadata)
    refused(tmp_path / "data.npz", message)


# DeepLabCut and LightningPose


def test_deeplabcut_s_unique_body_parts(rng, tmp_path):
    """Individuals share body parts; "single" has those that exist once, e.g. corners of the cage."""
    pd = pytest.importorskip("pandas")
    mice, cage = writers.people(rng, MOUSE, names=("m1", "m2")), writers.people(rng, ("corner",), names=("single",))
    frame = pd.concat([writers.frame_of(part, individuals=True) for part in (mice, cage)], axis=1)
    frame.to_csv(tmp_path / "mice.csv")
    recording = read(tmp_path / "mice.csv")
    assert recording.joints == (*MOUSE, "corner") and recording.people == ("m1", "m2", "single")
    single = recording.person == 2
    assert not recording.seen[single, :4].any() and not recording.seen[~single, 4].any()
    np.testing.assert_allclose(recording.keypoints[single, 4], cage.keypoints[[0, 2, 4, 5, 6], 0, 0], atol=1e-4)


def test_lightning_pose_s_last_column(rng, tmp_path):
    found = writers.people(rng, MOUSE, names=("0",))
    frame = writers.frame_of(found, individuals=False, scorer="heatmap_tracker")
    frame[("set", "", "")] = ["train", "val", "test", "train", "train", "unused", "train"]
    frame.to_csv(tmp_path / "predictions.csv")
    recording = read(tmp_path / "predictions.csv", "deeplabcut")
    expect(recording, found, joint_set="")
    assert "1 columns beyond x, y, likelihood were left out" in recording.notes


@pytest.mark.parametrize("layout", ["csv", "fixed"])
def test_deeplabcut_s_labels_of_images(layout, rng, tmp_path):
    """CollectedData: no likelihood, and the parts of an image's path in three columns."""
    pd = pytest.importorskip("pandas")
    found = writers.people(rng, MOUSE, names=("0",))
    frame = writers.frame_of(found, individuals=False, scorer="me").drop(columns="likelihood", level="coords")
    frame.index = pd.MultiIndex.from_tuples([("labeled-data", "walk", f"img{900 * i:05}.png") for i in range(7)])
    path = tmp_path / "CollectedData_me"
    if layout == "csv":
        frame.to_csv(path)
    else:
        pytest.importorskip("tables")
        frame.to_hdf(path, key="df_with_missing", mode="w")
    recording = read(path, "deeplabcut")
    assert not recording.video and recording.frames[1] == "labeled-data/walk/img00900.png"
    expect(recording._replace(video=True), found, joint_set="", confidence=np.sign(found.confidence))
    assert any("no likelihood" in note for note in recording.notes)


def deeplabcut_text(
    coords="x,y,likelihood", scorer="DLC,DLC,DLC", parts="snout,snout,snout", rows="0,1,2,0.5\n1,2,3,0.6\n"
):
    return f"scorer,{scorer}\nbodyparts,{parts}\ncoords,{coords}\n{rows}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (deeplabcut_text(coords="x,y,z"), "x, y, z: these are 3D already"),
        (deeplabcut_text(coords="x,x,likelihood"), "the column DLC, 0, snout, x twice"),
        (deeplabcut_text(coords="x,y,y"), "twice"),
        (deeplabcut_text(coords="x,likelihood,error"), r"no column for \['y'\]"),
        (deeplabcut_text(scorer="DLC,DLC,other"), "2 scorers"),
        (deeplabcut_text(rows=""), "a header only"),
        (deeplabcut_text(rows="0,1,2\n"), "line 4: found 3 cells, expected 4"),
        (
            deeplabcut_text(rows="0,1,2,sure\n"),
            "line 4, column 'snout likelihood': found 'sure', expected a number or nothing",
        ),
        (deeplabcut_text(rows="0,1,2,0.5\n0,1,3,0.5\n"), "person '0' is twice in frame '0'"),
        (deeplabcut_text(rows=",1,2,0.5\n"), "row without a frame"),
        (deeplabcut_text(rows='0,"1,2,0.5\n'), "line 4: unexpected end of data"),
        (deeplabcut_text(rows="0,1,2e9,0.5\n"), "expected pixels up to"),
        (deeplabcut_text(rows="0,,,\n"), "found no person in 1 frames"),
        (deeplabcut_text(coords="x,y,likelihood", parts=",,"), "scorers|names|header"),
    ],
)
def test_damaged_deeplabcut(text, message, tmp_path):
    (tmp_path / "mouse.csv").write_text(text)
    refused(tmp_path / "mouse.csv", message)


def test_hdf5_never_unpickles_freely(rng, tmp_path):
    """pandas keeps columns as pickles, and PyTables would run any pickle in the file."""
    h5py = pytest.importorskip("h5py")
    found = writers.people(rng, MOUSE, names=("0",))
    path = tmp_path / "mouse.h5"
    write("deeplabcut table", path, found)
    with h5py.File(path, "a") as file:
        payload = f"cos\nsystem\n(S'touch {tmp_path}/ran'\ntR.".encode()
        file["df_with_missing/table"].attrs["values_block_0_kind"] = np.bytes_(payload)
    refused(path, r"values_block_0_kind: the pickle asks for os\.system, which is never run")
    assert not (tmp_path / "ran").exists()


# SLEAP


@pytest.mark.parametrize("dims", [False, True])
@pytest.mark.parametrize(
    "layout",
    [("track", "xy", "node", "frame"), ("frame", "node", "xy", "track"), ("frame", "track", "node", "xy")],
)
def test_sleap_s_layouts(layout, dims, found, tmp_path):
    pytest.importorskip("h5py")
    writers.sleap(tmp_path / "walk.analysis.h5", found, layout=layout, dims=dims)
    expect(read(tmp_path / "walk.analysis.h5", "sleap"), found)


def test_sleap_without_scores_and_tracks(rng, tmp_path):
    pytest.importorskip("h5py")
    found = writers.people(rng, MOUSE, names=("0",))
    writers.sleap(tmp_path / "walk.h5", found, scores=False, tracked=False)
    recording = read(tmp_path / "walk.h5")
    expect(recording, found, joint_set="", confidence=np.sign(found.confidence))
    assert any("no scores" in note for note in recording.notes)


def test_sleap_s_points_without_a_score(rng, tmp_path):
    """As labels made by hand."""
    h5py = pytest.importorskip("h5py")
    found = writers.people(rng, MOUSE, names=("0",))
    writers.sleap(tmp_path / "walk.h5", found)
    with h5py.File(tmp_path / "walk.h5", "a") as file:
        file["point_scores"][0, :, 0] = np.nan
    recording = read(tmp_path / "walk.h5")
    seen = found.confidence[0, 0] > 0
    np.testing.assert_array_equal(recording.confidence[0], seen)
    assert f"{seen.sum()} points without a score got confidence 1" in recording.notes


def test_damaged_sleap(found, tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "walk.h5"

    def edited(edit):
        writers.sleap(path, found)
        with h5py.File(path, "a") as file:
            edit(file)
        return path

    def replace(name, value):
        def edit(file):
            del file[name]
            file[name] = value

        return edit

    refused(edited(replace("tracks", np.zeros((2, 2, 16, 7)))), r"tracks: found shape \[2, 2, 16, 7\] for 2 tracks")
    refused(edited(replace("tracks", np.zeros(3))), r"tracks: found float64 of shape \[3\]")
    refused(edited(replace("tracks", np.bytes_("x"))), "tracks: found")
    refused(edited(replace("node_names", np.arange(17))), "node_names: found int64")
    refused(edited(replace("point_scores", np.zeros((2, 2, 2)))), "point_scores: found shape")
    refused(edited(replace("tracks", h5py.ExternalLink("other.h5", "/x"))), "tracks: found ExternalLink")
    refused(edited(replace("tracks", h5py.SoftLink("/track_occupancy"))), "tracks: found SoftLink")
    refused(edited(lambda file: file["tracks"].attrs.update(dims="[1]")), r"dims \[1\]")

    def bomb(file):
        del file["tracks"]
        file.create_dataset("tracks", (2, 2, 17, 2**40), chunks=(1, 1, 1, 64), dtype="f8")

    refused(edited(bomb), r"tracks: found \d+ bytes, expected up to 1073741824")

    def no_people(file):
        replace("tracks", np.zeros((2, 2, 17, 0)))(file)
        replace("point_scores", np.zeros((2, 17, 0)))(file)

    refused(edited(no_people), "found no person in 0 frames")


def test_ambiguous_axes_are_refused(rng, tmp_path):
    pytest.importorskip("h5py")
    found = writers.people(rng, ("a", "b"), frames=2)
    writers.sleap(tmp_path / "walk.h5", found)
    refused(tmp_path / "walk.h5", "axes are ambiguous")
    writers.sleap(tmp_path / "walk.h5", found, dims=True)
    assert read(tmp_path / "walk.h5").people[0] == "anna"


# Plain tables


def test_tables_with_less(found, tmp_path):
    writers.table(tmp_path / "t.csv", found, person=False, confidence=False)
    recording = read(tmp_path / "t.csv", "table")
    expect(recording, found, tracked=False, confidence=np.sign(found.confidence))
    alone = found._replace(keypoints=found.keypoints[:, :1], confidence=found.confidence[:, :1], names=("0",))
    writers.table(tmp_path / "t.csv", alone, person=False)
    expect(read(tmp_path / "t.csv"), alone)


def test_tables_of_images_with_windows_line_ends_and_quotes(tmp_path):
    text = 'frame,person,"tail, tip_x","tail, tip_y",head_x,head_y\r\n"b,1.jpg",rex,1,2,3,4\r\na.jpg,rex,5,6,,\r\n'
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    recording = read(tmp_path / "t.csv")
    assert not recording.video and set(recording.frames) == {"b,1.jpg", "a.jpg"}
    assert recording.joints == ("tail, tip", "head") and recording.seen.sum() == 3


def test_numbers_without_a_line_are_frames_without_people(tmp_path):
    (tmp_path / "t.csv").write_text("frame,head_x,head_y,tail_x,tail_y\n12,1,2,3,4\n7,5,6,7,8\n10.0,1,1,1,1\n")
    recording = read(tmp_path / "t.csv", fps=30)
    assert recording.frames == ("7", "8", "9", "10", "11", "12") and recording.frame.tolist() == [0, 3, 5]
    assert recording.video and recording.tracked and recording.fps == 30


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frame,head_x,head_y\n", "a header only"),
        ("frame,head_x,head_y,tail_x\n0,1,2,3\n", "found tail_x only, expected x and y of tail"),
        ("frame,head_x,head_y,head_x\n0,1,2,3\n", "'head_x' twice"),
        ("frame,head_x,head_y\n0,1\n", "line 2: found 2 cells, expected 3"),
        ("frame,head_x,head_y\n0,1,left\n", "line 2, column 'head_y': found 'left', expected a number or nothing"),
        ("frame;head_x;head_y\n0;1,5;2.5\n", "found '1,5' and '2.5', expected decimals with a point or with a comma"),
        ("frame,head_x,head_y\n,1,2\n", "row without a frame"),
        ("frame,person,head_x,head_y\n0,a,1,2\n0,a,1,3\n", "person 'a' is twice in frame '0'"),
        ("frame,_x,_y\n0,1,2\n", "not recognized: found text"),
        ("frame,head_x,head_y\n0,1,2\n1,1,2,3\n", "line 3: found 4 cells, expected 3"),
        ("person,head_x,head_y,neck_x,neck_y,tail_x,tail_y\na,1,2,3,4,5,6\nb,1,2,3,4,5,6\n", "no column for frames"),
        (
            "person,frame,frame_name,seconds,units,axes,hip_x,hip_y\n0,0,0,0,m,right,1,2\n",
            "3D poses that geolift lifted",
        ),
        ("frame,head_x,head_y\n0,nan,inf\n", "found no person"),
    ],
)
def test_damaged_tables(text, message, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    refused(tmp_path / "t.csv", message)


# geolift's data sets


def test_geolift_data_sets(people, people_file):
    recording = read(people_file, "geolift")
    assert recording.joint_set == "h36m17" and recording.joints == H36M17.names and recording.tracked
    np.testing.assert_array_equal(recording.keypoints, people.keypoints)
    np.testing.assert_array_equal(recording.person, people.clip_of_frame)
    np.testing.assert_array_equal(recording.image_size, people.image_size[people.clip_of_frame])
    assert recording.fps == people.fps[0] and recording.video
    assert len(set(recording.frames)) == people.frames and len(set(recording.people)) == len(people.start)
    refused(people_file, r"frames per second: found 25, expected 10 as in the file", fps=25)


def test_names_of_clips(people, tmp_path):
    save = functools.partial(save_dataset, path=tmp_path / "p.npz")
    count = len(people.start)
    save(people._replace(clip=np.array([f"walk{i}" for i in range(count)])))
    assert read(tmp_path / "p.npz").people[1] == "walk1" and read(tmp_path / "p.npz").frames[1] == "walk0/1"
    save(people._replace(clip=np.full(count, "walk"), camera=np.array([f"c{i}" for i in range(count)])))
    assert read(tmp_path / "p.npz").people[1] == "walk/c1"
    save(people._replace(clip=np.full(count, "walk"), camera=np.full(count, "c")))
    assert read(tmp_path / "p.npz").people[1] == "walk/c/1"


def test_geolift_data_sets_of_single_images_and_other_joints(people, tmp_path):
    names = ("root", *people.skeleton.names[1:])
    odd = people._replace(
        skeleton=people.skeleton._replace(names=names), fps=np.zeros_like(people.fps), image_size=None
    )
    save_dataset(odd, tmp_path / "p.npz")
    recording = read(tmp_path / "p.npz")
    assert recording.joint_set == "" and recording.joints == names and not recording.video and recording.fps == 0
    mixed = people._replace(fps=np.where(np.arange(len(people.fps)) == 0, 50, people.fps).astype("f"))
    save_dataset(mixed, tmp_path / "p.npz")
    recording = read(tmp_path / "p.npz")
    assert recording.fps == 0 and recording.video and any("2 frame rates" in note for note in recording.notes)


# Damage


@pytest.mark.parametrize("kind", [*TRACKED, "detectron", "videopose3d"])
def test_any_damage_gives_a_dataset_error(kind, rng, tmp_path):
    found, path = writers.people(rng, MOUSE, frames=4), tmp_path / "file"
    if kind == "detectron":
        writers.detectron(path.with_suffix(".npz"), writers.people(rng, COCO, frames=4))
        path = path.with_suffix(".npz")
    elif kind == "videopose3d":
        path = path.with_suffix(".npz")
        writers.videopose3d(path, {"a": {"custom": [np.ones((3, 17, 2))]}}, COCO_LAYOUT)
    else:
        write(kind, path, found)
    whole = path.read_bytes()
    for i in range(150):
        damaged = bytearray(whole[: rng.integers(len(whole))] if i % 5 == 0 else whole)
        for place in rng.integers(0, max(len(damaged), 1), 3 if len(damaged) else 0):
            damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        with contextlib.suppress(DatasetError):
            read(path)
