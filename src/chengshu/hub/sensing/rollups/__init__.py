"""Rollups: observations by minute, hour and day, repaired whenever observations change."""
