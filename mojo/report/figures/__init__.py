"""Figures: pure functions of arrays and tables that return what plotly.js draws.

Colours of axes, grids and text belong to the page, which knows whether it is light or dark.
"""
