//! Bytes in, bytes out: what the server's replies and the caller's raw documents look like on the
//! boundary. Pure functions; nothing here knows pools, clients or Node.

pub mod batch;
pub mod ejson;
pub mod json;
pub mod text;
pub mod validate;
