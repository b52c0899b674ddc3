//! Nucleotide Transformer beside its reference.

use ciskit_nn::Device;
use ciskit_nn::weights::to_safetensors;
use ciskit_zoo::nucleotide_transformer::{self, Config, SixMers};
use ciskit_zoo::transformer::{Stage, Tokenizer};
use serde_json::Value;

use super::fixture::Fixture;

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn both_versions_give_the_numbers_of_the_reference_from_their_files() {
    for name in ["nt_v1_tiny", "nt_v2_tiny"] {
        let fixture = Fixture::read(name);
        let folder = tempfile::tempdir().unwrap();
        let weights = to_safetensors(&fixture.weights(), None).unwrap();
        std::fs::write(folder.path().join("model.safetensors"), weights).unwrap();
        std::fs::write(folder.path().join("config.json"), fixture.about["config"].to_string()).unwrap();
        let model = nucleotide_transformer::read(folder.path(), None, &Device::Cpu).unwrap();
        assert_eq!(model.network().classes(), Some(2));
        let attention = (Stage::Attended(0), "act.layer0_attention_block");
        fixture.assert_network(model.network(), attention, "act.layer0");

        // The sequences have the fixture's tokens, but for those that it hides.
        let batch = fixture.batch();
        let mut ids = batch.ids().to_vec();
        for (row, sequence) in fixture.about["sequences"].as_array().unwrap().iter().enumerate() {
            let tokens = model.tokens(0, sequence.as_str().unwrap().as_bytes()).unwrap();
            assert_eq!(tokens.len(), batch.lengths()[row]);
            let rest = ids.split_off(tokens.len());
            let differing = ids.iter().zip(&tokens.ids).filter(|(a, b)| a != b).map(|(a, _)| *a);
            assert!(differing.clone().all(|id| id == 2), "{name}");
            ids = rest;
        }
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn six_mers_are_those_of_the_published_tokenizers() {
    let path = ciskit_fixtures::shared("golden/zoo/nt_kmer_tokenizer.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 15);
    let versions = [
        ("ids_v1", "nucleotide-transformer-500m-human-ref"),
        ("ids_v2", "nucleotide-transformer-v2-500m-multi-species"),
    ];
    for (key, name) in versions {
        let six_mers = SixMers::of(&Config::named(name).unwrap()).unwrap();
        for case in cases {
            let sequence = case["sequence"].as_str().unwrap().as_bytes();
            let expected: Vec<u32> = serde_json::from_value(case[key].clone()).unwrap();
            let tokens = six_mers.encode(sequence).unwrap();
            assert_eq!(tokens.ids, expected, "{key} of {}", case["sequence"]);
            // The bases of all tokens are the sequence, without gaps.
            let mut end = 0;
            for bases in tokens.bases.iter().filter(|bases| !bases.is_empty()) {
                assert_eq!(bases.start, end);
                end = bases.end;
            }
            assert_eq!(end, sequence.len());
        }
    }
}
