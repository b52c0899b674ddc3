//! Models that read an enhancer and a promoter.

use std::sync::Arc;

use crate::sequence_scorer::in_batches;
use crate::{Edit, Output, Pair, PairSpec, ScoreError, ScorerSpec, Scores, Selection, SequenceScorer, Side};

/// Accessibility along both windows (DNase-seq, ATAC-seq), row by row: shape (rows, bp) a side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tracks<'a> {
    /// Number of tracks.
    pub rows: usize,
    /// (rows, enhancer bp).
    pub enhancer: &'a [f32],
    /// (rows, promoter bp).
    pub promoter: &'a [f32],
}

/// One pair as a model reads it: both sequences on the forward strand, and what else is known.
///
/// ```
/// let input = ciskit_core::PairInput::new(b"ACGT", b"GGCC").with_signed_distance(-25_000);
/// assert_eq!(input.signed_distance, Some(-25_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct PairInput<'a> {
    /// Enhancer sequence.
    pub enhancer: &'a [u8],
    /// Promoter sequence.
    pub promoter: &'a [u8],
    /// [`Pair::signed_distance`] in bp, where it is known.
    pub signed_distance: Option<i64>,
    /// Values of [`PairSpec::covariates`], in that order; empty if there are none.
    pub covariates: &'a [f32],
    /// Accessibility, where there is any.
    pub tracks: Option<Tracks<'a>>,
}

impl<'a> PairInput<'a> {
    /// A pair of sequences.
    #[must_use]
    pub fn new(enhancer: &'a [u8], promoter: &'a [u8]) -> Self {
        Self { enhancer, promoter, signed_distance: None, covariates: &[], tracks: None }
    }

    /// The same pair at a distance in bp.
    #[must_use]
    pub fn with_signed_distance(mut self, distance: i64) -> Self {
        self.signed_distance = Some(distance);
        self
    }

    /// The same pair with covariates.
    #[must_use]
    pub fn with_covariates(mut self, covariates: &'a [f32]) -> Self {
        self.covariates = covariates;
        self
    }

    /// The same pair with accessibility tracks.
    #[must_use]
    pub fn with_tracks(mut self, tracks: Tracks<'a>) -> Self {
        self.tracks = Some(tracks);
        self
    }

    /// The sequence on a side.
    #[must_use]
    pub fn sequence(&self, side: Side) -> &'a [u8] {
        match side {
            Side::Enhancer => self.enhancer,
            Side::Promoter => self.promoter,
        }
    }

    /// The same pair with another sequence on a side.
    #[must_use]
    pub fn with_sequence<'b>(self, side: Side, sequence: &'b [u8]) -> PairInput<'b>
    where
        'a: 'b,
    {
        match side {
            Side::Enhancer => PairInput { enhancer: sequence, ..self },
            Side::Promoter => PairInput { promoter: sequence, ..self },
        }
    }

    /// Checks the pair against what a model takes; `item` is its index in the call.
    ///
    /// # Errors
    ///
    /// [`ScoreError::PairLength`] or [`ScoreError::MissingInput`].
    pub fn check(&self, item: usize, spec: &PairSpec) -> Result<(), ScoreError> {
        for side in [Side::Enhancer, Side::Promoter] {
            let (window, found) = (spec.window(side), self.sequence(side).len());
            if !window.accepts(found) {
                return Err(ScoreError::PairLength { item, side, expected: window.length(), found });
            }
        }
        let missing = |what: String| Err(ScoreError::MissingInput { item, what });
        if spec.needs_distance && self.signed_distance.is_none() {
            return missing("the signed distance".into());
        }
        if self.covariates.len() != spec.covariates.len() {
            let names = spec.covariates.join(", ");
            let found = self.covariates.len();
            return missing(format!("{} covariates ({names}), found {found}", spec.covariates.len()));
        }
        let fits = |tracks: Tracks<'_>| {
            tracks.rows == spec.tracks
                && tracks.enhancer.len() == tracks.rows * self.enhancer.len()
                && tracks.promoter.len() == tracks.rows * self.promoter.len()
        };
        if spec.tracks > 0 && !self.tracks.is_some_and(fits) {
            return missing(format!("{} accessibility tracks as long as the sequences", spec.tracks));
        }
        Ok(())
    }
}

/// A model that scores enhancer-promoter pairs from their sequences.
///
/// The contract is that of [`SequenceScorer`], item = pair. The two sides are never reverse-complemented separately.
pub trait PairScorer: Send + Sync {
    /// What the model takes and gives.
    fn spec(&self) -> &PairSpec;

    /// Scores of shape (pairs, 1, outputs), restricted to `select`.
    ///
    /// # Errors
    ///
    /// [`ScoreError`], among others those of [`PairInput::check`].
    fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> Result<Scores, ScoreError>;

    /// Scores of many edits of one side of a pair, one item an edit; the other side stays as it is.
    ///
    /// The provided way scores every edited copy, a model may do it incrementally with the same result.
    ///
    /// # Errors
    ///
    /// [`ScoreError`], among others for an edit outside of the sequence.
    fn score_edits(
        &self,
        side: Side,
        pair: &PairInput<'_>,
        edits: &[Edit],
        select: &Selection,
    ) -> Result<Scores, ScoreError> {
        let sequence = pair.sequence(side);
        in_batches(edits, self.spec().batch_hint, |edits| {
            let copies: Vec<Vec<u8>> =
                edits.iter().map(|edit| edit.applied_to(sequence)).collect::<Result<_, _>>()?;
            let pairs: Vec<PairInput<'_>> =
                copies.iter().map(|copy| pair.with_sequence(side, copy)).collect();
            self.score(&pairs, select)
        })
    }
}

