//! `ciskit variants`

mod mutagenesis;
mod score;

use anyhow::Result;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Score(score::Args),
    Mutagenesis(mutagenesis::Args),
}

pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Score(args) => score::run(args),
        Command::Mutagenesis(args) => mutagenesis::run(args),
    }
}
