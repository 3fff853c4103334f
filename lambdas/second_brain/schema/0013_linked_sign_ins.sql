-- Several accounts of the user pool (a password, Google, Amazon) that are one person.
--
--   1  the person asks for a code, signed in with the account that they keep
--   2  signed in with the other account, they type it, after being shown whose code it is
--   3  signed in with the first again, they are shown which account typed it, and confirm that one
--
-- Nobody gains anything alone: who steals a code is shown to its owner before step 3, and who is talked into
-- typing one is shown whose it is before step 2. The other account's record rests (merged_into) and is found
-- again when it is unlinked, so that it can never enter as somebody new.

comment on table families is 'The tenant. Which one a person is in, users.family_id says.';

create table account_codes (
    user_id    uuid primary key,
    family_id  uuid not null,
    code_hash  bytea not null unique check (octet_length(code_hash) = 32),
    account    uuid references users (id) on delete cascade check (account <> user_id),
    expires_at timestamptz not null default now() + interval '10 minutes',
    foreign key (user_id, family_id) references users (id, family_id) on update cascade on delete cascade
);

comment on table account_codes is 'Codes that link another account to a person, at most one for each; as SHA-256.';
comment on column account_codes.account is 'Who typed the code and waits to be confirmed; it can be typed by one.';

create index account_codes_by_account on account_codes (account);
create index account_codes_by_expiry on account_codes (expires_at);

create policy own_family on account_codes using (family_id = current_family());
create policy owner on account_codes to sb_migrator using (true);
alter table account_codes enable row level security, force row level security;

create function offer_account_code(person uuid, hash bytea, of_provider text)
    returns table (outcome text, expires_at timestamptz)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
declare
    me users := acting(person);
begin
    if me.id is null then return; end if;
    update users set provider = coalesce(of_provider, provider) where id = me.id;
    return query
        insert into account_codes as code (user_id, family_id, code_hash) values (me.id, me.family_id, hash)
        on conflict (user_id) do update set
            family_id = excluded.family_id, code_hash = excluded.code_hash, account = null,
            expires_at = excluded.expires_at
        returning 'done', code.expires_at;
end;
$$;

-- Why an account cannot become part of a person; null where it can.
create function hindrance(account users, person users) returns text
    language sql stable set search_path = pg_catalog, public, pg_temp
as $$
    select case
        when account.id = person.id then 'self'
        when exists (select from users where merged_into = account.id) then 'has_accounts'
        when account.family_id <> person.family_id and others_in(account.family_id, account.id) > 0
            then 'in_family'
        when account.family_id = person.family_id and is_needed(account) then 'last_owner'
    end
$$;

-- What would come to the person: the notes that the account wrote in its family.
create function type_account_code(account uuid, hash bytea, of_provider text, only_preview boolean)
    returns table (outcome text, name text, email text, moving bigint, links_ending bigint)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_variable
declare
    me users := acting(account);
    code account_codes;
    person users;
    hindered text;
begin
    if me.id is null then return; end if;
    select * into code from account_codes where code_hash = hash and account_codes.expires_at > now() for update;
    if code.user_id is null or code.account <> me.id then
        return query select 'not_found', null, null, 0::bigint, 0::bigint; return;
    end if;
    select * into person from users where id = code.user_id;
    hindered := hindrance(me, person);
    if hindered is not null then
        return query select hindered, null, null, 0::bigint, 0::bigint; return;
    end if;
    if not only_preview then
        update users set provider = coalesce(of_provider, provider) where id = me.id;
        update account_codes set account = me.id where user_id = person.id;
    end if;
    return query select case when only_preview then 'preview' else 'awaiting_confirmation' end,
        person.display_name, person.email, notes_of(me.id, me.family_id),
        (select count(*) from external_accounts where user_id = me.id);
end;
$$;

