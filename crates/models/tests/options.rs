//! EPIPAM beyond the paper: depth, heads, attention before pooling, covariates.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_models::ModelConfig;
use ciskit_models::epipam::{Config, Epipam, PretrainedEmbedding};
use ciskit_nn::random::Stream;
use ciskit_nn::{
    Adam, AdamConfig, DType, Device, Mode, NnError, PairBatch, PairModel, Parameters, Tensor, loss,
};

fn initialise(config: &Config, dtype: DType) -> (Parameters, Epipam) {
    Parameters::initialise::<_, NnError>(5, dtype, &Device::Cpu, |vb| Epipam::load(vb, config)).unwrap()
}

fn small() -> Config {
    let blocks = Config { kernels: vec![5, 3], pools: vec![4, 2], ratios: vec![0.05, 0.3], ..Config::epi() };
    Config { channels: 4, hidden: 3, ..blocks }.without_dropout().with_lengths(60, 50)
}

/// 12 and 10 bins of 5 bp, each projected first.
fn on_embeddings() -> Config {
    let pretrained = PretrainedEmbedding { model: "toy".into(), fingerprint: "f".into(), width: 6, bin: 5 };
    let blocks = Config { kernels: vec![1, 3], pools: vec![1, 2], ratios: vec![0.05, 0.3], ..small() };
    blocks.with_pretrained(pretrained)
}

