"""Differences from AWS that hold for every rehearsal, whatever its template. The report prints them."""

from collections.abc import Iterator

from rehearsal.confinement import ability
from rehearsal.model.results import Fidelity, Gap


def _allowed(subject: str, reason: str) -> Gap:
    return Gap(subject=subject, fidelity=Fidelity.EMULATED, reason=f"not evaluated: {reason}")


FALSE_ALLOWS = (
    _allowed(
        "IAM: what CloudFormation's handlers read",
        "which of the reads and further calls that a handler lists it makes is not published; the calls that "
        "make, change, tag and delete a resource are checked",
    ),
    _allowed(
        "IAM: iam:PassRole of instance profiles",
        "a role that is named by its instance profile, not by its ARN, may be handed to a service by anybody",
    ),
    _allowed(
        "IAM: Step Functions and aws-sdk",
        "tasks by `aws-sdk` and tasks that wait for a token of another service do what the role may not",
    ),
    _allowed(
        "IAM: Lambda authorizers and triggers",
        "authorizers, WebSocket APIs, integrations of type AWS and Cognito's triggers need no permission on "
        "the function",
    ),
    _allowed(
        "IAM: keys of queues, topics, tables and logs",
        "only secrets, parameters and objects need the right to use the key that encrypts them",
    ),
    _allowed(
        "IAM: dynamic references of templates",
        "CloudFormation reads the secrets and parameters that a template names without its role's right to",
    ),
)
"""What IAM lets pass here and denies on AWS."""

UNENFORCED = (
    Gap(
        subject="IAM",
        fidelity=Fidelity.RECORDED,
        reason="this rehearsal runs with --no-iam: every call is allowed, whatever the policies say",
    ),
)


def constant_gaps(*, enforces_iam: bool) -> tuple[Gap, ...]:
    return (*(FALSE_ALLOWS if enforces_iam else UNENFORCED), *_of_confinement())


def _of_confinement() -> Iterator[Gap]:
    found = ability()
    if found.way is None:
        said = (
            f"steps are not confined: {found.reason}; builds, functions and agents can read and write what "
            "you can (`slipway doctor` says what to do)"
        )
        yield Gap(subject="confinement", fidelity=Fidelity.RECORDED, reason=said)
    elif not found.way.own_proc:
        said = (
            "steps see the numbers and names of other processes: this container allows no /proc of their own"
        )
        yield Gap(subject="confinement", fidelity=Fidelity.EMULATED, reason=said)
