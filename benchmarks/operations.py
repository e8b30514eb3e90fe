"""Floating-point operations per pose of a training step and of lifting, counted by hand."""

JOINTS, BLOCKS, DISCRIMINATOR_BLOCKS = 17, 4, 3  # of the configs


def lift(width: int) -> int:
    """Operations of one forward pass of the lifter."""
    return _network(width, BLOCKS, JOINTS)


def step(width: int, *, motion: bool = False) -> int:
    """Operations of one update of all networks; only the products of dense layers.

    A lift has a forward product, an input gradient and a weight gradient; but the first lift's poses need no gradient.
    A discriminator has forward and weight gradient of real and fake, input gradients of real and fake for itself and of
    fake for the lifter; but its first layer needs one only for the lifter. With a motion discriminator there is one
    more lift, of the later poses, and one more discriminator.
    """
    first = _first(width)
    adversarial = 7 * _network(width, DISCRIMINATOR_BLOCKS, 1) - 2 * first
    plain = 6 * lift(width) - first + adversarial
    return plain + (3 * lift(width) - first + adversarial if motion else 0)


def _network(width: int, blocks: int, outputs: int) -> int:
    return _first(width) + 2 * (2 * blocks * width**2 + width * outputs)


def _first(width: int) -> int:
    return 2 * 2 * JOINTS * width
