"""Differences from AWS that hold for every rehearsal, whatever its template. The report prints them."""

from collections.abc import Iterator

from rehearsal.confinement import ability
from rehearsal.engine.ports import Fidelity, Gap


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
        "IAM: Step Functions to Lambda", "a state machine invokes functions that its role does not name"
    ),
    _allowed(
        "IAM: Lambda resource policies",
        "EventBridge, SNS and API Gateway invoke functions without a permission on them",
    ),
    _allowed("IAM: event source mappings", "queues and streams are read without the function's role"),
    _allowed("IAM: Lambda's logs", "a function logs without its role allowing it"),
    _allowed("IAM: kms:Decrypt of secrets", "a secret is read without the right to decrypt with its key"),
    _allowed("IAM: trust policies for root", "the account's root assumes any role of its account"),
)
"""What IAM lets pass here and denies on AWS."""

UNENFORCED = (
    Gap(
        subject="IAM",
        fidelity=Fidelity.RECORDED,
        reason="this rehearsal runs with --no-iam: every call is allowed, whatever the policies say",
    ),
)


def standing_gaps(*, enforces_iam: bool) -> tuple[Gap, ...]:
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
