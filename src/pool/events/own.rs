//! Events that the driver has not. They share one kind on the boundary; their names are those of
//! `lib/events/own.ts`, which says what listeners get. It does not know what they mean.

use bson::{RawDocumentBuf, rawdoc};

use super::{Events, Kind, Subscription};

impl Events {
    /// Tells of an event of polypool's own.
    pub(in crate::pool) fn own(&self, name: &str, fields: impl FnOnce() -> RawDocumentBuf) {
        self.emit(Kind::Own, || record(name, fields()));
    }
}

impl Subscription {
    /// Tells this holder alone.
    pub(in crate::pool) fn own(&self, name: &str, fields: impl FnOnce() -> RawDocumentBuf) {
        self.tell(Kind::Own, || record(name, fields()));
    }
}

/// The record of such an event.
pub(in crate::pool) fn record(name: &str, fields: RawDocumentBuf) -> RawDocumentBuf {
    rawdoc! { "name": name, "fields": fields }
}
