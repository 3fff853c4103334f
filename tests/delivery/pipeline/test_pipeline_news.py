"""Who is told what, and that the messages can be read by people."""

import json

from tests.delivery.pipeline.conftest import Assembly


def rules(assembly: Assembly) -> dict[str, dict[str, object]]:
    found = assembly.resources("AWS::Events::Rule").values()
    return {json.dumps(rule["EventPattern"]["detail"], sort_keys=True): rule for rule in found}


def test_people_hear_of_failure_roll_back_and_success(one_account: Assembly) -> None:
    states = sorted(
        (rule["EventPattern"]["detail"]["state"][0], rule["Targets"][0]["InputTransformer"]["InputTemplate"])
        for rule in one_account.resources("AWS::Events::Rule").values()
    )
    text = " ".join(template for _, template in states)
    assert [state for state, _ in states] == ["FAILED", "FAILED", "SUCCEEDED", "SUCCEEDED"]
    for word in ("FAILED", "ROLLED BACK", "COULD NOT ROLL BACK", "SUCCEEDED"):
        assert word in text


def test_a_roll_back_is_not_announced_as_a_success(one_account: Assembly) -> None:
    triggers = [
        rule["EventPattern"]["detail"]["execution-trigger"]["trigger-type"]
        for rule in one_account.resources("AWS::Events::Rule").values()
    ]
    roll_backs = ["AutomatedRollback", "ManualRollback"]
    assert triggers.count(roll_backs) == 2
    assert triggers.count([{"anything-but": roll_backs}, {"exists": False}]) == 2


def test_messages_link_to_the_execution(one_account: Assembly) -> None:
    for rule in one_account.resources("AWS::Events::Rule").values():
        assert rule["EventPattern"]["detail"]["pipeline"] == ["acme"]
        template = rule["Targets"][0]["InputTransformer"]["InputTemplate"]
        assert "console.aws.amazon.com/codesuite/codepipeline/pipelines/acme/executions/" in template


def test_an_approval_is_announced_with_its_summary_through_the_same_topic(one_account: Assembly) -> None:
    (topic,) = one_account.resources("AWS::SNS::Topic")
    approve = one_account.actions("ApproveProd")["Approve"]
    assert approve["Configuration"]["NotificationArn"] == {"Ref": topic}


def test_the_topic_is_encrypted_and_refuses_plain_http(one_account: Assembly) -> None:
    (topic,) = one_account.resources("AWS::SNS::Topic").values()
    (policy,) = one_account.resources("AWS::SNS::TopicPolicy").values()
    assert "KmsMasterKeyId" in topic
    assert '"aws:SecureTransport": "false"' in json.dumps(policy)


def test_the_configured_addresses_are_subscribed(one_account: Assembly) -> None:
    (subscription,) = one_account.resources("AWS::SNS::Subscription").values()
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")


def test_no_key_asks_eventbridge_for_a_source_that_it_does_not_send(one_account: Assembly) -> None:
    """AWS documents aws:SourceAccount, aws:SourceArn and aws:SourceOrgID as unsupported there."""
    granted = [
        statement
        for key in one_account.resources("AWS::KMS::Key").values()
        for statement in key["KeyPolicy"]["Statement"]
        if "events.amazonaws.com" in str(statement["Principal"])
    ]
    assert granted
    assert not any("Condition" in statement for statement in granted)
