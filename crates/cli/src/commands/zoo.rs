//! `ciskit zoo`

mod fine_tune;
mod list;
mod mutagenesis;
mod score;

use anyhow::Result;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    List(list::Args),
    Score(Box<score::Args>),
    Mutagenesis(Box<mutagenesis::Args>),
    FineTune(Box<fine_tune::Args>),
}

pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::List(args) => {
            list::run(args);
            Ok(())
        }
        Command::Score(args) => score::run(args),
        Command::Mutagenesis(args) => mutagenesis::run(args),
        Command::FineTune(args) => fine_tune::run(args),
    }
}
