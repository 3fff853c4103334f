"""One template with every resource type that the rehearsal adds to the embedded AWS."""

from typing import Any


def resource(type_name: str, /, *, after: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    resource: dict[str, Any] = {"Type": type_name, "Properties": properties}
    return {**resource, "DependsOn": list(after)} if after else resource


def ref(name: str) -> dict[str, Any]:
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


TAGS = [{"Key": "owner", "Value": "team"}]
NETWORK = {
    "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"),
    "Subnet": resource("AWS::EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.0.0.0/24"),
    "Address": resource("AWS::EC2::EIP", Domain="vpc", Tags=TAGS),
    "Nat": resource(
        "AWS::EC2::NatGateway",
        SubnetId=ref("Subnet"),
        AllocationId=att("Address", "AllocationId"),
        Tags=TAGS,
    ),
    "Inner": resource("AWS::EC2::SecurityGroup", GroupDescription="inner", VpcId=ref("Vpc")),
    "Outer": resource("AWS::EC2::SecurityGroup", GroupDescription="outer", VpcId=ref("Vpc")),
    "In": resource(
        "AWS::EC2::SecurityGroupIngress",
        GroupId=att("Inner", "GroupId"),
        IpProtocol="tcp",
        FromPort=5432,
        ToPort=5432,
        SourceSecurityGroupId=att("Outer", "GroupId"),
    ),
    "Out": resource(
        "AWS::EC2::SecurityGroupEgress",
        GroupId=att("Outer", "GroupId"),
        IpProtocol="tcp",
        FromPort=5432,
        ToPort=5432,
        DestinationSecurityGroupId=att("Inner", "GroupId"),
    ),
    "Flow": resource(
        "AWS::EC2::FlowLog",
        ResourceId=ref("Vpc"),
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="/flow",
        DeliverLogsPermissionArn=att("Role", "Arn"),
        Tags=TAGS,
    ),
    "Acl": resource("AWS::EC2::NetworkAcl", VpcId=ref("Vpc")),
    "AclEntry": resource(
        "AWS::EC2::NetworkAclEntry",
        NetworkAclId=ref("Acl"),
        RuleNumber=100,
        Protocol=-1,
        RuleAction="allow",
        CidrBlock="0.0.0.0/0",
        Egress=True,
    ),
    "AclOfSubnet": resource(
        "AWS::EC2::SubnetNetworkAclAssociation", NetworkAclId=ref("Acl"), SubnetId=ref("Subnet")
    ),
    "Dhcp": resource("AWS::EC2::DHCPOptions", DomainName="x.internal", DomainNameServers=["10.0.0.2"]),
    "DhcpOfVpc": resource("AWS::EC2::VPCDHCPOptionsAssociation", DhcpOptionsId=ref("Dhcp"), VpcId=ref("Vpc")),
}
IDENTITY = {
    "Role": resource(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
    ),
    "Group": resource("AWS::IAM::Group", ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
    "User": resource("AWS::IAM::User"),
    "UserKey": resource("AWS::IAM::AccessKey", UserName=ref("User")),
    "Oidc": resource(
        "AWS::IAM::OIDCProvider",
        Url="https://token.actions.githubusercontent.com",
        ClientIdList=["sts.amazonaws.com"],
    ),
    "Linked": resource("AWS::IAM::ServiceLinkedRole", AWSServiceName="ecs.amazonaws.com"),
    "Pool": resource("AWS::Cognito::UserPool"),
    "Google": resource(
        "AWS::Cognito::UserPoolIdentityProvider",
        UserPoolId=ref("Pool"),
        ProviderName="Google",
        ProviderType="Google",
        ProviderDetails={"client_id": "a", "client_secret": "b", "authorize_scopes": "openid"},
        AttributeMapping={"email": "email"},
    ),
    "Secret": resource("AWS::SecretsManager::Secret", GenerateSecretString={"ExcludePunctuation": "true"}),
    "Rotation": resource(
        "AWS::SecretsManager::RotationSchedule",
        SecretId=ref("Secret"),
        RotationRules={"AutomaticallyAfterDays": 30},
    ),
    "SecretPolicy": resource(
        "AWS::SecretsManager::ResourcePolicy",
        SecretId=ref("Secret"),
        ResourcePolicy={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "secretsmanager:PutSecretValue",
                    "Resource": "*",
                }
            ],
        },
    ),
}
AGENTS = {
    "Agent": resource(
        "AWS::BedrockAgentCore::Runtime",
        AgentRuntimeName="swarm_dev",
        RoleArn=att("Role", "Arn"),
        NetworkConfiguration={"NetworkMode": "PUBLIC"},
        AgentRuntimeArtifact={
            "CodeConfiguration": {
                "Code": {"S3": {"Bucket": ref("Bucket"), "Prefix": "agent.zip"}},
                "EntryPoint": ["main.py"],
                "Runtime": "PYTHON_3_13",
            }
        },
        EnvironmentVariables={"db_Host": "here"},
        LifecycleConfiguration={"IdleRuntimeSessionTimeout": "1800"},
        Tags={"owner": "team"},
    ),
    "AgentEndpoint": resource(
        "AWS::BedrockAgentCore::RuntimeEndpoint", AgentRuntimeId=ref("Agent"), Name="live"
    ),
    "Memory": resource(
        "AWS::BedrockAgentCore::Memory",
        Name="swarm_memory",
        EventExpiryDuration=30,
        MemoryStrategies=[{"SummaryMemoryStrategy": {"Name": "summary", "Namespaces": ["/summaries"]}}],
    ),
    "Places": resource("AWS::Location::PlaceIndex", IndexName="places", DataSource="Esri"),
}
OPERATION = {
    "Bucket": resource("AWS::S3::Bucket"),
    "Trail": resource("AWS::CloudTrail::Trail", IsLogging=True, S3BucketName=ref("Bucket"), Tags=TAGS),
    "Alarm": resource(
        "AWS::CloudWatch::Alarm",
        AlarmName="base",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="m",
        Namespace="n",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    ),
    "Composite": resource("AWS::CloudWatch::CompositeAlarm", AlarmRule="ALARM(base)", after=("Alarm",)),
    "Bus": resource("AWS::Events::EventBus", Name="bus"),
    "Archive": resource("AWS::Events::Archive", SourceArn=att("Bus", "Arn")),
    "ApiKey": resource(
        "AWS::Events::Connection",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}},
    ),
    "Destination": resource(
        "AWS::Events::ApiDestination",
        ConnectionArn=att("ApiKey", "Arn"),
        HttpMethod="POST",
        InvocationEndpoint="https://example.com",
    ),
}
WRITTEN_DOWN = {
    "Target": resource(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        MinCapacity=1,
        MaxCapacity=2,
        ResourceId="table/x",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        ServiceNamespace="dynamodb",
    ),
    "Scaling": resource(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        PolicyName="p",
        PolicyType="TargetTrackingScaling",
        ScalingTargetId=ref("Target"),
    ),
    "Deployments": resource("AWS::CodeDeploy::Application", ComputePlatform="Lambda"),
    "DeploymentGroup": resource(
        "AWS::CodeDeploy::DeploymentGroup",
        ApplicationName=ref("Deployments"),
        ServiceRoleArn=att("Role", "Arn"),
    ),
    "DeploymentConfig": resource("AWS::CodeDeploy::DeploymentConfig", ComputePlatform="Lambda"),
    "Sampling": resource("AWS::XRay::SamplingRule", SamplingRule={"RuleName": "r", "Priority": 1}),
    "TraceGroup": resource("AWS::XRay::Group", GroupName="g"),
    "Vectors": resource("AWS::S3Vectors::VectorBucket"),
    "VectorIndex": resource(
        "AWS::S3Vectors::Index",
        VectorBucketArn=ref("Vectors"),
        DataType="float32",
        Dimension=4,
        DistanceMetric="cosine",
    ),
    "Notices": resource(
        "AWS::CodeStarNotifications::NotificationRule",
        Name="n",
        DetailType="FULL",
        EventTypeIds=[],
        Resource="x",
        Targets=[],
    ),
    "Connection": resource("AWS::CodeConnections::Connection", ConnectionName="c", ProviderType="GitHub"),
    "OldConnection": resource(
        "AWS::CodeStarConnections::Connection", ConnectionName="c", ProviderType="GitHub"
    ),
    "Credential": resource(
        "AWS::CodeBuild::SourceCredential", AuthType="OAUTH", ServerType="GITHUB", Token="x"
    ),
    "Repository": resource("AWS::CodeCommit::Repository", RepositoryName="r"),
    "Chat": resource(
        "AWS::Chatbot::SlackChannelConfiguration",
        ConfigurationName="c",
        IamRoleArn=att("Role", "Arn"),
        SlackChannelId="C",
        SlackWorkspaceId="W",
    ),
    "Detector": resource("AWS::GuardDuty::Detector", Enable=True),
    "ConfigRule": resource("AWS::Config::ConfigRule", Source={"Owner": "AWS"}),
    "Budget": resource("AWS::Budgets::Budget", Budget={"BudgetType": "COST", "TimeUnit": "MONTHLY"}),
    "Selection": resource("AWS::Backup::BackupSelection", BackupPlanId="plan", BackupSelection={}),
    "Query": resource("AWS::Logs::QueryDefinition", Name="q", QueryString="fields @message"),
    "FirewallLogs": resource(
        "AWS::WAFv2::LoggingConfiguration", ResourceArn="arn:x", LogDestinationConfigs=[]
    ),
}
RESOURCES: dict[str, Any] = {**NETWORK, **IDENTITY, **AGENTS, **OPERATION, **WRITTEN_DOWN}

