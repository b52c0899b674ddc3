//! Where a pair's two sequences come from: the seam between data and training.

use std::sync::Arc;

use ciskit_core::random::Draws;
use ciskit_core::{EmbeddingSpec, Pair, ReferenceGenome, Side};

use crate::DatasetError;

/// How far the two windows of a pair are moved to the left, in bp.
///
/// ```
/// use ciskit_core::Side;
/// use ciskit_dataset::Jitter;
/// assert_eq!(Jitter { enhancer: 3, promoter: -5 }.of(Side::Promoter), -5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Jitter {
    /// What is subtracted from the start of the enhancer's window.
    pub enhancer: i64,
    /// What is subtracted from the start of the promoter's window.
    pub promoter: i64,
}

impl Jitter {
    /// Both windows centred.
    pub const CENTRED: Self = Self { enhancer: 0, promoter: 0 };

    /// The number of a side.
    #[must_use]
    pub const fn of(self, side: Side) -> i64 {
        match side {
            Side::Enhancer => self.enhancer,
            Side::Promoter => self.promoter,
        }
    }

    /// Uniform on −`bound` … `bound` − 1, each side by itself; centred if the bound is 0.
    pub(crate) fn draw(bound: u32, draws: &mut Draws) -> Self {
        if bound == 0 {
            return Self::CENTRED;
        }
        let mut side = || draws.below(2 * u64::from(bound)) as i64 - i64::from(bound);
        Self { enhancer: side(), promoter: side() }
    }
}

/// Pairs and the sequences of their windows, read by many threads at once.
///
/// # Contract
///
/// - Every window of a side has the same length, whatever is known of the bases: unknown ones are `N`.
/// - A pair's windows are a pure function of the pair and the jitter.
///
/// ```
/// use ciskit_core::Side;
/// use ciskit_dataset::{ElementPairs, ElementSequences, Jitter, PairSource};
///
/// let enhancers = ElementSequences::new(Side::Enhancer, [("NHEK|chr1:100-106", b"ACGTAC".to_vec())])?;
/// let promoters = ElementSequences::new(Side::Promoter, [("NHEK|chr1:900-903", b"GGG".to_vec())])?;
/// let rows = [("NHEK|chr1:100-106", "NHEK|chr1:900-903", Some(true))];
/// let source: &dyn PairSource = &ElementPairs::new(enhancers, 4, promoters, 5, rows)?;
///
/// let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
/// source.fetch(0, Jitter { enhancer: 0, promoter: 1 }, &mut enhancer, &mut promoter)?;
/// assert_eq!((&enhancer[..], &promoter[..]), (&b"CGTA"[..], &b"NNGGG"[..]));
/// # Ok::<(), ciskit_dataset::DatasetError>(())
/// ```
pub trait PairSource: Send + Sync {
    /// The pairs; their indices are what folds and examples hold.
    fn pairs(&self) -> &[Pair];

    /// Length of the windows of a side in bp.
    fn window_len(&self, side: Side) -> usize;

    /// Replaces the contents of `enhancer` and `promoter` by the windows of a pair.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Window`] naming the pair if a window cannot be read. The contents are unspecified
    /// then.
    ///
    /// # Panics
    ///
    /// If there is no such pair.
    fn fetch(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<u8>,
        promoter: &mut Vec<u8>,
    ) -> Result<(), DatasetError>;

    /// Names of what is known of every pair besides its sequences.
    fn covariate_names(&self) -> &[String] {
        &[]
    }

    /// What is known of a pair, in the order of [`covariate_names`](Self::covariate_names). A jitter does not change it.
    ///
    /// # Panics
    ///
    /// If there is no such pair.
    fn covariates(&self, _pair: usize) -> &[f32] {
        &[]
    }

    /// Number of signal tracks, such as accessibility, along both windows of every pair.
    fn tracks(&self) -> usize {
        0
    }

