"""A page on a port of this machine that shows studies while they run, and after. It reads, and writes nothing."""
