//! The boundary to JS, and the only module that knows Node-API. Requests come in by the batch,
//! completions go out by the batch, both as bytes; see [`request`] and [`completion`] for their
//! layouts. Several bridges may live in one environment (Jest evaluates a module per test file)
//! and in several environments (worker threads) at once, so nothing here is a singleton of one.
//!
//! The functions JS sees are free functions with integer handles: a method on `&self` costs almost
//! three times as much a call.

#![expect(unsafe_code, reason = "Node-API's reference counts are reached through raw pointers")]

pub mod completion;
mod pace;
pub mod pool;
pub mod request;

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::Instant,
};

use napi::{
    Env, Error, Result, Status,
    bindgen_prelude::{ArrayBuffer, Function, Uint8ArraySlice},
    sys,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;
use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc;

use self::{
    completion::{Completion, Completions, KeptRead},
    pace::Pace,
    request::{Action, Request, Submission},
};
use crate::{
    codec,
    pool::{Hold, execute::Reply, flight::Settle, presented::Kept},
    runtime::runtime,
};

/// Wakes JS. Weak: an idle bridge keeps no process alive. Without payload: what is to be told lies
/// in [`Completions`].
type Wake = ThreadsafeFunction<(), (), (), Status, false, true, 0>;

/// Every living bridge of the process, by handle.
static BRIDGES: LazyLock<RwLock<HashMap<u32, Arc<Bridge>>>> = LazyLock::new(RwLock::default);

/// The last handle given out to a bridge; the first is 1.
static LAST_BRIDGE: AtomicU32 = AtomicU32::new(0);

/// When JS threads are woken, for all bridges.
static PACE: LazyLock<Mutex<Pace>> = LazyLock::new(|| Mutex::new(Pace::new(Instant::now())));

/// One JS module instance's end of the boundary.
pub(crate) struct Bridge {
    /// What JS has not been told yet.
    completions: Completions,
    /// The holds of this module instance, by handle.
    holds: Mutex<HashMap<u32, Arc<Hold>>>,
    /// The last handle given out to a hold; the first is 1.
    last_hold: AtomicU32,
    /// Takes submitted bytes to the runtime.
    submissions: mpsc::UnboundedSender<Submission>,
    /// Requests JS has submitted and not been told the outcome of. Written by the JS
    /// thread only.
    pending: AtomicU32,
    /// Wakes the JS thread.
    wake: Wake,
    /// The environment is gone; nothing may be sent to it.
    closed: AtomicBool,
}

/// Opens a bridge; `wake` is called, without arguments, when there is something to drain.
///
/// # Errors
/// When Node-API refuses the callback or the hook.
#[napi(catch_unwind)]
pub fn create_bridge(env: Env, wake: Function<(), ()>) -> Result<u32> {
    let wake = wake.build_threadsafe_function::<()>().weak::<true>().build_callback(|_| Ok(()))?;
    let (submissions, submitted) = mpsc::unbounded_channel();
    let bridge = Arc::new(Bridge {
        completions: Completions::default(),
        holds: Mutex::default(),
        last_hold: AtomicU32::new(0),
        submissions,
        pending: AtomicU32::new(0),
        wake,
        closed: AtomicBool::new(false),
    });
    let handle = LAST_BRIDGE.fetch_add(1, Ordering::Relaxed) + 1;
    BRIDGES.write().insert(handle, Arc::clone(&bridge));
    runtime().spawn(Arc::clone(&bridge).dispatch(submitted));
    runtime().spawn(Arc::clone(&bridge).call_out(handle));
    // Hooks run last in, first out: this one runs before Node closes the threadsafe function,
    // which registered its own when it was built.
    env.add_env_cleanup_hook(handle, close)?;
    Ok(handle)
}

/// Takes in requests, back to back. `replies` of them will be answered by a completion.
///
/// # Errors
/// When the bridge is closed.
#[napi(catch_unwind)]
pub fn submit(env: Env, bridge: u32, bytes: &[u8], replies: u32) -> Result<()> {
    let bridge = find(bridge)?;
    let before = bridge.pending.fetch_add(replies, Ordering::Relaxed);
    if before == 0 && replies > 0 {
        // SAFETY: called on the JS thread of the environment that built the function, which lives
        // as long as the environment.
        unsafe { sys::napi_ref_threadsafe_function(env.raw(), bridge.wake.raw()) };
    }
    // The receiver ends only with the environment.
    let _ = bridge.submissions.send(Submission::copy_of(bytes));
    Ok(())
}

/// Writes finished completions into `slab` from `offset` on; returns the bytes written.
/// See [`completion`] for the records, and for what a record says that does not fit.
///
/// # Errors
/// When the bridge is closed or the offset lies outside the slab.
#[napi(catch_unwind)]
pub fn drain(env: Env, bridge: u32, mut slab: Uint8ArraySlice, offset: u32) -> Result<u32> {
    let bridge = find(bridge)?;
    // SAFETY: the slab is JS memory that only `lib/bridge/completion.ts` refers to, beyond what
    // earlier drains wrote; JS does not run while this function does.
    let slab = unsafe { slab.as_mut() };
    let Some(free) = slab.get_mut(offset as usize..) else {
        return Err(Error::new(Status::InvalidArg, "The offset lies outside the slab"));
    };
    let drained = bridge.completions.drain(free);
    let before = bridge.pending.load(Ordering::Relaxed);
    // A caller that announced fewer replies than came must not keep the process alive for good.
    let after = before.saturating_sub(drained.completions);
    bridge.pending.store(after, Ordering::Relaxed);
    if before > 0 && after == 0 {
        // SAFETY: as in `submit`; strictly paired with its `ref`.
        unsafe { sys::napi_unref_threadsafe_function(env.raw(), bridge.wake.raw()) };
    }
    Ok(drained.bytes)
}

/// The payload of the next completion that was announced as external, in order.
///
/// # Errors
/// When the bridge is closed or nothing was announced.
#[napi(catch_unwind)]
pub fn take_external(env: &Env, bridge: u32) -> Result<ArrayBuffer<'_>> {
    match find(bridge)?.completions.take_external() {
        Some(payload) => ArrayBuffer::from_data(env, payload),
        None => Err(Error::new(Status::InvalidArg, "No external payload was announced")),
    }
}

