"""The environment of a build's commands: tools, variables, credentials and confinement."""
