"""Results as pandas' and xarray's tables: each number is where its labels say, and movement's layout is kept."""

import numpy as np
import pytest

from geolift.errors import DatasetError
from tests.helpers.results import make_result

pandas = pytest.importorskip("pandas")
xarray = pytest.importorskip("xarray")


@pytest.fixture(scope="module")
def result():
    """Two people, of whom the second is not seen in frames 3 and 4, one joint of them never."""
    made = make_result(people=2, frames=8, fps=20.0)
    confidence = made.confidence.copy()
    confidence[:, 5] = 0
    made = made._replace(confidence=confidence, filled=confidence == 0)
    return made.select_rows((made.person == 0) | ~np.isin(made.frame, (3, 4)))


def test_a_row_is_one_joint_of_one_person_in_one_frame(result):
    table = result.to_dataframe()
    assert len(table) == result.confidence.size and table.index.is_unique
    for pose, joint in ((0, 0), (3, 16), (9, 5), (13, 10)):
        name, who = result.skeleton.names[joint], result.people[result.person[pose]]
        row = table[(table.person == who) & (table.frame == result.frame[pose]) & (table.joint == name)]
        assert len(row) == 1 and row.seconds.item() == result.frame[pose] / 20
        np.testing.assert_array_equal(row[["x", "y", "z"]], (result.points + result.position[:, None])[[pose], joint])
        np.testing.assert_array_equal(row[["u", "v"]], result.keypoints[[pose], joint])
        assert row.confidence.item() == result.confidence[pose, joint] and row.filled.item() == (joint == 5)


def test_the_array_of_movement_has_its_axes_labels_and_attributes(result):
    data = result.to_xarray()
    assert data.position.dims == ("time", "space", "keypoints", "individuals")
    assert data.confidence.dims == ("time", "keypoints", "individuals")
    assert data.position.shape == (8, 3, 17, 2) and list(data.space.values) == ["x", "y", "z"]
    expected = {"fps": 20.0, "time_unit": "seconds", "source_software": "geolift", "ds_type": "poses"}
    assert expected.items() <= data.attrs.items()
    placed = result.points + result.position[:, None]
    for pose in (0, 3, 9, 13):
        found = data.position.sel(time=result.frame[pose] / 20, individuals=result.people[result.person[pose]])
        np.testing.assert_array_equal(found.sel(keypoints="left_knee"), placed[pose, 5])
        np.testing.assert_array_equal(found.transpose("keypoints", "space"), placed[pose])
    absent = data.sel(individuals=result.people[1]).isel(time=[3, 4])
    assert np.isnan(absent.position).all() and np.isnan(absent.confidence).all()
    assert np.isfinite(data.position.sel(individuals=result.people[0])).all()


def test_world_axes_where_they_are_known(result):
    turn = np.tile(np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 2]], np.float32), (len(result.frames), 1, 1))
    world = np.einsum("nij,nkj->nki", turn[result.frame, :, :3], result.points + result.position[:, None])
    lying = result._replace(world_points=(world + turn[result.frame, None, :, 3]).astype(np.float32), to_world=turn)
    assert lying.to_xarray().axes == "world: z up"
    np.testing.assert_array_equal(lying.to_dataframe().z, lying.world_points[..., 2].ravel())
    assert lying.without_world().to_xarray().axes.startswith("camera")
    np.testing.assert_array_equal(lying.without_world().to_dataframe().z, result.to_dataframe().z)


def test_images_have_no_seconds_and_unknown_positions_keep_the_root_at_the_origin(result):
    still = result._replace(video=False, position=np.full_like(result.position, np.nan))
    assert "seconds" not in still.to_dataframe() and "fps" not in still.to_xarray().attrs
    assert still.to_xarray().time_unit == "frames" and still.to_xarray().time.values.tolist() == list(range(8))
    assert (still.to_dataframe().query("joint == 'pelvis'")[["x", "y", "z"]] == 0).all(axis=None)
    assert "root at the origin" in still.to_xarray().axes


@pytest.mark.parametrize(("method", "package"), [("to_dataframe", "pandas"), ("to_xarray", "xarray")])
def test_a_missing_package_is_named(result, monkeypatch, method, package):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(DatasetError, match=f"{method}: found no {package}, expected it: pip install"):
        getattr(result, method)()
