//! The audit finds what was planted, and nothing where nothing was.

#![allow(clippy::unwrap_used, reason = "what is planted here is known to be well-formed")]

use ciskit_core::random::Stream;
use ciskit_core::{InMemoryGenome, Interval, Pair};
use ciskit_dataset::{
    Audit, AuditConfig, ChromosomeFolds, DatasetError, Finding, GenomePairs, RandomFolds, Split, Splitter,
    Verdict, WindowRule,
};

const CONTIGS: [&str; 4] = ["c1", "c2", "c3", "c4"];
const LENGTH: u64 = 200_000;

/// Where the `n`th enhancer of a contig starts: at no regular distance from the others.
fn place(n: u64) -> u64 {
    3_000 * n + 100 + n * n * 37 % 401
}

/// Pairs of one contig each, every element of its own, matched in distance.
fn honest() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for contig in CONTIGS {
        for n in 0..60 {
            let start = place(n);
            let distance = 1_000 + 2 * (n / 2);
            let at = |start| Interval::new(contig, start, start + 200).unwrap();
            pairs.push(Pair::new(at(start), at(start + distance)).with_label(n % 2 == 0));
        }
    }
    pairs
}

fn chromosomes(pairs: &[Pair]) -> Split {
    ChromosomeFolds::balanced(4).split(pairs).unwrap()
}

fn audit(pairs: &[Pair]) -> Audit {
    Audit::of(pairs, &chromosomes(pairs), &AuditConfig::default(), None).unwrap()
}

fn find<'a>(audit: &'a Audit, check: &str) -> &'a Finding {
    audit.findings.iter().find(|finding| finding.check == check).unwrap()
}

fn genome(seed: u64, copy: bool) -> InMemoryGenome {
    let mut draws = Stream::new(seed, "bases").draws();
    let mut contigs: Vec<Vec<u8>> =
        CONTIGS.iter().map(|_| (0..LENGTH).map(|_| b"ACGT"[draws.below(4) as usize]).collect()).collect();
    if copy {
        // The reverse complement of ten enhancers of c1 in those of c2, each with a base changed.
        for n in 0..10 {
            let enhancer = place(n) as usize..place(n) as usize + 200;
            let mut copied: Vec<u8> = contigs[0][enhancer.clone()].to_vec();
            ciskit_encode::reverse_complement_in_place(&mut copied);
            copied[50] = if copied[50] == b'A' { b'C' } else { b'A' };
            contigs[1][enhancer].copy_from_slice(&copied);
        }
    }
    InMemoryGenome::new(CONTIGS.into_iter().zip(contigs)).unwrap()
}

fn with_sequences(pairs: &[Pair], genome: InMemoryGenome) -> Audit {
    let rule = WindowRule::new(200);
    let source = GenomePairs::new(genome, pairs.to_vec(), rule, rule).unwrap();
    Audit::of(pairs, &chromosomes(pairs), &AuditConfig::default(), Some(&source)).unwrap()
}

#[test]
fn an_honest_list_is_ok_in_every_check() {
    let pairs = honest();
    for audit in [audit(&pairs), with_sequences(&pairs, genome(1, false))] {
        let worse: Vec<&Finding> = audit.findings.iter().filter(|f| f.verdict != Verdict::Ok).collect();
        assert!(worse.is_empty(), "{worse:?}");
        assert_eq!(audit.verdict, Verdict::Ok);
    }
}

#[test]
fn what_was_not_measured_is_said() {
    let pairs = honest();
    assert_eq!(audit(&pairs).skipped.len(), 2);
    assert!(audit(&pairs).similarity.is_none());
    let positives: Vec<Pair> = pairs.into_iter().map(|pair| pair.with_label(true)).collect();
    let audit = audit(&positives);
    assert_eq!((audit.verdict, audit.findings[0].check.as_str()), (Verdict::Caution, "labels"));
    assert!(audit.baselines.iter().all(|baseline| baseline.auroc.is_none()));
    let unlabelled: Vec<Pair> = positives.into_iter().map(|pair| Pair { label: None, ..pair }).collect();
    let audit = self::audit(&unlabelled);
    assert_eq!((audit.composition.unlabelled, audit.verdict), (240, Verdict::Caution));
    let empty = RandomFolds::new(3, 0).split(&[]).unwrap();
    let audit = Audit::of(&[], &empty, &AuditConfig::default(), None).unwrap();
    assert_eq!(audit.verdict, Verdict::Caution);
}

