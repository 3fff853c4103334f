"""The one alarm of an environment, from none to more than CloudWatch takes at once."""

import json
import re
from typing import Any

from blocks.health import CHILDREN, RULE_LENGTH, grouped, rule


def _composites(app: Any) -> dict[str, dict[str, Any]]:
    (path,) = app.deliver().rglob("DevEnvironmentHealth*.template.json")
    resources = json.loads(path.read_text(encoding="utf-8"))["Resources"].values()
    return {
        resource["Properties"]["AlarmName"]: resource
        for resource in resources
        if resource["Type"] == "AWS::CloudWatch::CompositeAlarm"
    }


def test_without_alarms_it_is_valid_and_never_alarms(build: Any, watched: Any) -> None:
    app, stage = build(watched(0))
    found = _composites(app)
    assert found[stage.health_alarm_name]["Properties"]["AlarmRule"] == "FALSE"


def test_more_than_a_hundred_alarms_get_a_level_in_between(build: Any, watched: Any) -> None:
    app, stage = build(watched(230))
    found = _composites(app)
    assert set(found) == {"acme-dev-health", "acme-dev-health-1", "acme-dev-health-2", "acme-dev-health-3"}
    whole = found.pop(stage.health_alarm_name)
    assert re.findall(r'ALARM\("([^"]+)"\)', whole["Properties"]["AlarmRule"]) == list(found)
    assert len(whole["DependsOn"]) == 3
    watched_alarms = [
        name
        for part in found.values()
        for name in re.findall(r'ALARM\("([^"]+)"\)', part["Properties"]["AlarmRule"])
    ]
    assert watched_alarms == [f"acme-dev-watched-{number}" for number in range(230)]


def test_long_names_meet_the_length_of_a_rule_before_the_number_of_children() -> None:
    groups = list(grouped([f"{number:0200}" for number in range(120)]))
    assert sum(map(len, groups)) == 120
    assert all(len(rule(group)) <= RULE_LENGTH and len(group) < CHILDREN for group in groups)


def test_an_address_is_told_over_tls_only(build: Any, watched: Any) -> None:
    app, stage = build(watched(1), alarm_email="ops@example.com")
    found = _composites(app)[stage.health_alarm_name]["Properties"]
    assert len(found["AlarmActions"]) == len(found["OKActions"]) == 1
    (path,) = app.deliver().rglob("DevEnvironmentHealth*.template.json")
    text = path.read_text(encoding="utf-8")
    assert '"ops@example.com"' in text
    assert "aws:SecureTransport" in text
