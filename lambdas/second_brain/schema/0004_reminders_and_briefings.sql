-- What is sent to people: reminders once they are due, one briefing for each person and day.

create table reminders (
    id         uuid primary key default gen_random_uuid(),
    family_id  uuid not null,
    user_id    uuid not null,
    text       text not null check (char_length(text) between 1 and 2000),
    due_at     timestamptz not null check (isfinite(due_at)),
    sent_at    timestamptz,
    created_at timestamptz not null default now(),
    foreign key (user_id, family_id) references users (id, family_id) on update cascade on delete cascade
);

comment on table reminders is 'Sent when due_at has passed; sent_at is set in the transaction that claims it.';

create index reminders_unsent on reminders (due_at) where sent_at is null;
create index reminders_sent on reminders (sent_at) where sent_at is not null;
create index reminders_by_user on reminders (user_id, due_at);

create table briefings (
    id            uuid primary key default gen_random_uuid(),
    family_id     uuid not null,
    user_id       uuid not null,
    day           date not null check (isfinite(day)),
    text          text not null,
    dispatched_at timestamptz,
    created_at    timestamptz not null default now(),
    unique (user_id, day),
    foreign key (user_id, family_id) references users (id, family_id) on update cascade on delete cascade
);

comment on table briefings is 'The summary of one person''s day, the day being theirs (users.time_zone).';
comment on column briefings.dispatched_at is 'When the hourly dispatcher published it; null while only a request has made it.';

create index briefings_by_day on briefings (day);
