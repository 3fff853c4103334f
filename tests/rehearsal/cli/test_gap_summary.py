"""A report of a hundred differences is a few lines; what did not happen at all comes first."""

from rehearsal.cli.gap_summary import summary
from rehearsal.model.results import Fidelity, Gap


def gap(subject: str, reason: str, fidelity: Fidelity = Fidelity.EMULATED) -> Gap:
    return Gap(subject=subject, fidelity=fidelity, reason=reason)


def test_many_of_one_kind_are_one_line_with_a_count() -> None:
    outputs = [
        gap(f"output Shop.Url{number}", f"a{number} is handed on as b{number}") for number in range(30)
    ]
    [line] = summary(outputs)
    assert (line.subject, line.reason) == ("output (30 of them)", "a0 is handed on as b0 (and 29 more)")


def test_one_alone_keeps_its_name() -> None:
    [line] = summary([gap("build project Shop Synth", "commands run on this machine")])
    assert (line.subject, line.reason) == ("build project Shop Synth", "commands run on this machine")


def test_the_same_reason_is_said_once() -> None:
    [line] = summary([gap("source a/one", "served from here"), gap("source a/two", "served from here")])
    assert (line.subject, line.reason) == ("source (2 of them)", "served from here")


def test_kinds_of_one_service_are_together_and_resource_types_apart() -> None:
    found = summary(
        [
            gap("IAM: PassRole", "x"),
            gap("IAM: reads", "y"),
            gap("AWS::S3::Bucket", "z"),
            gap("AWS::SQS::Queue", "z"),
        ]
    )
    assert [line.subject for line in found] == ["IAM (2 of them)", "AWS::S3::Bucket", "AWS::SQS::Queue"]


def test_what_was_only_recorded_comes_first_and_is_not_mixed_with_the_rest() -> None:
    found = summary([gap("alarm one", "late"), gap("alarm two", "never", Fidelity.RECORDED)])
    assert [(line.fidelity, line.subject) for line in found] == [
        (Fidelity.RECORDED, "alarm two"),
        (Fidelity.EMULATED, "alarm one"),
    ]
