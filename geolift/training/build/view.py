"""The scene and the random views of a config."""

from geolift.objectives.views import View
from geolift.skeletons.skeleton import Skeleton
from geolift.training.config import Config


def build_view(config: Config, skeleton: Skeleton) -> View:
    """The views of a training; of a run that `run.load` read, with the learnt pitch."""
    view = config.view
    return View(
        view.azimuth,
        view.elevation,
        view.pitch,
        view.distance,
        view.min_depth,
        root=skeleton.root,
        anywhere=view.tilt == "anywhere",
    )
