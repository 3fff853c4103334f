"""The tables of the run record.

Rows are never deleted while their pipeline exists: a retry adds an attempt, an update adds a version.
`events` is the append-only history that live displays read.
"""

_FIRST = """
create table if not exists definitions (
    account text not null, region text not null, name text not null, version integer not null,
    body text not null, restart_on_update integer not null, at real not null,
    primary key (account, region, name, version)
) without rowid;

create table if not exists pipelines (
    account text not null, region text not null, name text not null, version integer not null,
    created real not null, updated real not null, tags text not null default '{}',
    primary key (account, region, name)
) without rowid;

create table if not exists transitions (
    account text not null, region text not null, name text not null, stage text not null,
    enabled integer not null, reason text not null, changed_by text not null, at real not null,
    primary key (account, region, name, stage)
) without rowid;

create table if not exists webhooks (
    account text not null, region text not null, name text not null, body text not null, at real not null,
    primary key (account, region, name)
) without rowid;

create table if not exists executions (
    number integer primary key autoincrement, execution_id text not null unique,
    account text not null, region text not null, pipeline text not null, version integer not null,
    mode text not null, kind text not null, status text not null, summary text not null default '',
    trigger_kind text not null, trigger_detail text not null, rollback_of text, restart_of text,
    client_token text, stop_reason text, waiting_at text, vals text not null default '{}',
    overrides text not null default '{}',
    started real not null, updated real not null, ended real
);
create index if not exists executions_of on executions (account, region, pipeline, number);

create table if not exists revisions (
    execution_id text not null, action text not null, artifact text not null,
    revision_id text not null, summary text not null, url text not null, at real not null,
    primary key (execution_id, action)
) without rowid;

create table if not exists artifacts (
    execution_id text not null, name text not null, bucket text not null, key text not null, version text,
    primary key (execution_id, name)
) without rowid;

create table if not exists outputs (
    execution_id text not null, namespace text not null, name text not null, value text not null,
    primary key (execution_id, namespace, name)
) without rowid;

create table if not exists stages (
    execution_id text not null, stage text not null, attempt integer not null, status text not null,
    message text not null default '', retried_by text not null default '', started real not null, ended real,
    primary key (execution_id, stage, attempt)
) without rowid;

create table if not exists actions (
    number integer primary key autoincrement, action_execution_id text not null unique,
    execution_id text not null, stage text not null, attempt integer not null, action text not null,
    provider text not null, category text not null, run_order integer not null,
    status text not null, summary text not null default '', progress text not null default '',
    fidelity text, failure_code text, failure_message text, external_id text not null default '',
    external_url text not null default '', updated_by text not null default '',
    configuration text not null default '{}', inputs text not null default '[]',
    outputs text not null default '[]', vars text not null default '{}',
    started real not null, updated real not null, ended real
);
create index if not exists actions_of on actions (execution_id, stage, action);

create table if not exists approvals (
    token text primary key, action_execution_id text not null, expires real not null,
    custom_data text not null, link text not null, status text, summary text not null default '',
    answered_by text not null default '', asked real not null, answered real
) without rowid;
create index if not exists approvals_of on approvals (action_execution_id);

create table if not exists conditions (
    number integer primary key autoincrement, execution_id text not null, stage text not null,
    attempt integer not null, kind text not null, result text not null, status text not null,
    summary text not null default '', started real not null, ended real
);
create index if not exists conditions_of on conditions (execution_id, stage);

create table if not exists rules (
    number integer primary key autoincrement, rule_execution_id text not null unique,
    condition integer not null, rule text not null, provider text not null, status text not null,
    summary text not null default '', failure_code text, failure_message text,
    configuration text not null default '{}', started real not null, ended real
);
create index if not exists rules_of on rules (condition);

create table if not exists gaps (
    execution_id text not null, action_execution_id text not null, subject text not null,
    fidelity text not null, reason text not null,
    primary key (execution_id, action_execution_id, subject, fidelity, reason)
) without rowid;

create table if not exists logs (
    number integer primary key autoincrement, action_execution_id text not null, at real not null,
    text text not null
);
create index if not exists logs_of on logs (action_execution_id, number);

create table if not exists events (
    sequence integer primary key autoincrement, at real not null, execution_id text not null,
    kind text not null, subject text not null, status text not null, message text not null
);
"""

_POSITIONS_AND_OPTIONS = """
alter table executions add column position text;
alter table executions add column options text;

update executions set client_token = null where number not in (
    select min(number) from executions group by account, region, pipeline, client_token
);
create unique index executions_by_token on executions (account, region, pipeline, client_token)
    where client_token is not null;

create table start_options (client_token text primary key, body text not null, at real not null)
    without rowid;
"""

MIGRATIONS = (_FIRST, _POSITIONS_AND_OPTIONS)
"""The SQL that upgrades each version to the next; the first creates the tables of an empty file."""

VERSION = len(MIGRATIONS)
