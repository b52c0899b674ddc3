//! Changes of a profile's shape.

use ciskit_core::{Output, Scale};

use super::{for_each_output, output_names};
use crate::quantity::quantity;
use crate::{Blocks, EffectScore, Symmetry};

/// Jensen-Shannon divergence in bits between the alternative's and the reference's profile over the bins, one value an output:
/// ½ Σ p log2(p / m) + ½ Σ q log2(q / m), m = (p + q) / 2.
///
/// A profile is its quantities (those of [`Log2FoldChange`](super::Log2FoldChange)) divided by their sum, so that the divergence tells shape alone:
/// 0 for equal shapes at any height, 1 for profiles without a common bin. The square root of it is a distance. NaN where a quantity
/// is negative, or a profile is empty or infinite.
///
/// *Source*: Lin, IEEE Trans. Inf. Theory 37:145 (1991), doi 10.1109/18.61115.
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::JensenShannon};
///
/// let outputs = [Output::new("ATAC", Scale::Raw)];
/// let mut values = Vec::new();
/// JensenShannon.score(&Blocks::new(&[1.0, 3.0], &[2.0, 6.0], &outputs, 2), &mut values);
/// JensenShannon.score(&Blocks::new(&[1.0, 0.0], &[0.0, 5.0], &outputs, 2), &mut values);
/// assert_eq!(values, [0.0, 1.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JensenShannon;

impl EffectScore for JensenShannon {
    fn name(&self) -> &str {
        "jensen-shannon"
    }

    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        output_names(outputs)
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        for_each_output(blocks, values, |scale, pairs| divergence(scale, pairs));
    }
}

fn divergence(scale: Scale, pairs: &mut dyn Iterator<Item = (f32, f32)>) -> f64 {
    let of = |value: f32| match quantity(scale, value) {
        quantity if quantity >= 0.0 => quantity,
        _ => f64::NAN,
    };
    let (reference, alternative): (Vec<f64>, Vec<f64>) = pairs.map(|(from, to)| (of(from), of(to))).unzip();
    let (from, to) = (reference.iter().sum::<f64>(), alternative.iter().sum::<f64>());
    if !(from > 0.0 && to > 0.0 && from.is_finite() && to.is_finite()) {
        return f64::NAN;
    }
    let term = |p: f64, m: f64| if p > 0.0 { p * (p / m).log2() } else { 0.0 };
    let bits = reference.iter().zip(&alternative).map(|(&r, &a)| {
        let (p, q) = (r / from, a / to);
        let m = (p + q) / 2.0;
        term(p, m) + term(q, m)
    });
    // Rounding may leave the range by a last digit.
    (bits.sum::<f64>() / 2.0).clamp(0.0, 1.0)
}
