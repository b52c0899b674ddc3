//! `ciskit variants scores`

use ciskit_variant::scores;

use crate::progress::print;

/// List the scores that can be made of a model's two predictions
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit variants scores

A score with parameters is written as NAME:KEY=VALUE,…, such as log2-fold-change:pseudocount=0.5,bins=440-456.")]
pub(crate) struct Args;

pub(crate) fn run(_: &Args) {
    for score in scores::all() {
        print(format!("{:<18}{}", score.name, score.description));
        if !score.parameters.is_empty() {
            print(format!("{:<18}parameters: {}", "", score.parameters));
        }
    }
}
