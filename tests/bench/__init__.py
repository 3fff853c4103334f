"""`make bench`: the project's figures, each a median of several runs. Nothing here passes or fails."""
