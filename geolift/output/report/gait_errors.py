"""How far measures of gait can be trusted, by where the camera was: errors measured on recorded walks."""

import numpy as np

from geolift.biomechanics.expected_errors import FACING

# Root mean square errors at the angles of FACING, of 15 walks of `train` with 1.5 px of noise, most of people who are
# not as tall as was assumed (python -m benchmarks.angles --split=train --walks=8 --others=0 --noise=1.5).
RELATIVE = {  # per cent, of the mean of both sides
    "cadence": (2, 2, 2, 2, 2),
    "speed": (9, 7, 6, 7, 8),
    "step length": (9, 8, 6, 7, 9),
    "stance": (5, 3, 1, 3, 5),
}
STRIKE = (19, 16, 14, 10, 14)  # milliseconds, standard deviation of a heel strike
SIZED = ("speed", "step length")


def trust_text(name: str, view: np.ndarray) -> str:
    """How far a measure can be trusted, a sentence; "" where it is not known.

    Args:
        name: of the measure.
        view: `[n]` degrees, where the person faces, as in `PersonAngles`.
    """
    away = np.abs(view[np.isfinite(view)])
    if not len(away):
        return ""
    if name in RELATIVE:
        error = np.interp(away, FACING, RELATIVE[name]).mean()
        return f"about {error:.0f} % off from this view{', more if the stature is wrong' if name in SIZED else ''}"
    if name in ("step time", "stride time"):
        return f"each heel strike about {np.interp(away, FACING, STRIKE).mean():.0f} ms off"
    return ""
