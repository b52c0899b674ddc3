//! What an enhancer set is made of.

use ciskit_core::{Contigs, Interval};

use crate::{DatasetError, IntervalSet};

/// A peak of open chromatin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peak {
    /// Where it lies.
    pub interval: Interval,
    /// The position of its highest signal on the contig, 0-based; `None` if it is not known.
    pub summit: Option<u64>,
}

impl Peak {
    /// A peak of unknown summit.
    #[must_use]
    pub fn new(interval: Interval) -> Self {
        Self { interval, summit: None }
    }

    /// The base that a window is laid around: the summit, or else the interval's [center](Interval::center).
    ///
    /// ```
    /// use ciskit_core::Interval;
    /// use ciskit_dataset::Peak;
    ///
    /// let peak = Peak::new(Interval::new("chr1", 100, 200)?);
    /// assert_eq!((peak.anchor(), Peak { summit: Some(120), ..peak }.anchor()), (150, 120));
    /// # Ok::<(), ciskit_core::IntervalError>(())
    /// ```
    #[must_use]
    pub fn anchor(&self) -> u64 {
        self.summit.unwrap_or_else(|| self.interval.center())
    }
}

/// The places that an enhancer set is made of. Contigs may be spelled with or without `chr`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnhancerSources {
    /// Peaks of open chromatin; all of them keep controls away.
    pub dnase: Vec<Peak>,
    /// Places with the histone mark of active enhancers and promoters.
    pub h3k27ac: IntervalSet,
    /// Exons: no window meets one.
    pub exons: IntervalSet,
    /// Neighbourhoods of transcription starts: no window meets one.
    pub promoters: IntervalSet,
    /// Places whose reads are artefacts: no window meets one.
    pub blacklist: IntervalSet,
}

impl EnhancerSources {
    /// The same places with the contigs' names of the genome.
    ///
    /// A contig of a peak or a mark must be in the genome. Annotations name contigs that many genome files lack
    /// (patches), so theirs may be missing, but not all of them: then nothing would be excluded.
    pub(super) fn placed(&self, contigs: &Contigs) -> Result<Self, DatasetError> {
        let strict = |what, set| {
            let (placed, unknown) = placed(what, set, contigs)?;
            unknown.map_or(Ok(placed), Err)
        };
        let lenient = |what, set| {
            let (placed, unknown) = placed(what, set, contigs)?;
            unknown.filter(|_| placed.is_empty()).map_or(Ok(placed), Err)
        };
        Ok(Self {
            dnase: self.placed_peaks(contigs).map_err(|source| regions("DNase peaks", source))?,
            h3k27ac: strict("H3K27ac peaks", &self.h3k27ac)?,
            exons: lenient("exons", &self.exons)?,
            promoters: lenient("promoters", &self.promoters)?,
            blacklist: lenient("blacklist", &self.blacklist)?,
        })
    }

    fn placed_peaks(&self, contigs: &Contigs) -> Result<Vec<Peak>, DatasetError> {
        let place = |peak: &Peak| {
            let contig = contigs.resolve(peak.interval.contig()).map_err(ciskit_core::GenomeError::from)?;
            let (element, length) = (peak.interval.clone(), contig.length);
            if element.end() > length {
                return Err(DatasetError::ElementOutside { element, length });
            }
            let interval = Interval::new(contig.name.clone(), element.start(), element.end())
                .expect("another name keeps an interval one");
            Ok(Peak { interval, summit: peak.summit })
        };
        self.dnase.iter().map(place).collect()
    }
}

/// The set on the genome's contigs, and an error that tells of a contig that is not there.
fn placed(
    what: &'static str,
    set: &IntervalSet,
    contigs: &Contigs,
) -> Result<(IntervalSet, Option<DatasetError>), DatasetError> {
    let (placed, unknown) = set.placed(contigs).map_err(|source| regions(what, source))?;
    let first = unknown.first().and_then(|name| contigs.resolve(name).err());
    let error = first.map(|source| regions(what, ciskit_core::GenomeError::from(source).into()));
    Ok((placed, error))
}

fn regions(what: &'static str, source: DatasetError) -> DatasetError {
    DatasetError::Regions { what, source: Box::new(source) }
}
