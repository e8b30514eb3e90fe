"""Following people by position through the frames of a video that does not follow them itself.

Frame by frame, known people are joined with the detections by the best assignment (`following`). Then pieces of one
person's track are put together, and detections that are nobody are left out (`track_joining`). Last, what a track must
not do is looked for, in files that follow people, too (`track_breaks`).
"""

import numpy as np

from geolift.keypoints.following import LIMIT, follow
from geolift.keypoints.ghosts import without_ghosts
from geolift.keypoints.photographs import as_photographs
from geolift.keypoints.pose_distance import box_diagonals, distances
from geolift.keypoints.recording import Recording
from geolift.keypoints.shots import people_by_shot, shot_of
from geolift.keypoints.track_breaks import mend_tracks
from geolift.keypoints.track_ids import ALONE
from geolift.keypoints.track_joining import attach, join_tracks
from geolift.plurals import counted

GAP = 0.5  # seconds for which a person may be lost
GAP_FRAMES = 15  # the same in frames where the frame rate is unknown
DUPLICATE = 0.07  # of a person's size: nearer, two detections are one person; in COCO duplicates 0.03, others 0.19


def track(recording: Recording) -> Recording:
    """Follow people through a video by position: detections of the same person get the same `person`.

    The distance of two detections is the mean over their common joints, in units of the larger one's size (the diagonal
    of the box around its joints). A joint that a person's last detection lacks is where it was seen last, moved on with
    the person. In each frame, known people and detections are joined so that the sum of distances is smallest, those
    with fewer than three joints in common after all others; a person is expected where they were last, or where their
    speed takes them. Detections farther than `LIMIT` (at low frame rates up to `FARTHEST`) begin new people. A person,
    or a joint, may be lost for `GAP` seconds (`GAP_FRAMES` frames where the frame rate is unknown).

    Before that, of two detections in a frame that are less than `DUPLICATE` apart, the one with fewer (then less sure)
    joints is left out: detectors sometimes find a person twice. After it, pieces are joined: all of them where there
    are never two people in a frame, those after a longer gap where nobody else can be meant. Nobody is followed from
    one shot to the next.

    Numbered photographs, which are no video, become single images (`photographs`).

    In files that follow people, and in what came out here, two people who change places are changed back, another
    person in a few frames is left out, and a track breaks where the video is cut (`track_breaks.mend_tracks`).

    Args:
        recording: N detections.

    Returns:
        The tracked recording; people are named "0", "1", ... in the order of appearance. Single images, and recordings
        that are tracked without a fault, are returned as they are.

    Source:
        Assignment of detections to tracks as in Bewley et al. 2016, "Simple online and realtime tracking"; ours.

    Example:
        >>> import numpy as np
        >>> from geolift.keypoints import record, track
        >>> person = np.array([[0.0, 0.0], [0.0, 50.0], [20.0, 100.0]]) + 100
        >>> both = np.stack([person, person + [400, 0], person + [402, 0], person + [3, 0]])
        >>> names = ("head", "back", "tail")
        >>> video = record(both, np.ones((4, 3)), joints=names, frame=np.array([0, 0, 1, 1]))
        >>> track(video).person.tolist()
        [0, 1, 0, 1]
        >>> track(video).keypoints[:, 0, 0].tolist()
        [100.0, 500.0, 103.0, 502.0]
    """
    recording = as_photographs(recording)
    if not recording.video:
        return recording
    return without_ghosts(mend_tracks(_with_unnumbered(recording) if recording.tracked else _track(recording)))


