"""The panels: widgets that paint what a view function says."""
