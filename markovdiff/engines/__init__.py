"""Three arithmetics, one question: the same file names in each room, so that twins can be laid side by side."""
