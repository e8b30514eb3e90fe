"""Evaluation of lifters: accuracy against true 3D by a protocol, and assessment from 2D alone."""

from geolift.evaluation.accuracy import evaluate, table
from geolift.evaluation.protocols import PROTOCOLS, Protocol
from geolift.evaluation.selection import assess

__all__ = ["PROTOCOLS", "Protocol", "assess", "evaluate", "table"]
