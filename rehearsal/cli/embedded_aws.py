"""The embedded AWS of one rehearsal: a running one, or its own."""

from collections.abc import Callable

import typer
from botocore.exceptions import ConnectionError, HTTPClientError  # noqa: A004 - botocore's, of that name

from rehearsal.cli.project import warn_of_older_code
from rehearsal.cli.signals import ending_tidily
from rehearsal.conductor.elsewhere import PipelineElsewhere
from rehearsal.conductor.exits import Exit
from rehearsal.conductor.report import Outcome
from rehearsal.daemon import client
from rehearsal.daemon.place import Place
from rehearsal.home import Endpoint, Home


class EmbeddedAws:
    def __init__(self, home: Home, *, enforce_iam: bool, keep: bool) -> None:
        self._home = home
        self._enforce_iam = enforce_iam
        self._was_up = client.answering(home) is not None
        self._kept = keep or self._was_up

    def run(
        self, rehearsal: Callable[[Endpoint], Outcome], *, account: str | None, region: str | None
    ) -> Outcome:
        """If no account and region were chosen, those of the pipeline's stack are used after the synth."""
        with ending_tidily():
            try:
                outcome = self._run(
                    rehearsal, account=account, region=region, may_move=not (account or region)
                )
                self._kept = self._kept or outcome.exit_code is Exit.WAITING
                return outcome
            finally:
                if not self._kept:
                    self._stop()

    def _run(
        self,
        rehearsal: Callable[[Endpoint], Outcome],
        *,
        account: str | None,
        region: str | None,
        may_move: bool,
    ) -> Outcome:
        endpoint = client.start(self._home, account=account, region=region, enforce_iam=self._enforce_iam)
        warn_of_older_code(endpoint)
        for sentence in () if self._was_up else client.settled(self._home):
            typer.echo(sentence, err=True)
        try:
            return rehearsal(endpoint)
        except (ConnectionError, HTTPClientError):
            client.check_running(self._home, endpoint)
            raise
        except PipelineElsewhere as found:
            if not may_move or (self._was_up and _is_used(endpoint)):
                raise
            client.stop(self._home)
            return self._run(rehearsal, account=found.account, region=found.region, may_move=False)

    def _stop(self) -> None:
        """Problems at the stop are printed; they do not change the result of the rehearsal."""
        ending = client.stop(self._home)
        for what in (*ending.cut_off, *ending.problems) if ending else ():
            typer.echo(f"At the stop of the embedded AWS: {what}", err=True)


def _is_used(endpoint: Endpoint) -> bool:
    """Whether a person chose its account or region, or deployed a stack; not so after a failed synth."""
    chosen = (endpoint.account, endpoint.region) != (Place().account, Place().region)
    return chosen or bool(client.session(endpoint).client("cloudformation").list_stacks()["StackSummaries"])
