//! Enformer and Borzoi against the published implementations, and a small trained model end to end.

#![allow(clippy::unwrap_used, reason = "a fixture that reads otherwise fails the test")]
#![cfg(all(feature = "borzoi", feature = "enformer"))]

mod fixture;

mod coverage_tracks {
    pub(crate) mod borzoi;
    pub(crate) mod enformer;
    pub(crate) mod mini;
    pub(crate) mod promises;
}
