"""Settles at start the operations that were in progress when the last daemon ended, as AWS would end them.

`journal` records each resource that a running stack operation created or deleted. `operations` makes
ministack's engine write the journal, and stores with the stack what a roll-back needs. At the next start
`stacks` fails and rolls back each interrupted operation. Then come the parts that registered with
`Cloud.on_start`, for resources that they keep outside of ministack. `report` passes the results to the log
and to `slipway up`.
"""

INTERRUPTED = "The rehearsal was interrupted"
