"""Evaluation protocols: which frames and joints are measured, and which mean is quoted (docs/protocols.md).

All protocols except "cmu" refuse a data set that lacks recordings of their test set, or joints in measured frames: a
mean over fewer of them is not comparable.
"""

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from geolift.data import human36m
from geolift.data.dataset import Dataset
from geolift.errors import DatasetError
from geolift.skeletons.skeleton import H36M17, Skeleton


def _every_frame(dataset: Dataset) -> np.ndarray:
    return np.ones(dataset.frames, bool)


class Protocol(NamedTuple):
    """What is measured, and how it is averaged.

    Attributes:
        name: as given to `--protocol`.
        statement: one line that is written with every result: frames, joints, alignment, average.
        headline: the measures that are quoted.
        average: "frames" or "actions", over which the headline is a mean.
        joints: names of the joints that are aligned and measured; None takes all joints of the data set.
        frames: from a data set to `[F]` bool, the measured frames; raises DatasetError if it is not the test set.
        row: from an action's label to its row of the table.
        rows: all rows in the table's order, each of which must have frames; () takes the rows that have.
        complete: whether measured frames that lack joints are an error; else they are left out or measured in part.

    Example:
        >>> PROTOCOLS["h36m-14"].headline, len(PROTOCOLS["h36m-14"].joints)
        (('mpjpe', 'p_mpjpe'), 14)
    """

    name: str
    statement: str
    headline: tuple[str, ...]
    average: str = "frames"
    joints: tuple[str, ...] | None = None
    frames: Callable[[Dataset], np.ndarray] = _every_frame
    row: Callable[[str], str] = str
    rows: tuple[str, ...] = ()
    complete: bool = True

    def counted(self, skeleton: Skeleton) -> np.ndarray:
        """`[J]` bool: the joints that are measured.

        Raises:
            DatasetError: if the skeleton lacks one of them, or its root is not that of Human3.6M.
        """
        if self.joints is None:
            return np.ones(len(skeleton.names), bool)
        root, expected = skeleton.names[skeleton.root], H36M17.names[H36M17.root]
        if root != expected:
            raise DatasetError(f"parents: found the root {root!r}, expected {expected!r} for protocol {self.name!r}")
        missing = [name for name in self.joints if name not in skeleton.names]
        if missing:
            raise DatasetError(
                f"joint_names: found {list(skeleton.names)}, expected {missing}, too, for protocol {self.name!r}"
            )
        return np.isin(skeleton.names, self.joints)


# Head, neck (named "thorax" in H36M17), shoulders, elbows, wrists, hips, knees, ankles: VNect's common set.
FOURTEEN = tuple(name for name in H36M17.names if name not in ("pelvis", "spine", "neck"))

# Valid frames of each subject, by the notes that come with the test set.
MPI_INF_3DHP_FRAMES = {"TS1": 603, "TS2": 540, "TS3": 505, "TS4": 553, "TS5": 276, "TS6": 452}


def _human36m_frames(dataset: Dataset, *, every: int) -> np.ndarray:
    """Every `every`-th frame of each clip, every frame of clips without a frame rate; none of the damaged recording.

    One camera's video of it is damaged. It is left out for all four cameras, as in VideoPose3D.
    """
    rates = [human36m.FPS] if every == 1 else [human36m.FPS, 0.0]
    if not np.isin(dataset.fps, rates).all():
        raise DatasetError(f"fps: found {np.unique(dataset.fps).tolist()}, expected {rates}, as Human3.6M")
    rows = np.array([human36m.action_of(action) for action in dataset.action])
    _expect("subject", dataset.subject, human36m.TEST_SUBJECTS)
    _expect("action", rows, human36m.ACTIONS)
    damaged = (dataset.subject == "S11") & np.isin(dataset.action, human36m.DAMAGED)
    labels = np.stack([dataset.subject, rows, dataset.action, dataset.camera], axis=1)
    recordings = Counter((subject, row) for subject, row, _, _ in np.unique(labels[~damaged], axis=0))
    for subject, row in itertools.product(human36m.TEST_SUBJECTS, human36m.ACTIONS):
        actions = 1 if (subject, row) == ("S11", "Directions") else 2
        found, expected = recordings[subject, row], actions * len(human36m.CAMERAS)
        if found != expected:
            raise DatasetError(
                f"action, camera: found {found} undamaged recordings of {row} by {subject}, expected {expected}: "
                f"{actions} labelled as in '{row} 1', in {len(human36m.CAMERAS)} cameras"
            )
    clip = dataset.clip_of_frame
    step = np.where(dataset.fps > 0, every, 1)[clip]
    return ~damaged[clip] & ((np.arange(dataset.frames) - dataset.start[clip]) % step == 0)


def _mpi_inf_3dhp_frames(dataset: Dataset) -> np.ndarray:
    _expect("subject", dataset.subject, MPI_INF_3DHP_FRAMES)
    frames = Counter(dataset.subject[dataset.clip_of_frame].tolist())
    if frames != MPI_INF_3DHP_FRAMES:
        raise DatasetError(f"subject: found frames {dict(sorted(frames.items()))}, expected {MPI_INF_3DHP_FRAMES}")
    return _every_frame(dataset)


def _expect(key: str, found: Iterable[str], expected: Iterable[str]) -> None:
    found, expected = sorted(set(map(str, found))), sorted(expected)
    if found != expected:
        missing = sorted(set(expected) - set(found))
        raise DatasetError(f"{key}: found {found}, expected exactly {expected}; {missing or 'none'} missing")


def _human36m(name: str, *, joints: tuple[str, ...] = H36M17.names, every: int = 1) -> Protocol:
    frames = "every frame given, 50 Hz"
    if every > 1:
        frames = f"every {every}th frame given of each clip, from its first; clips without a frame rate thinned already"
    return Protocol(
        name=name,
        statement=f"Human3.6M, S9 and S11, 236 recordings, {frames}; "
        f"S11's damaged recording of Directions left out for all cameras; {_describe(joints)}; "
        "protocol 1: mpjpe, one least-squares scale for the whole set, as a single view has none; "
        "protocol 2: p_mpjpe, rigid; headline: mean over the 15 actions",
        headline=("mpjpe", "p_mpjpe"),
        average="actions",
        joints=joints,
        frames=functools.partial(_human36m_frames, every=every),
        row=human36m.action_of,
        rows=human36m.ACTIONS,
    )


def _mpi_inf_3dhp(name: str, *, joints: tuple[str, ...] = H36M17.names) -> Protocol:
    return Protocol(
        name=name,
        statement=f"MPI-INF-3DHP test set, TS1 to TS6, the {sum(MPI_INF_3DHP_FRAMES.values())} valid frames; "
        f"{_describe(joints)}; pck and auc: centred, one least-squares scale per frame; headline: mean over frames",
        headline=("pck", "auc"),
        joints=joints,
        frames=_mpi_inf_3dhp_frames,
    )


def _describe(joints: tuple[str, ...]) -> str:
    return f"{len(joints)} joints, " + (
        "root included" if "pelvis" in joints else "no pelvis, spine, neck/nose, centred on the pelvis"
    )


_CMU = Protocol(
    name="cmu",
    statement="all frames that can be measured, all joints of the data set, root included; headline: mean over frames",
    headline=("p_mpjpe",),
    complete=False,
)
PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        _CMU,
        _human36m("h36m"),
        _human36m("h36m-14", joints=FOURTEEN),
        _human36m("h36m-64th", every=64),
        _mpi_inf_3dhp("3dhp"),
        _mpi_inf_3dhp("3dhp-14", joints=FOURTEEN),
    )
}
