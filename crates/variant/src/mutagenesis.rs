//! Saturation mutagenesis: every change of one base of a sequence.

mod map;

use std::ops::Range;

use ciskit_core::{Edit, ScoreError, Scores, Selection, SequenceScorer};

pub use map::{Change, MutagenesisMap};

use crate::{Blocks, EffectScore, VariantScoringError};

/// The most scores (f32) that a call of the model returns: 64 MB.
const SCORES: usize = 1 << 24;

/// The most bases that the edits of a call hold.
const BASES: usize = 1 << 26;

/// The most edits of a call, so that progress is seen.
const EDITS: usize = 1 << 10;

/// All substitutions, and on demand deletions of 1 bp, at some positions of a sequence.
///
/// Every mutant goes through [`SequenceScorer::score_edits`], so that a model which scores edits incrementally is as fast
/// here.
///
/// # Deletions
///
/// Mutants keep the sequence's length, as models of one length need: what lies right of a deleted base moves one to the left, and
/// the base that follows the sequence on its contig fills the end. What lies left of it stays in its place.
///
/// ```
/// use ciskit_core::*;
/// use ciskit_variant::{Mutagenesis, scores::Difference};
///
/// /// Number of TG.
/// struct Count(ScorerSpec);
///
/// impl SequenceScorer for Count {
///     fn spec(&self) -> &ScorerSpec {
///         &self.0
///     }
///     fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
///         let count = |s: &&[u8]| s.windows(2).filter(|pair| pair == b"TG").count() as f32;
///         Scores::scalar(sequences.iter().map(count).collect()).select(select)
///     }
/// }
///
/// let model = Count(ScorerSpec::scalar(InputWindow::any(), "TG", Scale::Raw));
/// let every = Mutagenesis::new(0..4).with_deletions(b'G'); // the base behind CTGT is a G
/// let map = every.run(&model, b"CTGT", &Difference, &Selection::all(), |_, _| {})?;
/// assert_eq!(map.letters(), b"ACGT-");
/// assert_eq!(map.at(0, 1), [-1.0, -1.0, -1.0, 0.0, 0.0]); // CGTG has one TG too
/// assert_eq!(map.at(0, 3), [0.0, 0.0, 0.0, 0.0, 0.0]);
/// assert_eq!(map.importance(0), [0.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), ciskit_variant::VariantScoringError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutagenesis {
    positions: Range<usize>,
    next: Option<u8>,
}

impl Mutagenesis {
    /// All substitutions at these positions (0-based) of a sequence.
    #[must_use]
    pub fn new(positions: Range<usize>) -> Self {
        Self { positions, next: None }
    }

    /// Deletions of single bases too; `next` is the base that follows the sequence, N where there is none.
    #[must_use]
    pub fn with_deletions(mut self, next: u8) -> Self {
        self.next = Some(next);
        self
    }

    /// Number of mutants of a sequence: three a known base, or four with deletions.
    #[must_use]
    pub fn mutants(&self, sequence: &[u8]) -> usize {
        let known = sequence.get(self.positions.clone()).unwrap_or_default();
        let each = 3 + usize::from(self.next.is_some());
        each * known.iter().filter(|base| is_known(**base)).count()
    }

