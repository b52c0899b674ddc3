//! Saturation mutagenesis beside a measured one: the SORT1 enhancer of Kircher et al., Nat. Commun. 10:3583 (2019),
//! doi 10.1038/s41467-019-11526-w.

use std::fs::File;
use std::io::{BufRead, BufReader};

use ciskit_core::{InputWindow, Scale, ScoreError, ScorerSpec, Scores, Selection, SequenceScorer};
use ciskit_variant::{Mutagenesis, MutagenesisMap, scores};
use flate2::read::MultiGzDecoder;

/// 1-based position of the element's first base on chr1 (hg38).
const FIRST: usize = 109_274_652;

/// Best agreement of any place with C/EBP's palindrome, either strand: a toy that knows one factor.
struct BestSite(ScorerSpec);

impl SequenceScorer for BestSite {
    fn spec(&self) -> &ScorerSpec {
        &self.0
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        let agreement =
            |site: &[u8]| site.iter().zip(b"TTGCGCAA").filter(|(base, motif)| base == motif).count();
        let best = |sequence: &&[u8]| {
            let agreements = sequence.windows(8).map(|site| agreement(&site.to_ascii_uppercase()) as f32);
            agreements.fold(0.0, f32::max)
        };
        Scores::scalar(sequences.iter().map(best).collect()).select(select)
    }
}

/// The element and the map of the toy.
fn element_and_map() -> (Vec<u8>, MutagenesisMap) {
    let fasta =
        std::fs::read_to_string(ciskit_fixtures::shared("data/variants/SORT1.fa")).expect("it is text");
    let element: Vec<u8> = fasta.lines().skip(1).flat_map(|line| line.trim().bytes()).collect();
    assert_eq!(element.len(), 600);
    let model = BestSite(ScorerSpec::scalar(InputWindow::any(), "agreement", Scale::Raw));
    let score = scores::named("difference").expect("it is known");
    let every = Mutagenesis::new(0..600).with_deletions(b'N');
    let map =
        every.run(&model, &element, &score, &Selection::all(), |_, _| {}).expect("the toy reads any length");
    (element, map)
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn every_measured_substitution_has_its_cell() {
    let (element, map) = element_and_map();
    let csv = std::fs::read_to_string(ciskit_fixtures::shared("data/variants/SORT1.csv")).unwrap();
    let (mut rows, mut moved) = (0, Vec::new());
    for line in csv.lines().skip(1).filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.split(',').collect();
        let position = fields[1].parse::<usize>().unwrap() - FIRST;
        let (reference, alternative) = (fields[2].as_bytes()[0], fields[3].as_bytes()[0]);
        let measured: f64 = fields[7].parse().unwrap();
        assert_eq!(element[position], reference, "{line}");
        assert_eq!(map.bases()[position], reference);
        let letter = map.letters().iter().position(|letter| *letter == alternative).unwrap();
        let predicted = map.at(0, position)[letter];
        assert!(predicted.is_finite(), "{line}");
        if predicted != 0.0 {
            moved.push((predicted, measured));
        }
        rows += 1;
    }
    assert_eq!(rows, 1789);
    // The toy knows one factor and moves few mutants: those that touch or complete the best site.
    assert!((1..100).contains(&moved.len()), "{}", moved.len());
    assert_eq!(map.changes().filter(|change| !change.is_deletion()).count(), 1800);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn every_measured_deletion_has_its_cell() {
    let (element, map) = element_and_map();
    let deletions: Vec<_> = map.changes().filter(ciskit_variant::Change::is_deletion).collect();
    assert_eq!(deletions.len(), 600);
    let file = File::open(ciskit_fixtures::shared("data/satmut/elements.tsv.gz")).unwrap();
    let mut measured = 0;
    for line in BufReader::new(MultiGzDecoder::new(file)).lines() {
        let line = line.unwrap();
        let fields: Vec<&str> = line.split('\t').collect();
        // Chrom, Pos, Ref, Alt, ..., Element, Release.
        if (fields[3], fields[9], fields[10]) == ("-", "SORT1", "GRCh38") {
            let deletion = &deletions[fields[1].parse::<usize>().unwrap() - FIRST];
            assert_eq!([deletion.reference], fields[2].as_bytes(), "{line}");
            assert!(deletion.values[0].is_finite(), "{line}");
            measured += 1;
        }
    }
    assert_eq!(measured, 137);
    // Deleting either of two equal neighbours is the same mutant.
    for (pair, place) in element.windows(2).zip(0..) {
        if pair[0] == pair[1] {
            assert_eq!(deletions[place].values, deletions[place + 1].values, "{place}");
        }
    }
}
