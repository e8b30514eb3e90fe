"""One key per example, split by use: no two draws share a key, and the views are those of the example's key."""

import jax
import numpy as np

from geolift.geometry import sample_rotation
from geolift.objectives.keys import split_keys
from geolift.objectives.views import View, random_views

KEYS = jax.random.split(jax.random.key(0), 50)


def data(keys):
    return np.asarray(jax.random.key_data(keys)).reshape(-1, 2)


def test_no_two_draws_of_a_step_share_a_key():
    """Also not after each is split for its draws: azimuth and elevation; strength, moves and hiding."""
    keys = split_keys(KEYS)
    drawn = [data(jax.vmap(lambda key: jax.random.split(key, 3))(part)) for part in keys]
    drawn += [data(part) for part in keys]
    everything = np.concatenate(drawn)
    assert len(everything) == len(keys) * (3 + 1) * len(KEYS)
    assert len(np.unique(everything, axis=0)) == len(everything)


def test_what_is_drawn_for_an_example_is_independent():
    """Noise, azimuth, elevation, tilt and lengths of bones of an example are uncorrelated."""
    keys = split_keys(jax.random.split(jax.random.key(1), 20_000))
    elevation = jax.vmap(lambda key: jax.random.uniform(jax.random.split(key)[1]))(keys.view)
    azimuth = jax.vmap(lambda key: jax.random.uniform(jax.random.split(key)[0]))(keys.view)
    strength = jax.vmap(lambda key: jax.random.uniform(jax.random.split(key, 3)[0]))(keys.augmentation)
    drawn = [jax.vmap(jax.random.uniform)(part) for part in (keys.tilt, keys.augmentation, keys.proportions)]
    correlation = np.corrcoef(np.stack([elevation, azimuth, strength, *drawn]))
    assert np.abs(correlation - np.eye(6)).max() < 0.03


def test_views_are_those_of_the_example_key():
    views = random_views(View())(None, None, None, split_keys(KEYS))
    np.testing.assert_array_equal(views.rotation, jax.vmap(sample_rotation)(KEYS))


def test_every_example_has_its_own_keys_whatever_the_batch():
    whole, part = split_keys(KEYS), split_keys(KEYS[10:20])
    for a, b in zip(whole, part, strict=True):
        np.testing.assert_array_equal(data(a[10:20]), data(b))
