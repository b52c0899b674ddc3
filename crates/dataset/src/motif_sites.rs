//! Sites of a motif at pairs: in the two windows, which way they point, and how many lie between.

use std::collections::BTreeMap;
use std::ops::Range;

use ciskit_core::{Edge, Pair, ReferenceGenome, Side};
use ciskit_encode::{Motif, MotifHit};
use rayon::prelude::*;

use crate::{Covariates, DatasetError, Jitter, PairSource};

/// Bases that are read and searched together.
const CHUNK: i64 = 1 << 20;

/// What a pair's sites of a motif say, as covariates.
///
/// The best site of a window is the one of the highest score, the first of several. Two best sites *converge* if the one
/// at smaller coordinates reads forward and the other in reverse, as CTCF's do at the feet of most loops; they diverge
/// the other way round, and otherwise lie in tandem. All are of the centred windows; a jitter does not change them.
///
/// | column | value |
/// |---|---|
/// | `NAME:enhancer` | score of the best site of the enhancer's window in bits, 0 without any |
/// | `NAME:promoter` | the same of the promoter's |
/// | `NAME:convergent` | 1 if both windows have a site and the best ones converge, else 0 |
/// | `NAME:divergent` | 1 if they diverge |
/// | `NAME:tandem` | 1 if both read the same way |
/// | `NAME:between` | log10(1 + number of sites between the windows), where the source has a [genome](PairSource::reference) |
///
/// *Source*: Rao et al., Cell 159:1665 (2014), doi 10.1016/j.cell.2014.11.021, for the orientation.
///
/// ```
/// use ciskit_core::{InMemoryGenome, Interval, Pair};
/// use ciskit_dataset::{GenomePairs, MotifSites, WindowRule};
/// use ciskit_encode::Motif;
///
/// let counts = [[0., 0., 0., 9.], [9., 0., 0., 0.], [0., 0., 9., 0.], [0., 0., 9., 0.]]; // TAGG
/// let motif = Motif::from_counts(&counts, 1.0, Motif::UNIFORM)?;
/// //                                           | enhancer |             | promoter |
/// let genome = InMemoryGenome::new([("chr1", b"aaaaTAGGaaaaaTAGGaaCCTAaaaCCTAaaaaa".to_vec())])?;
/// let pair = Pair::new(Interval::new("chr1", 1, 11)?, Interval::new("chr1", 23, 33)?);
/// let source = GenomePairs::new(genome, vec![pair], WindowRule::new(10), WindowRule::new(10))?;
///
/// let sites = MotifSites::new("TAGG", &motif, motif.highest());
/// let covariates = sites.covariates(&source)?;
/// let named: Vec<_> = covariates.names().iter().map(|name| &name[5..]).zip(covariates.of(0)).collect();
/// let best = motif.highest() as f32;
/// assert_eq!(named[..3], [("enhancer", &best), ("promoter", &best), ("convergent", &1.0)]);
/// assert_eq!(named[5], ("between", &(3f64.log10() as f32)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MotifSites<'a> {
    name: &'a str,
    motif: &'a Motif,
    threshold: f64,
}

impl<'a> MotifSites<'a> {
    /// Sites that score at least `threshold` bits ([`Motif::threshold`]); `name` begins the columns' names.
    #[must_use]
    pub fn new(name: &'a str, motif: &'a Motif, threshold: f64) -> Self {
        Self { name, motif, threshold }
    }

    /// The covariates of all pairs.
    ///
    /// *Cost*: every pair's windows are read and searched; with a genome, also every contig with a pair, once, from the
    /// first pair on it to the last. The same bytes for any number of threads.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Window`] or [`DatasetError::Genome`] where bases cannot be read.
    pub fn covariates(&self, source: &dyn PairSource) -> Result<Covariates, DatasetError> {
        let rows = (0..source.len()).into_par_iter().map_init(
            || (Vec::new(), Vec::new()),
            |(enhancer, promoter), pair| {
                source.fetch(pair, Jitter::CENTRED, enhancer, promoter)?;
                Ok(at_pair(&source.pairs()[pair], self.best(enhancer), self.best(promoter)))
            },
        );
        let rows = rows.collect::<Result<Vec<[f32; 5]>, DatasetError>>()?;
        let mut covariates = Covariates::none();
        for (column, of) in ["enhancer", "promoter", "convergent", "divergent", "tandem"].iter().enumerate() {
            let values = rows.iter().map(|row| row[column]).collect();
            covariates = covariates.with(format!("{}:{of}", self.name), values);
        }
        let Some(genome) = source.reference() else { return Ok(covariates) };
        Ok(covariates.with(format!("{}:between", self.name), self.between(source, genome)?))
    }

