"""Second Brain's agent: `swarm` runs on AgentCore, `main.py` is its entry point, `chat` a terminal for it."""
