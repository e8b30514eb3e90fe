"""The views of a config are those of its skeleton."""

from geolift.skeletons.skeleton import Skeleton
from geolift.training.build.view import build_view
from geolift.training.config import load


def test_views_rotate_about_the_root_wherever_it_stands_among_the_joints():
    """A skeleton file may name the root last: judged about joint 0, agreement would be that of another scene."""
    beast = Skeleton(("nose", "tail", "rump"), (2, 2, -1), (), (), 0)
    view = build_view(load({"view.pitch": 0.3}), beast)
    assert (view.root, view.pitch, view.anywhere) == (2, 0.3, False)
    assert build_view(load({"view.tilt": "anywhere"}), beast).anywhere
