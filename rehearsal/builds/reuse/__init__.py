"""Reuse of results of builds with identical inputs."""
