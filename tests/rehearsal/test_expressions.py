"""Regular expressions of a pipeline: Java's dialect, and an end to each."""

import pytest

from rehearsal.expressions import ExpressionError, check, found_in, matches

JAVA = [
    (r"^(?!main$).+", "topic", True),
    (r"^(?!main$).+", "main", False),
    (r"\Qa.b\E+", "a.bb", True),
    (r"\Qa.b\E+", "axb", False),
    (r"\\Q", r"\Q", True),
    (r"(?<c>.)\k<c>", "aa", True),
    (r"[a-z&&[^b]]+", "abc", False),
    (r"a++a", "aaa", False),
    (r"\d+", "\N{ARABIC-INDIC DIGIT ONE}", False),
    (r"\p{Alpha}+", "abc", True),
]


@pytest.mark.parametrize(("expression", "text", "expected"), JAVA)
def test_java_s_dialect(expression: str, text: str, expected: bool) -> None:
    assert matches(expression, text) is expected


def test_finding_and_matching() -> None:
    assert found_in("timed? out", "it timed out.")
    assert not matches("timed? out", "it timed out.")


@pytest.mark.parametrize("expression", ["(", "[a", "a{2,1}", "*"])
def test_what_cannot_be_read_is_named(expression: str) -> None:
    with pytest.raises(ExpressionError, match="is not a regular expression"):
        check(expression)


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|aa)+$", "((((a{1000}){1000}){1000}){1000}b)"])
def test_what_never_ends_is_given_up_with_a_remedy(expression: str) -> None:
    with pytest.raises(ExpressionError, match="write it without repetitions inside of repetitions"):
        found_in(expression, "a" * 5000 + "!")
