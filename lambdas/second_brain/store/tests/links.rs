//! Accounts elsewhere and what links them, on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use jiff::Timestamp;
use second_brain_domain::family::{KeepFamilies, NewInvitation, Role, Terms};
use second_brain_domain::ports::{EndLink, ListLinks, ResolveCaller};
use second_brain_domain::{Caller, Claims, Failure};
use second_brain_store::{Database, ExternalAccount, Provider, SignedInUser, Step, StepName};
use second_brain_testing::{Login, TestDatabase, somebody};

fn account(id: &str) -> ExternalAccount {
    ExternalAccount { provider: Provider::Discord, id: id.into(), name: format!("name-{id}") }
}

fn confirmed(caller: &Caller) -> Step {
    Step::Confirmed { person: SignedInUser::of(caller, Some(caller.family), "username".into()) }
}

async fn link(database: &Database, account: &ExternalAccount, caller: &Caller) -> bool {
    assert!(database.insert_link_step(account, &confirmed(caller), &[9; 32]).await.unwrap());
    assert_eq!(database.try_link_code(Provider::Discord, &account.id).await.unwrap().unwrap(), [9; 32]);
    database.complete_link(Provider::Discord, &account.id, &[9; 32]).await.unwrap()
}

#[tokio::test]
async fn each_secret_of_a_link_works_once_in_its_own_step() {
    let test = TestDatabase::create().await;
    let database = test.open_as(Login::Discord);
    let asked = account("42");
    database.begin_link(&asked, &[1; 32]).await.unwrap();
    let take =
        async |step, hash: [u8; 32]| database.redeem_link_step(Provider::Discord, step, &hash).await.unwrap();
    for step in [StepName::Opened, StepName::SignedIn, StepName::Confirmed] {
        assert_eq!(take(step, [1; 32]).await, None, "{step:?}");
    }
    assert_eq!(database.redeem_link_step(Provider::Alexa, StepName::Asked, &[1; 32]).await.unwrap(), None);
    for _ in 0..2 {
        let shown = database.find_link_request(Provider::Discord, &[1; 32]).await.unwrap();
        assert_eq!(shown.as_ref(), Some(&asked), "looking changes nothing");
    }
    assert_eq!(take(StepName::Asked, [1; 32]).await, Some((asked.clone(), Step::Asked)));
    assert_eq!(take(StepName::Asked, [1; 32]).await, None);
    assert_eq!(database.find_link_request(Provider::Discord, &[1; 32]).await.unwrap(), None);
    let opened = Step::Opened { browser_hash: vec![5; 32], code_verifier: "v".repeat(43) };
    assert!(database.insert_link_step(&asked, &opened, &[2; 32]).await.unwrap());
    assert_eq!(take(StepName::Opened, [2; 32]).await, Some((asked.clone(), opened)));
    assert_eq!(take(StepName::Opened, [2; 32]).await, None);
}

