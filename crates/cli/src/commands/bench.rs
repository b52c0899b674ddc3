//! `ciskit bench`

mod machine;
mod model;
mod outcome;

use anyhow::Result;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Model(model::Args),
}

pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Model(args) => model::run(args),
    }
}
