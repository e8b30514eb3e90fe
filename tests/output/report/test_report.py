"""The report: its numbers are those of the functions, the page opens, moves and loads nothing."""

import json

import numpy as np
import pytest

from geolift.biomechanics import clinical_angles, gait_events, gait_measures
from geolift.errors import DatasetError
from geolift.output.mocap.axes import TRC_AXES
from geolift.output.motion_angles import people_angles
from geolift.output.report import content, motion
from geolift.output.report.gait_errors import trust_text
from geolift.output.report.report import report
from geolift.output.view.formats import write_view
from geolift.output.view.page import MISSING
from geolift.skeletons.skeleton import H36M17, Skeleton
from tests.helpers.results import in_world, make_result
from tests.output.view.test_page import EVIL, Elements, hostile

FPS = 30.0


@pytest.fixture(scope="module")
def walker():
    """One who walks, and one who runs, of whom the second is there later and has gaps."""
    result = in_world(make_result(people=2, frames=110, first=0))
    rows = (result.person == 0) | (result.frame > 15) & ((result.frame < 40) | (result.frame > 70))
    return result.select_rows(rows)


@pytest.fixture(scope="module")
def page(walker):
    elements = Elements(report(walker))
    return json.loads(elements.text["more"]), elements.arrays(), elements


def values_of(page, series):
    """The numbers of a series, `[110]`, as report.js reads them."""
    _, arrays, _ = page
    found = []
    for name, entry in (("series", series), ("series_bands", series["band"])):
        whole = arrays[name][entry["at"] : entry["at"] + entry["count"]].astype(float)
        numbers = np.full(110, np.nan)
        numbers[series["first"] : series["first"] + entry["count"]] = entry["origin"] + entry["step"] * whole
        numbers[series["first"] : series["first"] + entry["count"]][whole == MISSING] = np.nan
        found.append(numbers)
    return found


def test_angles_on_the_page_are_those_of_the_points(page, walker):
    points = walker.world_points[walker.person == 0].astype(float) @ TRC_AXES.world.T
    angles = clinical_angles(points, H36M17, fps=FPS)
    errors = people_angles(walker)[0].clinical_errors
    person = page[0]["people"][0]
    by_name = {(one["name"], one["side"]): one for one in person["series"]}
    known = np.isfinite(np.where(angles.shown, angles.degrees, np.nan)).any(axis=0)
    assert len(by_name) == known.sum() > 20
    for column, name in enumerate(angles.names):
        if not known[column]:  # arms that hang down show no plane
            continue
        title, _, side = motion._title(name)
        numbers, band = values_of(page, by_name[title, side])
        expected = np.where(angles.shown[:, column], angles.degrees[:, column], np.nan)
        np.testing.assert_allclose(numbers, expected, atol=0.02, err_msg=name)
        np.testing.assert_allclose(band, errors[:, column], atol=0.02, err_msg=name)
    row = next(row for row in person["ranges"]["rows"] if row[0].startswith("Knee") and row[1] == "right")
    knee = angles.degrees[:, angles.names.index("right_knee_flexion")]
    expected = [knee.min(), knee.max(), np.ptp(knee), knee.mean()]
    assert [float(cell.replace(content.MINUS, "-")) for cell in row[2:]] == pytest.approx(expected, abs=0.0501)


def test_gait_on_the_page_is_that_of_the_functions(page, walker):
    rows = walker.person == 0
    points = walker.world_points[rows].astype(float) @ TRC_AXES.world.T
    events = gait_events(points, H36M17, fps=FPS, contact=walker.contact[rows])
    measures = gait_measures(points, H36M17, events, fps=FPS).measures
    person = page[0]["people"][0]
    table = {row[0]: row[1:4] for row in person["measures"]["rows"]}
    assert table["cadence, steps/min"] == ["", "", f"{measures.cadence:.0f}"]
    assert table["speed, m/s"] == ["", "", f"{measures.speed:.2f}"]
    assert table["step length, m"] == [f"{measures.step_length.left:.2f}", f"{measures.step_length.right:.2f}", ""]
    assert table["stance, % of a stride"][0] == f"{100 * measures.stance_share.left:.0f}"
    for side in ("left", "right"):
        strikes = getattr(events, f"{side}_strikes") * FPS
        np.testing.assert_allclose(person["events"][side]["strike"], strikes)
        assert len(person["cycle_frames"][side]) == len(strikes) - 1 > 0
        assert person["toe_off"][side] == pytest.approx(100 * getattr(measures.stance_share, side), abs=3)
    trust = {row[0]: row[-1] for row in person["measures"]["rows"]}
    assert "stature" in trust["speed, m/s"] and "ms off" in trust["step time, s"] and trust["steps in a row"] == ""
    knee = next(one for one in person["cycles"] if one["name"] == "Knee flexion" and one["side"] == "left")
    assert len(knee["mean"]) == 101 and knee["count"] == len(person["cycle_frames"]["left"])
    assert max(knee["mean"][60:90]) > 40 > max(knee["mean"][:10])  # the knee bends in swing