    fn best(&self, sequence: &[u8]) -> Option<MotifHit> {
        let better = |best: Option<MotifHit>, hit: MotifHit| match best {
            Some(best) if best.score >= hit.score => Some(best),
            _ => Some(hit),
        };
        self.motif.hits(sequence, self.threshold).fold(None, better)
    }

    /// log10(1 + sites between the windows) of every pair.
    fn between(
        &self,
        source: &dyn PairSource,
        genome: &dyn ReferenceGenome,
    ) -> Result<Vec<f32>, DatasetError> {
        let gaps: Vec<Option<Range<i64>>> = source.pairs().iter().map(|pair| gap(pair, source)).collect();
        let mut reaches: BTreeMap<&str, Range<i64>> = BTreeMap::new();
        for (pair, gap) in source.pairs().iter().zip(&gaps) {
            let Some(gap) = gap else { continue };
            let reach = reaches.entry(pair.enhancer.interval.contig()).or_insert_with(|| gap.clone());
            *reach = reach.start.min(gap.start)..reach.end.max(gap.end);
        }
        let mut starts: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for (contig, reach) in reaches {
            starts.insert(contig, self.starts(genome, contig, reach)?);
        }
        let width = self.motif.len() as i64;
        let count = |(pair, gap): (&Pair, &Option<Range<i64>>)| {
            let (Some(gap), Some(starts)) = (gap, starts.get(&**pair.enhancer.interval.contig())) else {
                return 0;
            };
            let before = |position: i64| starts.partition_point(|&start| start < position);
            before(gap.end - width + 1).saturating_sub(before(gap.start))
        };
        let counts = source.pairs().iter().zip(&gaps).map(count);
        Ok(counts.map(|count| ((1 + count) as f64).log10() as f32).collect())
    }

    /// Where sites start in a part of a contig, ascending; a palindromic one counts once.
    fn starts(
        &self,
        genome: &dyn ReferenceGenome,
        contig: &str,
        reach: Range<i64>,
    ) -> Result<Vec<i64>, DatasetError> {
        let chunks = reach.clone().step_by(CHUNK as usize).collect::<Vec<_>>();
        let in_chunk = |start: i64| {
            // A site belongs to the chunk that it starts in.
            let end = (start + CHUNK + self.motif.len() as i64 - 1).min(reach.end);
            let bases = genome.fetch(contig, start..end, Edge::PadN)?;
            let mut starts: Vec<i64> =
                self.motif.hits(&bases, self.threshold).map(|hit| start + hit.start as i64).collect();
            starts.dedup();
            Ok(starts)
        };
        let found = chunks.into_par_iter().map(in_chunk).collect::<Result<Vec<_>, DatasetError>>()?;
        Ok(found.concat())
    }
}

/// Scores of the best sites, and how they point.
fn at_pair(pair: &Pair, enhancer: Option<MotifHit>, promoter: Option<MotifHit>) -> [f32; 5] {
    let score = |hit: Option<MotifHit>| hit.map_or(0.0, |hit| hit.score as f32);
    let mut orientation = [0.0; 3];
    if let (Some(enhancer), Some(promoter), Some(distance)) = (enhancer, promoter, pair.signed_distance()) {
        let (left, right) = if distance <= 0 { (enhancer, promoter) } else { (promoter, enhancer) };
        let which = match (left.reverse, right.reverse) {
            (false, true) => 0,
            (true, false) => 1,
            _ => 2,
        };
        orientation[which] = 1.0;
    }
    let [convergent, divergent, tandem] = orientation;
    [score(enhancer), score(promoter), convergent, divergent, tandem]
}

/// What lies between the centred windows of a pair on one contig; `None` if they meet.
fn gap(pair: &Pair, source: &dyn PairSource) -> Option<Range<i64>> {
    let distance = pair.signed_distance()?;
    let window = |side: Side| {
        let (centre, length) = (pair.element(side).interval.center() as i64, source.window_len(side) as i64);
        (centre - length / 2, centre - length / 2 + length)
    };
    let (enhancer, promoter) = (window(Side::Enhancer), window(Side::Promoter));
    let gap = if distance <= 0 { enhancer.1..promoter.0 } else { promoter.1..enhancer.0 };
    (gap.start < gap.end).then_some(gap)
}

