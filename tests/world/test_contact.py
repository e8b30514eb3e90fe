"""Contact of feet: right on a made walk, with jitter, at low frame rates, and with missing ankles."""

import numpy as np
import pytest

from geolift.world.contact import foot_contact, stretches

UP = np.array([0.0, -1.0, 0.0])


def walk(fps, seconds=6.0, step=0.5, length=1.4, lift=0.12):
    """Ankles `[T, 2, 3]` that stand and swing in turn, to the right of the image, and when they stand."""
    time = np.arange(0, seconds, 1 / fps)
    ankles, stands = np.zeros((len(time), 2, 3)), np.zeros((len(time), 2), bool)
    for side in range(2):
        phase = time / (2 * step) + side / 2
        part = np.clip((phase % 1 - 0.55) / 0.45, 0, 1)  # of a swing
        ankles[:, side] = np.stack(
            [length * (np.floor(phase) + (1 - np.cos(np.pi * part)) / 2), 1 - lift * np.sin(np.pi * part),
             np.full(len(time), 5.0)], axis=1,
        )  # fmt: skip
        stands[:, side] = part == 0
    ankles[..., 0] -= ankles[..., 0].mean()
    return ankles, stands


@pytest.mark.parametrize(("fps", "least"), [(60.0, 0.93), (30.0, 0.93), (15.0, 0.9), (10.0, 0.8)])
def test_a_walk_at_every_frame_rate(fps, least):
    ankles, stands = walk(fps)
    contact = foot_contact(ankles, ankles.mean(axis=1), UP, np.arange(len(ankles)), fps=fps)
    assert ((contact > 0.5) == stands).mean() > least


def test_jitter_of_centimetres_does_not_make_it_flicker(rng):
    ankles, stands = walk(30.0)
    clean = foot_contact(ankles, ankles.mean(axis=1), UP, np.arange(len(ankles)), fps=30.0) > 0.5
    noisy = ankles + np.array([0.005, 0.005, 0.05]) * rng.normal(size=ankles.shape)
    contact = foot_contact(noisy, noisy.mean(axis=1), UP, np.arange(len(ankles)), fps=30.0) > 0.5
    assert (contact == stands).mean() > 0.85
    assert np.abs(np.diff(contact.astype(int), axis=0)).sum() <= 1.3 * np.abs(np.diff(clean.astype(int), axis=0)).sum()


def test_the_top_of_a_jump_is_no_contact():
    time = np.arange(0, 0.6, 1 / 30)
    height = 3.0 * time - 4.9 * time**2
    ankles = np.stack([np.zeros_like(time), 1 - height, np.full_like(time, 4.0)], axis=1)[:, None].repeat(2, axis=1)
    assert foot_contact(ankles, ankles.mean(axis=1), UP, np.arange(len(time)), fps=30.0)[4:-4].max() < 0.5


def test_missing_ankles_have_none_and_gaps_are_not_crossed():
    ankles, _ = walk(30.0)
    ankles[40:50, 0] = np.nan
    frame = np.arange(len(ankles)) + 100 * (np.arange(len(ankles)) >= 90)
    root = np.nanmean(ankles, axis=1)
    contact = foot_contact(ankles, root, UP, frame, fps=30.0)
    assert (contact[40:50, 0] == 0).all() and np.isfinite(contact).all()
    moved = ankles.copy()
    moved[90:] += 3.0  # somewhere else after the gap
    np.testing.assert_allclose(foot_contact(moved, root, UP, frame, fps=30.0)[:90], contact[:90])


def test_stretches_are_runs_of_known_rows_of_consecutive_frames():
    known = np.array([True, True, False, True, True, True])
    assert stretches(np.array([0, 1, 2, 3, 4, 9]), known) == [slice(0, 2), slice(3, 5), slice(5, 6)]
    assert stretches(np.arange(2), np.zeros(2, bool)) == []


@pytest.mark.parametrize("away", [1.0, -1.0])
def test_a_walk_along_the_line_of_sight(away):
    ankles, stands = walk(30.0)
    along = np.stack([np.full(ankles.shape[:2], 0.1), ankles[..., 1], 9 + away * ankles[..., 0]], axis=-1)
    along[:, 1, 0] = -0.1
    root = along.mean(axis=1) - np.array([0.0, 0.9, 0.0])
    contact = foot_contact(along, root, UP, np.arange(len(along)), fps=30.0) > 0.5
    assert (contact == stands).mean() > 0.9


def test_a_foot_that_is_seen_once_does_not_stand():
    ankles = np.tile(np.array([0.0, 1.0, 5.0]), (30, 2, 1))
    once = foot_contact(ankles[:1], ankles[:1, 0], UP, np.arange(1), fps=30.0)
    np.testing.assert_array_equal(once, 0)
    root, ankles[1:, 0] = ankles[:, 1].copy(), np.nan
    contact = foot_contact(ankles, root, UP, np.arange(30), fps=30.0)
    assert (contact[:, 0] == 0).all() and (contact[:, 1] > 0.5).all()