fn batch(config: &Config, pairs: usize) -> PairBatch {
    let codes = |purpose, length| -> Vec<u8> {
        let mut draws = Stream::new(11, purpose).draws();
        (0..pairs * length).map(|_| draws.below(5) as u8).collect()
    };
    let (e, p) = (codes("enhancers", config.enhancer_len), codes("promoters", config.promoter_len));
    let batch = PairBatch::from_codes(pairs, &e, &p, &Device::Cpu).unwrap();
    let batch = match &config.pretrained {
        None => batch,
        Some(PretrainedEmbedding { width, bin, .. }) => {
            let of = |purpose, length: usize| {
                let (stream, bins) = (Stream::new(14, purpose), length.div_ceil(*bin));
                let values = (0..(pairs * width * bins) as u64).map(|index| stream.normal(index)).collect();
                Tensor::from_vec::<_, f64>(values, (pairs, *width, bins), &Device::Cpu).unwrap()
            };
            let sides = (of("enhancers", config.enhancer_len), of("promoters", config.promoter_len));
            batch.with_embeddings(sides.0, sides.1).unwrap()
        }
    };
    let columns = config.covariates.len();
    if columns == 0 {
        return batch;
    }
    let stream = Stream::new(12, "covariates");
    let values: Vec<f64> = (0..(pairs * columns) as u64).map(|index| 5.0 + stream.normal(index)).collect();
    batch.with_covariates(Tensor::from_vec(values, (pairs, columns), &Device::Cpu).unwrap()).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn joint(model: &Epipam, batch: &PairBatch) -> Tensor {
    let labels: Vec<u8> = (0..batch.pairs()).map(|pair| (pair % 2) as u8).collect();
    let labels = Tensor::new(labels, &Device::Cpu).unwrap();
    let logits = model.forward_t(batch, Mode::train(0, 0)).unwrap();
    let main = loss::bce_with_logits(&logits.main, &labels).unwrap();
    match logits.auxiliary {
        Some(auxiliary) => (main + loss::bce_with_logits(&auxiliary, &labels).unwrap()).unwrap(),
        None => main,
    }
}

/// Every trainable parameter has the gradient that finite differences give, in a sample of its elements.
fn check_gradients(config: &Config, pairs: usize) {
    let (parameters, model) = initialise(config, DType::F64);
    // With biases of 0, dead inputs meet the ReLU exactly at its kink.
    for (name, var) in parameters.named().filter(|(name, _)| name.contains("conv") && name.ends_with("bias"))
    {
        let stream = Stream::new(13, "biases").name(name);
        let values: Vec<f64> = (0..var.elem_count() as u64).map(|index| 0.1 * stream.normal(index)).collect();
        parameters.set(name, &Tensor::new(values, &Device::Cpu).unwrap()).unwrap();
    }
    let batch = batch(config, pairs);
    let gradients = joint(&model, &batch).backward().unwrap();
    let mut largest = 0f64;
    for (name, var) in parameters.trainable() {
        let gradient = values(gradients.get(var).unwrap_or_else(|| panic!("no gradient reaches {name}")));
        largest = gradient.iter().fold(largest, |max, value| max.max(value.abs()));
        let before = values(var);
        let set = |values: &[f64]| {
            parameters
                .set(name, &Tensor::new(values, &Device::Cpu).unwrap().reshape(var.dims()).unwrap())
                .unwrap();
        };
        for at in (0..before.len()).step_by(before.len() / 5 + 1) {
            let moved = |step: f64| {
                let mut moved = before.clone();
                moved[at] += step;
                set(&moved);
                joint(&model, &batch).to_scalar::<f64>().unwrap()
            };
            let expected = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            let room = 1e-6 + 1e-4 * expected.abs();
            assert!((gradient[at] - expected).abs() < room, "{name} {at}: {} {expected}", gradient[at]);
        }
        set(&before);
    }
    assert!(largest > 1e-3);
}

#[test]
fn gradients_of_every_option_agree_with_finite_differences() {
    for config in [
        small(),
        Config { heads: 2, ..small() },
        Config { attend_before_pooling: true, ..small() },
        Config { attend_before_pooling: true, heads: 4, ..small().with_embedding() },
        small().with_covariates(["distance", "x"]),
        small().without_attention().with_covariates(["x"]),
        on_embeddings(),
        Config { attend_before_pooling: true, ..on_embeddings().with_covariates(["x"]) },
        on_embeddings().without_attention(),
    ] {
        for pairs in [3, 7] {
            check_gradients(&config, pairs);
        }
    }
}

#[test]
fn one_to_five_blocks_learn() {
    for blocks in 1..=5 {
        let config = Config {
            kernels: vec![3; blocks],
            pools: vec![2; blocks],
            ratios: vec![0.5; blocks],
            channels: 4,
            hidden: 3,
            ..Config::epi()
        };
        let config = config.without_dropout().with_lengths(130, 120);
        let (parameters, model) = initialise(&config, DType::F32);
        let names: Vec<&str> = parameters.named().map(|(name, _)| name).collect();
        assert!(names.contains(&format!("promoter_conv{blocks}.weight").as_str()));
        assert_eq!(names.iter().filter(|name| name.contains("conv")).count(), 4 * blocks);
        let batch = batch(&config, 6);
        let mut adam = Adam::new(AdamConfig::l2(1e-2, 0.0));
        let before = joint(&model, &batch).to_scalar::<f32>().unwrap();
        for _ in 0..20 {
            adam.step(&parameters, &joint(&model, &batch).backward().unwrap()).unwrap();
        }
        let after = joint(&model, &batch).to_scalar::<f32>().unwrap();
        assert!(after < 0.7 * before, "{blocks} blocks: {before} {after}");
    }
}

#[test]
fn options_give_the_same_bytes_for_one_and_two_threads() {
    for config in [
        Config { heads: 2, ..small() },
        Config { attend_before_pooling: true, ..small().with_embedding() },
        small().with_covariates(["x"]),
        on_embeddings(),
    ] {
        let (parameters, model) = initialise(&config, DType::F32);
        let batch = batch(&config, 5);
        let before = parameters.snapshot().unwrap();
        let run = |threads| {
            parameters.restore(&before).unwrap();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let gradients = joint(&model, &batch).backward().unwrap();
                let all = parameters.trainable().flat_map(|(_, var)| values(gradients.get(var).unwrap()));
                all.collect::<Vec<f64>>()
            })
        };
        assert_eq!(run(1), run(2));
    }
}

#[test]
fn heads_and_attention_before_pooling_change_no_parameter_of_the_first_head() {
    let shapes = |config: &Config| {
        let (parameters, _) = initialise(config, DType::F32);
        let named = parameters.named().filter(|(name, _)| !name.contains('2'));
        named.map(|(name, var)| (name.to_owned(), var.dims().to_vec())).collect::<Vec<_>>()
    };
    let paper = shapes(&small());
    assert_eq!(shapes(&Config { heads: 2, ..small() }), paper);
    assert_eq!(shapes(&Config { attend_before_pooling: true, ..small() }), paper);
}