/// Copies documents of a kept batch into `slab`, back to back, as many as fit; returns the bytes
/// written, or, below zero, the bytes that the next document needs. The batch is given up with its
/// last document.
///
/// # Errors
/// When the bridge is closed or the batch is not kept.
#[napi(catch_unwind)]
pub fn read_kept(bridge: u32, batch: u32, mut slab: Uint8ArraySlice) -> Result<i32> {
    let bridge = find(bridge)?;
    // SAFETY: as in `drain`; what is in the slab is read before it is written to again.
    let slab = unsafe { slab.as_mut() };
    let Some(KeptRead { read, spent }) = bridge.completions.read_kept(batch, slab) else {
        return Err(Error::new(Status::InvalidArg, "No batch is kept under that number"));
    };
    discard(spent);
    // A reply is bounded by the server's message size, 48 MB.
    let bytes = |bytes| i32::try_from(bytes).unwrap_or(i32::MAX);
    Ok(read.map_or_else(|needed| -bytes(needed), bytes))
}

/// Gives up a kept batch that nobody will read. One that has been given up is no error.
#[napi(catch_unwind)]
pub fn drop_kept(bridge: u32, batch: u32) {
    if let Ok(bridge) = find(bridge) {
        discard(bridge.completions.drop_kept(batch));
    }
}

/// Frees memory where it was allocated: it may be much, and JS would wait.
fn discard(kept: Option<Kept>) {
    if let Some(kept) = kept {
        runtime().spawn(async move { drop(kept) });
    }
}

/// Says what is wrong with a caller's raw BSON document, or nothing when it is sound.
#[napi(catch_unwind)]
pub fn validate_document(bytes: &[u8]) -> Option<String> {
    codec::validate::validate(bytes).err().map(|error| error.to_string())
}

