"""How a run lives: trained, logged, saved, resumed, on one host or many."""
