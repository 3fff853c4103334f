"""What an exception says stays out of the log; what and where it was gets in."""

import json
import logging

from agents.second_brain.swarm.logs import DiscreetFormatter


def test_an_exceptions_words_are_not_logged() -> None:
    try:
        try:
            raise KeyError("where is the key")
        except KeyError as error:
            raise ValueError("my diary") from error
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
        record = logging.LogRecord("strands", logging.ERROR, __file__, 1, "node=%s failed", ("place",), info)
    written = DiscreetFormatter().format(record)
    assert "diary" not in written
    assert "where is the key" not in written
    message = json.loads(written)["message"]
    assert message.startswith("node=place failed: ValueError at ")
    assert "because of KeyError" in message
