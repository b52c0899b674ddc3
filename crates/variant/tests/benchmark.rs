//! The published benchmark's own result tables, from its own measurements and predictions.

use std::collections::BTreeMap;

use ciskit_fixtures::shared;
use ciskit_seqio::{Gse87711Reader, MeasuredTableReader, PredictionTable, Separator, Table};
use ciskit_variant::benchmark::{Benchmark, BenchmarkConfig, Group, Measurement, ModelPredictions};

/// How far a value may lie from the stored one.
const TOLERANCE: f64 = 1e-4;

fn measurements() -> (Vec<ciskit_seqio::MeasuredEffect>, Vec<Measurement>) {
    let reader = MeasuredTableReader::open(shared("data/variants/variants.tsv.gz")).expect("measurements");
    let effects: Vec<_> = reader.collect::<Result<_, _>>().expect("every row is read");
    let measured = effects
        .iter()
        .map(|effect| Measurement {
            cell: effect.cell.as_deref().map(str::to_owned),
            effect_log2: effect.effect_log2,
            p: effect.p,
            ..Measurement::new(&*effect.dataset, 0.0)
        })
        .collect();
    (effects, measured)
}

fn benchmark() -> Benchmark {
    let (effects, measured) = measurements();
    let table = PredictionTable::open(shared("data/variants/predictions_log2.tsv.gz")).expect("predictions");
    let values = table.join(&effects, false).expect("all keys are there");
    let models: Vec<ModelPredictions> =
        table.models().iter().zip(values).map(|(name, values)| ModelPredictions::new(name, values)).collect();
    Benchmark::of(&measured, &models, &BenchmarkConfig::default()).expect("a benchmark")
}

/// Stored values by model and column.
fn stored(file: &str, separator: Separator) -> BTreeMap<(String, String), f64> {
    let mut table = Table::open(shared(&format!("data/variants/{file}")), separator).expect("it opens");
    let names = table.header().names().to_vec();
    let mut values = BTreeMap::new();
    while let Some(row) = table.next_row().expect("a row") {
        for (column, name) in names.iter().enumerate().skip(1) {
            let value = row.fields()[column].parse().expect("a number");
            values.insert((row.fields()[0].to_owned(), name.clone()), value);
        }
    }
    values
}

fn assert_close(found: Option<f64>, stored: f64, what: &str) {
    let found = found.unwrap_or_else(|| panic!("{what}: no value"));
    assert!((found - stored).abs() < TOLERANCE, "{what}: {found} is not {stored}");
}

/// The models with predictions for the large K562 data set.
const WITH_K562: [&str; 4] = ["trednet", "sei", "enformer", "borzoi"];

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn cell_lines_pool_all_finite_rows() {
    let benchmark = benchmark();
    let pearson = stored("stored_cellline_pearson.tsv", Separator::Tab);
    let spearman = stored("stored_cellline_spearman.tsv", Separator::Tab);
    assert_eq!(benchmark.models.len(), 22);
    let mut compared = 0;
    for model in &benchmark.models {
        for cell in ["hepg2", "k562"] {
            if cell == "k562" && !WITH_K562.contains(&model.as_str()) {
                continue;
            }
            let found = benchmark.agreement(model, &Group::cell(cell), None).expect("a group");
            let key = (model.clone(), cell.to_owned());
            let what = format!("{model}, {cell}");
            assert_close(found.pearson.map(|found| found.coefficient), pearson[&key], &what);
            assert_close(found.spearman.map(|found| found.coefficient), spearman[&key], &what);
            compared += 2;
        }
    }
    assert_eq!(compared, 2 * (22 + 4));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn data_sets_are_taken_whole_or_below_0_05() {
    let benchmark = benchmark();
    let published = stored("correlation_per_dataset_2_one_shot.csv", Separator::Comma);
    let groups = [
        ("1_raQTL_K562", None),
        ("2_raQTL_HepG2", None),
        ("3_SORT1", Some(0.05)),
        ("4_GSE87711", Some(0.05)),
        ("5_GSE68331", Some(0.05)),
    ];
    let mut compared = 0;
    for model in &benchmark.models {
        for (group, below) in groups {
            if group == "1_raQTL_K562" && !WITH_K562.contains(&model.as_str()) {
                continue;
            }
            let found = benchmark.agreement(model, &Group::dataset(group), below).expect("a group");
            let key = (model.clone(), format!("Dataset {}", &group[..1]));
            let what = format!("{model}, {group}");
            assert_close(found.pearson.map(|found| found.coefficient), published[&key], &what);
            compared += 1;
        }
    }
    assert_eq!(compared, 22 * 4 + 4);
}

/// The paper prints 0.33958; the data and the authors' own table give 0.31412.
#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn trednet_on_hepg2_is_not_what_the_paper_prints() {
    let benchmark = benchmark();
    let found = benchmark.agreement("trednet", &Group::cell("hepg2"), None).expect("a group");
    let pearson = found.pearson.expect("a correlation");
    assert_close(Some(pearson.coefficient), 0.31412, "TREDNet, HepG2");
    assert_eq!((found.pairs.rows, found.pairs.used, found.pairs.no_effect), (16_255, 16_135, 120));
    let [low, high] = pearson.interval.expect("an interval");
    assert!(high < 0.33958, "{low} to {high}");
    // None of the thresholds gives the printed value either, nor do ranks.
    for below in [None, Some(0.5), Some(0.1), Some(0.05), Some(5e-5), Some(1e-5)] {
        let found = benchmark.agreement("trednet", &Group::cell("hepg2"), below).expect("a group");
        for estimate in [found.pearson, found.spearman] {
            let value = estimate.expect("a correlation").coefficient;
            println!("TREDNet, HepG2, p < {below:?}: {value:.5}");
            assert!((value - 0.33958).abs() > TOLERANCE);
        }
    }
}

/// What the models say of GSE87711 once its effects have their signs.
#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn gse87711_with_signs() {
    let (effects, _) = measurements();
    let rows: Vec<_> = effects.into_iter().filter(|effect| &*effect.dataset == "4_GSE87711").collect();
    let table = PredictionTable::open(shared("data/variants/predictions_log2.tsv.gz")).expect("predictions");
    let values = table.join(&rows, false).expect("all keys are there");
    let signed: Vec<_> = Gse87711Reader::open(shared("data/variants/GSE87711.csv"))
        .expect("it opens")
        .collect::<Result<_, _>>()
        .expect("every row is read");
    let measured: Vec<Measurement> = signed
        .iter()
        .map(|effect| Measurement {
            effect_log2: effect.effect_log2,
            p: effect.p,
            ..Measurement::new("signed", 0.0)
        })
        .collect();
    // Both rows of a construct have one prediction.
    let models: Vec<ModelPredictions> = table
        .models()
        .iter()
        .zip(&values)
        .map(|(name, values)| ModelPredictions::new(name, values.iter().step_by(2).copied()))
        .collect();
    for values in &values {
        assert!(values.chunks(2).all(|pair| pair[0] == pair[1]));
    }
    let benchmark = Benchmark::of(&measured, &models, &BenchmarkConfig::default()).expect("a benchmark");
    for model in &benchmark.models {
        for below in [None, Some(0.05)] {
            let found = benchmark.agreement(model, &Group::dataset("signed"), below).expect("a group");
            let pearson = found.pearson.expect("a correlation");
            println!("{model}, p < {below:?}: {:.4} of {} constructs", pearson.coefficient, found.pairs.used);
        }
    }
    let trednet = benchmark.agreement("trednet", &Group::dataset("signed"), None).expect("a group");
    assert_eq!(trednet.pairs.used, 42);
}
