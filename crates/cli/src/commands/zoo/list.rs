//! `ciskit zoo list`

use ciskit_zoo::{Entry, Parameters, catalogue};
use serde_json::{Value, json};

use crate::progress::print;

/// Published models that are built in: what they read, how large they are, where weights are and under which licence
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit zoo list
  ciskit zoo list --json

Weights are not part of ciskit and are never fetched: their licence is between their authors and you.")]
pub(crate) struct Args {
    /// Print one JSON list of objects, with papers and architectures
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) {
    if args.json {
        return print(format_args!("{:#}", Value::from_iter(catalogue().map(object))));
    }
    let header = ["model", "reads", "parameters", "licence of weights", "weights"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(header).chain(catalogue().map(row)).collect();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
            line += &format!("{cell:width$}  ");
        }
        print(line.trim_end());
    }
}

fn object(entry: &'static Entry) -> Value {
    let parameters = match entry.parameters {
        Parameters::Exactly(count) => Value::from(count),
        Parameters::OfFile => Value::Null,
    };
    json!({
        "name": entry.name,
        "family": entry.family,
        "architecture": entry.architecture,
        "input": entry.input,
        "parameters": parameters,
        "code_licence": entry.code_licence,
        "weights_licence": entry.weights_licence,
        "published": entry.published,
        "paper": entry.paper,
    })
}

fn row(entry: &'static Entry) -> [String; 5] {
    let parameters = match entry.parameters {
        Parameters::Exactly(count) => millions(count),
        Parameters::OfFile => "of the file".to_owned(),
    };
    [entry.name, entry.input, &parameters, entry.weights_licence, entry.published].map(str::to_owned)
}

/// `889.98 M`, or all digits of what is less than a million.
fn millions(count: u64) -> String {
    if count < 1_000_000 { count.to_string() } else { format!("{:.2} M", count as f64 / 1e6) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_millions() {
        assert_eq!(millions(889_979_983), "889.98 M");
        assert_eq!(millions(97_843), "97843");
    }
}
