//! Documents as EJSON (Extended JSON 2) and back, exactly: types, the order of keys and keys that come
//! twice stay what they are. Unlike `codec::json` it does not ask what JavaScript would make of them.
//! What is written is canonical; relaxed and plain JSON is read, too. It knows neither files nor Node.

mod composite;
mod lines;
mod number;
mod reader;
mod string;
mod wrapper;
mod writer;

pub use lines::read_lines;
pub use writer::write_line;

/// Why text is not EJSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at character {at}")]
pub struct NotEjson {
    what: &'static str,
    /// Bytes from the start of the text.
    at: usize,
}

/// Why lines are not what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotLines {
    /// A line is not EJSON.
    #[error("Line {0}: {1}")]
    NotEjson(u32, NotEjson),
    /// A line is something else than a record.
    #[error("Line {0}: {1}")]
    NotRecord(u32, &'static str),
}

#[cfg(test)]
mod tests;
