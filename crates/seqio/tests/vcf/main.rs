//! VCF as it is found: every version of 4, every packing, standard streams, damaged files, and what bcftools makes of
//! ours.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it leaves out"
)]

mod bcftools;
mod damaged;
mod packing;
mod streams;
mod versions;
