-- Links confirmed by both sides: the Discord account that typed /link, and the person who signed in.
--
-- A link takes four steps; each has a secret that works once:
--   asked      /link was typed at Discord; the secret is the ticket in the page's address
--   opened     a browser started the sign-in; the secret is the OAuth state
--   signed_in  a person signed in, in that browser; the secret is the value of the confirmation form
--   confirmed  that person confirmed; the secret is the code that the account must send at Discord
-- A step is redeemed by DELETE … RETURNING and the next one inserted, so a replay finds no row.

create table link_attempts (
    provider      text not null check (provider in ('discord', 'alexa')),
    external_id   text not null check (char_length(external_id) between 1 and 255),
    account_name  text not null default '' check (char_length(account_name) <= 64),
    step          text not null check (step in ('asked', 'opened', 'signed_in', 'confirmed')),
    secret_hash   bytea not null unique check (octet_length(secret_hash) = 32),
    browser_hash  bytea check (octet_length(browser_hash) = 32),
    code_verifier text check (char_length(code_verifier) between 43 and 128),
    user_id       uuid references users (id) on delete cascade,
    linked_family uuid,
    given_family  uuid,
    username      text check (char_length(username) between 1 and 128),
    wrong_codes   smallint not null default 0,
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null default now() + interval '10 minutes',
    primary key (provider, external_id),
    check (expires_at > created_at and expires_at <= created_at + interval '10 minutes'),
    check ((browser_hash is not null) = (step in ('opened', 'signed_in'))),
    check ((code_verifier is not null) = (step = 'opened')),
    check ((user_id is not null and linked_family is not null and username is not null)
        = (step in ('signed_in', 'confirmed')))
);

comment on table link_attempts is
    'Account links in progress, at most one for each account; secrets, cookies and codes as SHA-256 only.';
comment on column link_attempts.browser_hash is 'SHA-256 of the cookie that was set in the browser of this attempt.';

create index link_attempts_by_expiry on link_attempts (expires_at);
create index link_attempts_by_user on link_attempts (user_id);

alter table external_accounts
    add column account_name  text not null default '' check (char_length(account_name) <= 64),
    add column username      text check (char_length(username) between 1 and 128),
    add column linked_family uuid,
    add column given_family  uuid;

comment on column external_accounts.username is
    'For AdminGetUser. Null in links that were created without a confirmation; those are ignored.';
comment on column external_accounts.linked_family is
    'The family at the time of the link; family_id follows a person who moves, and the link then ends.';
comment on column external_accounts.given_family is
    'custom:family_id at the time of the link, or null.';

-- These were created without a confirmation: an attacker could link their account by sending the page.
delete from external_accounts where provider = 'discord';

comment on table link_states is
    'Used only by versions of the functions before link_attempts; links created with it are ignored.';
