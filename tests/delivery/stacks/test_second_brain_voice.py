"""What voice notes are made of: the bucket of recordings, and what starts the function."""

from typing import Any

import pytest

API = "SecondBrainApi"


@pytest.fixture
def of(environments: Any) -> Any:
    return lambda kind, environment="Dev": environments.resources(environment, API, kind)


@pytest.fixture
def bucket(of: Any) -> Any:
    (found,) = of("AWS::S3::Bucket").values()
    return found["Properties"]


def test_recordings_are_private_and_expire_after_a_day(of: Any, bucket: Any) -> None:
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "BucketEncryption" in bucket
    assert "BucketName" not in bucket
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"], rule.get("Prefix")) == ("Enabled", 1, None)
    (policy,) = of("AWS::S3::BucketPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


@pytest.mark.parametrize("environment", ["Dev", "Prod"])
def test_only_configured_origins_may_upload(of: Any, environment: str) -> None:
    (found,) = of("AWS::S3::Bucket", environment).values()
    (rule,) = found["Properties"]["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedMethods"] == ["PUT"]
    assert ("http://localhost:3000" in rule["AllowedOrigins"]) is (environment == "Dev")
    assert "https://app.secondbrain.example.com" in rule["AllowedOrigins"]


def test_only_events_of_this_environment_start_the_function(of: Any, bucket: Any) -> None:
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    patterns = {
        found["Properties"]["EventPattern"]["source"][0]: found["Properties"]["EventPattern"]["detail"]
        for found in of("AWS::Events::Rule").values()
    }
    assert "RecordingsBucket" in str(patterns["aws.s3"]["bucket"]["name"])
    assert patterns["aws.s3"]["object"]["key"] == [{"prefix": "uploads/"}, {"prefix": "transcripts/"}]
    (prefix,) = patterns["aws.transcribe"]["TranscriptionJobName"]
    assert patterns["aws.transcribe"]["TranscriptionJobStatus"] == ["FAILED"]
    (told,) = [
        found["Properties"]["Environment"]["Variables"]
        for key, found in of("AWS::Lambda::Function").items()
        if key.startswith("VoiceNotes")
    ]
    assert prefix["prefix"] == told["VOICE_JOB_PREFIX"] == "slipway-dev-voice-"
    (permission, other) = [
        found["Properties"]
        for found in of("AWS::Lambda::Permission").values()
        if found["Properties"]["Principal"] == "events.amazonaws.com"
    ]
    assert all("VoiceNotesKeeper" in str(each["FunctionName"]) for each in (permission, other))
    assert all("Fn::GetAtt" in each["SourceArn"] for each in (permission, other))


def test_what_it_fails_on_is_kept_and_told(of: Any, environments: Any) -> None:
    (queue,) = of("AWS::SQS::Queue")
    for found in of("AWS::Events::Rule").values():
        (target,) = found["Properties"]["Targets"]
        assert queue in str(target["DeadLetterConfig"])
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 2
    (function,) = [f for key, f in of("AWS::Lambda::Function").items() if key.startswith("VoiceNotes")]
    assert queue in str(function["Properties"]["DeadLetterConfig"])
    alarms = environments.resources("Dev", "SecondBrainMonitoring", "AWS::CloudWatch::Alarm").values()
    names = {found["Properties"]["AlarmName"] for found in alarms}
    assert "slipway-dev-second-brain-voice-dead-letters" in names


def test_the_only_uploads_are_those_of_links(of: Any) -> None:
    writing = {
        key.partition("Role")[0]: str(statement["Resource"])
        for key, policy in of("AWS::IAM::Policy").items()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "s3:PutObject" in str(statement["Action"])
    }
    assert set(writing) == {"Ingest", "VoiceNotesKeeper"}
    assert "/uploads/*" in writing["Ingest"]
    assert "/transcripts/*" in writing["VoiceNotesKeeper"]


def test_a_recording_is_an_answer_that_api_gateway_decodes(environments: Any) -> None:
    api = environments.properties("Dev", API, "AWS::ApiGateway::RestApi")
    assert api["BinaryMediaTypes"] == ["audio/mpeg"]
