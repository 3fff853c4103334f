"""Files of a build: its folders, sources, artifacts and caches."""
