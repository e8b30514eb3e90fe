"""TRC files as an independent reader finds them."""

import numpy as np

from geolift.output.write import write_result
from geolift.skeletons.skeleton import H36M17
from tests.helpers.motion_readers import library, world_points
from tests.helpers.results import make_result

MILLIMETRE = 1e-3


def test_trc_as_its_reader_has_it(tmp_path):
    result = make_result(frames=10, fps=29.97)
    (path,) = write_result(result, tmp_path / "out.trc").paths
    data = library("trc").TRCData()
    data.load(path)
    assert data["Markers"] == list(H36M17.names)
    assert data["DataRate"] == 29.97
    assert data["Frame#"] == list(range(1, 11))
    np.testing.assert_allclose(data["Time"], np.arange(10) / 29.97, atol=1e-6)
    points = np.stack([data[name] for name in H36M17.names], axis=1) * (1, -1, -1)
    assert np.abs(points - world_points(result)).max() < 0.1 * MILLIMETRE
