//! EPIVAN and DeepTACT give the reference's numbers: activations, logits, gradients, running statistics, trajectories.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use ciskit_models::deeptact::{self, Deeptact};
use ciskit_models::epivan::{self, Epivan};
use ciskit_models::{ModelConfig, WeightFile};
use ciskit_nn::ops::GateActivation;
use ciskit_nn::weights::{from_safetensors, to_safetensors};
use ciskit_nn::{
    Adam, AdamConfig, DType, Device, Mode, NnError, PairBatch, PairModel, Parameters, Tensor, loss,
};
use serde_json::Value;

/// Gradients that are 0 in theory, and parameters that Keras's Adam moves by their noise.
const NOISE: [&str; 2] = ["dense.bias", "bn2.bias"];

struct Fixture {
    about: Value,
    tensors: BTreeMap<String, Tensor>,
    /// The weights, read from a file as somebody would who has them from Keras.
    weights: WeightFile,
}

impl Fixture {
    fn read(name: &str) -> Self {
        let read =
            |extension| std::fs::read(ciskit_fixtures::shared(&format!("golden/epi/{name}.{extension}")));
        let tensors = from_safetensors(&read("safetensors").unwrap(), &Device::Cpu).unwrap().tensors;
        let about = serde_json::from_slice(&read("json").unwrap()).unwrap();
        let weights = Self::weights(&tensors, false);
        Self { about, tensors, weights }
    }

