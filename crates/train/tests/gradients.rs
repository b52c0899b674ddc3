//! Every gradient is needed: with any one broken on purpose, the network does not learn the rule.
//!
//! Most tensors of a network can be learnt around by the others: a bias by the bias of the next layer, a convolution
//! by the next one. So learning the rule comprises two parts: all tensors together learn it from nothing; then each
//! is pushed away until the rule is lost, and has to bring it back alone.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use std::fmt;

use ciskit_dataset::{Augmentation, ChromosomeFolds, Example, PairSource, Seeds, Splitter, Validation};
use ciskit_models::epipam::Epipam;
use ciskit_nn::candle_core::backprop::GradStore;
use ciskit_nn::loss::bce_with_logits;
use ciskit_nn::random::Stream;
use ciskit_nn::{
    Adam, AdamConfig, DType, Device, Mode, NnError, PairBatch, PairModel, Parameters, Tensor, Var,
};
use ciskit_train::{Measured, Schedule, joint_loss};
use common::*;

/// Weight of the main head in the loss.
const ALPHA: f64 = 0.6;
/// Loss of a head that has learnt the rule.
const LEARNT: f32 = 0.3;
/// Loss of a head that has lost it.
const LOST: f32 = 0.5;

/// A network, what it learns from, and the contig that it never sees.
struct Learner {
    parameters: Parameters,
    model: Epipam,
    batches: Vec<(PairBatch, Tensor)>,
    held_out: (PairBatch, Tensor, Vec<bool>),
}

/// What the held-out contig says.
#[derive(Clone, Copy)]
struct Verdict {
    auroc: f64,
    main: f32,
    auxiliary: f32,
}

impl Verdict {
    fn is_learnt(self) -> bool {
        self.auroc >= 0.95 && self.main <= LEARNT && self.auxiliary <= LEARNT
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} {:8.3} {:8.3}", self.auroc, self.main, self.auxiliary)
    }
}

impl Learner {
    fn new() -> Self {
        let source = learnable(600);
        let folds = ChromosomeFolds::balanced(4).validation(Validation::None);
        let fold = &folds.split(source.pairs()).unwrap().folds[0];
        let labels = |rows: &[usize]| -> Vec<bool> {
            rows.iter().map(|row| source.pairs()[*row].label.unwrap()).collect()
        };
        let augmentation = Augmentation::Both { copies: 4, jitter: 10 };
        let mut examples = augmentation.examples(source.pairs(), fold, Seeds::of_fold(1, 0), 1).unwrap();
        Stream::new(1, "order").draws().shuffle(&mut examples);
        let encode = |examples: &[Example]| {
            let (mut enhancers, mut promoters) = (Vec::new(), Vec::new());
            let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
            for example in examples {
                source.fetch(example.pair, example.jitter, &mut enhancer, &mut promoter).unwrap();
                enhancers.extend(ciskit_encode::base_codes(&enhancer));
                promoters.extend(ciskit_encode::base_codes(&promoter));
            }
            let rows: Vec<usize> = examples.iter().map(|example| example.pair).collect();
            let targets: Vec<f32> =
                labels(&rows).into_iter().map(|label| f32::from(u8::from(label))).collect();
            let targets = Tensor::new(targets, &Device::Cpu).unwrap();
            (PairBatch::from_codes(examples.len(), &enhancers, &promoters, &Device::Cpu).unwrap(), targets)
        };
        let batches = examples.chunks_exact(20).map(encode).collect();
        let held_out: Vec<_> = fold.test.iter().map(|row| Example::centred(*row)).collect();
        let (batch, targets) = encode(&held_out);
        let held_out = (batch, targets, labels(&fold.test));
        let config = small_network().without_dropout();
        let load = |vb| Epipam::load(vb, &config);
        let (parameters, model) =
            Parameters::initialise::<_, NnError>(8, DType::F32, &Device::Cpu, load).unwrap();
        Self { parameters, model, batches, held_out }
    }

    /// Trains with gradients that `change` has gone over.
    fn fit(
        &self,
        steps: u64,
        rate: f64,
        schedule: Schedule,
        mode: impl Fn(u64) -> Mode,
        change: impl Fn(&mut GradStore),
    ) {
        let mut adam = Adam::new(AdamConfig::l2(rate, 0.0));
        for (step, (batch, labels)) in (0..steps).zip(self.batches.iter().cycle()) {
            adam.set_learning_rate(rate * schedule.share(step as f64 / steps as f64));
            let logits = self.model.forward_t(batch, mode(step)).unwrap();
            let mut gradients = joint_loss(&logits, labels, ALPHA).unwrap().backward().unwrap();
            change(&mut gradients);
            adam.step(&self.parameters, &gradients).unwrap();
        }
    }