def test_somebody_who_comes_later_is_where_they_are(page, walker):
    person = page[0]["people"][1]
    numbers, _ = values_of(page, next(one for one in person["series"] if one["name"] == "Knee flexion"))
    there = np.isin(np.arange(110), walker.frame[walker.person == 1])
    np.testing.assert_array_equal(np.isfinite(numbers), there)
    assert person["measures"]["rows"] == person["cycles"] == [] and "No measures of gait: found" in person["view"]
    begin = walker.frame[walker.person == 1].min()
    later = [one for side in ("left", "right") for kind in ("strike", "off") for one in person["events"][side][kind]]
    assert all(begin <= one <= 109 for one in later)


def test_measures_are_trusted_more_from_the_side():
    front, side, unknown = (trust_text("step length", np.array([angle, np.nan])) for angle in (5.0, -90.0, np.nan))
    assert front.startswith("about 9 % off") and side.startswith("about 6 % off") and unknown == ""


def test_asymmetry_and_unknown_numbers():
    assert content.asymmetry(content.Measure("", "", 1.1, 0.9, None, 2)) == "+20 %"
    assert content.asymmetry(content.Measure("", "", 0.9, 1.1, None, 2)) == f"{content.MINUS}20 %"
    assert content.asymmetry(content.Measure("", "", np.nan, 1.1, None, 2)) == ""
    assert [content.text(value, 1) for value in (None, np.nan, -0.26)] == ["", content.DASH, f"{content.MINUS}0.3"]


@pytest.mark.parametrize(
    ("turn", "view"),
    [(0, "front"), (90, "left side"), (-90, "right side"), (180, "back"), (45, "front left"), (-130, "back right")],
)
def test_the_view_is_named_from_the_person(turn, view):
    """Somebody who faces the camera turns to their right by `turn` degrees: then it sees their left."""
    points = np.zeros((5, 17, 3), np.float32)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    for name, height in (("hip", 0.0), ("shoulder", -0.5), ("ankle", 0.9)):
        for side, sign in (("left", 1), ("right", -1)):  # their left is on the right of the image
            points[:, H36M17.names.index(f"{side}_{name}")] = [0.2 * sign * c, height, -0.2 * sign * s]
    result = make_result(frames=5)._replace(points=points, position=np.float32([[0, 0, 5]] * 5))
    found, notes = motion.motions(result)
    assert content.view_text(found[0].view) == f"Filmed from the {view}."
    assert any("the camera is taken to be level" in note for note in notes)


def test_a_joint_that_was_not_seen_makes_its_angles_less_sure(walker):
    plain = walker.select_rows(walker.person == 0)._replace(people=walker.people[:1])
    filled = plain.filled.copy()
    filled[20:30, H36M17.names.index("left_ankle")] = True
    confidence = np.where(filled, np.float32(0), plain.confidence)
    sigma = np.where(np.arange(17) == H36M17.names.index("left_ankle"), np.float32(0.2), np.float32(0.05))
    sigma = np.tile(sigma, (len(filled), 1))
    guessed = plain._replace(filled=filled, confidence=confidence, uncertainty=sigma, depth_uncertainty=0.6 * sigma)
    seen, unseen = (
        {(one.name, one.side): one.band for one in motion.motions(result)[0][0].series} for result in (plain, guessed)
    )
    frames = np.arange(110)
    for key, band in seen.items():  # rotations are steadied over time
        knee = key in (("Knee flexion", "left"), ("Hip internal rotation", "left"))
        more = unseen[key] > band + 1
        assert not more[(frames < 10) | (frames >= 40)].any() and (knee or not more.any()), key
    assert (unseen["Knee flexion", "left"] > seen["Knee flexion", "left"] + 1)[20:30].all()


def test_a_doubtful_direction_up_makes_angles_against_the_ground_less_sure(walker):
    doubtful = walker._replace(up_spread=np.full_like(walker.up_spread, 25.0))
    plain, tilted = (
        {(one.name, one.side): np.nanmean(one.band) for one in motion.motions(result)[0][0].series}
        for result in (walker, doubtful)
    )
    more = {name for (name, side), band in tilted.items() if band > plain[name, side]}
    assert more == {f"Pelvis {kind}" for kind in ("anterior tilt", "right drop")} | {
        f"Trunk {kind}" for kind in ("flexion", "right bending")
    }
    assert tilted["Trunk flexion", "middle"] > 17


def test_views_that_change_are_counted():
    text = content.view_text(np.repeat([10.0, 80.0, 170.0], [60, 35, 5]))
    assert text == "Filmed from the front (60 % of the time), the right side (35 % of the time)."
    assert content.view_text(np.zeros(0)) == ""


