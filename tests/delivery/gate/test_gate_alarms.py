"""Which alarms the gate watches, for how long, and with which permissions."""

import json
import threading
import time

import boto3
import pytest
from botocore.exceptions import ClientError

from pipeline.gate.alarms import Alarms, NoAlarmError
from tests.delivery.gate.conftest import REGION, Site
from tests.delivery.pipeline.conftest import Assembly, pipeline_config, synthesised_once


def test_alarms_below_composites_are_found_and_composites_are_none_of_them(site: Site) -> None:
    one, two, three = (site.alarm(name) for name in ("one", "two", "three"))
    part = site.composite("health-1", one, two)
    health = site.composite("health", part, three)
    site.set("two", "ALARM")
    assert Alarms(site.cloudwatch, health).states() == {one: "OK", two: "ALARM", three: "OK"}


def test_an_environment_without_alarms_is_well(site: Site) -> None:
    assert Alarms(site.cloudwatch, site.composite("health")).states() == {}


def test_more_alarms_than_one_call_names_or_one_page_holds(site: Site) -> None:
    names = [f"{site.name}-{number:03}" for number in range(130)]
    for name in names:
        site.cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace=site.name, MetricName="Used", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
    parts = [site.composite("health-1", *names[:100]), site.composite("health-2", *names[100:])]
    assert set(Alarms(site.cloudwatch, site.composite("health", *parts)).states()) == set(names)


def test_an_environment_without_its_health_alarm_fails_and_says_so(site: Site) -> None:
    words = site.fails(site.start())
    assert f"there is no alarm {site.name}-health: the environment's stacks must make it" in words
    assert "(in us-east-1)" in words


def test_an_alarm_that_the_composite_names_and_nobody_has_is_no_silence(site: Site) -> None:
    health = site.composite("health", site.alarm("one"))
    site.cloudwatch.delete_alarms(AlarmNames=[health])
    with pytest.raises(NoAlarmError, match=health):
        Alarms(site.cloudwatch, health).states()


def test_it_is_watched_to_the_end_and_ends_with_the_first_that_begins(site: Site) -> None:
    site.composite("health", site.alarm("errors"))
    site.passes(site.start())
    watched = site.start()
    began = time.monotonic()
    later = threading.Timer(4, site.set, ("errors", "ALARM"))
    later.start()
    words = site.fails(watched, SLIPWAY_BAKE_SECONDS="120", BAKE_INTERVAL_SECONDS="1")
    later.join()
    assert time.monotonic() - began < 60
    assert "0 of 1 alarms sound" in words
    assert "1 of 1 alarms sound" in words


def test_without_a_rehearsal_it_watches_its_minutes(site: Site) -> None:
    site.composite("health", site.alarm("errors"))
    outcome = site.gate(site.start(), SLIPWAY_BAKE_SECONDS="", SLIPWAY_BAKE_MINUTES="0.05")
    assert "For 3 s no alarm of" in outcome.stdout, outcome.stderr


def test_a_topic_that_takes_nothing_stops_nobody(site: Site) -> None:
    site.composite("health", site.alarm("errors"))
    site.passes(site.start())
    site.set("errors", "ALARM")
    site.topic = f"{site.topic}-gone"
    assert "nobody could be told: " in site.passes(site.start())


@pytest.fixture(scope="module")
def one_account(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return synthesised_once(tmp_path_factory, "one-account", pipeline_config())


def test_the_steps_role_may_do_what_the_step_does(site: Site, one_account: Assembly) -> None:
    """Acting as a role with the template's own statements, on this site's resources."""
    project = one_account.project(one_account.actions("Prod")["Bake"])
    statements = one_account.statements(project["ServiceRole"]["Fn::GetAtt"][0])
    told = ("sts", "codepipeline", "sns", "kms")
    mine = [
        {**statement, "Resource": "*"}
        for statement in statements
        if str(statement["Action"]).strip("[']").split(":")[0] in told
    ]
    assert len(mine) >= 4
    iam, trust = site.aws.client("iam"), {"AWS": "arn:aws:iam::444455556666:root"}
    may = {"Effect": "Allow", "Principal": trust, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    role = iam.create_role(RoleName=f"bake-{site.tag}", AssumeRolePolicyDocument=document)
    rights = json.dumps({"Version": "2012-10-17", "Statement": mine})
    iam.put_role_policy(RoleName=f"bake-{site.tag}", PolicyName="what", PolicyDocument=rights)
    site.composite("health", site.alarm("errors", "ALARM"))
    taken = site.aws.client("sts").assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="bake")
    key = taken["Credentials"]
    words = site.passes(
        site.start(),
        AWS_ACCESS_KEY_ID=key["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"],
        AWS_SESSION_TOKEN=key["SessionToken"],
    )
    assert "told:" in words
    assert "nobody could be told" not in words
    own = boto3.session.Session(
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
        region_name=REGION,
    )
    cloudwatch = own.client("cloudwatch", endpoint_url=site.codepipeline.meta.endpoint_url)
    with pytest.raises(ClientError, match="AccessDenied"):
        cloudwatch.set_alarm_state(AlarmName=f"{site.name}-errors", StateValue="OK", StateReason="hushed")
