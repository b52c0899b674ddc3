//! What is written reads back as what was made, and a configuration has one simulation.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ciskit_core::{Edge, ReferenceGenome};
use ciskit_seqio::{BedReader, FastaGenome, PairReader, VcfReader, read_genes};
use ciskit_simulate::{SimulateError, Simulation, SimulationConfig};

fn config() -> SimulationConfig {
    SimulationConfig { pairs: 400, variants: 20, both_strands: true, ..Default::default() }
}

fn written(config: &SimulationConfig, folder: &Path) -> Simulation {
    let simulation = Simulation::generate(config).unwrap();
    simulation.write(folder).unwrap();
    simulation
}

fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn one_seed_gives_one_simulation() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, config: &SimulationConfig| {
        let folder = folder.path().join(name);
        written(config, &folder);
        bytes(&folder)
    };
    let first = at("first", &config());
    assert_eq!(
        first.keys().map(String::as_str).collect::<Vec<_>>(),
        [
            "controls.bed",
            "enhancers.bed",
            "genes.gtf",
            "genome.fa",
            "pairs.bedpe",
            "promoters.bed",
            "sites.bed",
            "truth.json",
            "variants.vcf"
        ]
    );
    assert!(first == at("again", &config()));
    let other = at("other", &SimulationConfig { seed: 2, ..config() });
    assert!(first.iter().all(|(name, bytes)| *bytes != other[name]));
    // Writing over an older simulation leaves nothing of it.
    written(&SimulationConfig { seed: 2, ..config() }, &folder.path().join("first"));
    assert!(other == bytes(&folder.path().join("first")));
}

#[test]
fn the_genome_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = written(&config(), folder.path());
    let genome = FastaGenome::open(folder.path().join("genome.fa")).unwrap();
    assert_eq!(genome.contigs(), simulation.genome().contigs());
    assert_eq!(genome.contigs().iter().map(|contig| &*contig.name).next(), Some("chr1"));
    for contig in genome.contigs() {
        let all = 0..contig.length as i64;
        assert!(
            genome.fetch(&contig.name, all.clone(), Edge::Error).unwrap()
                == simulation.genome().fetch(&contig.name, all, Edge::Error).unwrap()
        );
    }
}

#[test]
fn elements_genes_and_sites_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = written(&config(), folder.path());
    let records = |name: &str| {
        BedReader::open(folder.path().join(name)).unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    for (name, elements) in
        [("enhancers.bed", simulation.enhancers()), ("promoters.bed", simulation.promoters())]
    {
        let records = records(name);
        assert!(
            records.iter().map(|record| &record.element).eq(elements.iter().map(|planted| &planted.element))
        );
    }
    assert_eq!(read_genes(folder.path().join("genes.gtf")).unwrap(), simulation.genes());

    let elements = simulation.enhancers().iter().chain(simulation.promoters());
    let mut planted: Vec<(String, f64)> = elements
        .flat_map(|element| {
            element.sites.iter().map(|site| {
                let factor = simulation.grammar().factors()[site.factor].name();
                let (name, kind) = (element.name(), site.kind.name());
                (format!("{} {} {factor} {name} {kind}", site.interval, site.strand), site.log_odds)
            })
        })
        .collect();
    let mut read: Vec<(String, f64)> = records("sites.bed")
        .into_iter()
        .map(|record| {
            let [name, kind] = &record.extra[..] else { panic!("{:?}", record.extra) };
            let (place, strand) = (record.element.interval, record.element.strand);
            let factor = record.element.name.unwrap();
            (format!("{place} {strand} {factor} {name} {kind}"), record.score.unwrap())
        })
        .collect();
    planted.sort_by(|a, b| a.0.cmp(&b.0));
    read.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(read.len(), planted.len());
    for (read, planted) in read.iter().zip(&planted) {
        assert_eq!(read.0, planted.0);
        assert!((read.1 - planted.1).abs() < 1e-6, "{read:?} {planted:?}");
    }
}

#[test]
fn pairs_read_back_and_do_not_tell_their_factors() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = written(&config(), folder.path());
    let path = folder.path().join("pairs.bedpe");
    let reader = PairReader::open(&path).unwrap();
    assert!(reader.extra_columns().is_empty());
    let pairs: Vec<_> = reader.map(|record| record.unwrap().pair).collect();
    assert_eq!(pairs, simulation.pairs());
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("CTCF") && !text.contains("made-up"));
}

