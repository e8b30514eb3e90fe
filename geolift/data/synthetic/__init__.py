"""A procedural human and a procedural quadruped: bodies of varied build and motions made by formulas, without recorded
data."""

from geolift.data.synthetic.motions import procedural_clips
from geolift.data.synthetic.quadruped import QUADRUPED
from geolift.data.synthetic.quadruped_motions import quadruped_clips

__all__ = ["procedural_clips", "QUADRUPED", "quadruped_clips"]
