//! VCF as it is found: every version of 4, every packing, standard streams, damaged files, and what bcftools makes of
//! ours.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bcftools;
mod damaged;
mod packing;
mod streams;
mod versions;
