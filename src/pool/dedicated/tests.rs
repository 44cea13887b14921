//! Dedicated pools of a holder whose servers are not there: what is opened, for whom, and how long.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use bson::{Document, doc, rawdoc};

use crate::{
    config::Config,
    error::Error,
    pool::{Hold, execute::Operation},
};

fn hold(options: Document) -> Arc<Hold> {
    let mut all = doc! { "serverSelectionTimeoutMS": 20 };
    all.extend(options);
    Hold::open(Config::resolve("mongodb://127.0.0.1:1", &all).unwrap(), false).unwrap()
}

/// Runs a command, and says how it ended.
async fn run(hold: &Arc<Hold>, key: u64, database: &str) -> String {
    let (sender, outcomes) = mpsc::channel();
    let ping = Operation::command(database, rawdoc! { "ping": 1 });
    hold.launch(key, ping, None, Box::new(move |outcome| drop(sender.send(outcome.map(drop)))));
    let ended = until(|| outcomes.try_recv().ok()).await;
    ended.map_or_else(|error| error.class().to_owned(), |()| "done".to_owned())
}

/// What `look` gives, as soon as it gives something.
async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..10_000 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("waited in vain");
}

/// How often the pool of a database was opened and closed, and whether it is open.
fn openings(hold: &Hold, database: &str) -> (u64, u64, bool) {
    let standing = hold.dedicated.database(database).unwrap().standing();
    (standing.opened, standing.closed_idle, standing.hold.is_some())
}

#[tokio::test]
async fn opens_a_pool_with_the_first_operation_on_its_database() {
    let hold = hold(doc! { "dbSpecific": [{ "dbName": "own" }] });
    assert_eq!(run(&hold, 1, "other").await, "MongoServerSelectionError");
    assert_eq!(openings(&hold, "own"), (0, 0, false));
    for key in [2, 3] {
        assert_eq!(run(&hold, key, "own").await, "MongoServerSelectionError");
    }
    assert_eq!(openings(&hold, "own"), (1, 0, true));
    hold.close(Error::Interrupted).await;
    assert_eq!(run(&hold, 4, "own").await, "MongoNotConnectedError");
}

#[tokio::test]
async fn closes_an_idle_pool_after_its_time_and_opens_another() {
    let options = doc! { "autoClose": true, "ttl": 30 };
    let hold = hold(doc! { "dbSpecific": [{ "dbName": "own", "options": options }] });
    run(&hold, 1, "own").await;
    until(|| (openings(&hold, "own") == (1, 1, false)).then_some(())).await;
    run(&hold, 2, "own").await;
    assert_eq!(openings(&hold, "own").0, 2);
    hold.close(Error::Interrupted).await;
}

#[tokio::test]
async fn keeps_a_pool_that_is_used_until_its_last_session_has_ended() {
    let options = doc! { "autoClose": true, "ttl": 10 };
    let hold = hold(doc! { "dbSpecific": [{ "dbName": "own", "options": options }] });
    let session = hold.open_session("own").await.unwrap().handle;
    let other = hold.open_session("other").await.unwrap().handle;
    assert_ne!(session, other);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(openings(&hold, "own"), (1, 0, true));
    hold.end_session(session);
    until(|| (openings(&hold, "own") == (1, 1, false)).then_some(())).await;
    hold.close(Error::Interrupted).await;
}

#[tokio::test]
async fn a_pool_of_other_settings_takes_over_when_it_is_needed() {
    let entry = |most: i32| {
        let options = doc! { "maxConnections": most };
        doc! { "dbSpecific": [{ "dbName": "own", "options": options }] }
    };
    let hold = hold(entry(1));
    let session = hold.open_session("own").await.unwrap().handle;
    let config = Config::resolve("mongodb://127.0.0.1:1", &entry(2)).unwrap();
    hold.dedicate(config.dedicated.clone());
    assert_eq!(openings(&hold, "own"), (1, 0, false));
    assert_eq!(hold.of_dedicated(|_| ()).len(), 1, "the session is still somewhere");
    let _ = hold.open_session("own").await.unwrap();
    assert_eq!(openings(&hold, "own"), (2, 0, true));
    hold.end_session(session);
    until(|| (hold.of_dedicated(|_| ()).len() == 1).then_some(())).await;
    // The same again changes nothing.
    hold.dedicate(config.dedicated);
    assert_eq!(openings(&hold, "own"), (2, 0, true));
    hold.close(Error::Interrupted).await;
}

#[tokio::test]
async fn ends_a_pool_of_other_settings_whose_last_operation_was_taken_back() {
    let entry = |most: i32| {
        let options = doc! { "maxConnections": most };
        let all = doc! { "serverSelectionTimeoutMS": 60_000 };
        let own = doc! { "dbSpecific": [{ "dbName": "own", "options": options }] };
        all.into_iter().chain(own).collect::<Document>()
    };
    let hold = hold(entry(1));
    let ping = Operation::command("own", rawdoc! { "ping": 1 });
    hold.launch(1, ping, None, Box::new(drop));
    tokio::task::yield_now().await;
    let config = Config::resolve("mongodb://127.0.0.1:1", &entry(2)).unwrap();
    hold.dedicate(config.dedicated);
    hold.abort(1);
    // Its task ends on this thread, its keeper looks from another: at once, while the task is there.
    std::thread::sleep(Duration::from_millis(50));
    until(|| hold.of_dedicated(|_| ()).is_empty().then_some(())).await;
    hold.close(Error::Interrupted).await;
}

#[tokio::test]
async fn interrupts_each_of_several_connects_of_its_own_when_it_is_closed() {
    let entry = |most: i32| {
        let options = doc! { "maxConnections": most, "coldStart": false };
        let all = doc! { "serverSelectionTimeoutMS": 60_000 };
        let own = doc! { "dbSpecific": [{ "dbName": "own", "options": options }] };
        all.into_iter().chain(own).collect::<Document>()
    };
    let hold = hold(entry(1));
    let again = || Config::resolve("mongodb://127.0.0.1:1", &entry(1)).unwrap().dedicated;
    hold.dedicate(again());
    hold.dedicate(again());
    until(|| (hold.of_dedicated(Hold::flights) == [3]).then_some(())).await;
    hold.close(Error::Interrupted).await;
}
