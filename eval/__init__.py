"""Measure Baowen against reference questions, pages and summaries."""
