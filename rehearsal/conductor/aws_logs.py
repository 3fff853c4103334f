"""Logs that the embedded AWS keeps: of functions, in CloudWatch Logs, and the events of stacks.

Both are found by name in every account and region to which the pipelines deliver.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rehearsal.conductor.delivery_places import Place, delivery_places
from rehearsal.conductor.problems import Problem
from rehearsal.daemon import client
from rehearsal.home import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class Found:
    """A function or a stack."""

    place: Place
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({self.place})"


@dataclass(frozen=True, kw_only=True)
class LogLine:
    key: str
    """It names the line, so that nobody prints it twice."""
    at: datetime
    text: str


def function_log(endpoint: Endpoint, name: str) -> Callable[[], Iterator[LogLine]]:
    """Reads all that the function has printed, oldest first; again at each call."""
    found = _the_one("function", name, _functions(endpoint))
    session = client.session(endpoint, account=found.place.account, region=found.place.region)
    functions: LambdaClient = session.client("lambda")
    configuration: Any = functions.get_function_configuration(FunctionName=found.name)
    group = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{found.name}"
    logs: CloudWatchLogsClient = session.client("logs")
    return lambda: _log_events(logs, group)


def stack_log(endpoint: Endpoint, name: str) -> Callable[[], Iterator[LogLine]]:
    """Reads the stack's events, oldest first; again at each call."""
    found = _the_one("stack", name, _stacks(endpoint))
    session = client.session(endpoint, account=found.place.account, region=found.place.region)
    cloudformation: CloudFormationClient = session.client("cloudformation")
    return lambda: _stack_events(cloudformation, found.name)


def _functions(endpoint: Endpoint) -> Iterator[Found]:
    for place in delivery_places(endpoint):
        functions: LambdaClient = client.session(endpoint, account=place.account, region=place.region).client(
            "lambda"
        )
        for page in functions.get_paginator("list_functions").paginate():
            yield from (Found(place=place, name=one["FunctionName"]) for one in page["Functions"])


def _stacks(endpoint: Endpoint) -> Iterator[Found]:
    for place in delivery_places(endpoint):
        stacks: CloudFormationClient = client.session(
            endpoint, account=place.account, region=place.region
        ).client("cloudformation")
        for page in stacks.get_paginator("describe_stacks").paginate():
            yield from (Found(place=place, name=one["StackName"]) for one in page["Stacks"])


def _the_one(kind: str, name: str, every: Iterable[Found]) -> Found:
    """The one of this name, or else the only one whose name has it as a part."""
    found = sorted(set(every), key=str)
    matching = [one for one in found if one.name == name]
    matching = matching or [one for one in found if name.lower() in one.name.lower()]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise Problem(f"{len(matching)} {kind}s match {name!r}", remedy=f"name one: {_names(matching)}")
    raise Problem(f"no {kind} matches {name!r}", remedy=f"name one of: {_names(found)}")


def _names(found: list[Found]) -> str:
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return (", ".join(map(str, found[:_LISTED])) or "there is none yet") + more


def _log_events(logs: "CloudWatchLogsClient", group: str) -> Iterator[LogLine]:
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        events: list[Any] = [event for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return  # it has not run yet, or it may not write
    of_stream: Counter[str] = Counter()
    for event in sorted(events, key=lambda event: int(event["timestamp"])):
        stream = event["logStreamName"]
        of_stream[stream] += 1  # nothing is put before what a stream has
        at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
        yield LogLine(key=f"{stream} {of_stream[stream]}", at=at, text=event["message"].rstrip("\n"))


def _stack_events(cloudformation: "CloudFormationClient", stack: str) -> Iterator[LogLine]:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    events: list[Any] = [event for page in pages for event in page["StackEvents"]]
    for event in reversed(events):
        reason = event.get("ResourceStatusReason", "")
        resource = f"{event['LogicalResourceId']} ({event['ResourceType']})"
        text = f"{event['ResourceStatus']:<28} {resource}{f': {reason}' if reason else ''}"
        yield LogLine(key=event["EventId"], at=event["Timestamp"].astimezone(UTC), text=text)
