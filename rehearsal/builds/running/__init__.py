"""Runs a build's commands in a shell, phase by phase, and ends its processes."""
