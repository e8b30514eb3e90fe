"""The networks (flax linen): lifter, discriminators, adapter, flow, camera pitch."""
