"""What of a process is kept from user code: one `Kept` for each thing that it may change, grouped by who owns it."""
