//! Pair lists as published, format by format.

use ciskit_core::{Edge, ReferenceGenome, Strand};
use ciskit_fixtures::shared;
use ciskit_seqio::*;

fn data(name: &str) -> std::path::PathBuf {
    shared(&format!("data/{name}"))
}

/// Positives, negatives and pairs without label.
fn labels<'a>(records: impl IntoIterator<Item = &'a PairRecord>) -> [usize; 3] {
    let mut counts = [0; 3];
    for record in records {
        counts[record.pair.label.map_or(2, |label| usize::from(!label))] += 1;
    }
    counts
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn target_finder_features_are_numbers_with_names() {
    let reader = TargetFinderFeatureReader::open(data("targetfinder/NHEK.training.csv.gz")).unwrap();
    assert_eq!((reader.feature_columns().len(), reader.extra_columns().len()), (40, 48));
    assert_eq!(reader.feature_columns()[0], "CTCF (enhancer)");
    assert_eq!(reader.feature_columns()[39], "CAGE (promoter)");
    let rows: Vec<FeatureRecord> = reader.map(Result::unwrap).collect();
    assert_eq!(labels(rows.iter().map(|row| &row.record)), [1_291, 25_600, 0]);
    assert_eq!(rows[0].features[0], 0.197962262058375);
    assert!(rows.iter().flat_map(|row| &row.features).all(|feature| feature.is_finite()));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn chia_pet_pairs_are_followed_by_their_four_shifts() {
    let reader = ChiaPetReader::open(data("chiapet/HelaS3_Pol2.pair_intra.csv.gz")).unwrap();
    assert_eq!(reader.extra_columns(), [""; 0]);
    let records: Vec<PairRecord> = reader.map(Result::unwrap).collect();
    assert_eq!(labels(&records), [2_590, 10_360, 0]);
    let starts = |record: &PairRecord| {
        let pair = &record.pair;
        assert!(pair.enhancer.interval.len() == 1_000 && pair.promoter.interval.len() == 1_000);
        [pair.enhancer.interval.start() as i64, pair.promoter.interval.start() as i64]
    };
    for group in records.chunks(5) {
        assert_eq!(group[0].pair.label, Some(true));
        let [one, two] = starts(&group[0]);
        let shifts: Vec<[i64; 2]> = group[1..].iter().map(starts).map(|[a, b]| [a - one, b - two]).collect();
        assert_eq!(shifts, [[2_000, 2_000], [-2_000, -2_000], [0, 2_000], [-2_000, 0]]);
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn bengi_rows_of_both_layouts() {
    for (name, cell, expected, strands) in [
        ("HeLa.CTCF-ChIAPET-Benchmark.v3.tsv.gz", "HeLa", [1_346, 10_789, 0], [6_401, 5_734, 0]),
        ("K562-crispr.v1.tsv", "K562", [218, 1_022, 0], [0, 0, 1_240]),
    ] {
        let reader = BengiReader::open(data(&format!("bengi/{name}"))).unwrap();
        let records: Vec<PairRecord> = reader.map(Result::unwrap).collect();
        assert_eq!(labels(&records), expected, "{name}");
        let stranded = |strand| records.iter().filter(|row| row.pair.promoter.strand == strand).count();
        assert_eq!([Strand::Forward, Strand::Reverse, Strand::Unknown].map(stranded), strands, "{name}");
        assert!(records.iter().all(|record| record.pair.cell.as_deref() == Some(cell)));
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn crispr_pairs_with_the_published_counts() {
    let mut reader = CrisprReader::open(data("crispr/K562.training.GRCh38.tsv.gz")).unwrap();
    assert_eq!(reader.extra_columns().len(), 42 - 11);
    let records: Vec<PairRecord> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!((labels(&records), reader.unplaced()), ([471, 9_885, 0], 0));
    let first = &records[0].pair;
    assert_eq!(first.promoter.interval.to_string(), "chr1:3857213-3857214");
    assert_eq!((first.promoter.name.as_deref(), first.score), (Some("CEP104"), Some(-0.293431866)));
    assert!(
        records
            .iter()
            .filter(|record| record.pair.label == Some(true))
            .all(|record| record.pair.score < Some(0.0)),
        "regulated means less expression without the element"
    );
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn cboep_lists_of_names() {
    for (cell, positives, negatives) in
        [("NHEK", 1_283, 910), ("IMR90", 1_242, 1_003), ("GM12878", 568, 263), ("K562", 397, 197)]
    {
        let reader = CboepReader::open(data(&format!("elements/{cell}.pairs.tsv.gz"))).unwrap();
        assert_eq!(reader.extra_columns(), ["source"]);
        let records: Vec<PairRecord> = reader.map(Result::unwrap).collect();
        assert_eq!(labels(&records), [positives, negatives, 0], "{cell}");
        assert!(records.iter().all(|record| record.pair.cell.as_deref() == Some(cell)));
    }
}

fn loops(cell: &str) -> Vec<LoopRecord> {
    let list = data(&format!("loops/{cell}.HiCCUPS_looplist_with_motifs.txt.gz"));
    HiccupsReader::open(list).unwrap().map(Result::unwrap).collect()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn loops_have_their_motifs() {
    for (cell, count, motifs, convergent) in
        [("GM12878", 9_448, [5_955, 6_026], 3_642), ("NHEK", 4_929, [2_345, 2_324], 903)]
    {
        let loops = loops(cell);
        let of_anchor = |anchor: usize| loops.iter().filter(|row| row.motifs[anchor].is_some()).count();
        assert_eq!((loops.len(), [0, 1].map(of_anchor)), (count, motifs), "{cell}");
        assert_eq!(loops.iter().filter(|row| row.is_convergent()).count(), convergent, "{cell}");
        for row in &loops {
            let pair = &row.record.pair;
            let anchors = [&pair.enhancer, &pair.promoter];
            for (anchor, motif) in anchors.iter().zip(&row.motifs) {
                assert_eq!(anchor.strand, motif.as_ref().map_or(Strand::Unknown, |motif| motif.strand));
            }
            assert!(!pair.enhancer.interval.contig().starts_with("chr") && pair.score.is_some());
        }
    }
}

/// How many motifs within the known bases of the genome have their sequence at their place, and how many do not.
fn motifs_on_the_genome(cell: &str) -> [usize; 2] {
    let genome = FastaGenome::open(data("genome/hg19_partial.fa.gz")).unwrap();
    let mut counts = [0, 0];
    for motif in loops(cell).into_iter().flat_map(|row| row.motifs).flatten() {
        let contig = motif.interval.contig();
        let Ok(mut bases) = genome.fetch(contig, motif.interval.range(), Edge::Error) else { continue };
        if bases.contains(&b'N') {
            continue;
        }
        bases.make_ascii_uppercase();
        if motif.strand == Strand::Reverse {
            bases.reverse();
            let complement = |base: &u8| b"TGCA"[b"ACGT".iter().position(|known| known == base).unwrap()];
            bases = bases.iter().map(complement).collect();
        }
        counts[usize::from(motif.sequence.unwrap().as_bytes() != bases)] += 1;
    }
    counts
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn motifs_lie_where_their_sequence_is() {
    assert_eq!(motifs_on_the_genome("GM12878"), [49, 0]);
    assert_eq!(motifs_on_the_genome("NHEK"), [10, 2]);
}
