-- What people do with their families. Each function names a person and works in the family of the session,
-- which must be that person's at this moment: it answers no row where it is not, so that somebody who was
-- moved meanwhile does nothing in the family they left.
--
-- Whatever changes who belongs to a family locks the family's row first (two in the order of their ids), then
-- reads again. So two owners who leave at the same moment leave one after the other, and the second is refused.

-- The person's record, once the family's row is locked; null where they are not of this session's family.
create function acting(person uuid) returns users
    language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
    found_row users;
begin
    perform from families where id = current_family() for update;
    select * into found_row from users
    where id = person and family_id = current_family() and merged_into is null;
    return found_row;
end;
$$;

create function others_in(family uuid, person uuid) returns bigint
    language sql stable set search_path = pg_catalog, public, pg_temp
as $$
    select count(*) from users where family_id = family and id <> person and merged_into is null
$$;

-- Whether the family would have people and no owner without this one.
create function is_needed(who users) returns boolean
    language sql stable set search_path = pg_catalog, public, pg_temp
as $$
    select who.role = 'owner' and others_in(who.family_id, who.id) > 0 and not exists (
        select from users
        where family_id = who.family_id and id <> who.id and role = 'owner' and merged_into is null)
$$;

create function notes_of(person uuid, family uuid) returns bigint
    language sql stable set search_path = pg_catalog, public, pg_temp
as $$ select count(*) from entities where family_id = family and created_by = person $$;

-- Appointments, reminders, briefings and voice notes are the person's and follow by their foreign keys. Links
-- of accounts elsewhere were confirmed for the family that is left, so they end.
create function move_person(person uuid, target uuid, new_role text, with_notes boolean) returns void
    language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
    old_family uuid := (select family_id from users where id = person);
    leaves_empty boolean := others_in(old_family, person) = 0;
begin
    delete from external_accounts where user_id = person;
    delete from family_invitations
    where family_id = old_family and (created_by = person or leaves_empty);
    if with_notes then
        update entities set family_id = target where family_id = old_family and created_by = person;
    end if;
    update users set
        family_id = target,
        role = new_role,
        joined_at = now(),
        home_family = case
            when home_family = target then null when leaves_empty then old_family else home_family end
    where id = person;
end;
$$;

-- Where somebody belongs who is in no other family: the one they left empty, with what waits there, or a new one.
create function family_to_return_to(person uuid) returns uuid
    language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
declare
    home uuid := (select home_family from users where id = person);
    created uuid;
begin
    perform from families where id = home for update;
    if home is not null and others_in(home, person) = 0 then
        return home;
    end if;
    insert into families default values returning id into created;
    -- Somebody else was placed in it meanwhile; what waited is the person's all the same.
    update entities set family_id = created where family_id = home and created_by = person;
    return created;
end;
$$;

create function family_members(person uuid)
    returns table (family uuid, family_name text, id uuid, name text, email text, role text,
        joined_at timestamptz, notes bigint)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select families.id, families.name, member.id, member.display_name, member.email, member.role,
        member.joined_at, notes_of(member.id, families.id)
    from users as me
        join families on families.id = me.family_id
        join users as member on member.family_id = me.family_id and member.merged_into is null
    where me.id = person and me.family_id = current_family() and me.merged_into is null
    order by member.joined_at, member.id
$$;

create function found_family(person uuid, called text) returns table (outcome text)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    me users := acting(person);
begin
    if me.id is null then return; end if;
    if me.role <> 'owner' then
        return query select 'forbidden'; return;
    end if;
    update families set name = called where families.id = me.family_id;
    return query select 'done';
end;
$$;

create function invite(person uuid, hash bytea, as_role text, mail text, uses smallint, days smallint)
    returns table (outcome text, id uuid, expires_at timestamptz)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
declare
    me users := acting(person);
begin
    if me.id is null then return; end if;
    if me.role = 'child' then
        return query select 'forbidden', null::uuid, null::timestamptz; return;
    end if;
    if (select count(*) from family_invitations
        where family_id = me.family_id and uses_left > 0 and expires_at > now()) >= 20 then
        return query select 'too_many', null::uuid, null::timestamptz; return;
    end if;
    return query
        insert into family_invitations (family_id, created_by, code_hash, role, email, uses_left, expires_at)
        values (me.family_id, me.id, hash, as_role, lower(mail), uses, now() + make_interval(days => days))
        returning 'done', family_invitations.id, family_invitations.expires_at;
end;
$$;

