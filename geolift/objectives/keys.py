"""The random keys of a step: each example's key, split by what is drawn with it."""

from typing import NamedTuple

import jax

# `split(key, n)[i]` equals `fold_in(key, i)`, and the view's key is split again where it is used: numbers this large
# are out of reach of a split.
KEY_OFFSET = 1 << 31


class ExampleKeys(NamedTuple):
    """One key per example for everything random that objectives do with it.

    Attributes:
        view: `[N]` for azimuth and elevation of the random view (`geometry.sample_rotation`).
        tilt: `[N]` for the tilt of the random view where each pose has a pitch (`views.random_views`).
        augmentation: `[N]` for noise and hidden joints (`augmentation.augment`).
        proportions: `[N]` for changed lengths of the bones (`augmentation.draw_bone_factors`).
        cameras: `[N]` for views from other cameras (`cameras.towards_cameras`).
    """

    view: jax.Array
    tilt: jax.Array
    augmentation: jax.Array
    proportions: jax.Array
    cameras: jax.Array


def split_keys(key: jax.Array) -> ExampleKeys:
    """Split each of `[N]` keys; the only place where keys of an example are made from `Batch.key`.

    The view's key is the example's key itself.
    """
    return ExampleKeys(key, *(jax.vmap(jax.random.fold_in, (0, None))(key, KEY_OFFSET + i) for i in range(4)))
