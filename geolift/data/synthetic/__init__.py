"""A procedural human: random bodies in random motion, whose 3D is known."""