#[test]
fn shorter_distances_of_positives_solve_a_list() {
    let mut pairs = honest();
    for pair in pairs.iter_mut().filter(|pair| pair.label == Some(false)) {
        let promoter = &pair.promoter.interval;
        let moved = Interval::new(promoter.contig().clone(), promoter.start() + 500, promoter.end() + 500);
        pair.promoter.interval = moved.unwrap();
    }
    let audit = audit(&pairs);
    assert_eq!(find(&audit, "distance").verdict, Verdict::Solved);
    assert_eq!(find(&audit, "matching of distance").value, Some(1.0));
    assert_eq!(find(&audit, "promoter count").verdict, Verdict::Ok);
}

#[test]
fn negatives_that_were_moved_are_found_whatever_the_distance() {
    let mut pairs: Vec<Pair> = honest().into_iter().filter(|pair| pair.label == Some(true)).collect();
    for pair in pairs.clone() {
        let moved =
            |at: &Interval| Interval::new(at.contig().clone(), at.start() + 1_333, at.end() + 1_333).unwrap();
        let negative = Pair::new(moved(&pair.enhancer.interval), moved(&pair.promoter.interval));
        pairs.push(negative.with_label(false));
    }
    let audit = audit(&pairs);
    let moved = &audit.moved_negatives;
    assert_eq!((moved.windows, moved.moved, moved.shift), (240, 240, 1_333));
    assert_eq!(find(&audit, "moved negatives").verdict, Verdict::Caution);
    // Both windows of every pair have a neighbour: the classes are told apart only where there are several moves.
    assert_eq!(audit.baseline("window neighbours", None).unwrap().auroc, Some(0.5));
    let honest = self::audit(&honest()).moved_negatives;
    assert!(honest.share() < 0.2 && honest.shift == 2_000, "{honest:?}");
}

#[test]
fn few_rows_are_no_evidence_either_way() {
    let mut pairs = honest();
    // Two rows a contig, the positive nearer.
    pairs.retain(|pair| pair.enhancer.interval.start() < 3_000 * 2);
    for pair in pairs.iter_mut().filter(|pair| pair.label == Some(false)) {
        let at = pair.promoter.interval.clone();
        pair.promoter.interval = Interval::new(at.contig().clone(), at.start() + 7, at.end() + 9).unwrap();
    }
    let audit = audit(&pairs);
    let distance = audit.baseline("distance", None).unwrap();
    assert_eq!((distance.auroc, distance.null_standard_error), (Some(1.0), Some(0.25)));
    assert_eq!(find(&audit, "distance").verdict, Verdict::Ok);
    let labels = find(&audit, "labels");
    assert_eq!((labels.verdict, labels.value), (Verdict::Caution, Some(0.75)));
}

#[test]
fn contradictory_and_repeated_rows_are_counted() {
    let mut pairs = honest();
    pairs.push(pairs[0].clone().with_label(false));
    pairs.push(pairs[0].clone());
    pairs.push(pairs[1].clone());
    pairs.push(Pair { label: None, ..pairs[2].clone() });
    let audit = audit(&pairs);
    assert_eq!((audit.composition.repeated_rows, audit.composition.contradictory_pairs), (4, 1));
    assert_eq!(find(&audit, "contradictory rows").verdict, Verdict::Caution);
    assert_eq!(find(&audit, "repeated rows").verdict, Verdict::Caution);
    let degree = &audit.composition.promoters.most_frequent[0];
    assert_eq!((degree.name.as_str(), degree.pairs, degree.positives), ("c1:1100-1300", 3, 2));
}

#[test]
fn shared_and_overlapping_elements_are_told_apart() {
    let at = |contig, start| Interval::new(contig, start, start + 100).unwrap();
    let mut pairs = vec![
        Pair::new(at("c1", 0), at("c1", 5_000)),
        Pair::new(at("c1", 1_000), at("c1", 6_000)),
        Pair::new(at("c1", 2_000), at("c1", 7_000)),
        // Of these: the enhancer of the first by its place, an enhancer that overlaps the second, none.
        Pair::new(at("chr_c1", 0), at("c1", 8_000)),
        Pair::new(at("c1", 1_090), at("c1", 9_000)),
        Pair::new(at("c1", 2_100), at("c1", 7_100)),
    ];
    pairs[3].enhancer = at("c1", 0).into();
    pairs[3].enhancer.name = Some("another name".into());
    let fold = |name: &str, train: &[usize], test: &[usize]| ciskit_dataset::Fold {
        name: name.into(),
        train: train.to_vec(),
        validation: vec![],
        test: test.to_vec(),
    };
    let mut split = RandomFolds::new(3, 0).split(&pairs).unwrap();
    split.folds = vec![fold("f", &[0, 1, 2], &[3, 4, 5])];
    let audit = Audit::of(&pairs, &split, &AuditConfig::default(), None).unwrap();
    let sharing = &audit.sharing[0];
    assert_eq!((sharing.test_pairs, sharing.shared_pairs, sharing.touched_pairs), (3, 1, 2));
    assert_eq!((sharing.known_pairs, sharing.promoters.overlapping), (0, 0));
    let enhancers = &sharing.enhancers;
    assert_eq!((enhancers.test, enhancers.shared, enhancers.overlapping), (3, 1, 2));
    assert_eq!((enhancers.overlapping_bp, enhancers.within_test, enhancers.training), (110, 0, 3));
    assert_eq!(find(&audit, "shared elements").verdict, Verdict::Caution);
}

