//! The readers of measured effects on the published tables, and their agreement with the unified table.

use ciskit_fixtures::shared;
use ciskit_seqio::{
    EqtlMpraReader, Gse68331Reader, Gse87711Reader, MeasuredEffect, MeasuredTableReader, PredictionTable,
    RaqtlReader, SaturationReader, TableError,
};

const UNIFIED: &str = "data/variants/variants.tsv.gz";

fn all(effects: impl Iterator<Item = Result<MeasuredEffect, TableError>>) -> Vec<MeasuredEffect> {
    effects.collect::<Result<_, _>>().expect("every row is read")
}

/// The unified table's rows of a data set.
fn unified(dataset: &str) -> Vec<MeasuredEffect> {
    let effects = all(MeasuredTableReader::open(shared(UNIFIED)).expect("the unified table"));
    effects.into_iter().filter(|effect| &*effect.dataset == dataset).collect()
}

/// Whether both say the same of the same variants in the same order, effects to the nine digits that the unified table
/// has.
fn assert_same(source: &[MeasuredEffect], unified: &[MeasuredEffect]) {
    assert_eq!(source.len(), unified.len());
    for (source, unified) in source.iter().zip(unified) {
        let MeasuredEffect { variant, row, .. } = source;
        assert_eq!((variant.interval(), *row), (unified.variant.interval(), unified.row));
        assert_eq!(variant.alternative(), unified.variant.alternative());
        assert_eq!(variant.reference(), unified.variant.reference());
        let (found, expected) = (source.effect_log2.expect("a value"), unified.effect_log2.expect("a value"));
        let close = found == expected || (found - expected).abs() <= 1e-8 * expected.abs().max(1.0);
        assert!(close, "{variant}: {found} is not {expected}");
        let (p, expected) = (source.p.expect("p"), unified.p.expect("p"));
        assert!((p - expected).abs() <= 1e-8 * expected, "{variant}: p {p} is not {expected}");
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn raqtls_are_log2_of_alternative_over_reference() {
    let source =
        all(RaqtlReader::open(shared("data/variants/hepg2.sign.id.LP190708.txt.gz")).expect("it opens"));
    assert_same(&source, &unified("2_raQTL_HepG2"));
    let infinite = source.iter().filter(|effect| effect.effect_log2.is_some_and(f64::is_infinite)).count();
    assert_eq!((source.len(), infinite), (14_183, 120));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn saturation_mutagenesis_is_taken_as_it_is() {
    let source = all(SaturationReader::open(shared("data/variants/SORT1.csv")).expect("it opens"));
    assert_same(&source, &unified("3_SORT1"));

    let elements = all(SaturationReader::open(shared("data/satmut/elements.tsv.gz")).expect("it opens"));
    assert_eq!(elements.len(), 21_074);
    let unanchored = elements.iter().filter(|effect| effect.variant.alternative().bases().is_none()).count();
    let deletions = elements.iter().filter(|effect| effect.variant.reference().len() == 2).count();
    assert_eq!(deletions + unanchored, 2_672);
    // Anchored deletions lie on the element's sequence.
    let (mut checked, contigs) =
        (0, ciskit_seqio::read_fasta(shared("data/satmut/elements_GRCh38.fa")).expect("fasta"));
    for record in &contigs {
        let place = &record.description;
        let start: u64 = place
            .split([':', '-'])
            .nth(1)
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or_else(|| panic!("a start in {place:?}"));
        let of_element = |effect: &&MeasuredEffect| {
            *effect.dataset == *record.name && effect.build.as_deref() == Some("hg38")
        };
        for effect in elements.iter().filter(of_element) {
            let from = (effect.variant.start() + 1 - start) as usize;
            let reference = effect.variant.reference();
            assert_eq!(&record.sequence[from..from + reference.len()], reference, "{}", effect.variant);
            checked += 1;
        }
    }
    assert_eq!(checked, 21_074 / 2);
}

/// The benchmark takes the logarithm of a column that is an unsigned logarithm already.
#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn gse87711_of_the_benchmark_is_a_logarithm_of_an_unsigned_logarithm() {
    let path = shared("data/variants/GSE87711.csv");
    let benchmarked = all(Gse87711Reader::open(&path).expect("it opens").as_benchmarked());
    assert_same(&benchmarked, &unified("4_GSE87711"));
    let signed = all(Gse87711Reader::open(&path).expect("it opens"));
    assert_eq!(signed.len(), 42);
    let mut negative = 0;
    for (signed, row) in signed.iter().zip(benchmarked.iter().step_by(2)) {
        let (found, log) = (signed.effect_log2.expect("a value"), row.effect_log2.expect("a value"));
        assert_eq!(signed.variant, row.variant);
        assert!((found.abs() - log.exp2()).abs() < 2e-8, "{}: {found}, {log}", signed.variant);
        negative += usize::from(found < 0.0);
    }
    assert_eq!(negative, 17, "constructs that lower the activity");
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn gse68331_is_log2_of_its_ratio() {
    let source = all(Gse68331Reader::open(shared("data/variants/GSE68331_SNP.csv")).expect("it opens"));
    assert_same(&source, &unified("5_GSE68331"));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn eqtl_mpra_sequences_differ_by_their_variant() {
    let reader = EqtlMpraReader::open(shared("data/cagi/eqtl_mpra_sequences.csv.gz")).expect("it opens");
    let records: Vec<_> = reader.collect::<Result<_, _>>().expect("every row is read");
    assert_eq!(records.len(), 3_044);
    assert_eq!(records.iter().filter(|record| record.effect.p.is_some()).count(), 357);
    let mut snvs = 0;
    for record in &records {
        let (reference, alternative) =
            (record.reference_sequence.as_bytes(), record.alternative_sequence.as_bytes());
        let different: Vec<usize> = (0..reference.len().min(alternative.len()))
            .filter(|&place| reference[place] != alternative[place])
            .collect();
        let variant = &record.effect.variant;
        if let ([place], Some([base])) = (&different[..], variant.alternative().bases()) {
            assert_eq!(
                (&[reference[*place]][..], alternative[*place]),
                (variant.reference(), *base),
                "{variant}"
            );
            snvs += 1;
        }
    }
    assert!(snvs >= 2_800, "{snvs}");
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn every_measurement_has_its_predictions() {
    let effects = all(MeasuredTableReader::open(shared(UNIFIED)).expect("the unified table"));
    let table = PredictionTable::open(shared("data/variants/predictions_log2.tsv.gz")).expect("predictions");
    let joined = table.join(&effects, false).expect("all keys are there");
    assert_eq!((joined.len(), joined[0].len()), (22, 35_576));
}
