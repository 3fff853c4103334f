"""Notes that are spoken: where recordings wait, and the function that makes notes of them.

A recording is uploaded by a link that the API gave out. S3's event about it starts a job of Transcribe, which
writes its result beside the recording; S3's event about that makes the note. Transcribe's own event is
needed where a job failed only, since there is no object then.
"""

from typing import cast

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from blocks.models import TITAN_EMBED
from blocks.schedule import RETRIES, DeadLetters
from blocks.waivers import acknowledge
from stacks.application import Site
from stacks.second_brain.rust import Work, Workshop
from stacks.second_brain.settings import SecondBrainSettings

UPLOADS, TRANSCRIPTS = "uploads/", "transcripts/"
"""As `lambdas/second_brain/aws/src/recordings.rs` spells them."""
_JOBS = "voice-"
TIMEOUT_SECONDS = 60


class RecordingStore(Construct):
    """Holds recordings for the minutes that they are transcribed in, and what nobody took for a day."""

    def __init__(self, scope: Construct, construct_id: str, *, site: Site[SecondBrainSettings]) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.PUT],
                    allowed_origins=list(site.settings.origins(site.environment)),
                    allowed_headers=["content-type"],
                )
            ],
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="Expire",
                    expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=RemovalPolicy.DESTROY,
        )
        _tell_eventbridge(self.bucket)
        reason = (
            "Recordings are deleted once they are transcribed; each is written by a link for one object, and "
            "read by one function, which logs what it does"
        )
        acknowledge(self.bucket, {"AwsSolutions-S1": reason})

    @property
    def settings(self) -> dict[str, str]:
        return {"VOICE_BUCKET": self.bucket.bucket_name}

    @property
    def upload(self) -> iam.PolicyStatement:
        """What a link allows that is given out with it."""
        return self._on(["s3:PutObject"], UPLOADS)

    @property
    def processing(self) -> list[iam.PolicyStatement]:
        """Transcribe reads and writes with the permissions of who starts the job."""
        return [
            self._on(["s3:GetObject", "s3:DeleteObject"], UPLOADS),
            self._on(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], TRANSCRIPTS),
        ]

    def acknowledge_own_objects(self, role: iam.IRole) -> None:
        """Acknowledges what the statements above make of the role that has them."""
        bucket = Stack.of(self).get_logical_id(cast(s3.CfnBucket, self.bucket.node.default_child))
        reason = "Each recording is named by a new id, and so is what is made of it"
        found = [
            f"AwsSolutions-IAM5[Resource::<{bucket}.Arn>/{prefix}*]" for prefix in (UPLOADS, TRANSCRIPTS)
        ]
        acknowledge(role, dict.fromkeys(found, reason))

    def _on(self, actions: list[str], prefix: str) -> iam.PolicyStatement:
        return iam.PolicyStatement(actions=actions, resources=[self.bucket.arn_for_objects(f"{prefix}*")])


class VoiceNotes(Construct):
    """The function that S3 and Transcribe start."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        site: Site[SecondBrainSettings],
        workshop: Workshop,
        store: RecordingStore,
    ) -> None:
        super().__init__(scope, construct_id)
        self._site, self._store = site, store
        self._prefix = site.names.of(_JOBS)
        self.dead_letters = DeadLetters(self, "DeadLetters")
        self.made = workshop.make(self, "Keeper", work=self._work(workshop))
        self._waive()
        self._start_on("Stored", "A recording or a transcript was stored", self._stored())
        self._start_on("NotTranscribed", "A recording could not be transcribed", self._not_transcribed())

    def _work(self, workshop: Workshop) -> Work:
        return Work(
            binary="voice_notes",
            description="Makes notes of recordings",
            timeout_seconds=TIMEOUT_SECONDS,
            environment={
                **self._store.settings,
                "VOICE_JOB_PREFIX": self._prefix,
                "EMBED_MODEL_ID": TITAN_EMBED.id_in(self._site.environment.region),
            },
            grants=[workshop.embed, *self._store.processing, *self._transcription()],
            dead_letters=self.dead_letters.queue,
        )

    def _transcription(self) -> list[iam.PolicyStatement]:
        region = self._site.environment.region
        jobs = f"arn:{Aws.PARTITION}:transcribe:{region}:{Aws.ACCOUNT_ID}:transcription-job/{self._prefix}*"
        return [
            iam.PolicyStatement(actions=["transcribe:StartTranscriptionJob"], resources=["*"]),
            iam.PolicyStatement(actions=["transcribe:GetTranscriptionJob"], resources=[jobs]),
        ]

    def _waive(self) -> None:
        self._store.acknowledge_own_objects(self.made.role)
        own = "Each job is named by the id of its recording"
        starting = "IAM knows no resource for the start of a job"
        jobs = f"arn:<AWS::Partition>:transcribe:{self._site.environment.region}:<AWS::AccountId>"
        acknowledge(
            self.made.role,
            {
                "AwsSolutions-IAM5[Resource::*]": starting,
                f"AwsSolutions-IAM5[Resource::{jobs}:transcription-job/{self._prefix}*]": own,
            },
        )

    def _stored(self) -> events.EventPattern:
        return events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={
                "bucket": {"name": [self._store.bucket.bucket_name]},
                "object": {"key": [{"prefix": UPLOADS}, {"prefix": TRANSCRIPTS}]},
            },
        )

    def _not_transcribed(self) -> events.EventPattern:
        return events.EventPattern(
            source=["aws.transcribe"],
            detail_type=["Transcribe Job State Change"],
            detail={
                "TranscriptionJobStatus": ["FAILED"],
                "TranscriptionJobName": [{"prefix": self._prefix}],
            },
        )

    def _start_on(self, construct_id: str, description: str, pattern: events.EventPattern) -> None:
        target = targets.LambdaFunction(
            self.made.function, dead_letter_queue=self.dead_letters.queue, retry_attempts=RETRIES
        )
        events.Rule(self, construct_id, description=description, event_pattern=pattern, targets=[target])


def _tell_eventbridge(bucket: s3.Bucket) -> None:
    """The library would do it with a function of its own; CloudFormation can by itself."""
    resource = cast(s3.CfnBucket, bucket.node.default_child)
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )
