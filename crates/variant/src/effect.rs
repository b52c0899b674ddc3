//! From two scores to an effect.

use ciskit_core::Scale;

use crate::quantity::log2_of_sum;

/// The effect of a variant on one output: both raw scores and what is made of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Score of the reference window.
    pub reference: f32,
    /// Score of the alternative window.
    pub alternative: f32,
    /// Alternative minus reference, in f64. For a logit this is the log odds ratio (natural), which does not saturate
    /// where probabilities do.
    pub difference: f64,
    /// log2 of alternative over reference: see [`log2_ratio`]. `None` where it is undefined.
    pub log2_ratio: Option<f64>,
}

impl Effect {
    /// The effect of going from `reference` to `alternative` on an output of a scale.
    ///
    /// ```
    /// use ciskit_core::Scale;
    /// use ciskit_variant::Effect;
    ///
    /// let effect = Effect::new(Scale::Logit, -20.0, -19.0);
    /// assert_eq!(effect.difference, 1.0);
    /// // Deep in the tail the probability is e^logit, and so its log2 ratio is 1 / ln 2.
    /// assert!((effect.log2_ratio.unwrap() - std::f64::consts::LOG2_E).abs() < 1e-8);
    /// ```
    #[must_use]
    pub fn new(scale: Scale, reference: f32, alternative: f32) -> Self {
        let difference = f64::from(alternative) - f64::from(reference);
        Self { reference, alternative, difference, log2_ratio: log2_ratio(scale, reference, alternative) }
    }
}

/// log2(alternative / reference) of the quantities behind two scores, in f64:
///
/// | scale | formula |
/// |---|---|
/// | logit | (log σ(alternative) − log σ(reference)) / ln 2, without forming the probabilities |
/// | log | (alternative − reference) / ln 2 |
/// | probability, raw | log2(alternative) − log2(reference); `None` unless both are positive |
///
/// Swapping the two negates it exactly.
///
/// ```
/// use ciskit_core::Scale;
/// use ciskit_variant::log2_ratio;
///
/// assert_eq!(log2_ratio(Scale::Probability, 0.25, 0.5), Some(1.0));
/// assert_eq!(log2_ratio(Scale::Raw, 0.0, 0.5), None);
/// assert_eq!(log2_ratio(Scale::Logit, 1000.0, 1000.0), Some(0.0));
/// assert_eq!(log2_ratio(Scale::Logit, f32::NAN, 0.0), None);
/// ```
#[must_use]
pub fn log2_ratio(scale: Scale, reference: f32, alternative: f32) -> Option<f64> {
    let log2 = |value: f32| log2_of_sum(scale, std::iter::once(value));
    let ratio = log2(alternative) - log2(reference);
    ratio.is_finite().then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::LN_2;

    #[test]
    fn saturated_probabilities_still_differ() {
        // σ(40) and σ(50) are both 1 in f32 and nearly so in f64.
        let effect = Effect::new(Scale::Logit, 40.0, 50.0);
        let expected = ((-40f64).exp() - (-50f64).exp()) / LN_2;
        assert!((effect.log2_ratio.unwrap() / expected - 1.0).abs() < 1e-6);
        assert_eq!(effect.difference, 10.0);
    }

    proptest! {
        #[test]
        fn swapping_the_alleles_negates(a in -30f32..30.0, b in -30f32..30.0) {
            for scale in [Scale::Logit, Scale::Log, Scale::Probability, Scale::Raw] {
                let (there, back) = (Effect::new(scale, a, b), Effect::new(scale, b, a));
                prop_assert_eq!(there.difference, -back.difference);
                prop_assert_eq!(there.log2_ratio, back.log2_ratio.map(|ratio| -ratio));
            }
        }

        #[test]
        fn the_way_through_logits_equals_the_direct_one(a in -8f64..8.0, b in -8f64..8.0) {
            let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
            let (a, b) = (a as f32, b as f32);
            let direct = (sigmoid(f64::from(b)) / sigmoid(f64::from(a))).log2();
            prop_assert!((log2_ratio(Scale::Logit, a, b).unwrap() - direct).abs() < 1e-10);
        }
    }
}
