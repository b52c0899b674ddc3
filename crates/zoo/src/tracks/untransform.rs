//! Back from the scale that a network is trained on to that of coverage.

/// The two published forms of a squashed scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Squash {
    /// Scaled, raised to a power, and the root taken of what exceeds a bound.
    Old,
    /// The same with 1 added and subtracted, so that the slope has no step, and scaled last.
    New,
}

/// What undoes the squashed scale of a track.
///
/// | form | from the network's x to coverage |
/// |---|---|
/// | [`Squash::Old`] | x / s; where it exceeds c: (x − c)² + c; x^(1 / e) |
/// | [`Squash::New`] | where x exceeds c: (x − c + 1)² + c − 1; (x + 1)^(1 / e) − 1; x / s |
///
/// *Source*: Linder et al., Nature Genetics 57, 949 (2025), and its packages.
///
/// ```
/// use ciskit_zoo::tracks::{Squash, Untransform};
///
/// let untransform = Untransform { squash: Squash::Old, clip: Some(384.0), exponent: 0.75, scale: 0.01 };
/// assert_eq!(untransform.apply(0.08), 16.0);
/// let untransform = Untransform { squash: Squash::New, clip: Some(64.0), exponent: 0.5, scale: 1.0 };
/// assert_eq!([3.0, 66.0].map(|x| untransform.apply(x)), [15.0, 5328.0]); // 4² − 1, and (3² + 63 + 1)² − 1
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Untransform {
    /// Which form.
    pub squash: Squash,
    /// The bound c.
    pub clip: Option<f64>,
    /// The power e, 1 for none.
    pub exponent: f64,
    /// The factor s.
    pub scale: f64,
}

impl Untransform {
    /// Coverage. Not above −1 is NaN where the form takes a power of it.
    #[must_use]
    pub fn apply(&self, x: f32) -> f32 {
        let Self { squash, clip, exponent, scale } = *self;
        let power = |x: f64| if exponent == 1.0 { x } else { x.powf(1.0 / exponent) };
        let (x, step) = match squash {
            Squash::Old => (f64::from(x) / scale, 0.0),
            Squash::New => (f64::from(x), 1.0),
        };
        let unclipped = match clip {
            Some(clip) if x > clip => (x - clip + step).powi(2) + clip - step,
            _ => x,
        };
        let coverage = power(unclipped + step) - step;
        (if squash == Squash::New { coverage / scale } else { coverage }) as f32
    }
}
