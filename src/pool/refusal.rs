//! What a reply to a command that ran says of failures all the same: statements that the server refused,
//! durability that it could not give. Whoever asked turns that into an error; here it is only seen. It
//! does not know what was written.

use bson::{Bson, Document};

/// Whether the caller of a command is told of an error though its reply says `ok`. One whose command is
/// its `own` reads by itself what was refused.
pub(super) fn is_refusal(reply: &Document, own: bool) -> bool {
    reply.contains_key("writeConcernError")
        || (!own && (reply.contains_key("writeErrors") || counts_errors(reply)))
}

/// A `bulkWrite` counts its refused statements, which are in its cursor.
fn counts_errors(reply: &Document) -> bool {
    match reply.get("nErrors") {
        Some(Bson::Int32(count)) => *count > 0,
        Some(Bson::Int64(count)) => *count > 0,
        Some(Bson::Double(count)) => *count > 0.0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn sees_refused_statements_and_missing_durability() {
        assert!(is_refusal(&doc! { "n": 0, "writeErrors": [{ "code": 11000 }], "ok": 1.0 }, false));
        assert!(is_refusal(
            &doc! { "n": 1, "writeConcernError": { "code": 64 }, "ok": 1.0 },
            false
        ));
        assert!(is_refusal(&doc! { "cursor": {}, "nErrors": 2, "ok": 1.0 }, false));
        assert!(!is_refusal(&doc! { "cursor": {}, "nErrors": 0, "ok": 1.0 }, false));
        assert!(!is_refusal(&doc! { "n": 1, "ok": 1.0 }, false));
    }

    #[test]
    fn leaves_refused_statements_to_who_wrote_the_command() {
        assert!(!is_refusal(&doc! { "writeErrors": [{ "code": 11000 }], "ok": 1.0 }, true));
        assert!(is_refusal(&doc! { "writeConcernError": { "code": 64 }, "ok": 1.0 }, true));
    }
}
