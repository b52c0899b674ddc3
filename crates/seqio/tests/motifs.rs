//! The two published files of one motif hold the same.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_encode::Motif;
use ciskit_seqio::{MotifRecord, read_motifs};

fn read(name: &str) -> MotifRecord {
    let mut motifs = read_motifs(ciskit_fixtures::shared(&format!("data/motif/{name}"))).unwrap();
    assert_eq!(motifs.len(), 1);
    motifs.remove(0)
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn ctcf_is_the_same_from_jaspar_and_meme() {
    let (jaspar, meme) = (read("MA0139.1_CTCF.jaspar"), read("MA0139.1_CTCF.meme"));
    assert_eq!((&*jaspar.id, &*jaspar.name, jaspar.counts.len()), ("MA0139.1", "CTCF", 19));
    assert_eq!((&jaspar.id, &jaspar.name, meme.background), (&meme.id, &meme.name, Some([0.25; 4])));
    for (ours, theirs) in jaspar.counts.iter().zip(&meme.counts) {
        let total: f64 = ours.iter().sum();
        for (count, share) in ours.iter().zip(theirs) {
            assert!((count / total - share / 913.0).abs() < 1e-6);
        }
    }
    let motif = Motif::from_counts(&jaspar.counts, 1.0, Motif::UNIFORM).unwrap();
    let consensus = b"TGGCCACCAGGGGGCGCTA";
    let best = motif.score(consensus).unwrap();
    assert!(best > motif.highest() - 0.5, "{best} {}", motif.highest());
    let threshold = motif.threshold(1e-5);
    assert!(threshold > 8.0 && threshold < 16.0, "{threshold}");
    assert!(motif.p_value(threshold) <= 1e-5 && motif.p_value(threshold - 0.01) > 0.9e-5);
    let mut sequence = vec![b'A'; 100];
    sequence[40..59].copy_from_slice(&ciskit_encode::reverse_complement(consensus));
    let hits: Vec<_> = motif.hits(&sequence, threshold).collect();
    assert_eq!((hits.len(), hits[0].start, hits[0].reverse), (1, 40, true));
}
