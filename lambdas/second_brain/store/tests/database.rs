//! What only a real PostgreSQL can show.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::time::Duration;

use jiff::Timestamp;
use second_brain_domain::calendar::{NewEvent, Window};
use second_brain_domain::entity::{EntityId, Kind, NewEntity, Point};
use second_brain_domain::feed::FeedEvent;
use second_brain_domain::ports::{
    AddEvent, InsertEntity, ListEvents, ReadDay, ReadEntity, ResolveCaller, SearchEntities,
};
use second_brain_domain::reminder::Reminder;
use second_brain_domain::{Caller, Claims, Failure, FamilyId};
use second_brain_store::{Database, Job};
use second_brain_testing::{Login, TestDatabase, meaning, somebody};
use uuid::Uuid;

const SQL: &str = "'; drop table entities; -- $1 \\ \" %s {} /* */";

fn note(title: &str, body: &str) -> NewEntity {
    NewEntity { kind: Kind::Note, title: title.into(), body: body.into(), place: None }
}

fn event(title: &str, from: &str, to: &str) -> NewEvent {
    NewEvent { title: title.into(), starts_at: from.parse().unwrap(), ends_at: to.parse().unwrap() }
}

async fn keep(database: &Database, caller: &Caller, entity: &NewEntity, direction: usize) -> EntityId {
    let id = EntityId(Uuid::new_v4());
    database.insert(id, caller, entity, &meaning(direction), None).await.unwrap();
    id
}

fn whole_november() -> Window {
    Window { from: "2026-11-01T00:00:00Z".parse().unwrap(), to: "2026-12-01T00:00:00Z".parse().unwrap() }
}

