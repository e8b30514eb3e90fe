"""Trained lifters as files: those that come with geolift, their cards, and export to other programs."""

from geolift.pretrained.card import CARD, describe_card
from geolift.pretrained.export import export_model
from geolift.pretrained.models import load, load_card, model_names
from geolift.pretrained.weights_file import save

__all__ = ["CARD", "describe_card", "export_model", "load", "load_card", "model_names", "save"]
