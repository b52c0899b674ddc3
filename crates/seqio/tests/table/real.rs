//! Tables as published.

use std::collections::BTreeSet;

use ciskit_fixtures::shared;
use ciskit_seqio::*;

fn pairs(cell: &str) -> Vec<PairRecord> {
    let path = shared(&format!("data/targetfinder/{cell}.predictions-gbm.csv.gz"));
    TargetFinderReader::open(path).unwrap().map(Result::unwrap).collect()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn target_finder_lists_have_the_published_counts() {
    for (cell, positives, negatives, promoters, enhancers) in [
        ("GM12878", 2_113, 42_200, 8_106, 32_930),
        ("K562", 1_977, 39_500, 7_616, 29_594),
        ("NHEK", 1_291, 25_600, 4_976, 23_642),
        ("HUVEC", 1_524, 30_400, 7_606, 22_784),
    ] {
        let records = pairs(cell);
        let labelled = |label| records.iter().filter(|record| record.pair.label == Some(label)).count();
        assert_eq!((labelled(true), labelled(false)), (positives, negatives), "{cell}");
        let distinct_promoters: BTreeSet<_> =
            records.iter().map(|record| record.pair.promoter.key()).collect();
        let distinct_enhancers: BTreeSet<_> =
            records.iter().map(|record| record.pair.enhancer.key()).collect();
        assert_eq!((distinct_promoters.len(), distinct_enhancers.len()), (promoters, enhancers), "{cell}");
        assert!(records.iter().all(|record| record.pair.cell.as_deref() == Some(cell)));
        assert!(records.iter().all(|record| record.pair.distance().is_some()));
    }
    let first = &pairs("GM12878")[0].pair;
    assert_eq!(first.enhancer.interval.to_string(), "chr1:111767769-111769276");
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn the_feature_table_holds_the_same_pairs() {
    let reader = TargetFinderReader::open(shared("data/targetfinder/NHEK.training.csv.gz")).unwrap();
    assert_eq!(reader.extra_columns().len(), 57 - 9);
    assert_eq!(reader.extra_columns()[..2], ["bin", "enhancer_distance_to_promoter"]);
    let ctcf = reader.extra_columns().iter().position(|name| name == "CTCF (enhancer)").unwrap();
    let records: Vec<PairRecord> = reader.map(Result::unwrap).collect();
    assert_eq!(records[0].extra[0], "(119798, 169998]");
    assert_eq!(records[0].extra[ctcf], "0.197962262058375");

    let key =
        |record: &PairRecord| (record.pair.enhancer.key(), record.pair.promoter.key(), record.pair.label);
    let features: BTreeSet<_> = records.iter().map(key).collect();
    assert_eq!(features.len(), 26_891);
    assert_eq!(features, pairs("NHEK").iter().map(key).collect());
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn a_target_finder_list_survives_the_pair_format() {
    let records = pairs("NHEK");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nhek.bedpe.gz");
    let mut writer = PairWriter::create(&path, &["prediction"]).unwrap();
    for record in &records {
        writer.write(record).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(PairReader::open(&path).unwrap().map(Result::unwrap).collect::<Vec<_>>(), records);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn element_tables() {
    for (cell, positives, negatives) in
        [("NHEK", 1_283, 910), ("IMR90", 1_242, 1_003), ("GM12878", 568, 263), ("K562", 397, 197)]
    {
        let reader = ElementPairReader::open(shared(&format!("data/elements/{cell}.pairs.tsv.gz"))).unwrap();
        assert_eq!(reader.extra_columns(), ["source"]);
        let rows: Vec<ElementPair> = reader.map(Result::unwrap).collect();
        let labelled = |label| rows.iter().filter(|row| row.label == Some(label)).count();
        assert_eq!((labelled(true), labelled(false)), (positives, negatives), "{cell}");
        for row in rows {
            let name: ElementName = row.enhancer.parse().unwrap();
            assert_eq!(&*name.cell, cell);
            assert!(row.promoter.parse::<ElementName>().is_ok());
        }
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn chromatin_loops_without_header() {
    let reader = PairReader::open(shared("data/chiapet/GM12878_CTCF.chr22.bedpe.gz")).unwrap();
    let records: Vec<PairRecord> = reader.map(Result::unwrap).collect();
    assert_eq!(records.len(), 675);
    assert_eq!(records[0].pair.enhancer.interval.to_string(), "chr22:23034491-23036670");
    assert_eq!(records[0].pair.name.as_deref(), Some("35"));
    assert!(records.iter().all(|record| record.pair.label.is_none() && record.extra.is_empty()));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn other_tables_by_column_name() {
    for (name, separator, column, rows) in [
        ("chiapet/HelaS3_Pol2.pair_intra.csv.gz", Separator::Comma, "start_r2", 12_950),
        ("genome/pairs_in_hg19_partial.tsv.gz", Separator::Tab, "prom_start", 2_961),
        ("variants/SORT1.csv", Separator::Comma, "Position", 1_789),
        ("variants/GSE87711.csv", Separator::Comma, "pos", 84),
        ("variants/GSE68331_SNP.csv", Separator::Comma, "Pos", 283),
        ("variants/variants.tsv.gz", Separator::Tab, "pos(1-based)", 35_576),
    ] {
        let mut table = Table::open(shared(&format!("data/{name}")), separator).unwrap();
        let column = table.header().find(column).or(table.header().find("pos")).unwrap();
        let mut count = 0;
        while let Some(row) = table.next_row().unwrap() {
            row.position(column, "position").unwrap();
            count += 1;
        }
        assert_eq!(count, rows, "{name}");
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn variants_with_their_sequences() {
    let path = shared("data/cagi/eqtl_mpra_sequences.csv.gz");
    let (pairs, refused): (Vec<_>, Vec<_>) =
        SequencePairReader::open(&path).unwrap().partition(Result::is_ok);
    let variants: Vec<VariantRow> = VariantTableReader::open(&path).unwrap().map(Result::unwrap).collect();
    assert_eq!((pairs.len(), refused.len(), variants.len()), (3_043, 1, 3_044));
    // A deletion of everything is written as a dash there, in the sequence too.
    let message = refused[0].as_ref().unwrap_err().to_string();
    assert!(message.contains("line 39, column 28 (alt_sequence): expected bases, '-' is none"), "{message}");
    assert_eq!(variants[37].alternatives(), [ciskit_core::Allele::Symbolic("-".into())]);
    for pair in pairs.into_iter().map(Result::unwrap) {
        let row = &variants[pair.line as usize - 2];
        let variant = row.variants().next().unwrap().unwrap();
        assert_eq!(pair.name.as_deref(), variant.id.as_deref());
        let grows = variant.alternative().bases().unwrap().len() as i64 - variant.reference().len() as i64;
        assert_eq!(grows, pair.alternative.len() as i64 - pair.reference.len() as i64, "{variant}");
    }
}