-- Everything of the account that the person can have. Appointments that overlap one of theirs, and calendars
-- that they have already, rest with the account. Links elsewhere were confirmed by the account alone and end.
create function merge_account(account users, person users) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
    update entities set family_id = person.family_id, created_by = person.id
    where created_by = account.id and family_id = account.family_id;
    update reminders set family_id = person.family_id, user_id = person.id where user_id = account.id;
    update voice_notes set family_id = person.family_id, user_id = person.id where user_id = account.id;
    update external_calendars as calendar set family_id = person.family_id, user_id = person.id
    where calendar.user_id = account.id and not exists (
        select from external_calendars where user_id = person.id and url = calendar.url);
    update calendar_events as event set family_id = person.family_id, user_id = person.id
    where event.user_id = account.id and case
        when event.external_id is null then not exists (
            select from calendar_events
            where user_id = person.id and external_id is null and during && event.during)
        else exists (
            select from external_calendars where id = event.external_calendar_id and user_id = person.id)
        end;
    delete from external_accounts where user_id = account.id;
    if account.family_id = person.family_id then
        perform move_person(account.id, family_to_return_to(account.id), 'owner', false);
    end if;
    delete from family_invitations where created_by = account.id;
    delete from account_codes where user_id in (account.id, person.id);
    update users set merged_into = person.id where id = account.id;
end;
$$;

create function confirm_account(person uuid, confirmed uuid) returns table (outcome text, moving bigint)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_variable
declare
    other users;
    me users;
    hindered text;
    own bigint;
begin
    if exists (
        select from users join users as mine on mine.id = users.merged_into
        where users.id = confirmed and mine.id = person and mine.family_id = current_family()) then
        return query select 'already', 0::bigint; return;
    end if;
    perform from families
    where id in (current_family(), (select family_id from users where users.id = confirmed))
    order by id for update;
    me := acting(person);
    if me.id is null then return; end if;
    if not exists (
        select from account_codes
        where user_id = me.id and account_codes.account = confirmed and account_codes.expires_at > now()) then
        return query select 'not_found', 0::bigint; return;
    end if;
    select * into other from users where id = confirmed and merged_into is null;
    hindered := hindrance(other, me);
    if other.id is null or hindered is not null then
        return query select coalesce(hindered, 'not_found'), 0::bigint; return;
    end if;
    own := notes_of(other.id, other.family_id);
    perform merge_account(other, me);
    return query select 'done', own;
end;
$$;

-- The accounts that sign in as this person, the one that they kept first, and the one that waits for them.
create function accounts_of(person uuid)
    returns table (id uuid, provider text, email text, name text, state text, notes bigint)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select account.id, account.provider, account.email, account.display_name,
        case when account.id = me.id then 'kept' when account.merged_into = me.id then 'linked'
            else 'awaiting_confirmation' end as state,
        notes_of(account.id, account.family_id)
    from users as me
        left join account_codes as code on code.user_id = me.id and code.expires_at > now()
        join users as account on account.id in (me.id, code.account) or account.merged_into = me.id
    where me.id = person and me.family_id = current_family() and me.merged_into is null
    order by account.id <> me.id, state, account.created_at, account.id
$$;

-- The account is somebody by themselves again, with what rested; what came to the person stays with them.
create function unlink_account(person uuid, ended uuid) returns table (outcome text)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    me users := acting(person);
    other users;
    created uuid;
begin
    if me.id is null then return; end if;
    if ended = me.id then
        return query select 'kept'; return;
    end if;
    select * into other from users where id = ended and merged_into = me.id for update;
    if other.id is null then
        return query select 'not_found'; return;
    end if;
    update users set merged_into = null, role = 'owner' where id = ended;
    -- Somebody may have been placed in its family meanwhile, and it must not come back among them.
    if others_in(other.family_id, ended) > 0 then
        insert into families default values returning id into created;
        perform move_person(ended, created, 'owner', true);
    end if;
    return query select 'done';
end;
$$;

-- As linked_person of 0008, which the version before calls. The Discord account may have been linked by any account
-- that signs in as the person, and the link ends when that one is unlinked: the caller compares the subjects.
create function linked_person_of(of_provider text, external text)
    returns table (id uuid, family_id uuid, time_zone text, subjects text[], username text, given_family uuid)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select found.id, found.family_id, found.time_zone,
        array(select subject from users where users.id = found.id or users.merged_into = found.id),
        found.username, found.given_family
    from linked_person(of_provider, external) as found
$$;

revoke execute on function
    linked_person_of, offer_account_code, hindrance, type_account_code, merge_account, confirm_account, accounts_of,
    unlink_account
from public;

grant execute on function
    offer_account_code, type_account_code, confirm_account, accounts_of, unlink_account
to sb_api;

grant execute on function linked_person_of to sb_discord;
