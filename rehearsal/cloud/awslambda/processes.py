"""Runs Lambda functions as Lambda does, as far as one host allows.

- A function's process gets no variable of the daemon's own settings, can reach no other endpoint than this
  one, and can import boto3 (which Lambda provides) but no other package of the rehearsal's virtual
  environment: a dependency that is not vendored must be missing here, too.
- It is confined: as on Lambda it reads its own code and layers, and writes to `/tmp`, which is empty at its
  cold start.
- A Python handler's exception keeps its class name as `errorType`, which a state machine's `Catch` and a
  caller's own error handling compare.
"""

import importlib.util
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rehearsal.confinement import Confinement, ability, hidden_folders, named_files
from rehearsal.emulator.environment import RemoteEndpointError, refuse_remote
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.emulator.interpreter import isolated_python, program_tools, step_bytecode
from rehearsal.emulator.settings import EMULATOR_ONLY
from rehearsal.processes import Child

LAMBDA_BRINGS = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
_FAILED = 'json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})'
_FAILED_WITH_TYPE = _FAILED.replace('"trace"', '"type": type(e).__name__, "trace"')


def apply(cloud: Cloud) -> None:
    packages = _link_packages(cloud.home.root / "python")
    _run_functions_apart(cloud, packages)
    _keep_error_types()


def _link_packages(folder: Path) -> Path:
    """A folder with only the packages that Lambda's Python provides."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in LAMBDA_BRINGS:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            continue
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = folder / source.name
        link.unlink(missing_ok=True)
        link.symlink_to(source)
    return folder


def _run_functions_apart(cloud: Cloud, packages: Path) -> None:
    guard = Guard("function processes")
    for name in ("ministack.core.lambda_runtime", "ministack.services.lambda_svc"):
        module = guard.module(name)
        guard.that(guard.attribute(module, "subprocess") is subprocess, f"{name} does not use subprocess")
        module.subprocess = _Processes(cloud, packages)


class _Processes(SimpleNamespace):
    """Replaces the subprocess module in ministack's Lambda, to start processes with a clean environment."""

    def __init__(self, cloud: Cloud, packages: Path) -> None:
        super().__init__(
            **{name: getattr(subprocess, name) for name in subprocess.__all__ if name != "Popen"}
        )
        self._endpoint_url = cloud.endpoint_url
        self._packages = packages
        self._home = cloud.home.root
        self._start = cloud.processes.start
        self._brings = _lent(packages)

    def Popen(  # noqa: N802 - subprocess's name
        self, command: list[str], *, cwd: str, env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[Any]:
        isolated = _isolated(command, Path(cwd))
        variables = self.environment(env or os.environ)
        try:
            return self._start(
                Child(kind="function", name=variables.get("AWS_LAMBDA_FUNCTION_NAME", "")),
                isolated,
                confinement=self._confinement(isolated, Path(cwd)),
                cwd=Path(cwd),
                env=variables,
                **options,
            )
        except OSError as error:
            raise _explained(error, command) from error

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        unwanted = {*EMULATOR_ONLY, *(("TMPDIR",) if ability().way else ())}
        kept = {name: value for name, value in given.items() if name not in unwanted}
        local = {name: value for name, value in kept.items() if not _points_away(name, value)}
        packages = os.pathsep.join(filter(None, (local.get("PYTHONPATH"), str(self._packages))))
        return {
            "AWS_ENDPOINT_URL": self._endpoint_url,
            **local,
            "PYTHONPATH": packages,
            "PYTHONPYCACHEPREFIX": str(step_bytecode(self._home)),
        }

    def _confinement(self, command: list[str], code: Path) -> Confinement:
        """Allow the parent folder, to which ministack unpacks code, layers and its own worker program."""
        worker = [Path(word).parent for word in command[1:] if Path(word).is_absolute()]
        own = (
            code,
            *worker,
            self._home / "functions",
            *self._brings,
            *program_tools(_isolated(command, code)),
        )
        return Confinement(
            writable=(step_bytecode(self._home),),
            readable=(*own, *named_files(os.environ)),
            hidden=hidden_folders(self._home),
        )


def _lent(packages: Path) -> tuple[Path, ...]:
    """The real paths of the packages that Lambda provides."""
    return (packages, *(link.resolve() for link in packages.iterdir()))


def _isolated(command: list[str], code: Path) -> list[str]:
    return [*isolated_python(code), *command[1:]] if command[0] == sys.executable else command


def _points_away(name: str, value: str) -> bool:
    if not name.startswith("AWS_ENDPOINT_URL"):
        return False
    try:
        refuse_remote(value)
    except RemoteEndpointError:
        return True
    return False


def _explained(error: OSError, command: list[str]) -> OSError:
    if "Exec format" not in str(error):
        return error
    return OSError(
        f"{Path(command[0]).name} was built for another processor than this machine's {platform.machine()}. "
        "A rehearsal runs functions on the host: build them for it (cargo lambda build without --arm64)."
    )


def _keep_error_types() -> None:
    guard = Guard("Python error types")
    runtime = guard.module("ministack.core.lambda_runtime")
    functions = guard.module("ministack.services.lambda_svc")
    script = guard.attribute(runtime, "_PYTHON_WORKER_SCRIPT")
    guard.that(script.count(_FAILED) == 1, "the Python worker reports a failed handler in another way")
    runtime._PYTHON_WORKER_SCRIPT = script.replace(_FAILED, _FAILED_WITH_TYPE)
    worker = guard.attribute(runtime, "Worker")
    invoke = guard.function(worker, "invoke", ("self", "event", "request_id"))
    execute = guard.function(functions, "_execute_function_warm", ("func", "event", "request_id"))
    seen = threading.local()

    def remembering(self: Any, *arguments: Any, **options: Any) -> Any:
        seen.result = invoke(self, *arguments, **options)
        return seen.result

    def executing(func: Any, event: Any, request_id: str) -> dict[str, Any]:
        seen.result = {}
        outcome: dict[str, Any] = execute(func, event, request_id)
        return _with_type(outcome, seen.result)

    worker.invoke = remembering
    functions._execute_function_warm = executing


def _with_type(outcome: dict[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    if not outcome.get("error") or not result.get("type"):
        return outcome
    frames = str(result.get("trace", "")).splitlines()[1:-1]
    body = {**outcome["body"], "errorType": result["type"], "stackTrace": frames}
    return {**outcome, "body": body}
