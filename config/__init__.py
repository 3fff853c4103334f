"""`delivery.toml` as frozen, typed values, and every mistake in it as one helpful line.

document.py    the file's shape, as a person writes it
rules.py       what must hold between keys
resolve.py     shape + applications → the values below
delivery.py    what the rest of the delivery side reads
caution.py     what only may go wrong
load.py        the one way in
"""
