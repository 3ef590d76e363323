"""The engine's process: it imports the whole engine, and only the child process imports it."""
