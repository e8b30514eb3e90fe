"""The procedural human: a body of varied build and motions made by formulas, without recorded data."""

from geolift.data.synthetic.motions import procedural_clips

__all__ = ["procedural_clips"]
