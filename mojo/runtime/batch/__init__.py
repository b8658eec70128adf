"""The batch engine: many trials stepped side by side as one mujoco.batch.Batch."""
