"""A schema brought up to date: from nothing, from every earlier version, again, at once, and refused."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from blocks.schema_migration.handler.migrator import database as migrator_database
from blocks.schema_migration.handler.migrator.files import SchemaFilesError, read_versions, schema_hash
from blocks.schema_migration.handler.migrator.migration import MigrationError, Outcome
from rehearsal.postgres.login import Login
from stacks.second_brain.logins import OWNER
from tests.logins import deploy, signed_in

EXTENSIONS = ("uuid-ossp", "vector", "postgis", "btree_gist", "pg_trgm")
SCHEMA_IN_WORDS = """
select string_agg(line, E'\\n' order by line) from (
    select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as line
    from information_schema.columns where table_schema = 'public'
    union all select indexdef from pg_indexes where schemaname = 'public'
    union all select conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'public'::regnamespace
) as lines
"""


def run(login: Login, folder: Path, extensions: Sequence[str] = EXTENSIONS) -> Outcome:
    return deploy(login, folder=folder, extensions=extensions)


def described(login: Login) -> str:
    with psycopg.connect(login.dsn) as session:
        row = session.execute(SCHEMA_IN_WORDS.encode()).fetchone()
    assert row
    return str(row[0])


def ask(login: Login, query: str) -> object:
    with psycopg.connect(login.dsn) as session:
        row = session.execute(query.encode()).fetchone()
    return row and row[0]


def files(folder: Path, **versions: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in versions.items():
        (folder / f"{name.removeprefix('v')}.sql").write_text(text)
    return folder


def newest(folder: Path) -> int:
    return len(list(folder.glob("*.sql")))


def test_empty_database_gets_everything(database: Login, second_brain: Path) -> None:
    outcome = run(database, second_brain)
    assert outcome.version == outcome.expected == newest(second_brain)
    assert tuple(outcome.extensions) == EXTENSIONS
    assert ask(database, "select count(*) from schema_version") == newest(second_brain)
    assert ask(database, "select to_regclass('entities')::text") == "entities"


def test_second_run_does_nothing(database: Login, second_brain: Path) -> None:
    run(database, second_brain)
    before = described(database)
    outcome = run(database, second_brain)
    assert (outcome.applied, outcome.version) == ((), newest(second_brain))
    assert described(database) == before


def test_links_without_a_confirmation_are_deleted(
    database: Login, second_brain: Path, tmp_path: Path
) -> None:
    """Versions before the sixth created them for whoever sent somebody else the sign-in page."""
    before = files(tmp_path / "before")
    for file in sorted(second_brain.glob("*.sql"))[:5]:
        shutil.copy(file, before)
    run(database, before)
    with psycopg.connect(database.dsn, autocommit=True) as session:
        session.execute("insert into families default values")
        session.execute("insert into users (family_id, subject) select id, 'ann' from families")
        session.execute(
            "insert into external_accounts (family_id, user_id, provider, external_id)"
            " select family_id, id, unnest(array['discord', 'alexa']), '1' from users"
        )
    run(database, second_brain)
    assert ask(database, "select string_agg(provider, ',') from external_accounts") == "alexa"


def test_every_earlier_version_arrives_at_the_same_schema(
    database: Login, second_brain: Path, tmp_path: Path
) -> None:
    steps = sorted(second_brain.glob("*.sql"))
    for number, file in enumerate(steps, start=1):
        shutil.copy(file, tmp_path)
        assert run(database, tmp_path).applied == (steps[number - 1].name,)
    stepwise = described(database)
    with psycopg.connect(signed_in(database, OWNER).dsn, autocommit=True) as session:
        session.execute("drop owned by current_user cascade")
    run(database, second_brain)
    assert described(database) == stepwise


def test_previous_version_keeps_its_rows(database: Login, second_brain: Path, tmp_path: Path) -> None:
    for file in sorted(second_brain.glob("*.sql"))[:-1]:
        shutil.copy(file, tmp_path)
    run(database, tmp_path)
    with psycopg.connect(database.dsn) as session:
        session.execute("insert into families (name) values ('kept')")
    run(database, second_brain)
    assert ask(database, "select name from families") == "kept"


def test_edited_history_is_refused_and_changes_nothing(database: Login, tmp_path: Path) -> None:
    run(database, files(tmp_path, v0001_first="create table a ();"), ())
    files(tmp_path, v0001_first="create table b ();", v0002_second="create table c ();")
    with pytest.raises(MigrationError, match=r"0001_first.sql was applied .* with other content"):
        run(database, tmp_path, ())
    assert ask(database, "select to_regclass('c')") is None


def test_other_line_ends_are_the_same_file(database: Login, tmp_path: Path) -> None:
    run(database, files(tmp_path, v0001_first="create table a ();\n-- done\n"), ())
    (tmp_path / "0001_first.sql").write_bytes(b"create table a ();\r\n-- done\r\n")
    assert run(database, tmp_path, ()).applied == ()


def test_failing_file_is_undone_and_earlier_ones_stay(database: Login, tmp_path: Path) -> None:
    broken = "create table half ();\ncreate table oops (\n    id nonsense\n);"
    files(tmp_path, v0001_first="create table a ();", v0002_broken=broken)
    with pytest.raises(MigrationError, match=r'0002_broken.sql: type "nonsense" does not exist .*line 3'):
        run(database, tmp_path, ())
    assert ask(database, "select max(version) from schema_version") == 1
    assert ask(database, "select to_regclass('half')") is None
    files(tmp_path, v0002_broken="create table half ();")
    assert run(database, tmp_path, ()).applied == ("0002_broken.sql",)


def test_error_quotes_no_row(database: Login, tmp_path: Path) -> None:
    insert = "create table a (id int primary key, secret text unique);insert into a values (1, 'top-secret')"
    run(database, files(tmp_path, v0001_first=insert), ())
    files(tmp_path, v0002_again="insert into a values (2, 'top-secret');")
    with pytest.raises(MigrationError) as raised:
        run(database, tmp_path, ())
    assert "a_secret_key" in str(raised.value)
    assert "top-secret" not in str(raised.value)


def test_file_that_ends_its_own_transaction_is_refused(database: Login, tmp_path: Path) -> None:
    files(tmp_path, v0001_first="create table a (); commit; create table b ();")
    with pytest.raises(MigrationError, match="ends its own transaction"):
        run(database, tmp_path, ())
    assert ask(database, "select count(*) from schema_version") == 0


def test_database_ahead_of_the_files_is_left_alone(database: Login, tmp_path: Path) -> None:
    files(tmp_path, v0001_first="create table a ();", v0002_second="create table b ();")
    run(database, tmp_path, ())
    (tmp_path / "0002_second.sql").unlink()
    outcome = run(database, tmp_path, ())
    assert (outcome.version, outcome.expected, outcome.applied) == (2, 1, ())


def test_several_at_once_apply_each_file_once(database: Login, second_brain: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: run(database, second_brain), range(4)))
    assert sorted(len(outcome.applied) for outcome in outcomes) == [0, 0, 0, newest(second_brain)]


def test_extension_that_does_not_exist_fails(database: Login, second_brain: Path) -> None:
    with pytest.raises(MigrationError, match='extension "pgvector" is not available'):
        run(database, second_brain, ("pgvector",))


def test_extension_name_is_no_way_to_smuggle_sql(database: Login, second_brain: Path) -> None:
    with pytest.raises(MigrationError, match="is not the name of an extension"):
        run(database, second_brain, ('vector"; drop table schema_version; --',))


def test_server_that_nobody_vouches_for_is_refused(database: Login, tmp_path: Path) -> None:
    rds = Path(__file__).parents[2] / "blocks/certificates/rds.pem"
    dsn = database.dsn.split("?")[0] + f"?sslrootcert={rds}"
    with (
        pytest.raises(MigrationError, match=r"cannot connect to .*certificate verify failed"),
        migrator_database.connect(migrator_database.Login.of_dsn(dsn)),
    ):
        pass


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ((), "holds no .sql file"),
        (("0002_second",), "0002_second.sql stands where version 0001 belongs"),
        (("0001_one", "0003_three"), "0003_three.sql stands where version 0002 belongs"),
        (("0001_one", "0001_uno"), "0001_uno.sql stands where version 0002 belongs"),
        (("1_one",), "1_one.sql is not named like"),
        (("0001_One",), "0001_One.sql is not named like"),
    ],
)
def test_files_that_are_no_series_are_refused(tmp_path: Path, names: tuple[str, ...], complaint: str) -> None:
    for name in names:
        (tmp_path / f"{name}.sql").write_text("select 1;")
    with pytest.raises(SchemaFilesError, match=complaint):
        read_versions(tmp_path)


def test_hash_follows_the_files(tmp_path: Path) -> None:
    first = schema_hash(files(tmp_path, v0001_first="select 1;"))
    (tmp_path / "notes.txt").write_text("not a version")
    assert schema_hash(tmp_path) == first
    assert schema_hash(files(tmp_path, v0001_first="select 2;")) != first
