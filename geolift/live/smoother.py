"""The refinement of a clip (`lifting.refinement`, eq. 22 and 23) on a window that moves with the frames.

Frames keep their unknowns from one call to the next, so that few steps are enough. Frames that leave the window leave
behind what they showed of the lengths of bones: a mean, and its weight. Where the sum of the pulls of all frames on a
bone is zero, as it is for a whole clip, that mean does not change: both have the same bones.
"""

import numpy as np

from geolift.gauss_newton import step
from geolift.lifting.refinement import (
    DAMPING,
    EASIER,
    ENOUGH,
    HARDER,
    Clips,
    Refined,
    first_guess,
    loosened,
    make_problem,
    placed,
)
from geolift.lifting.refinement_problem import OUTLIER, Problem, State, bones_of, losses, mean_length, normal_equations
from geolift.lifting.soft_bones import softness
from geolift.skeletons.skeleton import Skeleton

MEMORY = 600  # frames whose bones count: 20 s at 30 frames per second, so that a wrong start is forgotten
STEPS, FIRST_STEPS = 1, 8  # of Levenberg-Marquardt, for a window that goes on (2 are no better) and for a new one
EVERY = 8  # windows, between two estimates of how soft bones are, which hardly changes
LAST_STEPS = 50  # where nothing follows


class Smoother:
    """Of one person.

    Args:
        skeleton: of the J joints.
        bones: `[B]` expected lengths, model units.
    """

    def __init__(self, skeleton: Skeleton, bones: np.ndarray):
        self._skeleton = skeleton
        self._length, self._weight = np.array(bones, np.float64), np.zeros(len(bones))
        self._number, self._frames = np.zeros(0, int), np.zeros((0, len(skeleton.names)))
        self._shown = np.zeros((2, 0, len(bones)))  # weights and lengths of the bones of these frames
        self._bones = self._length.copy()
        self._soft, self._calls = 0.0, 0

    def smooth(self, clip: Clips, number: np.ndarray, *, last: bool = False) -> Refined:
        """Refined points of a window.

        Args:
            clip: F frames of one person.
            number: `[F]` of the frames, rising; the same frame has the same number in all calls.
            last: whether no frame follows, and there is time.
        """
        self._let_go(number[0])
        problem = make_problem(clip, slice(None), np.array([0, len(number)]), self._skeleton)
        ever = problem.ever | (self._weight > 0)
        problem = problem._replace(ever=ever, size=mean_length(clip.bones, ever))
        guess = first_guess(problem, clip.frame, clip.bones)
        problem = self._loosened(problem, guess, clip.noise)
        state = self._start(guess, number)
        steps = LAST_STEPS if last else STEPS if len(self._number) else FIRST_STEPS
        state = self._minimise(problem, state, steps)
        bones = bones_of(problem, state)
        weights = problem.stiffness / np.sqrt(1 + (bones.off / OUTLIER) ** 2)
        self._number, self._frames, self._bones = number, state.frames, state.bones[0]
        self._shown = np.stack([weights, bones.length])
        return placed(problem, state)

    def _loosened(self, problem: Problem, guess: State, noise: np.ndarray) -> Problem:
        """The problem with bones as soft as they have shown themselves on average (`soft_bones.softness`)."""
        if self._calls % EVERY == 0:
            found = float(softness(problem, guess, noise)[0])
            share = max(1 / (1 + self._calls // EVERY), EVERY / MEMORY)
            self._soft += share * (found - self._soft)
        self._calls += 1
        return loosened(problem, np.array([self._soft]))

    def _let_go(self, first: int) -> None:
        """Frames before `first` leave; their bones are remembered."""
        gone = self._number < first
        for weights, lengths in self._shown[:, gone].swapaxes(0, 1):
            kept = self._weight * (1 - 1 / MEMORY)
            self._weight = kept + weights
            change = np.divide(weights, self._weight, out=np.zeros_like(weights), where=self._weight > 0)
            self._length += change * (lengths - self._length)
        self._number, self._frames, self._shown = self._number[~gone], self._frames[~gone], self._shown[:, ~gone]

    def _start(self, guess: State, number: np.ndarray) -> State:
        """What is known of the frames from before, and of new ones the guess."""
        frames, bones = guess.frames.copy(), guess.bones.copy()
        known = self._weight > 0
        bones[:, known] = self._length[known]
        if len(self._number):
            bones[0] = self._bones
            known, at = np.isin(number, self._number), np.searchsorted(self._number, number)
            frames[known] = self._frames[at[known]]
            root, new = self._skeleton.root, number > self._number[-1]
            log_size = frames[:, root].copy()
            log_size[new] = self._frames[-1, root]
            frames *= np.where(new, np.exp(guess.frames[:, root] - log_size), 1.0)[:, None]
            frames[:, root] = log_size
        return State(frames, bones)

    def _minimise(self, problem: Problem, state: State, steps: int) -> State:
        damping, before = DAMPING, self._loss(problem, state)
        for _ in range(steps):
            normal = normal_equations(problem, state)
            normal.corner[0] += np.diag(self._weight)
            normal.shared[0] += self._weight * (state.bones[0] - self._length)
            change, of_bones, _ = step(normal, np.full(len(state.frames), damping))
            there = State(state.frames + change, state.bones + of_bones)
            after = self._loss(problem, there)
            if after >= before:
                damping = HARDER * damping
                continue
            done = before - after <= ENOUGH * before
            state, before, damping = there, after, EASIER * damping
            if done:
                break
        return state

    def _loss(self, problem: Problem, state: State) -> float:
        return float(losses(problem, state).sum() + (self._weight * (state.bones[0] - self._length) ** 2).sum())
