"""What angles and gait of a person are like, in lines for the notes and the report."""

import numpy as np

from geolift.biomechanics.expected_errors import view_names
from geolift.biomechanics.walking import GaitMeasures
from geolift.output.motion_angles import PersonAngles

NEAR = 3.0  # metres from the camera; the perspective of people who are nearer is one that the lifter hardly knows


def angle_lines(person: PersonAngles) -> list[str]:
    """Lines on how far the angles can be trusted from this view, and on the gait."""
    return [*view_lines(person), *cautions(person), gait_line(person)]


def view_lines(person: PersonAngles) -> list[str]:
    """A line on the view and the errors to be expected from it; none where the view is not known."""
    seen = [name for name in view_names(person.view) if name]
    if not seen:
        return []
    views = {name: seen.count(name) for name in dict.fromkeys(seen)}
    shares = ", ".join(
        f"{name} {100 * count / len(seen):.0f} %" for name, count in sorted(views.items(), key=lambda item: -item[1])
    )
    errors = ", ".join(
        f"{label} {_middle(person, name):.0f}"
        for label, name in (
            ("knee", "right_knee_flexion"),
            ("hip flexion", "right_hip_flexion"),
            ("trunk", "trunk_flexion"),
            ("elbow", "right_elbow_flexion"),
        )
        if np.isfinite(_middle(person, name))
    )
    return [f"view: {shares}; errors to be expected of angles, degrees: {errors} (docs/joint-angles.md)"]


def cautions(person: PersonAngles) -> list[str]:
    """Lines on what makes angles less sure than their errors say, by measurements (docs/joint-angles.md)."""
    seen = [name for name in view_names(person.view) if name]
    lines = []
    if person.spine_made and np.isfinite(_middle(person, "pelvis_anterior_tilt")):
        lines.append(
            "the keypoints have no spine: it is halfway from hips to shoulders, so pelvis tilt is the trunk's lean, "
            "hip flexion some 5 to 9 degrees more than in motion capture; how they change is not affected"
        )
    if sum(name in ("back", "oblique back") for name in seen) > len(seen) / 2:
        lines.append("filmed from behind: bent knees and hips of some people are off by two to three times as much")
    if person.distance < NEAR:
        lines.append(
            f"{person.distance:.1f} m from the camera: angles of people nearer than {NEAR:.0f} m are off by up to five "
            "times as much"
        )
    return lines


def gait_line(person: PersonAngles) -> str:
    """The measures of the gait in a line, or why there are none."""
    measures = person.gait.measures
    if measures is None:
        return f"no gait measures: {person.gait.why_not}"
    return "gait: " + ", ".join(f"{name} {value}" for name, value in gait_cells(measures).items())


def gait_cells(measures: GaitMeasures) -> dict[str, str]:
    """Measures as text with units, by name."""

    def sides(pair: tuple[float, float], digits: int, unit: str, factor: float = 1.0) -> str:
        right, left = (f"{factor * value:.{digits}f}" if np.isfinite(value) else "-" for value in pair)
        return f"{right} right {left} left{unit}"

    return {
        "steps": f"{measures.steps} from {measures.start:.2f} to {measures.stop:.2f} s",
        "cadence": f"{measures.cadence:.0f} a minute",
        "speed": f"{measures.speed:.2f} m/s",
        "step length": sides(measures.step_length, 2, " m"),
        "step time": sides(measures.step_time, 2, " s"),
        "stance": sides(measures.stance_share, 0, " %", 100.0),
    }


def _middle(person: PersonAngles, name: str) -> float:
    """The median of the expected errors of an angle; NaN where it is never shown."""
    errors = person.clinical_errors[:, person.clinical.names.index(name)]
    return float(np.nanmedian(errors)) if np.isfinite(errors).any() else np.nan
