//! Names, sizes, dropout and determinism of EPIPAM and EPI.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_models::epipam::{Config, Epipam, KmerEmbedding};
use ciskit_models::{Model, ModelConfig};
use ciskit_nn::random::Stream;
use ciskit_nn::{
    Adam, AdamConfig, DType, Device, Mode, NnError, PairBatch, PairModel, Parameters, Tensor, loss,
};

fn initialise(config: &Config, dtype: DType) -> (Parameters, Epipam) {
    Parameters::initialise::<_, NnError>(5, dtype, &Device::Cpu, |vb| Epipam::load(vb, config)).unwrap()
}

fn batch(config: &Config, pairs: usize) -> PairBatch {
    let codes = |purpose, length| -> Vec<u8> {
        let mut draws = Stream::new(11, purpose).draws();
        (0..pairs * length).map(|_| draws.below(5) as u8).collect()
    };
    let enhancers = codes("enhancers", config.enhancer_len);
    let promoters = codes("promoters", config.promoter_len);
    PairBatch::from_codes(pairs, &enhancers, &promoters, &Device::Cpu).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn presets_have_the_published_numbers_of_parameters() {
    for (config, count) in [
        (Config::epi(), 245_064),
        (Config::chiapet(), 235_692),
        // One head of 2·384 + 64·384 + 64 + 64 + 1 numbers instead of both.
        (Config::epi().without_attention(), 245_064 - (2 * 643 + 64 * 643 + 64 + 64 + 1)),
        (Config::epi().with_embedding(), 1_371_664),
    ] {
        assert_eq!(initialise(&config, DType::F32).0.count(), count);
    }
}

#[test]
fn parameters_have_the_published_names_and_shapes() {
    let (parameters, _) = initialise(&Config::epi(), DType::F32);
    let mut expected: Vec<(String, Vec<usize>)> = Vec::new();
    for side in ["enhancer", "promoter"] {
        for (block, inputs, kernel) in [(1, 4, 25), (2, 64, 13), (3, 64, 7)] {
            expected.push((format!("{side}_conv{block}.weight"), vec![64, inputs, kernel]));
            expected.push((format!("{side}_conv{block}.bias"), vec![64]));
        }
    }
    for (head, inputs) in [(1, 384), (2, 643)] {
        for name in ["weight", "bias", "running_mean", "running_var"] {
            expected.push((format!("merge_bn{head}.{name}"), vec![inputs]));
        }
        expected.push((format!("linear{head}.weight"), vec![64, inputs]));
        expected.push((format!("linear{head}.bias"), vec![64]));
        expected.push((format!("out_layer{head}.weight"), vec![1, 64]));
        expected.push((format!("out_layer{head}.bias"), vec![1]));
    }
    expected.sort();
    let found: Vec<_> =
        parameters.named().map(|(name, var)| (name.to_string(), var.dims().to_vec())).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_same_bytes_for_one_and_two_threads() {
    let config = Config::chiapet().with_lengths(650, 640);
    let (parameters, model) = initialise(&config, DType::F32);
    let (batch, labels) = (batch(&config, 5), Tensor::new(&[1u8, 0, 1, 1, 0], &Device::Cpu).unwrap());
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let logits = model.forward_t(&batch, Mode::Eval).unwrap();
            let (main, auxiliary) = (values(&logits.main), values(&logits.auxiliary.unwrap()));
            let trained = model.forward_t(&batch, Mode::train(3, 0)).unwrap();
            let loss = loss::bce_with_logits(&trained.main, &labels).unwrap();
            let gradients = loss.backward().unwrap();
            let first = parameters.get("enhancer_conv1.weight").unwrap();
            (main, auxiliary, values(gradients.get(first).unwrap()))
        })
    };
    // Training moves the running statistics, so both runs start from the same ones.
    let before = parameters.snapshot().unwrap();
    let one = run(1);
    parameters.restore(&before).unwrap();
    assert_eq!(one, run(2));
}

