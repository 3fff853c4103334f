"""The process that serves one project's rehearsal, and the client that starts, stops and reaches it.

`python -m rehearsal.daemon` adds what a process needs around the emulator: `gate` authenticates every
request, `state` lets no answer out before its effect is on disk, and `settling` ends at a start what the
last daemon left open.
"""
