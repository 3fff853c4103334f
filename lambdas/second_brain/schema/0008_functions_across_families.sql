-- What has to look across families is done by the functions below, which run as the owner of the tables
-- and do one thing each; so does the search. Everything else works within the family that its transaction names: functions of
-- this version set app.family already; the next file makes the tables heed it.

create function current_family() returns uuid
    language sql stable parallel safe
as $$ select nullif(current_setting('app.family', true), '')::uuid $$;

comment on function current_family() is
    'The family of this transaction (set local app.family), or null, which is nobody''s.';

-- Hybrid search: the nearest by meaning (HNSW) and the nearest by spelling (GIN), merged by reciprocal
-- ranks. A row's score is 1 when both rankings put it first. It takes the meaning, three words and how
-- many rows at most.
--
-- By spelling, each of the question's telling words finds so many rows: in a body as it is written, in a
-- title also with slips of the pen. The bound matters, since a word may be in every tenth row.
--
-- A function because of the next file: under row-level security no index serves an operator that could
-- leak what it compares (ilike, <%), and every note of a family would be read for each word. In here the
-- rows are the owner's, and each part names the family.
create function search_entities(vector, text, text, text, bigint)
    returns table (id uuid, title text, score float8, excerpt text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
with by_meaning as materialized (
    select id, embedding <=> $1 as distance
    from entities
    where family_id = current_family()
    order by embedding <=> $1
    limit 40
-- Read as far as the limits below go, but planned as if read to the end: told of a limit, the planner
-- hopes to come across enough rows by scanning the table.
), first_word as materialized (
    select id from entities where family_id = current_family() and (body ilike '%' || $2 || '%' or $2 <% title)
), second_word as materialized (
    select id from entities where family_id = current_family() and (body ilike '%' || $3 || '%' or $3 <% title)
), third_word as materialized (
    select id from entities where family_id = current_family() and (body ilike '%' || $4 || '%' or $4 <% title)
), spelt as (
    (select id from first_word limit 40)
    union (select id from second_word limit 40)
    union (select id from third_word limit 40)
), by_spelling as materialized (
    select e.id,
        coalesce(greatest(word_similarity($2, title), (body ilike '%' || $2 || '%')::int * 0.8), 0)
        + coalesce(greatest(word_similarity($3, title), (body ilike '%' || $3 || '%')::int * 0.8), 0)
        + coalesce(greatest(word_similarity($4, title), (body ilike '%' || $4 || '%')::int * 0.8), 0) as closeness
    from spelt join entities e on e.id = spelt.id
    order by closeness desc, e.id
    limit 40
), ranked as (
    select id, row_number() over (order by distance, id) as place from by_meaning
    union all
    select id, row_number() over (order by closeness desc, id) from by_spelling
), merged as (
    select id, sum(61.0 / (60 + place))::float8 / 2 as score from ranked group by id
)
select e.id, e.title, merged.score, left(e.body, 600) as excerpt
from merged join entities e on e.id = merged.id and e.family_id = current_family()
order by merged.score desc, e.id
limit $5
$$;

-- Who is asking: before this is known there is no family to work in.

create function find_user(wanted text) returns table (id uuid, family_id uuid, time_zone text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$ select id, family_id, time_zone from users where subject = wanted $$;

-- The token's family wins over the stored one, for only an administrator can write it. A time zone that
-- nobody knows leaves the stored one.
create function enter_user(wanted text, family uuid, given boolean, mail text, called text, zone text)
    returns table (id uuid, family_id uuid, time_zone text)
    language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
    insert into families (id) values (family) on conflict (id) do nothing;
    insert into users as known (subject, family_id, email, display_name, time_zone)
    values (wanted, family, mail, called, case when is_time_zone(zone) then zone else 'UTC' end)
    on conflict (subject) do update set
        family_id = case when given then excluded.family_id else known.family_id end,
        email = coalesce(excluded.email, known.email),
        time_zone = case when is_time_zone(zone) then zone else known.time_zone end
    returning id, family_id, time_zone;
$$;

-- What the agent reads. Each carries the family, and answers only if it is the session's too: a model that
-- gets hold of the connection has no table to read from.

create function agent_knows(family uuid, person uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select exists (
        select from users where id = person and family_id = family and family = current_family())
$$;

create function agent_note(family uuid, note uuid)
    returns table (id uuid, kind text, title text, body text, place_name text, created_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select id, kind, title, left(body, 8000), place_name, created_at
    from entities where family_id = family and family = current_family() and id = note
$$;

create function agent_recent(family uuid, most bigint)
    returns table (id uuid, title text, excerpt text, created_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select id, title, left(body, 300), created_at
    from entities where family_id = family and family = current_family()
    order by created_at desc, id limit most
$$;

create function agent_near(family uuid, point geography, metres float8, most bigint)
    returns table (id uuid, title text, excerpt text, place_name text, distance_km float8)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select id, title, left(body, 600), place_name,
        round((st_distance(place, point) / 1000)::numeric, 1)::float8 as kilometres
    from entities
    where family_id = family and family = current_family() and st_dwithin(place, point, metres)
    order by kilometres, id limit most
$$;

create function agent_events(family uuid, person uuid, from_time timestamptz, to_time timestamptz)
    returns table (title text, starts_at timestamptz, ends_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select title, lower(during), upper(during) from calendar_events
    where family_id = family and family = current_family() and user_id = person
        and during && tstzrange(from_time, to_time)
    order by lower(during), id limit 200
$$;

create function agent_reminders(family uuid, person uuid, from_time timestamptz, to_time timestamptz)
    returns table (text text, due_at timestamptz, sent boolean)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select text, due_at, sent_at is not null from reminders
    where family_id = family and family = current_family() and user_id = person
        and due_at >= from_time and due_at < to_time
    order by due_at, id limit 200
$$;

-- Linked accounts: Discord names an account, and nobody else knows whose it is.

create function linked_person(of_provider text, account text)
    returns table (id uuid, family_id uuid, time_zone text, subject text, username text, given_family uuid)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select users.id, users.family_id, users.time_zone, users.subject, linked.username, linked.given_family
    from external_accounts as linked join users on users.id = linked.user_id
    where linked.provider = of_provider and linked.external_id = account
        -- Only links that were confirmed count, and only in the family that they were confirmed for.
        and linked.username is not null and linked.linked_family = users.family_id
$$;

-- Redeems the code and creates the link. False when the code was redeemed meanwhile, is another account's,
-- or the person has moved to another family. An account is one person's, and a person has one account.
create function complete_link(of_provider text, account text, code_hash bytea) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    attempt link_attempts;
begin
    delete from link_attempts
    where provider = of_provider and step = 'confirmed' and secret_hash = code_hash and expires_at > now()
    returning * into attempt;
    if not found or attempt.external_id <> account then
        return false;
    end if;
    delete from external_accounts
    where provider = of_provider and (external_id = account or user_id = attempt.user_id);
    insert into external_accounts (family_id, user_id, provider, external_id, account_name, username,
        linked_family, given_family)
    select users.family_id, users.id, of_provider, account, attempt.account_name, attempt.username,
        users.family_id, attempt.given_family
    from users where users.id = attempt.user_id and users.family_id = attempt.linked_family;
    return found;
end;
$$;

create function end_links(of_provider text, account text) returns setof uuid
    language sql security definer set search_path = pg_catalog, public, pg_temp
as $$ delete from external_accounts where provider = of_provider and external_id = account returning id $$;

-- What is due: the schedules ask for everybody.

create function briefing_hours() returns table (time_zone text, briefing_hour smallint)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$ select distinct time_zone, briefing_hour from users $$;

create function waiting_for_briefing(zone text, at_hour smallint, on_day date)
    returns table (id uuid, family_id uuid, time_zone text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select id, family_id, time_zone from users
    where time_zone = zone and briefing_hour = at_hour and not exists (
        select from briefings where user_id = users.id and day = on_day and dispatched_at is not null)
    order by id
$$;

create function due_reminders(moment timestamptz)
    returns table (id uuid, user_id uuid, family_id uuid, text text, due_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select id, user_id, family_id, text, due_at from reminders
    where sent_at is null and due_at <= moment
    order by due_at, id
    limit 500
$$;

create function calendars_to_sync() returns table (id uuid, family_id uuid, url text, etag text)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select id, family_id, url, etag from external_calendars
    order by last_synced_at nulls first, id limit 500
$$;

-- What nobody needs any more.

create function clean_up(moment timestamptz) returns bigint
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
    )
    select (select count(*) from sent) + (select count(*) from told) + (select count(*) from expired)
        + (select count(*) from attempted)
$$;

-- A family takes everything with it; one that is older than an hour cannot be lost to a smoke test.
create function forget_family(family uuid, moment timestamptz) returns setof uuid
    language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
    delete from families where id = family and created_at > moment - interval '1 hour' returning id
$$;

revoke execute on function
    search_entities, find_user, enter_user, linked_person, complete_link, end_links, briefing_hours, waiting_for_briefing,
    due_reminders, calendars_to_sync, clean_up, forget_family, agent_knows, agent_note, agent_recent,
    agent_near, agent_events, agent_reminders
from public;

grant execute on function search_entities to sb_api, sb_discord, sb_alexa, sb_agent;
grant execute on function find_user, enter_user to sb_api, sb_discord;
grant execute on function find_user to sb_alexa;
grant execute on function linked_person, complete_link, end_links to sb_discord;
grant execute on function briefing_hours, waiting_for_briefing, due_reminders, calendars_to_sync to sb_jobs;
grant execute on function agent_knows, agent_note, agent_recent, agent_near, agent_events, agent_reminders
to sb_agent;
grant execute on function clean_up, forget_family to sb_cleanup;
