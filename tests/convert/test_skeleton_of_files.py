"""`geolift skeleton`: from keypoints of an animal to a skeleton file with which they are converted."""

import numpy as np
import pytest

from geolift.cli import main
from geolift.convert.skeleton_of_files import propose_for
from geolift.errors import DatasetError
from geolift.skeletons.skeleton_file import read_skeleton

NAMES = ("Nose", "EarL", "EarR", "Spine", "TailBase", "PawL", "PawR")
PLACE = np.array([[9, 0], [6, -2], [6, 2], [3, 0], [-4, 0], [1, -4], [1, 4]], float)


def deeplabcut(path, frames=40, names=NAMES, seed=0):
    """A table of DeepLabCut of an animal that turns about itself."""
    rng = np.random.default_rng(seed)
    lines = [
        "scorer" + ",net" * 3 * len(names),
        "bodyparts," + ",".join(name for name in names for _ in range(3)),
        "coords" + ",x,y,likelihood" * len(names),
    ]
    for frame in range(frames):
        turn, place = rng.uniform(0, 2 * np.pi), PLACE[: len(names)] + 0.3 * rng.normal(size=(len(names), 2))
        x, y = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ (20 * place.T) + 400
        lines.append(f"{frame}," + ",".join(f"{a:.2f},{b:.2f},0.9" for a, b in zip(x, y, strict=True)))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_proposed_file_converts_the_keypoints(tmp_path, capsys):
    files = [str(deeplabcut(tmp_path / f"cam{i}.csv", seed=i)) for i in range(2)]
    toml, png, out = (str(tmp_path / name) for name in ("mouse.toml", "mouse.png", "mouse.npz"))
    assert main(["skeleton", *files, "-o", toml, "-o", png]) == 0
    assert "root: Spine" in capsys.readouterr().out and (tmp_path / "mouse.png").read_bytes()[1:4] == b"PNG"
    skeleton = read_skeleton(toml).skeleton
    assert {skeleton.names[j] for j in skeleton.left} == {"EarL", "PawL"}
    assert main(["convert", "keypoints", *files, out, "--skeleton", toml, "--fps", "30"]) == 0
    assert "80 frames, 2 clips, 7 joints" in capsys.readouterr().out
    assert main(["skeleton", *files, "-o", toml, "-o", png]) == 0  # replaces what it wrote
    (tmp_path / "mine.toml").write_text("head = 'a'\n")
    assert main(["skeleton", *files, "-o", str(tmp_path / "mine.toml")]) == 1


def test_files_of_other_joints_are_refused(tmp_path):
    files = [deeplabcut(tmp_path / "a.csv"), deeplabcut(tmp_path / "b.csv", names=NAMES[:5])]
    with pytest.raises(DatasetError, match=r"b.csv: joints: found others than in .*a.csv \(PawL, PawR\)"):
        propose_for(files)
