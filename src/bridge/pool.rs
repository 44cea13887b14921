//! Opening a hold on a pool, from JS. Faces `lib/bridge/pool.ts`. It knows the form of the answer,
//! not the options themselves.

use std::sync::{Arc, atomic::Ordering};

use bson::{Document, RawDocumentBuf, cstr};
use napi::{Result, bindgen_prelude::Uint8Array};
use napi_derive::napi;

use super::find;
use crate::{config::Config, error::Error, pool::Hold};

/// Parses a connection string and the options over it, and claims the pool they describe. Nothing
/// is connected. `options` is a BSON document; the answer is one, too: `{ hold, resolved }`, or
/// `{ error }` with an error record.
#[napi(catch_unwind)]
pub fn open_pool(bridge: u32, uri: String, options: &[u8], shared: bool) -> Result<Uint8Array> {
    let bridge = find(bridge)?;
    let mut answer = RawDocumentBuf::new();
    match configure(&uri, options) {
        Ok((config, resolved)) => {
            answer.append(cstr!("resolved"), resolved);
            let hold = Hold::open(config, shared);
            let handle = bridge.last_hold.fetch_add(1, Ordering::Relaxed) + 1;
            bridge.holds.lock().insert(handle, Arc::clone(&hold));
            answer.append(cstr!("hold"), i64::from(handle));
        }
        Err(error) => answer.append(cstr!("error"), error.to_record()),
    }
    Ok(answer.into_bytes().into())
}

fn configure(
    uri: &str,
    options: &[u8],
) -> std::result::Result<(Config, RawDocumentBuf), Error> {
    let not_bson = |error: bson::error::Error| Error::Internal(format!("The options: {error}"));
    let options = Document::from_reader(options).map_err(not_bson)?;
    let config = Config::resolve(uri, &options)?;
    let resolved = RawDocumentBuf::try_from(config.resolved()).map_err(not_bson)?;
    Ok((config, resolved))
}
