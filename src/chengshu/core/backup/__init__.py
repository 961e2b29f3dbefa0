"""Backup and restore: the database, the lake and the files of an installation from one moment."""
