-- Accounts at Discord and Alexa that act for a user, and the one-time states that link them.

create table external_accounts (
    id          uuid primary key default gen_random_uuid(),
    family_id   uuid not null,
    user_id     uuid not null,
    provider    text not null check (provider in ('discord', 'alexa')),
    external_id text not null check (char_length(external_id) between 1 and 255),
    created_at  timestamptz not null default now(),
    unique (provider, external_id),
    unique (user_id, provider),
    foreign key (user_id, family_id) references users (id, family_id) on update cascade on delete cascade
);

comment on table external_accounts is 'Who a Discord or Alexa account is here; at most one of each for a user.';

create table link_states (
    state_hash    bytea primary key check (octet_length(state_hash) = 32),
    provider      text not null check (provider in ('discord', 'alexa')),
    external_id   text not null check (char_length(external_id) between 1 and 255),
    code_verifier text not null check (char_length(code_verifier) between 43 and 128),
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null,
    check (expires_at > created_at and expires_at <= created_at + interval '1 hour')
);

comment on table link_states is
    'An account link under way. Redeemed by DELETE … WHERE state_hash = … AND expires_at > now() RETURNING, so only once.';
comment on column link_states.state_hash is 'SHA-256 of the state parameter; the table alone cannot forge a callback.';
comment on column link_states.code_verifier is 'PKCE (RFC 7636): proves at the token endpoint that we began this link.';

create index link_states_by_expiry on link_states (expires_at);
