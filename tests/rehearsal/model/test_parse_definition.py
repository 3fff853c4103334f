"""Both spellings give the same pipeline; every mistake is refused by name, place and remedy."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.model.errors import DefinitionError
from rehearsal.model.parse import parse
from rehearsal.model.render import render
from tests.rehearsal.model.declarations import Change, declaration, in_cloudformation, pipeline

SYNTH: Any = lambda d: d["stages"][1]["actions"][0]  # noqa: E731 - a path into the declaration
SOURCE: Any = lambda d: d["stages"][0]["actions"][0]  # noqa: E731 - likewise


def test_reads_the_api_and_cloudformation_alike() -> None:
    again = parse(in_cloudformation(declaration()), account="111111111111", region="eu-west-1")
    assert again == pipeline()


def test_renders_what_it_read() -> None:
    once = render(pipeline())
    assert parse(once, account="111111111111", region="eu-west-1") == pipeline()
    assert once["stages"][1]["actions"][0] == SYNTH(declaration())
    assert once["triggers"] == declaration()["triggers"]


def test_reads_artifact_stores_by_region_in_both_shapes() -> None:
    store = {"type": "S3", "location": "artifacts"}
    api = declaration()
    del api["artifactStore"]
    api["artifactStores"] = {"eu-west-1": store, "us-east-1": store}
    cloudformation = in_cloudformation(api)
    cloudformation["ArtifactStores"] = [
        {"Region": region, "ArtifactStore": {"Type": "S3", "Location": "artifacts"}}
        for region in api["artifactStores"]
    ]
    read = [parse(found, account="111111111111", region="eu-west-1") for found in (api, cloudformation)]
    assert read[0] == read[1]
    assert render(read[0])["artifactStores"] == api["artifactStores"]


def test_turns_values_that_are_no_text_into_text() -> None:
    found = pipeline(lambda d: SYNTH(d)["configuration"].update({"BatchEnabled": True, "Count": 3}))
    assert found.stages[1].actions[0].configuration["BatchEnabled"] == "true"
    assert found.stages[1].actions[0].configuration["Count"] == "3"


MISTAKES: list[tuple[str, Change, str, list[str]]] = [
    (
        "unknown field",
        lambda d: SYNTH(d).update({"runorder": 1}),
        "InvalidActionDeclarationException",
        ["stage 'Build', action 'Synth'", "'runorder'", "did you mean 'runOrder'?"],
    ),
    ("no role", lambda d: d.pop("roleArn"), "InvalidStructureException", ["roleArn", "is missing"]),
    (
        "odd role",
        lambda d: d.update(roleArn="me"),
        "InvalidStructureException",
        ["'me'", "ARN of an IAM role"],
    ),
    ("no store", lambda d: d.pop("artifactStore"), "InvalidStructureException", ["artifactStore", "bucket"]),
    ("one stage", lambda d: d["stages"].pop(), "InvalidStructureException", ["has 1 stages", "from 2 to 50"]),
    (
        "no action",
        lambda d: d["stages"][1].update(actions=[]),
        "InvalidStageDeclarationException",
        ["stage 'Build'", "has 0 actions"],
    ),
    (
        "same stage twice",
        lambda d: d["stages"].append({**d["stages"][1], "actions": [{**SYNTH(d), "outputArtifacts": []}]}),
        "InvalidStructureException",
        ["stage name 'Build' is used 2 times"],
    ),
    (
        "same action twice",
        lambda d: d["stages"][1]["actions"].append({**SYNTH(d), "outputArtifacts": []}),
        "InvalidStageDeclarationException",
        ["action name 'Synth' is used 2 times"],
    ),
    (
        "run order",
        lambda d: SYNTH(d).update(runOrder=1000),
        "InvalidActionDeclarationException",
        ["runOrder", "from 1 to 999, not 1000"],
    ),
    (
        "source later",
        lambda d: SYNTH(d)["actionTypeId"].update(category="Source"),
        "InvalidActionDeclarationException",
        ["the first stage holds source actions"],
    ),
    (
        "artifact from nowhere",
        lambda d: SYNTH(d).update(inputArtifacts=[{"name": "Nothing"}]),
        "InvalidActionDeclarationException",
        ["'Nothing' is not the output of any earlier action", "made before it are Code"],
    ),
    (
        "too many inputs",
        lambda d: SOURCE(d).update(inputArtifacts=[{"name": "Code"}]),
        "InvalidActionDeclarationException",
        ["inputArtifacts", "from 0 to 0, not 1"],
    ),
    (
        "unknown namespace",
        lambda d: SYNTH(d)["configuration"].update(Commit="#{Nobody.CommitId}"),
        "InvalidActionDeclarationException",
        ["#{Nobody.CommitId}", "configuration.Commit", "Source@acme_demo"],
    ),
    (
        "region without a store",
        lambda d: SYNTH(d).update(region="us-east-1"),
        "InvalidActionDeclarationException",
        ["us-east-1", "no artifact store"],
    ),
    ("name", lambda d: d.update(name="a b"), "ValidationException", ["'a b' does not match"]),
    (
        "variables in V1",
        lambda d: d.update(pipelineType="V1", executionMode="SUPERSEDED", triggers=[]),
        "InvalidStructureException",
        ["variables", "needs a pipeline of type V2"],
    ),
    (
        "trigger of nobody",
        lambda d: d["triggers"][0]["gitConfiguration"].update(sourceActionName="Other"),
        "InvalidStructureException",
        ["'Other' is not a source action", "Repo"],
    ),
    (
        "roll-back of a source",
        lambda d: d["stages"][0].update(onFailure={"result": "ROLLBACK"}),
        "InvalidStageDeclarationException",
        ["source stage cannot be rolled back"],
    ),
    (
        "success cannot skip",
        lambda d: d["stages"][1]["onSuccess"]["conditions"][0].update(result="SKIP"),
        "InvalidStageDeclarationException",
        ["onSuccess", "SKIP is not possible here", "FAIL or ROLLBACK"],
    ),
    (
        "blockers",
        lambda d: d["stages"][1].update(blockers=[{"name": "b", "type": "Schedule"}]),
        "InvalidBlockerDeclarationException",
        ["blockers", "inbound transition"],
    ),
    (
        "mode",
        lambda d: d.update(executionMode="queued"),
        "InvalidStructureException",
        ["'queued' is not one of QUEUED, SUPERSEDED, PARALLEL"],
    ),
]


@pytest.mark.parametrize(("change", "code", "says"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_refuses(change: Change, code: str, says: list[str]) -> None:
    with pytest.raises(DefinitionError) as refused:
        pipeline(change)
    assert refused.value.code == code, refused.value
    for part in says:
        assert part in str(refused.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["stages", "roleArn", "artifactStore", "variables", "triggers", "artifactStores"]),
)
def test_any_rubbish_is_a_definition_error(rubbish: Any, field: str) -> None:
    """Never a TypeError or a KeyError: whoever sent it must be told what is wrong."""
    try:
        pipeline(lambda d: d.update({field: rubbish}))
    except DefinitionError as error:
        assert str(error)  # noqa: PT017 - some rubbish is a valid definition
