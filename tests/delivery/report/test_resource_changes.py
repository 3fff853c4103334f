"""Pairs of one resource before and after, each with what the report must make of it."""

from typing import Any

import pytest

from pipeline.change_report.compare import compare
from pipeline.change_report.report import Action, Fate, ResourceChange

Resource = dict[str, Any]
HASH_1, HASH_2 = "a" * 64, "b" * 64


def stack(**resources: Resource) -> dict[str, Any]:
    return {"Resources": resources}


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[ResourceChange, ...]:
    return compare(name="Stack", before=before, after=after).resources


def only(before: Resource, after: Resource) -> ResourceChange:
    (change,) = changes(stack(It=before), stack(It=after))
    return change


def resource(kind: str, **properties: Any) -> Resource:
    return {"Type": kind, "Properties": properties}


def function(code: str = HASH_1, **properties: Any) -> Resource:
    return resource(
        "AWS::Lambda::Function", Code={"S3Bucket": "assets", "S3Key": f"{code}.zip"}, **properties
    )


def database(**properties: Any) -> Resource:
    return resource("AWS::RDS::DBInstance", Engine="postgres", **properties)


NOISE = [
    pytest.param(resource("AWS::SNS::Topic"), resource("AWS::SNS::Topic"), id="nothing"),
    pytest.param(
        {**resource("AWS::SNS::Topic"), "Metadata": {"aws:cdk:path": "a"}, "DependsOn": ["A", "B"]},
        {**resource("AWS::SNS::Topic"), "Metadata": {"aws:cdk:path": "b"}, "DependsOn": ["B"]},
        id="metadata and DependsOn",
    ),
    pytest.param(
        resource("AWS::CodeBuild::Project", Description=f"project of {HASH_1}"),
        resource("AWS::CodeBuild::Project", Description=f"project of {HASH_2}"),
        id="an asset's hash that is no program",
    ),
    pytest.param(
        resource("AWS::SNS::Topic", TopicName={"Fn::Join": ["-", ["a", {"Ref": "B"}]]}),
        resource("AWS::SNS::Topic", TopicName={"Fn::Sub": "a-${B}"}),
        id="Join and Sub that say the same",
    ),
    pytest.param(
        resource("AWS::SQS::Queue", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]),
        resource("AWS::SQS::Queue", Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]),
        id="tags in another order",
    ),
    pytest.param(
        resource("AWS::RDS::DBInstance", VPCSecurityGroups=["sg-1", "sg-2"]),
        resource("AWS::RDS::DBInstance", VPCSecurityGroups=["sg-1", "sg-2"]),
        id="the same list",
    ),
    pytest.param(
        resource("AWS::Lambda::EventSourceMapping", FunctionResponseTypes=["a"], Topics=["x", "y"]),
        resource("AWS::Lambda::EventSourceMapping", FunctionResponseTypes=["a"], Topics=["x", "y"]),
        id="equal lists",
    ),
    pytest.param(
        resource(
            "AWS::SQS::QueuePolicy",
            PolicyDocument={
                "Statement": [
                    {"Sid": "One", "Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "*"},
                    {"Effect": "Allow", "Action": "d:E", "Resource": "*"},
                ]
            },
        ),
        resource(
            "AWS::SQS::QueuePolicy",
            PolicyDocument={
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": ["d:E"], "Resource": ["*"]},
                    {"Sid": "Two", "Effect": "Allow", "Action": ["a:C", "a:B"], "Resource": "*"},
                ],
            },
        ),
        id="a policy in another order",
    ),
    pytest.param(
        resource("AWS::CodeBuild::Project", Source={"BuildSpec": '{"a": 1, "b": 2}'}),
        resource("AWS::CodeBuild::Project", Source={"BuildSpec": '{\n"b": 2, "a": 1}'}),
        id="JSON inside a string, laid out differently",
    ),
    pytest.param(
        resource("AWS::EC2::Subnet", MapPublicIpOnLaunch=True),
        resource("AWS::EC2::Subnet", MapPublicIpOnLaunch="true"),
        id="true as a word",
    ),
]


@pytest.mark.parametrize(("before", "after"), NOISE)
def test_what_only_looks_different_is_no_change(before: Resource, after: Resource) -> None:
    assert changes(stack(It=before), stack(It=after)) == ()


def test_a_set_in_another_order_is_no_change() -> None:
    """The registry schema says that the order of these has no meaning."""
    before = resource("AWS::ElasticLoadBalancingV2::LoadBalancer", SecurityGroups=["sg-1", "sg-2"])
    after = resource("AWS::ElasticLoadBalancingV2::LoadBalancer", SecurityGroups=["sg-2", "sg-1"])
    assert changes(stack(It=before), stack(It=after)) == ()


def test_a_list_whose_order_counts_is_a_change_in_another_order() -> None:
    change = only(function(Layers=["a", "b"]), function(Layers=["b", "a"]))
    assert [item.path for item in change.properties] == ["Layers"]


def test_ids_that_carry_a_hash_of_their_content_are_followed() -> None:
    def api(content_hash: str) -> dict[str, Any]:
        deployment = f"ApiDeploymentAB12CD34{content_hash}"
        return stack(
            **{
                deployment: resource("AWS::ApiGateway::Deployment", RestApiId="r"),
                "Stage": resource("AWS::ApiGateway::Stage", DeploymentId={"Ref": deployment}),
            }
        )

    assert changes(api("0" * 32), api("1" * 32)) == ()


def test_new_code_is_said_without_its_hash() -> None:
    change = only(function(HASH_1), function(HASH_2))
    assert (change.action, change.new_code, change.properties) == (Action.CHANGED, True, ())


