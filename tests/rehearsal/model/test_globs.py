"""File patterns mean what their plain translation to regular expressions means, and always come to an end."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.model.globs import glob

PIECES = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "[ab]": "[ab]", "[!a-b]": "[^a-b]"}
PIECES |= {"{a,b/c}": "(?:a|b/c)", "a": "a", "b": "b", "/": "/", ".": r"\.", "\n": "\n"}


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.sampled_from(sorted(PIECES)), max_size=6), st.text("abc/.\n", max_size=8))
def test_a_pattern_means_what_its_regular_expression_means(pieces: list[str], path: str) -> None:
    pattern = "".join(pieces)
    tokens = re.findall(r"\*\*/|\*\*|\[.*?\]|\{.*?\}|.", pattern, re.DOTALL)
    expected = re.fullmatch("".join(PIECES[token] for token in tokens), path, re.DOTALL) is not None
    assert glob(pattern, choices=True).matches(path) is expected


def test_without_choices_brackets_are_characters() -> None:
    assert glob("[ab]{c}").matches("[ab]{c}")
    assert not glob("[ab]").matches("a")


@pytest.mark.parametrize(
    "pattern", ["**/" * 40 + "x", "*a" * 60 + "b", "**a" * 60 + "b", "**/*a" * 40 + "/b", "?*" * 60 + "b"]
)
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    """Each of these keeps a regular expression busy for longer than anybody waits."""
    assert not glob(pattern).matches("a/" * 1000 + "a" * 1000)
