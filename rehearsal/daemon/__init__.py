"""The daemon that serves one project's rehearsal, and the client that starts, stops and finds it.

`python -m rehearsal.daemon` runs the emulator with three additions: `gate` authenticates every request,
`state` holds each response until its effect is on disk, and `settling` ends at start the operations that the
last daemon left open.
"""
