"""The version, where every room may read it without an import upward."""

__version__ = "0.1.0"
