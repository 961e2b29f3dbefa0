"""Chengshu (城枢): an open city brain."""
