"""People of a clip in the world: contacts, gravity, floor, focal length, roots and feet; arrays in, arrays out.

The camera stands still. Camera axes are x right, y down, z forward, metres; world axes have z up.
"""

from geolift.world.axes import facing, heading, world_axes
from geolift.world.contact import foot_contact
from geolift.world.floor import Floor, supported_floor
from geolift.world.foot_pose import Feet, expected_feet, place_feet
from geolift.world.gravity import combined, standing_direction
from geolift.world.root_path import Clip, Path, solve_path

__all__ = [
    "Clip",
    "Feet",
    "Floor",
    "Path",
    "combined",
    "expected_feet",
    "facing",
    "foot_contact",
    "heading",
    "place_feet",
    "solve_path",
    "standing_direction",
    "supported_floor",
    "world_axes",
]
