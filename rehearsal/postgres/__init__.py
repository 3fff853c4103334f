"""A real PostgreSQL behind the embedded AWS's RDS and Aurora, without root and without Docker."""