#[test]
fn variants_read_back_with_their_truth() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = written(&config(), folder.path());
    let reader = VcfReader::open(folder.path().join("variants.vcf")).unwrap();
    assert_eq!(reader.header().contigs(), Some(simulation.genome().contigs()));
    let declared: Vec<String> = reader.header().lines().map(str::to_owned).collect();
    let records: Vec<_> = reader.collect::<Result<_, _>>().unwrap();
    assert_eq!(records.len(), simulation.variants().len());
    for (record, truth) in records.iter().zip(simulation.variants()) {
        let variants: Vec<_> = record.variants().collect::<Result<_, _>>().unwrap();
        assert_eq!(variants, std::slice::from_ref(&truth.variant));
        let info: BTreeMap<&str, &str> =
            record.columns().nth(7).unwrap().split(';').map(|entry| entry.split_once('=').unwrap()).collect();
        assert_eq!(info["EFFECT"], truth.effect.name());
        assert!((info["DELTA"].parse::<f64>().unwrap() - truth.delta).abs() < 1e-6);
        assert!((info["LOGODDS"].parse::<f64>().unwrap() - truth.log_odds).abs() < 1e-6);
        assert_eq!(info["SIDE"], truth.side.to_string());
        assert_eq!(info["PAIR"], simulation.pairs()[truth.pair].name.as_deref().unwrap());
        assert_eq!(info["ELEMENT"], simulation.element(truth.pair, truth.side).name());
        assert!(info.keys().all(|key| declared.iter().any(|line| line.contains(&format!("<ID={key},")))));
    }
}

#[test]
fn the_truth_names_every_pair_and_reads_back_as_a_config() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = written(&config(), folder.path());
    let text = fs::read_to_string(folder.path().join("truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(truth["format"], 1);
    assert_eq!(truth["best_auroc"].as_f64(), Some(simulation.best_auroc()));
    assert_eq!(serde_json::from_value::<SimulationConfig>(truth["config"].clone()).unwrap(), config());
    for (index, entry) in truth["pairs"].as_array().unwrap().iter().enumerate() {
        assert_eq!(entry["name"].as_str(), simulation.pairs()[index].name.as_deref());
        assert_eq!(entry["matched"].as_bool(), Some(simulation.pair_truths()[index].matched));
        assert_eq!(entry["probability"].as_f64(), Some(simulation.probability(index)));
    }
    assert_eq!(truth["enhancers"].as_array().map(Vec::len), Some(200));
    assert_eq!(truth["variants"]["break"].as_u64(), Some(20));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let simulation = Simulation::generate(&SimulationConfig { pairs: 4, ..Default::default() }).unwrap();
    let refused = simulation.write(file.join("sim")).unwrap_err();
    assert!(matches!(refused, SimulateError::Folder { .. }));
    assert_eq!(refused.to_string(), format!("cannot create the folder {}", file.join("sim").display()));
}

#[test]
fn a_hostile_config_is_refused_before_any_work() {
    for config in [
        SimulationConfig { factors: 0, ..Default::default() },
        SimulationConfig { factors: 100, ..Default::default() },
        SimulationConfig { contig_lengths: vec![10], ..Default::default() },
        SimulationConfig { contig_lengths: vec![0; 8], pairs: 4, ..Default::default() },
        SimulationConfig { enhancer_length: [800, 400], ..Default::default() },
    ] {
        assert!(Simulation::generate(&config).is_err(), "{config:?}");
    }
}

#[test]
fn the_smallest_and_the_oddest_configs_work() {
    for config in [
        SimulationConfig { pairs: 4, ..Default::default() },
        SimulationConfig { pairs: 40, contig_lengths: vec![500, 100_000, 0], ..Default::default() },
        SimulationConfig {
            pairs: 40,
            unknown_ends: 0,
            soft_masked: 0.0,
            label_noise: 0.0,
            ..Default::default()
        },
        SimulationConfig { pairs: 120, factors: 6, both_strands: true, sharpness: 1.0, ..Default::default() },
        SimulationConfig { pairs: 40, max_distance: u64::MAX, variants: 0, ..Default::default() },
        SimulationConfig { pairs: 40, scrambled: 0, near_misses: 0.0, sites: [1, 1], ..Default::default() },
    ] {
        let simulation = Simulation::generate(&config).unwrap();
        assert_eq!(simulation.pairs().len(), config.pairs);
        simulation.write(tempfile::tempdir().unwrap().path()).unwrap();
    }
}