    /// Replaces the contents of `enhancer` and `promoter` by the signal along the windows that
    /// [`fetch`](Self::fetch) gives: shape (tracks, window length) a side, 0 where nothing is known.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Window`] naming the pair if a track cannot be read. The contents are unspecified then.
    ///
    /// # Panics
    ///
    /// If there is no such pair.
    fn fetch_tracks(
        &self,
        _pair: usize,
        _jitter: Jitter,
        enhancer: &mut Vec<f32>,
        promoter: &mut Vec<f32>,
    ) -> Result<(), DatasetError> {
        enhancer.clear();
        promoter.clear();
        Ok(())
    }

    /// Which embeddings of both windows every pair brings, if any.
    fn embedding(&self) -> Option<&EmbeddingSpec> {
        None
    }

    /// Replaces the contents of `enhancer` and `promoter` by the embeddings of the windows that [`fetch`](Self::fetch)
    /// gives: shape (width, bins) a side.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Embed`] naming the pair if a window cannot be embedded, [`DatasetError::Window`] if it cannot be
    /// read. The contents are unspecified then.
    ///
    /// # Panics
    ///
    /// If there is no such pair.
    fn fetch_embeddings(
        &self,
        _pair: usize,
        _jitter: Jitter,
        enhancer: &mut Vec<f32>,
        promoter: &mut Vec<f32>,
    ) -> Result<(), DatasetError> {
        enhancer.clear();
        promoter.clear();
        Ok(())
    }

    /// The genome that the windows are cut from, where there is one.
    fn reference(&self) -> Option<&dyn ReferenceGenome> {
        None
    }

    /// Number of pairs.
    fn len(&self) -> usize {
        self.pairs().len()
    }

    /// Whether there are no pairs.
    fn is_empty(&self) -> bool {
        self.pairs().is_empty()
    }
}

macro_rules! forward_source {
    ($($pointer:ty),*) => {$(
        impl<S: PairSource + ?Sized> PairSource for $pointer {
            fn pairs(&self) -> &[Pair] {
                (**self).pairs()
            }
            fn window_len(&self, side: Side) -> usize {
                (**self).window_len(side)
            }
            fn fetch(
                &self,
                pair: usize,
                jitter: Jitter,
                enhancer: &mut Vec<u8>,
                promoter: &mut Vec<u8>,
            ) -> Result<(), DatasetError> {
                (**self).fetch(pair, jitter, enhancer, promoter)
            }
            fn covariate_names(&self) -> &[String] {
                (**self).covariate_names()
            }
            fn covariates(&self, pair: usize) -> &[f32] {
                (**self).covariates(pair)
            }
            fn tracks(&self) -> usize {
                (**self).tracks()
            }
            fn fetch_tracks(
                &self,
                pair: usize,
                jitter: Jitter,
                enhancer: &mut Vec<f32>,
                promoter: &mut Vec<f32>,
            ) -> Result<(), DatasetError> {
                (**self).fetch_tracks(pair, jitter, enhancer, promoter)
            }
            fn embedding(&self) -> Option<&EmbeddingSpec> {
                (**self).embedding()
            }
            fn fetch_embeddings(
                &self,
                pair: usize,
                jitter: Jitter,
                enhancer: &mut Vec<f32>,
                promoter: &mut Vec<f32>,
            ) -> Result<(), DatasetError> {
                (**self).fetch_embeddings(pair, jitter, enhancer, promoter)
            }
            fn reference(&self) -> Option<&dyn ReferenceGenome> {
                (**self).reference()
            }
        }
    )*};
}
forward_source!(&S, Box<S>, Arc<S>);

/// What a pair is called in messages and tables: its name, or `ENHANCER~PROMOTER` where it has none.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::pair_name;
///
/// let pair = Pair::new(Interval::new("chr1", 0, 10)?, Interval::new("chr1", 500, 700)?);
/// assert_eq!(pair_name(&pair), "chr1:0-10~chr1:500-700");
/// assert_eq!(pair_name(&Pair { name: Some("loop 7".into()), ..pair }), "loop 7");
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[must_use]
pub fn pair_name(pair: &Pair) -> String {
    match &pair.name {
        Some(name) => name.to_string(),
        None => format!("{}~{}", pair.enhancer.key(), pair.promoter.key()),
    }
}
