"""Where a rehearsed pipeline's source comes from: bare git repositories that stand in for the hosted ones."""