    /// Scores every mutant against the sequence as it is.
    ///
    /// Case does not matter. An unknown base (N) has no mutants, and its values are NaN. `progress` is told after each batch how
    /// many mutants of how many are scored. Values depend neither on the batches nor on the number of threads.
    ///
    /// # Errors
    ///
    /// [`VariantScoringError::Score`] with [`ScoreError::Edit`] for positions that leave the sequence, with
    /// [`ScoreError::InputLength`] for a sequence of a length that the model does not read, and with whatever the model fails
    /// with; [`VariantScoringError::EffectScore`] for a score that the outputs have no value of.
    ///
    /// # Cost
    ///
    /// The model on [`mutants`](Self::mutants) edits and the sequence itself; memory for 64 MB of scores, or one batch if
    /// a batch has more.
    pub fn run(
        &self,
        scorer: &dyn SequenceScorer,
        sequence: &[u8],
        score: &dyn EffectScore,
        select: &Selection,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<MutagenesisMap, VariantScoringError> {
        // The check that edits have, for the whole range.
        Edit::new(self.positions.clone(), b"").applied_to(sequence).map_err(ScoreError::from)?;
        let spec = scorer.spec();
        let outputs = select.outputs.indices("outputs", spec.outputs.len())?;
        let outputs: Vec<_> = outputs.into_iter().map(|output| spec.outputs[output].clone()).collect();
        let bins = select.bins.indices("bins", spec.bins)?.len();
        score.check(&outputs, bins)?;
        let reference = scorer.score(&[sequence], select)?;

        let columns = score.columns(&outputs);
        let bases = &sequence[self.positions.clone()];
        let mut map =
            MutagenesisMap::new(score.name(), columns, self.positions.clone(), bases, self.next.is_some());
        let effects = |alternative: &[f32]| {
            let mut values = Vec::new();
            score.score(&Blocks::new(reference.item(0), alternative, &outputs, bins).of(spec), &mut values);
            values
        };
        // What the score says of no change, which is 0 for nearly all of them.
        let unchanged = effects(reference.item(0));
        let places: Vec<Place> = self.places(bases, map.letters());
        for place in places.iter().filter(|place| !place.changes) {
            map.set(*place, &unchanged);
        }
        let mutants: Vec<Place> = places.into_iter().filter(|place| place.changes).collect();
        let mut done = 0;
        for batch in mutants.chunks(self.batch(sequence.len(), spec.batch_hint, bins * outputs.len())) {
            let edits: Vec<Edit> =
                batch.iter().map(|place| self.edit(sequence, *place, map.letters())).collect();
            let scores: Scores = scorer.score_edits(sequence, &edits, select)?;
            for (item, place) in batch.iter().enumerate() {
                map.set(*place, &effects(scores.item(item)));
            }
            done += batch.len();
            progress(done, mutants.len());
        }
        Ok(map)
    }

    /// Every cell of the map whose base is known, position by position.
    fn places(&self, bases: &[u8], letters: &[u8]) -> Vec<Place> {
        let known = bases.iter().enumerate().filter(|(_, base)| is_known(**base));
        let cells = known.flat_map(|(position, base)| {
            letters.iter().enumerate().map(move |(letter, to)| {
                let changes = !to.eq_ignore_ascii_case(base);
                Place { position, letter, changes }
            })
        });
        cells.collect()
    }

    fn edit(&self, sequence: &[u8], place: Place, letters: &[u8]) -> Edit {
        let position = self.positions.start + place.position;
        match (letters[place.letter], self.next) {
            (DELETION, Some(next)) => {
                let moved = [&sequence[position + 1..], &[next]].concat();
                Edit::new(position..sequence.len(), &moved)
            }
            (base, _) => Edit::substitution(position, base),
        }
    }

    /// How many mutants are scored at a time: whole batches of the model's, as far as memory goes.
    fn batch(&self, length: usize, hint: usize, scores: usize) -> usize {
        let bases = if self.next.is_some() { length.max(1) } else { 1 };
        let most = EDITS.min(SCORES / scores.max(1)).min(BASES / bases);
        match most / hint {
            0 => hint.min(most.max(1)),
            batches => batches * hint,
        }
    }
}

/// The letter of a deletion.
const DELETION: u8 = b'-';

/// A cell of the map.
#[derive(Clone, Copy)]
struct Place {
    /// Index among the positions.
    position: usize,
    /// Index among the letters.
    letter: usize,
    /// Whether the letter is not the base that is there.
    changes: bool,
}

fn is_known(base: u8) -> bool {
    b"ACGT".contains(&base.to_ascii_uppercase())
}

#[cfg(test)]
mod tests;
