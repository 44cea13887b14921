//! What another deployment takes over from the pool's options: a fallback, or one that has a database of
//! its own. Must not know what it is opened for.

use bson::Document;

use super::uri::{Seeds, Uri};

/// Options that say something of one deployment; another one has those of its own connection string.
const OF_ONE: [&str; 3] = ["fallbackURIs", "replicaSet", "directConnection"];

/// Options about an SRV record, which are refused where there is none.
const OF_SRV: [&str; 2] = ["srvMaxHosts", "srvServiceName"];

/// The user, unless the connection string names one.
const USER: &str = "auth";

/// What of `options` is laid over the connection string `uri` of another deployment: not the pool's
/// `own`, and nothing that the string says better.
pub(super) fn shared(options: &Document, uri: &str, own: &[&str]) -> Document {
    // One that can't be read is refused when it is resolved.
    let parts = Uri::parse(uri).ok();
    let is_srv = parts.as_ref().is_some_and(|parts| matches!(parts.seeds, Seeds::Srv(_)));
    let has_user = parts.is_some_and(|parts| parts.user_info.is_some());
    let mut left_out = [own, &OF_ONE].concat();
    if !is_srv {
        left_out.extend(OF_SRV);
    }
    if has_user {
        left_out.push(USER);
    }
    without(options, &left_out)
}

/// The options but for some, whose names may be written in any case.
pub(super) fn without(options: &Document, names: &[&str]) -> Document {
    let is_one = |name: &str| names.iter().any(|one| one.eq_ignore_ascii_case(name));
    let rest = options.iter().filter(|(name, _)| !is_one(name));
    rest.map(|(name, value)| (name.clone(), value.clone())).collect()
}
