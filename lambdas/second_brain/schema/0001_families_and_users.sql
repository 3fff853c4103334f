-- Who uses Second Brain. A family is the tenant: every other table carries its id, and a row never
-- refers to a user of another family (composite foreign keys on (user_id, family_id) see to that).

create function is_time_zone(name text) returns boolean
    language plpgsql immutable strict parallel safe
as $$
begin
    -- Time-zone names change only with a release of the tz database, never within a transaction.
    perform timestamptz 'epoch' at time zone name;
    -- PostgreSQL also takes POSIX rules such as 'XYZ+3', which no other program here understands.
    return name ~ '^(UTC|[A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$';
exception
    when invalid_parameter_value then
        return false;
end;
$$;

create table families (
    id         uuid primary key default gen_random_uuid(),
    name       text not null default '' check (char_length(name) <= 200),
    created_at timestamptz not null default now()
);

comment on table families is 'The tenant. Its id is the custom:family_id attribute of the identity token.';

create table users (
    id            uuid primary key default gen_random_uuid(),
    family_id     uuid not null references families (id) on delete cascade,
    subject       text not null unique check (char_length(subject) between 1 and 128),
    email         text check (char_length(email) <= 320),
    display_name  text not null default '' check (char_length(display_name) <= 200),
    time_zone     text not null default 'UTC' check (is_time_zone(time_zone)),
    briefing_hour smallint not null default 7 check (briefing_hour between 0 and 23),
    created_at    timestamptz not null default now(),
    unique (id, family_id)
);

comment on table users is 'A person, known by the subject (sub) of their identity token.';
comment on column users.time_zone is 'IANA name; the briefing goes out when it is briefing_hour there.';

create index users_by_family on users (family_id);
