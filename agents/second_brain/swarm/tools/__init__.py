"""The members' tools. None has a parameter that says whose data it works on."""
