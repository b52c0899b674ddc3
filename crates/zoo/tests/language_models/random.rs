//! Small models with random weights, and a tokenizer of byte pairs that knows a few.

use ciskit_nn::{DType, Device, Parameters};
use ciskit_zoo::bert::{self, Bert};
use ciskit_zoo::nucleotide_transformer::{Config, NucleotideTransformer, SixMers};
use ciskit_zoo::transformer::{BytePairs, Heads, LanguageModel};

/// Pairs of bases, [CLS], [SEP] and [MASK].
pub(crate) const BYTE_PAIRS: &str = r#"{"version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [
        {"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 2, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 3, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 4, "content": "[MASK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
    "normalizer": null, "pre_tokenizer": null, "decoder": null,
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
    "model": {"type": "BPE", "dropout": null, "unk_token": "[UNK]", "continuing_subword_prefix": null, "end_of_word_suffix": null,
        "fuse_unk": false, "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[PAD]": 3, "[MASK]": 4,
            "A": 5, "C": 6, "G": 7, "T": 8, "N": 9, "AC": 10, "GT": 11, "ACGT": 12, "TT": 13},
        "merges": [["A", "C"], ["G", "T"], ["AC", "GT"], ["T", "T"]]}}"#;

/// Of both versions, small.
pub(crate) fn config(version: usize) -> Config {
    let name =
        ["nucleotide-transformer-500m-1000g", "nucleotide-transformer-v2-50m-multi-species"][version - 1];
    let published = Config::named(name).unwrap();
    Config {
        hidden_size: 24,
        num_attention_heads: 2,
        num_hidden_layers: 2,
        intermediate_size: 20,
        ..published
    }
}

pub(crate) const HEADS: Heads = Heads { tokens: true, classes: Some(2) };

pub(crate) fn six_mer_model(version: usize) -> LanguageModel {
    let config = config(version);
    let load = |vb| NucleotideTransformer::load(vb, &config, HEADS);
    let (_, network) = Parameters::initialise(version as u64, DType::F32, &Device::Cpu, load).unwrap();
    LanguageModel::new(network, SixMers::of(&config).unwrap(), &Device::Cpu)
}

pub(crate) fn byte_pair_model() -> LanguageModel {
    let config = bert::Config { pre_layer_norm: true, ..bert::Config::stock(14, 64, [2, 24, 3, 20]) };
    let load = |vb| Bert::load(vb, &config, HEADS);
    let (_, network) = Parameters::initialise(3, DType::F32, &Device::Cpu, load).unwrap();
    LanguageModel::new(network, BytePairs::from_json(BYTE_PAIRS.as_bytes()).unwrap(), &Device::Cpu)
}

/// Bases, the same for the same seed.
pub(crate) fn bases(seed: u64, length: usize) -> Vec<u8> {
    let mut draws = ciskit_nn::random::Stream::new(seed, "bases").draws();
    (0..length).map(|_| b"ACGT"[draws.below(4) as usize]).collect()
}
