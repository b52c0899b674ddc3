//! Where the windows of variants lie.

use std::ops::Range;

use ciskit_core::{ContigName, InputLength, InputWindow};

use crate::VariantScoringError;

/// How both windows of an insertion, a deletion or a complex variant keep the length that the model reads.
///
/// The alternative window is always cut from the edited contig, so that its flanks are the genome's. With *genome allele*
/// for the allele that the genome has and *edited allele* for the other one (the reference and the alternative, but for
/// [swapped](crate::OnMismatch::Swap) ones):
///
/// ```text
/// genome         ....llllGGGrrrrrrr....       anchor: v
///                         v
/// reference        [llllllGGGrrrrrr]
/// LeftPinned       [llllllErrrrrrrr]          starts where the reference window starts
/// Centred         [llllllllErrrrrrr]          middle of E where the middle of G is
/// ShiftStitch      [llllllE] + [rrrrrrr]      two windows: left edge pinned, right edge pinned
/// ```
///
/// Alleles of equal length (SNVs, MNVs) have the same place in both windows under each rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IndelWindow {
    /// The alleles' first base (VCF's POS) is on the anchor, both windows start at the same base, and the alternative one
    /// takes more or less of the genome at its right end.
    #[default]
    LeftPinned,
    /// The genome allele's middle base, the right one of two (base `length / 2`), is on the anchor, and the edited allele's
    /// middle base is at the same place, so that both ends of the window give way.
    Centred,
    /// As `LeftPinned`, and the edited allele is scored a second time with its right edge pinned; the bins up to the one that
    /// holds the alleles' first base come from the first window, and those behind it from the second, so that every bin on
    /// either side of an indel shows the same genome as the reference's. Bins of deleted bases show what lies left of the
    /// deletion. For models of one bin the same as `LeftPinned`.
    ///
    /// *Cost*: three windows an indel. *Source*: the idea is that of the shift-centred stitching of Borzoi's variant scores
    /// (Linder et al. 2025, doi:10.1038/s41588-024-02053-6, and its package baskerville).
    ShiftStitch,
}

/// What a window does at the end of its contig.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AtEdge {
    /// It hangs over: what lies outside is N, and the variant stays on the anchor.
    #[default]
    PadN,
    /// It moves inside, by the smallest step that brings both windows inside, so that they keep their place relative to one
    /// another; the variant leaves the anchor. Where no step does (contigs about as short as the window), each window
    /// moves by itself, and what is missing at its end is N. Windows that are fixed never move.
    Shift,
}

/// Where the windows of variants lie.
///
/// ```
/// use ciskit_core::InputWindow;
/// use ciskit_variant::{AtEdge, IndelWindow, WindowPlan};
///
/// // Sei reads 4,096 bp and has variants on base 2,047; here only 1,000 bp around the variant are real.
/// let sei = InputWindow::fixed(4096).anchored_at(2047);
/// let plan = WindowPlan::centred(sei, None)?.indels(IndelWindow::Centred).at_edge(AtEdge::Shift).context(1000);
/// assert_eq!(plan.length(), 4096);
/// # Ok::<(), ciskit_variant::VariantScoringError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowPlan {
    pub(super) place: Place,
    pub(super) indels: IndelWindow,
    pub(super) at_edge: AtEdge,
    pub(super) context: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The variant lies on the window's base `anchor`.
    Anchored { length: usize, anchor: usize },
    /// The same window for every variant, as around an element.
    Fixed { contig: ContigName, range: Range<i64> },
}

impl WindowPlan {
    /// Windows around each variant, which lies on the model's anchor; as long as the model reads, or `length` where it reads
    /// several lengths.
    ///
    /// # Errors
    ///
    /// [`VariantScoringError::WindowLength`] if the model leaves the length open and none is given,
    /// [`VariantScoringError::WrongLength`] if the model does not read `length`.
    pub fn centred(input: InputWindow, length: Option<usize>) -> Result<Self, VariantScoringError> {
        let length = match (length, input.length()) {
            (Some(found), expected) if !expected.accepts(found) => {
                return Err(VariantScoringError::WrongLength { expected, found });
            }
            (Some(length), _) | (None, InputLength::Fixed(length)) => length,
            (None, length) => return Err(VariantScoringError::WindowLength { length }),
        };
        Ok(Self::new(Place::Anchored { length, anchor: input.anchor(length) }))
    }

    /// One window for all variants: 0-based, half-open, and it may hang over the contig's ends. The whole reference allele
    /// must lie inside.
    #[must_use]
    pub fn fixed(contig: impl Into<ContigName>, range: Range<i64>) -> Self {
        Self::new(Place::Fixed { contig: contig.into(), range })
    }

