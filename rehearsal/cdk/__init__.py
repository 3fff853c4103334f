"""The project's own CDK: its CLI, and the cloud assembly that a synth leaves behind."""
