"""Densities, Gaussians, grids and quadrature: the continuous mathematics that only the chapter and the lab use."""
