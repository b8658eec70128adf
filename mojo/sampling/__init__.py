"""Designs: which values the trials of a study take."""
