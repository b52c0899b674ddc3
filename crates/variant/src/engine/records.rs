//! Any number of variants, a chunk at a time.

use std::error::Error;

use ciskit_core::{ReferenceGenome, Variant};

use super::chunks::Chunks;
use super::run::Run;
use super::{ScoredVariant, VariantEngine};
use crate::{Summary, VariantScoringError};

impl<'a> VariantEngine<'a> {
    /// Scores the variants of records (lines of a VCF, rows of a table) as they are read: every record comes back, in order, with
    /// one [`ScoredVariant`] for each of its variants.
    ///
    /// `variants` says which variants a record carries: none, one, or one for each alternative allele. Memory is bounded by the
    /// chunk, whatever the number of records. The iterator ends after the first error; records that were read before a
    /// broken one come back first.
    ///
    /// # Example
    ///
    /// ```
    /// # use ciskit_core::*;
    /// # use ciskit_variant::VariantScoring;
    /// # struct Gc(ScorerSpec);
    /// # impl SequenceScorer for Gc {
    /// #     fn spec(&self) -> &ScorerSpec {
    /// #         &self.0
    /// #     }
    /// #     fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
    /// #         let gc = |s: &&[u8]| s.iter().filter(|b| b"GC".contains(b)).count() as f32;
    /// #         Scores::scalar(sequences.iter().map(gc).collect()).select(select)
    /// #     }
    /// # }
    /// # let model = ReferenceAlternative(Gc(ScorerSpec::scalar(InputWindow::fixed(4), "gc", Scale::Raw)));
    /// # let genome = InMemoryGenome::new([("chr1", b"AACGTTTT".to_vec())])?;
    /// let engine = VariantScoring::new(&model).raw().build()?;
    /// let records = ["1 3 A", "1 5 G"].map(Ok::<_, std::io::Error>);
    /// let mut scored = engine.score_records(&genome, records.into_iter(), |record| {
    ///     let fields: Vec<&str> = record.split(' ').collect();
    ///     let start = fields[1].parse().unwrap_or(0);
    ///     let reference = if start == 3 { b"G" } else { b"T" };
    ///     Ok(Variant::new(fields[0], start, reference, Allele::from_vcf(fields[2])).into_iter().collect())
    /// });
    /// let (record, variants) = scored.next().expect("two records")?;
    /// assert_eq!((record, &variants[0].values), ("1 3 A", &vec![2.0, 1.0]));
    /// assert_eq!(scored.by_ref().count(), 1);
    /// assert_eq!(scored.summary().to_string(), "2 variants: 2 scored");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn score_records<'e, T, E, I, F>(
        &'e self,
        genome: &'e dyn ReferenceGenome,
        records: I,
        variants: F,
    ) -> ScoredRecords<'e, 'a, T, I, F>
    where
        I: Iterator<Item = Result<T, E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
        F: FnMut(&T) -> Result<Vec<Variant>, E>,
    {
        ScoredRecords { run: self.run(genome), chunks: Chunks::new(records, variants, self.chunk) }
    }
}

/// Records and what became of their variants: see [`VariantEngine::score_records`].
pub struct ScoredRecords<'e, 'a, T, I, F> {
    run: Run<'e, 'a>,
    chunks: Chunks<T, ScoredVariant, I, F>,
}

impl<T, I, F> ScoredRecords<'_, '_, T, I, F> {
    /// What became of the variants that were scored so far.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.run.summary
    }
}

impl<T, E, I, F> Iterator for ScoredRecords<'_, '_, T, I, F>
where
    I: Iterator<Item = Result<T, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
    F: FnMut(&T) -> Result<Vec<Variant>, E>,
{
    type Item = Result<(T, Vec<ScoredVariant>), VariantScoringError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.chunks.next(&mut self.run)
    }
}
