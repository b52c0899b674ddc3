//! The byte pairs of GENA-LM.

use ciskit_zoo::transformer::{BytePairs, Tokenizer};
use serde_json::Value;

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn byte_pairs_are_those_of_the_published_tokenizer() {
    let folder = ciskit_fixtures::shared("golden/zoo/gena_tokenizer");
    let tokenizer = BytePairs::read(&folder).unwrap();
    assert_eq!(tokenizer.mask(), Some(4));
    let examples: Value =
        serde_json::from_slice(&std::fs::read(folder.join("examples.json")).unwrap()).unwrap();
    let cases = examples["cases"].as_array().unwrap();
    assert!(cases.len() >= 15);
    for case in cases {
        let sequence = case["sequence"].as_str().unwrap();
        let expected: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
        let tokens = tokenizer.encode(sequence.as_bytes()).unwrap();
        assert_eq!(tokens.ids, expected, "{sequence:?}");
        let special: Vec<usize> = (0..tokens.len()).filter(|&token| tokens.is_special(token)).collect();
        assert_eq!(special, [0, tokens.len() - 1], "{sequence:?}");
        // Tokens are the letters that they stand for.
        let names = case["tokens"].as_array().unwrap();
        for (name, bases) in names.iter().zip(&tokens.bases) {
            let (name, letters) = (name.as_str().unwrap(), &sequence[bases.clone()]);
            assert!(
                bases.is_empty()
                    || name == letters
                    || name == "[UNK]"
                    || name == "-" && letters.chars().all(|c| c == 'N' || c == '-'),
                "{name} {letters}"
            );
        }
    }
}