ATTRIBUTES = {
    "Address": ("AllocationId", "PublicIp"),
    "Nat": ("NatGatewayId", "EniId"),
    "In": ("Id",),
    "Out": ("Id",),
    "Flow": ("Id",),
    "Acl": ("Id",),
    "AclEntry": ("Id",),
    "AclOfSubnet": ("AssociationId",),
    "Dhcp": ("DhcpOptionsId",),
    "Group": ("Arn",),
    "UserKey": ("SecretAccessKey",),
    "Oidc": ("Arn",),
    "Linked": ("RoleName",),
    "Rotation": ("Id",),
    "SecretPolicy": ("Id",),
    "Agent": (
        "AgentRuntimeArn", "AgentRuntimeId", "AgentRuntimeVersion", "Status", "CreatedAt", "LastUpdatedAt",
    ),
    "AgentEndpoint": (
        "Id", "AgentRuntimeEndpointArn", "AgentRuntimeArn", "Status", "CreatedAt", "LastUpdatedAt",
        "TargetVersion", "LiveVersion",
    ),
    "Memory": ("MemoryArn", "MemoryId", "Status", "CreatedAt", "UpdatedAt"),
    "Places": ("Arn", "IndexArn", "CreateTime", "UpdateTime"),
    "Trail": ("Arn", "SnsTopicArn"),
    "Composite": ("Arn",),
    "Archive": ("Arn",),
    "ApiKey": ("Arn", "SecretArn"),
    "Destination": ("Arn",),
    "Target": ("Id",),
    "Scaling": ("Arn",),
    "Sampling": ("RuleARN",),
    "TraceGroup": ("GroupARN",),
    "Vectors": ("VectorBucketArn", "CreationTime"),
    "VectorIndex": ("IndexArn", "CreationTime"),
    "Notices": ("Arn",),
    "Connection": ("ConnectionArn", "ConnectionStatus", "OwnerAccountId"),
    "OldConnection": ("ConnectionArn", "ConnectionStatus", "OwnerAccountId"),
    "Credential": ("Arn",),
    "Chat": ("Arn",),
    "Detector": ("Id",),
    "ConfigRule": ("Arn", "ConfigRuleId"),
    "Budget": ("Id",),
    "Selection": ("Id", "SelectionId"),
    "Query": ("QueryDefinitionId",),
    "Repository": ("Arn", "Name", "RepositoryId", "CloneUrlHttp", "CloneUrlSsh"),
}  # fmt: skip
"""What templates may read with `Fn::GetAtt`; a type that lacks one fails the stack."""

OUTPUTS = {name: ref(name) for name in RESOURCES} | {
    f"{name}{attribute}": att(name, attribute) for name, names in ATTRIBUTES.items() for attribute in names
}
