//! What becomes of cursors that nobody ends, where no server is there.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use bson::RawDocumentBuf;
use mongodb::options::ServerAddress;
use parking_lot::Mutex;

use super::{
    Cursors,
    open_cursor::{OpenCursor, Source},
};
use crate::{
    config::Config,
    pool::{Pool, events::Holder, sessions::OpenSession, topology::Reach, transcript::Transcript},
};

async fn cursor(pool: &Pool) -> OpenCursor {
    let generation = pool.current().await.unwrap();
    let lent = generation.sessions.lend(&generation.client).await.unwrap();
    OpenCursor {
        id: 5,
        namespace: "d.c".to_owned(),
        server: Some(ServerAddress::parse("127.0.0.1:1").unwrap()),
        holder: None,
        reach: Reach::Members,
        meta: false,
        await_data: false,
        is_watch: false,
        waiting: Mutex::default(),
        source: Source::Session {
            session: OpenSession::new(lent, Arc::clone(&generation)),
            get_more: RawDocumentBuf::new(),
            in_transaction: false,
        },
        transcript: Transcript::default(),
        kept: None,
        ended: AtomicBool::new(false),
        generation,
    }
}

/// How many cursors the servers are to be told of, as soon as there are so many.
async fn told(pool: &Pool, count: usize) {
    let generation = pool.current().await.unwrap();
    for _ in 0..10_000 {
        if generation.orphans().cursors() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("there are {}", generation.orphans().cursors());
}

fn pool() -> Arc<Pool> {
    let config = Config::resolve("mongodb://127.0.0.1:1", &bson::Document::new()).unwrap();
    Pool::new(config)
}

#[tokio::test]
async fn has_the_server_told_of_one_that_goes_with_its_operation_once() {
    let pool = pool();
    let (lost, ended) = (cursor(&pool).await, cursor(&pool).await);
    ended.has_ended();
    drop(ended);
    told(&pool, 0).await;
    drop(lost);
    told(&pool, 1).await;
    let twice = cursor(&pool).await;
    twice.orphan();
    drop(twice);
    told(&pool, 2).await;
}

#[tokio::test]
async fn has_the_server_told_of_those_that_could_not_be_killed() {
    let pool = pool();
    let cursors = Cursors::new(&Arc::default());
    for handle in [1, 2] {
        let cursor = cursor(&pool).await;
        cursors.open.lock().insert(handle, Arc::new(cursor));
    }
    cursors.kill_all(&pool, Holder::default(), Duration::ZERO).await;
    told(&pool, 2).await;
}

#[tokio::test]
async fn has_the_server_told_of_one_whose_handle_nobody_has() {
    let pool = pool();
    let cursors = Cursors::new(&Arc::default());
    let cursor = cursor(&pool).await;
    cursors.open.lock().insert(1, Arc::new(cursor));
    cursors.abandon(2);
    assert!(cursors.has(1));
    cursors.abandon(1);
    told(&pool, 1).await;
    assert_eq!(cursors.len(), 0);
}
