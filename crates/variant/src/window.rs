//! The windows of a variant: where they lie, and their letters.

mod cut;
mod placement;
mod plan;

pub(crate) use cut::{Cut, Cutter, View, Window, too_many_unknown};
pub use plan::{AtEdge, IndelWindow, WindowPlan};
