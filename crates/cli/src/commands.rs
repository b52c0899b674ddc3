//! One file a command: its arguments, its help, and what it calls.

pub(crate) mod bench;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod enhancers;
pub(crate) mod evaluate;
pub(crate) mod pairs;
pub(crate) mod predict;
pub(crate) mod simulate;
pub(crate) mod train;
pub(crate) mod variants;
pub(crate) mod zoo;