def _with_unnumbered(recording: Recording) -> Recording:
    """A video that follows people, with the detections that its track numbers leave open followed by position."""
    alone = np.array([name.split(" ")[-2:-1] == [ALONE] for name in recording.people])[recording.person]
    if not alone.any():
        return recording
    keypoints, seen, frame, person = recording.keypoints, recording.seen, recording.frame, recording.person.copy()
    shot = shot_of(frame, recording.shots)
    gap = max(1, round(GAP * recording.fps)) if recording.fps else GAP_FRAMES
    attach(keypoints, seen, frame, person, shot, np.flatnonzero(alone), gap=gap, limit=LIMIT, same=DUPLICATE)
    kept = person >= 0
    left = np.flatnonzero(alone & kept & np.isin(person, np.unique(recording.person[alone])))
    names = list(recording.people)
    if len(left):
        new = follow(keypoints[left], seen[left], frame[left], shot[left], gap=gap, fps=recording.fps)
        first = left[np.unique(new, return_index=True)[1]]
        person[left] = recording.person[first[new]]
    used, person = np.unique(person[kept], return_inverse=True)
    rows = {key: getattr(recording, key)[kept] for key in ("keypoints", "confidence", "frame")}
    order = np.lexsort((person, rows["frame"]))
    rows = {key: values[order] for key, values in rows.items()}
    return recording._replace(person=person[order], people=tuple(names[i] for i in used), **rows)


def _track(recording: Recording) -> Recording:
    """An untracked video with its people followed."""
    single = ~_duplicates(recording)
    keypoints, seen, frame = recording.keypoints[single], recording.seen[single], recording.frame[single]
    gap = max(1, round(GAP * recording.fps)) if recording.fps else GAP_FRAMES
    shot = shot_of(frame, recording.shots)
    person = follow(keypoints, seen, frame, shot, gap=gap, fps=recording.fps)
    joined = join_tracks(keypoints, seen, frame, person, shot, fps=recording.fps, names=recording.frames)
    kept, person = joined.kept, joined.person
    people, person = np.unique(person[kept], return_inverse=True)
    names = tuple(str(i) for i in range(len(people)))
    if recording.shots:
        person, names = _named_by_shot(person, frame[kept], recording)
    who = counted(len(names), "person was", "people were")
    notes = [f"{who} tracked by position from frame to frame, {joined.how.format(gap=gap)}"]
    if not single.all():
        twice = counted(int((~single).sum()), "detection was", "detections were")
        notes.append(f"{twice} left out: the same person twice in a frame")
    rows = np.flatnonzero(single)[kept]
    order = np.lexsort((person, recording.frame[rows]))
    return recording._replace(
        keypoints=recording.keypoints[rows][order],
        confidence=recording.confidence[rows][order],
        frame=recording.frame[rows][order],
        person=person[order],
        people=names,
        tracked=True,
        notes=(*recording.notes, *notes, *joined.notes),
    )


def _named_by_shot(person: np.ndarray, frame: np.ndarray, recording: Recording) -> tuple[np.ndarray, tuple[str, ...]]:
    """People, who are in one shot each, numbered within their shot and named after it."""
    shot = shot_of(frame, recording.shots)
    first = np.array([person[shot == i].min(initial=len(person)) for i in range(len(recording.shots))])
    within = person - first[shot]
    return people_by_shot(within, [str(i) for i in range(int(within.max()) + 1)], frame, recording.shots)


def _duplicates(recording: Recording) -> np.ndarray:
    """`[N]` bool: detections with a better one in the same frame less than `DUPLICATE` away."""
    keypoints, seen, frame = recording.keypoints, recording.seen, recording.frame
    size, joints, sure = box_diagonals(keypoints, seen), seen.sum(axis=1), recording.confidence.sum(axis=1)
    duplicate = np.zeros(len(frame), bool)
    for step in range(1, int(np.bincount(frame).max())):
        first = np.flatnonzero(frame[:-step] == frame[step:])
        second = first + step
        same = distances(
            keypoints[first], seen[first], size[first], keypoints[second], seen[second], size[second]
        ) < DUPLICATE  # fmt: skip
        # Part of a person, e.g. the legs, may lie on another person: most of the smaller detection must be common.
        same &= (seen[first] & seen[second]).sum(axis=1) > np.minimum(joints[first], joints[second]) / 2
        first, second = first[same], second[same]
        better = np.where(joints[first] == joints[second], sure[first] >= sure[second], joints[first] > joints[second])
        duplicate[np.where(better, second, first)] = True
    return duplicate
