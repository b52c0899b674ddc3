//! `ciskit evaluate`

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use ciskit_core::Scale;
use ciskit_metrics::GroupedRanking;
use ciskit_report::{Column, Evaluation, Metrics, Page, Section, Table, evaluation_section};
use ciskit_seqio::LineReader;

use crate::progress::print;

/// Measure scores against labels
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit evaluate scores.tsv --label label --score probability --json
  ciskit evaluate run/scores.tsv --group chrom2,start2,end2 --report e.html

Reads any tab-separated table with a header (lines that start with ## are skipped; plain or gzip). Labels are 1 and 0;
rows with another label (.) are left out and counted. With --group, the rows of each group (the candidates of each promoter,
say) are also ranked by themselves: rows of a long list are told apart by their group too, which a choice within one is not. The
report of probabilities has a calibration curve.")]
pub(crate) struct Args {
    /// Table of scores (TSV)
    table: PathBuf,
    /// Column of the labels
    #[arg(long, default_value = "label")]
    label: String,
    /// Column of the scores
    #[arg(long, default_value = "probability")]
    score: String,
    /// Columns that name a row's group, within which rows are ranked as well
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,…", conflicts_with = "json")]
    group: Vec<String>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Also write a report with curves
    #[arg(long, value_name = "HTML")]
    report: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let Scored { labels, scores, groups, unlabelled } = read(args)?;
    if unlabelled > 0 {
        crate::progress::say(format!("{unlabelled} rows without label are left out"));
    }
    let scale = match scores.iter().all(|score| (0.0..=1.0).contains(score)) {
        true if args.score.contains("prob") => Scale::Probability,
        _ => Scale::Raw,
    };
    let evaluation =
        Evaluation::of(&labels, &scores, scale).with_context(|| args.table.display().to_string())?;
    let within = match args.group.is_empty() {
        true => None,
        false => {
            let found = GroupedRanking::new(&labels, &scores, &groups);
            let found = found.with_context(|| format!("nothing is ranked by {}", args.group.join(", ")))?;
            Some(within_groups(&found, &args.group.join(", ")))
        }
    };
    if let Some(path) = &args.report {
        let section = evaluation_section("Scores", &args.score, &labels, &scores, scale)?;
        let page = Page::new(args.table.display().to_string()).section(section);
        let groups = within.iter().map(|table| Section::new("Within groups").table(table));
        groups.fold(page, Page::section).write(path)?;
    }
    if args.json {
        print(Metrics::of(evaluation).to_json());
    } else {
        print(evaluation.table().to_text());
        within.iter().for_each(|table| print(table.to_text()));
    }
    Ok(())
}

/// How good the ranking is within groups.
fn within_groups(found: &GroupedRanking, named: &str) -> Table {
    let mut table = Table::new([
        Column::text("measure").titled("Within groups"),
        Column::float("value", 3).titled("Mean"),
        Column::text("meaning").titled("Meaning"),
    ]);
    for (measure, value, meaning) in [
        ("AUROC", found.auroc, "a random positive of a group outranks a random negative of it"),
        ("AUPRC", found.average_precision, "average precision"),
        ("Top 1", found.top_1, "groups whose best-scored row is positive"),
        ("Reciprocal rank", found.mean_reciprocal_rank, "one over the rank of the first positive"),
    ] {
        table.push([measure.into(), value.into(), meaning.into()]);
    }
    table.captioned(format!(
        "By {named}: {} groups with both classes, each counted alike; {} of one class are left out.",
        found.groups, found.left_out
    ))
}

struct Scored {
    labels: Vec<bool>,
    scores: Vec<f64>,
    /// What the columns of the group hold.
    groups: Vec<Vec<String>>,
    unlabelled: usize,
}

fn read(args: &Args) -> Result<Scored> {
    let mut lines = LineReader::open(&args.table)?;
    let mut columns = None;
    let mut scored = Scored { labels: Vec::new(), scores: Vec::new(), groups: Vec::new(), unlabelled: 0 };
    while let Some(line) = lines.next_line()? {
        if line.text.starts_with("##") || line.text.is_empty() {
            continue;
        }
        let fields: Vec<&str> = line.text.trim_start_matches('#').split('\t').collect();
        let Some((label, score, group)) = &columns else {
            let find = |name: &str| {
                let found = fields.iter().position(|field| *field == name);
                found.with_context(|| {
                    format!("{} has no column {name:?}; it has {}", args.table.display(), fields.join(", "))
                })
            };
            let group = args.group.iter().map(|name| find(name)).collect::<Result<Vec<usize>>>()?;
            columns = Some((find(&args.label)?, find(&args.score)?, group));
            continue;
        };
        let (label, score) = (*label, *score);
        let place = || format!("{}, line {}", args.table.display(), line.number);
        let last = group.iter().fold(label.max(score), |last, &column| last.max(column));
        ensure!(fields.len() > last, "{}: {} columns are too few", place(), fields.len());
        match fields[label] {
            "1" | "1.0" => scored.labels.push(true),
            "0" | "0.0" => scored.labels.push(false),
            "." | "" | "NA" => {
                scored.unlabelled += 1;
                continue;
            }
            other => bail!("{}, column {:?}: expected 0, 1 or ., found {other:?}", place(), args.label),
        }
        let value = fields[score].parse();
        let found =
            || format!("{}, column {:?}: expected a number, found {:?}", place(), args.score, fields[score]);
        scored.scores.push(value.with_context(found)?);
        scored.groups.push(group.iter().map(|&column| fields[column].to_owned()).collect());
    }
    ensure!(columns.is_some(), "{} is empty", args.table.display());
    Ok(scored)
}
