//! Which operations are tried again, and how often on an overloaded server.
//!
//! Must not know when a retry is due.

use super::error::Result;
use super::provided::Provided;

/// The retry options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retries {
    /// `retryReads`.
    pub reads: bool,
    /// `retryWrites`.
    pub writes: bool,
    /// `maxAdaptiveRetries`: the most retries on an overloaded server.
    pub max_adaptive: u32,
    /// `enableOverloadRetargeting`: whether those go to another server where possible.
    pub retargeting: bool,
}

impl Retries {
    /// Reads the options.
    pub(super) fn resolve(provided: &Provided) -> Result<Self> {
        let max_adaptive = provided.unsigned("maxAdaptiveRetries")?;
        Ok(Self {
            reads: provided.boolean("retryReads")?,
            writes: provided.boolean("retryWrites")?,
            max_adaptive: u32::try_from(max_adaptive).unwrap_or(u32::MAX),
            retargeting: provided.boolean("enableOverloadRetargeting")?,
        })
    }
}