#[test]
fn a_reversed_near_copy_on_another_chromosome_is_found() {
    let pairs = honest();
    let audit = with_sequences(&pairs, genome(1, true));
    let similarity = audit.similarity.as_ref().unwrap();
    let of_folds: Vec<(usize, usize)> = similarity.iter().map(|fold| (fold.similar, fold.elements)).collect();
    let mut expected = [(0, 120); 4];
    for (fold, split) in chromosomes(&pairs).folds.iter().enumerate() {
        if ["c1", "c2"].contains(&split.name.as_str()) {
            expected[fold].0 = 10;
        }
    }
    assert_eq!(of_folds, expected);
    assert_eq!(find(&audit, "similar sequences").verdict, Verdict::Caution);
}

#[test]
fn unknown_bases_of_one_class_solve_a_list() {
    let pairs = honest();
    let genome = genome(1, false);
    let mut contigs: Vec<Vec<u8>> = CONTIGS
        .iter()
        .map(|contig| {
            let whole = 0..LENGTH as i64;
            ciskit_core::ReferenceGenome::fetch(&genome, contig, whole, ciskit_core::Edge::Error).unwrap()
        })
        .collect();
    for (row, pair) in pairs.iter().enumerate().filter(|(_, pair)| pair.label == Some(true)) {
        let start = pair.enhancer.interval.start() as usize;
        contigs[row / 60][start..start + 20].fill(b'N');
    }
    let audit = with_sequences(&pairs, InMemoryGenome::new(CONTIGS.into_iter().zip(contigs)).unwrap());
    assert_eq!(find(&audit, "enhancer padding").verdict, Verdict::Solved);
    assert_eq!(find(&audit, "padding").verdict, Verdict::Solved);
    assert_eq!(find(&audit, "promoter padding").verdict, Verdict::Ok);
}

#[test]
fn an_audit_reads_back_and_does_not_depend_on_threads() {
    let pairs = honest();
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let audits =
        [with_sequences(&pairs, genome(2, true)), alone.install(|| with_sequences(&pairs, genome(2, true)))];
    let json = audits.each_ref().map(|audit| serde_json::to_string_pretty(audit).unwrap());
    assert_eq!(json[0], json[1]);
    assert!(json[0].starts_with("{\n  \"format\": 1,\n  \"verdict\": \"caution\","), "{}", &json[0][..60]);
    assert_eq!(serde_json::from_str::<Audit>(&json[0]).unwrap(), audits[0]);
    let newer = json[0].replacen("\"format\": 1", "\"format\": 2", 1);
    let refused = serde_json::from_str::<Audit>(&newer).unwrap_err().to_string();
    assert!(refused.contains("format 2 is newer than format 1"), "{refused}");
}

#[test]
fn wrong_settings_and_foreign_sequences_are_refused() {
    let pairs = honest();
    let config = AuditConfig { seeds: vec![], ..AuditConfig::default() };
    let refused = Audit::of(&pairs, &chromosomes(&pairs), &config, None);
    assert!(matches!(refused, Err(DatasetError::AuditSetting { setting: "seeds", .. })));
    let rule = WindowRule::new(200);
    let fewer = GenomePairs::new(genome(1, false), pairs[1..].to_vec(), rule, rule).unwrap();
    let refused = Audit::of(&pairs, &chromosomes(&pairs), &AuditConfig::default(), Some(&fewer)).unwrap_err();
    assert_eq!(refused.to_string(), "240 pairs are audited, but the sequences are of 239 pairs");
    assert!(serde_json::from_str::<AuditConfig>(r#"{"seed": [1]}"#).is_err());
}