#[tokio::test]
async fn an_expired_step_of_a_link_is_nothing() {
    let test = TestDatabase::create().await;
    let database = test.open_as(Login::Discord);
    let caller = database.resolve(&somebody()).await.unwrap();
    let age = "update link_attempts set created_at = now() - interval '10 minutes', expires_at = now()";
    database.begin_link(&account("42"), &[1; 32]).await.unwrap();
    database.insert_link_step(&account("43"), &confirmed(&caller), &[2; 32]).await.unwrap();
    test.owner.batch_execute(age).await.unwrap();
    assert_eq!(database.find_link_request(Provider::Discord, &[1; 32]).await.unwrap(), None);
    assert_eq!(database.redeem_link_step(Provider::Discord, StepName::Asked, &[1; 32]).await.unwrap(), None);
    assert_eq!(database.try_link_code(Provider::Discord, "43").await.unwrap(), None);
    assert!(!database.complete_link(Provider::Discord, "43", &[2; 32]).await.unwrap());
    assert_eq!(test.open_as(Login::Cleanup).clean_up(Timestamp::now()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_newer_attempt_of_an_account_replaces_the_older() {
    let test = TestDatabase::create().await;
    let database = test.open_as(Login::Discord);
    database.begin_link(&account("42"), &[1; 32]).await.unwrap();
    let (older, _) =
        database.redeem_link_step(Provider::Discord, StepName::Asked, &[1; 32]).await.unwrap().unwrap();
    database.begin_link(&account("42"), &[2; 32]).await.unwrap();
    let opened = Step::Opened { browser_hash: vec![5; 32], code_verifier: "v".repeat(43) };
    assert!(!database.insert_link_step(&older, &opened, &[3; 32]).await.unwrap());
    database.begin_link(&account("42"), &[4; 32]).await.unwrap();
    assert_eq!(database.find_link_request(Provider::Discord, &[2; 32]).await.unwrap(), None);
    assert!(database.find_link_request(Provider::Discord, &[4; 32]).await.unwrap().is_some());
}

#[tokio::test]
async fn a_code_can_be_tried_five_times_even_at_the_same_moment() {
    let test = TestDatabase::create().await;
    let (left, right) = (test.open_as(Login::Discord), test.open_as(Login::Discord));
    let caller = left.resolve(&somebody()).await.unwrap();
    left.insert_link_step(&account("42"), &confirmed(&caller), &[9; 32]).await.unwrap();
    let mut tries = 0;
    for _ in 0..4 {
        let (first, second) = tokio::join!(
            left.try_link_code(Provider::Discord, "42"),
            right.try_link_code(Provider::Discord, "42")
        );
        tries += [first.unwrap(), second.unwrap()].iter().flatten().count();
    }
    assert_eq!(tries, 5);
}

#[tokio::test]
async fn the_newest_link_of_an_account_wins() {
    let test = TestDatabase::create().await;
    let database = test.open_as(Login::Discord);
    let (one, other) =
        (database.resolve(&somebody()).await.unwrap(), database.resolve(&somebody()).await.unwrap());
    assert_eq!(database.linked(Provider::Discord, "42").await.unwrap(), None);
    for person in [&one, &one, &other] {
        assert!(link(&database, &account("42"), person).await);
        let linked = database.linked(Provider::Discord, "42").await.unwrap().unwrap();
        assert_eq!((&linked.caller, linked.given_family), (person, Some(person.family)));
        assert!(
            !database.complete_link(Provider::Discord, "42", &[9; 32]).await.unwrap(),
            "a code works once"
        );
    }
    assert!(link(&database, &account("43"), &other).await);
    assert_eq!(database.linked(Provider::Discord, "42").await.unwrap(), None);
}

#[tokio::test]
async fn a_link_ends_when_its_person_moves_and_is_not_made_for_one_who_moved_meanwhile() {
    let test = TestDatabase::create().await;
    let database = test.open_as(Login::Discord);
    let claims = somebody();
    let before = database.resolve(&claims).await.unwrap();
    assert!(link(&database, &account("42"), &before).await);
    database.insert_link_step(&account("43"), &confirmed(&before), &[8; 32]).await.unwrap();
    let other = test.open();
    let host = other.resolve(&somebody()).await.unwrap();
    let new = NewInvitation { role: Role::Member, email: None, uses: 1, days: 1 };
    other.invite(&host, &new, &[7; 32]).await.unwrap();
    other.join(&before, &[7; 32], None, Terms { bring_notes: true, dry_run: false }).await.unwrap();
    let after = database.resolve(&claims).await.unwrap();
    assert_eq!((after.user, after.family), (before.user, host.family));
    assert_eq!(database.linked(Provider::Discord, "42").await.unwrap(), None);
    assert!(test.open().links(&after).await.unwrap().is_empty());
    assert!(!database.complete_link(Provider::Discord, "43", &[8; 32]).await.unwrap());
    assert_eq!(database.linked(Provider::Discord, "43").await.unwrap(), None);
}

#[tokio::test]
async fn a_link_that_was_never_confirmed_does_not_count() {
    let test = TestDatabase::create().await;
    let database = test.open_as(Login::Discord);
    let caller = database.resolve(&somebody()).await.unwrap();
    let by_an_earlier_version = format!(
        "insert into external_accounts (family_id, user_id, provider, external_id)
            values ('{}', '{}', 'discord', '42')",
        caller.family.0, caller.user.0
    );
    test.owner.batch_execute(&by_an_earlier_version).await.unwrap();
    assert_eq!(database.linked(Provider::Discord, "42").await.unwrap(), None);
    assert!(link(&database, &account("42"), &caller).await, "and does not stand in the way");
    assert!(database.linked(Provider::Discord, "42").await.unwrap().is_some());
}

#[tokio::test]
async fn links_are_listed_and_ended_by_their_own_person_only() {
    let test = TestDatabase::create().await;
    let database = test.open_as(Login::Discord);
    let claims = somebody();
    let one = database.resolve(&claims).await.unwrap();
    let relative = database.resolve(&Claims { family: claims.family, ..somebody() }).await.unwrap();
    assert!(link(&database, &account("42"), &one).await);
    let listed = test.open().links(&one).await.unwrap();
    assert_eq!((listed[0].account_id.as_str(), listed[0].account_name.as_str()), ("42", "name-42"));
    assert!(test.open().links(&relative).await.unwrap().is_empty());
    let id = listed[0].id;
    assert!(matches!(test.open().end_link(&relative, id).await, Err(Failure::NotFound(_))));
    test.open().end_link(&one, id).await.unwrap();
    assert!(matches!(test.open().end_link(&one, id).await, Err(Failure::NotFound(_))));
    assert_eq!(database.linked(Provider::Discord, "42").await.unwrap(), None);
}

#[tokio::test]
async fn unlinking_ends_the_link_and_what_is_under_way() {
    let test = TestDatabase::create().await;
    let database = test.open_as(Login::Discord);
    let caller = database.resolve(&somebody()).await.unwrap();
    assert!(link(&database, &account("42"), &caller).await);
    database.begin_link(&account("42"), &[1; 32]).await.unwrap();
    assert!(database.unlink(Provider::Discord, "42").await.unwrap());
    assert!(!database.unlink(Provider::Discord, "42").await.unwrap());
    assert_eq!(database.linked(Provider::Discord, "42").await.unwrap(), None);
    assert_eq!(database.find_link_request(Provider::Discord, &[1; 32]).await.unwrap(), None);
}
