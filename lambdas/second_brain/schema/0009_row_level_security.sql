-- A statement sees the rows of its transaction's family and no others, whatever its `where` says; without a
-- family it sees none. The owner's policy is for the functions across families, and for programs of the
-- versions before the logins, which sign in as the master, a member of the owner.
--
-- This guards against a forgotten condition. Whoever takes over a whole function can name any family; what
-- that function may then do is what its login was granted.

do $$
declare
    name text;
begin
    foreach name in array array[
        'users', 'entities', 'external_calendars', 'calendar_events', 'reminders', 'briefings',
        'external_accounts']
    loop
        execute format('create policy own_family on %I using (family_id = current_family())', name);
        execute format('create policy owner on %I to sb_migrator using (true)', name);
        execute format('alter table %I enable row level security, force row level security', name);
    end loop;
end;
$$;

create policy own_family on families using (id = current_family());
create policy owner on families to sb_migrator using (true);
alter table families enable row level security, force row level security;

-- What the functions of version 8 do, their logins need not be able to do any more.
revoke all on families, users from sb_api, sb_discord, sb_alexa, sb_jobs;
revoke all on external_accounts from sb_discord;
revoke select on users, entities, calendar_events, reminders from sb_agent;
revoke all on families, reminders, briefings, link_states, link_attempts from sb_cleanup;
