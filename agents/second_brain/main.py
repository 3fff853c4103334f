"""The entry point of the deployment; it lies at the top of the zip, beside the packages."""

from agents.second_brain.swarm.server import serve

if __name__ == "__main__":
    serve()