#[test]
fn covariates_are_standardised_saved_and_needed() {
    let config = small().with_covariates(["distance", "x"]);
    let (parameters, model) = initialise(&config, DType::F32);
    let given = batch(&config, 3);
    let flat = given.covariates.clone().unwrap();
    for (name, of) in [("mean", [5.0f32, 4.0]), ("deviation", [2.0, 0.5])] {
        parameters.set(&format!("covariates.{name}"), &Tensor::new(&of, &Device::Cpu).unwrap()).unwrap();
    }
    let input = model.forward_parts(&given, Mode::Eval).unwrap().head1.input;
    let (_, width) = input.dims2().unwrap();
    assert_eq!(width, config.validate().unwrap().head1);
    let tail = values(&input.narrow(1, width - 2, 2).unwrap());
    for ((found, raw), column) in tail.iter().zip(values(&flat)).zip([0, 1].into_iter().cycle()) {
        let expected = if column == 0 { (raw - 5.0) / 2.0 } else { (raw - 4.0) / 0.5 };
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    }
    let load = |vb| Epipam::load(vb, &config);
    let tensors = parameters.snapshot().unwrap();
    let (_, same) = Parameters::load::<_, NnError>(tensors, DType::F32, &Device::Cpu, load).unwrap();
    let logits = |model: &Epipam| values(&model.forward_t(&given, Mode::Eval).unwrap().main);
    assert_eq!(logits(&model), logits(&same));

    let refused = |batch: &PairBatch| model.forward_t(batch, Mode::Eval).unwrap_err().to_string();
    let without = batch(&small(), 3);
    assert_eq!(refused(&without), "the model reads 2 covariates (distance, x), the batch has 0");
    let other = without.with_covariates(flat.narrow(1, 0, 1).unwrap()).unwrap();
    assert_eq!(refused(&other), "the model reads 2 covariates (distance, x), the batch has 1");
}

#[test]
fn a_configuration_knows_whether_there_is_a_second_head() {
    for config in [small(), small().without_attention()] {
        let (_, model) = initialise(&config, DType::F32);
        let logits = model.forward_t(&batch(&config, 2), Mode::Eval).unwrap();
        assert_eq!(ModelConfig::Epipam(config).has_auxiliary(), logits.auxiliary.is_some());
    }
}

#[test]
fn embeddings_are_all_that_is_read_of_a_window() {
    let config = on_embeddings();
    let (_, model) = initialise(&config, DType::F32);
    let logits = |batch: &PairBatch| values(&model.forward_t(batch, Mode::Eval).unwrap().main);
    let batch = batch(&config, 3);
    let embeddings = batch.embeddings.clone().unwrap();
    let other = PairBatch::from_codes(3, &[0; 3 * 60], &[0; 3 * 50], &Device::Cpu).unwrap();
    let refused = |batch: PairBatch| model.forward_t(&batch, Mode::Eval).unwrap_err().to_string();
    assert_eq!(
        refused(other.clone()),
        "the model reads embeddings by a pretrained model, [(6, 12), (6, 10)] of an enhancer and a promoter (width, bins), \
         the batch has none"
    );
    let swapped = other.clone().with_embeddings(embeddings.promoter.clone(), embeddings.enhancer.clone());
    assert!(refused(swapped.unwrap()).ends_with("the batch has [(6, 10), (6, 12)]"));
    let same = other.clone().with_embeddings(embeddings.enhancer.clone(), embeddings.promoter.clone());
    assert_eq!(logits(&same.unwrap()), logits(&batch));
    let mirrored = embeddings.enhancer.neg().unwrap();
    let changed = other.with_embeddings(mirrored, embeddings.promoter).unwrap();
    assert_ne!(logits(&changed), logits(&batch));
    assert_eq!(model.embedding().map(|spec| spec.bins(60)), Some(12));
}
