"""Variables resolve or are named; groups run in order; the longest path is found."""

import pytest

from rehearsal.model.definition import Variable
from rehearsal.model.plan import critical_path, groups
from rehearsal.model.variables import (
    UnresolvedVariable,
    VariableError,
    pipeline_values,
    references,
    resolve,
    resolve_action,
)
from tests.rehearsal.model.declarations import SYNTH_SECONDS, pipeline

SCOPE = {"codepipeline": {"PipelineExecutionId": "e-1"}, "Source@acme_demo": {"CommitId": "abc"}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("#{codepipeline.PipelineExecutionId}", "e-1"),
        ("at #{Source@acme_demo.CommitId}!", "at abc!"),
        ('[{"name":"C","value":"#{Source@acme_demo.CommitId}"}]', '[{"name":"C","value":"abc"}]'),
        ("#{not a reference} $#{}", "#{not a reference} $#{}"),
    ],
)
def test_resolves(text: str, value: str) -> None:
    assert resolve(text, SCOPE) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("#{Source@acme_demo.Nope}", "Source@acme_demo holds CommitId"),
        ("#{Nobody.X}", "known namespaces: Source@acme_demo, codepipeline"),
    ],
)
def test_names_what_has_no_value(text: str, says: str) -> None:
    with pytest.raises(UnresolvedVariable) as unresolved:
        resolve(text, SCOPE)
    assert text in str(unresolved.value)
    assert says in str(unresolved.value)


def test_values_are_not_resolved_again() -> None:
    scope = {"a": {"b": "#{a.b}"}}
    assert resolve("#{a.b}", scope) == "#{a.b}"


def test_resolves_an_actions_configuration() -> None:
    action = pipeline().stages[1].actions[0]
    assert resolve_action(action, SCOPE).configuration["Commit"] == "abc"
    assert [str(found) for found in references(action.configuration["Commit"])] == [
        "#{Source@acme_demo.CommitId}"
    ]


def test_pipeline_variables_take_defaults_and_given_values() -> None:
    declared = (Variable(name="a", default="1"), Variable(name="b"))
    assert pipeline_values(declared, {"b": "2"}) == {"a": "1", "b": "2"}
    with pytest.raises(VariableError, match="'b' has no default"):
        pipeline_values(declared, {})
    with pytest.raises(VariableError, match="no variable 'c'; it declares a, b"):
        pipeline_values(declared, {"b": "2", "c": "3"})


def test_groups_follow_the_run_order() -> None:
    def change(declared: dict) -> None:  # type: ignore[type-arg]
        synth = declared["stages"][1]["actions"][0]
        others = [("Lint", 1), ("Late", 5), ("Test", 1)]
        declared["stages"][1]["actions"] += [
            {**synth, "name": name, "runOrder": order, "outputArtifacts": []} for name, order in others
        ]

    found = pipeline(change)
    assert [[action.name for action in group] for group in groups(found.stages[1])] == [
        ["Lint", "Test"],
        ["Synth"],
        ["Late"],
    ]
    path = critical_path(found, lambda _, action: SYNTH_SECONDS.get(action.name, 1.0))
    assert [step.action for step in path.steps] == ["Repo", "Test", "Synth", "Late"]
    assert path.seconds == 1 + 4 + 9 + 1
