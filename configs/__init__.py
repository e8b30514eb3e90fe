"""Training recipes. Each file changes entries of the paper's recipe, or of one other recipe.

Every entry, with its default and what it does: docs/config.md, generated from geolift/training/config.py.
"""
