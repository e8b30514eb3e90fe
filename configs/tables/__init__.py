"""Tables of recipes for `launch.ablation`: each row changes entries of one recipe."""
