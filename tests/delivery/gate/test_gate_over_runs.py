"""What counts as the state before, over failures, roll-backs, retries and repairs."""

from tests.delivery.gate.conftest import Site


def delivered(site: Site, *names: str) -> None:
    """An environment that is well and has been delivered once."""
    site.composite("health", *(site.alarm(name) for name in names))
    site.passes(site.start())


def test_an_alarm_that_begins_with_a_deployment_fails_it(site: Site) -> None:
    delivered(site, "errors", "storage")
    bad = site.start()
    site.set("errors", "ALARM")
    words = site.fails(bad)
    assert f"fatal: {site.name}-errors has begun to sound since" in words
    assert "storage" not in words
    ((subject, message),) = site.mail()
    assert subject == f"{site.name} Prod: 1 alarm(s) began to sound: refused"
    assert bad in message
    assert "aws codepipeline start-pipeline-execution" in message


def test_an_alarm_that_sounded_before_is_told_and_passes(site: Site) -> None:
    delivered(site, "dead-letters")
    site.set("dead-letters", "ALARM")
    words = site.passes(site.start())
    assert f"told: {site.name}-dead-letters sounded before" in words
    ((subject, _),) = site.mail()
    assert subject == f"{site.name} Prod: 1 alarm(s) sound as before"


def test_one_that_sounds_on_and_off_has_not_begun(site: Site) -> None:
    delivered(site, "latency")
    site.set("latency", "ALARM")
    repeated = site.start()
    site.set("latency", "OK")
    site.set("latency", "ALARM")
    assert "told:" in site.passes(repeated)


def test_a_roll_back_passes_while_what_caused_it_still_sounds(site: Site) -> None:
    delivered(site, "errors")
    bad = site.start()
    site.set("errors", "ALARM")
    site.fails(bad)
    back = site.roll_back()
    words = site.passes(back)
    assert "A roll-back:" in words
    assert f"told: {site.name}-errors sounded before" in words


def test_the_next_delivery_passes_after_a_roll_back_while_the_alarm_still_sounds(site: Site) -> None:
    delivered(site, "dead-letters")
    bad = site.start()
    site.set("dead-letters", "ALARM")
    site.fails(bad)
    site.passes(site.roll_back())
    assert "told:" in site.passes(site.start())


def test_a_roll_back_fails_if_an_alarm_that_began_with_it_sounds_at_its_end(site: Site) -> None:
    delivered(site, "errors", "connections")
    bad = site.start()
    site.set("errors", "ALARM")
    site.fails(bad)
    back = site.roll_back()
    site.set("connections", "ALARM")
    words = site.fails(back)
    assert f"told: {site.name}-errors" in words
    assert f"going on: {site.name}-connections" in words


def test_a_retry_does_not_take_the_bad_state_as_the_state_before(site: Site) -> None:
    """The first delivery of all has nothing to go back to, so a person retries its stage."""
    site.composite("health", site.alarm("errors"))
    first = site.start()
    site.set("errors", "ALARM")
    site.fails(first)
    site.codepipeline.retry_stage_execution(
        pipelineName=site.name, stageName="Prod", pipelineExecutionId=first, retryMode="FAILED_ACTIONS"
    )
    site.token("Bake", first)
    outcome = site.gate(first)
    assert outcome.returncode == 1, outcome.stdout
    site.set("errors", "OK")
    site.passes(first)
    site.set("errors", "ALARM")
    assert "told:" in site.passes(site.start()), "the retry passed, so the run counts as good"


def test_the_same_commit_again_does_not_take_it_either(site: Site) -> None:
    site.composite("health", site.alarm("errors"))
    first = site.start()
    site.set("errors", "ALARM")
    site.fails(first)
    assert "fatal:" in site.fails(site.start())


def test_a_repair_with_a_reason_passes_and_everybody_knows(site: Site) -> None:
    site.composite("health", site.alarm("errors"))
    first = site.start()
    site.set("errors", "ALARM")
    site.fails(first)
    site.mail()
    repair = site.start(REPAIR="errors come from the queue that this commit drains")
    words = site.passes(repair)
    assert "REPAIR LANE: alarms do not stop this execution" in words
    assert f"passed for a repair: {site.name}-errors" in words
    ((subject, message),) = site.mail()
    assert subject == f"{site.name} Prod: REPAIR LANE used, 1 alarm(s) passed"
    assert "Reason: errors come from the queue that this commit drains" in message
    assert "Started by: arn:aws:iam::444455556666:root" in message
    kept = site.execution(repair)["variables"]
    assert kept[0]["resolvedValue"] == "errors come from the queue that this commit drains"
    assert "told:" in site.passes(site.start()), "what a repair passed is no news for the next delivery"


def test_a_reason_is_none_for_the_roll_back_to_its_execution(site: Site) -> None:
    """A roll-back runs with the variables of the execution that it goes back to."""
    site.composite("health", site.alarm("errors"), site.alarm("latency"))
    site.passes(site.start(REPAIR="the first delivery"))
    bad = site.start()
    site.set("errors", "ALARM")
    site.fails(bad)
    back = site.roll_back()
    assert site.execution(back)["variables"][0]["resolvedValue"] == "the first delivery"
    site.set("latency", "ALARM")
    assert "REPAIR" not in site.fails(back).partition("A repair that must pass")[0]


def test_no_reason_is_no_repair(site: Site) -> None:
    delivered(site, "errors")
    bad = site.start(REPAIR=" None ")
    site.set("errors", "ALARM")
    site.fails(bad)


def test_a_reason_cannot_write_lines_of_its_own(site: Site) -> None:
    delivered(site, "errors")
    hostile = 'x","name":"SLIPWAY_BAKE_SECONDS\x1b[2J\x85told: nothing sounds' + "y" * 900
    repair = site.start(REPAIR=hostile)
    site.set("errors", "ALARM")
    words = site.passes(repair)
    assert "\x1b" not in words
    assert not any(line.startswith("told: nothing") for line in words.splitlines())
    assert "yyy…" in words
