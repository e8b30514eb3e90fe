"""The converters of `geolift convert KIND IN OUT`: one entry for each kind of data."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from geolift.convert import keypoint_files, photographs
from geolift.convert.human36m import cdf_files, elepose, h36m_fetch, motionbert, videopose3d
from geolift.convert.mocap import asf_amc, bvh, c3d, cmu, trc
from geolift.convert.mpi_inf_3dhp import test_set, training_set
from geolift.data.dataset import Dataset


class Converter(NamedTuple):
    """How one kind of data is converted.

    Attributes:
        what: one line of help: what IN is.
        convert: `(path, **options) -> Dataset`; raises DatasetError beginning with the path, FileNotFoundError.
        options: the keyword arguments of `convert`.
        several: whether `convert` takes several paths.

    Example:
        >>> CONVERTERS["bvh"].options
        ('seed', 'cameras', 'views', 'bodies', 'skeleton')
    """

    what: str
    convert: Callable[..., Dataset]
    options: tuple[str, ...] = ()
    several: bool = False


FILMING = ("seed", "cameras", "views", "bodies")
BODIES = (*FILMING, "skeleton")  # of any kind

CONVERTERS: dict[str, Converter] = {
    "cmu": Converter(
        "CMU's and others' motion in Human3.6M-17 joints (.npz), filmed by virtual cameras",
        cmu.convert,
        (*FILMING, "without"),
    ),
    "bvh": Converter(
        "BVH motion capture (a file or a folder), filmed by virtual cameras", bvh.convert, (*FILMING, "skeleton")
    ),
    "c3d": Converter(
        "C3D motion capture (a file or a folder), filmed by virtual cameras", c3d.convert, (*FILMING, "skeleton")
    ),
    "trc": Converter(
        "TRC markers in 3D (a file or a folder), filmed by virtual cameras", trc.convert, (*FILMING, "skeleton")
    ),
    "asf_amc": Converter(
        "CMU's AMC motion with its ASF skeleton (a file or a folder), filmed by virtual cameras",
        asf_amc.convert,
        FILMING,
    ),
    "mpii": Converter("MPII persons (.npz)", photographs.read_mpii),
    "coco": Converter("COCO persons (.npz)", photographs.read_coco),
    "videopose3d": Converter(
        "Human3.6M of VideoPose3D: data_2d_h36m_*.npz, with the 3D if data_3d_h36m.npz lies beside it", videopose3d.read
    ),
    "human36m_cdf": Converter(
        "Human3.6M as distributed: the folder of S1, S5, ... with CDF files", partial(cdf_files.read, labels="plain")
    ),
    "human36m_cdf_universal": Converter(
        "the same, all people on one skeleton", partial(cdf_files.read, labels="universal")
    ),
    "h36m_fetch": Converter(
        "Human3.6M of h36m-fetch: the folder 'processed' with annot.h5", partial(h36m_fetch.read, labels="plain")
    ),
    "h36m_fetch_universal": Converter(
        "the same, all people on one skeleton", partial(h36m_fetch.read, labels="universal")
    ),
    "elepose": Converter("Human3.6M of ElePose (.pkl): the true keypoints", partial(elepose.read, keypoints="truth")),
    "elepose_detected": Converter("the same, the detected keypoints", partial(elepose.read, keypoints="detected")),
    "motionbert": Converter("Human3.6M of MotionBERT (.pkl): the 2D alone", motionbert.read),
    "mpi_inf_3dhp": Converter(
        "MPI-INF-3DHP's test set, universal labels: the folder of TS1 to TS6",
        partial(test_set.read, labels="universal"),
    ),
    "mpi_inf_3dhp_plain": Converter("the same, plain labels", partial(test_set.read, labels="plain")),
    "mpi_inf_3dhp_train": Converter(
        "MPI-INF-3DHP's training set, universal labels: the folder of S1 to S8",
        partial(training_set.read, labels="universal"),
    ),
    "mpi_inf_3dhp_train_plain": Converter("the same, plain labels", partial(training_set.read, labels="plain")),
    "keypoints": Converter(
        "keypoints of any program that `geolift lift` reads, one or several files, to train on",
        keypoint_files.convert,
        (
            "format",
            "joints",
            "skeleton",
            "fps",
            "image_size",
            "min_score",
            "coordinates",
            "clip",
            "min_confidence",
            "head",
            "split_by",
            "synchronized",
            "focal",
        ),
        several=True,
    ),
}
