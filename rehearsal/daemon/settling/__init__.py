"""What was in progress when a daemon ended is settled when the next one starts, as AWS would have ended it.

`journal` writes down, while a stack operation runs, each resource that it made or deleted; `operations` has
ministack's engine do that, and keeps with the stack what its roll-back needs. At the next start `stacks`
ends each operation that was cut off: failed and rolled back. Then come the parts that registered with
`Cloud.on_start`, for what they keep outside of ministack, and `processes` for those that nobody owns any
more. `report` tells all of it to the log and to `slipway up`.
"""

INTERRUPTED = "The rehearsal was interrupted"
