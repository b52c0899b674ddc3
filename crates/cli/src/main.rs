//! The `ciskit` program: arguments, progress and wiring. What it does is done by the libraries.

mod base_map;
mod claim;
mod commands;
mod embedded;
mod exit;
mod features;
mod files;
mod model;
mod model_inputs;
mod pair_input;
mod pair_windows;
mod progress;
mod run_config;
mod run_folder;
mod score_table;
mod split;
mod timed_steps;
mod tracks;
mod variant_scoring;
mod zoo_model;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Deep learning on regulatory DNA: enhancer-promoter interactions, variant effects, honest evaluation
#[derive(Parser)]
#[command(name = "ciskit", version, propagate_version = true)]
#[command(after_help = "Start here:\n  ciskit demo --out run/")]
struct Cli {
    /// Threads to use; results do not depend on it [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Args),
    Simulate(commands::simulate::Args),
    /// Lists of enhancer-promoter pairs: import, candidates, negatives, splits
    #[command(subcommand)]
    Pairs(commands::pairs::Command),
    Enhancers(commands::enhancers::Args),
    Train(Box<commands::train::Args>),
    Compare(Box<commands::compare::Args>),
    Predict(commands::predict::Args),
    Evaluate(commands::evaluate::Args),
    /// Effects of variants, with any model
    #[command(subcommand)]
    Variants(commands::variants::Command),
    /// Published models: what there is, and what they say of variants
    #[command(subcommand)]
    Zoo(commands::zoo::Command),
    /// Measure this machine: pairs, windows and scores per second
    #[command(subcommand)]
    Bench(commands::bench::Command),
    Completions(commands::completions::Args),
}

fn run(cli: Cli) -> anyhow::Result<()> {
    if let Ok(wanted) = std::env::var("CISKIT_SIMD") {
        let available = ciskit_nn::available_instructions();
        anyhow::ensure!(
            available.contains(&wanted.as_str()),
            "CISKIT_SIMD is {wanted:?}, and this processor has {}",
            available.join(", ")
        );
    }
    if let Some(threads) = cli.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
    }
    match cli.command {
        Command::Demo(args) => commands::demo::run(&args),
        Command::Simulate(args) => commands::simulate::run(&args),
        Command::Pairs(command) => commands::pairs::run(&command),
        Command::Enhancers(args) => commands::enhancers::run(&args),
        Command::Train(args) => commands::train::run(&args),
        Command::Compare(args) => commands::compare::run(&args),
        Command::Predict(args) => commands::predict::run(&args),
        Command::Evaluate(args) => commands::evaluate::run(&args),
        Command::Variants(command) => commands::variants::run(&command),
        Command::Zoo(command) => commands::zoo::run(&command),
        Command::Bench(command) => commands::bench::run(&command),
        Command::Completions(args) => commands::completions::run(&args),
    }
}

/// Ctrl-C, or a request to terminate: nothing half written stays.
fn leave() -> ! {
    ciskit_file::remove_unfinished();
    std::process::exit(130)
}

/// Keeps candle's own threads from spinning on the cores that our operations run on, unless the user has settled it:
/// docs/decisions/0003.
#[allow(unsafe_code, reason = "the environment is the only place where candle looks")]
fn calm_candle() {
    let few = std::thread::available_parallelism().is_ok_and(|cores| cores.get() <= 2);
    let threads = few.then_some(("CANDLE_NUM_THREADS", "1"));
    for (name, value) in [("CANDLE_BARRIER_POOL_SPIN_LIMIT", "0")].into_iter().chain(threads) {
        if std::env::var_os(name).is_none() {
            // SAFETY: called first in `main`, when no other thread is there to read the environment.
            unsafe { std::env::set_var(name, value) };
        }
    }
}

fn main() -> ExitCode {
    calm_candle();
    // Without a handler, which no platform of ours refuses, unfinished files keep their temporary names.
    ctrlc::set_handler(|| leave()).ok();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One sentence: what failed, then why, each cause after a colon.
            eprintln!("ciskit: {}", progress::sentence(&error));
            exit::code(&error)
        }
    }
}
