//! What a model takes and gives.

use crate::{InputLength, InputWindow, Side};

/// Scale of an output, so that tools know what a difference or a ratio of two values means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scale {
    /// A probability in [0, 1].
    Probability,
    /// Log odds: the sigmoid makes it a probability.
    Logit,
    /// A natural logarithm (of a likelihood, of a coverage).
    Log,
    /// Anything else: coverage, expression, an arbitrary unit.
    Raw,
}

/// One output of a model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Output {
    /// Name, unique within the model.
    pub name: String,
    /// Scale.
    pub scale: Scale,
    /// Index of the output that means the same on the other strand; `None` if that is this output itself.
    pub strand_partner: Option<usize>,
}

impl Output {
    /// An output that is its own strand partner.
    #[must_use]
    pub fn new(name: impl Into<String>, scale: Scale) -> Self {
        Self { name: name.into(), scale, strand_partner: None }
    }

    /// The same output with a partner on the other strand.
    #[must_use]
    pub fn with_strand_partner(mut self, index: usize) -> Self {
        self.strand_partner = Some(index);
        self
    }
}

fn check_outputs(outputs: &[Output]) -> Result<(), SpecError> {
    if outputs.is_empty() {
        return Err(SpecError::NoOutputs);
    }
    let mut names = std::collections::HashSet::new();
    for (index, output) in outputs.iter().enumerate() {
        if !names.insert(output.name.as_str()) {
            return Err(SpecError::DuplicateOutput { name: output.name.clone() });
        }
        let mutual =
            |partner: usize| outputs.get(partner).is_some_and(|other| other.strand_partner == Some(index));
        if output.strand_partner.is_some_and(|partner| !mutual(partner)) {
            return Err(SpecError::StrandPartner { name: output.name.clone() });
        }
    }
    Ok(())
}

/// What a [`SequenceScorer`](crate::SequenceScorer) or [`VariantScorer`](crate::VariantScorer) takes and gives.
///
/// Bins tile the sequence: bin `b` covers the bases from `first_bin_bp + b * bin_bp` on, `bin_bp` of them,
/// relative to the window's first base. The number of bins is the same for every accepted length; a scalar
/// model has one bin.
///
/// ```
/// use ciskit_core::{InputWindow, Output, Scale, ScorerSpec};
///
/// let spec = ScorerSpec::builder(InputWindow::fixed(196_608))
///     .bins(896, 128, 40_960)
///     .output(Output::new("DNASE:K562", Scale::Raw))
///     .batch_hint(1)
///     .build()?;
/// assert_eq!(spec.output_index("DNASE:K562"), Some(0));
/// # Ok::<(), ciskit_core::SpecError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScorerSpec {
    /// The sequence that the model reads.
    pub input: InputWindow,
    /// Number of bins.
    pub bins: usize,
    /// Width of a bin in bp; 0 where the single bin stands for the whole window.
    pub bin_bp: u32,
    /// Where the first bin starts, in bp from the window's first base.
    pub first_bin_bp: i64,
    /// Outputs in the order of the last axis of [`Scores`](crate::Scores).
    pub outputs: Vec<Output>,
    /// How many sequences a call should hold for good speed; any number is allowed.
    pub batch_hint: usize,
}

impl ScorerSpec {
    /// Starts a spec with one bin and no outputs.
    pub fn builder(input: InputWindow) -> ScorerSpecBuilder {
        let (bins, bin_bp, first_bin_bp) = (1, 0, 0);
        ScorerSpecBuilder(Self { input, bins, bin_bp, first_bin_bp, outputs: Vec::new(), batch_hint: 32 })
    }

    /// The spec of a model with one bin and one output.
    ///
    /// # Panics
    ///
    /// If the window accepts no length or its anchor lies outside.
    #[must_use]
    pub fn scalar(input: InputWindow, output: impl Into<String>, scale: Scale) -> Self {
        let spec = Self::builder(input).output(Output::new(output, scale)).build();
        spec.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Index of the output of this name.
    #[must_use]
    pub fn output_index(&self, name: &str) -> Option<usize> {
        self.outputs.iter().position(|output| output.name == name)
    }
}

/// Builder of a [`ScorerSpec`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ScorerSpecBuilder(ScorerSpec);

impl ScorerSpecBuilder {
    /// `bins` bins of `bin_bp` bp, the first one `first_bin_bp` bp behind the window's first base.
    pub fn bins(mut self, bins: usize, bin_bp: u32, first_bin_bp: i64) -> Self {
        (self.0.bins, self.0.bin_bp, self.0.first_bin_bp) = (bins, bin_bp, first_bin_bp);
        self
    }

    /// Adds an output.
    pub fn output(mut self, output: Output) -> Self {
        self.0.outputs.push(output);
        self
    }

    /// Adds outputs.
    pub fn outputs(mut self, outputs: impl IntoIterator<Item = Output>) -> Self {
        self.0.outputs.extend(outputs);
        self
    }

    /// How many sequences a call should hold (default 32).
    pub fn batch_hint(mut self, items: usize) -> Self {
        self.0.batch_hint = items;
        self
    }

