//! `ciskit pairs`

mod audit;
mod candidates;
mod import;
mod negatives;
mod split;

use anyhow::Result;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Import(import::Args),
    Candidates(candidates::Args),
    Negatives(negatives::Args),
    Split(split::Args),
    Audit(Box<audit::Args>),
}

pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Import(args) => import::run(args),
        Command::Candidates(args) => candidates::run(args),
        Command::Negatives(args) => negatives::run(args),
        Command::Split(args) => split::run(args),
        Command::Audit(args) => audit::run(args),
    }
}
