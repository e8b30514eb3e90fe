"""Scale Pose2Sim's model to markers and solve its inverse kinematics: `python opensim_ik.py OpenSim_Setup FILE.trc`.

Runs in a Python that has OpenSim, without geolift; prints angles in degrees and the markers' error as JSON. Scale
factors are median distances of markers over those of the model, as in Pose2Sim's settings for Halpe-26; sides alike.
"""

import json
import math
import re
import statistics
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import opensim


def distances(table, pairs):
    """Median distances of pairs of markers in the file."""
    labels = list(table.getColumnLabels())
    found = {}
    for one, two in pairs:
        if one in labels and two in labels:
            columns = [table.getDependentColumn(name) for name in (one, two)]
            found[one, two] = statistics.median(
                math.dist(*[[column[row][axis] for axis in range(3)] for column in columns])
                for row in range(table.getNumRows())
            )
    return found


def scaled(model, setup, table):
    """Scale a model in place to the markers of a file."""
    state, markers = model.initSystem(), model.getMarkerSet()
    factors = {}
    for measurement in ET.parse(setup).getroot().iter("Measurement"):
        pairs = [tuple(pair.find("markers").text.split()) for pair in measurement.iter("MarkerPair")]
        ratios = []
        for (one, two), length in distances(table, pairs).items():
            places = [markers.get(name).getLocationInGround(state) for name in (one, two)]
            ratios.append(length / math.dist(*[[place[axis] for axis in range(3)] for place in places]))
        for body in measurement.iter("BodyScale") if ratios else ():
            for axis in body.find("axes").text.split():
                factors.setdefault(body.get("name"), {})["XYZ".index(axis)] = statistics.mean(ratios)
    scales = opensim.ScaleSet()
    for body, axes in factors.items():
        scale = opensim.Scale()
        scale.setSegmentName(body)
        scale.setScaleFactors(opensim.Vec3(*[axes.get(axis, 1.0) for axis in range(3)]))
        scale.setApply(True)
        scales.cloneAndAppend(scale)
    model.scale(state, scales, True, 70.0)


def solve(folder, trc, place):
    """Angles by name, in degrees, and the markers' root mean square error in metres."""
    table = opensim.TimeSeriesTableVec3(str(trc))
    model = opensim.Model(str(folder / "Model_Pose2Sim_simple.osim"))
    model.set_MarkerSet(opensim.MarkerSet(str(folder / "Markers_Halpe26.xml")))
    scaled(model, folder / "Scaling_Setup_Pose2Sim_Halpe26.xml", table)
    model.initSystem()
    model.printToXML(str(place / "model.osim"))
    setup = (folder / "IK_Setup_Pose2Sim_Halpe26.xml").read_text()
    times = table.getIndependentColumn()
    for tag, value in (
        ("model_file", place / "model.osim"),
        ("time_range", f"{times[0]} {times[-1]}"),
        ("output_motion_file", place / "out.mot"),
        ("marker_file", trc),
        ("results_directory", place),
        ("report_errors", "true"),
    ):
        setup = re.sub(rf"<{tag}>[^<]*</{tag}>|<{tag} */>", f"<{tag}>{value}</{tag}>", setup)
    (place / "setup.xml").write_text(setup)
    opensim.InverseKinematicsTool(str(place / "setup.xml")).run()
    found = opensim.TimeSeriesTable(str(place / "out.mot"))
    errors = opensim.TimeSeriesTable(str(next(place.glob("*marker_errors.sto"))))
    rms = errors.getDependentColumn("marker_error_RMS")
    angles = {name: list(found.getDependentColumn(name).to_numpy()) for name in found.getColumnLabels()}
    return {"angles": angles, "rms": statistics.mean(rms.to_numpy())}


if __name__ == "__main__":
    opensim.Logger.setLevelString("Error")
    with tempfile.TemporaryDirectory() as temporary:
        print(json.dumps(solve(Path(sys.argv[1]), Path(sys.argv[2]), Path(temporary))))
