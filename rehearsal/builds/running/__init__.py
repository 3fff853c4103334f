"""The shell that runs a build's commands, the phases they belong to, and the end of their processes."""
