//! The networks give the reference's numbers: activations, logits, gradients, running statistics and a trajectory.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use ciskit_encode::ChannelOrder;
use ciskit_models::epipam::{Config, Epipam, HeadParts, KmerEmbedding, Parts};
use ciskit_models::{Model, ModelConfig, WeightFile};
use ciskit_nn::weights::{from_safetensors, to_safetensors};
use ciskit_nn::{
    Adam, AdamConfig, DType, Device, Mode, NnError, PairBatch, PairModel, Parameters, Tensor, loss, ops,
};
use serde_json::Value;

/// Tolerances relative to a tensor's largest absolute value.
struct Tolerances {
    forward: f64,
    gradient: f64,
    trajectory: f64,
    checksum: f64,
}

fn tolerances(dtype: DType, config: &Config) -> Tolerances {
    match dtype {
        DType::F64 => Tolerances { forward: 1e-6, gradient: 1e-6, trajectory: 1e-6, checksum: 1e-6 },
        // After some steps on embedded words, rounding changes the order of nearly equal relations.
        _ if config.embedding.is_some() => {
            Tolerances { forward: 1e-5, gradient: 1e-4, trajectory: 1e-2, checksum: 1e-4 }
        }
        _ => Tolerances { forward: 1e-5, gradient: 1e-4, trajectory: 1e-3, checksum: 1e-4 },
    }
}

struct Fixture {
    about: Value,
    tensors: BTreeMap<String, Tensor>,
}

impl Fixture {
    fn read(name: &str) -> Self {
        let read =
            |extension| std::fs::read(ciskit_fixtures::shared(&format!("golden/epi/{name}.{extension}")));
        let tensors = from_safetensors(&read("safetensors").unwrap(), &Device::Cpu).unwrap().tensors;
        Self { about: serde_json::from_slice(&read("json").unwrap()).unwrap(), tensors }
    }

    /// The tensors under a prefix, without it.
    fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Tensor)> {
        self.tensors.iter().filter_map(move |(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)))
    }

    fn weights(&self) -> BTreeMap<String, Tensor> {
        self.under("w.").map(|(name, tensor)| (name.to_string(), tensor.clone())).collect()
    }

    fn batch(&self) -> PairBatch {
        PairBatch::from_tensors(self.tensors["in.enhancer"].clone(), self.tensors["in.promoter"].clone())
            .unwrap()
    }

    fn model(&self, config: &Config, dtype: DType) -> (Parameters, Epipam) {
        let load = |vb| Epipam::load(vb, config);
        Parameters::load::<_, NnError>(self.weights(), dtype, &Device::Cpu, load).unwrap()
    }
}

fn values(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap();
    flat.to_vec1().unwrap()
}

fn sigmoid(logit: &Tensor) -> Tensor {
    let probabilities: Vec<f64> = values(logit).into_iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect();
    Tensor::new(probabilities, &Device::Cpu).unwrap()
}

/// What a network computed, by the fixture's names.
#[derive(Default)]
struct Computed(BTreeMap<String, Tensor>);

impl Computed {
    fn add(&mut self, name: impl Into<String>, tensor: &Tensor) {
        self.0.insert(name.into(), tensor.clone());
    }

    fn add_logits(&mut self, prefix: &str, logits: [Option<&Tensor>; 2]) {
        for (number, logit) in (1..).zip(logits).filter_map(|(number, logit)| Some((number, logit?))) {
            self.add(format!("{prefix}.head{number}.logit"), logit);
            self.add(format!("{prefix}.head{number}.prob"), &sigmoid(logit));
        }
    }

    fn add_parts(&mut self, parts: &Parts) {
        for (number, block) in (1..).zip(&parts.blocks) {
            self.add(format!("eval.block{number}.enhancer"), &block.enhancer.values());
            self.add(format!("eval.block{number}.promoter"), &block.promoter.values());
            let Some(attention) = &block.attention else { continue };
            let pam = format!("eval.pam{number}");
            self.add(format!("{pam}.enhancer.max"), &attention.enhancer_max);
            self.add(format!("{pam}.promoter.max"), &attention.promoter_max);
            self.add(format!("{pam}.enhancer.weight"), &attention.enhancer_weight);
            self.add(format!("{pam}.promoter.weight"), &attention.promoter_weight);
            self.add(format!("{pam}.topk"), &attention.top);
            self.add(format!("{pam}.enhancer.out"), &attention.enhancer.values());
            self.add(format!("{pam}.promoter.out"), &attention.promoter.values());
        }
        for (number, head) in (1..).zip([Some(&parts.head1), parts.head2.as_ref()].into_iter().flatten()) {
            let HeadParts { input, norm, hidden, .. } = head;
            for (name, tensor) in [("input", input), ("norm", norm), ("hidden", hidden)] {
                self.add(format!("eval.head{number}.{name}"), tensor);
            }
        }
        self.add_logits("eval", [Some(&parts.head1.logit), parts.head2.as_ref().map(|head| &head.logit)]);
    }

