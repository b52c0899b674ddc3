//! HyenaDNA: the reference's numbers, its files, and what its adapters promise.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_core::{InputLength, Pooling, Scale, Selection, SequenceScorer, VariantScorer, VariantWindow};
use ciskit_nn::weights::to_safetensors;
use ciskit_nn::{DType, Device, Parameters, Tensor};
use ciskit_zoo::hyenadna::{self, CausalLikelihood, Characters, Config, HyenaDna};
use ciskit_zoo::transformer::{
    Classifier, Heads, LanguageModel, Likelihood, MaskedLikelihood, Stage, TokenBatch, Tokenizer,
};
use ciskit_zoo::{LoadOptions, ZooError, load};
use serde_json::Value;

use super::fixture::{Fixture, assert_close};
use super::random::bases;

type Tensors = BTreeMap<String, Tensor>;

const HEADS: Heads = Heads { tokens: false, classes: Some(2) };

fn config() -> Config {
    let published = Config::named("hyenadna-small-32k").unwrap();
    Config { d_model: 12, d_inner: 20, n_layer: 2, filter_order: 8, max_seq_len: 300, ..published }
}

fn tensors(config: &Config, heads: Heads) -> Tensors {
    let load = |vb| HyenaDna::load(vb, config, heads);
    let (parameters, _) = Parameters::initialise(5, DType::F32, &Device::Cpu, load).unwrap();
    parameters.named().map(|(name, var)| (name.to_string(), var.as_tensor().clone())).collect()
}

fn write(folder: &Path, tensors: &Tensors, config: &Config) {
    std::fs::write(folder.join("model.safetensors"), to_safetensors(tensors, None).unwrap()).unwrap();
    std::fs::write(folder.join("config.json"), serde_json::to_string(config).unwrap()).unwrap();
}

fn read(tensors: &Tensors, config: &Config) -> Result<LanguageModel, ZooError> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), tensors, config);
    hyenadna::read(folder.path(), None)
}

fn model() -> LanguageModel {
    read(&tensors(&config(), HEADS), &config()).unwrap()
}

