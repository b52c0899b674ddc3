//! One measured effect.

use std::sync::Arc;

use ciskit_core::Variant;

/// What an assay measured of a variant.
///
/// # Units
///
/// The effect is log2 of the alternative allele's activity over the reference's: positive where the alternative is the
/// more active one. It is infinite where one allele showed no activity at all, and `None` where nothing was measured.
///
/// ```
/// use ciskit_core::{Allele, Variant};
/// use ciskit_seqio::MeasuredEffect;
///
/// let variant = Variant::new("chr3", 24_362_251, b"A", Allele::from_vcf("G"))?;
/// let effect = MeasuredEffect { p: Some(1e-4), ..MeasuredEffect::new(variant, Some(-2.5), "raQTL_HepG2") };
/// assert_eq!(effect.signed_log10_p(), Some(-4.0));
/// # Ok::<(), ciskit_core::VariantError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredEffect {
    /// The variant, with its identifier where the source has one.
    pub variant: Variant,
    /// log2 of alternative over reference.
    pub effect_log2: Option<f64>,
    /// The source's p-value that there is no effect, two-sided.
    pub p: Option<f64>,
    /// Data set, or the element in it.
    pub dataset: Arc<str>,
    /// Number of the record in its data set, from 0.
    pub row: u64,
    /// Cell line in which it was measured.
    pub cell: Option<Arc<str>>,
    /// Build of the genome that the variant's place is on.
    pub build: Option<Arc<str>>,
    /// Whether the place is an enhancer (`false`: a control), where the source says so.
    pub label: Option<bool>,
}

impl MeasuredEffect {
    /// The effect of a variant, of which nothing else is known.
    #[must_use]
    pub fn new(variant: Variant, effect_log2: Option<f64>, dataset: impl Into<Arc<str>>) -> Self {
        let dataset = dataset.into();
        Self { variant, effect_log2, p: None, dataset, row: 0, cell: None, build: None, label: None }
    }

    /// −log10 of the p-value with the sign of the effect, the "signed p" of benchmarks; `None` without either, and 0
    /// for an effect of 0. It is infinite for a p-value of 0.
    #[must_use]
    pub fn signed_log10_p(&self) -> Option<f64> {
        let (effect, p) = (self.effect_log2?, self.p?);
        Some(if effect == 0.0 { 0.0 } else { -p.log10() * effect.signum() })
    }
}

#[cfg(test)]
mod tests {
    use ciskit_core::Allele;

    use super::*;

    #[test]
    fn the_sign_is_the_effect_s() {
        let variant = Variant::new("1", 4, b"A", Allele::from_vcf("G")).unwrap();
        let of = |effect, p| {
            let effect = MeasuredEffect { p, ..MeasuredEffect::new(variant.clone(), effect, "d") };
            effect.signed_log10_p()
        };
        assert_eq!(of(Some(0.5), Some(0.01)), Some(2.0));
        assert_eq!(of(Some(f64::NEG_INFINITY), Some(0.1)), Some(-1.0));
        assert_eq!(of(Some(0.0), Some(0.1)), Some(0.0));
        assert_eq!(of(Some(1.0), Some(0.0)), Some(f64::INFINITY));
        assert_eq!((of(None, Some(0.1)), of(Some(1.0), None)), (None, None));
    }
}
