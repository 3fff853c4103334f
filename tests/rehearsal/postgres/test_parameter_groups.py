"""What of a parameter group a rehearsed server honours, drops with a reason, or refuses as RDS does."""

from pathlib import Path

import pytest

from rehearsal.postgres.addresses import Address
from rehearsal.postgres.configuration import RejectedParameterError, plan, render, render_access


def planned(folder: Path, **parameters: str) -> tuple[dict[str, str], dict[str, str]]:
    made = plan(parameters, force_tls_by_default=True, library_folder=folder)
    return dict(made.honoured), dict(made.dropped)


def test_ordinary_values_are_honoured(tmp_path: Path) -> None:
    assert planned(tmp_path, work_mem="4096", max_connections="50") == (
        {"work_mem": "4096", "max_connections": "50"},
        {},
    )


@pytest.mark.parametrize("name", ["listen_addresses", "ssl", "fsync", "log_destination", "archive_mode"])
def test_what_the_rehearsal_needs_itself_is_dropped_with_a_reason(tmp_path: Path, name: str) -> None:
    honoured, dropped = planned(tmp_path, **{name: "on"})
    assert honoured == {}
    assert "itself" in dropped[name]


def test_formulas_are_dropped_with_a_reason(tmp_path: Path) -> None:
    _, dropped = planned(tmp_path, shared_buffers="{DBInstanceClassMemory/32768}")
    assert "formulas" in dropped["shared_buffers"]


def test_libraries_that_are_here_are_loaded_and_others_reported(tmp_path: Path) -> None:
    (tmp_path / "pg_stat_statements.so").touch()
    honoured, dropped = planned(tmp_path, shared_preload_libraries="pg_stat_statements, pgaudit")
    assert honoured == {"shared_preload_libraries": "pg_stat_statements"}
    assert "pgaudit" in dropped["shared_preload_libraries"]


def test_library_unknown_to_rds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RejectedParameterError, match="RDS does not know pgvector"):
        planned(tmp_path, shared_preload_libraries="pg_stat_statements,pgvector")


@pytest.mark.parametrize(
    ("parameters", "default", "access"),
    [
        ({}, True, "hostssl"),
        ({}, False, "host"),
        ({"rds.force_ssl": "0"}, True, "host"),
        ({"rds.force_ssl": "1"}, False, "hostssl"),
    ],
)
def test_tls_is_forced_as_rds_would(
    tmp_path: Path, parameters: dict[str, str], default: bool, access: str
) -> None:
    made = plan(parameters, force_tls_by_default=default, library_folder=tmp_path)
    assert render_access(force_tls=made.force_tls).split()[0] == access


def test_quotes_in_a_value_stay_in_the_value() -> None:
    here = Path("x")
    address = Address(host="127.1.2.3", port=5432)
    text = render(address=address, parameters={"work_mem": "a'b\\c"}, certificate=here, key=here, root=here)
    assert "work_mem = 'a''b\\\\c'\n" in text