#[test]
fn a_score_does_not_depend_on_the_other_pairs_of_a_batch() {
    let config = Config::chiapet().with_lengths(650, 640);
    let (_, model) = initialise(&config, DType::F32);
    let all = batch(&config, 3);
    let logits = values(&model.forward_t(&all, Mode::Eval).unwrap().main);
    for (pair, &logit) in logits.iter().enumerate() {
        let row = |codes: &Tensor| codes.narrow(0, pair, 1).unwrap();
        let alone = PairBatch::from_tensors(row(&all.enhancer), row(&all.promoter)).unwrap();
        assert_eq!(values(&model.forward_t(&alone, Mode::Eval).unwrap().main), [logit]);
    }
}

#[test]
fn dropout_sits_before_the_attention_and_differs_between_towers() {
    let config = Config { block_dropout: 0.5, head_dropout: 0.0, ..Config::chiapet() };
    let (_, model) = initialise(&config, DType::F64);
    let codes = vec![1; 2 * 1000];
    let batch = PairBatch::from_codes(2, &codes, &codes, &Device::Cpu).unwrap();
    let first = |mode| {
        let block = model.forward_parts(&batch, mode).unwrap().blocks.remove(0);
        let attended = values(&block.attention.unwrap().enhancer.values());
        (values(&block.enhancer.values()), values(&block.promoter.values()), attended)
    };
    let (whole_enhancer, whole_promoter, _) = first(Mode::Eval);
    let (enhancer, promoter, attended) = first(Mode::train(1, 0));

    // Channels that both towers use: elsewhere a zero says nothing.
    let both =
        (0..enhancer.len()).filter(|&index| whole_enhancer[index] > 0.0 && whole_promoter[index] > 0.0);
    let both: Vec<usize> = both.collect();
    for &index in &both {
        assert!(enhancer[index] == 0.0 || (enhancer[index] - 2.0 * whole_enhancer[index]).abs() < 1e-12);
        assert_eq!(attended[index] == 0.0, enhancer[index] == 0.0);
    }
    let share = |dropped: &dyn Fn(usize) -> bool| {
        both.iter().filter(|&&index| dropped(index)).count() as f64 / both.len() as f64
    };
    assert!((0.45..0.55).contains(&share(&|index| enhancer[index] == 0.0)));
    let in_both = share(&|index| enhancer[index] == 0.0 && promoter[index] == 0.0);
    assert!((0.2..0.3).contains(&in_both), "{in_both} of {} dropped in both towers", both.len());
}

#[test]
fn heads_drop_before_each_linear_layer_and_in_training_only() {
    let config = Config { block_dropout: 0.0, ..Config::chiapet() };
    let (parameters, model) = initialise(&config, DType::F64);
    let batch = batch(&config, 3);
    // Whether a layer's output follows from what is before its dropout.
    let follows = |layer: &str, input: &Tensor, output: &Tensor, relu: bool| {
        let get = |name: &str| parameters.get(&format!("{layer}.{name}")).unwrap();
        let linear = input.matmul(&get("weight").t().unwrap()).unwrap().broadcast_add(get("bias")).unwrap();
        let expected = if relu { linear.relu().unwrap() } else { linear };
        values(&expected).iter().zip(values(output)).all(|(a, b)| (a - b).abs() < 1e-12)
    };
    for (mode, whole) in [(Mode::Eval, true), (Mode::train(1, 0), false)] {
        let parts = model.forward_parts(&batch, mode).unwrap();
        for (number, head) in [(1, &parts.head1), (2, parts.head2.as_ref().unwrap())] {
            assert_eq!(follows(&format!("linear{number}"), &head.norm, &head.hidden, true), whole);
            assert_eq!(follows(&format!("out_layer{number}"), &head.hidden, &head.logit, false), whole);
        }
    }
}

#[test]
fn windows_of_another_length_are_refused_by_side() {
    let (_, model) = initialise(&Config::chiapet(), DType::F32);
    let batch = PairBatch::from_codes(1, &[0; 1000], &[0; 999], &Device::Cpu).unwrap();
    let error = model.forward_t(&batch, Mode::Eval).unwrap_err();
    assert_eq!(error.to_string(), "the model reads promoters of 1000 bp, but was given 999 bp");
}

