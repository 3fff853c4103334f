"""What the gate tells people through the pipeline's topic."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.gate.run import Place
from pipeline.gate.verdict import Verdict
from pipeline.repair import VARIABLE


def text(verdict: Verdict, place: Place) -> str:
    lines = [f"{place.pipeline}, stage {place.stage}, execution {place.execution_id}", *verdict.lines]
    if verdict.run.repair:
        lines += [f"Reason: {verdict.run.repair}", f"Started by: {verdict.run.started_by}"]
    elif verdict.fails:
        lines += [
            _consequence(verdict),
            "",
            "If a repair must pass these alarms, start it with a reason:",
            way(place),
        ]
    return "\n".join(lines)


def way(place: Place) -> str:
    return (
        f"aws codepipeline start-pipeline-execution --name {place.pipeline} "
        f"--variables 'name={VARIABLE},value=why these alarms must not stop it'"
    )


def tell(sns: Any, topic: str, verdict: Verdict, place: Place) -> str:
    """Why nobody could be told; empty if they were, or nobody needs to be."""
    if not verdict.news:
        return ""
    subject = f"{place.pipeline} {place.stage}: {verdict.news}"[:100]
    try:
        sns.publish(TopicArn=topic, Subject=subject, Message=text(verdict, place))
    except (BotoCoreError, ClientError) as error:
        return str(error)
    return ""


def _consequence(verdict: Verdict) -> str:
    if verdict.run.is_roll_back:
        return "The earlier version is deployed again and these alarms sound: a person must look."
    return "The stage fails and goes back to its last good execution, if it has one."
