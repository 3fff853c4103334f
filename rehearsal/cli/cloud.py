"""`slipway up`, `down` and `env`: the embedded AWS of one project."""

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from rehearsal.cli.places import Account, Port, Region
from rehearsal.cli.project import ProjectOption, project_folder, running, usable_home, warn_of_older_code
from rehearsal.cli.signals import ending_tidily
from rehearsal.conductor.exits import Exit
from rehearsal.conductor.problems import Problem
from rehearsal.daemon import client
from rehearsal.daemon.state.ending import Ending
from rehearsal.home import Endpoint, Home
from rehearsal.sources.git import GitError
from rehearsal.sources.project import connect_project
from rehearsal.sources.remote import REMOTE
from rehearsal.sources.repository import SourceError

NoIam = Annotated[bool, typer.Option("--no-iam", help="Allow every call without evaluating IAM policies.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON line for programs.")]


def up(
    project: ProjectOption = None,
    port: Port = 0,
    account: Account = None,
    region: Region = None,
    no_iam: NoIam = False,
    as_json: Json = False,
) -> None:
    """Start the embedded AWS and the pipeline engine for this project."""
    folder = project_folder(project)
    home = usable_home(folder)
    was_up = client.answering(home) is not None
    with ending_tidily():
        endpoint = client.start(home, port=port, account=account, region=region, enforce_iam=not no_iam)
    warn_of_older_code(endpoint)
    settled = () if was_up else client.settled(home)
    pushable = _connect(folder, home)
    if as_json:
        place = {"url": endpoint.url, "account": endpoint.account, "region": endpoint.region}
        typer.echo(json.dumps({**place, "settled": settled}))
        return
    for sentence in settled:
        typer.echo(sentence)
    enforced = "IAM is enforced" if endpoint.enforces_iam else "IAM is off"
    typer.echo(f"The embedded AWS is ready at {endpoint.url} ({enforced}).")
    typer.echo('Point a shell at it with: eval "$(slipway env)"')
    if pushable:
        typer.echo(f"Start the pipeline that reads this repository with: git push {REMOTE} HEAD:main")


def _connect(folder: Path, home: Home) -> bool:
    try:
        return connect_project(folder, home) is not None
    except (SourceError, GitError) as error:
        raise Problem(str(error), remedy="only the git remote is missing; the embedded AWS runs") from error


def down(project: ProjectOption = None) -> None:
    """Stop the embedded AWS; its state is kept for the next `up`."""
    home = Home.of(project_folder(project))
    ending = client.stop(home)
    if ending is None:
        typer.echo("Nothing was running.")
        return
    for what in ending.cut_off:
        typer.echo(f"Interrupted: {what}. The next `slipway up` settles it.")
    if ending.problems:
        raise not_kept(home, ending)
    typer.echo(f"Stopped. The state is kept in {home.root}; delete that folder to remove it.")


def not_kept(home: Home, ending: Ending) -> Problem:
    return Problem(
        f"stopped, but not everything could be saved: {'; '.join(ending.problems)}",
        remedy=f"free disk space for {home.root}; `slipway up` starts from the last saved state",
        exit_code=Exit.FAILED,
    )


def env(
    project: ProjectOption = None,
    account: Annotated[str | None, typer.Option(help="Act as another account's root.")] = None,
    as_json: Json = False,
) -> None:
    """Print the variables for AWS clients to use the embedded AWS: eval "$(slipway env)"."""
    folder = project_folder(project)
    variables = shell_variables(Home.of(folder), running(Home.of(folder)), account=account)
    if as_json:
        typer.echo(json.dumps(variables))
        return
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}" if value else f"unset {name}")


def shell_variables(home: Home, endpoint: Endpoint, *, account: str | None) -> dict[str, str]:
    """An empty value means that the variable must be unset: the person's profile or token would win."""
    if account is not None and not (account.isdigit() and len(account) == 12):
        raise Problem(f"{account!r} is not an account id", remedy="give its twelve digits")
    key = client.root_key(endpoint, account=account)
    return {
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_REGION": endpoint.region,
        "AWS_DEFAULT_REGION": endpoint.region,
        "AWS_ACCESS_KEY_ID": key.key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_SESSION_TOKEN": "",
        "AWS_PROFILE": "",
        "AWS_DEFAULT_PROFILE": "",
        "AWS_ROLE_ARN": "",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "",
        "AWS_CONFIG_FILE": str(home.root / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home.root / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DEFAULT_ACCOUNT": key.key_id,
        "CDK_DEFAULT_REGION": endpoint.region,
    }