#[cfg(test)]
mod tests {
    use ciskit_core::{InMemoryGenome, Interval};

    use super::*;
    use crate::{ElementPairs, ElementSequences, GenomePairs, WindowRule};

    /// TAGG, whose reverse is CCTA.
    fn motif() -> Motif {
        let counts = [[0., 0., 0., 9.], [9., 0., 0., 0.], [0., 0., 9., 0.], [0., 0., 9., 0.]];
        Motif::from_counts(&counts, 1.0, Motif::UNIFORM).unwrap()
    }

    fn at(start: u64, end: u64) -> Interval {
        Interval::new("chr1", start, end).unwrap()
    }

    #[test]
    fn orientation_goes_by_coordinates_and_not_by_side() {
        let motif = motif();
        for (left, right, which) in
            [("TAGG", "CCTA", 2), ("CCTA", "TAGG", 3), ("TAGG", "TAGG", 4), ("CCTA", "CCTA", 4)]
        {
            let genome = format!("aaa{left}aaaaaaaaaaaa{right}aaaaa");
            let genome = InMemoryGenome::new([("chr1", genome.into_bytes())]).unwrap();
            let pairs = vec![Pair::new(at(2, 8), at(18, 24)), Pair::new(at(18, 24), at(2, 8))];
            let source = GenomePairs::new(genome, pairs, WindowRule::new(6), WindowRule::new(6)).unwrap();
            let covariates = MotifSites::new("m", &motif, motif.highest()).covariates(&source).unwrap();
            for pair in 0..2 {
                let row = covariates.of(pair);
                let orientation: Vec<usize> = (2..5).filter(|&column| row[column] == 1.0).collect();
                assert_eq!((orientation, row[5]), (vec![which], 0.0), "{left} {right} {pair}");
            }
        }
    }

    #[test]
    fn sites_between_are_those_of_the_gap_over_any_number_of_chunks() {
        let motif = motif();
        let length = 2 * CHUNK as usize + 1_000;
        let mut bases = vec![b'a'; length];
        // One over the first chunk's end, one just inside each window, one half in the second window.
        let chunk = CHUNK as usize;
        for start in [40, 60, 100, chunk + 108, chunk + 113, chunk + 5_000, length - 58, length - 52] {
            bases[start..start + 4].copy_from_slice(b"TAGG");
        }
        let genome = InMemoryGenome::new([("chr1", bases)]).unwrap();
        // Windows 30..70 and length-55..length-15, so that the gap is 70..length-55.
        let promoter = at(length as u64 - 45, length as u64 - 25);
        let pairs = vec![Pair::new(at(40, 60), promoter), Pair::new(at(40, 60), at(50, 70))];
        let source = GenomePairs::new(genome, pairs, WindowRule::new(40), WindowRule::new(40)).unwrap();
        let sites = MotifSites::new("m", &motif, motif.highest());
        let covariates = sites.covariates(&source).unwrap();
        assert_eq!(covariates.of(0)[5], 5f64.log10() as f32, "100, two at the chunk's end, one after it");
        assert_eq!(covariates.of(1)[5], 0.0, "windows that meet have nothing between them");
        // The first of two equal sites is the best.
        assert_eq!(covariates.of(0)[4], 1.0);
    }

    #[test]
    fn element_sequences_have_no_sites_between() {
        let motif = motif();
        let sequences =
            |side, name, bases: &[u8]| ElementSequences::new(side, [(name, bases.to_vec())]).unwrap();
        let (enhancer, promoter) = ("x|chr1:100-108", "x|chr1:900-908");
        let enhancers = sequences(Side::Enhancer, enhancer, b"aaTAGGaa");
        let promoters = sequences(Side::Promoter, promoter, b"aaaaaaaa");
        let source = ElementPairs::new(enhancers, 8, promoters, 8, [(enhancer, promoter, None)]).unwrap();
        let covariates = MotifSites::new("m", &motif, motif.highest()).covariates(&source).unwrap();
        assert_eq!(covariates.names().len(), 5);
        assert_eq!(covariates.of(0), [motif.highest() as f32, 0.0, 0.0, 0.0, 0.0]);
    }
}
