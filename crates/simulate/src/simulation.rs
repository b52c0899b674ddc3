//! A whole simulation, made in memory.

use ciskit_core::{ContigName, InMemoryGenome, Interval, Pair, Side};
use ciskit_seqio::Gene;

use crate::element::PlantedElement;
use crate::variants::TrueVariant;
use crate::{Grammar, SimulationConfig};

/// Index of an enhancer and of a promoter, and what is true of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairTruth {
    /// Index of the enhancer.
    pub enhancer: usize,
    /// Index of the promoter.
    pub promoter: usize,
    /// Whether the two have sites of the same factor. The pair's label says the opposite if it is a wrong one.
    pub matched: bool,
}

/// How well the best scorer can do on the pairs of a contig.
///
/// ```
/// use ciskit_simulate::ContigTruth;
///
/// let contig = ContigTruth { name: "chr1".into(), length: 1_000, pairs: 100, flipped: 5 };
/// assert_eq!(contig.best_auroc(), Some(0.95));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ContigTruth {
    /// Name of the contig.
    pub name: ContigName,
    /// Length of the contig in bp.
    pub length: u64,
    /// Number of pairs on the contig.
    pub pairs: usize,
    /// Number of pairs whose label is the opposite of what the grammar says.
    pub flipped: usize,
}

impl ContigTruth {
    /// AUROC of the grammar itself on the contig's pairs; none without pairs. See [`Simulation::best_auroc`].
    #[must_use]
    pub fn best_auroc(&self) -> Option<f64> {
        (self.pairs > 0).then(|| 1.0 - self.flipped as f64 / self.pairs as f64)
    }
}

/// A genome, its elements, pairs and variants, and the truth about them.
///
/// ```
/// use ciskit_simulate::{Simulation, SimulationConfig};
///
/// let config = SimulationConfig { pairs: 80, ..Default::default() };
/// let simulation = Simulation::generate(&config)?;
/// assert_eq!((simulation.pairs().len(), simulation.enhancers().len()), (80, 40));
/// assert_eq!(simulation.pairs().iter().filter(|pair| pair.label == Some(true)).count(), 40);
/// assert_eq!(simulation.best_auroc(), 0.95);
/// # Ok::<(), ciskit_simulate::SimulateError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(crate) config: SimulationConfig,
    pub(crate) grammar: Grammar,
    pub(crate) genome: InMemoryGenome,
    pub(crate) contigs: Vec<ContigTruth>,
    pub(crate) enhancers: Vec<PlantedElement>,
    pub(crate) promoters: Vec<PlantedElement>,
    pub(crate) genes: Vec<Gene>,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) pair_truths: Vec<PairTruth>,
    pub(crate) variants: Vec<TrueVariant>,
}

impl Simulation {
    /// What was asked for.
    #[must_use]
    pub fn config(&self) -> &SimulationConfig {
        &self.config
    }

    /// The rule behind the labels.
    #[must_use]
    pub fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    /// The genome.
    #[must_use]
    pub fn genome(&self) -> &InMemoryGenome {
        &self.genome
    }

    /// The contigs, with the best AUROC on each.
    #[must_use]
    pub fn contigs(&self) -> &[ContigTruth] {
        &self.contigs
    }

    /// Enhancers, by place.
    #[must_use]
    pub fn enhancers(&self) -> &[PlantedElement] {
        &self.enhancers
    }

    /// Background beside each enhancer, where no site is: what lies in its surroundings before the stretch that sites are
    /// planted in.
    ///
    /// ```
    /// use ciskit_simulate::{Simulation, SimulationConfig};
    ///
    /// let simulation = Simulation::generate(&SimulationConfig { pairs: 40, ..Default::default() })?;
    /// let controls: Vec<_> = simulation.controls().collect();
    /// assert_eq!(controls.len(), simulation.enhancers().len());
    /// let sites: Vec<_> = simulation.enhancers().iter().flat_map(|enhancer| &enhancer.sites).collect();
    /// assert!(controls.iter().all(|control| !sites.iter().any(|site| site.interval.overlaps(control))));
    /// # Ok::<(), ciskit_simulate::SimulateError>(())
    /// ```
    pub fn controls(&self) -> impl Iterator<Item = Interval> {
        let length = self.config.spacing / 2 - self.config.reach;
        self.enhancers.iter().filter_map(move |enhancer| {
            let around = &enhancer.surroundings;
            Interval::new(around.contig().clone(), around.start(), around.start() + length).ok()
        })
    }

    /// Promoters, by place.
    #[must_use]
    pub fn promoters(&self) -> &[PlantedElement] {
        &self.promoters
    }

    /// Genes, in the order of their promoters.
    #[must_use]
    pub fn genes(&self) -> &[Gene] {
        &self.genes
    }

    /// Pairs, by the places of enhancer and promoter, all with a label.
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The truth about each pair, in the order of [`pairs`](Self::pairs).
    #[must_use]
    pub fn pair_truths(&self) -> &[PairTruth] {
        &self.pair_truths
    }

    /// Variants, by place.
    #[must_use]
    pub fn variants(&self) -> &[TrueVariant] {
        &self.variants
    }

    /// The element on one side of a pair.
    ///
    /// # Panics
    ///
    /// If there is no pair with this index.
    #[must_use]
    pub fn element(&self, pair: usize, side: Side) -> &PlantedElement {
        let truth = self.pair_truths[pair];
        match side {
            Side::Enhancer => &self.enhancers[truth.enhancer],
            Side::Promoter => &self.promoters[truth.promoter],
        }
    }

    /// Probability that a pair is labelled 1, which is all that can be known of its label.
    ///
    /// # Panics
    ///
    /// If there is no pair with this index.
    #[must_use]
    pub fn probability(&self, pair: usize) -> f64 {
        self.grammar.probability_of(self.pair_truths[pair].matched)
    }

    /// AUROC of the [probability](Self::probability) on these pairs: what no scorer that has not seen their labels
    /// can be expected to exceed.
    ///
    /// The probability takes two values, so its AUROC is the mean of sensitivity and specificity. Wrong labels are
    /// equally many in both classes, which makes both one minus their share.
    #[must_use]
    pub fn best_auroc(&self) -> f64 {
        1.0 - self.grammar.noise()
    }
}
