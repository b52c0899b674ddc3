//! What the commands that score variants share: where variants come from, how they are scored, where results go.

mod output;
mod progress;
mod run;
mod settings;
mod source;

pub(crate) use run::{score_in_windows, score_with};
pub(crate) use settings::{OutputArgs, ScoringArgs};
pub(crate) use source::SourceArgs;
