"""Random studies, stepped by both engines and by a plain reference, must come out the same.

    python -m tests.differential --seed 1 --count 1000

models.py, loads.py and studies.py draw a study as the dict that a study file holds; user_code.py is the module that it
names; engines.py lets mojo run it, reference.py runs it on MuJoCo alone, and compare.py tells where they differ.
"""
