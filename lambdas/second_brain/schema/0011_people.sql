-- People, roles and invitations. A person is in exactly one family at a time, and which one only this record
-- says: the token's custom:family_id places a person who is new, and nobody afterwards.

alter table users
    add column role            text not null default 'owner' check (role in ('owner', 'member', 'child')),
    add column joined_at       timestamptz not null default now(),
    add column home_family     uuid references families (id) on delete set null,
    add column merged_into     uuid references users (id) on delete set null check (merged_into <> id),
    add column provider        text check (provider in ('cognito', 'google', 'amazon')),
    add column code_tries      smallint not null default 0,
    add column code_tries_from timestamptz not null default now();

comment on column users.role is 'In their family. The first person of a family is its owner.';
comment on column users.home_family is
    'The family that they left empty when they joined another: what stayed there waits for their return.';
comment on column users.merged_into is
    'The person that this account signs in as. What is this row''s own rests until the account is unlinked.';
comment on column users.code_tries is 'Codes typed since code_tries_from, right or wrong; ten within an hour.';

create index users_by_merge on users (merged_into) where merged_into is not null;
create index entities_by_writer on entities (created_by);

-- Families that exist: whoever came first is the owner.
update users set joined_at = created_at;
update users set role = 'member'
where exists (
    select from users as earlier
    where earlier.family_id = users.family_id and (earlier.created_at, earlier.id) < (users.created_at, users.id));

create table family_invitations (
    id         uuid primary key default gen_random_uuid(),
    family_id  uuid not null references families (id) on delete cascade,
    created_by uuid references users (id) on delete cascade,
    code_hash  bytea not null unique check (octet_length(code_hash) = 32),
    role       text not null check (role in ('member', 'child')),
    email      text check (char_length(email) between 3 and 320 and email = lower(email)),
    uses_left  smallint not null check (uses_left between 0 and 20),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    check (expires_at > created_at and expires_at <= created_at + interval '30 days')
);

comment on table family_invitations is 'Codes that let somebody into a family, as SHA-256 only.';
comment on column family_invitations.email is 'Only who has verified this address may use the code.';

create index family_invitations_by_family on family_invitations (family_id, created_at);
create index family_invitations_by_expiry on family_invitations (expires_at);

create table invitation_uses (
    invitation_id uuid not null references family_invitations (id) on delete cascade,
    family_id     uuid not null references families (id) on delete cascade,
    user_id       uuid not null references users (id) on delete cascade,
    used_at       timestamptz not null default now(),
    primary key (invitation_id, user_id)
);

comment on table invitation_uses is 'Who came by which code: nobody comes twice by the same one.';

do $$
declare
    name text;
begin
    foreach name in array array['family_invitations', 'invitation_uses']
    loop
        execute format('create policy own_family on %I using (family_id = current_family())', name);
        execute format('create policy owner on %I to sb_migrator using (true)', name);
        execute format('alter table %I enable row level security, force row level security', name);
    end loop;
end;
$$;

-- Who is asking. An account that was linked to a person is that person.

create or replace function find_user(wanted text) returns table (id uuid, family_id uuid, time_zone text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select person.id, person.family_id, person.time_zone
    from users as account join users as person on person.id = coalesce(account.merged_into, account.id)
    where account.subject = wanted
$$;

-- The token's family (`given`) decides for somebody who is new, and for nobody else: a token outlives a move,
-- and with it somebody who was removed would come back.
create or replace function enter_user(
    wanted text, family uuid, given boolean, mail text, called text, zone text)
    returns table (id uuid, family_id uuid, time_zone text)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
begin
    if not exists (select from users where subject = wanted) then
        insert into families (id) values (family) on conflict (id) do nothing;
        -- Two people who are new at the same moment must not both become the first.
        perform from families where id = family for update;
        insert into users (subject, family_id, role, display_name)
        values (wanted, family,
            case when exists (select from users where users.family_id = family) then 'member' else 'owner' end,
            called)
        on conflict (subject) do nothing;
    end if;
    update users set
        email = coalesce(mail, email),
        time_zone = case when is_time_zone(zone) then zone else time_zone end
    where subject = wanted;
    update users as person set time_zone = zone
    from users as account
    where account.subject = wanted and person.id = account.merged_into and is_time_zone(zone);
    return query select * from find_user(wanted);
end;
$$;

-- Jobs are for people, not for each of their accounts.
create or replace function waiting_for_briefing(zone text, at_hour smallint, on_day date)
    returns table (id uuid, family_id uuid, time_zone text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select id, family_id, time_zone from users
    where time_zone = zone and briefing_hour = at_hour and merged_into is null and not exists (
        select from briefings where user_id = users.id and day = on_day and dispatched_at is not null)
    order by id
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
    ), invited as (
        delete from family_invitations where expires_at <= moment - interval '30 days' returning 1
    )
    select (select count(*) from sent) + (select count(*) from told) + (select count(*) from expired)
        + (select count(*) from attempted) + (select count(*) from spoken) + (select count(*) from invited)
$$;
