"""Views show what was lifted: pages hold it, show it in a browser and load nothing else; so do sheets and movies."""

import base64
import hashlib
import json
import subprocess
import sys
import time
from html.parser import HTMLParser

import numpy as np
import pytest

from geolift.errors import DatasetError
from geolift.output.result import ASSUMED_FPS, ROWS
from geolift.output.view import layout, notebook, page, panels
from geolift.output.view.formats import VIEWERS, write_view
from geolift.output.view.sheet import write_sheet
from geolift.skeletons.skeleton import H36M17
from tests.helpers.browser import DRAWN
from tests.helpers.results import in_world, make_result, with_gaps

EVIL = '</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;<!--"\u2028'


class Elements(HTMLParser):
    """The elements of a page as (tag, attributes), and the text of those with an id or of the style and script."""

    def __init__(self, text):
        super().__init__()
        self.found, self.text, self.inside = [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.inside = dict(attributes).get("id", tag)

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        self.text[self.inside] = self.text.get(self.inside, "") + data

    def arrays(self):
        types = json.loads(self.text["header"])["types"]
        return {name: np.frombuffer(base64.b64decode(self.text[name]), kind) for name, kind in types.items()}


def unpacked(arrays, name, joints, dimensions):
    """Coordinates as page.js reads them."""
    whole = arrays[name].reshape(-1, joints, dimensions)
    origin = arrays[f"{name}_origin"].reshape(-1, 1, dimensions)
    values = origin + arrays[f"{name}_step"].reshape(-1, 1, 1) * whole
    return np.where(whole == page.MISSING, np.nan, values)


def test_pages_hold_the_result_within_the_quantization():
    result = with_gaps(make_result(people=3, frames=20))
    result.position[7] = np.nan
    order = np.lexsort((result.person, result.frame))
    arrays = Elements(page.page(result)).arrays()
    points, keypoints = (unpacked(arrays, name, 17, d) for name, d in (("points", 3), ("keypoints", 2)))
    np.testing.assert_allclose(points, result.points[order], atol=2e-5)  # metres
    np.testing.assert_allclose(keypoints, result.keypoints[order], atol=0.01)  # pixels
    np.testing.assert_array_equal(arrays["frame"], result.frame[order])
    np.testing.assert_array_equal(arrays["person"], result.person[order])
    np.testing.assert_array_equal(arrays["position"].reshape(-1, 3), result.position[order])
    sure = arrays["confidence"].reshape(-1, 17)
    np.testing.assert_array_equal(sure == page.FILLED, result.filled[order])
    np.testing.assert_allclose(np.maximum(sure, 0) / 100, result.confidence[order], atol=0.005)


def test_quantization_is_fine_for_each_row_and_keeps_missing_joints(rng):
    values = rng.normal(size=(6, 17, 3)).astype("f")
    values[2] *= 1e5  # a giant does not make the others coarse
    values[3] = np.nan
    values[4, 1:] = np.inf
    values[5, 0, 1] = np.nan
    whole, origin, step = page.quantize(values)
    there = np.isfinite(values).all(axis=-1)
    np.testing.assert_array_equal((whole == page.MISSING).all(axis=-1), ~there)
    again = origin[:, None] + step[:, None, None] * whole
    row, _ = np.nonzero(there)
    assert (np.abs(again[there] - values[there]) <= 0.51 * step[row, None] + 1e-6).all()
    assert step[0] < 1e-4 and step[3] == 0 and np.isfinite(origin).all()


def test_pages_reach_for_nothing_and_run_one_script():
    text = page.page(make_result(people=2))
    assert "http:" not in text and "https:" not in text and "url(" not in text and "@import" not in text
    elements = Elements(text)
    policy = next(a["content"] for tag, a in elements.found if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'" and "unsafe" not in policy and "*" not in policy
    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(elements.text[kind].encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    scripts = [attributes for tag, attributes in elements.found if tag == "script"]
    assert [a for a in scripts if "type" not in a] == [{}]  # the others are data
    names = [name for _, attributes in elements.found for name in attributes]
    assert not [name for name in names if name.startswith("on") or name in ("src", "style")]
    assert {a["href"] for _, a in elements.found if "href" in a} == {"data:,"}
    assert not [word for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "fetch(") if word in text]


def hostile(result):
    return result._replace(
        people=tuple(EVIL + name for name in result.people),
        frames=tuple(EVIL + name for name in result.frames),
        source=EVIL, model=EVIL, scale=EVIL, notes=(EVIL, "{{script}} \udcff"),
        skeleton=H36M17._replace(names=tuple(EVIL + name for name in H36M17.names)),
    )  # fmt: skip


def test_text_of_the_result_stays_text():
    plain, evil = (Elements(page.page(r)) for r in (make_result(), hostile(make_result())))
    assert evil.found == plain.found
    header = json.loads(evil.text["header"])
    assert header["people"] == [EVIL + "person 0"] and header["source"] == EVIL
    assert header["notes"] == [EVIL, "{{script}} \udcff"]


def test_the_2d_panel_shows_the_image_or_all_keypoints():
    result = with_gaps(make_result(people=2, frames=8))
    np.testing.assert_array_equal(layout.planes(result), [[0, 0, 1000, 1000]] * 8)
    unknown = result._replace(image_size=None)
    for given, planes in ((unknown, 1), (unknown._replace(video=False), 8)):
        found = layout.planes(given)
        assert found.shape == (planes, 4)
        low, high = np.split(found[given.frame % planes], 2, axis=1)
        inside = (low[:, None] < given.keypoints) & (given.keypoints < high[:, None])
        assert (inside | np.isnan(given.keypoints)).all()
    empty = unknown._replace(video=False, frames=(*unknown.frames, "empty"))
    assert np.isfinite(layout.planes(empty)).all()


def test_scenes_move_and_grow_with_the_people():
    result = make_result(frames=40)
    (scene,) = layout.scenes(result, result.points)
    (moved,) = layout.scenes(result, 3 * result.points + np.float32([1, -2, 5]))
    np.testing.assert_allclose(moved[:3], 3 * scene[:3] + [1, -2, 5], atol=1e-4)
    np.testing.assert_allclose(moved[3:6], 3 * scene[3:6], rtol=1e-2)
    assert moved[6] == pytest.approx(3 * scene[6] - 2, abs=1e-4)
    feet = result.points[:, [H36M17.names.index("left_ankle"), H36M17.names.index("right_ankle")], 1].max()
    assert feet - 0.1 < scene[6] <= feet + 1e-6  # y down: nothing is lower
    assert np.isfinite(layout.scenes(result, np.full_like(result.points, np.nan))).all()


def test_level_axes_stand_on_the_floor_and_look_as_the_camera_does():
    result = in_world(make_result(people=2, frames=20))
    level = layout.level_axes(result)
    turn = level[..., :3]
    np.testing.assert_allclose(turn @ turn.swapaxes(1, 2), np.tile(np.eye(3), (20, 1, 1)), atol=1e-5)
    assert (np.linalg.det(turn) > 0.99).all()
    tilt = np.einsum("fij,fj->fi", turn, -result.up)
    np.testing.assert_allclose(tilt, np.tile([0, 1, 0], (20, 1)), atol=1e-5)  # gravity is down
    assert (np.abs(turn[:, 0, 2]) < 1e-5).all() and (turn[:, 2, 2] > 0.9).all()  # the camera looks along z
    points, limits = layout.levelled(result, placed=True)
    np.testing.assert_allclose(-points[..., 1], result.world_points[..., 2], atol=1e-5)
    assert limits[0, 6] == 0
    unknown = result._replace(floor=np.full_like(result.floor, np.nan))
    lowest = np.sort(points.reshape(2, 20, -1, 3)[..., 1].max(axis=(0, 2)))
    assert lowest[0] <= layout.levelled(unknown, placed=True)[1][0, 6] <= lowest[-1] < 0  # under the feet
    beside, _ = layout.levelled(result, placed=False)
    np.testing.assert_allclose(beside[:20, 0], 0, atol=1e-6)
    assert layout.level_axes(make_result()) is None
    down = np.float32([[[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 3]]])  # straight down: the image's top is ahead
    steep = result._replace(to_world=np.repeat(down, 20, axis=0))
    np.testing.assert_allclose(layout.azimuth(steep)[0], [0, 1], atol=1e-6)


def test_people_seen_briefly_do_not_move_the_scene_of_a_video():
    one, two = make_result(frames=30), make_result(people=2, frames=30)
    brief = two.select_rows(np.arange(len(two.frame)) < 32)
    brief.points[:30], brief.points[30:] = one.points, two.points[30:32] + np.float32([0, 5, 0])
    ((alone,), (found,)) = (layout.scenes(result, result.points) for result in (one, brief))
    assert abs(found[6] - alone[6]) < 0.05  # metres
    assert (np.abs(layout.scenes(brief._replace(video=False), brief.points)[:2, 6] - alone[6]) > 4).all()


def test_single_images_have_separate_scenes():
    result = make_result(people=2, frames=3, video=False)
    result.points[result.frame == 1] *= 4
    points = result.points + np.float32([0, 0, 100]) * (result.frame == 2)[:, None, None]
    scenes = layout.scenes(result, points)
    for i, (centre, half, ground) in enumerate(zip(scenes[:, :3], scenes[:, 3:6], scenes[:, 6], strict=True)):
        there = points[result.frame == i].reshape(-1, 3)
        np.testing.assert_allclose(centre, (there.max(axis=0) + there.min(axis=0)) / 2, rtol=1e-4)
        assert (np.abs(there - centre) <= half + 1e-4).all() and ground == there[:, 1].max()
    empty = result._replace(frames=(*result.frames, "empty"))
    assert np.isfinite(layout.scenes(empty, points)).all() and len(layout.scenes(empty, points)) == 4


def test_people_stand_side_by_side_in_their_order():
    result = make_result(people=3, frames=5)
    place = layout.beside(result).reshape(3, 5)
    np.testing.assert_array_equal(place, place[:, :1].repeat(5, axis=1))  # places are kept in a video
    radius = np.hypot(result.points[..., 0], result.points[..., 2]).reshape(3, -1).max(axis=1)
    assert place[0, 0] == 0 and (np.diff(place[:, 0]) > radius[:2] + radius[1:]).all()
    later = result._replace(frame=result.frame + 5 * (result.person == 1), frames=(*result.frames, *"abcde"))
    place = layout.beside(later).reshape(3, 5)[:, 0]
    assert place[1] == 0 and place[2] > 0  # the second is there when the first has gone
    images = layout.beside(later._replace(video=False))
    assert (images[later.person != 2] == 0).all() and (images[later.person == 2] > 0).all()
    assert (layout.beside(make_result(frames=5)) == 0).all()


def test_rates():
    assert layout.shown_fps(make_result(fps=12.5)) == 12.5
    assert layout.shown_fps(make_result()._replace(fps=0.0)) == ASSUMED_FPS
    assert layout.shown_fps(make_result(video=False)) == layout.SLIDES


def test_notebooks_show_results_and_note_left_out_frames(monkeypatch):
    result = make_result(people=2, frames=12)
    shown = Elements(result._repr_html_())
    assert [tag for tag, _ in shown.found] == ["iframe"]
    frame = shown.found[0][1]
    assert frame["srcdoc"] == page.page(result) and frame["sandbox"] == "allow-scripts"
    monkeypatch.setattr(notebook, "MOST_POSES", 11)
    shown = Elements(result._repr_html_())
    inside = Elements(shown.found[0][1]["srcdoc"])
    assert "first 5 of 12 frames" in shown.text["p"] and "first 5 of 12 frames" in inside.text["header"]
    assert len(inside.arrays()["frame"]) == 10 and len(result.frames) == 12
    monkeypatch.setattr(notebook, "MOST_POSES", 1)  # one frame at least, however many are in it
    assert "first 1 of 12" in result._repr_html_()


def without_poses():
    result = make_result(frames=3)
    return result.select_rows(np.zeros(len(result.frame), bool))


@pytest.mark.parametrize("suffix", VIEWERS)
def test_views_are_written_by_suffix(suffix, tmp_path):
    if suffix == ".mp4":
        pytest.importorskip("imageio_ffmpeg")
    path, none = tmp_path / f"it-{suffix}", tmp_path / f"none-{suffix}"
    write_view(with_gaps(make_result(people=2, frames=4)), path)
    begin = {".png": b"\x89PNG", ".gif": b"GIF89a", ".mp4": b"\x00\x00\x00"}.get(suffix, b"<!doctype html>")
    assert path.read_bytes().startswith(begin)
    with pytest.raises(DatasetError, match=r"none-[.\w]+: found .*, expected") as error:
        write_view(without_poses(), none)
    assert "\n" not in str(error.value) and not none.exists()


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(
        DatasetError, match=r"it\.bvh: found suffix '\.bvh', expected one of \.html, \.png, \.gif, \.mp4"
    ):
        write_view(make_result(), tmp_path / "it.bvh")


@pytest.mark.parametrize(
    ("suffix", "module"),
    [(".png", "matplotlib.figure"), (".gif", "PIL"), (".gif", "cv2"), (".mp4", "imageio_ffmpeg"), (".mp4", "cv2")],
)
def test_missing_libraries_are_named(suffix, module, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "geolift.output.view.figures", raising=False)
    with pytest.raises(DatasetError, match=r"pip install 'geolift\[viz\]'"):
        write_view(make_result(frames=2), tmp_path / f"it{suffix}")


def test_sheets_draw_around_a_missing_root(monkeypatch, tmp_path):
    from geolift.output.view import figures

    drawn = []
    monkeypatch.setattr(figures, "lifted_sheet", lambda *given, names: drawn.append((*given, names)))
    result = make_result(frames=3)
    result.points[1, H36M17.root] = np.nan
    result.keypoints[2] = np.nan
    result.confidence[2] = 0
    write_sheet(result, tmp_path / "it.png")
    ((points, poses, seen, _, _, names),) = drawn
    assert names == ["frame_00000.png", "frame_00001.png"]
    assert len(points) == 2 and np.isfinite(points).all() and np.isfinite(poses).all()
    assert not seen[1, H36M17.root] and seen.sum() == 2 * 17 - 1
    for lifted, given in ((points, result.points), (poses, result.keypoints)):
        for i in range(2):  # moved, not changed
            difference = (lifted[i] - given[i])[seen[i]]
            np.testing.assert_allclose(difference, difference[:1].repeat(len(difference), 0), atol=1e-3)
    with pytest.raises(DatasetError, match="found no bone"):
        write_view(result._replace(points=np.full_like(result.points, np.nan)), tmp_path / "none.png")


def test_sheets_name_persons_and_frames(monkeypatch, tmp_path):
    from geolift.output.view import figures

    drawn = []
    monkeypatch.setattr(figures, "lifted_sheet", lambda *_, names: drawn.extend(names))
    write_sheet(
        make_result(people=2, frames=2)._replace(people=("0", "Ann"), frames=("7", "b.png")), tmp_path / "it.png"
    )
    assert drawn == ["person 0, frame 7", "person 0, b.png", "Ann, frame 7", "Ann, b.png"]


@pytest.mark.parametrize("suffix", [".png", ".gif"])
def test_any_name_can_be_drawn(suffix, tmp_path):
    names = ("$\\frac \udcff\n</b>" + 99 * "a", "\udcff$\t$_", "")
    write_view(make_result(people=3, frames=3)._replace(people=names, frames=names), tmp_path / f"it{suffix}")


def test_gifs_play_at_the_frame_rate_or_leave_frames_out(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for fps, frames, every in ((10.0, 5, 1), (24.0, 6, 1), (50.0, 8, 2)):
        write_view(make_result(frames=frames, fps=fps), tmp_path / "it.gif")
        with image.open(tmp_path / "it.gif") as gif:
            assert gif.n_frames == -(-frames // every) and gif.size == (panels.WIDTH, panels.HEIGHT)
            lasting = [gif.seek(i) or gif.info["duration"] for i in range(gif.n_frames)]
            assert sum(lasting) == pytest.approx(1000 * frames / fps, abs=5)


def test_gifs_keep_colours_that_the_first_frame_lacks(tmp_path):
    image = pytest.importorskip("PIL.Image")
    result = make_result(frames=2, fps=10.0)
    late = result.select_rows(np.arange(len(result.frame)) > 0)
    write_view(late, tmp_path / "it.gif")
    drawn = list(panels.pictures(late))
    with image.open(tmp_path / "it.gif") as gif:
        for i, given in enumerate(drawn):
            gif.seek(i)
            found = np.asarray(gif.convert("RGB")).astype(int)
            assert np.percentile(np.abs(found - given), 99.9) < 12
    assert (drawn[0] != drawn[1]).any()


def test_mp4_has_every_frame(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    result, path = make_result(frames=9, fps=15.0), tmp_path / "it.mp4"
    write_view(result, path)
    command = [ffmpeg, "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    frames = np.frombuffer(done.stdout, np.uint8).reshape(-1, panels.HEIGHT, panels.WIDTH, 3)
    assert len(frames) == 9 and b" 15 fps" in done.stderr
    for found, given in zip(frames, panels.pictures(result), strict=True):
        assert np.abs(found.astype(int) - given).mean() < 2
    with pytest.raises(OSError, match=r"No such file.*nowhere/it\.mp4"):
        write_view(result, tmp_path / "nowhere" / "it.mp4")


def test_pictures_stand_in_the_world():
    """The floor is drawn, feet that stand on it are marked, and what is less sure is fainter."""
    result = in_world(make_result(frames=4), sure=False)
    result.contact[:] = True
    scene = panels.make_scene(result)
    assert scene.level and scene.limits[0, 6] == 0
    np.testing.assert_allclose(-scene.poses[1][..., 1], result.world_points[..., 2], atol=1e-5)
    plain = next(panels.pictures(result)).astype(int)
    lifted = next(panels.pictures(result._replace(contact=np.zeros_like(result.contact))))
    rows = np.flatnonzero((plain != lifted).any(axis=(1, 2)))
    assert 1 <= np.ptp(rows) < 10  # the marks lie on one line, the floor
    sigma = np.full(result.points.shape[:2], 0.2, np.float32)
    faint = next(panels.pictures(result._replace(uncertainty=sigma, depth_uncertainty=sigma))).astype(int)
    assert faint.min(axis=-1)[:, panels.WIDTH // 3 :].mean() != plain.min(axis=-1)[:, panels.WIDTH // 3 :].mean()
    np.testing.assert_array_equal(faint[60:, : panels.WIDTH // 3 - 20], plain[60:, : panels.WIDTH // 3 - 20])  # 2D
    assert layout.strength(result).min() == 1
    sure = layout.strength(result._replace(uncertainty=sigma, depth_uncertainty=sigma))
    np.testing.assert_allclose(sure, layout.FAINTEST)


def test_sheets_show_people_upright(monkeypatch, tmp_path):
    from geolift.output.view import figures

    drawn = []
    monkeypatch.setattr(figures, "lifted_sheet", lambda *given, names, **more: drawn.append((*given, more)))
    result = in_world(make_result(frames=3))
    write_sheet(result, tmp_path / "it.png")
    world = result.world_points
    np.testing.assert_allclose(-drawn[0][0][..., 1], (world - world[:, :1])[..., 2], atol=1e-5)
    assert drawn[0][-1]["strength"].shape == (3, 17) and drawn[0][-1]["strength"].min() < 1


def test_pictures_change_with_the_pose_alone(tmp_path):
    result = make_result(frames=3)._replace(frames=("a", "a", "a"))
    result.points[1], result.keypoints[1] = result.points[0], result.keypoints[0]
    first, same, other = (picture[panels.HEIGHT // 8 :] for picture in panels.pictures(result))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    gone = panels.pictures(result._replace(points=np.full_like(result.points, np.nan)))
    assert (next(gone)[panels.HEIGHT // 8 :, panels.WIDTH // 2 :] != first[:, panels.WIDTH // 2 :]).any()


def test_pictures_of_single_images_are_as_large_for_a_distant_person(tmp_path):
    result = make_result(people=2, frames=2, video=False)
    result = result.select_rows(np.isin(np.arange(len(result.frame)), [0, 3]))
    for key in ("points", "keypoints"):
        getattr(result, key)[1] = getattr(result, key)[0]
    result.position[1] = 10 * result.position[0] + np.float32([3, 5, 0])
    first, other = (picture[panels.HEIGHT // 8 :, panels.WIDTH // 2 :] for picture in panels.pictures(result))
    assert np.percentile(np.abs(first.astype(int) - other), 99) < 30  # but for rounding of pixels


# ---- in a browser ----------------------------------------------------------------------------------------------------


def test_controls_change_the_view(shown):
    from selenium.webdriver import Keys

    it = shown(make_result(frames=40))
    begin = it.pixels()
    it.keys(Keys.ARROW_RIGHT)
    assert it.frame() == 1 and all(a != b for a, b in zip(begin, it.pixels(), strict=True))
    it.keys(Keys.END)
    assert it.frame() == 39
    it.keys(Keys.HOME)
    assert it.frame() == 0 and it.pixels() == begin
    it.run("const s = document.getElementById('slider'); s.value = 20; s.dispatchEvent(new Event('input'));")
    assert it.frame() == 20 and all(a != b for a, b in zip(begin, it.pixels(), strict=True))
    it.keys(Keys.HOME)
    it.drag(120, 30)
    flat, space = it.pixels()
    assert flat == begin[0] and space != begin[1]
    it.run("space.canvas.dispatchEvent(new MouseEvent('dblclick'))")
    assert it.pixels() == begin
    zoom = it.run("space.canvas.dispatchEvent(new WheelEvent('wheel', {deltaY: -200})); return state.zoom")
    assert zoom > 1 and it.pixels()[1] != begin[1]
    it.keys("0")
    it.keys(Keys.SPACE)
    time.sleep(0.3)
    it.keys(Keys.SPACE)
    stopped = it.frame()
    assert 0 < stopped < 40
    time.sleep(0.1)
    assert it.frame() == stopped


def test_fingers_rotate_zoom_and_move(shown):
    it = shown(make_result(frames=2))
    x, y = it.run("const box = space.canvas.getBoundingClientRect(); return [box.x + 100, box.y + 100]")

    def touch(kind, *fingers):
        points = [{"x": x + right, "y": y + down, "id": i} for i, (right, down) in enumerate(fingers)]
        it.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        it.wait()
        return it.driver.execute_script("return [state.yaw, state.pitch, state.zoom, ...state.moved]")

    touch("touchStart", (0, 0))
    yaw, pitch, zoom, *moved = touch("touchMove", (50, 25))
    touch("touchEnd")
    assert yaw > pitch > 0 and zoom == 1 and moved == [0, 0]
    touch("touchStart", (0, 0), (40, 0))
    touch("touchMove", (-20, 10), (60, 10))
    state = touch("touchEnd")
    assert state == pytest.approx([yaw, pitch, 2, 0, 10], rel=0.01)


def test_the_first_view_is_the_photo_s_and_rotations_keep_handedness(shown):
    result = make_result(frames=1)
    it = shown(result)
    it.run("choice.lens.value = 'parallel'; show()")
    points = result.points[0].astype(float)
    for turn, axes in {
        "turnTo(0, 0)": points[:, [0, 1]],
        "turnTo(90, 0)": points[:, [2, 1]] * [-1, 1],  # from the photo's left: what is far is on the left
        "turnTo(180, 0)": points[:, [0, 1]] * [-1, 1],
        "turnTo(0, 90)": points[:, [0, 2]] * [1, -1],  # from above: what is far is at the top
    }.items():
        it.run(turn)
        drawn = it.drawn()
        pixels = np.array([drawn[0, joint] for joint in range(17)])
        centred = pixels - pixels[0]
        scale = (centred * axes).sum() / (axes**2).sum()
        assert scale > 50
        np.testing.assert_allclose(centred, scale * axes, atol=0.1)


def test_the_2d_panel_is_the_image(shown):
    result = with_gaps(make_result(people=2, frames=1))
    drawn = shown(result).drawn("flat")
    there = np.argwhere(np.isfinite(result.keypoints).all(axis=-1))
    assert set(drawn) == {tuple(pair) for pair in there.tolist()}
    pixels = np.array([drawn[row, joint] for row, joint in there.tolist()])
    given = result.keypoints[there[:, 0], there[:, 1]]
    a, b = (np.polyfit(given[:, k], pixels[:, k], 1) for k in (0, 1))
    assert a[0] == pytest.approx(b[0], rel=1e-3) and a[0] > 0
    np.testing.assert_allclose(pixels, given * [a[0], b[0]] + [a[1], b[1]], atol=0.1)


def test_the_world_is_level_and_its_marks_are_switched(shown):
    result = in_world(make_result(people=2, frames=20))
    show = shown(result)
    marked = show.pixels()[1]
    assert show.run("return [choice.axes.value, choice.place.value]") == ["world", "placed"]
    row = "present()[arguments[0]]"
    body = np.array([show.run(f"return located({row})", who) for who in range(2)])
    expected = layout.levelled(result, placed=True)[0]
    np.testing.assert_allclose(body, expected[result.frame == show.run("return state.frame")], atol=1e-3)
    np.testing.assert_allclose(-body[..., 1], result.world_points[[0, 20]][..., 2], atol=1e-3)  # heights
    seen = {"all": marked}
    for name in ("contacts", "unsure"):
        show.run(f"choice.{name}.click()")
        seen[name] = show.pixels()[1]
    show.run("choice.axes.value = 'camera'; choice.axes.dispatchEvent(new Event('change'))")
    seen["camera"] = show.pixels()[1]
    assert len(set(seen.values())) == 4
    placed = (result.points + result.position[:, None])[[0, 20]]
    body = np.array([show.run(f"return located({row})", who) for who in range(2)])
    np.testing.assert_allclose(body, placed, atol=1e-3)
    hidden = "return ['axes-box', 'contact-box', 'unsure-box'].map((id) => document.getElementById(id).hidden)"
    assert show.run(hidden) == [False] * 3
    assert shown(make_result()).run(hidden) == [True] * 3


def test_people_are_hidden_and_places_chosen(shown):
    result = make_result(people=3, frames=2)
    result.position[0] = np.nan
    it = shown(result)
    rows = {row for row, _ in it.drawn()}
    assert rows == {1, 2}  # the first has no position, which is said
    assert "1 without a position" in it.driver.find_element("id", "message").text
    it.run("document.querySelectorAll('#people input')[1].click()")
    assert {row for row, _ in it.drawn()} == {2} and {row for row, _ in it.drawn("flat")} == {0, 2}
    it.run("choice.place.value = 'beside'; choice.place.dispatchEvent(new Event('change'))")
    drawn = it.drawn()
    assert {row for row, _ in drawn} == {0, 2}
    assert drawn[0, 0][1] == pytest.approx(drawn[2, 0][1], abs=1)
    across = [[x for (row, _), (x, _) in drawn.items() if row == who] for who in (0, 2)]
    assert max(across[0]) < min(across[1])


def test_single_images_fill_the_panel(shown):
    result = make_result(people=2, frames=2, video=False)
    result = result.select_rows(np.isin(np.arange(len(result.frame)), [0, 3]))
    result.position[1] += np.float32([20, 4, 60])
    it = shown(result)
    for frame in (0, 1):
        it.run(f"go({frame})")
        height = it.run("return space.height")
        y = [y for _, y in it.drawn().values()]
        assert 0.5 * height < max(y) - min(y) and min(y) > 0 and max(y) < height


def test_hostile_text_is_shown_as_text(shown):
    it = shown(hostile(make_result(people=2, frames=2)))
    for place in ("frame-name", "people", "facts", "notes"):
        holds = "return document.getElementById(arguments[0]).textContent.includes(arguments[1])"
        assert it.driver.execute_script(holds, place, EVIL), place
    assert it.driver.execute_script("return document.querySelectorAll('img').length") == 0


def test_gaps_are_shown_as_gaps(shown):
    result = make_result(frames=2)
    it = shown(result)
    whole = it.pixels()[1]
    filled = result.filled.copy()
    filled[0, 13] = True
    hollow = shown(result._replace(filled=filled, confidence=np.where(filled, 0, result.confidence)))
    assert hollow.pixels()[1] != whole and (0, 13) in hollow.drawn()
    result.points[0, 13] = np.nan
    assert (0, 13) not in shown(result).drawn()


def test_empty_frames_single_images_and_unknown_sizes_show(shown):
    result = make_result(people=2, frames=3, video=False)._replace(image_size=None, units="normalised")
    kept = result.frame != 0
    it = shown(result.select_rows(kept))
    assert it.frame() == 1  # the first with people
    it.run("go(0)")
    assert "No person" in it.driver.find_element("id", "message").text and not it.drawn()
    alone = shown(make_result(frames=1)._replace(position=np.full((1, 3), np.nan, np.float32)))
    assert alone.drawn() and not alone.driver.find_element("id", "play").is_enabled()


def test_bodies_of_other_skeletons_are_individuals(shown):
    skeleton = H36M17._replace(names=tuple(f"bodypart {joint}" for joint in range(17)))
    it = shown(make_result(people=2, frames=3, skeleton=skeleton))
    assert it.driver.find_element("id", "subtitle").text == "3 frames, 2 individuals, 17 joints"
    assert it.driver.find_element("css selector", "#people-box h2").text == "Individuals"
    assert it.driver.find_element("css selector", "#colours [value=person]").text == "by individual"


def test_a_notebook_shows_it_in_its_frame(browser, tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><title>notebook</title>{make_result()._repr_html_()}")
    browser.get_log("browser")
    browser.get(path.as_uri())
    browser.switch_to.frame(0)
    browser.execute_async_script(DRAWN)
    assert browser.execute_script("return space.drawn.length") == 17
    browser.switch_to.default_content()
    assert browser.get_log("browser") == []


def test_ten_thousand_frames_open_and_play(shown):
    short = make_result(people=2, frames=100)
    again = np.concatenate([np.tile(np.arange(100) + 100 * who, 100) for who in range(2)])
    rows = {key: getattr(short, key)[again] for key in ROWS} | {"frame": np.tile(np.arange(10_000), 2)}
    frames = tuple(f"frame_{i:05d}.png" for i in range(10_000))
    begin = time.perf_counter()
    it = shown(short._replace(**rows, frames=frames, image_size=np.full((10_000, 2), 1000, np.float32)))
    opened = time.perf_counter() - begin
    rate = it.driver.execute_async_script(
        """const done = arguments[arguments.length - 1], begin = performance.now();
        let seen = 0, before = state.frame;
        const count = () => {
          if (state.frame !== before) [seen, before] = [seen + 1, state.frame];
          if (performance.now() - begin < 1000) requestAnimationFrame(count);
          else done(1000 * seen / (performance.now() - begin));
        };
        choice.speed.value = 4;
        play(true);
        requestAnimationFrame(count);"""
    )
    print(f"10 000 frames, 2 people: written and open after {opened:.1f} s, {rate:.0f} frames drawn per second")
    assert rate > 0 and it.frame() > 0
