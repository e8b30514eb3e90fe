"""Whose recorded motion it is: the credit that each laboratory asks for, by the names of its subjects."""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from geolift.plurals import counted

NOTICE = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)


class Laboratory(NamedTuple):
    """A source of motion: its name, a pattern of its subjects' names, the credit that it asks for."""

    name: str
    subjects: str
    credit: str


LABORATORIES = (
    Laboratory("CMU", r"\d{2,3}|U\d|X", NOTICE),  # U and X: CMU's people whose number is not known
    Laboratory(
        "UI-PRMD",
        "UIPRMD_.*",
        'Vakanski et al., "A Data Set of Human Body Movements for Physical Rehabilitation Exercises", Data 2018, '
        "3(1), 2.",
    ),
    Laboratory(
        "Berkeley MHAD",
        "MHAD_.*",
        'Ofli et al., "Berkeley MHAD: A Comprehensive Multimodal Human Action Database", WACV 2013. The text of its '
        "licence has not been read: do not publish weights that were trained on it.",
    ),
    Laboratory("ACCAD", "ACCAD_.*", "mocap data from ACCAD, The Ohio State University."),
    Laboratory(
        "HDM05",
        "HDM05_.*",
        "The data used in this project was obtained from HDM05 (Müller et al. 2007).",
    ),
)
OTHERS = Laboratory("Others", ".*", "The file states no credit.")


def credit(licence_of_subject: Mapping[str, Collection[str]]) -> str:
    """The credit and the licence of every laboratory that some subjects are from.

    Args:
        licence_of_subject: the licences that a file states for a subject's clips, by the subject's name.
    """
    people: dict[Laboratory, list[str]] = {}
    for subject in licence_of_subject:
        known = (lab for lab in LABORATORIES if re.fullmatch(lab.subjects, subject))
        people.setdefault(next(known, OTHERS), []).append(subject)
    lines = []
    for lab in (*LABORATORIES, OTHERS):
        if lab in people:
            licences = sorted({licence for subject in people[lab] for licence in licence_of_subject[subject]})
            count = counted(len(people[lab]), "person", "people")
            lines.append(f"{lab.name} ({count}): {lab.credit} Licence, as the file states it: {', '.join(licences)}.")
    return " ".join(lines)
