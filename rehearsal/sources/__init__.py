"""Sources of a rehearsed pipeline: bare git repositories that replace the hosted ones."""
