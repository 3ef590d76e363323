"""Being here puts this directory on the import path, so that every test finds `chains`."""
