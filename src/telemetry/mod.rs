//! What is told about polypool at work: its log. It knows neither pools nor Node.

pub mod log;
mod log_file;

pub use log_file::LogFiles;
