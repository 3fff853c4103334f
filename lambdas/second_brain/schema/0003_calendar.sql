-- When things happen. Events entered here never overlap for one person; events copied from an
-- external calendar may, because that calendar, not this one, decides what is in it.

create table external_calendars (
    id             uuid primary key default gen_random_uuid(),
    family_id      uuid not null,
    user_id        uuid not null,
    name           text not null default '' check (char_length(name) <= 200),
    url            text not null check (url ~ '^https?://' and char_length(url) <= 2000),
    etag           text,
    last_synced_at timestamptz,
    last_error     text,
    created_at     timestamptz not null default now(),
    unique (user_id, url),
    foreign key (user_id, family_id) references users (id, family_id) on update cascade on delete cascade
);

comment on table external_calendars is 'An iCalendar feed that calendar_sync copies from.';

create table calendar_events (
    id                   uuid primary key default gen_random_uuid(),
    family_id            uuid not null,
    user_id              uuid not null,
    title                text not null check (char_length(title) between 1 and 200),
    during               tstzrange not null,
    external_calendar_id uuid references external_calendars (id) on delete cascade,
    external_id          text check (char_length(external_id) between 1 and 1000),
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    foreign key (user_id, family_id) references users (id, family_id) on update cascade on delete cascade,
    check (not isempty(during) and lower_inc(during) and not upper_inc(during)),
    -- Unbounded ranges and 'infinity' alike: an event has a beginning and an end that a calendar can show.
    check (coalesce(isfinite(lower(during)) and isfinite(upper(during)), false)),
    check ((external_calendar_id is null) = (external_id is null)),
    unique (external_calendar_id, external_id),
    constraint calendar_events_no_overlap
        exclude using gist (user_id with =, during with &&) where (external_id is null)
);

comment on table calendar_events is 'One appointment of one person; during is [start, end).';
comment on column calendar_events.external_id is 'UID (and recurrence) in the external calendar; the key of the upsert.';

create index calendar_events_by_time on calendar_events using gist (user_id, during);
