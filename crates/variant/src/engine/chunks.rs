//! Records of variants, read and scored a chunk at a time.

use std::collections::VecDeque;
use std::error::Error;

use ciskit_core::Variant;

use crate::VariantScoringError;

/// Scores variants, one slice after another.
pub(crate) trait ScoresVariants {
    /// What becomes of a variant.
    type Scored;

    /// The next variants, in order.
    fn score(&mut self, variants: &[Variant]) -> Result<Vec<Self::Scored>, VariantScoringError>;

    /// No more variants.
    fn finish(&self) -> Result<(), VariantScoringError>;
}

/// Records that are read as they are asked for, and what became of their variants.
pub(crate) struct Chunks<T, S, I, F> {
    records: I,
    variants: F,
    size: usize,
    ready: VecDeque<(T, Vec<S>)>,
    failed: Option<VariantScoringError>,
    done: bool,
}

impl<T, S, E, I, F> Chunks<T, S, I, F>
where
    I: Iterator<Item = Result<T, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
    F: FnMut(&T) -> Result<Vec<Variant>, E>,
{
    /// Records with the variants that each carries, about `size` of them at a time.
    pub(crate) fn new(records: I, variants: F, size: usize) -> Self {
        Self { records, variants, size, ready: VecDeque::new(), failed: None, done: false }
    }

    /// The next record, scored by a run, which must be the same in every call. What was read before an error comes first, and
    /// nothing behind it.
    pub(crate) fn next(
        &mut self,
        run: &mut impl ScoresVariants<Scored = S>,
    ) -> Option<Result<(T, Vec<S>), VariantScoringError>> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            if let Some(error) = self.failed.take() {
                self.done = true;
                return Some(Err(error));
            }
            if self.done {
                return None;
            }
            self.read(run);
        }
    }

    /// Reads and scores records until a chunk is full or there are no more.
    fn read(&mut self, run: &mut impl ScoresVariants<Scored = S>) {
        let (mut records, mut counts, mut variants) = (Vec::new(), Vec::new(), Vec::new());
        // Records without variants fill a chunk as well.
        while records.len().max(variants.len()) < self.size {
            let Some(record) = self.records.next() else {
                self.done = true;
                break;
            };
            let read = record.and_then(|record| Ok(((self.variants)(&record)?, record)));
            match read {
                Ok((of_record, record)) => {
                    counts.push(of_record.len());
                    variants.extend(of_record);
                    records.push(record);
                }
                Err(error) => {
                    self.failed = Some(VariantScoringError::Records(error.into()));
                    break;
                }
            }
        }
        match run.score(&variants) {
            Ok(scored) => {
                let mut scored = scored.into_iter();
                let of_record = |(record, count)| (record, scored.by_ref().take(count).collect());
                self.ready.extend(records.into_iter().zip(counts).map(of_record));
            }
            Err(error) => self.failed = Some(error),
        }
        if self.done && self.failed.is_none() {
            self.failed = run.finish().err();
        }
    }
}
