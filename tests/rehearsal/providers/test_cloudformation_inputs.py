"""What goes into a stack and comes out of it: templates, parameters, outputs."""

import json

import pytest

from tests.rehearsal.providers.stack_actions import BROKEN, TOPIC, deploy, template
from tests.rehearsal.providers.world import World, an_action, make_bucket, run


def test_parameters_come_from_the_configuration_file_and_overrides_win(world: World, stack: str) -> None:
    body = {
        **TOPIC,
        "Parameters": {
            "Display": {"Type": "String"},
            **{name: {"Type": "String"} for name in ("Bucket", "Key", "Image", "List", "Number")},
        },
        "Outputs": {
            name: {"Value": {"Ref": name}} for name in ("Display", "Bucket", "Key", "Image", "List", "Number")
        },
    }
    template(
        world,
        body,
        config_json={
            "Parameters": {"Display": "from the file", "Image": "file", "Number": 3},
            "Tags": {"team": "red"},
        },
        build_json={"image": "repo:1"},
    )
    overrides = {
        "Bucket": {"Fn::GetArtifactAtt": ["Built", "BucketName"]},
        "Key": {"Fn::GetArtifactAtt": ["Built", "ObjectKey"]},
        "Image": {"Fn::GetParam": ["Built", "build.json", "image"]},
        "List": ["a", "b"],
    }
    result = run(
        world,
        deploy(
            world,
            stack,
            TemplateConfiguration="Built::config.json",
            ParameterOverrides=json.dumps(overrides),
        ),
    )
    assert result.failure is None
    built = world.inputs["Built"]
    assert result.variables == {
        "Display": "from the file", "Bucket": built.bucket, "Key": built.key,
        "Image": "repo:1", "List": "a,b", "Number": "3",
    }  # fmt: skip
    described = world.root.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    assert described["Tags"] == [{"Key": "team", "Value": "red"}]


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"TemplatePath": "Built::missing.json"}, "contains no file 'missing.json'"),
        ({"TemplateConfiguration": "Built::template.json"}, "unknown key 'Resources'"),
        ({"ParameterOverrides": '{"Display": {"Fn::Sub": "x"}}'}, "Fn::GetArtifactAtt"),
        ({"ParameterOverrides": '{"Display": {"Fn::GetArtifactAtt": ["Built", "X"]}}'}, "asks for 'X'"),
        (
            {"ParameterOverrides": '{"Display": {"Fn::GetParam": ["Built", "template.json", "x"]}}'},
            "no key 'x'",
        ),
        (
            {"ParameterOverrides": '{"Display": {"Fn::GetParam": ["Other", "a.json", "x"]}}'},
            "no input artifact",
        ),
    ],
)
def test_inputs_that_are_not_there_are_configuration_errors(
    world: World, stack: str, configuration: dict[str, str], message: str
) -> None:
    template(world, {"Resources": TOPIC["Resources"]})
    failure = run(world, deploy(world, stack, **configuration)).failure
    assert failure
    assert failure.code == "ConfigurationError"
    assert message in failure.message


def test_outputs_become_a_file_and_api_addresses_become_local(world: World, stack: str) -> None:
    url = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/"
    template(world, {"Resources": TOPIC["Resources"], "Outputs": {"Url": {"Value": url}}})
    result = run(world, deploy(world, stack, OutputFileName="outputs.json"))
    local = f"{world.endpoint.url}/_aws/execute-api/abc123/prod/"
    assert result.variables == {"Url": local}
    assert [gap.subject for gap in result.gaps] == [f"output {stack}.Url"]
    world.inputs["Out"] = result.output_artifacts["Out"]
    reader = world.artifacts(an_action("Build", "CodeBuild", {}, inputs=("Out",)), world.workdir / "r")
    reader.unpack("Out", world.workdir / "out")
    assert json.loads((world.workdir / "out" / "outputs.json").read_text()) == {"Url": local}


def test_a_template_larger_than_a_request_takes_goes_through_s3(world: World, stack: str) -> None:
    template(world, {**TOPIC, "Metadata": {"Filler": "x" * 60_000}})
    assert run(world, deploy(world, stack)).failure is None


@pytest.mark.parametrize(
    "address",
    ["https://s3.eu-west-1.amazonaws.com/{bucket}/t.json", "https://{bucket}.s3.amazonaws.com/t.json"],
)
def test_a_template_can_be_an_address(world: World, stack: str, address: str) -> None:
    bucket = make_bucket(world.root, f"{world.bucket}-templates")
    world.root.client("s3").put_object(Bucket=bucket, Key="t.json", Body=json.dumps(TOPIC).encode())
    template(world, {})
    assert run(world, deploy(world, stack, TemplatePath=address.format(bucket=bucket))).failure is None


def test_a_nested_stacks_reason_reaches_the_top(world: World, stack: str) -> None:
    bucket = make_bucket(world.root, f"{world.bucket}-nested")
    world.root.client("s3").put_object(Bucket=bucket, Key="inner.json", Body=json.dumps(BROKEN).encode())
    url = f"https://s3.eu-west-1.amazonaws.com/{bucket}/inner.json"
    template(
        world,
        {"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}}},
    )
    failure = run(world, deploy(world, stack)).failure
    assert failure
    assert "Inner (AWS::CloudFormation::Stack): Invalid value" in failure.message
