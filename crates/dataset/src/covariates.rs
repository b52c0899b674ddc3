//! What is known of pairs besides their sequences.

use ciskit_core::{DISTANCE, EmbeddingSpec, Pair, ReferenceGenome, Side, log10_distance};

use crate::{DatasetError, Jitter, PairSource, pair_name};

/// Numbers of pairs by name: a column a name, a row a pair.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::Covariates;
///
/// let pairs = [Pair::new(Interval::new("chr1", 0, 10)?, Interval::new("chr1", 10_000, 10_010)?)];
/// let covariates = Covariates::distance(&pairs)?.with("GC", vec![0.4]);
/// assert_eq!(covariates.names(), ["distance", "GC"]);
/// assert_eq!(covariates.of(0), [4.0, 0.4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Covariates {
    names: Vec<String>,
    /// (pairs, names).
    values: Vec<f32>,
}

impl Covariates {
    /// No column.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The [distance](log10_distance) of every pair, in a column called [`DISTANCE`].
    ///
    /// # Errors
    ///
    /// [`DatasetError::NoDistance`] for the first pair on two contigs.
    pub fn distance(pairs: &[Pair]) -> Result<Self, DatasetError> {
        let distance = |(pair, of): (usize, &Pair)| match of.signed_distance() {
            Some(distance) => Ok(log10_distance(distance)),
            None => Err(DatasetError::NoDistance { pair, name: pair_name(of) }),
        };
        let values = pairs.iter().enumerate().map(distance).collect::<Result<_, _>>()?;
        Ok(Self { names: vec![DISTANCE.to_owned()], values })
    }

    /// The same with one more column, a value a pair.
    ///
    /// # Panics
    ///
    /// If there are other columns, of another number of pairs.
    #[must_use]
    pub fn with(self, name: impl Into<String>, column: Vec<f32>) -> Self {
        self.joined(Self { names: vec![name.into()], values: column })
    }

    /// The columns of both, in this order.
    ///
    /// # Panics
    ///
    /// If both have columns, of different numbers of pairs.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        match (self.names.len(), other.names.len()) {
            (0, _) => other,
            (_, 0) => self,
            (ours, theirs) => {
                let (rows, others) = (self.values.chunks_exact(ours), other.values.chunks_exact(theirs));
                assert_eq!(rows.len(), others.len(), "columns of different numbers of pairs");
                let values = rows.zip(others).flat_map(|(row, other)| [row, other].concat()).collect();
                Self { names: [self.names, other.names].concat(), values }
            }
        }
    }

    /// Names of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The row of a pair; empty where there are no columns.
    ///
    /// # Panics
    ///
    /// If there is no such pair.
    #[must_use]
    pub fn of(&self, pair: usize) -> &[f32] {
        &self.values[pair * self.names.len()..][..self.names.len()]
    }
}

/// A source whose pairs have covariates.
///
/// ```
/// use ciskit_core::{InMemoryGenome, Interval, Pair};
/// use ciskit_dataset::{Covariates, GenomePairs, PairSource, WindowRule, WithCovariates};
///
/// let genome = InMemoryGenome::new([("chr1", b"ACGT".repeat(50))])?;
/// let pairs = vec![Pair::new(Interval::new("chr1", 10, 20)?, Interval::new("chr1", 110, 120)?)];
/// let covariates = Covariates::distance(&pairs)?;
/// let source = GenomePairs::new(genome, pairs, WindowRule::new(8), WindowRule::new(4))?;
/// let source = WithCovariates::new(source, covariates);
/// assert_eq!((source.covariate_names(), source.covariates(0)), (&["distance".to_owned()][..], &[2.0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct WithCovariates<S> {
    source: S,
    covariates: Covariates,
}

impl<S: PairSource> WithCovariates<S> {
    /// Joins a source and the covariates of its pairs, instead of any that it had.
    ///
    /// # Panics
    ///
    /// If they are not of the same number of pairs.
    #[must_use]
    pub fn new(source: S, covariates: Covariates) -> Self {
        let (found, expected) = (covariates.values.len(), source.len() * covariates.names.len());
        assert_eq!(found, expected, "covariates of another number of pairs");
        Self { source, covariates }
    }
}

impl<S: PairSource> PairSource for WithCovariates<S> {
    fn pairs(&self) -> &[Pair] {
        self.source.pairs()
    }

    fn window_len(&self, side: Side) -> usize {
        self.source.window_len(side)
    }

    fn fetch(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<u8>,
        promoter: &mut Vec<u8>,
    ) -> Result<(), DatasetError> {
        self.source.fetch(pair, jitter, enhancer, promoter)
    }

    fn tracks(&self) -> usize {
        self.source.tracks()
    }

    fn fetch_tracks(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<f32>,
        promoter: &mut Vec<f32>,
    ) -> Result<(), DatasetError> {
        self.source.fetch_tracks(pair, jitter, enhancer, promoter)
    }

    fn embedding(&self) -> Option<&EmbeddingSpec> {
        self.source.embedding()
    }

    fn fetch_embeddings(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<f32>,
        promoter: &mut Vec<f32>,
    ) -> Result<(), DatasetError> {
        self.source.fetch_embeddings(pair, jitter, enhancer, promoter)
    }

    fn covariate_names(&self) -> &[String] {
        self.covariates.names()
    }

    fn covariates(&self, pair: usize) -> &[f32] {
        self.covariates.of(pair)
    }

    fn reference(&self) -> Option<&dyn ReferenceGenome> {
        self.source.reference()
    }
}

#[cfg(test)]
mod tests {
    use ciskit_core::Interval;

    use super::*;

    fn pair(promoter: &str) -> Pair {
        Pair::new(Interval::new("chr1", 0, 10).unwrap(), Interval::new(promoter, 100, 110).unwrap())
    }

    #[test]
    fn columns_stay_beside_their_pairs() {
        let pairs = [pair("chr1"), pair("chr1")];
        let joined = Covariates::none().with("a", vec![1.0, 2.0]).with("b", vec![3.0, 4.0]);
        let joined = Covariates::distance(&pairs).unwrap().joined(joined).joined(Covariates::none());
        assert_eq!(joined.names().join(" "), "distance a b");
        assert_eq!((joined.of(0), joined.of(1)), (&[2.0, 1.0, 3.0][..], &[2.0, 2.0, 4.0][..]));
        assert!(Covariates::none().of(0).is_empty());
    }

    #[test]
    fn a_pair_on_two_contigs_has_no_distance() {
        let error = Covariates::distance(&[pair("chr1"), pair("chr2")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "pair 1 (chr1:0-10~chr2:100-110) has no distance: it lies on two contigs"
        );
    }
}
