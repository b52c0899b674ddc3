//! Statistics of coverage tracks.

use ciskit_core::Output;

use super::{difference_of_sums, for_each_output, output_names, sums};
use crate::{Blocks, EffectScore, Symmetry};

/// A statistic of two coverage tracks as Basenji and Borzoi define it, one value an output.
///
/// With R and A the reference's and the alternative's bins as the model gives them (undo a squashed scale before), l(x) =
/// log2(x + 1), and sums over the bins:
///
/// | statistic | name | value |
/// |---|---|---|
/// | `Sum` | `sum`, Basenji's `sad` | Σ A − Σ R |
/// | `LogSum` | `log-sum` | Σ l(A) − Σ l(R) |
/// | `SqrtSum` | `sqrt-sum` | Σ √A − Σ √R |
/// | `LogSed` | `log-sed` | l(Σ A) − l(Σ R) |
/// | `D1` | `d1` | Σ \|A − R\| |
/// | `D2` | `d2` | √Σ (A − R)² |
/// | `LogD1`, `LogD2` | `log-d1`, `log-d2` | the same of l(A) and l(R) |
/// | `Sax` | `sax` | A − R at the bin of the largest \|A − R\|, the first of equal ones |
///
/// The logarithm of what is not above 0 and the root of what is negative are NaN.
///
/// *Source*: Kelley et al., Genome Res. 28:739 (2018), doi 10.1101/gr.227819.117 (SAD); Linder et al., Nat. Genet. 57:949 (2025),
/// doi 10.1038/s41588-024-02053-6 (the others).
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::Coverage};
///
/// let outputs = [Output::new("RNA", Scale::Raw)];
/// let blocks = Blocks::new(&[0.0, 7.0, 0.0], &[3.0, 3.0, 0.0], &outputs, 3);
/// let mut values = Vec::new();
/// use Coverage::{D1, D2, LogD1, LogSum, Sax, Sum};
/// [Sum, LogSum, D1, LogD1, Sax, D2].map(|statistic| statistic.score(&blocks, &mut values));
/// assert_eq!(values, [-1.0, 1.0, 7.0, 3.0, -4.0, 5.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coverage {
    /// Difference of sums.
    Sum,
    /// Difference of sums of logarithms.
    LogSum,
    /// Difference of sums of square roots.
    SqrtSum,
    /// Difference of logarithms of sums.
    LogSed,
    /// Sum of absolute differences.
    D1,
    /// Root of the sum of squared differences.
    D2,
    /// Sum of absolute differences of logarithms.
    LogD1,
    /// Root of the sum of squared differences of logarithms.
    LogD2,
    /// The difference of the largest size.
    Sax,
}

impl Coverage {
    /// Every statistic.
    pub const ALL: [Self; 9] = [
        Self::Sum,
        Self::LogSum,
        Self::SqrtSum,
        Self::LogSed,
        Self::D1,
        Self::D2,
        Self::LogD1,
        Self::LogD2,
        Self::Sax,
    ];

    fn of(self, bins: &mut dyn Iterator<Item = (f32, f32)>) -> f64 {
        let log = |value: f32| log2_plus_1(f64::from(value));
        let changes = |of: fn(f32) -> f64| move |(from, to): (f32, f32)| of(to) - of(from);
        match self {
            Self::Sum => difference_of_sums(bins, f64::from),
            Self::LogSum => difference_of_sums(bins, log),
            Self::SqrtSum => difference_of_sums(bins, |value| f64::from(value).sqrt()),
            Self::LogSed => {
                let (reference, alternative) = sums(bins, f64::from);
                log2_plus_1(alternative) - log2_plus_1(reference)
            }
            Self::D1 => bins.map(changes(f64::from)).map(f64::abs).sum(),
            Self::D2 => root_of_squares(bins.map(changes(f64::from))),
            Self::LogD1 => bins.map(changes(log)).map(f64::abs).sum(),
            Self::LogD2 => root_of_squares(bins.map(changes(log))),
            Self::Sax => bins.map(changes(f64::from)).fold(0.0, |most: f64, change| {
                let larger = change.abs() > most.abs() || change.is_nan();
                if larger && !most.is_nan() { change } else { most }
            }),
        }
    }
}

/// log2(x + 1), exact where x is tiny; NaN where there is none.
fn log2_plus_1(x: f64) -> f64 {
    if x > -1.0 { x.ln_1p() / std::f64::consts::LN_2 } else { f64::NAN }
}

fn root_of_squares(changes: impl Iterator<Item = f64>) -> f64 {
    changes.map(|change| change * change).sum::<f64>().sqrt()
}

impl EffectScore for Coverage {
    fn name(&self) -> &str {
        match self {
            Self::Sum => "sum",
            Self::LogSum => "log-sum",
            Self::SqrtSum => "sqrt-sum",
            Self::LogSed => "log-sed",
            Self::D1 => "d1",
            Self::D2 => "d2",
            Self::LogD1 => "log-d1",
            Self::LogD2 => "log-d2",
            Self::Sax => "sax",
        }
    }

    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        output_names(outputs)
    }

    fn symmetry(&self) -> Symmetry {
        match self {
            Self::D1 | Self::D2 | Self::LogD1 | Self::LogD2 => Symmetry::Symmetric,
            _ => Symmetry::Antisymmetric,
        }
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        for_each_output(blocks, values, |_, bins| self.of(bins));
    }
}
