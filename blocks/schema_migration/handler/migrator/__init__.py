"""Brings a PostgreSQL database to the schema that travels with this package."""