    /// The checked spec.
    ///
    /// # Errors
    ///
    /// [`SpecError`] if the model could not be used.
    pub fn build(self) -> Result<ScorerSpec, SpecError> {
        self.0.input.check()?;
        check_outputs(&self.0.outputs)?;
        match self.0 {
            ScorerSpec { bins: 0, .. } => Err(SpecError::Zero { what: "bins" }),
            ScorerSpec { batch_hint: 0, .. } => Err(SpecError::Zero { what: "batch_hint" }),
            spec => Ok(spec),
        }
    }
}

/// What a [`PairScorer`](crate::PairScorer) takes and gives: one bin, any number of outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PairSpec {
    /// The enhancer window.
    pub enhancer: InputWindow,
    /// The promoter window.
    pub promoter: InputWindow,
    /// Outputs in the order of the last axis of [`Scores`](crate::Scores).
    pub outputs: Vec<Output>,
    /// Names of the covariates that every pair must bring, in order.
    pub covariates: Vec<String>,
    /// Number of accessibility tracks that every pair must bring for both sides; 0 for none.
    pub tracks: usize,
    /// Whether every pair must bring its signed distance.
    pub needs_distance: bool,
    /// How many pairs a call should hold for good speed; any number is allowed.
    pub batch_hint: usize,
}

impl PairSpec {
    /// Starts a spec without outputs, covariates and tracks.
    pub fn builder(enhancer: InputWindow, promoter: InputWindow) -> PairSpecBuilder {
        let (outputs, covariates) = (Vec::new(), Vec::new());
        let (tracks, needs_distance, batch_hint) = (0, false, 100);
        PairSpecBuilder(Self { enhancer, promoter, outputs, covariates, tracks, needs_distance, batch_hint })
    }

    /// The window of one side.
    #[must_use]
    pub fn window(&self, side: Side) -> InputWindow {
        match side {
            Side::Enhancer => self.enhancer,
            Side::Promoter => self.promoter,
        }
    }
}

/// Builder of a [`PairSpec`].
#[derive(Clone, Debug)]
#[must_use]
pub struct PairSpecBuilder(PairSpec);

impl PairSpecBuilder {
    /// Adds an output.
    pub fn output(mut self, output: Output) -> Self {
        self.0.outputs.push(output);
        self
    }

    /// Adds a covariate that every pair must bring.
    pub fn covariate(mut self, name: impl Into<String>) -> Self {
        self.0.covariates.push(name.into());
        self
    }

    /// Every pair must bring this many accessibility tracks a side.
    pub fn tracks(mut self, tracks: usize) -> Self {
        self.0.tracks = tracks;
        self
    }

    /// Every pair must bring its signed distance.
    pub fn needs_distance(mut self) -> Self {
        self.0.needs_distance = true;
        self
    }

    /// How many pairs a call should hold (default 100).
    pub fn batch_hint(mut self, items: usize) -> Self {
        self.0.batch_hint = items;
        self
    }

    /// The checked spec.
    ///
    /// # Errors
    ///
    /// [`SpecError`] if the model could not be used.
    pub fn build(self) -> Result<PairSpec, SpecError> {
        self.0.enhancer.check()?;
        self.0.promoter.check()?;
        check_outputs(&self.0.outputs)?;
        if self.0.batch_hint == 0 {
            return Err(SpecError::Zero { what: "batch_hint" });
        }
        Ok(self.0)
    }
}

/// Why a spec describes no usable model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// A model without outputs.
    #[error("a model needs at least one output")]
    NoOutputs,
    /// Two outputs of one name.
    #[error("output {name:?} occurs twice")]
    DuplicateOutput {
        /// The name.
        name: String,
    },
    /// A strand partner that is missing or does not point back.
    #[error("the strand partner of output {name:?} is missing or has another partner")]
    StrandPartner {
        /// The output's name.
        name: String,
    },
    /// No sequence has such a length.
    #[error("an input of {length} is empty")]
    InputLength {
        /// The length.
        length: InputLength,
    },
    /// The anchor lies outside of the window.
    #[error("anchor {anchor} lies outside of an input of {length}")]
    Anchor {
        /// 0-based anchor.
        anchor: usize,
        /// The window's length.
        length: InputLength,
    },
    /// A number that must not be zero.
    #[error("{what} must not be 0")]
    Zero {
        /// The field.
        what: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logit(name: &str) -> Output {
        Output::new(name, Scale::Logit)
    }

    #[test]
    fn impossible_specs_are_refused() {
        let any = || ScorerSpec::builder(InputWindow::any());
        assert_eq!(any().build(), Err(SpecError::NoOutputs));
        let twice = any().output(logit("a")).output(logit("a")).build();
        assert_eq!(twice, Err(SpecError::DuplicateOutput { name: "a".into() }));
        assert_eq!(any().output(logit("a")).bins(0, 1, 0).build(), Err(SpecError::Zero { what: "bins" }));
        assert_eq!(
            any().output(logit("a")).batch_hint(0).build(),
            Err(SpecError::Zero { what: "batch_hint" })
        );
        for window in
            [InputWindow::fixed(0), InputWindow::between(5, 4), InputWindow::fixed(9).anchored_at(9)]
        {
            assert!(ScorerSpec::builder(window).output(logit("a")).build().is_err(), "{window:?}");
            assert!(PairSpec::builder(InputWindow::any(), window).output(logit("a")).build().is_err());
        }
    }

    #[test]
    fn strand_partners_point_at_each_other() {
        let spec = |second: Output| {
            let first = logit("+").with_strand_partner(1);
            ScorerSpec::builder(InputWindow::any()).outputs([first, second]).build()
        };
        assert!(spec(logit("-").with_strand_partner(0)).is_ok());
        assert_eq!(spec(logit("-")), Err(SpecError::StrandPartner { name: "+".into() }));
    }
}
