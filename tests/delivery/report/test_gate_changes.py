"""A push that changes what guards a delivery is named before everything else."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.change_report.compare import compare
from pipeline.change_report.page import draw
from pipeline.change_report.report import Report, as_json, summary

Template = dict[str, Any]


def action(name: str, category: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "ActionTypeId": {"Category": category, "Provider": "x"}, "RunOrder": 1, **more}


def shipped() -> Template:
    stages = [
        {"Name": "Source", "Actions": [action("repository", "Source")]},
        {"Name": "ApproveProd", "Actions": [action("Approve", "Approval")]},
        {
            "Name": "Prod",
            "Actions": [action("Deploy", "Deploy"), action("Smoke", "Build"), action("Bake", "Build")],
            "OnFailure": {"Result": "ROLLBACK"},
        },
    ]
    statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:::one"}
    return {
        "Resources": {
            "Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Stages": stages}},
            "Bake": {"Type": "AWS::CodeBuild::Project", "Properties": {"Environment": {"Minutes": "15"}}},
            "BakePolicy": {
                "Type": "AWS::IAM::Policy",
                "Properties": {"PolicyDocument": {"Statement": [statement]}, "Roles": ["bake"]},
            },
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
        }
    }


def stages(template: Template) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = template["Resources"]["Pipeline"]["Properties"]["Stages"]
    return found


def gates(change: Callable[[Template], object]) -> tuple[str, ...]:
    after = shipped()
    change(after)
    return compare(name="pipeline", before=shipped(), after=after).gates


def statement(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]["BakePolicy"]["Properties"]["PolicyDocument"]["Statement"][
        0
    ]
    return found


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda made: stages(made)[1]["Actions"].pop(), "ApproveProd/Approve: approval is removed"),
        (lambda made: stages(made).pop(1), "ApproveProd/Approve: approval is removed"),
        (
            lambda made: stages(made)[1]["Actions"][0].update(TimeoutInMinutes=5),
            "ApproveProd/Approve: approval is changed",
        ),
        (lambda made: stages(made)[2]["Actions"].pop(), "Prod/Bake: check is removed"),
        (lambda made: stages(made)[2]["Actions"][1].update(RunOrder=9), "Prod/Smoke: check is changed"),
        (lambda made: stages(made)[2]["Actions"].append(action("New", "Test")), "Prod/New: check is added"),
        (lambda made: stages(made)[2].pop("OnFailure"), "Prod: OnFailure is removed"),
        (
            lambda made: stages(made)[2]["OnFailure"].update(Result="FAIL"),
            "Prod: OnFailure is changed",
        ),
        (
            lambda made: made["Resources"]["Bake"]["Properties"]["Environment"].update(Minutes="0"),
            "Bake: build is changed (Environment.Minutes)",
        ),
        (lambda made: made["Resources"].pop("Bake"), "Bake: build is removed"),
        (lambda made: statement(made).update(Action="sns:*"), "BakePolicy: IAM::Policy is changed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_guards_is_named(change: Callable[[Template], object], sentence: str) -> None:
    assert gates(change) == (sentence,)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda made: made["Resources"]["Topic"]["Properties"].update(DisplayName="News"),
        lambda made: stages(made)[2]["Actions"][0].update(RunOrder=2),
        lambda made: stages(made)[2]["Actions"].append(action("Another", "Deploy")),
    ],
    ids=["nothing", "a topic", "order of a deployment", "a deployment"],
)
def test_what_only_delivers_is_not(change: Callable[[Template], object]) -> None:
    assert gates(change) == ()


def test_a_stack_without_a_pipeline_guards_nothing() -> None:
    before, after = shipped(), shipped()
    for template in (before, after):
        del template["Resources"]["Pipeline"]
    after["Resources"]["BakePolicy"]["Properties"]["Roles"] = ["another"]
    assert compare(name="pipeline/Prod/Api", before=before, after=after).gates == ()


def test_a_first_pipeline_is_new_and_no_change_of_a_gate() -> None:
    assert compare(name="pipeline", before=None, after=shipped()).gates == ()


def test_a_pipeline_that_goes_is_named() -> None:
    assert gates(lambda made: made["Resources"].pop("Pipeline"))[0].endswith("the whole pipeline is removed")


def test_it_comes_first_everywhere_with_the_approval_before_all() -> None:
    after = shipped()
    stages(after)[1]["Actions"].clear()
    stages(after)[2].pop("OnFailure")
    del stages(after)[2]["Actions"][1:]
    after["Resources"].pop("BakePolicy")
    table = {"Resources": {"<b>Table</b>": {"Type": "AWS::DynamoDB::Table", "Properties": {}}}}
    report = Report(
        title="acme",
        target="Prod",
        stacks=(
            compare(name="pipeline/Prod/Store", before=table, after={"Resources": {}}),
            compare(name="pipeline", before=shipped(), after=after),
        ),
        to_bootstrap=("dev: more",),
    )
    line = summary(report)
    assert line.startswith(
        "Prod: THE GATE ITSELF CHANGES (ApproveProd/Approve: approval is removed; "
        "Prod/Bake: check is removed; Prod/Smoke: check is removed; and 2 more); RUN make bootstrap FIRST"
    )
    assert as_json(report)["counts"]["gates"] == 5
    page = draw(report)
    assert "This push changes the gate itself." in page
    body = page.partition("<main>")[2]
    order = [body.index(words) for words in ('id="gate"', "approval is removed", 'id="bootstrap"')]
    assert order == sorted(order)
    assert "<b>Table</b>" not in page
