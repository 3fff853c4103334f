-- Notes that are spoken. A row says what has become of a recording; the recording itself is in a bucket,
-- under the row's id, and the note that was made of it is an entity with the same id.

create table voice_notes (
    id           uuid primary key,
    family_id    uuid not null,
    user_id      uuid not null,
    content_type text not null check (char_length(content_type) between 1 and 40),
    bytes        bigint not null check (bytes between 1 and 10485760),
    state        text not null default 'awaiting_upload'
        check (state in ('awaiting_upload', 'transcribing', 'kept', 'failed')),
    reason       text check (char_length(reason) between 1 and 500),
    created_at   timestamptz not null default now(),
    check ((state = 'failed') = (reason is not null)),
    foreign key (user_id, family_id) references users (id, family_id) on update cascade on delete cascade
);

comment on table voice_notes is 'What has become of each recording: for a week, then nobody asks any more.';
comment on column voice_notes.id is 'Also the name of the recording, of its transcription, and of the entity.';

create index voice_notes_by_user on voice_notes (user_id, created_at);
create index voice_notes_by_age on voice_notes (created_at);

create policy own_family on voice_notes using (family_id = current_family());
create policy owner on voice_notes to sb_migrator using (true);
alter table voice_notes enable row level security, force row level security;

-- A recording names itself and nobody: whose it is, its row says.
create function find_voice_note(wanted uuid)
    returns table (note uuid, id uuid, family_id uuid, time_zone text, content_type text, bytes bigint,
        state text, reason text, created_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select found.id, users.id, users.family_id, users.time_zone, found.content_type, found.bytes,
        found.state, found.reason, found.created_at
    from voice_notes as found join users on users.id = found.user_id
    where found.id = wanted
$$;

create or replace function clean_up(moment timestamptz) returns bigint
    language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
    with sent as (
        delete from reminders where sent_at < moment - interval '90 days' returning 1
    ), told as (
        delete from briefings where day < (moment at time zone 'UTC')::date - 90 returning 1
    ), expired as (
        delete from link_states where expires_at <= moment returning 1
    ), attempted as (
        delete from link_attempts where expires_at <= moment returning 1
    ), spoken as (
        delete from voice_notes where created_at < moment - interval '7 days' returning 1
    )
    select (select count(*) from sent) + (select count(*) from told) + (select count(*) from expired)
        + (select count(*) from attempted) + (select count(*) from spoken)
$$;

revoke execute on function find_voice_note from public;

-- ingest gives out links and tells what became of them; voice_notes makes notes of the recordings
grant select, insert on voice_notes to sb_api;
grant execute on function find_voice_note to sb_voice;
grant select, update (state, reason) on voice_notes to sb_voice;
grant select, insert on entities to sb_voice;
