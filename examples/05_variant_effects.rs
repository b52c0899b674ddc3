//! # 5. Many effects of one variant, and a map of all variants
//!
//! A model of your own with two tracks and twenty-one bins: how occupied each piece of a window is by two factors. Its variants
//! get several named scores, and saturation mutagenesis shows the site that the strongest one breaks.
//!
//! ```sh
//! cargo run --example 05_variant_effects -- map.svg
//! ```

#![allow(clippy::print_stdout, reason = "a tutorial shows what it finds")]

use anyhow::{Context, Result};
use ciskit::core::{
    Edge, InputWindow, Output, ReferenceAlternative, ReferenceGenome, Scale, ScoreError, ScorerSpec, Scores,
    Selection, SequenceScorer, Variant,
};
use ciskit::encode::reverse_complement;
use ciskit::report::{Column, MutagenesisChart, Table};
use ciskit::simulate::{Effect, Factor, Simulation, SimulationConfig};
use ciskit::variant::{Mutagenesis, TrackPattern, VariantScoring, scores};

/// Expected number of bound factors whose sites start in each bin, on either strand.
struct Occupancy {
    factors: Vec<Factor>,
    spec: ScorerSpec,
}

/// Bases of a window, and of a bin.
const WINDOW: usize = 231;
const BIN: usize = 11;

impl Occupancy {
    fn new(factors: Vec<Factor>) -> Result<Self> {
        let tracks = factors.iter().map(|factor| Output::new(format!("ChIP:{}", factor.name()), Scale::Raw));
        let spec = ScorerSpec::builder(InputWindow::fixed(WINDOW)).bins(WINDOW / BIN, BIN as u32, 0);
        Ok(Self { spec: spec.outputs(tracks).build()?, factors })
    }

    /// Probability that a factor binds at a place: half where its log odds (bits) are at the threshold of a site.
    fn bound(factor: &Factor, site: &[u8]) -> f64 {
        let strands = [site.to_vec(), reverse_complement(site)];
        let odds = strands.iter().filter_map(|site| factor.pwm().log_odds(site));
        odds.map(|bits| 1.0 / (1.0 + (factor.threshold() - bits).exp2())).sum()
    }
}

impl SequenceScorer for Occupancy {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        let (bins, tracks) = (self.spec.bins, self.factors.len());
        let mut values = vec![0.0; sequences.len() * bins * tracks];
        for (sequence, block) in sequences.iter().zip(values.chunks_mut(bins * tracks)) {
            for (track, factor) in self.factors.iter().enumerate() {
                let sites = sequence.windows(factor.pwm().len()).enumerate();
                sites.for_each(|(at, site)| {
                    block[at / BIN * tracks + track] += Self::bound(factor, site) as f32
                });
            }
        }
        Scores::new(sequences.len(), bins, tracks, values)?.select(select)
    }
}

fn main() -> Result<()> {
    let config = SimulationConfig { pairs: 400, variants: 60, ..SimulationConfig::default() };
    let simulation = Simulation::generate(&config)?;
    let model = Occupancy::new(simulation.grammar().factors().to_vec())?;

    // Scores by name, as `ciskit variants score --score NAME` knows them; `scores::all` lists them.
    let names = ["log2-fold-change:pseudocount=0.01", "sum", "jensen-shannon", "active-allele"];
    let wanted = names.iter().map(|name| scores::named(name)).collect::<Result<Vec<_>, _>>()?;
    // Tracks by pattern: the model returns no other.
    let select = TrackPattern::new("*:CTCF")?.select(model.spec())?;
    let variants: Vec<Variant> = simulation.variants().iter().map(|truth| truth.variant.clone()).collect();
    let scorer = ReferenceAlternative(&model);
    let engine = VariantScoring::new(&scorer).select(select.clone()).scores(wanted).build()?;
    let scored = engine.score(simulation.genome(), &variants)?;

    let mut columns = vec![Column::text("effect").titled("Planted effect")];
    columns.extend(engine.columns().iter().map(|name| Column::float(name, 3)));
    let mut table = Table::new(columns);
    for effect in Effect::ALL {
        let of_effect: Vec<&[f64]> = (simulation.variants().iter().zip(&scored))
            .filter(|(truth, scored)| truth.effect == effect && scored.status.has_values())
            .map(|(_, scored)| &scored.values[..])
            .collect();
        let mean =
            |column| of_effect.iter().map(|values| values[column]).sum::<f64>() / of_effect.len() as f64;
        let means = (0..names.len()).map(|column| mean(column).into());
        table.push([effect.name().into()].into_iter().chain(means));
    }
    println!("Means over the variants of each planted effect:\n\n{}", table.to_text());

    // The variant that lowers CTCF's occupancy most, and every other change around it.
    let sum = 1;
    let with_values = variants.iter().zip(&scored).filter(|(_, scored)| scored.status.has_values());
    let lowest = with_values.min_by(|(_, a), (_, b)| a.values[sum].total_cmp(&b.values[sum]));
    let (lowest, _) = lowest.context("variants were scored")?;
    let place = lowest.start() as i64;
    let start = place - WINDOW as i64 / 2;
    let range = start..start + WINDOW as i64;
    let window = simulation.genome().fetch(lowest.contig(), range, Edge::PadN)?;
    let around = WINDOW / 2 - 25..WINDOW / 2 + 26;
    let score = scores::named("sum")?;
    let map = Mutagenesis::new(around.clone()).run(&model, &window, &score, &select, |_, _| {})?;

    // Bases that matter in upper case.
    let importance = map.importance(0);
    let most = importance.iter().copied().fold(0.0, f64::max);
    let shown =
        map.bases().iter().zip(&importance).map(|(base, worth)| {
            char::from(if *worth > 0.3 * most { *base } else { base.to_ascii_lowercase() })
        });
    println!("{}\n{:>26}", lowest, "|");
    println!("{}", shown.collect::<String>());

    if let Some(path) = std::env::args().nth(1) {
        let first = start + around.start as i64 + 1;
        let chart = MutagenesisChart::new(lowest.to_string(), first, map.bases())
            .importance(importance)
            .named("change of occupancy", format!("position on {}", lowest.contig()));
        let rows = map.letters().iter().enumerate();
        let chart = rows.fold(chart, |chart, (letter, name)| {
            chart.row(
                char::from(*name),
                map.column(0).iter().skip(letter).step_by(map.letters().len()).copied(),
            )
        });
        chart.to_svg().write(&path)?;
        println!("written: {path}");
    }
    Ok(())
}
