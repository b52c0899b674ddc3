//! `ciskit simulate`

use std::path::PathBuf;

use anyhow::Result;
use ciskit_simulate::{Simulation, SimulationConfig};

use crate::files::make_folder;
use crate::progress::{print, say};

/// Write a genome, pairs and variants whose truth is known
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit simulate --out sim/ --seed 7

The label of a pair depends on a planted grammar that neither element alone reveals; truth.json holds it, with the best
reachable AUROC.")]
pub(crate) struct Args {
    /// Folder to write
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Seed: the same seed gives the same bytes
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Number of pairs, about half of them positive [default: the simulation's]
    #[arg(long)]
    pairs: Option<usize>,
}

impl Args {
    fn config(&self) -> SimulationConfig {
        let default = SimulationConfig { seed: self.seed, ..SimulationConfig::default() };
        SimulationConfig { pairs: self.pairs.unwrap_or(default.pairs), ..default }
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let simulation = Simulation::generate(&args.config())?;
    make_folder(&args.out)?;
    simulation.write(&args.out)?;
    print(summary(&simulation));
    say(format!("written: {}", args.out.display()));
    Ok(())
}

/// One line on what was simulated.
pub(crate) fn summary(simulation: &Simulation) -> String {
    format!(
        "{} pairs of {} enhancers and {} promoters, {} variants; best reachable AUROC {:.3}",
        simulation.pairs().len(),
        simulation.enhancers().len(),
        simulation.promoters().len(),
        simulation.variants().len(),
        simulation.best_auroc()
    )
}
