"""What the same three requests cost in a plain Python function; only the benchmark runs it."""
