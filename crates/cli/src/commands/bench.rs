//! `ciskit bench`

mod genome;
mod machine;
mod metrics;
mod model;
mod mutagenesis;
mod outcome;
mod windows;
mod zoo;

use anyhow::Result;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Model(model::Args),
    Mutagenesis(mutagenesis::Args),
    Windows(windows::Args),
    Metrics(metrics::Args),
    Zoo(zoo::Args),
}

pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Model(args) => model::run(args),
        Command::Mutagenesis(args) => mutagenesis::run(args),
        Command::Windows(args) => windows::run(args),
        Command::Metrics(args) => metrics::run(args),
        Command::Zoo(args) => zoo::run(args),
    }
}
