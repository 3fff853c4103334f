"""A swarm that answers a family's questions from what the family itself has written down.

One invocation is one `Visit`: a verified caller, a database session that is theirs, and what has been
shown to the models so far. The members of the swarm (`members.py`) know tools; the tools (`tools/`)
know the visit; nothing that a model says can name another family, because no tool has a parameter for it.

Text that was retrieved may hold instructions meant for the models. They are told to treat it as data,
but what keeps them honest is not the telling (`guard.py`, `permissions.py`):

- what reads and what writes is fixed by code, scoped to the caller, and reading sessions cannot write;
- only the router, who sees nothing but the person's own words, can allow a change, once for each;
- a change consists of words that the person has used;
- a citation must have been shown, and an address in an answer must stand in what was shown.
"""
