"""Describes what a synthesised pipeline will do, without running it."""
