"""Motion files for other programs: BVH, C3D, glTF, TRC."""

from geolift.output.mocap.bvh import write_bvh
from geolift.output.mocap.c3d import write_c3d
from geolift.output.mocap.glb import write_glb
from geolift.output.mocap.trc import write_trc

__all__ = ["write_bvh", "write_c3d", "write_glb", "write_trc"]
