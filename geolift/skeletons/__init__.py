"""Skeletons: joints, bones, known joint sets, and the mapping from one joint set to another."""
