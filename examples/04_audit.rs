//! # 4. Ask whether a pair list can be solved without biology
//!
//! Audits two lists before anyone trains on them: a simulated one, which is balanced in everything that is not biology,
//! and the same one with a leak planted in it. No network and no sequence is needed to tell them apart.
//!
//! ```sh
//! cargo run --example 04_audit
//! ```

#![allow(clippy::print_stdout, reason = "a tutorial shows what it finds")]

use anyhow::{Context, Result, ensure};
use ciskit::core::{Element, Pair};
use ciskit::dataset::{
    Audit, AuditConfig, ChromosomeFolds, GenomePairs, PairSource, Splitter, Verdict, WindowRule,
};
use ciskit::simulate::{Simulation, SimulationConfig};

/// Every fourth promoter is a hub of the planted leak.
const HUB: usize = 4;

fn main() -> Result<()> {
    let simulation = Simulation::generate(&SimulationConfig { pairs: 1_000, ..SimulationConfig::default() })?;

    // With sequences the audit also compares GC and unknown bases, and looks for copies across folds. Pairs alone
    // (`None` below) are enough for all the rest.
    let window = WindowRule::new(600).padded();
    let pairs = simulation.pairs().to_vec();
    let source = GenomePairs::new(simulation.genome().clone(), pairs, window, window)?;
    let config = AuditConfig::default();
    let split = ChromosomeFolds::balanced(8).split(source.pairs())?;
    let honest = Audit::of(source.pairs(), &split, &config, Some(&source))?;
    show("the simulated list", &honest)?;

    // Lists made from experiments are not so kind: a few busy promoters have most of the positives, while negatives are
    // drawn from all. Here every positive goes to the nearest hub.
    let leaky = planted(source.pairs())?;
    let split = ChromosomeFolds::balanced(8).split(&leaky)?;
    let audit = Audit::of(&leaky, &split, &config, None)?;
    show("the list with a planted leak", &audit)?;

    // The audit is a value: as JSON it is what `ciskit pairs audit` writes, and a test can ask it.
    ensure!(honest.verdict < Verdict::Solved && audit.verdict == Verdict::Solved, "the leak was missed");
    Ok(())
}

/// The pairs with every positive's promoter replaced by the nearest hub of its contig.
fn planted(pairs: &[Pair]) -> Result<Vec<Pair>> {
    let mut promoters: Vec<&Element> = pairs.iter().map(|pair| &pair.promoter).collect();
    promoters.sort_by(|a, b| a.interval.cmp(&b.interval));
    promoters.dedup();
    let hubs: Vec<Element> = promoters.into_iter().step_by(HUB).cloned().collect();
    let moved = |pair: &Pair| {
        let mut pair = pair.clone();
        if pair.label == Some(true) {
            let own = pair.promoter.interval.clone();
            let on_contig = hubs.iter().filter(|hub| hub.interval.contig() == own.contig());
            let nearest = on_contig.min_by_key(|hub| hub.interval.start().abs_diff(own.start()));
            pair.promoter = nearest.context("every contig has a hub")?.clone();
        }
        Ok(pair)
    };
    pairs.iter().map(moved).collect()
}

/// The verdict, what speaks against the list, and how far two rules get.
fn show(name: &str, audit: &Audit) -> Result<()> {
    println!("{name}: {}", audit.verdict);
    for finding in audit.findings.iter().filter(|finding| finding.verdict > Verdict::Ok) {
        println!("  {finding}");
    }
    for (rule, ratio) in [("distance", None), ("promoter count", Some(1)), ("promoter count", None)] {
        let rule = audit.baseline(rule, ratio).context("it is always measured")?;
        let auroc = rule.auroc.context("every fold has both classes")?;
        println!("  {} on {}: AUROC {auroc:.3}", rule.name, rule.list());
    }
    for check in &audit.skipped {
        println!("  not checked: {check}");
    }
    println!();
    Ok(())
}
