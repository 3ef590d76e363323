"""A scenario, read and run: from a TOML file to a result with its verdicts."""
