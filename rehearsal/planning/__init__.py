"""What a synthesised pipeline will do, told without running it."""
