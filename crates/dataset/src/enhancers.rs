//! Enhancer sets: active open chromatin away from genes, and controls of the same length and GC content.
//!
//! An enhancer is a DNase peak that shares a base with H3K27ac, seen through a window of fixed length around its
//! summit, or its middle where no summit is known. The window, not the peak, must be free of exons, promoters,
//! blacklisted places and unknown bases, because the window is what a model reads. A control is such a window that
//! also meets no DNase peak, no H3K27ac and no other window of the set.

mod controls;
mod gc;
mod select;
mod sources;

use ciskit_core::{Interval, ReferenceGenome};
use serde::{Deserialize, Serialize};

use crate::DatasetError;
pub use sources::{EnhancerSources, Peak};

/// How an enhancer set is made.
///
/// ```
/// use ciskit_dataset::EnhancerConfig;
///
/// let config = EnhancerConfig::default();
/// assert_eq!((config.length, config.gc_bins, config.control_distance, config.seed), (1_000, 50, 0, 0));
/// assert!(EnhancerConfig { length: 0, ..config }.validate().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnhancerConfig {
    /// Length of every window in bp.
    pub length: u64,
    /// Number of bins of equal width that GC content is matched in.
    pub gc_bins: u32,
    /// Fewest bases between a control and any DNase peak or H3K27ac.
    pub control_distance: u64,
    /// Seed of the controls.
    pub seed: u64,
}

impl Default for EnhancerConfig {
    fn default() -> Self {
        Self { length: 1_000, gc_bins: 50, control_distance: 0, seed: 0 }
    }
}

impl EnhancerConfig {
    /// Checks the numbers.
    ///
    /// # Errors
    ///
    /// [`DatasetError::EnhancerConfig`] for a length or a number of bins that is 0, or a length that no genome has.
    pub fn validate(&self) -> Result<(), DatasetError> {
        let refuse = |name, found: u64, needed| Err(DatasetError::EnhancerConfig { name, found, needed });
        if !(1..=u64::from(u32::MAX)).contains(&self.length) {
            return refuse("length", self.length, "from 1 to 4294967295");
        }
        if self.gc_bins == 0 {
            return refuse("gc_bins", 0, "at least 1");
        }
        Ok(())
    }
}

/// A window of known bases and its GC content.
#[derive(Clone, Debug, PartialEq)]
pub struct GcWindow {
    /// Where it lies, named as the genome names its contig.
    pub interval: Interval,
    /// Share of G and C.
    pub gc: f64,
}

/// How many windows are left after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was asked of them: `dnase_peaks`, `meets_h3k27ac`, `inside_contig`, `distinct`, `without_exon`,
    /// `without_promoter`, `not_blacklisted`, `known_bases`.
    pub name: &'static str,
    /// Windows left.
    pub left: usize,
}

/// Enhancers and controls of one length.
#[derive(Clone, Debug, PartialEq)]
pub struct EnhancerSet {
    /// Enhancers, in the order of the genome. They may overlap, as peaks lie close together; no window occurs twice.
    pub enhancers: Vec<GcWindow>,
    /// Controls, in the order of the genome: as many as enhancers, fewer where a bin of GC content ran out.
    pub controls: Vec<GcWindow>,
    /// From DNase peaks to enhancers.
    pub steps: Vec<Step>,
    /// Windows that the controls were drawn from.
    pub candidates: usize,
}

impl EnhancerSet {
    /// Makes the set.
    ///
    /// Candidates for controls are laid without a gap into what is left of each contig that carries an enhancer, from a
    /// random start in each piece. Then every bin of GC content gives as many as it has enhancers, each candidate as
    /// likely as any other of the bin. The result depends on genome, sources and `config` only, not on the number of
    /// threads nor on the order of the sources.
    ///
    /// # Errors
    ///
    /// As [`EnhancerConfig::validate`]; [`DatasetError::Regions`] for a source that does not fit the genome;
    /// [`DatasetError::NoEnhancers`] and [`DatasetError::NoControls`] where nothing is left;
    /// [`DatasetError::Genome`] if it cannot be read.
    ///
    /// # Cost
    ///
    /// O(n log n) in the places of all sources; each base of the contigs with enhancers is read at most once for the
    /// controls, and the enhancers' neighbourhoods once more, by all threads of rayon. Memory: the sources, 16 bytes a
    /// candidate, and about 1 MB of sequence a thread.
    ///
    /// ```
    /// use ciskit_core::{InMemoryGenome, Interval};
    /// use ciskit_dataset::{EnhancerConfig, EnhancerSet, EnhancerSources, Peak};
    ///
    /// let genome = InMemoryGenome::new([("chr1", b"ACGT".repeat(500))])?;
    /// let at = |start, end| Interval::new("chr1", start, end);
    /// let sources = EnhancerSources {
    ///     dnase: vec![Peak::new(at(300, 340)?), Peak { interval: at(900, 990)?, summit: Some(920) }],
    ///     h3k27ac: [at(0, 301)?, at(950, 1_000)?].into_iter().collect(),
    ///     exons: [at(350, 360)?].into_iter().collect(),
    ///     ..EnhancerSources::default()
    /// };
    /// let set = EnhancerSet::new(&genome, &sources, &EnhancerConfig { length: 100, ..Default::default() })?;
    /// // The first window, 270-370, meets the exon; the second one lies around its summit.
    /// assert_eq!(set.enhancers[0].interval, at(870, 970)?);
    /// assert_eq!((set.enhancers.len(), set.controls.len(), set.controls[0].gc), (1, 1, 0.5));
    /// assert!(set.candidates > 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new<G: ReferenceGenome + ?Sized>(
        genome: &G,
        sources: &EnhancerSources,
        config: &EnhancerConfig,
    ) -> Result<Self, DatasetError> {
        config.validate()?;
        let sources = sources.placed(genome.contigs())?;
        let (enhancers, steps) = select::enhancers(genome, &sources, config.length)?;
        let candidates = controls::candidates(genome, &sources, &enhancers, config)?;
        let count = candidates.len();
        let controls = controls::matched(&enhancers, candidates, config);
        if controls.is_empty() {
            return Err(DatasetError::NoControls {
                enhancers: enhancers.len(),
                candidates: count,
                length: config.length,
            });
        }
        let windows = |counted: Vec<gc::Counted>| -> Vec<GcWindow> {
            counted.iter().map(|window| window.shown(genome.contigs(), config.length)).collect()
        };
        Ok(Self { enhancers: windows(enhancers), controls: windows(controls), steps, candidates: count })
    }

    /// How many enhancers have no control of their GC content.
    #[must_use]
    pub fn unmatched(&self) -> usize {
        self.enhancers.len() - self.controls.len()
    }
}

#[cfg(test)]
mod tests;
