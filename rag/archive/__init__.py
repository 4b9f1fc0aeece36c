"""The archive: the truth, in SQL."""