def test_a_changed_property_says_before_and_after() -> None:
    change = only(function(MemorySize=128), function(MemorySize=512))
    (item,) = change.properties
    assert (item.path, item.before, item.after, item.replaces) == ("MemorySize", "128", "512", False)
    assert not change.new_code


def test_named_entries_of_a_list_are_compared_by_name() -> None:
    def project(*names: str) -> Resource:
        variables = [{"Name": name, "Value": name.lower()} for name in names]
        return resource("AWS::CodeBuild::Project", Environment={"EnvironmentVariables": variables})

    change = only(project("B", "C"), project("A", "B", "C"))
    assert [(item.path, item.before) for item in change.properties] == [
        ("Environment.EnvironmentVariables[A]", None)
    ]


REPLACING = [
    pytest.param(
        resource("AWS::S3::Bucket", BucketName="a"),
        resource("AWS::S3::Bucket", BucketName="b"),
        True,
        id="a property that is fixed at creation",
    ),
    pytest.param(
        database(StorageEncrypted=False), database(StorageEncrypted=True), True, id="encryption of a database"
    ),
    pytest.param(database(MultiAZ=False), database(MultiAZ=True), False, id="one that AWS decides on"),
    pytest.param(
        resource("AWS::SNS::Topic"), resource("AWS::SQS::Queue"), True, id="another type under the same id"
    ),
    pytest.param(
        resource("Custom::Thing", ServiceToken="a"),
        resource("Custom::Thing", ServiceToken="b"),
        True,
        id="another provider of a custom resource",
    ),
]


@pytest.mark.parametrize(("before", "after", "certain"), REPLACING)
def test_replacements(before: Resource, after: Resource, certain: bool) -> None:
    change = only(before, after)
    assert (change.action, change.certain) == (Action.REPLACED, certain)
    assert change.reasons


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(function(MemorySize=128), function(MemorySize=256), id="memory"),
        pytest.param(
            resource("Custom::Thing", Size=1), resource("Custom::Thing", Size=2), id="custom resource"
        ),
        pytest.param(database(AllocatedStorage="20"), database(AllocatedStorage="40"), id="storage"),
        pytest.param(resource("Unknown::Type", A=1), resource("Unknown::Type", A=2), id="unknown type"),
    ],
)
def test_changes_in_place(before: Resource, after: Resource) -> None:
    assert only(before, after).action is Action.CHANGED


def test_what_is_fixed_on_a_replaced_resource_is_replaced_with_it() -> None:
    def network(name: str) -> dict[str, Any]:
        return stack(
            Group=resource("AWS::RDS::DBSubnetGroup", DBSubnetGroupName=name, SubnetIds=["a"]),
            Database=database(DBSubnetGroupName={"Ref": "Group"}),
            Alarm=resource("AWS::CloudWatch::Alarm", AlarmDescription={"Ref": "Database"}),
        )

    found = {change.logical_id: change for change in changes(network("a"), network("b"))}
    assert found.keys() == {"Group", "Database"}
    assert found["Database"].action is Action.REPLACED
    assert found["Database"].reasons == ("Group is replaced",)
    assert found["Database"].fate is Fate.LOST


DATA = [
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::Table",
    "AWS::EFS::FileSystem",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
]


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize(
    ("policy", "fate"),
    [(None, Fate.LOST), ("Delete", Fate.LOST), ("Snapshot", Fate.SNAPSHOT), ("Retain", Fate.RETAINED)],
)
def test_deleting_what_holds_data_says_what_becomes_of_it(kind: str, policy: str | None, fate: Fate) -> None:
    before = resource(kind) | ({"DeletionPolicy": policy} if policy else {})
    (change,) = changes(stack(It=before), stack())
    assert (change.action, change.fate) == (Action.DELETED, fate)


def test_deleting_what_holds_no_data_is_not_shouted() -> None:
    (change,) = changes(stack(It=resource("AWS::SNS::Topic")), stack())
    assert (change.action, change.fate) == (Action.DELETED, None)


def test_a_lowered_guard_on_data_is_a_broadening() -> None:
    before = stack(It=resource("AWS::S3::Bucket") | {"DeletionPolicy": "Retain"})
    after = stack(It=resource("AWS::S3::Bucket") | {"DeletionPolicy": "Delete"})
    (item,) = compare(name="Stack", before=before, after=after).broadenings
    assert (item.sentence, item.severe) == ("DeletionPolicy was Retain and becomes Delete", True)


def test_deletions_and_replacements_come_first() -> None:
    before = stack(A=function(), B=resource("AWS::SNS::Topic"), C=resource("AWS::S3::Bucket", BucketName="a"))
    after = stack(A=function(HASH_2), C=resource("AWS::S3::Bucket", BucketName="b"), D=function())
    actions = [change.action for change in changes(before, after)]
    assert actions == [Action.DELETED, Action.REPLACED, Action.CHANGED, Action.ADDED]


def test_outputs_are_compared_by_value() -> None:
    before = {"Resources": {}, "Outputs": {"Url": {"Value": "a", "Description": "old words"}}}
    same = {"Resources": {}, "Outputs": {"Url": {"Value": "a"}}}
    other = {"Resources": {}, "Outputs": {"Url": {"Value": "b"}}}
    assert not compare(name="Stack", before=before, after=same).changes
    (output,) = compare(name="Stack", before=before, after=other).outputs
    assert (output.path, output.before, output.after) == ("Url", "a", "b")


def test_new_and_gone_stacks_say_so() -> None:
    template = stack(It=resource("AWS::SNS::Topic"))
    new = compare(name="Stack", before=None, after=template)
    assert (new.is_new, [change.action for change in new.resources]) == (True, [Action.ADDED])
    assert compare(name="Stack", before=template, after=None).is_gone
