//! What an operation sees of the queue: its turn, its limits, and that nothing is lost of it.

use std::sync::Arc;

use super::*;

fn limits(
    max_size: u32,
    tenants: bson::Document,
    more: bson::Document,
) -> (config::Pool, config::Tenants) {
    let mut options = bson::doc! { "maxPoolSize": max_size, "tenants": tenants };
    options.extend(more);
    let config = config::Config::resolve("mongodb://h", &options).unwrap();
    (config.pool, config.tenants)
}

fn admission(max_size: u32, servers: usize, wait: Option<u32>) -> Arc<Admission> {
    with(max_size, servers, bson::doc! {}, bson::doc! { "waitQueueTimeoutMS": wait.unwrap_or(0) })
}

fn with(
    max_size: u32,
    servers: usize,
    tenants: bson::Document,
    more: bson::Document,
) -> Arc<Admission> {
    let (pool, tenants) = limits(max_size, tenants, more);
    Arc::new(Admission::new(&pool, tenants, servers))
}

fn of(database: &str) -> Entrant<'_> {
    Entrant { reach: Reach::Primary, database, standing: Standing::Ordinary }
}

const PRIMARY: Entrant<'static> =
    Entrant { reach: Reach::Primary, database: "db", standing: Standing::Ordinary };
const MEMBERS: Entrant<'static> = Entrant { reach: Reach::Members, ..PRIMARY };

impl Admission {
    fn waiting(&self) -> usize {
        self.state.lock().queue.waiting()
    }
}

