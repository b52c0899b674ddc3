//! Where dropout sits: after the pooling and before the attention, worked out by plain loops.
//!
//! The masks are those that the documentation of [`ciskit_nn::layers::Dropout`] promises, taken from the generator
//! itself; everything else is computed here in f64, without the network's operations.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_models::epipam::{BlockParts, Config, Epipam};
use ciskit_nn::random::Stream;
use ciskit_nn::{DType, Device, Mode, NnError, PairBatch, PairModel, Parameters, Tensor};

const SEED: u64 = 41;
const STEP: u64 = 3;
const RATE: f64 = 0.4;
const PAIRS: usize = 2;
const CHANNELS: usize = 3;
const KERNEL: usize = 4;
const POOL: usize = 3;
/// Enhancer and promoter window in bp.
const LENGTHS: [usize; 2] = [31, 24];

/// Features of a pair, channel by channel.
type Features = Vec<Vec<f64>>;

fn config() -> Config {
    let block = Config { kernels: vec![KERNEL], pools: vec![POOL], ratios: vec![0.1], ..Config::epi() };
    let small = Config { channels: CHANNELS, hidden: 2, block_dropout: RATE, head_dropout: 0.0, ..block };
    small.with_lengths(LENGTHS[0], LENGTHS[1])
}

fn codes(side: &str, length: usize) -> Vec<u8> {
    let mut draws = Stream::new(7, "codes").name(side).draws();
    (0..PAIRS * length).map(|_| draws.below(4) as u8).collect()
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Convolution of one-hot and ReLU, of one pair.
fn convolved(parameters: &Parameters, side: &str, codes: &[u8]) -> Features {
    let get = |name: &str| values(parameters.get(&format!("{side}_conv1.{name}")).unwrap());
    let (weight, bias) = (get("weight"), get("bias")); // (channels, 4, kernel)
    let at = |channel: usize, start: usize| {
        let taps = (0..KERNEL).map(|tap| {
            let base = usize::from(codes[start + tap]);
            weight[(channel * 4 + base) * KERNEL + tap]
        });
        (bias[channel] + taps.sum::<f64>()).max(0.0)
    };
    let starts = codes.len() + 1 - KERNEL;
    (0..CHANNELS).map(|channel| (0..starts).map(|start| at(channel, start)).collect()).collect()
}

fn pooled(features: &Features) -> Features {
    let windows =
        |row: &Vec<f64>| row.chunks_exact(POOL).map(|w| w.iter().copied().fold(0.0, f64::max)).collect();
    features.iter().map(windows).collect()
}

/// Dropout of one pair's features by the mask of the tower's first block.
fn dropped(features: &Features, side: &str, pair: usize) -> Features {
    let stream = Stream::new(SEED, "dropout").name(&format!("{side}_conv1.dropout")).number(STEP);
    let positions = features[0].len();
    let kept = |channel: usize, position: usize| {
        let index = (pair * CHANNELS + channel) * positions + position;
        f64::from(stream.bits(index as u64)) < (1.0 - RATE) * 32f64.exp2()
    };
    let row = |(channel, row): (usize, &Vec<f64>)| {
        let value = |(position, value): (usize, &f64)| {
            if kept(channel, position) { value / (1.0 - RATE) } else { 0.0 }
        };
        row.iter().enumerate().map(value).collect()
    };
    features.iter().enumerate().map(row).collect()
}

/// Both sides after position attention.
fn attended(e: &Features, p: &Features) -> [Features; 2] {
    let relation =
        |i: usize, j: usize| (0..CHANNELS).map(|c| e[c][i] * p[c][j]).sum::<f64>() / CHANNELS as f64;
    let (n, m) = (e[0].len(), p[0].len());
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);
    let rows: Vec<f64> = (0..n).map(|i| largest(&mut (0..m).map(|j| relation(i, j)))).collect();
    let columns: Vec<f64> = (0..m).map(|j| largest(&mut (0..n).map(|i| relation(i, j)))).collect();
    let weigh = |features: &Features, maxima: &[f64]| {
        let sum: f64 = maxima.iter().map(|max| max.exp()).sum();
        let row =
            |row: &Vec<f64>| row.iter().zip(maxima).map(|(x, max)| x * (1.0 + max.exp() / sum)).collect();
        features.iter().map(row).collect()
    };
    [weigh(e, &rows), weigh(p, &columns)]
}

/// The enhancers' features after the block of every pair, by one order of the steps.
fn enhancers(parameters: &Parameters, order: impl Fn([Features; 2], usize) -> [Features; 2]) -> Vec<f64> {
    let codes = [codes("enhancer", LENGTHS[0]), codes("promoter", LENGTHS[1])];
    let of_pair = |pair: usize| {
        let row = |side: usize| &codes[side][pair * LENGTHS[side]..][..LENGTHS[side]];
        let sides = ["enhancer", "promoter"];
        let convolved = [0, 1].map(|side| convolved(parameters, sides[side], row(side)));
        let [enhancer, _] = order(convolved, pair);
        enhancer.concat()
    };
    (0..PAIRS).flat_map(of_pair).collect()
}

fn drop_both([e, p]: [Features; 2], pair: usize) -> [Features; 2] {
    [dropped(&e, "enhancer", pair), dropped(&p, "promoter", pair)]
}

fn pool_both(sides: [Features; 2]) -> [Features; 2] {
    sides.map(|side| pooled(&side))
}

fn attend([e, p]: [Features; 2]) -> [Features; 2] {
    attended(&e, &p)
}

fn block(config: &Config) -> (Parameters, BlockParts) {
    let load = |vb| Epipam::load(vb, config);
    let (parameters, model) =
        Parameters::initialise::<_, NnError>(3, DType::F64, &Device::Cpu, load).unwrap();
    let (e, p) = (codes("enhancer", LENGTHS[0]), codes("promoter", LENGTHS[1]));
    let batch = PairBatch::from_codes(PAIRS, &e, &p, &Device::Cpu).unwrap();
    let block = model.forward_parts(&batch, Mode::train(SEED, STEP)).unwrap().blocks.remove(0);
    (parameters, block)
}

/// The largest difference of two lists, infinite if they have different lengths.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let all = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    if a.len() == b.len() { all } else { f64::INFINITY }
}

#[test]
fn dropout_comes_after_the_pooling_and_before_the_attention() {
    let (parameters, block) = block(&config());
    let found = values(&block.enhancer_out().values());
    let expected = enhancers(&parameters, |sides, pair| attend(drop_both(pool_both(sides), pair)));
    assert!(distance(&found, &expected) < 1e-12, "{}", distance(&found, &expected));
    assert!(expected.contains(&0.0) && expected.iter().any(|value| *value > 0.1));

    // The test can tell the other places.
    let after = enhancers(&parameters, |sides, pair| drop_both(attend(pool_both(sides)), pair));
    let before_pooling = enhancers(&parameters, |sides, pair| attend(pool_both(drop_both(sides, pair))));
    for other in [after, before_pooling] {
        assert!(distance(&found, &other) > 1e-3);
    }
}

#[test]
fn an_attention_before_the_pooling_leaves_dropout_behind_both() {
    let (parameters, block) = block(&Config { attend_before_pooling: true, ..config() });
    let found = values(&block.enhancer_out().values());
    let expected = enhancers(&parameters, |sides, pair| drop_both(pool_both(attend(sides)), pair));
    assert!(distance(&found, &expected) < 1e-12, "{}", distance(&found, &expected));
    let paper = enhancers(&parameters, |sides, pair| attend(drop_both(pool_both(sides), pair)));
    assert!(distance(&found, &paper) > 1e-3);
}
