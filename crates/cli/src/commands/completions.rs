//! `ciskit completions`

use anyhow::Result;
use clap::CommandFactory;

/// Print completions for a shell
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  ciskit completions bash > ~/.local/share/bash-completion/completions/ciskit"
)]
pub(crate) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    clap_complete::generate(args.shell, &mut crate::Cli::command(), "ciskit", &mut std::io::stdout());
    Ok(())
}