macro_rules! forward_pair_scorer {
    ($($pointer:ty),*) => {$(
        impl<S: PairScorer + ?Sized> PairScorer for $pointer {
            fn spec(&self) -> &PairSpec {
                (**self).spec()
            }
            fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> Result<Scores, ScoreError> {
                (**self).score(pairs, select)
            }
            fn score_edits(
                &self,
                side: Side,
                pair: &PairInput<'_>,
                edits: &[Edit],
                select: &Selection,
            ) -> Result<Scores, ScoreError> {
                (**self).score_edits(side, pair, edits, select)
            }
        }
    )*};
}
forward_pair_scorer!(&S, Box<S>, Arc<S>);

/// Something that scores the rows of a pair table: a network behind an adapter that fetches its windows, or a
/// baseline that needs no sequence at all (distance, degree, trees on features).
pub trait PairTableScorer: Send + Sync {
    /// Outputs in the order of the last axis.
    fn outputs(&self) -> &[Output];

    /// Whether a row's score depends on which other rows the table holds (a count of how often a promoter occurs in
    /// it, say). Such a scorer is *transductive*, and every report must say so.
    fn is_transductive(&self) -> bool {
        false
    }

    /// Scores of shape (pairs, 1, outputs). Labels of the pairs must not be read.
    ///
    /// # Errors
    ///
    /// [`ScoreError`] if a row cannot be scored.
    fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError>;
}

macro_rules! forward_pair_table_scorer {
    ($($pointer:ty),*) => {$(
        impl<S: PairTableScorer + ?Sized> PairTableScorer for $pointer {
            fn outputs(&self) -> &[Output] {
                (**self).outputs()
            }
            fn is_transductive(&self) -> bool {
                (**self).is_transductive()
            }
            fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError> {
                (**self).score_table(pairs)
            }
        }
    )*};
}
forward_pair_table_scorer!(&S, Box<S>, Arc<S>);

/// A pair scorer with one side held fixed: a [`SequenceScorer`] of the other side, so that every tool for
/// sequences works on enhancer-promoter models. Edits are forwarded to the pair scorer's own way.
///
/// Signed distance, covariates and tracks of the pair are kept: an edit changes the sequence alone, and what was measured
/// along the window stays.
#[derive(Clone, Debug)]
pub struct FixedSide<S> {
    scorer: S,
    spec: ScorerSpec,
    varying: Side,
    fixed: Vec<u8>,
    signed_distance: Option<i64>,
    covariates: Vec<f32>,
    /// Rows, and the values of enhancer and promoter.
    tracks: Option<(usize, Vec<f32>, Vec<f32>)>,
}

impl<S: PairScorer> FixedSide<S> {
    /// Lets one side of `pair` vary and holds everything else. The varying sequence of `pair` is not used.
    ///
    /// # Errors
    ///
    /// [`ScoreError::PairLength`] if the fixed sequence has the wrong length, [`ScoreError::MissingInput`] if the
    /// model needs something that the pair lacks.
    pub fn new(scorer: S, varying: Side, pair: &PairInput<'_>) -> Result<Self, ScoreError> {
        let of = scorer.spec();
        let (held, fixed) = (varying.other(), pair.sequence(varying.other()));
        if !of.window(held).accepts(fixed.len()) {
            let (expected, found) = (of.window(held).length(), fixed.len());
            return Err(ScoreError::PairLength { item: 0, side: held, expected, found });
        }
        let tracks = pair.tracks.filter(|tracks| tracks.rows == of.tracks);
        if of.tracks > 0 && tracks.is_none() {
            let what = format!("{} accessibility tracks of both sides", of.tracks);
            return Err(ScoreError::MissingInput { item: 0, what });
        }
        let tracks =
            tracks.map(|Tracks { rows, enhancer, promoter }| (rows, enhancer.to_vec(), promoter.to_vec()));
        let mut spec = ScorerSpec::builder(of.window(varying)).outputs(of.outputs.iter().cloned());
        spec = spec.batch_hint(of.batch_hint);
        let spec =
            spec.build().map_err(|error| ScoreError::model("fixing one side of a pair scorer", error))?;
        let (signed_distance, covariates) = (pair.signed_distance, pair.covariates.to_vec());
        let fixed = fixed.to_vec();
        Ok(Self { scorer, spec, varying, fixed, signed_distance, covariates, tracks })
    }

    fn pair<'a>(&'a self, sequence: &'a [u8]) -> PairInput<'a> {
        let pair = PairInput::new(&self.fixed, &self.fixed).with_sequence(self.varying, sequence);
        let tracks = self.tracks.as_ref();
        let tracks = tracks.map(|(rows, enhancer, promoter)| Tracks { rows: *rows, enhancer, promoter });
        PairInput { signed_distance: self.signed_distance, covariates: &self.covariates, tracks, ..pair }
    }
}

impl<S: PairScorer> SequenceScorer for FixedSide<S> {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        let pairs: Vec<PairInput<'_>> = sequences.iter().map(|sequence| self.pair(sequence)).collect();
        self.scorer.score(&pairs, select)
    }

    fn score_edits(&self, sequence: &[u8], edits: &[Edit], select: &Selection) -> Result<Scores, ScoreError> {
        self.scorer.score_edits(self.varying, &self.pair(sequence), edits, select)
    }
}
