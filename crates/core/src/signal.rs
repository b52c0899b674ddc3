//! Signal tracks: intervals in, a number a base out.

use std::error::Error;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use crate::{ContigError, ContigName, Contigs};

/// A number along a genome, such as accessibility (DNase-seq, ATAC-seq), read by many threads at once.
///
/// # Contract
///
/// - Names are resolved by the rule of [`Contigs::resolve`].
/// - A base for which the track has no value is 0: between its intervals, outside of a contig, on a contig that it does
///   not have. A measured 0 and a missing value are not told apart. Values are finite.
///
/// ```
/// use ciskit_core::{InMemorySignal, SignalTrack};
///
/// let track = InMemorySignal::new([("chr1", vec![0.0, 0.5, 2.0])])?;
/// let track: &dyn SignalTrack = &track;
/// let mut values = Vec::new();
/// track.fetch_into("1", -1..4, &mut values)?;
/// assert_eq!(values, [0.0, 0.0, 0.5, 2.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait SignalTrack: Debug + Send + Sync {
    /// The contigs that have values, in file order. Lengths are those of the assembly where the file tells them, otherwise
    /// the end of the last value.
    fn contigs(&self) -> &Contigs;

    /// Whether the lengths of the contigs are those of the assembly, so that another genome shows: by default they are not.
    fn knows_lengths(&self) -> bool {
        false
    }

    /// Replaces the content of `values` by one number for each base of `range`, 0-based, half-open, on the forward
    /// strand; by nothing if the range is reversed.
    ///
    /// # Errors
    ///
    /// [`SignalError`] when reading fails. `values` is unspecified then.
    fn fetch_into(&self, contig: &str, range: Range<i64>, values: &mut Vec<f32>) -> Result<(), SignalError>;
}

/// Why a signal track has no values to give.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// Reading failed.
    #[error("cannot read the signal of {contig}:{start}-{end}")]
    Read {
        /// Contig.
        contig: ContigName,
        /// First base wanted.
        start: i64,
        /// First base behind.
        end: i64,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

macro_rules! forward_signal {
    ($($pointer:ty),*) => {$(
        impl<T: SignalTrack + ?Sized> SignalTrack for $pointer {
            fn contigs(&self) -> &Contigs {
                (**self).contigs()
            }
            fn knows_lengths(&self) -> bool {
                (**self).knows_lengths()
            }
            fn fetch_into(
                &self,
                contig: &str,
                range: Range<i64>,
                values: &mut Vec<f32>,
            ) -> Result<(), SignalError> {
                (**self).fetch_into(contig, range, values)
            }
        }
    )*};
}
forward_signal!(&T, Box<T>, Arc<T>);

/// A signal held in memory, a number for each base: for tests and simulations.
#[derive(Clone, Debug)]
pub struct InMemorySignal {
    contigs: Contigs,
    values: Vec<Vec<f32>>,
}

impl InMemorySignal {
    /// The signal of named contigs.
    ///
    /// # Errors
    ///
    /// [`ContigError::Duplicate`] if a name occurs twice.
    pub fn new<N: Into<ContigName>>(
        values: impl IntoIterator<Item = (N, Vec<f32>)>,
    ) -> Result<Self, ContigError> {
        let (names, values): (Vec<ContigName>, Vec<Vec<f32>>) =
            values.into_iter().map(|(name, values)| (name.into(), values)).unzip();
        let lengths = values.iter().map(|values| values.len() as u64);
        Ok(Self { contigs: Contigs::new(names.into_iter().zip(lengths))?, values })
    }
}

impl SignalTrack for InMemorySignal {
    fn contigs(&self) -> &Contigs {
        &self.contigs
    }

    fn fetch_into(&self, contig: &str, range: Range<i64>, values: &mut Vec<f32>) -> Result<(), SignalError> {
        let of_contig = self.contigs.resolve_index(contig).map_or(&[][..], |index| &self.values[index]);
        let value = |base: i64| usize::try_from(base).ok().and_then(|base| of_contig.get(base)).copied();
        values.clear();
        values.extend(range.map(|base| value(base).unwrap_or_default()));
        Ok(())
    }
}
