//! Names of databases in options: which of them a server takes.
//!
//! Must not know what the database is for.

/// Bytes of the longest.
const LONGEST: usize = 63;

/// What no server takes in one, on any platform.
const FORBIDDEN: [char; 7] = ['/', '\\', '.', ' ', '"', '$', '\0'];

/// Whether there can be a database of that name.
pub(super) fn is_possible(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST && !name.contains(FORBIDDEN)
}