    /// The weights as a file; with one row of each recurrent bias if they are to be those of Keras 2.2.
    fn weights(tensors: &BTreeMap<String, Tensor>, keras22: bool) -> WeightFile {
        let weights = tensors.iter().filter_map(|(name, tensor)| {
            let name = name.strip_prefix("w.")?.to_owned();
            let one_row = keras22 && name.starts_with("gru") && name.ends_with("bias");
            Some((name, if one_row { tensor.get(0).unwrap() } else { tensor.clone() }))
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keras.safetensors");
        std::fs::write(&path, to_safetensors(&weights.collect(), None).unwrap()).unwrap();
        WeightFile::read(&path).unwrap()
    }

    fn batch(&self, dtype: DType) -> PairBatch {
        let of = |name: &str| self.tensors[name].clone();
        let batch = PairBatch::from_tensors(of("in.enhancer"), of("in.promoter")).unwrap();
        if !self.tensors.contains_key("in.enhancer_dnase") {
            return batch;
        }
        // (B, position, track) in the fixture.
        let tracks = |name| of(name).to_dtype(dtype).unwrap().transpose(1, 2).unwrap().contiguous().unwrap();
        batch.with_tracks(tracks("in.enhancer_dnase"), tracks("in.promoter_dnase")).unwrap()
    }

    fn model<M: PairModel>(&self, config: &M::Config, dtype: DType) -> (Parameters, M) {
        let load = |vb| M::load(vb, config);
        Parameters::load::<_, NnError>(self.weights.tensors().clone(), dtype, &Device::Cpu, load).unwrap()
    }

    /// Twice what the reference itself is off by in f32, relative to the largest value: large sums cancel here.
    fn room(&self, name: &str, dtype: DType) -> f64 {
        let of = &self.about["float32_reference"]["values"][name];
        match (of[0].as_f64(), of[1].as_f64()) {
            (Some(off), Some(size)) if dtype == DType::F32 => 2.0 * off / size,
            _ => 0.0,
        }
    }

    /// A stored tensor that belongs to a parameter, in our layout.
    fn of_parameter(&self, prefix: &str, name: &str) -> Option<Tensor> {
        let keras = in_keras(name);
        let tensor = self.tensors.get(&format!("{prefix}{keras}"))?;
        Some(match (keras == name, tensor.rank()) {
            (false, 3) => tensor.permute((2, 1, 0)).unwrap(),
            (false, 2) if !keras.ends_with("embeddings") => tensor.t().unwrap(),
            _ => tensor.clone(),
        })
    }
}

/// What Keras calls one of our parameters.
fn in_keras(name: &str) -> String {
    let (layer, last) = name.rsplit_once('.').unwrap();
    let last = match last {
        "weight" if layer.contains("embedding") => "embeddings",
        "weight" if layer.starts_with("bn") => "gamma",
        "weight" => "kernel",
        "bias" if layer.starts_with("bn") => "beta",
        "running_mean" => "moving_mean",
        "running_var" => "moving_variance",
        last => last,
    };
    format!("{layer}.{last}")
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn check(name: &str, found: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(found.dims(), expected.dims(), "{name}");
    let (found, expected) = (values(found), values(expected));
    let size = expected.iter().fold(0f64, |size, value| size.max(value.abs()));
    let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(found.iter().all(|value| value.is_finite()), "{name} is not finite");
    assert!(off <= tolerance * size, "{name}: off by {:.1e} of the largest", off / size);
}

/// Tolerances of forward passes, gradients and trajectories, and of sums and norms after one.
fn tolerances(dtype: DType) -> [f64; 4] {
    if dtype == DType::F64 { [1e-6; 4] } else { [1e-5, 1e-4, 1e-3, 1e-4] }
}

/// What a model computes on the way, by the fixture's names; channels last, as there.
trait Computes: PairModel {
    fn parts(&self, batch: &PairBatch, mode: Mode) -> Vec<(&'static str, Tensor)>;
}

fn channels_last(x: &Tensor) -> Tensor {
    x.transpose(1, 2).unwrap()
}

impl Computes for Epivan {
    fn parts(&self, batch: &PairBatch, mode: Mode) -> Vec<(&'static str, Tensor)> {
        let parts = self.forward_parts(batch, mode).unwrap();
        vec![
            ("enhancer.pool", channels_last(&parts.enhancer)),
            ("promoter.pool", channels_last(&parts.promoter)),
            ("bn", channels_last(&parts.norm)),
            ("rnn", parts.states),
            ("att.weight", parts.weight),
            ("att.out", parts.attended),
            ("logit", parts.logit),
        ]
    }
}

impl Computes for Deeptact {
    fn parts(&self, batch: &PairBatch, mode: Mode) -> Vec<(&'static str, Tensor)> {
        let parts = self.forward_parts(batch, mode).unwrap();
        let mut all = vec![
            ("enhancer.pool", channels_last(&parts.enhancer)),
            ("promoter.pool", channels_last(&parts.promoter)),
            ("bn1", channels_last(&parts.norm)),
            ("rnn", parts.states),
            ("att.weight", parts.weight),
            ("att.out", parts.attended),
            ("bn2", parts.attended_norm),
            ("dense", parts.dense),
            ("bn3", parts.dense_norm),
            ("logit", parts.logit),
        ];
        if let Some([enhancer, promoter]) = &parts.dnase {
            all.push(("enhancer_dnase.pool", channels_last(enhancer)));
            all.push(("promoter_dnase.pool", channels_last(promoter)));
        }
        all
    }
}

fn eval<M: Computes>(fixture: &Fixture, config: &M::Config, dtype: DType) {
    let (_, model) = fixture.model::<M>(config, dtype);
    let [forward, ..] = tolerances(dtype);
    let parts = model.parts(&fixture.batch(dtype), Mode::Eval);
    for (name, found) in &parts {
        let name = format!("eval.{name}");
        check(&name, found, &fixture.tensors[&name], forward.max(fixture.room(&name, dtype)));
    }
    let stored = fixture.tensors.keys().filter(|name| name.starts_with("eval.")).count();
    assert_eq!(parts.len() + 1, stored, "all but the probability");
}

fn train<M: Computes>(fixture: &Fixture, config: &M::Config, dtype: DType) {
    let (parameters, model) = fixture.model::<M>(config, dtype);
    let [forward, gradient, ..] = tolerances(dtype);
    let parts = model.parts(&fixture.batch(dtype), Mode::train(0, 0));
    for (name, found) in parts.iter().filter(|(name, _)| name.starts_with("bn") || *name == "logit") {
        let name = format!("train.{name}");
        check(&name, found, &fixture.tensors[&name], forward.max(fixture.room(&name, dtype)));
    }
    let (_, logit) = parts.iter().find(|(name, _)| *name == "logit").unwrap();
    let loss = loss::bce_with_logits(logit, &fixture.tensors["in.label"]).unwrap();
    check("train.loss", &loss.unsqueeze(0).unwrap(), &fixture.tensors["train.loss"], forward);
    let gradients = loss.backward().unwrap();
    for (name, var) in parameters.trainable() {
        let expected =
            fixture.of_parameter("train.grad.", name).unwrap_or_else(|| panic!("no gradient of {name}"));
        let found = gradients.get(var).unwrap_or_else(|| panic!("no gradient reaches {name}"));
        if NOISE.contains(&name) {
            assert!(values(found).iter().all(|value| value.abs() <= 1e-7), "{name}");
        } else {
            check(&format!("gradient of {name}"), found, &expected, gradient);
        }
    }
    for (name, var) in parameters.buffers() {
        let expected = fixture.of_parameter("train.after.", name).unwrap();
        check(&format!("{name} after a step"), var, &expected, forward);
    }
}

fn trajectory<M: Computes>(fixture: &Fixture, config: &M::Config, dtype: DType) {
    let [.., along, at_the_end] = tolerances(dtype);
    for (name, optimiser) in
        [("adam_l2", AdamConfig::l2(1e-3, 5e-4)), ("adam_keras", AdamConfig::keras(1e-3))]
    {
        let (parameters, model) = fixture.model::<M>(config, dtype);
        let batch = fixture.batch(dtype);
        let mut adam = Adam::new(optimiser);
        let mut losses = Vec::new();
        for step in 0..5 {
            let logits = model.forward_t(&batch, Mode::train(0, step)).unwrap().main;
            let loss = loss::bce_with_logits(&logits, &fixture.tensors["in.label"]).unwrap();
            adam.step(&parameters, &loss.backward().unwrap()).unwrap();
            losses.push(loss);
        }
        let losses = Tensor::stack(&losses, 0).unwrap();
        check(&format!("{name} loss"), &losses, &fixture.tensors[&format!("traj_{name}.loss")], along);
        let logits = model.forward_t(&batch, Mode::Eval).unwrap().main;
        check(&format!("{name} logit"), &logits, &fixture.tensors[&format!("traj_{name}.eval.logit")], along);

        let checksums = fixture.about["final_checksums"]["values"][name].as_object().unwrap();
        assert_eq!(checksums.len(), parameters.named().count());
        for (of, var) in parameters.named() {
            if NOISE.contains(&of) && name == "adam_keras" {
                continue;
            }
            let expected = &checksums[&in_keras(of)];
            let numbers = values(var);
            let sum: f64 = numbers.iter().sum();
            let norm = numbers.iter().map(|value| value * value).sum::<f64>().sqrt();
            let room = at_the_end * expected[1].as_f64().unwrap();
            assert!(
                (sum - expected[0].as_f64().unwrap()).abs() <= room,
                "{name} {of}: sum {sum}, {expected}"
            );
            assert!(
                (norm - expected[1].as_f64().unwrap()).abs() <= room,
                "{name} {of}: norm {norm}, {expected}"
            );
        }
    }
}

fn parity<M: Computes>(fixture: &Fixture, config: &M::Config) {
    for dtype in [DType::F64, DType::F32] {
        eval::<M>(fixture, config, dtype);
        train::<M>(fixture, config, dtype);
        trajectory::<M>(fixture, config, dtype);
    }
}

/// The same weights in the cells of Keras 2.2.
fn keras22<M: Computes>(fixture: &Fixture, config: &M::Config) {
    let weights = Fixture::weights(&fixture.tensors, true);
    for dtype in [DType::F64, DType::F32] {
        let load = |vb| M::load(vb, config);
        let (_, model) =
            Parameters::load::<_, NnError>(weights.tensors().clone(), dtype, &Device::Cpu, load).unwrap();
        let logits = model.forward_t(&fixture.batch(dtype), Mode::Eval).unwrap().main;
        check("alt_keras22", &logits, &fixture.tensors["alt_keras22.logit"], tolerances(dtype)[0]);
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn epivan_equals_the_reference() {
    let fixture = Fixture::read("epivan");
    let config = epivan::Config { width: 16, ..epivan::Config::benchmark() };
    assert_eq!(fixture.weights.config(), Some(&ModelConfig::Epivan(config.clone())));
    parity::<Epivan>(&fixture, &config.without_dropout());

    let keras = Fixture::weights(&fixture.tensors, true);
    let config = epivan::Config { width: 16, ..epivan::Config::original() };
    assert_eq!(keras.config(), Some(&ModelConfig::Epivan(config.clone())));
    keras22::<Epivan>(&fixture, &config);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn deeptact_of_sequence_equals_the_reference() {
    let fixture = Fixture::read("deeptact_seq");
    let config = deeptact::Config { filters: 96, units: 48, dense: 200, ..deeptact::Config::benchmark() };
    assert_eq!(fixture.weights.config(), Some(&ModelConfig::Deeptact(config.clone())));
    parity::<Deeptact>(&fixture, &config.clone().without_dropout());
    let hard = deeptact::Config { recurrent_activation: GateActivation::HardSigmoid, ..config };
    keras22::<Deeptact>(&fixture, &hard);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn deeptact_with_accessibility_equals_the_reference() {
    let fixture = Fixture::read("deeptact_dnase");
    let config = deeptact::Config { filters: 40, units: 24, dense: 75, ..deeptact::Config::original(3) };
    let sigmoid = deeptact::Config { recurrent_activation: GateActivation::Sigmoid, ..config.clone() };
    // The file does not tell the gates: they are the preset's.
    assert_eq!(fixture.weights.config(), Some(&ModelConfig::Deeptact(config.clone())));
    parity::<Deeptact>(&fixture, &sigmoid.without_dropout());
    keras22::<Deeptact>(&fixture, &config);
}