fn chain(error: &ZooError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

fn score(model: LanguageModel, sequences: &[Vec<u8>]) -> Vec<f32> {
    let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
    Classifier::new(model).unwrap().score(&sequences, &Selection::all()).unwrap().into_values()
}

fn sequences() -> Vec<Vec<u8>> {
    [40, 7, 61, 40, 1, 299].into_iter().zip(1..).map(|(length, seed)| bases(seed, length)).collect()
}

fn close(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-6 * (1.0 + b.abs())
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn it_gives_the_numbers_of_the_reference_from_its_files() {
    let fixture = Fixture::read("hyenadna_tiny");
    let model = read(&fixture.weights(), &fixture.config()).unwrap();
    let ids = fixture.tensor("input.ids").to_vec2::<i64>().unwrap();
    let ids: Vec<Vec<u32>> =
        ids.into_iter().map(|row| row.into_iter().map(|id| id as u32).collect()).collect();
    // Padding on the left has an influence, and so is part of the sequence here.
    for (row, sequence) in ids.iter().zip(fixture.about["sequences"].as_array().unwrap()) {
        let tokens = model.tokens(0, sequence.as_str().unwrap().as_bytes()).unwrap();
        assert!(row.ends_with(&tokens.ids) && row[..row.len() - tokens.len()].iter().all(|&id| id == 4));
    }
    let batch = TokenBatch::new(ids.iter().map(Vec::as_slice));
    let mut seen = BTreeMap::new();
    let network = model.network();
    let hidden = network
        .forward(&batch, &mut |stage, x| {
            seen.insert(format!("{stage:?}"), x.copy().unwrap());
        })
        .unwrap();

    let compare = |found: &Tensor, expected: &Tensor, tolerance: f64, what: &str| {
        let rows = |x: &Tensor| x.reshape(((), *x.dims().last().unwrap())).unwrap().to_vec2().unwrap();
        assert_close(&rows(found), &rows(expected), tolerance, what);
    };
    let embeddings = fixture.tensor("act.embeddings");
    let mixed = (embeddings + fixture.tensor("act.layer0_mixer")).unwrap();
    compare(&seen[&format!("{:?}", Stage::Embeddings)], embeddings, 1e-7, "embeddings");
    compare(&seen[&format!("{:?}", Stage::Attended(0))], &mixed, 1e-5, "mixer");
    compare(&seen[&format!("{:?}", Stage::Layer(0))], fixture.tensor("act.layer0_output"), 1e-5, "layer");
    compare(&hidden, fixture.tensor("act.last_hidden"), 2e-5, "last hidden");
    let off = |output: &str| 10.0 * fixture.about["f32_vs_f64"][output].as_f64().unwrap();
    let logits = network.token_logits(&hidden).unwrap();
    compare(&logits, fixture.tensor("output.lm_logits"), off("lm"), "logits of tokens");
    let last = [90, 181].map(|row| hidden.narrow(0, row, 1).unwrap());
    let classes = network.class_logits(&Tensor::cat(&last, 0).unwrap()).unwrap();
    compare(&classes, fixture.tensor("output.class_logits"), off("cls"), "logits of classes");

    // The sequence without padding, through the adapter.
    let margin = |row: &[f32]| row[1] - row[0];
    let expected = fixture.tensor("output.class_logits").to_vec2::<f32>().unwrap();
    let sequence = fixture.about["sequences"][0].as_str().unwrap().as_bytes().to_vec();
    let found = score(read(&fixture.weights(), &fixture.config()).unwrap(), &[sequence])[0];
    assert!((found - margin(&expected[0])).abs() < 1e-5, "{found}, not {}", margin(&expected[0]));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn characters_are_those_of_the_published_tokenizer() {
    let path = ciskit_fixtures::shared("golden/zoo/hyena_char_tokenizer.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let most = golden["max_length"].as_u64().unwrap() as usize;
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 8);
    for case in cases {
        let expected: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
        let mut tokens = Characters.encode(case["sequence"].as_str().unwrap().as_bytes()).unwrap();
        tokens.truncate(most);
        assert_eq!(tokens.ids, expected, "{}", case["sequence"]);
    }
}

#[test]
fn a_score_does_not_depend_on_neighbours_batches_or_threads() {
    let all = score(model(), &sequences());
    assert!(all.windows(2).all(|pair| (pair[0] - pair[1]).abs() > 1e-4), "{all:?}");
    for batch in [1, 2, 5] {
        let found = score(model().with_batch(batch), &sequences());
        assert!(found.iter().zip(&all).all(|(&a, &b)| close(a, b)), "batch {batch}: {found:?}, not {all:?}");
    }
    let mut reversed = sequences();
    reversed.reverse();
    let mut found = score(model(), &reversed);
    found.reverse();
    assert!(found.iter().zip(&all).all(|(&a, &b)| close(a, b)), "reversed");
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| score(model(), &sequences())), all, "{threads} threads");
    }
}

#[test]
fn a_position_is_told_from_those_before_it_alone() {
    let model = model();
    let rows = |sequence: &[u8]| {
        let ids = model.tokens(0, sequence).unwrap().ids;
        let hidden = model.network().forward(&TokenBatch::new([ids.as_slice()]), &mut |_, _| ()).unwrap();
        hidden.to_vec2::<f32>().unwrap()
    };
    let sequence = bases(1, 120);
    let mut changed = sequence.clone();
    changed[70] = if sequence[70] == b'A' { b'C' } else { b'A' };
    let (first, second) = (rows(&sequence), rows(&changed));
    let same = |at: usize| first[at].iter().zip(&second[at]).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!((0..70).all(same));
    // Up to the last, through the long filters.
    assert!(!(70..121).any(same));
}