/// Runs what is ready.
async fn settle(admission: &Admission, waiting: usize) {
    while admission.waiting() != waiting {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn times_out_a_waiter_and_says_how_long_the_queue_was() {
    let admission = admission(1, 1, Some(50));
    let _place = admission.admit(PRIMARY).await.unwrap();
    let error = admission.admit(PRIMARY).await.map(drop).unwrap_err();
    assert!(
        matches!(error, Error::WaitQueueTimeout { waited_ms: 50, waiting: 1, max_pool_size: 1 }),
        "{error:?}"
    );
    assert_eq!(admission.waiting(), 0);
}

#[tokio::test]
async fn counts_the_time_of_those_who_waited_in_vain() {
    let admission = admission(1, 1, Some(20));
    let _place = admission.admit(PRIMARY).await.unwrap();
    assert!(admission.admit(PRIMARY).await.is_err());
    let times = admission.state().wait_times;
    assert_eq!((times.count(), times.waited()), (2, 1));
    assert!(times.sum() >= Duration::from_millis(20));
}

#[tokio::test]
async fn says_how_many_wait_by_database() {
    let admission = admission(1, 1, None);
    let place = admission.admit(PRIMARY).await.unwrap();
    let listening = Entrant { standing: Standing::Listening, ..of("a") };
    let entrants = [of("a"), of("b"), of("a"), listening];
    let mut waiters: Vec<_> = entrants.map(|one| Box::pin(admission.admit(one))).into();
    for waiter in &mut waiters {
        assert!(futures_util::poll!(waiter).is_pending());
    }
    let _seeking = admission.seek(of("b")).unwrap();
    let QueueState { waiting, by_database, .. } = admission.state();
    let by_name: Vec<_> = by_database.iter().map(|(name, count)| (&**name, *count)).collect();
    assert_eq!((waiting, by_name), (5, vec![("a", 2), ("b", 2)]));
    drop(waiters);
    drop(place);
    assert_eq!(admission.state().by_database.len(), 1, "one waits for a server");
}

#[tokio::test]
async fn leaks_no_place_when_a_waiter_is_cancelled() {
    let admission = admission(1, 1, None);
    let place = admission.admit(PRIMARY).await.unwrap();
    let cancelled = tokio::time::timeout(Duration::from_millis(1), admission.admit(PRIMARY)).await;
    assert!(cancelled.is_err());
    assert_eq!(admission.waiting(), 0);
    drop(place);
    assert!(admission.admit(PRIMARY).await.is_ok());
}

#[tokio::test]
async fn leaks_no_place_when_a_waiter_is_cancelled_after_its_turn_has_come() {
    let admission = admission(1, 1, None);
    let place = admission.admit(PRIMARY).await.unwrap();
    let mut waiter = Box::pin(admission.admit(PRIMARY));
    assert!(futures_util::poll!(&mut waiter).is_pending());
    drop(place);
    assert_eq!(admission.waiting(), 0, "it has been called");
    drop(waiter);
    let again = tokio::time::timeout(Duration::from_secs(5), admission.admit(PRIMARY)).await;
    assert!(again.is_ok_and(|place| place.is_ok()));
}

#[tokio::test]
async fn keeps_reads_of_other_members_out_of_the_primarys_queue() {
    let admission = admission(1, 3, Some(1));
    let _primary = admission.admit(PRIMARY).await.unwrap();
    let _first = admission.admit(MEMBERS).await.unwrap();
    let _second = admission.admit(MEMBERS).await.unwrap();
    assert!(admission.admit(MEMBERS).await.is_err());
}

#[tokio::test]
async fn admits_in_order_of_arrival() {
    let admission = admission(1, 1, None);
    let place = admission.admit(PRIMARY).await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let waiters: Vec<_> = (0..3)
        .map(|turn| {
            let (admission, order) = (Arc::clone(&admission), Arc::clone(&order));
            tokio::spawn(async move {
                let _place = admission.admit(PRIMARY).await.unwrap();
                order.lock().push(turn);
            })
        })
        .collect();
    settle(&admission, 3).await;
    drop(place);
    for waiter in waiters {
        waiter.await.unwrap();
    }
    assert_eq!(*order.lock(), [0, 1, 2]);
}

#[tokio::test]
async fn delays_another_databases_first_by_one_turn_of_a_crowd() {
    let admission = admission(1, 1, None);
    let place = admission.admit(PRIMARY).await.unwrap();
    let served = Arc::new(Mutex::new(0));
    let crowd: Vec<_> = (0..10_000)
        .map(|_| {
            let (admission, served) = (Arc::clone(&admission), Arc::clone(&served));
            tokio::spawn(async move {
                let _place = admission.admit(of("crowd")).await.unwrap();
                *served.lock() += 1;
            })
        })
        .collect();
    settle(&admission, 10_000).await;
    let other = {
        let (admission, served) = (Arc::clone(&admission), Arc::clone(&served));
        tokio::spawn(async move {
            let _place = admission.admit(of("other")).await.unwrap();
            *served.lock()
        })
    };
    settle(&admission, 10_001).await;
    drop(place);
    assert!(other.await.unwrap() <= 1, "the crowd went before it");
    for one in crowd {
        one.await.unwrap();
    }
}

#[tokio::test]
async fn keeps_a_database_to_its_cap_and_leaves_the_others_alone() {
    let tenants = bson::doc! { "maxConcurrent": 2, "byName": { "big": { "maxConcurrent": 3 } } };
    let admission = with(10, 1, tenants, bson::doc! { "waitQueueTimeoutMS": 1 });
    let mut places = Vec::new();
    for database in ["a", "a", "b", "b", "big", "big", "big"] {
        places.push(admission.admit(of(database)).await.unwrap());
    }
    for database in ["a", "b", "big"] {
        assert!(admission.admit(of(database)).await.is_err(), "{database} has its fill");
    }
    for standing in [Standing::Urgent, Standing::Listening] {
        places.push(admission.admit(Entrant { standing, ..of("a") }).await.unwrap());
    }
}

#[tokio::test]
async fn refuses_what_would_make_the_queue_too_long() {
    let admission = with(1, 1, bson::doc! {}, bson::doc! { "maxQueued": 2 });
    let _place = admission.admit(PRIMARY).await.unwrap();
    let mut waiters = [Box::pin(admission.admit(PRIMARY)), Box::pin(admission.admit(of("b")))];
    for waiter in &mut waiters {
        assert!(futures_util::poll!(waiter).is_pending());
    }
    let error = admission.admit(PRIMARY).await.map(drop).unwrap_err();
    assert!(matches!(error, Error::PoolOverloaded { waiting: 2, database: None }), "{error:?}");
    let mut begun = Box::pin(admission.admit(Entrant { standing: Standing::Begun, ..PRIMARY }));
    assert!(futures_util::poll!(&mut begun).is_pending(), "what has begun may end");
}

#[tokio::test]
async fn refuses_a_database_whose_own_queue_is_too_long() {
    let tenants = bson::doc! { "maxQueued": 1 };
    let admission = with(1, 1, tenants, bson::doc! {});
    let _place = admission.admit(PRIMARY).await.unwrap();
    let mut waiter = Box::pin(admission.admit(of("a")));
    assert!(futures_util::poll!(&mut waiter).is_pending());
    let error = admission.admit(of("a")).await.map(drop).unwrap_err();
    assert!(
        matches!(&error, Error::PoolOverloaded { waiting: 1, database: Some(name) } if name == "a"),
        "{error:?}"
    );
    let mut other = Box::pin(admission.admit(of("b")));
    assert!(futures_util::poll!(&mut other).is_pending());
}

#[tokio::test]
async fn a_database_makes_room_for_its_next_when_one_of_its_places_comes_back() {
    let admission = with(10, 1, bson::doc! { "maxConcurrent": 1 }, bson::doc! {});
    let place = admission.admit(of("a")).await.unwrap();
    let mut waiter = Box::pin(admission.admit(of("a")));
    assert!(futures_util::poll!(&mut waiter).is_pending());
    drop(place);
    assert!(waiter.await.is_ok());
    assert_eq!(admission.state.lock().wait_times.waited(), 1);
}

/// Prints what a place costs that nobody else wants: `cargo test … -- --nocapture --ignored costs`.
#[tokio::test]
#[ignore = "a measurement"]
async fn costs_of_a_place_without_a_queue() {
    const ROUNDS: u32 = 2_000_000;
    for (what, tenants) in
        [("without caps", bson::doc! {}), ("with caps", bson::doc! { "maxConcurrent": 20 })]
    {
        let admission = with(100, 1, tenants, bson::doc! {});
        let semaphore = tokio::sync::Semaphore::new(100);
        for _ in 0..2 {
            let started = std::time::Instant::now();
            for _ in 0..ROUNDS {
                drop(std::hint::black_box(admission.admit(PRIMARY).await));
            }
            let ours = started.elapsed() / ROUNDS;
            let started = std::time::Instant::now();
            for _ in 0..ROUNDS {
                drop(std::hint::black_box(semaphore.try_acquire()));
            }
            println!("{what}: {ours:?}; Semaphore::try_acquire: {:?}", started.elapsed() / ROUNDS);
        }
    }
}

#[tokio::test]
async fn forgets_databases_that_it_refuses() {
    let admission = with(1, 1, bson::doc! { "maxQueued": 1 }, bson::doc! {});
    let _place = admission.admit(Entrant { standing: Standing::Urgent, ..of("a") }).await.unwrap();
    for number in 0..1_000 {
        let name = number.to_string();
        let _first = admission.seek(of(&name)).unwrap();
        assert!(admission.seek(of(&name)).is_err());
        assert!(admission.admit(of(&name)).await.is_err());
    }
    let known = admission.state.lock().queue.known();
    assert!(known < 300, "{known}");
}
