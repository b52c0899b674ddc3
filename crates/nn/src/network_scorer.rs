//! A network behind the trait that tools use.

use ciskit_core::{
    DISTANCE, InputWindow, Output, PairInput, PairScorer, PairSpec, Scale, ScoreError, Scores, Selection,
    SpecError, Tracks, log10_distance,
};
use ciskit_encode::base_codes_into;
use rayon::prelude::*;

use crate::{Device, Doing, Mode, NnError, PairBatch, PairModel, Tensor};

/// A [`PairModel`] as a [`PairScorer`]: encodes the sequences, runs the network in evaluation mode batch by batch, and
/// turns the main head's logit into a probability.
///
/// A model that reads accessibility takes it from [`PairInput::tracks`].
///
/// Outputs: `logit` and `probability`, both of the main head; the auxiliary head only shapes training. Scores do not
/// depend on the other pairs of a call, the batch size or the number of threads.
///
/// ```
/// use ciskit_core::{FixedSide, PairInput, PairScorer, ScoreError, Selection, SequenceScorer, Side};
/// use ciskit_nn::{
///     DType, Device, Mode, NetworkScorer, NnError, PROBABILITY, PairBatch, PairLogits, PairModel, Parameters,
///     VarBuilder, layers::Linear,
/// };
///
/// /// Reads both sides through one linear layer.
/// struct Network(Linear);
///
/// impl PairModel for Network {
///     type Config = ();
///     fn load(vb: VarBuilder<'_>, (): &()) -> Result<Self, NnError> {
///         Ok(Self(Linear::load(vb, 4, 1)?))
///     }
///     fn enhancer_len(&self) -> usize {
///         4
///     }
///     fn promoter_len(&self) -> usize {
///         4
///     }
///     fn forward_t(&self, batch: &PairBatch, _: Mode) -> Result<PairLogits, NnError> {
///         let codes = (&batch.enhancer + &batch.promoter)?.to_dtype(DType::F32)?;
///         Ok(PairLogits::new(self.0.forward(&codes)?.squeeze(1)?))
///     }
/// }
///
/// let (_, network) =
///     Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| Network::load(vb, &())).unwrap();
/// let scorer = NetworkScorer::new(network, Device::Cpu).unwrap();
/// let pair = PairInput::new(b"GATC", b"TTAN");
/// let scores = scorer.score(&[pair], &Selection::all())?;
/// let (logit, probability) = (scores.item(0)[0], scores.item(0)[PROBABILITY]);
/// assert!((probability - 1.0 / (1.0 + (-logit).exp())).abs() < 1e-6);
///
/// // With the promoter held, it is a model of enhancers.
/// let enhancers = FixedSide::new(&scorer, Side::Enhancer, &pair)?;
/// assert_eq!(enhancers.score(&[b"GATC"], &Selection::all())?, scores);
/// # Ok::<(), ScoreError>(())
/// ```
#[derive(Clone, Debug)]
pub struct NetworkScorer<M> {
    model: M,
    device: Device,
    spec: PairSpec,
}

/// Index of the output `logit` of a [`NetworkScorer`].
pub const LOGIT: usize = 0;
/// Index of the output `probability` of a [`NetworkScorer`].
pub const PROBABILITY: usize = 1;

impl<M: PairModel> NetworkScorer<M> {
    /// A scorer that runs `model` on the device that holds its parameters.
    ///
    /// # Errors
    ///
    /// [`SpecError`] if the model reads windows of no length.
    pub fn new(model: M, device: Device) -> Result<Self, SpecError> {
        let mut spec = PairSpec::builder(
            InputWindow::fixed(model.enhancer_len()),
            InputWindow::fixed(model.promoter_len()),
        );
        for name in model.covariates() {
            spec = if name == DISTANCE { spec.needs_distance() } else { spec.covariate(name) };
        }
        let spec = spec
            .output(Output::new("logit", Scale::Logit))
            .output(Output::new("probability", Scale::Probability))
            .tracks(model.tracks())
            .batch_hint(100)
            .build()?;
        Ok(Self { model, device, spec })
    }

