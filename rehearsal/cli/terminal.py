"""The terminal output of a rehearsal and its approval prompt; plain lines without a terminal."""

import time
from collections.abc import Iterator
from types import TracebackType

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.prompt import Confirm

from rehearsal.cli.approval_prompt import facts
from rehearsal.cli.causes import cause
from rehearsal.cli.gap_summary import summary
from rehearsal.cli.live import duration, picture
from rehearsal.conductor.approvals import Decision, TooLateError, decide
from rehearsal.conductor.follow import ENDED_WELL, Waiting
from rehearsal.conductor.rehearsal import Interaction
from rehearsal.conductor.report import Outcome
from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from rehearsal.record.record import Record
from rehearsal.record.views import ActionRun, Run

_LAST_LINES = 15
_LONGEST_LINE = 120
ALIVE_SECONDS = 30.0
"""How often a long action is mentioned where there is no terminal."""


class Terminal:
    """Shows runs and answers approvals for one `slipway rehearse`."""

    def __init__(self, *, console: Console, home: Home, endpoint: Endpoint, approve: tuple[str, ...]) -> None:
        self._console = console
        self._home = home
        self._endpoint = endpoint
        self._session = client.session(endpoint)
        self._record = Record(home.record)
        self._approve = approve
        self._live = (
            Live(console=console, refresh_per_second=8, transient=True) if console.is_terminal else None
        )
        self._told: set[tuple[str, str, str]] = set()
        self._spoke: dict[str, float] = {}
        """When each running action last had a line."""

    def __enter__(self) -> "Terminal":
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def interaction(self) -> Interaction:
        return Interaction(say=self._say, show=self._show, answer=self._answer)

    def _say(self, text: str) -> None:
        self._console.print(f"[dim]- {escape(text)}[/dim]", highlight=False, soft_wrap=True)

    def _show(self, run: Run) -> None:
        if self._live:
            self._live.update(picture(run, last_line=self._record.last_line))
        else:
            self._tell_news(run)

    def _tell_news(self, run: Run) -> None:
        """Print one line for each stage and action that starts or ends, in the plan's order."""
        for stage in run.stages:
            self._tell(run, f"{stage.name}", stage.status, stage.started, stage.ended)
            for action in stage.actions:
                subject = f"{stage.name} / {action.name}"
                self._tell(run, subject, action.status, action.started, action.ended)
                self._tell_alive(subject, action)

    def _tell_alive(self, subject: str, action: ActionRun) -> None:
        """Print a line now and then for an action that takes long, with the end of its log."""
        if action.status != "InProgress" or action.started is None:
            return
        spoke = self._spoke.setdefault(action.action_execution_id, time.monotonic())
        if time.monotonic() - spoke < ALIVE_SECONDS:
            return
        self._spoke[action.action_execution_id] = time.monotonic()
        line = self._record.last_line(action.action_execution_id)
        took = duration(action.started, None)
        self._print_plain(f"{'... running':<12}{subject}  {took}  {line[:_LONGEST_LINE]}".rstrip())

    def _tell(
        self, run: Run, subject: str, status: str | None, started: float | None, ended: float | None
    ) -> None:
        news = (run.execution_id, subject, status or "")
        if status is None or news in self._told:
            return
        self._told.add(news)
        took = f"  {duration(started, ended)}" if ended else ""
        self._print_plain(f"{status:<12}{subject}{took}")

    def _print_plain(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False, soft_wrap=True, emoji=False)

    def _answer(self, waiting: Waiting) -> bool:
        approval = waiting.action
        if {"all", approval.name, waiting.stage.name} & set(self._approve):
            self._decide(waiting, "Approved", "approved with --approve")
            return True
        if not self._console.is_terminal:
            return False
        return self._ask(waiting)

    def _ask(self, waiting: Waiting) -> bool:
        if self._live:
            self._live.stop()
        self._console.print(f"\n[bold]{escape(waiting.action.name)}[/bold] waits for your approval.")
        for fact in self._facts(waiting):
            self._print_plain(f"  {fact}")
        approved = Confirm.ask("Approve?", console=self._console, default=False)
        self._decide(waiting, "Approved" if approved else "Rejected", "answered on the terminal")
        if self._live:
            self._live.start()
        return True

    def _facts(self, waiting: Waiting) -> Iterator[str]:
        approval = self._record.details.approval(waiting.action.token or "")
        if approval:
            yield from facts(approval, home=self._home, endpoint_url=self._endpoint.url)

    def _decide(self, waiting: Waiting, decision: Decision, comment: str) -> None:
        """Send the answer, or say that the approval was answered already."""
        try:
            decide(self._session, waiting, decision, comment)
        except TooLateError as late:
            self._say(f"{waiting.action.name}: {late}")

    def report(self, outcome: Outcome) -> None:
        """Print the result, the differences from AWS, and where to look after a failure."""
        for run in outcome.delivery.runs:
            self._console.print(picture(run, every_action=True))
        self._console.print()
        self._print_gaps(outcome)
        self._print_failures(outcome)
        for hint in outcome.hints:
            self._console.print(f"  [yellow]Hint[/yellow]: {escape(hint)}", highlight=False, soft_wrap=True)
        self._print_verdict(outcome)

    def _print_gaps(self, outcome: Outcome) -> None:
        if not outcome.gaps:
            return
        self._console.print("[bold]Differences from AWS[/bold]")
        for found in summary(outcome.gaps):
            line = f"  {found.fidelity.value:<9} [cyan]{escape(found.subject)}[/cyan]: {escape(found.reason)}"
            self._console.print(line, highlight=False, soft_wrap=True)
        self._console.print(f"  `slipway gaps` lists all {len(outcome.gaps)}, each with its reason")

    def _print_failures(self, outcome: Outcome) -> None:
        for stage in outcome.run.stages:
            for action in stage.actions:
                if action.status == "Failed":
                    self._print_failure(f"{stage.name} / {action.name}", action)

    def _print_failure(self, subject: str, action: ActionRun) -> None:
        reason = action.failure.message if action.failure else action.summary
        self._console.print(
            f"\n[bold red]{escape(subject)} failed[/bold red]: {escape(reason)}",
            highlight=False,
            soft_wrap=True,
        )
        log = [line.text for line in self._record.log(action.action_execution_id)]
        for line in cause(log, most=_LAST_LINES):
            self._print_plain(f"  {line}")
        self._console.print(f"  the rest: slipway logs {action.name!r}", highlight=False, markup=False)

    def _print_verdict(self, outcome: Outcome) -> None:
        waiting = outcome.delivery.unanswered
        if waiting:
            name = waiting.action.name
            for fact in self._facts(waiting):
                self._print_plain(f"  {fact}")
            self._console.print(
                f"[yellow]{escape(name)} waits for an approval.[/yellow] Answer with: "
                f"slipway approve {escape(name)!r}, or run again with --approve {escape(name)!r}",
                highlight=False,
            )
            return
        style = "green" if outcome.status == ENDED_WELL else "red"
        self._console.print(
            f"[bold {style}]{outcome.status}[/bold {style}] in {duration(0, outcome.seconds)}",
            highlight=False,
        )
        if outcome.status == "NotFaithful":
            typer.echo(
                "Everything ran, but --strict does not accept what was recorded only (listed above).",
                err=True,
            )
