//! What is told about polypool at work: its log, and times as counts. It knows neither pools nor Node.

pub mod histogram;
pub mod log;
mod log_file;

pub use log_file::LogFiles;
