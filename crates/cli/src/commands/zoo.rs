//! `ciskit zoo`

mod list;
mod score;

use anyhow::Result;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    List(list::Args),
    Score(Box<score::Args>),
}

pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::List(args) => {
            list::run(args);
            Ok(())
        }
        Command::Score(args) => score::run(args),
    }
}
