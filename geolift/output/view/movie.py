"""A result as a movie (.gif, .mp4): 2D beside 3D from two views. Needs `pip install 'geolift[viz]'`."""

import contextlib
import itertools
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from geolift.errors import DatasetError
from geolift.output.result import Result
from geolift.output.view import canvas
from geolift.output.view.layout import LEFT, MIDDLE, RIGHT, shown_fps
from geolift.output.view.panels import HEIGHT, WIDTH, drawn, pictures

ENCODING = {  # a fifth of the time of x264's preset `veryfast`, files 2.5 times as large (benchmarks/films.py)
    "-preset": "ultrafast", "-qp": "23", "-x264-params": "8x8dct=1", "-threads": "1",
}  # fmt: skip
PIPE = 2**20  # bytes of the pipe to ffmpeg: fewer turns of waiting
GIF_FPS = 25.0  # frames per second at most; of faster results a .gif leaves frames out


def write_movie(result: Result, path: str | os.PathLike[str], *, encoding: Mapping[str, str] = ENCODING) -> None:
    """Write a result frame by frame at its frame rate (.gif, .mp4): people where they are, a single person in place.

    World axes where they are known, with the floor and the feet that stand on it; everybody is where they are then.
    Bones are the thicker and fainter, the less sure they are. Where no position is known people stand side by side.

    Args:
        result: N poses.
        path: the file.
        encoding: options of ffmpeg's x264 by their names, for .mp4.

    Raises:
        DatasetError: if matplotlib, Pillow or imageio-ffmpeg is not installed, or ffmpeg fails; it does not name the
            path.
    """
    path = Path(path)
    if path.suffix.lower() == ".gif":
        _write_gif(result, path)
    else:
        _write_mp4(result, path, encoding)


def _write_gif(result: Result, path: Path) -> None:
    try:
        from PIL import Image
    except ImportError as error:
        raise DatasetError(".gif needs Pillow: pip install 'geolift[viz]'") from error
    fps = shown_fps(result)
    every = int(np.ceil(fps / GIF_FPS))
    images = (Image.fromarray(picture) for picture in pictures(result, every))
    palette = Image.new("P", (1, 1))
    palette.putpalette(_palette())
    images = (image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images)
    shown = len(range(0, len(result.frames), every))
    # In milliseconds; the format has whole hundredths of a second, which add up to the frame rate.
    lasting = 10 * np.diff(np.rint(100 * np.arange(shown + 1) * every / fps).astype(int))
    about = {"loop": 0, "duration": lasting.tolist(), "comment": b"geolift"}
    next(images).save(path, format="GIF", save_all=True, append_images=images, **about)


def _palette() -> list[int]:
    """Red, green, blue of every colour in a picture, one after the other: those of the bones, mixed with white."""
    colours = np.array([list(bytes.fromhex(colour[1:])) for colour in (LEFT, RIGHT, MIDDLE)])[:, None]
    mixed = 255 - np.linspace(0, 1, 32)[:, None] * (255 - colours)
    return np.rint(mixed).astype(int).ravel().tolist()


def _write_mp4(result: Result, path: Path, encoding: Mapping[str, str]) -> None:
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise DatasetError(".mp4 needs imageio-ffmpeg: pip install 'geolift[viz]'") from error
    cv2 = canvas.library()
    raw = f"-f rawvideo -pix_fmt yuv420p -s {WIDTH}x{HEIGHT} -r {shown_fps(result):g} -i -".split()
    encoded = {
        "-c:v": "libx264", **encoding, "-movflags": "+faststart", "-metadata": "comment=geolift",
    }  # fmt: skip
    encoded = itertools.chain(*encoded.items())
    # Not write_frames of imageio-ffmpeg, which forks: JAX has threads, and warns.
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *raw, *encoded, "-f", "mp4", f"file:{path}"]
    with tempfile.TemporaryFile() as messages:
        with (
            contextlib.suppress(BrokenPipeError),  # it ended early; why is in `messages`
            subprocess.Popen(command, stdin=subprocess.PIPE, stderr=messages, pipesize=PIPE) as program,
        ):
            planes_of_colour = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8)
            for picture in _counted(drawn(result), len(result.frames), path):
                program.stdin.write(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420, dst=planes_of_colour))
        if program.returncode:
            messages.seek(0)
            why = messages.read().decode(errors="replace").strip().splitlines() or [f"exit {program.returncode}"]
            raise DatasetError(f"ffmpeg: {why[-1]}")


def _counted(made: Iterable, frames: int, path: Path) -> Iterable:
    """The pictures that are `made`, with a progress bar on a terminal."""
    return tqdm(made, total=frames, desc=path.name, unit="frame", disable=None, leave=False)