    /// Every tensor of the fixture under `prefix` was computed, and within tolerance.
    fn check(&self, fixture: &Fixture, prefix: &str, tolerance: f64) {
        let mut wrong = Vec::new();
        let mut compared = 0;
        for (name, expected) in fixture.under(prefix) {
            let name = format!("{prefix}{name}");
            let found = self.0.get(&name).unwrap_or_else(|| panic!("{name} was not computed"));
            assert_eq!(found.dims(), expected.dims(), "{name}");
            let (found, expected) = (values(found), values(expected));
            assert!(found.iter().all(|value| value.is_finite()), "{name} is not finite");
            let scale = expected.iter().fold(0f64, |max, value| max.max(value.abs()));
            let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / scale).fold(0.0, f64::max);
            compared += 1;
            if off > tolerance {
                wrong.push(format!("{name}: {off:.1e}"));
            }
        }
        assert!(compared > 0, "the fixture has no {prefix}");
        assert!(wrong.is_empty(), "off by more than {tolerance:e}: {wrong:#?}");
    }
}

/// The loss of a training step: total, and of each head.
fn losses(fixture: &Fixture, model: &Epipam, batch: &PairBatch) -> (Vec<Tensor>, [Option<Tensor>; 2]) {
    let logits = model.forward_t(batch, Mode::train(0, 0)).unwrap();
    let labels = &fixture.tensors["in.label"];
    let main = loss::bce_with_logits(&logits.main, labels).unwrap();
    let weight = |key: &str| fixture.about["config"][key].as_f64().unwrap();
    let losses = match &logits.auxiliary {
        None => vec![main],
        Some(auxiliary) => {
            let auxiliary = loss::bce_with_logits(auxiliary, labels).unwrap();
            let total = ((&main * weight("a1")).unwrap() + (&auxiliary * weight("a2")).unwrap()).unwrap();
            vec![total, main, auxiliary]
        }
    };
    (losses, [Some(logits.main), logits.auxiliary])
}

fn eval(fixture: &Fixture, config: &Config, dtype: DType) {
    let (_, model) = fixture.model(config, dtype);
    let mut computed = Computed::default();
    computed.add_parts(&model.forward_parts(&fixture.batch(), Mode::Eval).unwrap());
    computed.check(fixture, "eval.", tolerances(dtype, config).forward);
}

/// The same weights, said to read A, G, C, T.
fn channels(fixture: &Fixture, config: &Config, dtype: DType) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("published.safetensors");
    std::fs::write(&path, to_safetensors(&fixture.weights(), None).unwrap()).unwrap();
    let file = WeightFile::read(&path).unwrap().in_channel_order(ChannelOrder::Agct);
    let model = ModelConfig::Epipam(config.clone());
    let (_, model): (_, Model) = file.load(Some(&model), dtype, &Device::Cpu).unwrap();
    let logits = model.forward_t(&fixture.batch(), Mode::Eval).unwrap();
    let mut computed = Computed::default();
    computed.add_logits("alt_agct", [Some(&logits.main), logits.auxiliary.as_ref()]);
    computed.check(fixture, "alt_agct.", tolerances(dtype, config).forward);
}

fn train(fixture: &Fixture, config: &Config, dtype: DType) {
    let (parameters, model) = fixture.model(config, dtype);
    let (losses, [main, auxiliary]) = losses(fixture, &model, &fixture.batch());
    let gradients = losses[0].backward().unwrap();
    let mut computed = Computed::default();
    computed.add_logits("train", [main.as_ref(), auxiliary.as_ref()]);
    computed.add("train.loss", &Tensor::stack(&losses, 0).unwrap());
    for (name, var) in parameters.trainable() {
        let gradient = gradients.get(var).unwrap_or_else(|| panic!("no gradient reaches {name}"));
        computed.add(format!("train.grad.{name}"), gradient);
    }
    for (name, var) in parameters.buffers() {
        computed.add(format!("train.after.{name}"), var);
    }
    assert_eq!(fixture.under("train.grad.").count(), parameters.trainable().count());
    for (prefix, tolerance) in [
        ("train.head", tolerances(dtype, config).forward),
        ("train.loss", tolerances(dtype, config).forward),
        ("train.after.", tolerances(dtype, config).forward),
        ("train.grad.", tolerances(dtype, config).gradient),
    ] {
        computed.check(fixture, prefix, tolerance);
    }
}