#[test]
fn sequences_of_up_to_the_longest_are_read_and_longer_ones_refused_or_cut() {
    let whole = Classifier::new(model()).unwrap();
    assert_eq!(whole.spec().input.length(), InputLength::Between { min: 1, max: 299 });
    let long = bases(2, 300);
    let error = whole.score(&[b"ACGT", &long], &Selection::all()).unwrap_err().to_string();
    assert_eq!(error, "item 1: sequence of 300 bp, but the model reads 1 to 299 bp");
    assert!(whole.score(&[b""], &Selection::all()).is_err());
    let ids = vec![7; 301];
    let error = model().network().forward(&TokenBatch::new([ids.as_slice()]), &mut |_, _| ()).unwrap_err();
    assert_eq!(error.to_string(), "301 tokens, but the model reads up to 300");

    // As published: the first 511 of 999 bases and [SEP].
    let cut = model().with_truncation(Some(51)).unwrap();
    let found = score(cut, std::slice::from_ref(&long))[0];
    assert!(close(found, score(model(), &[long[..50].to_vec()])[0]));
    let cut = Classifier::new(model().with_truncation(Some(51)).unwrap()).unwrap();
    assert_eq!(cut.spec().input.length(), InputLength::Any);
    let lower = score(model(), &[long[..50].to_vec(), long[..50].to_ascii_lowercase()]);
    assert_eq!(lower[0], lower[1]);
    assert!(score(model(), &[b"NNNN".to_vec(), b"RYKM-".to_vec()]).iter().all(|logit| logit.is_finite()));
}

#[test]
fn the_likelihood_ratio_is_that_of_all_bases() {
    let model = model();
    // Σ log p(base | bases before it), of all bases but the first.
    let log_likelihood = |sequence: &[u8]| -> f64 {
        let ids = model.tokens(0, sequence).unwrap().ids;
        let hidden = model.network().forward(&TokenBatch::new([ids.as_slice()]), &mut |_, _| ()).unwrap();
        let logits = model.network().token_logits(&hidden).unwrap().to_vec2::<f32>().unwrap();
        let log_p = |place: usize| {
            let logits: Vec<f64> = logits[place - 1].iter().map(|&logit| logit.into()).collect();
            logits[ids[place] as usize] - logits.iter().map(|logit| logit.exp()).sum::<f64>().ln()
        };
        (1..ids.len() - 1).map(log_p).sum()
    };
    let window = bases(3, 90);
    let edit = |range: std::ops::Range<usize>, to: &[u8]| {
        [&window[..range.start], to, &window[range.end..]].concat()
    };
    let other = if window[40] == b'A' { b"C" } else { b"A" };
    let edits = [
        (40..41, &other[..]),
        (0..1, b"N"),
        (60..64, b"G"),
        (20..21, b"ACGTAC"),
        (89..90, b"N"),
        (5..6, b""),
    ];
    let changed: Vec<Vec<u8>> = edits.iter().map(|(range, to)| edit(range.clone(), to)).collect();
    let variants: Vec<VariantWindow<'_>> = edits
        .iter()
        .zip(&changed)
        .map(|((range, to), changed)| {
            VariantWindow::new(&window, range.clone(), changed, range.start..range.start + to.len())
        })
        .collect();
    for batch in [1, 4] {
        let scorer = CausalLikelihood::new(super::hyenadna::model().with_batch(batch)).unwrap();
        let output = &scorer.spec().outputs[0];
        assert_eq!((output.name.as_str(), output.scale), ("log_likelihood_ratio", Scale::Log));
        let scores = scorer.score_variants(&variants, &Selection::all()).unwrap();
        assert_eq!(scores.reference.values(), [0.0; 6]);
        for (found, changed) in scores.alternative.values().iter().zip(&changed) {
            let expected = log_likelihood(changed) - log_likelihood(&window);
            assert!((f64::from(*found) - expected).abs() < 1e-4, "{found}, not {expected}");
            assert!(expected.abs() > 1e-3, "{expected}");
        }
        let same = VariantWindow::new(&window, 3..4, &window, 3..4);
        assert_eq!(scorer.score_variants(&[same], &Selection::all()).unwrap().alternative.values(), [0.0]);
        assert!(scorer.score_variants(&[], &Selection::all()).unwrap().reference.values().is_empty());
    }
    // It was not trained to predict what is hidden.
    assert!(MaskedLikelihood::new(super::hyenadna::model(), Likelihood::Masked).is_err());
}

