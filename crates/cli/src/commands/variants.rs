//! `ciskit variants`

mod benchmark;
mod import;
mod mutagenesis;
mod rank;
mod score;
mod scores;

use anyhow::Result;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Score(score::Args),
    Scores(scores::Args),
    Mutagenesis(mutagenesis::Args),
    Rank(rank::Args),
    Benchmark(benchmark::Args),
    Import(import::Args),
}

pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Score(args) => score::run(args),
        Command::Scores(args) => {
            scores::run(args);
            Ok(())
        }
        Command::Mutagenesis(args) => mutagenesis::run(args),
        Command::Rank(args) => rank::run(args),
        Command::Benchmark(args) => benchmark::run(args),
        Command::Import(args) => import::run(args),
    }
}
