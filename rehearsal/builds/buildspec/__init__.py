"""Buildspecs: their values, and the parser of version 0.2."""
