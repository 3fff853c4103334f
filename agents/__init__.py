"""Agents of the applications, one package each."""
