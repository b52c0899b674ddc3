//! What a score is made of.

use ciskit_core::{Output, ScorerSpec};

/// The reference and the alternative block of one variant, and what their axes mean: all that an
/// [`EffectScore`](crate::EffectScore) sees.
///
/// # Shapes
///
/// Both blocks are (bins, outputs), outputs fastest.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Blocks<'a> {
    /// Scores of the reference allele.
    pub reference: &'a [f32],
    /// Scores of the alternative allele.
    pub alternative: &'a [f32],
    /// The selected outputs, in order; the [strand partner](Output::strand_partner) of each is the index of another one among
    /// these, and `None` if that is not selected.
    pub outputs: &'a [Output],
    /// Number of selected bins.
    pub bins: usize,
    /// Width of a bin in bp; 0 where a single bin stands for the whole window.
    pub bin_bp: u32,
}

impl<'a> Blocks<'a> {
    /// Two blocks over the selected outputs and bins.
    ///
    /// # Panics
    ///
    /// If a block does not hold `bins * outputs.len()` values.
    #[must_use]
    pub fn new(reference: &'a [f32], alternative: &'a [f32], outputs: &'a [Output], bins: usize) -> Self {
        for block in [reference, alternative] {
            assert_eq!(block.len(), bins * outputs.len(), "values of {bins} bins, {} outputs", outputs.len());
        }
        Self { reference, alternative, outputs, bins, bin_bp: 0 }
    }

    /// The same blocks with the bin width of a model.
    #[must_use]
    pub fn of(mut self, spec: &ScorerSpec) -> Self {
        self.bin_bp = spec.bin_bp;
        self
    }

    /// The pairs of (reference, alternative) values of one output, bin by bin.
    ///
    /// ```
    /// use ciskit_core::{Output, Scale};
    /// use ciskit_variant::Blocks;
    ///
    /// let outputs = [Output::new("ATAC", Scale::Raw), Output::new("CAGE", Scale::Raw)];
    /// let blocks = Blocks::new(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0], &outputs, 2);
    /// assert_eq!(blocks.of_output(1).collect::<Vec<_>>(), [(2.0, 6.0), (4.0, 8.0)]);
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no such output.
    pub fn of_output(&self, output: usize) -> impl Iterator<Item = (f32, f32)> + use<'a> {
        assert!(output < self.outputs.len(), "output {output} of {}", self.outputs.len());
        let step = self.outputs.len();
        let column = |block: &'a [f32]| block[output.min(block.len())..].iter().copied().step_by(step);
        column(self.reference).zip(column(self.alternative))
    }
}
