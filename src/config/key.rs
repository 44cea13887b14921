//! The identity of a configuration: who may share a pool.
//!
//! Two configurations are the same when they resolve to the same hosts, credentials and options,
//! in whatever order and form these were written. Compared in full, not by hash, so that pools
//! never mix. Holds secrets, and prints none.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use bson::Document;

use super::Config;
use super::tls::Tls;

/// Options of a holder, which those who share its pool need not have.
const HOLDERS_OWN: [&str; 7] =
    ["debug", "drainMS", "handleSignals", "healthIntervalMS", "logLevel", "logPath", "slowMS"];

/// A value to share pools by: equal, hashable, cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigKey(Arc<Compared>);

/// What the key compares.
#[derive(PartialEq, Eq, Hash)]
struct Compared {
    /// The resolved options as BSON, hosts in order of the alphabet, without warnings.
    options: Vec<u8>,
    /// The password, where credentials have one.
    password: Option<String>,
    /// TLS options with certificates in full.
    tls: Option<Tls>,
    /// Those of the deployments that stand in.
    fallbacks: Vec<ConfigKey>,
    /// The one database it is for, if it is for one.
    dedicated_to: Option<String>,
    /// Whether an SRV record's text may change the source of the credentials.
    source_is_given: bool,
}

impl Hash for ConfigKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for ConfigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfigKey(..)")
    }
}

impl Config {
    /// The identity of this configuration.
    #[must_use]
    pub fn key(&self) -> ConfigKey {
        let mut canonical = self.clone();
        canonical.topology.hosts.sort();
        canonical.topology.hosts.dedup();
        canonical.warnings.clear();
        canonical.pool.leak_after = None;
        canonical.connect_retry = None;
        canonical.dedicated.clear();
        canonical.pool.warm = false;
        // How a holder leaves, and how it watches over itself, concerns no other.
        canonical.passthrough.retain(|name, _| !HOLDERS_OWN.contains(name));
        let credential = self.credential.as_ref();
        ConfigKey(Arc::new(Compared {
            options: canonical_bytes(&canonical.resolved()),
            password: credential.and_then(|credential| credential.password.clone()),
            tls: self.tls.clone(),
            fallbacks: self.fallbacks.iter().map(Self::key).collect(),
            dedicated_to: self.dedicated_to.clone(),
            source_is_given: credential.is_some_and(|credential| credential.source_is_given),
        }))
    }
}

/// The document as BSON. A document that cannot be encoded (a name with a zero byte, which BSON
/// input cannot hold) would be told apart by its text instead.
fn canonical_bytes(document: &Document) -> Vec<u8> {
    document.to_vec().unwrap_or_else(|_| document.to_string().into_bytes())
}
