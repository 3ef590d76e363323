"""What the terminal interface is served by: who may come in, a visitor's processes, their page and their driver."""
