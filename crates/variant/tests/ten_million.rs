//! Ten million variants in the memory of a few chunks.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod toys;

use std::time::Instant;

use ciskit_core::*;
use ciskit_variant::{Averaging, VariantScoring};
use toys::{genome_of, random_dna, variant};

/// Counts G: next to nothing, so that the engine's own work is what is measured.
struct CountG(ScorerSpec);

impl SequenceScorer for CountG {
    fn spec(&self) -> &ScorerSpec {
        &self.0
    }
    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        let count = |sequence: &&[u8]| sequence.iter().filter(|base| **base == b'G').count() as f32;
        Scores::scalar(sequences.iter().map(count).collect()).select(select)
    }
}

/// The most memory that this process ever held, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
#[ignore = "takes a minute: run it alone with --nocapture for its figures"]
fn memory_does_not_grow_with_the_number_of_variants() {
    const VARIANTS: u64 = 10_000_000;
    let contig = random_dna(1_000_000, 1);
    let genome = genome_of(&contig);
    let spec = ScorerSpec::scalar(InputWindow::fixed(200), "g", Scale::Raw);
    let model = ReferenceAlternative(CountG(spec));
    for averaging in [Averaging::default(), Averaging::both_strands()] {
        let engine = VariantScoring::new(&model).raw().averaging(averaging.clone()).build().unwrap();
        let places =
            (0..VARIANTS).map(|index| Ok::<_, std::io::Error>((index * 7919 % 999_000 + 500) as usize));
        let mut scored =
            engine.score_records(&genome, places, |&start| Ok(vec![variant(&contig, start, 1, b"GT")]));
        let begun = Instant::now();
        assert_eq!(scored.by_ref().take(1_000_000).filter(Result::is_ok).count(), 1_000_000);
        let (seconds, early) = (begun.elapsed().as_secs_f64(), peak());
        println!("{averaging:?}: a million in {seconds:.1} s, peak {early} MiB");
        assert_eq!(scored.by_ref().filter(Result::is_ok).count() as u64, VARIANTS - 1_000_000);
        let (seconds, late) = (begun.elapsed().as_secs_f64(), peak());
        println!("{averaging:?}: ten million in {seconds:.1} s, peak {late} MiB; {}", scored.summary());
        assert!(late < early + 16, "{early} MiB after one million, {late} MiB after ten");
    }
}
