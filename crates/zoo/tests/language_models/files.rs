//! Published files: half precision, several parts, wrong ones.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_core::{Pooling, Selection, VariantWindow};
use ciskit_nn::weights::to_safetensors;
use ciskit_nn::{DType, Device, Parameters, Tensor};
use ciskit_zoo::bert::{self, Bert};
use ciskit_zoo::nucleotide_transformer::{self, NucleotideTransformer};
use ciskit_zoo::transformer::{Heads, TokenBatch};
use ciskit_zoo::{LoadOptions, ZooError, load};

use super::random::{BYTE_PAIRS, HEADS, bases, config};

type Tensors = BTreeMap<String, Tensor>;

fn tensors(parameters: &Parameters) -> Tensors {
    parameters.named().map(|(name, var)| (name.to_string(), var.as_tensor().clone())).collect()
}

fn six_mer_tensors(version: usize, heads: Heads) -> Tensors {
    let config = config(version);
    let load = |vb| NucleotideTransformer::load(vb, &config, heads);
    tensors(&Parameters::initialise(1, DType::F32, &Device::Cpu, load).unwrap().0)
}

fn bert_config() -> bert::Config {
    bert::Config { pre_layer_norm: true, ..bert::Config::stock(14, 64, [2, 24, 3, 20]) }
}

fn bert_tensors(config: &bert::Config) -> Tensors {
    let load = |vb| Bert::load(vb, config, HEADS);
    tensors(&Parameters::initialise(1, DType::F32, &Device::Cpu, load).unwrap().0)
}

fn write(folder: &Path, tensors: &Tensors, config: &impl serde::Serialize) {
    std::fs::write(folder.join("model.safetensors"), to_safetensors(tensors, None).unwrap()).unwrap();
    std::fs::write(folder.join("config.json"), serde_json::to_string(config).unwrap()).unwrap();
    std::fs::write(folder.join("tokenizer.json"), BYTE_PAIRS).unwrap();
}

fn chain(error: &ZooError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

#[test]
fn half_precision_is_widened() {
    let whole = six_mer_tensors(2, HEADS);
    for dtype in [DType::F16, DType::BF16] {
        let folder = tempfile::tempdir().unwrap();
        let halves: Tensors =
            whole.iter().map(|(name, tensor)| (name.clone(), tensor.to_dtype(dtype).unwrap())).collect();
        write(folder.path(), &halves, &config(2));
        let model = nucleotide_transformer::read(folder.path(), None, &Device::Cpu).unwrap();
        assert!(model.network().predicts_tokens() && model.network().classes() == Some(2));
        // What is read are the halves, not the whole numbers.
        let widened: Tensors = halves
            .iter()
            .map(|(name, tensor)| (name.clone(), tensor.to_dtype(DType::F32).unwrap()))
            .collect();
        let config = config(2);
        let build = |vb| NucleotideTransformer::load(vb, &config, HEADS);
        let network = ciskit_nn::frozen(widened, DType::F32, &Device::Cpu, |_| false, build).unwrap();
        let batch = TokenBatch::new([&[3u32, 9, 100, 7][..]]);
        use ciskit_zoo::transformer::TokenNetwork;
        let rows = [model.network().forward(&batch, &mut |_, _| ()), network.forward(&batch, &mut |_, _| ())];
        let [found, expected] = rows.map(|rows| rows.unwrap().to_vec2::<f32>().unwrap());
        assert_eq!(found, expected, "{dtype:?}");
    }
}

#[test]
fn a_wrong_file_is_told_by_the_names_of_its_parameters() {
    let mut tensors = six_mer_tensors(1, HEADS);
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
    tensors.remove("esm.encoder.layer.1.LayerNorm.bias").unwrap();
    tensors.insert("esm.encoder.layer.1.attention.self.key.bias".into(), zeros(&[25]));
    tensors.insert("esm.encoder.layer.2.LayerNorm.bias".into(), zeros(&[24]));
    // What published files have besides.
    for name in
        ["esm.contact_head.regression.weight", "esm.embeddings.position_ids", "lm_head.decoder.weight"]
    {
        tensors.insert(name.into(), zeros(&[1]));
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &tensors, &config(1));
    let error = nucleotide_transformer::read(folder.path(), None, &Device::Cpu).err().unwrap();
    let text = chain(&error);
    for part in [
        "does not fit model Nucleotide Transformer",
        "missing esm.encoder.layer.1.LayerNorm.bias;",
        "unexpected esm.encoder.layer.2.LayerNorm.bias;",
        "esm.encoder.layer.1.attention.self.key.bias has shape [25], expected [24]",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("contact_head") && !text.contains("decoder"), "{text}");

    // A file that was cut off.
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
    let error = nucleotide_transformer::read(folder.path(), None, &Device::Cpu).err().unwrap();
    assert!(matches!(error, ZooError::Weights(_)), "{error}");
    std::fs::remove_file(folder.path().join("config.json")).unwrap();
    let error = nucleotide_transformer::read(&path, None, &Device::Cpu).err().unwrap();
    assert!(matches!(error, ZooError::Config { .. }) && error.to_string().contains("config.json"), "{error}");
}

#[test]
fn the_norm_behind_the_last_layer_is_told_by_the_weights_or_agrees_with_them() {
    let [without, with] = [false, true].map(|last| {
        let config = bert::Config { last_layer_norm: Some(last), ..bert_config() };
        bert_tensors(&config)
    });
    assert_eq!(without.len() + 2, with.len());
    for (tensors, told, good) in [
        (&without, None, true),
        (&with, None, true),
        (&with, Some(false), false),
        (&without, Some(true), false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), tensors, &bert::Config { last_layer_norm: told, ..bert_config() });
        let read = bert::read(folder.path(), None, None, &Device::Cpu);
        assert_eq!(read.is_ok(), good, "{told:?}");
        if let Err(error) = read {
            assert!(error.to_string().contains("last_layer_norm is"), "{error}");
        }
    }
}

