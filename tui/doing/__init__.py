"""What the keys do: each room has the actions of one group of the registry."""
