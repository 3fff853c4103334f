"""Tells a failure of the project from something that the rehearsal does not do, as the exit code must.

Such a refusal travels as text: through CloudFormation into a stack's events, through the CDK CLI to its
output, or as an action's failure. These are the words that all of them use.
"""

import re

_REFUSALS = re.compile(
    r"not supported by the rehearsal|\bis not rehearsed\b"
    r"|Unrecognized resource types|Unsupported resource type"
)


def names_unsupported(text: str) -> bool:
    return bool(_REFUSALS.search(" ".join(text.split())))
