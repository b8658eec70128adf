"""Films: of picked trials, from the states that their runs have saved, after the physics."""
