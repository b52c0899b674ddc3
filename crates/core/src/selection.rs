//! Which bins and outputs of a model are wanted.

use std::ops::Range;

use crate::{ScoreError, ScorerSpec};

/// A choice along one axis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pick {
    /// Everything.
    #[default]
    All,
    /// A contiguous piece.
    Range(Range<usize>),
    /// These indices, in this order; repetition is allowed.
    Indices(Vec<usize>),
}

impl Pick {
    /// The chosen indices of an axis of `size`, in the order in which they are returned.
    ///
    /// # Errors
    ///
    /// [`ScoreError::Selection`] if an index is not below `size`; `axis` is named in it.
    pub fn indices(&self, axis: &'static str, size: usize) -> Result<Vec<usize>, ScoreError> {
        let indices = match self {
            Self::All => return Ok((0..size).collect()),
            Self::Range(range) if range.start > range.end || range.end > size => {
                return Err(ScoreError::Selection { axis, index: range.end.max(range.start), size });
            }
            Self::Range(range) => range.clone().collect(),
            Self::Indices(indices) => indices.clone(),
        };
        match indices.iter().find(|&&index| index >= size) {
            Some(&index) => Err(ScoreError::Selection { axis, index, size }),
            None => Ok(indices),
        }
    }
}

/// Which bins and which outputs of a model are wanted, so that a track model need not return every track.
///
/// ```
/// use ciskit_core::{InputWindow, Output, Scale, ScorerSpec, Selection};
///
/// let spec = ScorerSpec::builder(InputWindow::fixed(1000))
///     .bins(10, 100, 0)
///     .outputs(["CAGE", "DNASE", "ATAC"].map(|name| Output::new(name, Scale::Raw)))
///     .build()?;
/// let select = Selection::all().with_bins(4..6).with_named_outputs(&spec, &["ATAC"])?;
/// assert_eq!(select.bins.indices("bins", spec.bins)?, [4, 5]);
/// assert_eq!(select.outputs.indices("outputs", spec.outputs.len())?, [2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Wanted bins.
    pub bins: Pick,
    /// Wanted outputs.
    pub outputs: Pick,
}

impl Selection {
    /// Every bin and every output.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Only these bins.
    #[must_use]
    pub fn with_bins(mut self, bins: Range<usize>) -> Self {
        self.bins = Pick::Range(bins);
        self
    }

    /// Only these outputs, in this order.
    #[must_use]
    pub fn with_outputs(mut self, outputs: Vec<usize>) -> Self {
        self.outputs = Pick::Indices(outputs);
        self
    }

    /// Only the outputs of these names, in this order.
    ///
    /// # Errors
    ///
    /// [`ScoreError::UnknownOutput`] for a name that the model does not have.
    pub fn with_named_outputs(self, spec: &ScorerSpec, names: &[&str]) -> Result<Self, ScoreError> {
        let index = |name: &&str| {
            spec.output_index(name).ok_or_else(|| ScoreError::UnknownOutput { name: (*name).to_owned() })
        };
        Ok(self.with_outputs(names.iter().map(index).collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_outside_are_refused() {
        #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is refused")]
        let reversed = Pick::Range(2..1);
        for pick in [Pick::Range(0..4), reversed, Pick::Range(4..4), Pick::Indices(vec![0, 3])] {
            assert!(pick.indices("bins", 3).is_err(), "{pick:?}");
        }
        assert_eq!(
            Pick::Indices(vec![7]).indices("bins", 3).unwrap_err().to_string(),
            "selection of bins asks for index 7 of 3"
        );
    }

    #[test]
    fn indices_keep_their_order() {
        assert_eq!(Pick::Indices(vec![2, 0, 2]).indices("outputs", 3).unwrap(), [2, 0, 2]);
        assert_eq!(Pick::All.indices("outputs", 2).unwrap(), [0, 1]);
        assert!(Pick::Range(1..1).indices("outputs", 2).unwrap().is_empty());
    }
}
