"""Maps properties to those of a handler's listed permissions that they require.

A handler lists every call that it may make. A permission in these tables is needed if the property is given
on create, or changed on update. Removing a property on update makes other calls, which are not modelled.
"""

from collections.abc import Mapping

Permissions = Mapping[str, str]
"""The action by the property that requires it, on the resource itself."""

BY_PROPERTY: Mapping[str, Permissions] = {
    "AWS::DynamoDB::Table": {
        "ContributorInsightsSpecification": "dynamodb:UpdateContributorInsights",
        "KinesisStreamSpecification": "dynamodb:EnableKinesisStreamingDestination",
        "PointInTimeRecoverySpecification": "dynamodb:UpdateContinuousBackups",
        "ResourcePolicy": "dynamodb:PutResourcePolicy",
        "TimeToLiveSpecification": "dynamodb:UpdateTimeToLive",
    },
    "AWS::EC2::SecurityGroup": {
        "SecurityGroupIngress": "ec2:AuthorizeSecurityGroupIngress",
        "SecurityGroupEgress": "ec2:AuthorizeSecurityGroupEgress",
    },
    "AWS::EC2::VPC": {
        "EnableDnsHostnames": "ec2:ModifyVpcAttribute",
        "EnableDnsSupport": "ec2:ModifyVpcAttribute",
    },
    "AWS::EC2::Subnet": {"MapPublicIpOnLaunch": "ec2:ModifySubnetAttribute"},
    "AWS::EC2::VPCGatewayAttachment": {
        "InternetGatewayId": "ec2:AttachInternetGateway",
        "VpnGatewayId": "ec2:AttachVpnGateway",
    },
    "AWS::ECR::Repository": {
        "LifecyclePolicy": "ecr:PutLifecyclePolicy",
        "RepositoryPolicyText": "ecr:SetRepositoryPolicy",
    },
    "AWS::Events::Rule": {"Targets": "events:PutTargets"},
    "AWS::KMS::Key": {"EnableKeyRotation": "kms:EnableKeyRotation"},
    "AWS::Lambda::Function": {
        "RecursiveLoop": "lambda:PutFunctionRecursionConfig",
        "ReservedConcurrentExecutions": "lambda:PutFunctionConcurrency",
        "RuntimeManagementConfig": "lambda:PutRuntimeManagementConfig",
    },
    "AWS::Lambda::Version": {
        "ProvisionedConcurrencyConfig": "lambda:PutProvisionedConcurrencyConfig",
        "RuntimePolicy": "lambda:PutRuntimeManagementConfig",
    },
    "AWS::Logs::LogGroup": {
        "DataProtectionPolicy": "logs:PutDataProtectionPolicy",
        "RetentionInDays": "logs:PutRetentionPolicy",
    },
    "AWS::RDS::DBCluster": {"AssociatedRoles": "rds:AddRoleToDBCluster"},
    "AWS::RDS::DBInstance": {"AssociatedRoles": "rds:AddRoleToDBInstance"},
    "AWS::S3::Bucket": {
        "AccelerateConfiguration": "s3:PutAccelerateConfiguration",
        "BucketEncryption": "s3:PutEncryptionConfiguration",
        "CorsConfiguration": "s3:PutBucketCORS",
        "InventoryConfigurations": "s3:PutInventoryConfiguration",
        "LifecycleConfiguration": "s3:PutLifecycleConfiguration",
        "LoggingConfiguration": "s3:PutBucketLogging",
        "MetricsConfigurations": "s3:PutMetricsConfiguration",
        "NotificationConfiguration": "s3:PutBucketNotification",
        "OwnershipControls": "s3:PutBucketOwnershipControls",
        "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
        "ReplicationConfiguration": "s3:PutReplicationConfiguration",
        "VersioningConfiguration": "s3:PutBucketVersioning",
        "WebsiteConfiguration": "s3:PutBucketWebsite",
    },
    "AWS::SecretsManager::Secret": {"ReplicaRegions": "secretsmanager:ReplicateSecretToRegions"},
    "AWS::SNS::Topic": {
        "Subscription": "sns:Subscribe",
        "DataProtectionPolicy": "sns:PutDataProtectionPolicy",
    },
}

