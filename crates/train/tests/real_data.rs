//! Real sequences: all eight chromosome folds train in one call, and pairs on a genome that is known in part predict.
//! The results are not good and should not be; these data are for exercising the way.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::time::Instant;

use ciskit_core::{
    ContigName, Edge, Interval, Pair, PairInput, PairScorer, ReferenceGenome, Selection, Side,
};
use ciskit_dataset::{
    Augmentation, ChromosomeFolds, ElementPairs, ElementSequences, GenomePairs, Jitter, PairSource, Splitter,
    WindowRule,
};
use ciskit_fixtures::shared;
use ciskit_models::{Model, ModelConfig};
use ciskit_nn::{DType, Device, LOGIT, NetworkScorer, PROBABILITY, PairModel, Parameters};
use ciskit_seqio::{ElementPairReader, FastaGenome, Separator, Table, read_fasta};
use ciskit_train::{Event, Placement, TrainConfig, cross_validate, history_tsv};

/// NHEK's elements, padded with N around their centres.
fn nhek(enhancer_len: usize, promoter_len: usize) -> ElementPairs {
    let sequences = |side, file: &str| {
        let records = read_fasta(shared(&format!("data/elements/NHEK.{file}.fa.gz"))).unwrap();
        let records = records.into_iter().map(|record| (record.name, record.sequence));
        ElementSequences::new(side, records).unwrap()
    };
    let rows = ElementPairReader::open(shared("data/elements/NHEK.pairs.tsv.gz")).unwrap();
    let rows = rows.map(|row| row.map(|pair| (pair.enhancer, pair.promoter, pair.label)).unwrap());
    ElementPairs::new(
        sequences(Side::Enhancer, "enhancers"),
        enhancer_len,
        sequences(Side::Promoter, "promoters"),
        promoter_len,
        rows,
    )
    .unwrap()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn all_eight_chromosome_folds_train_in_one_call() {
    let started = Instant::now();
    let model = ModelConfig::named("epipam").unwrap();
    let source = nhek(model.enhancer_len(), model.promoter_len());
    assert_eq!(source.len(), 1283 + 910);
    let split = ChromosomeFolds::eight().split(source.pairs()).unwrap();
    assert_eq!((split.folds.len(), split.untested.len()), (8, 0));
    let config = TrainConfig {
        epochs: 1,
        augmentation: Augmentation::Both { copies: 1, jitter: 100 },
        ..TrainConfig::default()
    };
    let mut steps = 0;
    let mut observer = |event| steps += usize::from(matches!(event, Event::Step { .. }));
    let placement = Placement::default();
    let outcome =
        cross_validate::<Model>(&source, &split, &model, &config, &placement, &mut observer).unwrap();

    assert_eq!(outcome.folds.len(), 8);
    let mut tested = vec![0; source.len()];
    for (fold, parts) in outcome.folds.iter().zip(&split.folds) {
        println!("{}: {:?}, validation {:?}", fold.name, fold.test, fold.chosen.validation);
        assert_eq!((&fold.name, &fold.rows), (&parts.name, &parts.test));
        assert_eq!((fold.test.pairs, fold.candidates), (parts.test.len(), 1));
        let validation = fold.chosen.validation.unwrap();
        assert_eq!(validation.pairs, parts.validation.len());
        for measured in [fold.test, validation] {
            assert!((0.0..=1.0).contains(&measured.auroc) && measured.average_precision > 0.0);
        }
        assert!(fold.logits.iter().all(|logit| logit.is_finite()));
        assert_eq!(history_tsv(&fold.history).lines().count(), 3);
        fold.rows.iter().for_each(|row| tested[*row] += 1);
    }
    assert!(tested.iter().all(|times| *times == 1), "every pair is tested once");
    let (auroc, precision) = (outcome.auroc().unwrap(), outcome.average_precision().unwrap());
    println!("AUROC {:.3} ± {:.3}", auroc.mean, auroc.sd.unwrap());
    println!("average precision {:.3} ± {:.3}", precision.mean, precision.sd.unwrap());
    println!("{steps} steps of 100 in {:.1?}", started.elapsed());
}

/// The listed pairs, which all lie on the genome's contigs.
fn pairs_on(genome: &FastaGenome) -> Vec<Pair> {
    let path = shared("data/genome/pairs_in_hg19_partial.tsv.gz");
    let mut table = Table::open(path, Separator::Tab).unwrap();
    let columns = ["label", "enh_chrom", "enh_start", "enh_end", "prom_chrom", "prom_start", "prom_end"]
        .map(|name| table.header().require(name).unwrap());
    let mut pairs = Vec::new();
    while let Some(row) = table.next_row().unwrap() {
        let [label, values @ ..] = columns.map(|column| row.text(column).unwrap());
        let interval = |place: &[&str]| {
            Interval::new(place[0], place[1].parse().unwrap(), place[2].parse().unwrap()).unwrap()
        };
        let pair = Pair::new(interval(&values[..3]), interval(&values[3..]));
        pairs.push(pair.with_label(label == "1"));
    }
    assert!(pairs.iter().all(|pair| genome.contigs().resolve(pair.enhancer.interval.contig()).is_ok()));
    pairs
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn pairs_on_a_partly_known_genome_predict() {
    let started = Instant::now();
    let genome = FastaGenome::open(shared("data/genome/hg19_partial.fa.gz")).unwrap();
    let mut pairs = pairs_on(&genome);
    assert_eq!(pairs.len(), 2961);
    assert_eq!(pairs.iter().filter(|pair| pair.label == Some(true)).count(), 183);
    // Every fifth will do; those whose windows hold unknown bases come on top.
    pairs = pairs.into_iter().step_by(5).collect();
    let listed = pairs.len();
    // Windows half and wholly off the known bases of chr20 (60,001 to 2,000,000), at the start of a contig (moved onto
    // it) and at the end of one.
    let chr20 = ContigName::from("chr20");
    let end = genome.contigs().resolve(&chr20).unwrap().length;
    for (enhancer, promoter) in [(59_990, 500_000), (1_999_990, 3_000_000), (5, end - 10)] {
        let at = |start| Interval::new(chr20.clone(), start, start + 10).unwrap();
        pairs.push(Pair::new(at(enhancer), at(promoter)));
    }
    let source = GenomePairs::new(genome, pairs, WindowRule::new(3000), WindowRule::new(2000)).unwrap();
    let sequences: Vec<(Vec<u8>, Vec<u8>)> = (0..source.len())
        .map(|pair| {
            let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
            source.fetch(pair, Jitter::CENTRED, &mut enhancer, &mut promoter).unwrap();
            (enhancer, promoter)
        })
        .collect();
    let unknown = |sequence: &[u8]| sequence.iter().filter(|base| **base == b'N').count();
    assert!(
        sequences[..listed].iter().all(|(enhancer, promoter)| unknown(enhancer) + unknown(promoter) == 0)
    );
    let off: Vec<(usize, usize)> = sequences[listed..]
        .iter()
        .map(|(enhancer, promoter)| (unknown(enhancer), unknown(promoter)))
        .collect();
    println!("unknown bases in the windows off the known ones: {off:?}");
    assert!((1400..1600).contains(&off[0].0) && off[0].1 == 0);
    assert!((1400..1600).contains(&off[1].0) && off[1].1 == 2000);
    assert_eq!(off[2].0, 3000);
    let whole = source.genome().fetch("chr20", end as i64 - 2000..end as i64, Edge::Error).unwrap();
    assert_eq!(sequences[listed + 2].1, whole, "moved onto the contig");

    let config = ModelConfig::named("epipam").unwrap();
    let (_, model) =
        Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Model::load(vb, &config)).unwrap();
    let scorer = NetworkScorer::new(model, Device::Cpu).unwrap();
    let inputs: Vec<PairInput<'_>> =
        sequences.iter().map(|(enhancer, promoter)| PairInput::new(enhancer, promoter)).collect();
    let scores = scorer.score(&inputs, &Selection::all()).unwrap();
    for item in 0..scores.items() {
        let probability = scores.get(item, 0, PROBABILITY);
        assert!(scores.get(item, 0, LOGIT).is_finite() && probability > 0.0 && probability < 1.0);
    }
    let rows: Vec<usize> = (0..source.len()).collect();
    let logits = ciskit_train::logits(scorer.model(), &source, &rows, 100, &Device::Cpu).unwrap();
    assert!((0..scores.items()).all(|item| scores.get(item, 0, LOGIT) == logits[item]));
    println!("{} pairs, twice, in {:.1?}", source.len(), started.elapsed());
}
