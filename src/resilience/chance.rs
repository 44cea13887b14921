//! The part of delays that is left to chance. Beside the decisions, which are given it.

use std::{collections::hash_map::RandomState, hash::BuildHasher};

/// A random number from 0 to 1. The standard library seeds its hashers with random numbers, which
/// is good enough to keep two processes apart.
pub fn chance() -> f64 {
    let random = RandomState::new().hash_one(0_u8) >> 32;
    #[expect(clippy::cast_precision_loss, reason = "32 bits fit")]
    let chance = random as f64 / f64::from(u32::MAX);
    chance
}
