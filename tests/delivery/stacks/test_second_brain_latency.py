"""Whom the latency alarms wake: every route is watched, by what it does, in a real CloudWatch with data."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rehearsal.daemon import client
from rehearsal.home import Home

ROOT = Path(__file__).parents[3]
FUNCTIONS = ROOT / "lambdas" / "second_brain" / "api-gateway" / "src" / "lib.rs"
PROMPT, AGENT = "high-api-latency", "high-agent-latency"
PERIOD = 300


def bound(name: str) -> int:
    """Milliseconds that the API's functions give themselves."""
    (seconds,) = re.findall(rf"{name}: Duration = Duration::from_secs\((\d+)\)", FUNCTIONS.read_text())
    return int(seconds) * 1000


@pytest.fixture(scope="module")
def alarms(environments: Any) -> dict[str, dict[str, Any]]:
    found = environments.resources("Dev", "SecondBrainMonitoring", "AWS::CloudWatch::Alarm").values()
    by_name = {
        alarm["Properties"]["AlarmName"].split("second-brain-")[1]: alarm["Properties"] for alarm in found
    }
    return {name: alarm for name, alarm in by_name.items() if name.startswith((PROMPT, AGENT))}


def watched(alarms: dict[str, dict[str, Any]], kind: str) -> set[tuple[str, str]]:
    """By all alarms of that kind; none watches more than one alarm may put together."""
    found = [watched_by(alarm) for name, alarm in alarms.items() if name.startswith(kind)]
    assert all(len(routes) <= 10 for routes in found)
    assert sum(map(len, found)) == len(set[tuple[str, str]]().union(*found))
    return set[tuple[str, str]]().union(*found)


def watched_by(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    queries = [query["MetricStat"] for query in alarm["Metrics"] if "MetricStat" in query]
    assert {(query["Stat"], query["Period"]) for query in queries} == {("p95", PERIOD)}
    found = [
        {pair["Name"]: pair["Value"] for pair in query["Metric"]["Dimensions"]}
        for query in queries
        if query["Metric"]["MetricName"] == "Latency"
    ]
    assert len(found) == len(queries)
    return {(route["Method"], route["Resource"]) for route in found}


def test_every_route_is_watched_once_and_as_what_it_is(alarms: Any, environments: Any) -> None:
    methods = environments.resources("Dev", "SecondBrainApi", "AWS::ApiGateway::Method").values()
    routes = [found for found in methods if found["Properties"]["HttpMethod"] != "OPTIONS"]
    asking, prompt = watched(alarms, AGENT), watched(alarms, PROMPT)
    assert asking == {("POST", "/query"), ("GET", "/briefing")}
    assert not asking & prompt
    assert len(asking | prompt) == len(routes)


def test_the_stage_publishes_what_the_alarms_watch(environments: Any) -> None:
    stage = environments.properties("Dev", "SecondBrainApi", "AWS::ApiGateway::Stage")
    (settings,) = (found for found in stage["MethodSettings"] if found["ResourcePath"] == "/*")
    assert (settings["HttpMethod"], settings["MetricsEnabled"]) == ("*", True)


def test_an_asking_route_may_take_the_agents_time_more_and_no_more_than_the_functions_do(alarms: Any) -> None:
    prompt, agent = (alarms[name]["Threshold"] for name in (PROMPT, AGENT))
    assert agent - prompt == bound("AGENT_BOUND")
    assert agent < bound("ANSWER_BOUND")


@pytest.fixture(scope="module")
def cloudwatch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home = Home(tmp_path_factory.mktemp("latency") / ".slipway")
    cloud = client.start(home, account="444455556666", region="us-east-1")
    yield client.session(cloud).client("cloudwatch")
    client.stop(home)
    shutil.rmtree(home.root, ignore_errors=True)


Traffic = Callable[..., dict[str, str]]


@pytest.fixture
def traffic(alarms: Any, cloudwatch: Any, request: pytest.FixtureRequest) -> Traffic:
    """The state of each kind of alarm after a quarter of an hour of these requests, on an API of its own."""
    api = request.node.name

    def states(method: str, resource: str, milliseconds: Sequence[float]) -> dict[str, str]:
        for name, alarm in alarms.items():
            cloudwatch.put_metric_alarm(**{**resolved(alarm, api), "AlarmName": f"{api}-{name}"})
        dimensions = {"ApiName": api, "Stage": "v1", "Method": method, "Resource": resource}
        pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        data = [
            {"MetricName": "Latency", "Dimensions": pairs, "Value": value, "Timestamp": time.time() - ago}
            for ago in (PERIOD * 2 + 10, PERIOD + 10, 10)
            for value in milliseconds
        ]
        cloudwatch.put_metric_data(Namespace="AWS/ApiGateway", MetricData=data)
        found = cloudwatch.describe_alarms(AlarmNames=[f"{api}-{name}" for name in alarms])["MetricAlarms"]
        raised = [alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM"]
        assert {alarm["StateValue"] for alarm in found} <= {"OK", "ALARM"}
        return {
            kind: "ALARM" if any(name.startswith(f"{api}-{kind}") for name in raised) else "OK"
            for kind in (PROMPT, AGENT)
        }

    return states


def resolved(alarm: dict[str, Any], api: str) -> dict[str, Any]:
    """The template's alarm as the request that CloudFormation makes, on an API with another name."""
    text = json.dumps({key: value for key, value in alarm.items() if key != "AlarmActions"})
    whole = json.loads(text)
    for query in whole["Metrics"]:
        for pair in query.get("MetricStat", {}).get("Metric", {}).get("Dimensions", ()):
            pair["Value"] = {"ApiName": api, "Stage": "v1"}.get(pair["Name"], pair["Value"])
    return dict(whole)


def test_an_agent_that_takes_eighteen_seconds_wakes_nobody(traffic: Traffic) -> None:
    assert traffic("POST", "/query", [18_000] * 5) == {PROMPT: "OK", AGENT: "OK"}


def test_a_briefing_that_waits_out_the_agent_wakes_nobody(traffic: Traffic) -> None:
    assert traffic("GET", "/briefing", [21_500]) == {PROMPT: "OK", AGENT: "OK"}


def test_an_asking_route_at_the_gateways_own_end_wakes_somebody(traffic: Traffic) -> None:
    assert traffic("POST", "/query", [29_000]) == {PROMPT: "OK", AGENT: "ALARM"}


@pytest.mark.parametrize("route", ["GET /calendar", "DELETE /links/{link_id}", "POST /family/join"])
def test_a_slow_route_without_an_agent_wakes_somebody(traffic: Traffic, route: str) -> None:
    method, resource = route.split()
    assert traffic(method, resource, [3_500]) == {PROMPT: "ALARM", AGENT: "OK"}


def test_a_prompt_route_wakes_nobody(traffic: Traffic) -> None:
    assert traffic("POST", "/ingest", [900] * 20) == {PROMPT: "OK", AGENT: "OK"}
