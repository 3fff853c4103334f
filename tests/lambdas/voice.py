"""The bucket of recordings in the embedded AWS, with the events that reach the function of voice notes."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from rehearsal.daemon import client
from rehearsal.home import Endpoint

PREFIX = "tests-dev-voice-"
WITHIN = 30


@dataclass(frozen=True)
class Voice:
    """The events wait in a queue, so that a test hands them to the function as often as it likes."""

    endpoint: Endpoint
    bucket: str
    queue: str
    aws: Any = field(repr=False)

    @classmethod
    def create(cls, endpoint: Endpoint) -> "Voice":
        aws = client.session(endpoint)
        bucket = f"recordings-{uuid.uuid4()}"
        place: Any = {"LocationConstraint": endpoint.region}
        aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
        aws.client("s3").put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        queue = aws.client("sqs").create_queue(QueueName=bucket)["QueueUrl"]
        voice = cls(endpoint, bucket, queue, aws)
        voice._listen("aws.s3", {"bucket": {"name": [bucket]}}, kind="Object Created")
        voice._listen(
            "aws.transcribe", {"TranscriptionJobStatus": ["FAILED"]}, kind="Transcribe Job State Change"
        )
        return voice

    def _listen(self, source: str, detail: Mapping[str, Any], *, kind: str) -> None:
        events = self.aws.client("events")
        name = f"{source.replace('.', '-')}-{self.bucket}"
        pattern = {"source": [source], "detail-type": [kind], "detail": detail}
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        arn = f"arn:aws:sqs:{self.endpoint.region}:{self.endpoint.account}:{self.bucket}"
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def event(self, about: str) -> Any:
        """The event about this object or job; others are passed over."""
        sqs = self.aws.client("sqs")
        for _ in range(WITHIN):
            found = sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=1).get("Messages", [])
            for message in found:
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                if about in (event["detail"].get("TranscriptionJobName"), _key(event)):
                    return event
        raise AssertionError(f"no event about {about} within {WITHIN} s")

    def settings(self, *grants: Mapping[str, Any]) -> Mapping[str, str]:
        """For a function whose role has these grants, and whose other AWS services are stand-ins."""
        name = f"voice-{uuid.uuid4()}"
        trusted = {"Effect": "Allow", "Principal": {"AWS": self.endpoint.account}, "Action": "sts:AssumeRole"}
        iam = self.aws.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trusted))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=_policy(*grants))
        session = self.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="function")["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
            "AWS_REGION": self.endpoint.region,
            "AWS_ENDPOINT_URL_S3": self.endpoint.url,
            "AWS_ENDPOINT_URL_TRANSCRIBE": self.endpoint.url,
            "AWS_ENDPOINT_URL_POLLY": self.endpoint.url,
            "VOICE_BUCKET": self.bucket,
            "VOICE_JOB_PREFIX": PREFIX,
        }

    def on(self, prefix: str, *actions: str) -> Mapping[str, Any]:
        resource = f"arn:aws:s3:::{self.bucket}/{prefix}*"
        return {"Effect": "Allow", "Action": list(actions), "Resource": resource}

    def transcription(self) -> tuple[Mapping[str, Any], ...]:
        """What the template grants the function of voice notes."""
        jobs = (
            f"arn:aws:transcribe:{self.endpoint.region}:{self.endpoint.account}:transcription-job/{PREFIX}*"
        )
        return (
            self.on("uploads/", "s3:GetObject", "s3:DeleteObject"),
            self.on("transcripts/", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
            {"Effect": "Allow", "Action": "transcribe:StartTranscriptionJob", "Resource": "*"},
            {"Effect": "Allow", "Action": "transcribe:GetTranscriptionJob", "Resource": jobs},
        )

    def objects(self) -> set[str]:
        listed = self.aws.client("s3").list_objects_v2(Bucket=self.bucket)
        return {found["Key"] for found in listed.get("Contents", [])}

    def jobs(self) -> list[str]:
        listed = self.aws.client("transcribe").list_transcription_jobs(JobNameContains=PREFIX)
        return [found["TranscriptionJobName"] for found in listed["TranscriptionJobSummaries"]]


def upload(offer: Mapping[str, Any], recording: bytes, **headers: str) -> httpx.Response:
    """As a client does that is told no more than the offer."""
    sent = {"content-type": offer["content_type"], **headers}
    return httpx.put(offer["url"], content=recording, headers=sent, trust_env=False)


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _key(event: Any) -> Any:
    return event["detail"].get("object", {}).get("key")
