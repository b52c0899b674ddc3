//! Negatives from anywhere in the genome, of the positives' GC content.

use ciskit_core::{Edge, Element, Interval, Pair, ReferenceGenome, Side};

use super::matching::Comparison;
use super::universe::SIDES;
use super::{NegativeSampler, Negatives, Universe};
use crate::{DatasetError, IntervalIndex, Purpose, Seeds};

/// Positives of which one element is replaced by a window of the genome: of the same length and contig, of about the
/// same share of G and C, without N, and away from every element of the universe and whatever else is to be avoided.
///
/// Such negatives ask whether a model knows an element from the rest of the genome, not whether it knows pairs. Their
/// [`Matching`](super::Matching) compares the share of G and C first.
///
/// *Cost*: reads windows until one fits, on the mean 1 / (share of the contig that fits) for each negative, 1,000 at
/// most.
///
/// ```
/// use ciskit_core::{InMemoryGenome, Interval, Pair, Side};
/// use ciskit_dataset::{GcBackground, NegativeSampler, Seeds, Universe};
///
/// // From 5,000 on three quarters are G and C; the end is not known.
/// let contig = ["AATG".repeat(1_250), "GCCA".repeat(1_250), "N".repeat(5_000)].concat();
/// let genome = InMemoryGenome::new([("chr1", contig.into_bytes())])?;
/// let pair = Pair::new(Interval::new("chr1", 8_000, 8_200)?, Interval::new("chr1", 100, 300)?);
/// let universe = Universe::of(&[pair.with_label(true)]);
/// let negatives = GcBackground::new(genome, Side::Enhancer, 5).sample(&universe, Seeds::of_run(0))?;
/// assert_eq!(negatives.matching.found, 5);
/// for negative in &negatives.pairs {
///     let window = &negative.enhancer.interval;
///     assert!(window.start() >= 4_990 && window.end() <= 10_000 && window.len() == 200);
///     assert!(!window.overlaps(&Interval::new("chr1", 8_000, 8_200)?));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct GcBackground<G> {
    genome: G,
    side: Side,
    per_positive: usize,
    tolerance: f64,
    avoided: Vec<Interval>,
}

impl<G: ReferenceGenome> GcBackground<G> {
    /// `per_positive` negatives for each positive, its element of this side replaced; the share of G and C differs
    /// by 0.02 at most.
    pub fn new(genome: G, side: Side, per_positive: usize) -> Self {
        Self { genome, side, per_positive, tolerance: 0.02, avoided: Vec::new() }
    }

    /// The same with another largest difference of the shares of G and C.
    #[must_use]
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }

    /// The same with windows away from these intervals too: they share no base.
    #[must_use]
    pub fn avoiding(mut self, intervals: impl IntoIterator<Item = Interval>) -> Self {
        self.avoided.extend(intervals);
        self
    }

    /// Share of G and C of an interval's known bases, and whether all are known.
    fn gc(&self, interval: &Interval, bases: &mut Vec<u8>) -> Result<(f64, bool), DatasetError> {
        self.genome.fetch_into(interval.contig(), interval.range(), Edge::Error, bases)?;
        let count = |letters: &[u8]| bases.iter().filter(|base| letters.contains(base)).count();
        let (gc, known) = (count(b"GCgc"), count(b"ACGTacgt"));
        Ok((gc as f64 / known.max(1) as f64, known == bases.len()))
    }
}

/// Windows that are read for a negative at most.
const TRIES: usize = 1_000;

impl<G: ReferenceGenome> NegativeSampler for GcBackground<G> {
    fn name(&self) -> String {
        format!("{} from the GC-matched background", self.side)
    }

    fn sample(&self, universe: &Universe, seeds: Seeds) -> Result<Negatives, DatasetError> {
        let mut drawing = universe.draw()?;
        let elements = SIDES.into_iter().flat_map(|side| universe.elements(side));
        let avoided = IntervalIndex::new(elements.map(|element| &element.interval).chain(&self.avoided));
        let stream = seeds.stream(Purpose::Negatives).name("background");
        let (mut bases, mut shares) = (Vec::new(), [Vec::new(), Vec::new()]);
        for (positive, pair) in universe.positives().iter().enumerate() {
            let (element, partner) = (pair.element(self.side), pair.element(self.side.other()));
            let contig = self.genome.contigs().resolve(element.interval.contig());
            let length = contig.map_err(ciskit_core::GenomeError::from)?.length;
            let (wanted, _) = self.gc(&element.interval, &mut bases)?;
            shares[0].push(wanted);
            let Some(last) = length.checked_sub(element.interval.len()) else { continue };
            let mut draws = stream.number(positive as u64).draws();
            for _ in 0..self.per_positive {
                for _ in 0..TRIES {
                    let start = draws.below(last + 1);
                    let end = start + element.interval.len();
                    let Ok(window) = Interval::new(element.interval.contig().clone(), start, end) else {
                        break;
                    };
                    if avoided.meets(&window) {
                        continue;
                    }
                    let (share, known) = self.gc(&window, &mut bases)?;
                    let window = Element { interval: window, name: None, strand: element.strand };
                    let sides = match self.side {
                        Side::Enhancer => Pair::new(window, partner.clone()),
                        Side::Promoter => Pair::new(partner.clone(), window),
                    };
                    let fits = known && (share - wanted).abs() <= self.tolerance;
                    if fits && drawing.place(positive, sides.enhancer, sides.promoter) {
                        shares[1].push(share);
                        break;
                    }
                }
            }
        }
        let mut negatives = drawing.finish(self.name(), self.per_positive);
        let [positives, drawn] = shares;
        negatives.matching = negatives.matching.with(Comparison::of("share of G and C", positives, drawn));
        Ok(negatives)
    }
}