#[test]
fn every_order_and_number_of_taps_gives_finite_numbers() {
    for (hyena_order, short_filter_order, num_inner_mlps) in [(2, 1, 0), (3, 4, 1), (5, 2, 3)] {
        let config = Config { hyena_order, short_filter_order, num_inner_mlps, ..config() };
        let model = read(&tensors(&config, HEADS), &config).unwrap();
        let all = score(model, &sequences());
        assert!(all.iter().all(|logit| logit.is_finite()) && all[0] != all[3], "{all:?}");
    }
}

#[test]
fn names_of_original_files_and_half_precision_are_read() {
    let whole = tensors(&config(), HEADS);
    let expected = score(model(), &sequences());
    let renamed = |name: &str| {
        let name = name.replace("hyena.backbone.", "model.backbone.");
        name.replace(".mixer.", ".mixer.layer.").replace(".mlp.", ".mlp.layer.")
    };
    let mut original: Tensors = whole.iter().map(|(name, tensor)| (renamed(name), tensor.clone())).collect();
    // The sines' frequencies once more, and a table of times that is computed.
    for layer in 0..2 {
        let filter = format!("model.backbone.layers.{layer}.mixer.layer.filter_fn");
        let freq = original[&format!("{filter}.implicit_filter.1.freq")].clone();
        original.insert(format!("{filter}.implicit_filter.3.freq"), freq.clone());
        original.insert(format!("{filter}.implicit_filter.5.freq"), freq.clone());
        original.insert(format!("{filter}.pos_emb.t"), freq);
    }
    assert_eq!(score(read(&original, &config()).unwrap(), &sequences()), expected);

    // An output matrix of its own is read where there is one.
    let own = read(&tensors(&config(), Heads { tokens: true, classes: None }), &config()).unwrap();
    let row = Tensor::ones((1, 12), DType::F32, &Device::Cpu).unwrap();
    let logits =
        |model: &LanguageModel| model.network().token_logits(&row).unwrap().to_vec2::<f32>().unwrap();
    let tied: f32 = whole["hyena.backbone.embeddings.word_embeddings.weight"]
        .get(7)
        .unwrap()
        .sum_all()
        .unwrap()
        .to_scalar()
        .unwrap();
    assert!(close(logits(&model())[0][7], tied) && !close(logits(&own)[0][7], tied));

    for dtype in [DType::F16, DType::BF16] {
        let halves: Tensors =
            whole.iter().map(|(name, tensor)| (name.clone(), tensor.to_dtype(dtype).unwrap())).collect();
        let widened: Tensors = halves
            .iter()
            .map(|(name, tensor)| (name.clone(), tensor.to_dtype(DType::F32).unwrap()))
            .collect();
        let found = score(read(&halves, &config()).unwrap(), &sequences());
        assert_eq!(found, score(read(&widened, &config()).unwrap(), &sequences()), "{dtype:?}");
    }
}