#[tokio::test]
async fn another_familys_entity_does_not_exist() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let mine = database.resolve(&somebody()).await.unwrap();
    let other = database.resolve(&somebody()).await.unwrap();
    let id = keep(&database, &mine, &note("Key", "Under the mat"), 0).await;
    assert_eq!(ReadEntity::read(&database, mine.family, id).await.unwrap().title, "Key");
    let refused = ReadEntity::read(&database, other.family, id).await;
    assert!(matches!(refused, Err(Failure::NotFound(_))));
    assert!(database.search(other.family, "key", &meaning(0), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn sql_in_any_field_is_only_text() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let claims =
        Claims { email: Some(SQL.into()), name: Some(SQL.into()), time_zone: Some(SQL.into()), ..somebody() };
    let caller = database.resolve(&claims).await.unwrap();
    let entity = NewEntity { place: Some(SQL.into()), ..note(SQL, SQL) };
    let point = Some(Point { longitude: 13.4, latitude: 52.5 });
    let id = EntityId(Uuid::new_v4());
    database.insert(id, &caller, &entity, &meaning(3), point).await.unwrap();
    let kept = ReadEntity::read(&database, caller.family, id).await.unwrap();
    assert_eq!((kept.title.as_str(), kept.body.as_str()), (SQL, SQL));
    assert_eq!(kept.place.unwrap().point, point);
    assert_eq!(database.search(caller.family, SQL, &meaning(3), 5).await.unwrap()[0].id, id);
    let planned = event(SQL, "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z");
    assert_eq!(database.add_event(&caller, &planned).await.unwrap().title, SQL);
}

#[tokio::test]
async fn inserting_twice_under_one_id_keeps_one() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let caller = database.resolve(&somebody()).await.unwrap();
    let id = EntityId(Uuid::new_v4());
    for _ in 0..2 {
        database.insert(id, &caller, &note("Once", "only"), &meaning(1), None).await.unwrap();
    }
    assert_eq!(database.search(caller.family, "once", &meaning(1), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn search_ranks_by_meaning_and_by_spelling() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let caller = database.resolve(&somebody()).await.unwrap();
    let both = keep(&database, &caller, &note("Boiler manual", "How to bleed the boiler"), 7).await;
    let spelt = keep(&database, &caller, &note("Boilers", "A price list"), 8).await;
    let meant = keep(&database, &caller, &note("Heating", "Radiators"), 7).await;
    for number in 0..20 {
        keep(&database, &caller, &note(&format!("Other {number}"), "Nothing to see"), 100 + number).await;
    }
    let found = database.search(caller.family, "boiler", &meaning(7), 3).await.unwrap();
    let ids: Vec<_> = found.iter().map(|found| found.id).collect();
    assert_eq!(ids[0], both);
    assert!(ids.contains(&spelt) && ids.contains(&meant), "{found:?}");
    assert!(found[0].score <= 1.0 && found.is_sorted_by(|a, b| a.score >= b.score));
}

#[tokio::test]
async fn an_overlap_is_refused_for_one_person_and_only_then() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let (one, other) =
        (database.resolve(&somebody()).await.unwrap(), database.resolve(&somebody()).await.unwrap());
    database.add_event(&one, &event("First", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z")).await.unwrap();
    let overlapping = event("Second", "2026-11-20T09:59:59Z", "2026-11-20T11:00:00Z");
    assert!(matches!(database.add_event(&one, &overlapping).await, Err(Failure::Overlap)));
    database.add_event(&other, &overlapping).await.unwrap();
    database.add_event(&one, &event("Next", "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z")).await.unwrap();
    let titles: Vec<_> =
        database.events(&one, whole_november()).await.unwrap().into_iter().map(|event| event.title).collect();
    assert_eq!(titles, ["First", "Next"]);
}

#[tokio::test]
async fn of_two_bookings_at_the_same_moment_one_wins() {
    let test = TestDatabase::create().await;
    let (left, right) = (test.open(), test.open());
    let caller = left.resolve(&somebody()).await.unwrap();
    let booked = event("Room", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z");
    let (first, second) = tokio::join!(left.add_event(&caller, &booked), right.add_event(&caller, &booked));
    assert_eq!([first.is_ok(), second.is_ok()].into_iter().filter(|won| *won).count(), 1);
}

#[tokio::test]
async fn a_person_is_entered_once_and_their_token_moves_them_nowhere() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let claims = Claims { family: None, time_zone: Some("Nowhere/Land".into()), ..somebody() };
    let first = database.resolve(&claims).await.unwrap();
    assert_eq!(first.time_zone, jiff::tz::TimeZone::UTC);
    assert_eq!(database.resolve(&claims).await.unwrap(), first);
    let family = FamilyId(Uuid::new_v4());
    let moved = Claims { family: Some(family), time_zone: Some("Europe/Berlin".into()), ..claims.clone() };
    let second = database.resolve(&moved).await.unwrap();
    assert_eq!((second.user, second.family), (first.user, first.family));
    assert_eq!(second.time_zone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(database.resolve(&claims).await.unwrap(), second);
}

#[tokio::test]
async fn a_time_zone_that_only_one_side_knows_is_not_stored() {
    let test = TestDatabase::create().await;
    let database = test.open();
    for zone in ["EST5EDT", "XYZ+3", "UTC", "Europe/Berlin", "", "posix/Europe/Berlin"] {
        let claims = Claims { time_zone: Some(zone.into()), ..somebody() };
        let stored = database.resolve(&claims).await.unwrap();
        assert!(stored.time_zone.iana_name().is_some(), "{zone}");
        assert_eq!(database.resolve(&claims).await.unwrap(), stored, "{zone}");
    }
}

#[tokio::test]
async fn a_job_runs_alone_and_frees_its_lock() {
    let test = TestDatabase::create().await;
    let (left, right) = (test.open_as(Login::Jobs), test.open_as(Login::Jobs));
    let outcome = left
        .alone(Job::DailyCleanup, async || {
            let elsewhere = right.alone(Job::DailyCleanup, async || Ok(())).await?;
            let another_job = right.alone(Job::CalendarSync, async || Ok(())).await?;
            Ok((elsewhere, another_job))
        })
        .await
        .unwrap();
    assert_eq!(outcome, Some((None, Some(()))));
    let failing = left.alone(Job::DailyCleanup, async || Err::<(), _>(Failure::NotFound("work"))).await;
    assert!(failing.is_err());
    assert_eq!(right.alone(Job::DailyCleanup, async || Ok(7)).await.unwrap(), Some(7));
}

#[tokio::test]
async fn a_rotated_password_is_read_again() {
    let test = TestDatabase::create().await;
    let right = std::env::var("PGPASSWORD").unwrap();
    let roots = std::env::var("PGSSLROOTCERT").ok();
    let rotated = test.open_with(vec!["the old one".into(), right], roots.clone());
    rotated.resolve(&somebody()).await.unwrap();
    let wrong = test.open_with(vec!["wrong".into()], roots);
    let failure = wrong.resolve(&somebody()).await.unwrap_err();
    assert!(failure.chain().contains("28P01"), "{}", failure.chain());
    assert!(!failure.chain().contains("wrong"));
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_talked_to() {
    let test = TestDatabase::create().await;
    let password = std::env::var("PGPASSWORD").unwrap();
    let with_the_roots_of_rds = test.open_with(vec![password], None);
    assert!(with_the_roots_of_rds.resolve(&somebody()).await.is_err());
}

#[tokio::test]
async fn a_connection_that_died_in_its_sleep_is_made_again() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let claims = somebody();
    let caller = database.resolve(&claims).await.unwrap();
    end_every_session(&test).await;
    assert_eq!(database.resolve(&claims).await.unwrap(), caller);
    let booked = event("Piano", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z");
    database.add_event(&caller, &booked).await.unwrap();
    end_every_session(&test).await;
    assert_eq!(database.events(&caller, whole_november()).await.unwrap().len(), 1, "in its family again");
}

#[tokio::test]
async fn one_connection_serves_one_family_after_the_other() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let (one, other) =
        (database.resolve(&somebody()).await.unwrap(), database.resolve(&somebody()).await.unwrap());
    let booked = event("Piano", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z");
    database.add_event(&one, &booked).await.unwrap();
    let refused = database.add_event(&one, &booked).await.unwrap_err();
    assert!(matches!(refused, Failure::Overlap), "a statement that fails ends its transaction too");
    for (caller, number) in [(&other, 0), (&one, 1), (&other, 0)] {
        assert_eq!(database.events(caller, whole_november()).await.unwrap().len(), number);
    }
    let sessions = "select count(*) from pg_stat_activity
        where datname = current_database() and usename = 'sb_api' and state = 'idle'";
    let idle: i64 = test.owner.query_one(sessions, &[]).await.unwrap().get(0);
    assert_eq!(idle, 1, "one connection, in no transaction");
}

#[tokio::test]
async fn a_caller_that_names_another_family_gets_nothing_of_it() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let (one, other) =
        (database.resolve(&somebody()).await.unwrap(), database.resolve(&somebody()).await.unwrap());
    let mixed = Caller { family: one.family, ..other.clone() };
    let booked = event("Piano", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z");
    database.add_event(&other, &booked).await.unwrap();
    assert!(database.events(&mixed, whole_november()).await.unwrap().is_empty());
    assert!(database.add_event(&mixed, &booked).await.is_err());
}

async fn end_every_session(test: &TestDatabase) {
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    test.owner.execute(kill, &[]).await.unwrap();
}

async fn one_due_reminder(test: &TestDatabase, database: &Database) -> Reminder {
    let caller = database.resolve(&somebody()).await.unwrap();
    let fill = format!(
        "insert into reminders (family_id, user_id, text, due_at) values ('{}', '{}', 'r', now() - interval '1 hour')",
        caller.family.0, caller.user.0
    );
    test.owner.batch_execute(&fill).await.unwrap();
    test.open_as(Login::Jobs).due_reminders(Timestamp::now()).await.unwrap().remove(0)
}

#[tokio::test]
async fn what_a_lost_connection_did_not_commit_is_still_to_do() {
    let test = TestDatabase::create().await;
    let database = test.open_as(Login::Jobs);
    let reminder = one_due_reminder(&test, &test.open()).await;
    let interrupted = database
        .send_once(&reminder, Timestamp::now(), async || {
            end_every_session(&test).await;
            Ok(())
        })
        .await;
    assert!(interrupted.is_err());
    assert_eq!(database.due_reminders(Timestamp::now()).await.unwrap().len(), 1);
    assert!(database.send_once(&reminder, Timestamp::now(), async || Ok(())).await.unwrap());
    assert_eq!(database.due_reminders(Timestamp::now()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn work_given_up_half_way_leaves_no_transaction_open() {
    let test = TestDatabase::create().await;
    let database = test.open_as(Login::Jobs);
    let reminder = one_due_reminder(&test, &test.open()).await;
    let never_ending = database.send_once(&reminder, Timestamp::now(), async || std::future::pending().await);
    assert!(tokio::time::timeout(Duration::from_millis(200), never_ending).await.is_err());
    assert!(database.send_once(&reminder, Timestamp::now(), async || Ok(())).await.unwrap());
    let elsewhere = test.open_as(Login::Jobs);
    assert_eq!(elsewhere.due_reminders(Timestamp::now()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn cleaning_up_takes_what_is_old_and_nothing_else() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let cleanup = test.open_as(Login::Cleanup);
    let caller = database.resolve(&somebody()).await.unwrap();
    let fill = format!(
        "insert into reminders (family_id, user_id, text, due_at, sent_at) select '{family}', '{user}', 'r',
            now() - days * interval '1 day', case when days <> 95 then now() - days * interval '1 day' end
            from unnest(array[89, 91, 95]) days;
        insert into briefings (family_id, user_id, day, text)
            select '{family}', '{user}', current_date - days, 'b' from unnest(array[0, 89, 92, 200]) days;",
        family = caller.family.0,
        user = caller.user.0
    );
    test.owner.batch_execute(&fill).await.unwrap();
    assert_eq!(cleanup.clean_up(Timestamp::now()).await.unwrap(), 3);
    assert_eq!(cleanup.clean_up(Timestamp::now()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_young_family_can_be_forgotten_and_an_older_one_cannot() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let cleanup = test.open_as(Login::Cleanup);
    let young = database.resolve(&somebody()).await.unwrap();
    let old = database.resolve(&somebody()).await.unwrap();
    keep(&database, &young, &note("Key", "Under the mat"), 0).await;
    let aged = format!(
        "update families set created_at = now() - interval '61 minutes' where id = '{}'",
        old.family.0
    );
    test.owner.batch_execute(&aged).await.unwrap();
    assert_eq!(cleanup.forget_family(old.family, Timestamp::now()).await.unwrap(), 0);
    assert_eq!(cleanup.forget_family(young.family, Timestamp::now()).await.unwrap(), 1);
    assert_eq!(cleanup.forget_family(young.family, Timestamp::now()).await.unwrap(), 0);
    let left: i64 = test.owner.query_one("select count(*) from entities", &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn copies_of_a_feed_are_updated_and_pruned_and_may_overlap() {
    let test = TestDatabase::create().await;
    let database = test.open();
    let jobs = test.open_as(Login::Jobs);
    let caller = database.resolve(&somebody()).await.unwrap();
    let subscribe =
        "insert into external_calendars (family_id, user_id, url) values ($1, $2, 'https://x.example')";
    test.owner.execute(subscribe, &[&caller.family.0, &caller.user.0]).await.unwrap();
    let calendar = jobs.external_calendars().await.unwrap().remove(0);
    let copy = |id: &str, title: &str, hour: u8| FeedEvent {
        external_id: id.into(),
        title: title.into(),
        starts_at: format!("2026-11-20T{hour:02}:00:00Z").parse().unwrap(),
        ends_at: format!("2026-11-20T{:02}:30:00Z", hour + 1).parse().unwrap(),
    };
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    let first = [copy("past", "Past", 8), copy("a", "A", 14), copy("b", "B", 14)];
    jobs.copy_feed(&calendar, &first, Some("\"1\""), now).await.unwrap();
    let second = [copy("a", "A, later", 15), copy("c", "C", 16)];
    jobs.copy_feed(&calendar, &second, None, now).await.unwrap();
    let day = database.day(&caller, whole_november()).await.unwrap();
    let titles: Vec<_> = day.events.iter().map(|event| event.title.as_str()).collect();
    assert_eq!(titles, ["Past", "A, later", "C"]);
    assert!(day.events.iter().all(|event| event.external));
}
