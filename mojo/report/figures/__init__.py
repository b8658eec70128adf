"""Figures: pure functions of arrays and tables that return a plotly Figure.

Colours of axes, grids and text belong to the page, which knows whether it is light or dark.
"""
