//! Tables: what is written reads back, what is broken is named, what is published has the published counts.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod any_bytes;
mod hostile;
mod lists;
mod real;
mod rendered;
mod round_trip;