    /// All tensors learn together, the gradient of one multiplied.
    fn learn_together(&self, broken: Option<(&str, f64)>) {
        self.fit(
            800,
            0.005,
            Schedule::Constant,
            |step| Mode::train(1, step),
            |gradients| {
                if let Some((name, factor)) = broken {
                    multiply(gradients, self.parameters.get(name).unwrap(), factor);
                }
            },
        );
    }

    /// One tensor learns alone, its gradient multiplied. Batch norm stays as in evaluation, else its statistics would
    /// mend part of the damage. The rate falls, so that the outcome is not that of the last few steps.
    fn learn_alone(&self, name: &str, factor: f64) {
        self.fit(
            250,
            0.05,
            Schedule::Cosine,
            |_| Mode::Eval,
            |gradients| {
                for (other, var) in self.parameters.trainable() {
                    if other == name {
                        multiply(gradients, var, factor);
                    } else {
                        gradients.remove(var);
                    }
                }
            },
        );
    }

    fn verdict(&self) -> Verdict {
        let (batch, targets, labels) = &self.held_out;
        let logits = self.model.forward_t(batch, Mode::Eval).unwrap();
        let loss = |logits: &Tensor| bce_with_logits(logits, targets).unwrap().to_scalar().unwrap();
        let (main, auxiliary) = (loss(&logits.main), loss(&logits.auxiliary.unwrap()));
        let auroc = Measured::of(labels, &logits.main.to_vec1().unwrap()).unwrap().auroc;
        Verdict { auroc, main, auxiliary }
    }

    /// Moves a tensor in a random direction, as far as it takes for a head to lose the rule.
    fn push(&self, name: &str) {
        let var = self.parameters.get(name).unwrap();
        let start = var.detach().copy().unwrap();
        let stream = Stream::new(77, "push").name(name);
        let direction: Vec<f32> = (0..var.elem_count() as u64)
            .map(|i| if var.elem_count() == 1 { 1.0 } else { stream.normal(i) as f32 })
            .collect();
        let direction = Tensor::from_vec(direction, var.dims(), &Device::Cpu).unwrap();
        let mut distance = 0.02;
        loop {
            let pushed = (&start + (&direction * distance).unwrap()).unwrap();
            self.parameters.set(name, &pushed).unwrap();
            let verdict = self.verdict();
            if verdict.main > LOST || verdict.auxiliary > LOST {
                return;
            }
            distance *= 1.25;
            assert!(distance < 1e3, "{name} does not matter at all");
        }
    }
}

fn multiply(gradients: &mut GradStore, var: &Var, factor: f64) {
    let gradient = gradients.get(var).expect("the loss reaches every tensor");
    let gradient = (gradient * factor).unwrap();
    gradients.insert(var, gradient);
}

#[test]
fn every_tensor_brings_the_rule_back_with_its_gradient_and_not_with_a_broken_one() {
    let learner = Learner::new();
    learner.learn_together(None);
    let together = learner.verdict();
    println!(
        "{:24} {:^23}   {:^23}   {:^23}   {:^23}",
        "", "learnt", "pushed away", "brought back", "sign flipped"
    );
    println!("{:24} {together}", "all together");
    assert!(
        together.auroc > 0.98 && together.main < LEARNT / 2.0 && together.auxiliary < LEARNT / 2.0,
        "{together}"
    );

    let learnt = learner.parameters.snapshot().unwrap();
    let names: Vec<String> = learner.parameters.trainable().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names.len(), 24, "two towers of three convolutions, two heads of three layers");
    for name in &names {
        learner.parameters.restore(&learnt).unwrap();
        learner.push(name);
        let pushed = learner.parameters.snapshot().unwrap();
        let after = |factor| {
            learner.parameters.restore(&pushed).unwrap();
            learner.learn_alone(name, factor);
            learner.verdict()
        };
        let (away, right, flipped) = (learner.verdict(), after(1.0), after(-1.0));
        println!("{name:24} {together}   {away}   {right}   {flipped}");
        assert!(!away.is_learnt(), "{name} pushed away: {away}");
        assert!(right.is_learnt(), "{name} with its gradient: {right}");
        assert!(!flipped.is_learnt(), "{name} with its gradient's sign flipped: {flipped}");
        if name.contains("conv") && name.ends_with("weight") {
            let none = after(0.0);
            assert!(!none.is_learnt(), "{name} without gradient: {none}");
        }
    }
}

#[test]
fn the_sign_of_a_first_convolution_is_not_learnt_around() {
    let learner = Learner::new();
    let start = learner.parameters.snapshot().unwrap();
    for name in ["enhancer_conv1.weight", "promoter_conv1.weight"] {
        learner.parameters.restore(&start).unwrap();
        learner.learn_together(Some((name, -1.0)));
        let verdict = learner.verdict();
        println!("{name} flipped from the start: {verdict}");
        assert!(!verdict.is_learnt(), "{name}: {verdict}");
    }
}
