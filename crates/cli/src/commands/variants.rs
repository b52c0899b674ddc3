//! `ciskit variants`

mod score;

use anyhow::Result;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Score(score::Args),
}

pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Score(args) => score::run(args),
    }
}
