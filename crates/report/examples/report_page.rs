//! Writes a page with everything a report can show, and a picture that sums it up beside it:
//! `cargo run -p ciskit-report --example report_page -- report.html`.

use std::error::Error;

use ciskit_core::Scale;
use ciskit_metrics::Ranking;
use ciskit_report::{
    Axis, Baseline, Evaluation, Fold, LineChart, Metrics, Page, Panel, Results, Section, Series,
    evaluation_section, pr_chart, roc_chart,
};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name the file to write")?;

    let labels: Vec<bool> = (0..4000).map(|i| noise(i) < 0.08).collect();
    let scored = |separation: f64, seed: u64| -> Vec<f64> {
        let logit = |i: u64| separation * f64::from(labels[i as usize]) - 3.0 + 4.0 * (gauss(i + seed));
        (0..4000).map(|i| 1.0 / (1.0 + (-logit(i) / 2.0).exp())).collect()
    };
    let model = scored(3.5, 1 << 20);
    let baselines = [("distance", scored(1.0, 1 << 21)), ("promoter-count", scored(2.0, 1 << 22))];

    let of = |scores: &[f64], from: usize, to: usize| {
        Evaluation::of(&labels[from..to], &scores[from..to], Scale::Probability)
    };
    let folds: Result<Vec<Fold>, _> = (0..8)
        .map(|k| {
            Ok::<_, Box<dyn Error>>(Fold::new(format!("fold {}", k + 1), of(&model, k * 500, k * 500 + 500)?))
        })
        .collect();
    let mut metrics = Metrics::of_results(Results::of_folds(of(&model, 0, 4000)?, folds?));
    for (name, scores) in &baselines {
        let baseline = Baseline::new(Results::of(of(scores, 0, 4000)?));
        let counts = *name == "promoter-count";
        metrics = metrics.with_baseline(*name, if counts { baseline.transductive() } else { baseline });
    }

    let rankings = [
        ("EPIPAM", Ranking::new(&labels, &model)?),
        ("promoter-count", Ranking::new(&labels, &baselines[1].1)?),
        ("distance", Ranking::new(&labels, &baselines[0].1)?),
    ];
    let curves = || rankings.iter().map(|(name, ranking)| (*name, ranking));
    let epochs = |from: f64, to: f64, rise: f64| {
        (1..=15).map(move |epoch| {
            let x = f64::from(epoch);
            (
                x,
                to + (from - to) * (-x / 3.0).exp()
                    + rise * (x - 8.0).max(0.0)
                    + 0.01 * noise(epoch as u64 + 99),
            )
        })
    };
    let loss = LineChart::new(
        "Loss by epoch",
        Axis::new("epoch").whole_numbers(),
        Axis::new("binary cross-entropy"),
    )
    .series(Series::line("training", epochs(0.69, 0.18, 0.0)))
    .series(Series::line("validation", epochs(0.70, 0.27, 0.008)))
    .at_x(9.0, "chosen epoch");

    let panel = Panel::new("EPIPAM on simulated pairs")
        .line("Chromosome split, 8 folds, 4,000 pairs")
        .row([roc_chart(curves())?.to_svg(), pr_chart(curves())?.to_svg()])
        .row([loss.to_svg()]);
    panel.to_svg().write(format!("{path}.svg"))?;

    Page::new("EPIPAM on simulated pairs")
        .lead("Chromosome split; epoch and α chosen on inner validation chromosomes; the test folds were touched once.")
        .section(evaluation_section("Test folds", "EPIPAM", &labels, &model, Scale::Probability)?)
        .section(
            Section::new("Is it better than no model?")
                .good("EPIPAM ranks better than every label-free baseline.")
                .warning("Promoter count reads the list that it scores; a benchmark on which it wins can be solved without biology.")
                .note("Baselines see the same items as the model.")
                .table(&metrics.comparison("EPIPAM"))
                .figure(roc_chart(curves())?.to_svg())
                .figure(pr_chart(curves())?.to_svg()),
        )
        .section(
            Section::new("Training")
                .paragraph("One epoch reads every training pair once, in an order drawn from the seed.")
                .captioned_figure(loss.to_svg(), "The epoch with the lowest validation loss is kept.")
                .section(Section::new("By fold").table(&metrics.results.fold_table()))
                .section(Section::new("Again").code("ciskit train --model epipam --pairs gm.bedpe --genome hg19.fa.gz --out run/")),
        )
        .footer("ciskit 0.1.0")
        .write(&path)?;
    Ok(())
}

/// Uniform in [0, 1), a fixed function of the counter.
fn noise(counter: u64) -> f64 {
    let mixed = (counter + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 40) as f64 / (1_u64 << 24) as f64
}

/// Nearly normal: the sum of uniform draws, centred.
fn gauss(counter: u64) -> f64 {
    (0..4).map(|draw| noise(4 * counter + draw)).sum::<f64>() - 2.0
}