#[test]
fn a_wrapper_of_several_devices_is_taken_off() {
    let folder = tempfile::tempdir().unwrap();
    let tensors = six_mer_tensors(2, HEADS);
    let wrapped = tensors.iter().map(|(name, tensor)| (format!("module.{name}"), tensor.clone())).collect();
    write(folder.path(), &wrapped, &config(2));
    assert!(nucleotide_transformer::read(folder.path(), None, &Device::Cpu).is_ok());
}

#[test]
fn the_registry_gives_what_the_weights_have_heads_for() {
    let name = "nucleotide-transformer-v2-50m-multi-species";
    let window = bases(4, 60);
    let mut changed = window.clone();
    changed[30] = if window[30] == b'A' { b'C' } else { b'A' };
    let variants = [VariantWindow::new(&window, 30..31, &changed, 30..31)];
    let output = |heads: Heads, choice: Option<&str>| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &six_mer_tensors(2, heads), &config(2));
        let mut options = LoadOptions::new(folder.path()).with_batch(3).with_choice("truncation", "64");
        if let Some(choice) = choice {
            options = options.with_choice("variants", choice);
        }
        let model = load(name, &options).map_err(|error| error.to_string())?;
        assert_eq!(model.entry().name, name);
        assert_eq!(model.embedder().unwrap().embed(&[&window], Pooling::Mean).unwrap()[0].width(), 24);
        assert_eq!(model.sequence_scorer().is_some(), heads.classes.is_some());
        Ok::<_, String>(model.variant_scorer().map(|scorer| {
            assert_eq!(scorer.spec().batch_hint, 3);
            let scores = scorer.score_variants(&variants, &Selection::all()).unwrap();
            assert_ne!(scores.reference, scores.alternative);
            scorer.spec().outputs[0].name.clone()
        }))
    };
    let (tokens, classes) =
        (Heads { tokens: true, classes: None }, Heads { tokens: false, classes: Some(2) });
    let named = |name: &str| Ok(Some(name.to_string()));
    assert_eq!(output(tokens, None), named("log_likelihood"));
    assert_eq!(output(tokens, Some("pseudo")), named("log_likelihood"));
    assert_eq!(output(classes, None), named("logit"));
    assert_eq!(output(HEADS, None), named("logit"));
    assert_eq!(output(HEADS, Some("masked")), named("log_likelihood"));
    assert_eq!(output(Heads::default(), None), Ok(None));
    assert_eq!(output(tokens, Some("classes")), Err("the weights have no classification head".to_string()));
    assert_eq!(
        output(classes, Some("masked")),
        Err("the weights have no head that predicts tokens".to_string())
    );
    assert!(output(tokens, Some("both")).unwrap_err().contains("variants is one of classes, masked, pseudo"));
}

#[test]
fn every_name_of_byte_pairs_loads_its_files() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &bert_tensors(&bert_config()), &bert_config());
    for name in ["gena-lm-bert-base-t2t", "geneformer-6-layers"] {
        let model = load(name, &LoadOptions::new(folder.path())).unwrap();
        assert_eq!(model.sequence_scorer().unwrap().spec().outputs[0].name, "logit");
    }
    // Without a configuration beside the weights the name's sizes are taken, which these weights do not have.
    std::fs::remove_file(folder.path().join("config.json")).unwrap();
    let error = load("gena-lm-bert-base-t2t", &LoadOptions::new(folder.path())).unwrap_err();
    assert!(
        chain(&error)
            .contains("bert.embeddings.word_embeddings.weight has shape [14, 24], expected [32000, 768]")
    );
    std::fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    let error = load("dnabert2-117m", &LoadOptions::new(folder.path())).unwrap_err();
    assert!(error.to_string().contains("cannot read tokenizer"), "{error}");
}
