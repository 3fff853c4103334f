-- What the agent does for a person's family. As in 0008, each carries the family and works only if it is the
-- session's too; what it does is what the API does (0012), so the same roles and bounds hold.

create function agent_family(family uuid, person uuid)
    returns table (family_name text, name text, role text, notes bigint, you boolean)
    language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    select member.family_name, coalesce(nullif(member.name, ''), member.email, ''), member.role, member.notes,
        member.id = $2
    from family_members($2) as member
    where member.family = $1
$$;

create function agent_invite(family uuid, person uuid, hash bytea, as_role text)
    returns table (outcome text, expires_at timestamptz)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
begin
    if family is distinct from current_family() then return; end if;
    return query
        select made.outcome, made.expires_at
        from invite(person, hash, as_role, null, 1::smallint, 7::smallint) as made;
end;
$$;

create function agent_count_try(family uuid, person uuid) returns table (admitted boolean)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
begin
    if family is distinct from current_family() then return; end if;
    return query select counted.admitted from count_code_try(person) as counted;
end;
$$;

-- Without notes: whatever a model was made to do, it gives nobody's notes to another family.
create function agent_join(family uuid, person uuid, hash bytea, only_preview boolean)
    returns table (outcome text, family_name text, role text, staying bigint, links_ending bigint)
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
begin
    if family is distinct from current_family() then return; end if;
    return query
        select moved.outcome, moved.family_name, moved.role, moved.staying, moved.links_ending
        from join_family(person, hash, null, false, only_preview) as moved;
end;
$$;

revoke execute on function agent_family, agent_invite, agent_count_try, agent_join from public;
grant execute on function agent_family, agent_invite, agent_count_try, agent_join to sb_agent;
