-- What each kind of function may do. The logins are created before this file is applied, each with a
-- limit to its connections, by the migrator's custom resource (stacks/second_brain/logins.py lists them);
-- sb_migrator owns everything here. A privilege that no statement of a function needs is not granted.

-- query, ingest, briefing and calendar
grant select, insert on families to sb_api;
grant select, insert, update (family_id, email, time_zone) on users to sb_api;
grant select, insert on entities, calendar_events to sb_api;
grant select on reminders to sb_api;
grant select, insert, update (text) on briefings to sb_api;
grant select, delete on external_accounts to sb_api;

-- discord_webhook: people sign in to link their account, and then ask, remember and are briefed
grant select, insert on families to sb_discord;
grant select, insert, update (family_id, email, time_zone) on users to sb_discord;
grant select, insert on entities to sb_discord;
grant select on calendar_events, reminders to sb_discord;
grant select, insert, update (text) on briefings to sb_discord;
grant select, insert, delete on external_accounts to sb_discord;
grant select, insert, update, delete on link_attempts to sb_discord;

-- alexa_skill: serves people who have been here before
grant select on users, calendar_events, reminders to sb_alexa;
grant select, insert on entities to sb_alexa;
grant select, insert, update (text) on briefings to sb_alexa;

-- briefing_dispatcher, reminder_evaluator and calendar_sync
grant select on users to sb_jobs;
grant select, update (sent_at) on reminders to sb_jobs;
grant select, insert, update (text, dispatched_at) on briefings to sb_jobs;
grant select, update (last_synced_at, etag, last_error) on external_calendars to sb_jobs;
grant select, insert, update (title, during, updated_at), delete on calendar_events to sb_jobs;

-- daily_cleanup
grant select, delete on families, reminders, briefings, link_states, link_attempts to sb_cleanup;

-- the agent
grant select on users, entities to sb_agent;
grant select, insert on calendar_events, reminders to sb_agent;
