"""markovdiff on the screen: the terminal application."""
