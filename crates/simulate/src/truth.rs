//! What is true of a simulation, as written to `truth.json`.

use serde::Serialize;

use crate::variants::Effect;
use crate::{Simulation, SimulationConfig, composition};

/// The format that is written.
const FORMAT: u32 = 1;

/// All that a model is not told, ready to be written as JSON.
///
/// ```
/// use ciskit_simulate::{Simulation, SimulationConfig, Truth};
///
/// let simulation = Simulation::generate(&SimulationConfig { pairs: 40, ..Default::default() })?;
/// let json = serde_json::to_value(Truth::of(&simulation))?;
/// assert_eq!((json["format"].as_u64(), json["best_auroc"].as_f64()), (Some(1), Some(1.0)));
/// assert_eq!(json["factors"][0]["name"], "CTCF");
/// assert_eq!(json["pairs"].as_array().map(Vec::len), Some(40));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Serialize)]
pub struct Truth<'a> {
    format: u32,
    config: &'a SimulationConfig,
    /// AUROC of the grammar on all pairs.
    best_auroc: f64,
    /// Share of the labels that say the opposite of the grammar.
    flipped: f64,
    contigs: Vec<ContigEntry<'a>>,
    /// Share of A, C, G and T in the background.
    background: [f64; 4],
    factors: Vec<FactorEntry<'a>>,
    enhancers: Vec<ElementEntry<'a>>,
    promoters: Vec<ElementEntry<'a>>,
    pairs: Vec<PairEntry<'a>>,
    variants: VariantCounts,
}

#[derive(Debug, Serialize)]
struct ContigEntry<'a> {
    name: &'a str,
    length: u64,
    pairs: usize,
    flipped: usize,
    best_auroc: Option<f64>,
}

#[derive(Debug, Serialize)]
struct FactorEntry<'a> {
    name: &'a str,
    consensus: String,
    /// Log-odds in bits from which on a place is a site.
    threshold: f64,
    /// For each position, the probability of A, C, G and T.
    probabilities: &'a [[f64; 4]],
}

#[derive(Debug, Serialize)]
struct ElementEntry<'a> {
    name: &'a str,
    factor: &'a str,
}

#[derive(Debug, Serialize)]
struct PairEntry<'a> {
    name: &'a str,
    matched: bool,
    /// Probability of the label 1, given the sequences.
    probability: f64,
}

/// How many variants there are of each effect.
#[derive(Debug, Serialize)]
struct VariantCounts {
    r#break: usize,
    keep: usize,
    create: usize,
}

impl<'a> Truth<'a> {
    /// The truth about a simulation.
    #[must_use]
    pub fn of(simulation: &'a Simulation) -> Self {
        let factors = simulation.grammar().factors();
        let element = |planted: &'a crate::PlantedElement| ElementEntry {
            name: planted.name(),
            factor: factors[planted.factor].name(),
        };
        let pairs = simulation.pairs().iter().zip(simulation.pair_truths()).enumerate();
        let count = |effect| simulation.variants().iter().filter(|variant| variant.effect == effect).count();
        Self {
            format: FORMAT,
            config: simulation.config(),
            best_auroc: simulation.best_auroc(),
            flipped: simulation.grammar().noise(),
            contigs: simulation
                .contigs()
                .iter()
                .map(|contig| ContigEntry {
                    name: &contig.name,
                    length: contig.length,
                    pairs: contig.pairs,
                    flipped: contig.flipped,
                    best_auroc: contig.best_auroc(),
                })
                .collect(),
            background: composition(),
            factors: factors
                .iter()
                .map(|factor| FactorEntry {
                    name: factor.name(),
                    consensus: factor.pwm().consensus().into_iter().map(char::from).collect(),
                    threshold: factor.threshold(),
                    probabilities: factor.pwm().probabilities(),
                })
                .collect(),
            enhancers: simulation.enhancers().iter().map(element).collect(),
            promoters: simulation.promoters().iter().map(element).collect(),
            pairs: pairs
                .map(|(index, (pair, truth))| PairEntry {
                    name: pair.name.as_deref().unwrap_or_default(),
                    matched: truth.matched,
                    probability: simulation.probability(index),
                })
                .collect(),
            variants: VariantCounts {
                r#break: count(Effect::Break),
                keep: count(Effect::Keep),
                create: count(Effect::Create),
            },
        }
    }
}
