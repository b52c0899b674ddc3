//! Measured effects of variants: what reporter assays found, and what models predict for the same variants.
//!
//! Each published format has its reader; all give a [`MeasuredEffect`] a record, on one scale: log2 of the
//! alternative allele's activity over the reference's. [`MeasuredTableReader`] reads the unified table and any other
//! table whose columns are named.

mod column;
mod columns;
mod effect;
mod eqtl_mpra;
mod gse68331;
mod gse87711;
mod predictions;
mod raqtl;
mod saturation;
mod table;
mod writer;

pub use columns::{EffectScale, MeasuredColumns};
pub use effect::MeasuredEffect;
pub use eqtl_mpra::{EqtlMpraReader, EqtlMpraRecord};
pub use gse68331::Gse68331Reader;
pub use gse87711::Gse87711Reader;
pub use predictions::PredictionTable;
pub use raqtl::RaqtlReader;
pub use saturation::SaturationReader;
pub use table::MeasuredTableReader;
pub use writer::MeasuredWriter;