fn find(handle: u32) -> Result<Arc<Bridge>> {
    let bridges = BRIDGES.read();
    bridges
        .get(&handle)
        .map(Arc::clone)
        .ok_or_else(|| Error::new(Status::InvalidArg, "The bridge is closed"))
}

/// Ends a bridge that JS has left: the module instance it belonged to is garbage.
#[napi(catch_unwind)]
pub fn close_bridge(bridge: u32) {
    close(bridge);
}

/// Ends a bridge, with its environment or before: nothing is sent to it any more, its holds are
/// given back.
fn close(handle: u32) {
    let Some(bridge) = BRIDGES.write().remove(&handle) else { return };
    bridge.closed.store(true, Ordering::Release);
    bridge.completions.close();
    // Lets the dispatcher see that it is closed.
    let _ = bridge.submissions.send(Submission::default());
    let holds = std::mem::take(&mut *bridge.holds.lock());
    for hold in holds.into_values() {
        runtime().spawn(async move { hold.close(crate::error::Error::Interrupted).await });
    }
}

impl Bridge {
    /// The hold of a handle, until it is closed.
    fn hold(&self, handle: u32) -> Option<Arc<Hold>> {
        self.holds.lock().get(&handle).cloned()
    }

    /// Starts what JS submits, in the order of submission.
    async fn dispatch(self: Arc<Self>, mut submitted: mpsc::UnboundedReceiver<Submission>) {
        while let Some(mut submission) = submitted.recv().await {
            if self.closed.load(Ordering::Acquire) {
                return;
            }
            for request in submission.requests() {
                self.start(request);
            }
        }
    }

    fn start(self: &Arc<Self>, request: Request) {
        let key = request.key();
        let hold = self.hold(request.hold);
        let settle = self.ticket(request.slot, request.generation);
        match (request.action, hold) {
            (Action::Run(operation), Some(hold)) => {
                hold.launch(key, operation, request.timeout, settle);
            }
            (Action::Close(why), Some(hold)) => {
                self.holds.lock().remove(&request.hold);
                tokio::spawn(async move {
                    hold.close(why).await;
                    settle(Ok(Reply::Done));
                });
            }
            (Action::NextText(batch), _) => {
                let bridge = Arc::clone(self);
                tokio::spawn(async move { settle(bridge.completions.next_text(batch).await) });
            }
            (Action::Abort, Some(hold)) => hold.abort(key),
            (Action::EndSession(handle), Some(hold)) => hold.end_session(handle),
            (Action::Abort | Action::EndSession(_), None) => {}
            (Action::Malformed(why), _) => settle(Err(crate::error::Error::Internal(why))),
            (Action::Run(_) | Action::Close(_), None) => settle(Err(crate::error::Error::Closed)),
        }
    }

    /// What answers the slot of a request.
    fn ticket(self: &Arc<Self>, slot: u32, generation: u32) -> Settle {
        let bridge = Arc::clone(self);
        let started = Instant::now();
        Box::new(move |outcome| {
            PACE.lock().finished(started.elapsed());
            bridge.completions.push(Completion::new(slot, generation, outcome));
        })
    }

    /// Wakes JS once for all completions that are ready: when the first one comes in, those that
    /// the runtime can finish without waiting are let through before, and under load those that come
    /// during a short rest.
    async fn call_out(self: Arc<Self>, handle: u32) {
        while self.completions.armed().await {
            tokio::task::yield_now().await;
            let waiting =
                self.pending.load(Ordering::Relaxed).saturating_sub(self.completions.ready());
            let rest = PACE.lock().rest(handle, waiting, Instant::now());
            if let Some(rest) = rest {
                // Of the whole thread: what its sockets receive meanwhile is read in one turn. A timer
                // of the runtime counts in milliseconds.
                thread::sleep(rest);
                tokio::task::yield_now().await;
            }
            if !self.closed.load(Ordering::Acquire) {
                self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
            }
        }
    }
}
