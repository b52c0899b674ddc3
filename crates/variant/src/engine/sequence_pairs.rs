//! Variants given as two sequences, without a genome.

use std::ops::Range;

use ciskit_core::Strand;
use ciskit_encode::reverse_complement;
use rayon::prelude::*;

use super::{ScoredVariant, VariantEngine};
use crate::seen::Identity;
use crate::window::{Cut, View, Window, too_many_unknown};
use crate::{Status, VariantScoringError};

impl VariantEngine<'_> {
    /// Scores pairs of a reference and an alternative sequence: every pair comes back, in order.
    ///
    /// Where the alleles lie is read off the sequences, as what remains without their common ends. A sequence of a length that
    /// the model does not read is `wrong-length`, one with letters that are no bases `unsupported-allele`, a reference with too
    /// many unknown bases `too-many-n`. Equal pairs are no duplicates: each is scored. The reverse complement is that of
    /// the whole sequence; a [context](crate::WindowPlan::context) lies around the model's anchor.
    ///
    /// # Errors
    ///
    /// [`VariantScoringError::ShiftWithoutGenome`] if shifts are to be averaged over; otherwise if the model fails.
    ///
    /// # Example
    ///
    /// ```
    /// # use ciskit_core::*;
    /// # use ciskit_variant::{Status, VariantScoring};
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
    /// let engine = VariantScoring::new(&model).raw().build()?;
    /// let scored = engine.score_sequence_pairs(&[("AACT", "AGCT"), ("AAC", "AGCT")])?;
    /// assert_eq!(scored[0].values, [1.0, 2.0]);
    /// assert_eq!(scored[1].status, Status::WrongLength { found: 3 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn score_sequence_pairs<S: AsRef<[u8]> + Sync>(
        &self,
        pairs: &[(S, S)],
    ) -> Result<Vec<ScoredVariant>, VariantScoringError> {
        if self.views.iter().any(|(_, shift)| *shift != 0) {
            return Err(VariantScoringError::ShiftWithoutGenome);
        }
        let mut scored = Vec::with_capacity(pairs.len());
        for pairs in pairs.chunks(self.chunk) {
            let windows: Vec<Result<Cut, Status>> = pairs
                .par_iter()
                .map(|(reference, alternative)| self.sequences(reference.as_ref(), alternative.as_ref()))
                .collect();
            let (mut statuses, mut cuts) = (Vec::with_capacity(pairs.len()), Vec::new());
            for windows in windows {
                statuses.push(match windows {
                    Ok(cut) => {
                        cuts.push(cut);
                        Status::Scored
                    }
                    Err(status) => status,
                });
            }
            let mut values = self.values(&cuts)?.into_iter();
            scored.extend(statuses.into_iter().map(|status| {
                let of_pair = if status.has_values() { values.next() } else { Some(Some(Vec::new())) };
                let (status, values) = match of_pair.flatten() {
                    Some(values) => (status, values),
                    None => (Status::UnsupportedAllele, Vec::new()),
                };
                ScoredVariant { status, values, in_training: None }
            }));
        }
        Ok(scored)
    }

    fn sequences(&self, reference: &[u8], alternative: &[u8]) -> Result<Cut, Status> {
        for sequence in [reference, alternative] {
            if !self.scorers.iter().all(|scorer| scorer.spec().input.accepts(sequence.len())) {
                return Err(Status::WrongLength { found: sequence.len() });
            }
            if !sequence.iter().all(|letter| b"ACGTNRYSWKMBDHV".contains(&letter.to_ascii_uppercase())) {
                return Err(Status::UnsupportedAllele);
            }
        }
        let [reference, alternative] = [reference, alternative].map(|sequence| {
            let mut sequence = sequence.to_ascii_uppercase();
            let anchor = self.spec.input.anchor(sequence.len());
            self.plan.mask(&mut sequence, Some(anchor));
            sequence
        });
        let real = self.plan.real(reference.len(), Some(self.spec.input.anchor(reference.len())));
        if too_many_unknown(&reference[real], self.max_unknown) {
            return Err(Status::TooManyN);
        }
        let alleles = differing(&reference, &alternative);
        let view = |strand: Strand| {
            let window = |bases: &[u8], allele: &Range<usize>| match strand {
                Strand::Reverse => Window {
                    bases: reverse_complement(bases),
                    allele: bases.len() - allele.end..bases.len() - allele.start,
                },
                _ => Window { bases: bases.to_vec(), allele: allele.clone() },
            };
            let (plain, edited) = (window(&reference, &alleles[0]), window(&alternative, &alleles[1]));
            View { plain, edited, right: None }
        };
        let views = self.views.iter().map(|(strand, _)| view(*strand)).collect();
        Ok(Cut { views, swapped: false, identity: Identity::default() })
    }
}

/// What differs between two sequences: everything but their common start and their common end.
fn differing(reference: &[u8], alternative: &[u8]) -> [Range<usize>; 2] {
    let start = reference.iter().zip(alternative).take_while(|(a, b)| a == b).count();
    let behind = reference[start..].iter().rev().zip(alternative[start..].iter().rev());
    let end = behind.take_while(|(a, b)| a == b).count();
    [reference, alternative].map(|sequence| start..sequence.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alleles_are_what_remains_without_common_ends() {
        assert_eq!(differing(b"AACTT", b"AAGTT"), [2..3, 2..3]);
        assert_eq!(differing(b"AACTT", b"AACTT"), [5..5, 5..5]);
        assert_eq!(differing(b"AATT", b"AAATT"), [2..2, 2..3]);
        assert_eq!(differing(b"AAAA", b"AA"), [2..4, 2..2]);
    }
}
