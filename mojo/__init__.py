"""MuJoCo simulation campaigns as Snakemake workflows."""