    /// The plan for sequences without a genome ([`score_sequence_pairs`](crate::VariantEngine::score_sequence_pairs)), each of
    /// which is a window of its own, of any length that the model reads.
    ///
    /// ```
    /// use ciskit_core::InputWindow;
    /// use ciskit_variant::WindowPlan;
    ///
    /// assert_eq!(WindowPlan::sequences(InputWindow::fixed(4)).length(), 4);
    /// assert!(InputWindow::any().accepts(WindowPlan::sequences(InputWindow::any()).length()));
    /// ```
    #[must_use]
    pub fn sequences(input: InputWindow) -> Self {
        let length = match input.length() {
            InputLength::Fixed(length) => length,
            InputLength::Between { max, .. } => max,
            _ => 1,
        };
        Self::new(Place::Anchored { length, anchor: input.anchor(length) })
    }

    fn new(place: Place) -> Self {
        Self { place, indels: IndelWindow::default(), at_edge: AtEdge::default(), context: None }
    }

    /// How indels keep the window's length.
    #[must_use]
    pub fn indels(mut self, indels: IndelWindow) -> Self {
        self.indels = indels;
        self
    }

    /// What windows do at the ends of contigs.
    #[must_use]
    pub fn at_edge(mut self, at_edge: AtEdge) -> Self {
        self.at_edge = at_edge;
        self
    }

    /// Lets only `bp` bases around the variant, which is their base `bp / 2`, be real, and makes all others N: for models
    /// that read more than an experiment tested. Of a fixed window the central `bp` bases stay.
    #[must_use]
    pub fn context(mut self, bp: usize) -> Self {
        self.context = Some(bp);
        self
    }

    /// Length of the windows in bp.
    #[must_use]
    pub fn length(&self) -> usize {
        match &self.place {
            Place::Anchored { length, .. } => *length,
            Place::Fixed { range, .. } => usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0),
        }
    }

    /// Whether nothing of a window is to be real.
    pub(crate) fn has_empty_context(&self) -> bool {
        self.context == Some(0)
    }

    /// The same without a second window of indels, for models that have no bins to stitch.
    pub(crate) fn without_stitching(mut self) -> Self {
        if self.indels == IndelWindow::ShiftStitch {
            self.indels = IndelWindow::LeftPinned;
        }
        self
    }

    /// The base that variants lie on; `None` for a fixed window.
    pub(crate) fn anchor(&self) -> Option<usize> {
        match self.place {
            Place::Anchored { anchor, .. } => Some(anchor),
            Place::Fixed { .. } => None,
        }
    }

    /// Makes everything N that lies outside of the context; `pin` is the base that the context lies around.
    pub(crate) fn mask(&self, window: &mut [u8], pin: Option<usize>) {
        let real = self.real(window.len(), pin);
        window[..real.start].fill(b'N');
        window[real.end..].fill(b'N');
    }

    /// The bases of a window that are real.
    pub(crate) fn real(&self, length: usize, pin: Option<usize>) -> Range<usize> {
        let Some(context) = self.context else { return 0..length };
        let start = pin.unwrap_or(length / 2) as i64 - (context / 2) as i64;
        let within = |position: i64| position.clamp(0, length as i64) as usize;
        within(start)..within(start.saturating_add_unsigned(context as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_of_any_length_needs_one() {
        assert!(matches!(
            WindowPlan::centred(InputWindow::any(), None),
            Err(VariantScoringError::WindowLength { .. })
        ));
        assert_eq!(WindowPlan::centred(InputWindow::any(), Some(7)).unwrap().length(), 7);
        assert!(matches!(
            WindowPlan::centred(InputWindow::fixed(5), Some(7)),
            Err(VariantScoringError::WrongLength { found: 7, .. })
        ));
    }

    #[test]
    fn the_context_lies_around_the_anchor() {
        let sei = WindowPlan::centred(InputWindow::fixed(4096).anchored_at(2047), None).unwrap();
        assert_eq!(sei.real(4096, Some(2047)), 0..4096);
        let narrow = sei.context(1000);
        assert_eq!(narrow.real(4096, Some(2047)), 1547..2547);
        assert_eq!(narrow.real(4096, Some(3)), 0..503);
        assert_eq!(narrow.real(4096, Some(4090)), 3590..4096);
        assert_eq!(narrow.real(4096, None), 1548..2548);
        let mut window = *b"ACGTACGT";
        narrow.context(3).mask(&mut window, Some(4));
        assert_eq!(&window, b"NNNTACNN");
    }
}
