"""Where executions keep their artifacts: encrypted, logged, expiring, and closed to plain HTTP."""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

ARTIFACTS_DAYS = 90
REPORTS_DAYS = 400
LOGS_DAYS = 400
SUPERSEDED_DAYS = 7
REPORTS_PREFIX = "change-reports/"
_ARTIFACT_PREFIX_LENGTH = 20
"""CodePipeline puts a pipeline's artifacts under the first characters of its name."""


class ArtifactStore(Construct):
    """One pipeline's bucket. Change reports outlive artifacts, because people ask later why."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pipeline_name: str,
        key: kms.IKey,
        logs: s3.IBucket,
        keeps_reports: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        prefixes = {f"{pipeline_name[:_ARTIFACT_PREFIX_LENGTH]}/": ARTIFACTS_DAYS}
        if keeps_reports:
            prefixes[REPORTS_PREFIX] = REPORTS_DAYS
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            server_access_logs_bucket=logs,
            server_access_logs_prefix=f"{construct_id.lower()}/",
            lifecycle_rules=[_expiring(prefix, days) for prefix, days in prefixes.items()],
            removal_policy=RemovalPolicy.RETAIN,
        )


def access_logs(scope: Construct, construct_id: str) -> s3.Bucket:
    """S3 writes access logs only to a bucket that it can encrypt by itself."""
    return s3.Bucket(
        scope,
        construct_id,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[s3.LifecycleRule(id="Expire", expiration=Duration.days(LOGS_DAYS))],
        removal_policy=RemovalPolicy.RETAIN,
    )


def encryption_key(scope: Construct, construct_id: str, *, description: str) -> kms.Key:
    return kms.Key(
        scope,
        construct_id,
        description=description,
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )


def _expiring(prefix: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id=f"Expire-{prefix.rstrip('/')}",
        prefix=prefix,
        expiration=Duration.days(days),
        noncurrent_version_expiration=Duration.days(SUPERSEDED_DAYS),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )


def harden_replicas(pipeline: codepipeline.Pipeline) -> None:
    """Gives the buckets that CDK makes for actions in other regions what the main one has."""
    for support in pipeline.cross_region_support.values():
        bucket = support.replication_bucket.node.default_child
        if not isinstance(bucket, s3.CfnBucket):
            raise TypeError("the replication bucket has no CfnBucket below it")
        logs = access_logs(support.stack, "AccessLogs")
        logs.add_to_resource_policy(_log_delivery(logs, bucket))
        bucket.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
            destination_bucket_name=logs.bucket_name, log_file_prefix="artifacts/"
        )
        bucket.lifecycle_configuration = s3.CfnBucket.LifecycleConfigurationProperty(
            rules=[
                s3.CfnBucket.RuleProperty(id="Expire", status="Enabled", expiration_in_days=ARTIFACTS_DAYS)
            ]
        )


def _log_delivery(logs: s3.IBucket, source: s3.CfnBucket) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
        actions=["s3:PutObject"],
        resources=[logs.arn_for_objects("artifacts/*")],
        conditions={"StringEquals": {"aws:SourceAccount": Stack.of(source).account}},
    )