def test_what_is_no_motion_of_people_is_refused(tmp_path):
    dog = Skeleton(H36M17.names[:3], (-1, 0, 1), (), (), 2)
    short = make_result(frames=3)
    animal = short._replace(
        skeleton=dog, **{key: getattr(short, key)[:, :3] for key in ("points", "keypoints", "confidence", "filled")}
    )
    for result, message in (
        (make_result(frames=3, video=False), "single images, expected a video"),
        (
            animal,
            "the joints pelvis, right_hip, right_knee, expected those of a person, whose angles",
        ),
        (short._replace(points=np.full_like(short.points, np.nan)), "no lifted point"),
    ):
        with pytest.raises(DatasetError, match=f"my_report.html: found {message}"):
            write_view(result, tmp_path / "my_report.html")
    assert not list(tmp_path.iterdir())


def test_what_is_assumed_is_noted():
    result = make_result(frames=6)
    notes = json.loads(Elements(report(result._replace(fps=0.0))).text["header"])["notes"]
    assert notes[: len(result.notes)] == list(result.notes)
    assert any("the frame rate is unknown: 30 frames per second" in note for note in notes)


def test_joints_that_are_not_trusted_have_no_angles(walker, tmp_path):
    sigma = walker.uncertainty.copy()
    sigma[:] = 0.01
    sigma[:, H36M17.names.index("left_ankle")] = 0.5
    write_view(walker._replace(uncertainty=sigma, depth_uncertainty=0.5 * sigma), tmp_path / "report.html", trust=0.1)
    data = json.loads(Elements((tmp_path / "report.html").read_text()).text["more"])
    knees = {one["side"] for one in data["people"][0]["series"] if one["name"] == "Knee flexion"}
    assert knees == {"right"}


def test_text_of_the_result_stays_text():
    result = make_result(frames=4)
    plain, evil = (Elements(report(one)) for one in (result, hostile(result)._replace(skeleton=H36M17)))
    assert evil.found == plain.found and "alert" not in json.dumps(json.loads(evil.text["more"]))
    policy = next(a["content"] for _, a in evil.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy


def test_pages_of_1800_frames_are_small():
    assert len(report(in_world(make_result(frames=1800)))) < 2_000_000


# ---- in a browser ----------------------------------------------------------------------------------------------------


def test_the_cursor_moves_through_all_plots(shown, walker):
    it = shown(walker, "report.html")
    count = len({series.name for series in motion.motions(walker)[0][0].series})
    assert it.run("return [plots.length, document.querySelectorAll('#times .plot').length]") == [2 * count, count]
    cursors = "return plots.filter((plot) => plot.across === 'time').map((plot) => plot.cursors[0].getAttribute('x1'))"
    it.run("go(20)")
    before = it.run(cursors)
    it.run("go(60)")
    after = it.run(cursors)
    assert len(set(before)) == len(set(after)) == 1 and float(before[0]) < float(after[0])
    angles = motion.motions(walker)[0][0].series
    left, right = (one.values[60] for one in angles if one.name == "Knee flexion")
    said = it.run("return plots.find((p) => p.title === 'Knee flexion' && p.across === 'time').now.textContent")
    assert said.startswith(f"left {left:.1f} ±") and f"right {right:.1f} ±" in said and said.endswith("°")
    it.run("plots.find((plot) => plot.across === 'time').pick(2.0)")
    assert it.frame() == 60
    it.run("const s = document.getElementById('time-shown'); s.value = '2'; s.dispatchEvent(new Event('change'));")
    assert it.run("return plots.at(-1).x") == [2, 4]


def test_people_are_chosen_and_described(shown, walker):
    it = shown(walker, "report.html")
    names = it.run("return [...document.getElementById('who').options].map((one) => one.textContent)")
    assert names == list(walker.people)
    assert not it.run("return document.getElementById('cycles-box').hidden")
    it.run("const w = document.getElementById('who'); w.value = '1'; w.dispatchEvent(new Event('change'));")
    assert it.run("return document.getElementById('cycles-box').hidden")
    assert "No measures of gait" in it.run("return document.getElementById('view').textContent")
    labels = it.run("return [...document.querySelectorAll('.plot > svg')].map((one) => one.getAttribute('aria-label'))")
    assert all(" over time: " in label for label in labels)
    alone = shown(walker.select_rows(walker.person == 0)._replace(people=walker.people[:1]), "report.html")
    assert alone.run("return document.getElementById('who-box').hidden")


def test_a_phone_shows_it_without_scrolling_sideways(shown, walker):
    it = shown(walker, "report.html")
    size = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    try:
        it.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        it.wait()
        assert it.run("return document.documentElement.scrollWidth") <= 360
    finally:
        it.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hostile_text_is_shown_as_text(shown):
    it = shown(hostile(make_result(people=2, frames=6))._replace(skeleton=H36M17), "report.html")
    assert it.run("return document.getElementById('who').textContent.includes(arguments[0])", EVIL[:30])
    assert it.run("return document.querySelectorAll('img').length") == 0