#[test]
fn an_impossible_configuration_builds_no_model() {
    let config = ModelConfig::named("epipam").unwrap().with_lengths(3000, 100);
    let load = |vb| Model::load(vb, &config);
    let error = Parameters::initialise::<_, NnError>(1, DType::F32, &Device::Cpu, load).unwrap_err();
    assert_eq!(
        error.to_string(),
        "block 2 of the promoter tower leaves no position: length 7, kernel 13, pool 10 (needs a length of at least 22)"
    );
}

/// EPIPAM* with few words and numbers.
fn embedded(frozen: bool) -> Config {
    let embedding = Some(KmerEmbedding { k: 2, width: 5, frozen });
    let narrow = Config { channels: 6, hidden: 4, embedding, ..Config::chiapet() };
    narrow.without_dropout().with_lengths(650, 640)
}

const TABLES: [&str; 2] = ["embed_layer_en.weight", "embed_layer_pr.weight"];

#[test]
fn the_vectors_of_each_tower_have_the_gradient_that_finite_differences_give() {
    let config = embedded(false);
    let (parameters, model) = initialise(&config, DType::F64);
    let (batch, labels) = (batch(&config, 3), Tensor::new(&[1u8, 0, 1], &Device::Cpu).unwrap());
    // Batch norm over the batch takes part, so that the loss is that of training.
    let loss = || {
        let logits = model.forward_t(&batch, Mode::train(0, 0)).unwrap();
        let main = loss::bce_with_logits(&logits.main, &labels).unwrap();
        (main + loss::bce_with_logits(&logits.auxiliary.unwrap(), &labels).unwrap()).unwrap()
    };
    let gradients = loss().backward().unwrap();
    for name in TABLES {
        let table = parameters.get(name).unwrap();
        assert_eq!(table.dims(), [17, 5]);
        let (gradient, before) = (values(gradients.get(table).unwrap()), values(table));
        let largest = gradient.iter().fold(0f64, |max, value| max.max(value.abs()));
        for at in (0..before.len()).step_by(3) {
            let moved = |step: f64| {
                let mut moved = before.clone();
                moved[at] += step;
                parameters.set(name, &Tensor::from_vec(moved, (17, 5), &Device::Cpu).unwrap()).unwrap();
                loss().to_scalar::<f64>().unwrap()
            };
            let expected = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            assert!(
                (gradient[at] - expected).abs() < 1e-5 * largest,
                "{name} {at}: {} {expected}",
                gradient[at]
            );
        }
        parameters.set(name, &Tensor::from_vec(before, (17, 5), &Device::Cpu).unwrap()).unwrap();
    }
}

#[test]
fn frozen_vectors_are_neither_trained_nor_decayed_but_saved_and_loaded() {
    for frozen in [false, true] {
        let config = embedded(frozen);
        let (parameters, model) = initialise(&config, DType::F32);
        let before = parameters.snapshot().unwrap();
        let labels = Tensor::new(&[1u8, 0, 1], &Device::Cpu).unwrap();
        let mut adam = Adam::new(AdamConfig::l2(1e-3, 5e-4));
        let logits = model.forward_t(&batch(&config, 3), Mode::train(0, 0)).unwrap();
        let loss = loss::bce_with_logits(&logits.main, &labels).unwrap();
        adam.step(&parameters, &loss.backward().unwrap()).unwrap();
        let moved = |name: &str| values(&before[name]) != values(parameters.get(name).unwrap());
        assert!(moved("enhancer_conv1.weight"));
        for name in TABLES {
            assert_eq!(moved(name), !frozen);
        }
        let load = |vb| Epipam::load(vb, &config);
        let tensors = parameters.snapshot().unwrap();
        let (_, same) = Parameters::load::<_, NnError>(tensors, DType::F32, &Device::Cpu, load).unwrap();
        let logit = |model: &Epipam| values(&model.forward_t(&batch(&config, 2), Mode::Eval).unwrap().main);
        assert_eq!(logit(&model), logit(&same));
    }
}
