"""The benchmark of the seen side reads data sets and says what is concluded from them."""

from benchmarks.seen_side import main
from geolift.data.dataset import save_dataset
from tests.new_lifter.test_cameras import data


def test_it_says_what_is_concluded(tmp_path, capsys):
    save_dataset(data(-30), tmp_path / "below.npz")
    main([str(tmp_path / "below.npz"), "--clips"])
    *_, row, clips = capsys.readouterr().out.splitlines()
    assert "| belly | cameras: they look up" in row and "{'belly': 6}" in clips
