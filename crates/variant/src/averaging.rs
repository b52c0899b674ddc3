//! Both strands and small shifts, averaged.

use ciskit_core::{Pick, ScorerSpec, Selection, Strand};

use crate::{VariantScoringError, WindowPlan};

/// Over which readings of a window the scores are averaged.
///
/// What is averaged are a model's own scores (logits, coverage, ...), each block by itself, value by value; the effects are made
/// of the two means. Values are summed in f64.
///
/// # Reverse complement
///
/// A window read backwards is cut by the rules of the forward one applied to the reverse-complemented genome and variant, so
/// that the variant lies on the model's anchor again; for SNVs and windows of even length that is a window shifted by one
/// base. Therefore the averages agree from either strand, for every kind of variant whose alleles are
/// reverse-complemented as they stand. (The VCF of the other strand would pad indels with the base on the other side and align
/// them to the other end of a repeat: that is another variant, whose windows lie some bases off.) A fixed window is read
/// backwards as it is.
///
/// Bins come back in reverse, and each output's value from its [strand partner](ciskit_core::Output::strand_partner), which is
/// fetched even where the selection leaves it out. A bin and its mirror image may lie half a bin apart, not more.
///
/// A model of pairs must not be averaged so: its two sides are never reverse-complemented separately.
///
/// # Shifts
///
/// A shift of `d` moves the window `d` bp to the right on the strand that is read, so that the variant lies `d` bases left of
/// the anchor. Bins are averaged by their number, as small shifts move them by less than a bin.
///
/// *Cost*: (1 or 2) × shifts readings of both windows.
///
/// ```
/// use ciskit_variant::Averaging;
///
/// assert_eq!(Averaging::default(), Averaging { reverse_complement: false, shifts: vec![0] });
/// let all = Averaging { reverse_complement: true, shifts: vec![-1, 0, 1] };
/// assert_eq!(all.readings(), 6);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Averaging {
    /// Whether the reverse complement is read as well.
    pub reverse_complement: bool,
    /// Shifts in bp; `[0]` for none.
    pub shifts: Vec<i64>,
}

impl Default for Averaging {
    /// One reading: the forward strand, not shifted.
    fn default() -> Self {
        Self { reverse_complement: false, shifts: vec![0] }
    }
}

impl Averaging {
    /// Both strands, not shifted.
    #[must_use]
    pub fn both_strands() -> Self {
        Self { reverse_complement: true, ..Self::default() }
    }

    /// Number of readings of a window.
    #[must_use]
    pub fn readings(&self) -> usize {
        self.shifts.len() * (1 + usize::from(self.reverse_complement))
    }

    /// Strand and shift of every reading: by shift, forward before reverse.
    pub(crate) fn views(&self) -> Vec<(Strand, i64)> {
        let strands: &[Strand] =
            if self.reverse_complement { &[Strand::Forward, Strand::Reverse] } else { &[Strand::Forward] };
        self.shifts.iter().flat_map(|&shift| strands.iter().map(move |&strand| (strand, shift))).collect()
    }

    pub(crate) fn check(&self, spec: &ScorerSpec, plan: &WindowPlan) -> Result<(), VariantScoringError> {
        if self.shifts.is_empty() {
            return Err(VariantScoringError::NoShifts);
        }
        let length = plan.length();
        let inside = |shift: i64| match plan.anchor() {
            Some(anchor) => (0..length as i64).contains(&(anchor as i64).saturating_sub(shift)),
            None => shift.unsigned_abs() < length as u64,
        };
        if let Some(&shift) = self.shifts.iter().find(|&&shift| !inside(shift)) {
            return Err(VariantScoringError::Shift { shift, length });
        }
        if self.reverse_complement && spec.bin_bp > 0 {
            // Base i of the window is base `mirror - i` of the one read backwards.
            let mirror = plan.anchor().map_or(length as i64 - 1, |anchor| 2 * anchor as i64);
            let bins = spec.bins as i64 * i64::from(spec.bin_bp);
            let off_bp = (mirror + 1 - bins - 2 * spec.first_bin_bp).unsigned_abs();
            if 2 * off_bp > u64::from(spec.bin_bp) {
                return Err(VariantScoringError::AsymmetricBins { off_bp, bin_bp: spec.bin_bp });
            }
        }
        Ok(())
    }
}

/// What must be asked for on the reverse strand to get the values of some bins and outputs in the order in which they are
/// wanted on the forward one.
pub(crate) fn mirrored(spec: &ScorerSpec, bins: &[usize], outputs: &[usize]) -> Selection {
    let partner = |&output: &usize| spec.outputs[output].strand_partner.unwrap_or(output);
    let mut select = Selection::all().with_outputs(outputs.iter().map(partner).collect());
    select.bins = Pick::Indices(bins.iter().map(|bin| spec.bins - 1 - bin).collect());
    select
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::{InputWindow, Output, Scale};

    fn spec(first_bin_bp: i64) -> ScorerSpec {
        let outputs = [
            Output::new("plus", Scale::Raw).with_strand_partner(1),
            Output::new("minus", Scale::Raw).with_strand_partner(0),
            Output::new("both", Scale::Raw),
        ];
        let spec = ScorerSpec::builder(InputWindow::fixed(40)).bins(4, 8, first_bin_bp).outputs(outputs);
        spec.build().unwrap()
    }

    #[test]
    fn the_other_strand_is_asked_for_partners_and_mirrored_bins() {
        let select = mirrored(&spec(4), &[0, 1, 1], &[0, 2]);
        assert_eq!(select.bins, Pick::Indices(vec![3, 2, 2]));
        assert_eq!(select.outputs, Pick::Indices(vec![1, 2]));
    }

    #[test]
    fn bins_that_lie_elsewhere_when_read_backwards_are_refused() {
        let plan = WindowPlan::centred(InputWindow::fixed(40), None).unwrap();
        let both = Averaging::both_strands();
        assert!(both.check(&spec(4), &plan).is_ok());
        assert!(matches!(
            both.check(&spec(0), &plan),
            Err(VariantScoringError::AsymmetricBins { off_bp: 9, bin_bp: 8 })
        ));
        assert!(Averaging::default().check(&spec(0), &plan).is_ok());
        assert!(both.check(&spec(4), &WindowPlan::fixed("1", 7..47)).is_ok());
    }

    #[test]
    fn shifts_keep_the_variant_inside() {
        let plan = WindowPlan::centred(InputWindow::fixed(40), None).unwrap();
        let check = |shifts: &[i64]| {
            let averaging = Averaging { reverse_complement: false, shifts: shifts.to_vec() };
            averaging.check(&spec(4), &plan).is_ok()
        };
        assert!(check(&[20, -19]) && !check(&[21]) && !check(&[-20]) && !check(&[i64::MIN]) && !check(&[]));
    }
}
