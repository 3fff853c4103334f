//! Statements that name no family: those on tables that have none, and the functions that look across
//! families in the caller's place. Nothing else can be run without a family (`connection::FamilySession`).

/// A statement of this file.
pub(crate) struct OutsideFamilies(&'static str);

impl OutsideFamilies {
    pub(crate) const fn sql(&self) -> &'static str {
        self.0
    }
}

pub(crate) const FIND_USER: OutsideFamilies =
    OutsideFamilies("select id, family_id, time_zone from find_user($1)");
pub(crate) const ENTER_USER: OutsideFamilies =
    OutsideFamilies("select id, family_id, time_zone from enter_user($1, $2, $3, $4, $5, $6)");

pub(crate) const BRIEFING_HOURS: OutsideFamilies =
    OutsideFamilies("select time_zone, briefing_hour from briefing_hours()");
pub(crate) const WAITING_FOR_BRIEFING: OutsideFamilies =
    OutsideFamilies("select id, family_id, time_zone from waiting_for_briefing($1, $2, $3)");
pub(crate) const DUE_REMINDERS: OutsideFamilies =
    OutsideFamilies("select id, user_id, family_id, text, due_at from due_reminders($1)");
pub(crate) const CALENDARS_TO_SYNC: OutsideFamilies =
    OutsideFamilies("select id, family_id, url, etag from calendars_to_sync()");

pub(crate) const FIND_VOICE_NOTE: OutsideFamilies = OutsideFamilies(
    "select note, id, family_id, time_zone, content_type, bytes, state, reason, created_at
    from find_voice_note($1)",
);

pub(crate) const CLEAN_UP: OutsideFamilies = OutsideFamilies("select clean_up($1)");
pub(crate) const FORGET_FAMILY: OutsideFamilies = OutsideFamilies("select forget_family($1, $2)");

pub(crate) const LINKED_PERSON: OutsideFamilies = OutsideFamilies(
    "select id, family_id, time_zone, subjects, username, given_family from linked_person_of($1, $2)",
);
pub(crate) const COMPLETE_LINK: OutsideFamilies =
    OutsideFamilies("select complete_link($1, $2, $3) as linked");
pub(crate) const END_LINKS: OutsideFamilies = OutsideFamilies("select end_links($1, $2)");

pub(crate) const LOCK: OutsideFamilies = OutsideFamilies("select pg_try_advisory_lock($1)");
pub(crate) const UNLOCK: OutsideFamilies = OutsideFamilies("select pg_advisory_unlock($1)");

// Attempts at a link belong to an account elsewhere, of which nobody knows yet whose it is.

pub(crate) const BEGIN_ATTEMPT: OutsideFamilies = OutsideFamilies(
    "
    insert into link_attempts (provider, external_id, account_name, step, secret_hash)
    values ($1, $2, $3, 'asked', $4)
    on conflict (provider, external_id) do update set
        account_name = excluded.account_name, step = 'asked', secret_hash = excluded.secret_hash,
        browser_hash = null, code_verifier = null, user_id = null, linked_family = null,
        given_family = null, username = null, wrong_codes = 0,
        created_at = excluded.created_at, expires_at = excluded.expires_at",
);
pub(crate) const FIND_REQUEST: OutsideFamilies = OutsideFamilies(
    "
    select external_id, account_name from link_attempts
    where provider = $1 and step = 'asked' and secret_hash = $2 and expires_at > now()",
);
/// Runs before a step is redeemed, because only a read reconnects when the server has closed the connection.
pub(crate) const FIND_STEP: OutsideFamilies = OutsideFamilies(
    "
    select provider from link_attempts
    where provider = $1 and step = $2 and secret_hash = $3 and expires_at > now()",
);
pub(crate) const REDEEM_STEP: OutsideFamilies = OutsideFamilies(
    "
    delete from link_attempts
    where provider = $1 and step = $2 and secret_hash = $3 and expires_at > now()
    returning external_id, account_name, browser_hash, code_verifier, user_id, linked_family,
        given_family, username",
);
pub(crate) const INSERT_STEP: OutsideFamilies = OutsideFamilies(
    "
    insert into link_attempts (provider, external_id, account_name, step, secret_hash, browser_hash,
        code_verifier, user_id, linked_family, given_family, username)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    on conflict do nothing
    returning provider",
);
/// Counts the attempt before the code is compared, so that concurrent attempts count too.
pub(crate) const COUNT_ATTEMPT: OutsideFamilies = OutsideFamilies(
    "
    update link_attempts set wrong_codes = wrong_codes + 1
    where provider = $1 and external_id = $2 and step = 'confirmed' and expires_at > now()
        and wrong_codes < 5
    returning secret_hash",
);
pub(crate) const DELETE_ATTEMPT: OutsideFamilies =
    OutsideFamilies("delete from link_attempts where provider = $1 and external_id = $2");
