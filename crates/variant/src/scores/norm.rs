//! One number for a whole prediction.

use ciskit_core::Output;

use crate::{Blocks, EffectScore, Symmetry};

/// The size of the change over all selected bins and outputs together: one value.
///
/// With d = alternative − reference, each on its output's own scale:
///
/// | norm | name | value |
/// |---|---|---|
/// | `L1` | `l1` | Σ \|d\| |
/// | `L2` | `l2` | √Σ d² |
/// | `Max` | `max` | max \|d\|, as Sei's summary over sequence classes |
///
/// Outputs of different units should not be joined: select tracks of one kind.
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::Norm};
///
/// let outputs = [Output::new("a", Scale::Raw), Output::new("b", Scale::Raw)];
/// let blocks = Blocks::new(&[0.0, 0.0], &[3.0, -4.0], &outputs, 1);
/// let mut values = Vec::new();
/// [Norm::L1, Norm::L2, Norm::Max].map(|norm| norm.score(&blocks, &mut values));
/// assert_eq!(values, [7.0, 5.0, 4.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Norm {
    /// Sum of absolute changes.
    L1,
    /// Square root of the sum of squared changes.
    L2,
    /// Largest absolute change.
    Max,
}

impl EffectScore for Norm {
    fn name(&self) -> &str {
        match self {
            Self::L1 => "l1",
            Self::L2 => "l2",
            Self::Max => "max",
        }
    }

    fn columns(&self, _: &[Output]) -> Vec<String> {
        vec![self.name().to_owned()]
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        let pairs = blocks.reference.iter().zip(blocks.alternative);
        let changes = pairs.map(|(&from, &to)| (f64::from(to) - f64::from(from)).abs());
        values.push(match self {
            Self::L1 => changes.sum(),
            Self::L2 => changes.map(|change| change * change).sum::<f64>().sqrt(),
            // f64::max would pass over a NaN.
            Self::Max => changes.fold(
                0.0,
                |most: f64, change| {
                    if most.is_nan() || change <= most { most } else { change }
                },
            ),
        });
    }
}
