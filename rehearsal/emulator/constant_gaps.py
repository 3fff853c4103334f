"""Differences from AWS that apply to every rehearsal; the report prints them."""

from collections.abc import Iterator

from rehearsal.confinement import ability
from rehearsal.model.results import Fidelity, Gap


def _allowed(subject: str, reason: str) -> Gap:
    return Gap(subject=subject, fidelity=Fidelity.EMULATED, reason=f"not evaluated: {reason}")


FALSE_ALLOWS = (
    _allowed(
        "IAM: what CloudFormation's handlers read",
        "which of a handler's listed reads and further calls it makes is not published; the calls that "
        "create, change, tag and delete a resource are checked",
    ),
    _allowed(
        "IAM: iam:PassRole of instance profiles",
        "anybody may pass a role that is named by its instance profile instead of its ARN to a service",
    ),
    _allowed(
        "IAM: Step Functions and aws-sdk",
        "`aws-sdk` tasks and tasks that wait for another service's token may exceed the role's permissions",
    ),
    _allowed(
        "IAM: Lambda authorizers and triggers",
        "authorizers, WebSocket APIs, integrations of type AWS and Cognito's triggers need no permission on "
        "the function",
    ),
    _allowed(
        "IAM: keys of queues, topics, tables and logs",
        "only secrets, parameters and objects require permission for the KMS key that encrypts them",
    ),
    _allowed(
        "IAM: dynamic references of templates",
        "CloudFormation reads the secrets and parameters that a template names without its role's right to",
    ),
)
"""Calls that are allowed here and that AWS's IAM denies."""

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
        reason = (
            f"steps are not confined: {found.reason}; builds, functions and agents can read and write what "
            "you can (`slipway doctor` says what to do)"
        )
        yield Gap(subject="confinement", fidelity=Fidelity.RECORDED, reason=reason)
    elif not found.way.own_proc:
        reason = (
            "steps see the numbers and names of other processes: this container allows no /proc of their own"
        )
        yield Gap(subject="confinement", fidelity=Fidelity.EMULATED, reason=reason)