    /// The same scorer with another number of pairs a batch; more is not always faster.
    #[must_use]
    pub fn with_batch(mut self, pairs: usize) -> Self {
        self.spec.batch_hint = pairs.max(1);
        self
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &M {
        &self.model
    }

    fn logits(&self, pairs: &[PairInput<'_>]) -> Result<Vec<f32>, NnError> {
        let enhancers = encode(pairs, self.model.enhancer_len(), |pair| pair.enhancer);
        let promoters = encode(pairs, self.model.promoter_len(), |pair| pair.promoter);
        let mut batch = PairBatch::from_codes(pairs.len(), &enhancers, &promoters, &self.device)?;
        let names = self.model.covariates();
        if !names.is_empty() {
            let values = covariates(names, pairs);
            batch =
                batch.with_covariates(Tensor::from_vec(values, (pairs.len(), names.len()), &self.device)?)?;
        }
        if self.spec.tracks > 0 {
            let rows = |length, side: fn(&Tracks<'_>) -> Vec<f32>| {
                let tracks: Vec<f32> =
                    pairs.iter().filter_map(|pair| pair.tracks.as_ref()).flat_map(side).collect();
                Tensor::from_vec(tracks, (pairs.len(), self.spec.tracks, length), &self.device)
                    .doing("making a batch of tracks")
            };
            let enhancer = rows(self.model.enhancer_len(), |tracks| tracks.enhancer.to_vec())?;
            batch = batch
                .with_tracks(enhancer, rows(self.model.promoter_len(), |tracks| tracks.promoter.to_vec())?)?;
        }
        let logits = self.model.forward_t(&batch, Mode::Eval)?.main;
        Ok(logits.to_dtype(candle_core::DType::F32)?.to_vec1()?)
    }
}

/// Base codes of one side, row by row: (pairs, length).
fn encode<'a>(
    pairs: &[PairInput<'a>],
    length: usize,
    side: impl Fn(&PairInput<'a>) -> &'a [u8] + Sync,
) -> Vec<u8> {
    let mut codes = vec![0; pairs.len() * length];
    codes.par_chunks_mut(length.max(1)).zip(pairs).for_each(|(codes, pair)| {
        // Lengths were checked against the spec.
        base_codes_into(side(pair), codes).unwrap_or_else(|error| unreachable!("{error}"));
    });
    codes
}

/// What a model reads besides the sequences, row by row: (pairs, names). The pairs were checked against the spec.
fn covariates(names: &[String], pairs: &[PairInput<'_>]) -> Vec<f32> {
    let of_pair = |pair: &PairInput<'_>| {
        let (mut given, distance) = (pair.covariates.iter().copied(), pair.signed_distance);
        let of = |name: &String| {
            let value = if name == DISTANCE { distance.map(log10_distance) } else { given.next() };
            value.unwrap_or_else(|| unreachable!("covariate {name} was checked"))
        };
        names.iter().map(of).collect::<Vec<_>>()
    };
    pairs.iter().flat_map(of_pair).collect()
}

/// 1 / (1 + e^−x) without overflow.
fn sigmoid(logit: f32) -> f32 {
    let small = (-logit.abs()).exp();
    if logit >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

impl<M: PairModel> PairScorer for NetworkScorer<M> {
    fn spec(&self) -> &PairSpec {
        &self.spec
    }

    fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> Result<Scores, ScoreError> {
        for (item, pair) in pairs.iter().enumerate() {
            pair.check(item, &self.spec)?;
        }
        let mut values = Vec::with_capacity(2 * pairs.len());
        for batch in pairs.chunks(self.spec.batch_hint) {
            let logits =
                self.logits(batch).map_err(|error| ScoreError::model("running the network", error))?;
            values.extend(logits.into_iter().flat_map(|logit| [logit, sigmoid(logit)]));
        }
        Scores::new(pairs.len(), 1, 2, values)?.select(select)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores a pair by its covariates, each times ten more than the one before.
    struct Digits(Vec<String>);

    impl PairModel for Digits {
        type Config = ();
        fn load(_: crate::VarBuilder<'_>, (): &()) -> Result<Self, NnError> {
            Ok(Self(["a", DISTANCE, "b"].map(str::to_owned).into()))
        }
        fn enhancer_len(&self) -> usize {
            1
        }
        fn promoter_len(&self) -> usize {
            1
        }
        fn covariates(&self) -> &[String] {
            &self.0
        }
        fn forward_t(&self, batch: &PairBatch, _: Mode) -> Result<crate::PairLogits, NnError> {
            let weights = Tensor::new(&[[1f32], [10.0], [100.0]], &Device::Cpu)?;
            let covariates = batch.covariates.as_ref().expect("the scorer gives covariates");
            Ok(crate::PairLogits::new(covariates.matmul(&weights)?.squeeze(1)?))
        }
    }

    #[test]
    fn covariates_and_distance_reach_the_model_in_its_order() {
        let load = |vb: crate::VarBuilder<'static>| Digits::load(vb, &());
        let (_, model) = crate::Parameters::initialise(1, crate::DType::F32, &Device::Cpu, load).unwrap();
        let scorer = NetworkScorer::new(model, Device::Cpu).unwrap();
        assert_eq!((scorer.spec().covariates.join(" "), scorer.spec().needs_distance), ("a b".into(), true));
        let pair = PairInput::new(b"A", b"C").with_covariates(&[1.0, 3.0]);
        let logits = Selection::all().with_outputs(vec![LOGIT]);
        let near = pair.with_signed_distance(-100);
        let scores = scorer.score(&[near, pair.with_signed_distance(1)], &logits).unwrap();
        assert_eq!(scores.values(), [321.0, 301.0]);
        let error = scorer.score(&[near, pair], &logits).unwrap_err().to_string();
        assert!(error.contains("signed distance"), "{error}");
    }

    #[test]
    fn the_sigmoid_neither_overflows_nor_hides_nan() {
        assert_eq!(sigmoid(0.0), 0.5);
        assert_eq!((sigmoid(1e4), sigmoid(-1e4)), (1.0, 0.0));
        assert_eq!((sigmoid(f32::INFINITY), sigmoid(f32::NEG_INFINITY)), (1.0, 0.0));
        assert!(sigmoid(-80.0) > 0.0 && sigmoid(f32::NAN).is_nan());
        for logit in [-20.0, -3.0, -0.1, 0.7, 15.0f32] {
            let expected = 1.0 / (1.0 + (-f64::from(logit)).exp());
            assert!((f64::from(sigmoid(logit)) / expected - 1.0).abs() < 1e-6, "{logit}");
        }
    }
}
