//! `ciskit evaluate`

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use ciskit_core::Scale;
use ciskit_report::{Evaluation, Metrics, Page, evaluation_section};
use ciskit_seqio::LineReader;

use crate::progress::print;

/// Measure scores against labels
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit evaluate scores.tsv --label label --score probability --json

Reads any tab-separated table with a header (lines that start with ## are skipped; plain or gzip). Labels are 1 and 0;
rows with another label (.) are left out and counted.")]
pub(crate) struct Args {
    /// Table of scores (TSV)
    table: PathBuf,
    /// Column of the labels
    #[arg(long, default_value = "label")]
    label: String,
    /// Column of the scores
    #[arg(long, default_value = "probability")]
    score: String,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Also write a report with curves
    #[arg(long, value_name = "HTML")]
    report: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let Scored { labels, scores, unlabelled } = read(args)?;
    if unlabelled > 0 {
        crate::progress::say(format!("{unlabelled} rows without label are left out"));
    }
    let scale = match scores.iter().all(|score| (0.0..=1.0).contains(score)) {
        true if args.score.contains("prob") => Scale::Probability,
        _ => Scale::Raw,
    };
    let evaluation =
        Evaluation::of(&labels, &scores, scale).with_context(|| args.table.display().to_string())?;
    if let Some(path) = &args.report {
        let section = evaluation_section("Scores", &args.score, &labels, &scores, scale)?;
        Page::new(args.table.display().to_string()).section(section).write(path)?;
    }
    if args.json {
        print(Metrics::of(evaluation).to_json());
    } else {
        print(evaluation.table().to_text());
    }
    Ok(())
}

struct Scored {
    labels: Vec<bool>,
    scores: Vec<f64>,
    unlabelled: usize,
}

fn read(args: &Args) -> Result<Scored> {
    let mut lines = LineReader::open(&args.table)?;
    let mut columns = None;
    let mut scored = Scored { labels: Vec::new(), scores: Vec::new(), unlabelled: 0 };
    while let Some(line) = lines.next_line()? {
        if line.text.starts_with("##") || line.text.is_empty() {
            continue;
        }
        let fields: Vec<&str> = line.text.trim_start_matches('#').split('\t').collect();
        let Some((label, score)) = columns else {
            let find = |name: &str| {
                let found = fields.iter().position(|field| *field == name);
                found.with_context(|| {
                    format!("{} has no column {name:?}; it has {}", args.table.display(), fields.join(", "))
                })
            };
            columns = Some((find(&args.label)?, find(&args.score)?));
            continue;
        };
        let place = || format!("{}, line {}", args.table.display(), line.number);
        ensure!(fields.len() > label.max(score), "{}: {} columns are too few", place(), fields.len());
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
    }
    ensure!(columns.is_some(), "{} is empty", args.table.display());
    Ok(scored)
}
