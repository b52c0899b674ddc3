//! The published matrix of dna2vec's 6-mers is read as it is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_seqio::WordVectors;

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn the_published_matrix_has_a_zero_row_for_unknown_words_and_no_other() {
    let path = ciskit_fixtures::shared("data/embedding/dna2vec_6mer_4097x100_f64.npy");
    let vectors = WordVectors::open(&path, 6).unwrap();
    assert_eq!((vectors.words(), vectors.width()), (4097, 100));
    let zero: Vec<usize> = (0..4097)
        .filter(|row| vectors.values()[row * 100..][..100].iter().all(|value| *value == 0.0))
        .collect();
    assert_eq!(zero, [0]);
    let error = WordVectors::open(&path, 5).unwrap_err().to_string();
    assert!(error.contains("expected a matrix of 1025 or 1024 rows"), "{error}");
}
