"""SLURM: what it offers, what to ask of it, what it says of its jobs, and a study's batches on their way through it."""
