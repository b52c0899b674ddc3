//! A million bases within the memory that is stated.
//!
//! `cargo test --workspace --test language_models -- --ignored --nocapture million` prints the peak and the time.

use std::collections::BTreeMap;

use ciskit_nn::{DType, Device, Tensor, frozen, parameter_shapes};
use ciskit_zoo::hyenadna::{Characters, Config, HyenaDna};
use ciskit_zoo::transformer::{Heads, TokenBatch, TokenNetwork, Tokenizer};

use super::random::bases;

/// Peak resident memory of this process, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    1024 * line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
}

/// Two of the eight layers of the largest model, with random weights: the others take time, and no memory but their weights.
/// With all eight (`n_layer: 8`) the peak was 3.15 GB.
fn network(config: &Config) -> HyenaDna {
    let load = |vb| HyenaDna::load(vb, config, Heads::default());
    let shapes = parameter_shapes(load).unwrap();
    let tensor = |(name, shape): (String, Vec<usize>)| {
        let inputs: usize = shape.iter().skip(1).product();
        let mut draws = ciskit_nn::random::Stream::new(1, &name).draws();
        let scale = (3.0 / inputs as f32).sqrt() / 5e5;
        let (sign, add) = if name.ends_with("deltas") { (0.0, -5.0) } else { (1.0, 0.0) };
        let values = (0..shape.iter().product::<usize>())
            .map(|_| sign * (draws.below(1_000_000) as f32 - 5e5) * scale + add);
        (name, Tensor::from_vec(values.collect(), shape, &Device::Cpu).unwrap())
    };
    let tensors: BTreeMap<String, Tensor> = shapes.into_iter().map(tensor).collect();
    frozen(tensors, DType::F32, &Device::Cpu, |_| false, load).unwrap()
}

#[test]
#[ignore = "takes minutes and gigabytes"]
fn a_million_bases_are_read_within_the_stated_memory() {
    let config = Config { n_layer: 2, ..Config::named("hyenadna-large-1m").unwrap() };
    let network = network(&config);
    let tokens = Characters.encode(&bases(1, 1_000_000)).unwrap().ids;
    let before = peak();
    let started = std::time::Instant::now();
    let hidden = network.forward(&TokenBatch::new([tokens.as_slice()]), &mut |_, _| ()).unwrap();
    let (seconds, after) = (started.elapsed().as_secs(), peak());
    eprintln!(
        "{:.2} GB, {:.2} GB before the first layer, {seconds} s",
        after as f64 / 1e9,
        before as f64 / 1e9
    );
    assert_eq!(hidden.dims(), [1_000_001, 256]);
    let last: Vec<f32> = hidden.narrow(0, 1_000_000, 1).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    assert!(last.iter().all(|value| value.is_finite()));

    // Rows, mixed channels, what filters share; a group of channels; FFTs; matrix products of some rows; weights.
    let (length, threads) = (1_000_001, rayon::current_num_threads() as u64);
    let stated =
        4 * length * (2 * 256 + 64) + (512 << 20) + 64 * length * (threads + 1) + (100 << 20) + before;
    assert!(after < stated, "{after} bytes, of {stated}");
}
