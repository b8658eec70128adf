"""Evidence: what the trials that ran say of all those that could."""
