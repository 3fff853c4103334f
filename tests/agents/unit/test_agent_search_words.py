"""The words that search looks for by their spelling are those that the functions look for."""

import pytest

from agents.second_brain.swarm.store import telling_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Where is the boiler's key? The BOILER!", ["boiler", "where", "key"]),
        ("a_b %__ \\ ' or", [None, None, None]),
        (
            "Schl\u00fcssel 100% \u9375\u306f\u3069\u3053\u3067\u3059\u304b",
            ["schl\u00fcssel", "\u9375\u306f\u3069\u3053\u3067\u3059\u304b", "100"],
        ),
    ],
)
def test_the_longest_words_tell_most(text: str, words: list[str | None]) -> None:
    assert telling_words(text) == words
