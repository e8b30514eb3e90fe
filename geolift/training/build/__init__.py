"""From a config to the parts of a run: networks, the first state, phases with their objectives, pools of poses.

The only place where entries of a config are read and passed on as ordinary arguments.
"""

__all__: list[str] = []