ELSEWHERE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "AWS::Lambda::Function": {
        "VpcConfig": ("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"),
    },
}
"""Actions of another service, on any resource."""

ON_THE_VALUE: Mapping[str, Permissions] = {
    "AWS::Lambda::Function": {"Layers": "lambda:GetLayerVersion"},
    "AWS::SecretsManager::RotationSchedule": {"RotationLambdaARN": "lambda:InvokeFunction"},
}
"""Actions on the resource whose ARN the property contains."""

KEYS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "AWS::RDS::DBCluster": ("KmsKeyId", ("kms:CreateGrant", "kms:DescribeKey")),
    "AWS::RDS::DBInstance": ("KmsKeyId", ("kms:CreateGrant", "kms:DescribeKey")),
    "AWS::SecretsManager::Secret": ("KmsKeyId", ("kms:Decrypt", "kms:GenerateDataKey")),
}
"""Types whose service uses the given key with the caller's permissions, documented action by action."""

INSTEAD: Mapping[str, Permissions] = {
    "AWS::RDS::DBCluster": {
        "SnapshotIdentifier": "rds:RestoreDBClusterFromSnapshot",
        "SourceDBClusterIdentifier": "rds:RestoreDBClusterToPointInTime",
    },
    "AWS::RDS::DBInstance": {
        "DBSnapshotIdentifier": "rds:RestoreDBInstanceFromDBSnapshot",
        "SourceDBInstanceIdentifier": "rds:CreateDBInstanceReadReplica",
    },
    "AWS::DynamoDB::Table": {"ImportSourceSpecification": "dynamodb:ImportTable"},
}
"""Properties with which another call than usual creates the resource."""

MAIN: Mapping[str, Mapping[str, str]] = {
    "AWS::ApiGateway::Account": {"create": "PATCH", "update": "PATCH", "delete": ""},
    "AWS::ApiGateway::GatewayResponse": {"create": "PUT", "update": "PUT"},
    "AWS::ApiGateway::Method": {"create": "PUT", "update": "PUT"},
    "AWS::AppSync::FunctionConfiguration": {"create": "CreateFunction", "delete": "DeleteFunction"},
    "AWS::BedrockAgentCore::Runtime": {
        "create": "CreateAgentRuntime",
        "update": "UpdateAgentRuntime",
        "delete": "DeleteAgentRuntime",
    },
    "AWS::DynamoDB::GlobalTable": {"create": "CreateTable", "delete": "DeleteTable"},
    "AWS::EC2::EIP": {"create": "AllocateAddress", "delete": "ReleaseAddress"},
    "AWS::EC2::Instance": {"create": "RunInstances", "delete": "TerminateInstances"},
    "AWS::EC2::SubnetRouteTableAssociation": {
        "create": "AssociateRouteTable",
        "delete": "DisassociateRouteTable",
    },
    "AWS::EC2::VPCGatewayAttachment": {"create": "", "delete": ""},
    "AWS::ECR::Repository": {"update": ""},
    "AWS::ElastiCache::ParameterGroup": {"create": "CreateCacheParameterGroup"},
    "AWS::IAM::ManagedPolicy": {
        "create": "CreatePolicy",
        "update": "CreatePolicyVersion",
        "delete": "DeletePolicy",
    },
    "AWS::IAM::Policy": {"create": "", "update": "", "delete": ""},
    "AWS::KMS::Key": {"update": ""},
    "AWS::Lambda::Function": {"update": ""},
    "AWS::SecretsManager::SecretTargetAttachment": {
        "create": "secretsmanager:PutSecretValue",
        "update": "secretsmanager:PutSecretValue",
    },
    "AWS::RDS::DBProxyTargetGroup": {"create": "RegisterDBProxyTargets"},
}
"""The main call if its name cannot be derived from the type's; empty if other rules cover all calls.

With its service where most of the handler's calls are another's.
"""
