"""Baowen (报问): ask the newspaper."""

__version__ = "0.1.0"
