//! A holder's dedicated pools as statistics tell of them: `{ name: { opened, closedIdle, idleMS?,
//! hosts: [..], maxConnections?, ttlMS?, presence?, pool? } }`, `pool` as in `stats::record`, without
//! dedicated ones. It counts nothing itself.

use std::time::Instant;

use bson::{RawArrayBuf, RawDocumentBuf, cstr};

use super::{Dedicated, database::Standing};
use crate::pool::stats::{count, millis};

impl Dedicated {
    /// All of them; nothing where there are none.
    pub(in crate::pool) fn record(&self, now: Instant) -> Option<RawDocumentBuf> {
        let all = self.databases();
        if all.is_empty() {
            return None;
        }
        let mut record = RawDocumentBuf::new();
        for database in all {
            // Names are checked: none has a zero byte.
            if let Ok(name) = bson::raw::CString::try_from(database.name.as_str()) {
                record.append(&name, of(&database.standing(), now));
            }
        }
        Some(record)
    }
}

fn of(standing: &Standing, now: Instant) -> RawDocumentBuf {
    let Standing { settings, hold, opened, closed_idle, last_use } = standing;
    let mut hosts = RawArrayBuf::new();
    for host in &settings.config.topology.hosts {
        hosts.push(host.to_string());
    }
    let mut record = RawDocumentBuf::new();
    record.append(cstr!("opened"), count(*opened));
    record.append(cstr!("closedIdle"), count(*closed_idle));
    if let Some(last) = last_use {
        record.append(cstr!("idleMS"), millis(now.saturating_duration_since(*last)));
    }
    record.append(cstr!("hosts"), hosts);
    if let Some(max) = settings.config.pool.max_size {
        record.append(cstr!("maxConnections"), count(u32::from(max).into()));
    }
    if let Some(ttl) = settings.ttl {
        record.append(cstr!("ttlMS"), millis(ttl));
    }
    if let Some(hold) = hold {
        record.append(cstr!("presence"), i64::from(hold.presence()));
        record.append(cstr!("pool"), hold.stats());
    }
    record
}
