"""A look at a trial while it runs: in MuJoCo's viewer, or in a browser."""