create function open_invitations(person uuid)
    returns table (id uuid, created_by uuid, role text, email text, uses_left smallint,
        created_at timestamptz, expires_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select open.id, open.created_by, open.role, open.email, open.uses_left, open.created_at, open.expires_at
    from users as me join family_invitations as open on open.family_id = me.family_id
    where me.id = person and me.family_id = current_family() and me.merged_into is null
        and me.role <> 'child' and open.uses_left > 0 and open.expires_at > now()
    order by open.created_at, open.id
$$;

create function withdraw_invitation(person uuid, invitation uuid) returns table (outcome text)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    me users := acting(person);
    found_row family_invitations;
begin
    if me.id is null then return; end if;
    select * into found_row from family_invitations where id = invitation and family_id = me.family_id;
    if found_row.id is null or me.role = 'child' then
        return query select 'not_found'; return;
    end if;
    if me.role <> 'owner' and found_row.created_by is distinct from me.id then
        return query select 'forbidden'; return;
    end if;
    delete from family_invitations where id = invitation;
    return query select 'done';
end;
$$;

-- Counts a code that is about to be typed; false once there were ten within an hour. Runs and commits before
-- the code is looked at, so that concurrent guesses and those whose request fails count too.
create function count_code_try(person uuid) returns table (admitted boolean)
    language sql security definer set search_path = pg_catalog, public, pg_temp
as $$
    update users set
        code_tries = case when code_tries_from < now() - interval '1 hour' then 1
            else least(code_tries + 1, 11) end,
        code_tries_from = case when code_tries_from < now() - interval '1 hour' then now()
            else code_tries_from end
    where id = person and family_id = current_family() and merged_into is null
    returning code_tries <= 10
$$;

-- `verified` is the address that the caller's token says they verified. A code that expired, was used up, is
-- for another address or was this person's before is one that does not exist.
create function join_family(person uuid, hash bytea, verified text, with_notes boolean, only_preview boolean)
    returns table (outcome text, family uuid, family_name text, role text, moving bigint, staying bigint,
        links_ending bigint)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
declare
    asked family_invitations;
    me users;
    own bigint;
begin
    select * into asked from family_invitations where code_hash = hash;
    perform from families where families.id in (current_family(), asked.family_id) order by families.id for update;
    me := acting(person);
    if me.id is null then return; end if;
    select * into asked from family_invitations where code_hash = hash;
    if asked.family_id = me.family_id then
        return query select 'already', me.family_id, families.name, me.role, 0::bigint, 0::bigint, 0::bigint
            from families where families.id = me.family_id;
        return;
    end if;
    if asked.id is null or asked.uses_left = 0 or asked.expires_at <= now()
        or asked.email is distinct from coalesce(lower(verified), '') and asked.email is not null
        or exists (select from invitation_uses where invitation_id = asked.id and user_id = person) then
        return query select 'not_found', null::uuid, null, null, 0::bigint, 0::bigint, 0::bigint; return;
    end if;
    if others_in(asked.family_id, person) >= 50 then
        return query select 'full', null::uuid, null, null, 0::bigint, 0::bigint, 0::bigint; return;
    end if;
    if is_needed(me) then
        return query select 'last_owner', null::uuid, null, null, 0::bigint, 0::bigint, 0::bigint; return;
    end if;
    own := notes_of(person, me.family_id);
    return query
        select case when only_preview then 'preview' else 'done' end, families.id, families.name, asked.role,
            case when with_notes then own else 0 end, case when with_notes then 0 else own end,
            (select count(*) from external_accounts where user_id = person)
        from families where families.id = asked.family_id;
    if only_preview then return; end if;
    update family_invitations set uses_left = uses_left - 1 where family_invitations.id = asked.id;
    insert into invitation_uses (invitation_id, family_id, user_id) values (asked.id, asked.family_id, person);
    perform move_person(person, asked.family_id, asked.role, with_notes);
end;
$$;

create function leave_family(person uuid, with_notes boolean, only_preview boolean)
    returns table (outcome text, family uuid, moving bigint, staying bigint, links_ending bigint)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
declare
    me users := acting(person);
    own bigint;
    ending bigint;
    target uuid;
begin
    if me.id is null then return; end if;
    if others_in(me.family_id, person) = 0 then
        return query select 'already', me.family_id, 0::bigint, 0::bigint, 0::bigint; return;
    end if;
    if is_needed(me) then
        return query select 'last_owner', null::uuid, 0::bigint, 0::bigint, 0::bigint; return;
    end if;
    own := notes_of(person, me.family_id);
    ending := (select count(*) from external_accounts where user_id = person);
    if not only_preview then
        target := family_to_return_to(person);
        perform move_person(person, target, 'owner', with_notes);
    end if;
    return query select case when only_preview then 'preview' else 'done' end, target,
        case when with_notes then own else 0 end, case when with_notes then 0 else own end, ending;
end;
$$;

-- What somebody wrote goes with them: an owner cannot keep it by removing them.
create function remove_member(person uuid, removed uuid, only_preview boolean)
    returns table (outcome text, moving bigint, links_ending bigint)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    me users := acting(person);
    own bigint;
    ending bigint;
begin
    if me.id is null then return; end if;
    if me.role <> 'owner' then
        return query select 'forbidden', 0::bigint, 0::bigint; return;
    end if;
    if removed = person then
        return query select 'self', 0::bigint, 0::bigint; return;
    end if;
    if not exists (
        select from users where id = removed and family_id = me.family_id and merged_into is null) then
        return query select 'not_found', 0::bigint, 0::bigint; return;
    end if;
    own := notes_of(removed, me.family_id);
    ending := (select count(*) from external_accounts where user_id = removed);
    if not only_preview then
        perform move_person(removed, family_to_return_to(removed), 'owner', true);
    end if;
    return query select case when only_preview then 'preview' else 'done' end, own, ending;
end;
$$;

create function change_role(person uuid, changed uuid, new_role text) returns table (outcome text)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
    me users := acting(person);
    them users;
begin
    if me.id is null then return; end if;
    if me.role <> 'owner' then
        return query select 'forbidden'; return;
    end if;
    select * into them from users where id = changed and family_id = me.family_id and merged_into is null;
    if them.id is null then
        return query select 'not_found'; return;
    end if;
    if new_role <> 'owner' and them.role = 'owner' and not exists (
        select from users
        where family_id = me.family_id and id <> changed and role = 'owner' and merged_into is null) then
        return query select 'last_owner'; return;
    end if;
    update users set role = new_role where id = changed;
    if new_role = 'child' then
        delete from family_invitations where created_by = changed;
    end if;
    return query select 'done';
end;
$$;

revoke execute on function
    acting, others_in, is_needed, notes_of, move_person, family_to_return_to, family_members, found_family,
    invite, open_invitations, withdraw_invitation, count_code_try, join_family, leave_family, remove_member,
    change_role
from public;

grant execute on function
    family_members, found_family, invite, open_invitations, withdraw_invitation, count_code_try, join_family,
    leave_family, remove_member, change_role
to sb_api;
