"""Positions on the Earth: offsets of Chinese maps, distances, map projections.

Everywhere longitude comes first, in degrees, and heights are left out. CGCS2000 (EPSG:4490) and
WGS 84 (EPSG:4326) differ by about a decimetre and are taken as equal.
"""
