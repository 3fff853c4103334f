"""Unpacks the code of functions and layers as Lambda does: with its links, into its own folder.

ministack unpacks with Python's zipfile, which turns links into text files, keeps set-user-id bits and, in one
of the two places, drops executable bits.
"""

import inspect
import io
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rehearsal.archive import CODE, ArchiveError, checked_entries, open_zip, unpack_zip
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard


def apply(_cloud: Cloud) -> None:
    guard = Guard("function code")
    functions = guard.module("ministack.services.lambda_svc")
    runtime = guard.module("ministack.core.lambda_runtime")
    _unpack_safely(guard, functions, runtime)
    _refuse_at_creation(guard, functions)


def _unpack_safely(guard: Guard, functions: Any, runtime: Any) -> None:
    guard.function(functions, "_extract_zip_preserving_mode", ("zf", "dest_dir"))
    guard.that(_calls(functions, ".extractall(") == 0, "functions are unpacked in another way")
    guard.that(_calls(runtime, ".extractall(") == 2, "warm functions are unpacked in another way")
    guard.that(guard.attribute(runtime, "zipfile") is zipfile, "warm functions do not use zipfile")
    functions._extract_zip_preserving_mode = _unpack
    runtime.zipfile = SimpleNamespace(
        ZipFile=_SafeZipFile,
        BadZipFile=zipfile.BadZipFile,
        LargeFileError=zipfile.LargeZipFile,  # ministack uses this name, which does not exist
    )


def _calls(module: Any, text: str) -> int:
    return inspect.getsource(module).count(text)


class _SafeZipFile(zipfile.ZipFile):
    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:  # noqa: ARG002
        _unpack(self, path)


def _unpack(archive: zipfile.ZipFile, folder: str) -> None:
    try:
        unpack_zip(archive, Path(folder), limit=CODE)
    except ArchiveError as error:
        raise RuntimeError(f"The function's code cannot be unpacked: {error}") from error


def _refuse_at_creation(guard: Guard, functions: Any) -> None:
    """CreateFunction, UpdateFunctionCode and PublishLayerVersion refuse code that cannot be unpacked."""
    native = guard.function(functions, "_reject_unreadable_zip", ("zip_data",))
    respond = guard.function(functions, "error_response_json", ("code", "message", "status"))

    def reject(zip_data: bytes | None) -> Any:
        refused = native(zip_data)
        if refused is not None or zip_data is None:
            return refused
        if problem := _problem(zip_data):
            return respond("InvalidParameterValueException", f"Could not unzip uploaded file: {problem}", 400)
        return None

    functions._reject_unreadable_zip = reject


def _problem(code: bytes) -> str:
    try:
        with open_zip(io.BytesIO(code)) as archive:
            checked_entries(archive, CODE)
    except ArchiveError as error:
        return str(error)
    return ""
