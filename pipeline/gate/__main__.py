"""`python -m pipeline.gate`: watches an environment's alarms after a deployment, as its environment says."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from pipeline.gate.alarms import ALARM, Alarms, NoAlarmError
from pipeline.gate.message import tell, way
from pipeline.gate.run import Judged, Place, judged
from pipeline.gate.verdict import Verdict, judge


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the step was told by the pipeline."""

    place: Place
    health: str
    region: str
    lookup_role: str
    topic: str
    seconds: float
    interval: float

    @classmethod
    def from_environment(cls) -> "Order":
        told = os.environ
        minutes = float(told["SLIPWAY_BAKE_MINUTES"])
        return cls(
            place=Place(
                pipeline=told["PIPELINE_NAME"],
                stage=told["PIPELINE_STAGE"],
                gate=told["PIPELINE_ACTION"],
                execution_id=told["EXECUTION_ID"],
            ),
            health=told["HEALTH_ALARM"],
            region=told["DELIVERY_REGION"],
            lookup_role=told["LOOKUP_ROLE_ARN"],
            topic=told["NOTIFICATION_TOPIC"],
            seconds=float(told.get("SLIPWAY_BAKE_SECONDS") or 60 * minutes),
            interval=float(told.get("BAKE_INTERVAL_SECONDS") or 30),
        )


def main() -> None:
    order = Order.from_environment()
    run = judged(boto3.client("codepipeline"), order.place)
    _introduce(order, run)
    try:
        verdict = watch(order, run, looks=lambda: Alarms(_cloudwatch(order), order.health))
    except NoAlarmError as error:
        sys.exit(f"{error} (in {order.region})")
    topic_region = order.topic.split(":")[3]
    problem = tell(boto3.client("sns", region_name=topic_region), order.topic, verdict, order.place)
    if problem:
        _say(f"nobody could be told: {problem}")
    if verdict.fails:
        _say(f"A repair that must pass these alarms: {way(order.place)}")
        consequence = "a person must look" if run.is_roll_back else "the stage fails and rolls back"
        sys.exit(f"{', '.join(verdict.began)} began to sound: {consequence}")


def watch(order: Order, run: Judged, *, looks: Callable[[], Alarms]) -> Verdict:
    """The last verdict, or the first that ends it."""

    @cache
    def sounded_before(name: str) -> bool:
        return looks().state_at(name, run.before) == ALARM

    end = time.monotonic() + order.seconds
    while True:
        states = looks().states()
        verdict = judge(run, states, sounded_before)
        sounding = f"{len(verdict.told) + len(verdict.began)} of {len(states)} alarms sound"
        _say("\n".join((f"{time.strftime('%H:%M:%S', time.gmtime())} {sounding}", *verdict.lines)))
        left = end - time.monotonic()
        if verdict.fails_at_once or left <= 0:
            return verdict
        time.sleep(min(order.interval, left))


def _introduce(order: Order, run: Judged) -> None:
    _say(
        f"For {order.seconds:g} s no alarm of {order.health} may begin to sound; "
        f"the state before is that of {run.before:%Y-%m-%d %H:%M:%S} UTC"
    )
    if run.is_roll_back:
        _say("A roll-back: alarms that begin while it runs have until its end to go quiet")
    if run.repair:
        _say(f"REPAIR LANE: alarms do not stop this execution.\n  reason: {run.repair}")
        _say(f"  started by: {run.started_by}")


def _cloudwatch(order: Order) -> Any:
    """A role chain ends after an hour, so every look takes the role anew."""
    taken = boto3.client("sts").assume_role(RoleArn=order.lookup_role, RoleSessionName="bake")["Credentials"]
    return boto3.client(
        "cloudwatch",
        region_name=order.region,
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
