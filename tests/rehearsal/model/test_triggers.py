"""Would this push start the pipeline, and the reason in words."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rehearsal.model.definition import Filter, GitTrigger, Pipeline, PullRequestFilter, PushFilter
from rehearsal.model.triggers import Push, matches, verdict
from tests.rehearsal.model.declarations import pipeline


def with_filters(*filters: PushFilter) -> Pipeline:
    return replace(pipeline(), triggers=(GitTrigger(source_action="Repo", push=filters),))


MAIN = Filter(includes=("main", "release/*"), excludes=("release/old*",))
CODE = Filter(includes=("src/**", "*.toml"), excludes=("**/*.md",))
BRANCH = with_filters(PushFilter(branches=MAIN))
PATHS = with_filters(PushFilter(branches=MAIN, file_paths=CODE))
TAGS = with_filters(PushFilter(tags=Filter(includes=("v*",), excludes=("v0*",))))
EITHER = with_filters(PushFilter(branches=MAIN), PushFilter(tags=Filter(includes=("v*",))))
NONE = replace(pipeline(), triggers=())


@pytest.mark.parametrize(
    ("found", "push", "starts", "says"),
    [
        (BRANCH, Push(branch="main"), True, "let in"),
        (BRANCH, Push(branch="release/2"), True, "let in"),
        (BRANCH, Push(branch="release/2/fix"), False, "matches none of main, release/*"),
        (BRANCH, Push(branch="release/old-1"), False, "excluded by 'release/old*'"),
        (BRANCH, Push(tag="v1"), False, "the filter asks for branches"),
        (PATHS, Push(branch="main", changed=("src/a/b.py",)), True, "let in"),
        (PATHS, Push(branch="main", changed=("README.md", "app.toml")), True, "let in"),
        (PATHS, Push(branch="main", changed=("src/notes.md",)), False, "none of the 1 changed files"),
        (
            PATHS,
            Push(branch="main", changed=("docs/x.txt", "a/b.toml")),
            False,
            "none of the 2 changed files",
        ),
        (PATHS, Push(branch="main"), False, "no file changed"),
        (PATHS, Push(branch="dev", changed=("src/a.py",)), False, "branch 'dev' matches none"),
        (TAGS, Push(tag="v1.2"), True, "let in"),
        (TAGS, Push(tag="v0.9"), False, "excluded by 'v0*'"),
        (TAGS, Push(branch="main"), False, "the filter asks for tags"),
        (EITHER, Push(tag="v2"), True, "let in"),
        (EITHER, Push(branch="topic"), False, "matches none of main"),
        (NONE, Push(branch="main"), True, "listens to branch 'main'"),
        (NONE, Push(branch="dev"), False, "listens to branch 'main', not 'dev'"),
        (NONE, Push(tag="v1"), False, "no trigger that names tags"),
    ],
)
def test_verdict(found: Pipeline, push: Push, starts: bool, says: str) -> None:
    decided = verdict(found, found.stages[0].actions[0], push)
    assert decided.starts == starts, decided.reason
    assert says in decided.reason


def test_change_detection_can_be_off() -> None:
    source = NONE.stages[0].actions[0]
    off = replace(source, configuration={**source.configuration, "DetectChanges": "false"})
    decided = verdict(NONE, off, Push(branch="main"))
    assert not decided.starts
    assert "DetectChanges switched off" in decided.reason


def test_a_trigger_for_pull_requests_ignores_pushes() -> None:
    trigger = GitTrigger(source_action="Repo", pull_request=(PullRequestFilter(),))
    found = replace(pipeline(), triggers=(trigger,))
    decided = verdict(found, found.stages[0].actions[0], Push(branch="main"))
    assert not decided.starts
    assert "pull requests only" in decided.reason


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("*", ["main", ""], ["a/b"]),
        ("**", ["main", "a/b/c"], []),
        ("src/**/*.py", ["src/a.py", "src/a/b/c.py"], ["src/a.js", "lib/a.py"]),
        ("release-?", ["release-1"], ["release-10", "release-/"]),
        ("v[0-9]*", ["v1.2"], ["vx"]),
        ("v[!0]*", ["v1"], ["v0.1"]),
        ("{dev,main}", ["dev", "main"], ["prod", "{dev,main}"]),
        ("a.b+c", ["a.b+c"], ["aXb+c", "a.bbc"]),
    ],
)
def test_globs(pattern: str, inside: Sequence[str], outside: Sequence[str]) -> None:
    assert all(matches(pattern, name) for name in inside)
    assert not any(matches(pattern, name) for name in outside)