fn trajectory(fixture: &Fixture, config: &Config, dtype: DType) {
    let (parameters, model) = fixture.model(config, dtype);
    let batch = fixture.batch();
    let mut adam = Adam::new(AdamConfig::l2(1e-3, 5e-4));
    let mut seen = Vec::new();
    for _ in 0..5 {
        let (losses, _) = losses(fixture, &model, &batch);
        adam.step(&parameters, &losses[0].backward().unwrap()).unwrap();
        seen.push(Tensor::stack(&losses, 0).unwrap());
    }
    let logits = model.forward_t(&batch, Mode::Eval).unwrap();
    let mut computed = Computed::default();
    computed.add("traj.loss", &Tensor::stack(&seen, 1).unwrap());
    computed.add_logits("traj.eval", [Some(&logits.main), logits.auxiliary.as_ref()]);
    computed.check(fixture, "traj.", tolerances(dtype, config).trajectory);

    let checksums = fixture.about["final_checksums"]["values"].as_object().unwrap();
    assert_eq!(checksums.len(), parameters.named().count());
    for (name, expected) in checksums {
        let values = values(parameters.get(name).unwrap());
        let sum: f64 = values.iter().sum();
        let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        let (expected_sum, expected_norm) = (expected[0].as_f64().unwrap(), expected[1].as_f64().unwrap());
        // Running variances over a batch of 4 follow such a change of order the most: in an f32 run of the reference
        // itself the sums are off by up to 2.7e-3 here.
        let reordered = dtype == DType::F32 && config.embedding.is_some();
        let factor = if reordered && name.ends_with("running_var") { 10.0 } else { 1.0 };
        let room = factor * tolerances(dtype, config).checksum * expected_norm;
        if !reordered {
            assert!((sum - expected_sum).abs() <= room, "{name}: sum {sum}, expected {expected_sum}");
        }
        assert!((norm - expected_norm).abs() <= room, "{name}: norm {norm}, expected {expected_norm}");
    }
}

fn parity(name: &str, config: &Config) {
    let fixture = Fixture::read(name);
    let config = &config.clone().without_dropout();
    let sizes = config.validate().unwrap();
    let lengths: Vec<[usize; 2]> =
        sizes.enhancer.iter().zip(&sizes.promoter).map(|(&e, &p)| [e, p]).collect();
    let about = &fixture.about["config"];
    assert_eq!(serde_json::json!(lengths), about["lengths_after_blocks"]);
    assert_eq!(
        serde_json::json!((sizes.head1, sizes.head2)),
        serde_json::json!([about["head1_in"], about["head2_in"]])
    );
    for dtype in [DType::F64, DType::F32] {
        eval(&fixture, config, dtype);
        if config.embedding.is_none() {
            channels(&fixture, config, dtype);
        }
        train(&fixture, config, dtype);
        trajectory(&fixture, config, dtype);
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn epipam_equals_the_reference() {
    parity("epipam_onehot", &Config::epi());
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn epipam_for_chiapet_equals_the_reference() {
    parity("epipam_chiapet", &Config::chiapet());
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn epi_equals_the_reference() {
    parity("epi_onehot", &Config::epi().without_attention());
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn epipam_on_embedded_words_equals_the_reference() {
    let name = "epipam_embed";
    let width = Fixture::read(name).about["config"]["embedding"]["dim"].as_u64().unwrap() as usize;
    let embedding = Some(KmerEmbedding { width, ..KmerEmbedding::default() });
    parity(name, &Config { embedding, ..Config::epi() });
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn words_are_numbered_as_in_the_reference() {
    let fixture = Fixture::read("epipam_embed");
    for side in ["enhancer", "promoter"] {
        let ids = ops::kmer_ids(&fixture.tensors[&format!("in.{side}")], 6).unwrap();
        let expected = &fixture.tensors[&format!("in.{side}_ids")];
        assert_eq!(ids.to_vec2::<u32>().unwrap(), expected.to_vec2::<u32>().unwrap());
    }
}