#[test]
fn a_wrong_file_is_told_by_the_names_of_its_parameters() {
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
    let mut wrong = tensors(&config(), HEADS);
    wrong.remove("hyena.backbone.layers.1.mixer.out_proj.bias").unwrap();
    wrong.remove("hyena.backbone.layers.0.mixer.filter_fn.implicit_filter.1.freq").unwrap();
    wrong.insert("hyena.backbone.layers.1.mixer.filter_fn.implicit_filter.5.freq".into(), zeros(&[1, 8]));
    wrong.insert("hyena.backbone.layers.2.norm1.bias".into(), zeros(&[12]));
    wrong.insert("hyena.backbone.layers.0.mixer.filter_fn.pos_emb.z".into(), zeros(&[1, 299, 5]));
    wrong.insert("backbone.ln_f.bias".into(), zeros(&[12]));
    let text = chain(&read(&wrong, &config()).err().unwrap());
    for part in [
        "does not fit model HyenaDNA",
        "hyena.backbone.layers.0.mixer.filter_fn.implicit_filter.1.freq",
        "hyena.backbone.layers.1.mixer.out_proj.bias;",
        "hyena.backbone.layers.1.mixer.filter_fn.implicit_filter.5.freq",
        "hyena.backbone.layers.2.norm1.bias",
        "unexpected backbone.ln_f.bias",
        "hyena.backbone.layers.0.mixer.filter_fn.pos_emb.z has shape [1, 299, 5], expected [1, 300, 5]",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }

    let folder = tempfile::tempdir().unwrap();
    let good = tensors(&config(), HEADS);
    write(folder.path(), &good, &Config { max_seq_len: 1 << 50, ..config() });
    let error = hyenadna::read(folder.path(), None).err().unwrap();
    assert!(matches!(error, ZooError::Config { .. }) && error.to_string().contains("max_seq_len"), "{error}");
    write(folder.path(), &good, &config());
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
    assert!(matches!(hyenadna::read(folder.path(), None).err().unwrap(), ZooError::Weights(_)));
    std::fs::remove_file(folder.path().join("config.json")).unwrap();
    let error = hyenadna::read(&path, None).err().unwrap();
    assert!(error.to_string().contains("config.json"), "{error}");
}

#[test]
fn the_registry_gives_what_the_weights_have_heads_for() {
    let (window, name) = (bases(4, 60), "hyenadna-small-32k");
    let mut changed = window.clone();
    changed[30] = if window[30] == b'A' { b'C' } else { b'A' };
    let variants = [VariantWindow::new(&window, 30..31, &changed, 30..31)];
    let output = |heads: Heads, choices: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &tensors(&config(), heads), &config());
        let options = LoadOptions::new(folder.path()).with_batch(3);
        let options =
            choices.iter().fold(options, |options, (name, value)| options.with_choice(*name, *value));
        let model = load(name, &options).map_err(|error| error.to_string())?;
        assert_eq!(model.entry().name, name);
        let embedded = model.embedder().unwrap().embed(&[&window], Pooling::Positions).unwrap();
        assert_eq!((embedded[0].width(), embedded[0].positions().len()), (12, 60));
        assert_eq!(model.sequence_scorer().is_some(), heads.classes.is_some());
        let scorer = model.variant_scorer().unwrap();
        assert_eq!(scorer.spec().batch_hint, 3);
        let scores = scorer.score_variants(&variants, &Selection::all()).unwrap();
        assert_ne!(scores.reference, scores.alternative);
        Ok::<_, String>((scorer.spec().outputs[0].name.clone(), scorer.spec().input.length()))
    };
    let (ratio, logit) = ("log_likelihood_ratio".to_string(), "logit".to_string());
    let whole = InputLength::Between { min: 1, max: 299 };
    let bare = Heads::default();
    assert_eq!(output(bare, &[]), Ok((ratio.clone(), whole)));
    assert_eq!(output(HEADS, &[]), Ok((logit.clone(), whole)));
    assert_eq!(output(HEADS, &[("variants", "causal")]), Ok((ratio, whole)));
    assert_eq!(output(HEADS, &[("truncation", "100")]), Ok((logit, InputLength::Any)));
    assert_eq!(
        output(bare, &[("variants", "classes")]),
        Err("the weights have no classification head".to_string())
    );
    let error = output(bare, &[("variants", "masked")]).unwrap_err();
    assert!(error.contains("variants is one of classes, causal"), "{error}");
    assert!(output(bare, &[("strands", "mean")]).is_err());
}
