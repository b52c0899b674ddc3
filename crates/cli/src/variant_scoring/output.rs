//! Where scored variants go: tables, VCF and Parquet.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use ciskit_core::Contigs;
#[cfg(feature = "parquet")]
use ciskit_seqio::{ColumnKind, ParquetValue, ParquetWriter};
use ciskit_seqio::{SequencePair, TextWriter, VcfHeader, VcfWriter};
use ciskit_variant::{ScoredVariant, Status};

use super::source::Record;

/// What is written of every variant, and in which order.
pub(super) struct Layout {
    /// Whether a variant has an entry a pair.
    pub(super) pairs: bool,
    /// Whether it is told what lies in the training data.
    pub(super) training: bool,
    /// Names of the values.
    pub(super) columns: Vec<String>,
    /// Index of the value by which a VCF, which has one entry a variant, chooses among pairs: that of the largest size.
    pub(super) lead: usize,
    /// Names of the input's own columns.
    pub(super) input: Vec<String>,
}

/// What became of a variant, in a pair where there are pairs.
pub(super) struct Entry<'a> {
    pub(super) pair: Option<&'a str>,
    pub(super) scored: &'a ScoredVariant,
}

/// Columns in front of those of a layout.
const PLACE: [&str; 5] = ["chrom", "pos", "id", "ref", "alt"];

/// One file.
enum Sink {
    Table(TextWriter),
    Vcf {
        writer: Box<VcfWriter>,
        keys: Vec<String>,
    },
    #[cfg(feature = "parquet")]
    Parquet {
        writer: Box<ParquetWriter>,
        kinds: Vec<ColumnKind>,
    },
}

impl Sink {
    /// Writes a row of a table.
    fn row(&mut self, row: &[String]) -> Result<()> {
        match self {
            Self::Table(table) => table.row(row)?,
            Self::Vcf { .. } => bail!("sequences have no place in a VCF"),
            #[cfg(feature = "parquet")]
            Self::Parquet { writer, kinds } => {
                let values: Vec<ParquetValue<'_>> =
                    row.iter().zip(kinds).map(|(text, kind)| typed(text, *kind)).collect();
                writer.row(&values)?;
            }
        }
        Ok(())
    }
}

/// What a text of our tables means in a column of a kind; what is no number there is missing.
#[cfg(feature = "parquet")]
fn typed(text: &str, kind: ColumnKind) -> ParquetValue<'_> {
    match kind {
        ColumnKind::Text => ParquetValue::Text(text),
        ColumnKind::Integer => text.parse().map_or(ParquetValue::Missing, ParquetValue::Integer),
        ColumnKind::Number => text.parse().map_or(ParquetValue::Missing, ParquetValue::Number),
    }
}

/// All files that are written, and how.
pub(super) struct Outputs {
    layout: Layout,
    /// Which of the input's columns are written behind ours: those of other names.
    kept: Vec<usize>,
    sinks: Vec<(PathBuf, Sink)>,
}

impl Outputs {
    /// Creates the files; `contigs` are the genome's, and a file of sequences has none.
    pub(super) fn create(
        paths: &[PathBuf],
        header: &VcfHeader,
        contigs: Option<&Contigs>,
        layout: Layout,
    ) -> Result<Self> {
        let ours = layout.names(contigs.is_some());
        let kept: Vec<usize> =
            (0..layout.input.len()).filter(|&at| !ours.contains(&layout.input[at])).collect();
        let mut names = ours;
        names.extend(kept.iter().map(|&at| layout.input[at].clone()));
        let sinks =
            paths.iter().map(|path| Ok((path.clone(), sink(path, header, contigs, &layout, &names)?)));
        Ok(Self { sinks: sinks.collect::<Result<_>>()?, layout, kept })
    }

    /// Writes a record: for each of its alternatives the entries of its variant. A line of a VCF without alternatives stays as it
    /// is.
    pub(super) fn write(&mut self, record: &Record, entries: &[Vec<Entry<'_>>]) -> Result<()> {
        let Self { layout, kept, sinks } = self;
        for (_, sink) in sinks {
            match sink {
                Sink::Vcf { writer, keys } => {
                    let line = match record {
                        Record::Vcf(record) => record.clone(),
                        Record::Row(row) => row.to_vcf(),
                    };
                    if entries.is_empty() {
                        writer.write(&line)?;
                        continue;
                    }
                    let values = layout.info(entries);
                    let info: Vec<(&str, &str)> =
                        keys.iter().zip(&values).map(|(key, value)| (key.as_str(), value.as_str())).collect();
                    writer.write_with_info(&line, &info)?;
                }
                sink => {
                    for row in layout.rows(record, entries, kept) {
                        sink.row(&row)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes a pair of sequences.
    pub(super) fn write_sequences(&mut self, pair: &SequencePair, scored: &ScoredVariant) -> Result<()> {
        let Self { layout, kept, sinks } = self;
        for (_, sink) in sinks {
            let mut row = vec![pair.name.clone().unwrap_or_else(|| ".".to_owned())];
            row.extend(layout.of_entry(&Entry { pair: None, scored }));
            row.extend(kept.iter().map(|&at| pair.extra[at].clone()));
            sink.row(&row)?;
        }
        Ok(())
    }

    /// Gives the files their names.
    pub(super) fn finish(self) -> Result<()> {
        for (_, sink) in self.sinks {
            match sink {
                Sink::Table(table) => table.finish()?,
                Sink::Vcf { writer, .. } => writer.finish()?,
                #[cfg(feature = "parquet")]
                Sink::Parquet { writer, .. } => writer.finish()?,
            }
        }
        Ok(())
    }
}

fn sink(
    path: &Path,
    header: &VcfHeader,
    contigs: Option<&Contigs>,
    layout: &Layout,
    names: &[String],
) -> Result<Sink> {
    let name = path.to_string_lossy();
    if name.ends_with(".vcf") || name.ends_with(".vcf.gz") || name.ends_with(".vcf.bgz") {
        let Some(contigs) = contigs else {
            bail!("sequences have no place in a VCF: give -o a name ending in .tsv")
        };
        let mut header = header.clone();
        if header.contigs().is_none() {
            header.add_contigs(contigs);
        }
        let keys = layout.keys();
        for ((key, kind), description) in keys.iter().zip(layout.kinds()).zip(layout.descriptions()) {
            header.add_info(key, "A", kind, &description);
        }
        return Ok(Sink::Vcf { writer: Box::new(VcfWriter::create(path, &header)?), keys });
    }
    #[cfg(feature = "parquet")]
    if name.ends_with(".parquet") {
        let kinds = layout.column_kinds(names);
        let columns: Vec<(&String, ColumnKind)> = names.iter().zip(kinds.iter().copied()).collect();
        return Ok(Sink::Parquet { writer: Box::new(ParquetWriter::create(path, &columns)?), kinds });
    }
    ensure!(!name.ends_with(".parquet"), "this build writes no Parquet (feature parquet)");
    let mut table = TextWriter::create(path)?;
    table.line("##ciskit variant-scores format=1")?;
    table.row(names)?;
    Ok(Sink::Table(table))
}

impl Layout {
    /// Names of a table's columns, the input's own ones left out.
    fn names(&self, placed: bool) -> Vec<String> {
        let place: &[&str] = if placed { &PLACE } else { &["name"] };
        let mut names: Vec<String> = place.iter().map(|name| (*name).to_owned()).collect();
        names.extend(self.pairs.then(|| "pair".to_owned()));
        names.push("status".to_owned());
        names.extend(self.columns.iter().cloned());
        names.push("genome_allele".to_owned());
        names.extend(self.training.then(|| "in_training".to_owned()));
        names
    }

    /// What the columns of these names hold.
    #[cfg(feature = "parquet")]
    fn column_kinds(&self, names: &[String]) -> Vec<ColumnKind> {
        let kind = |name: &String| match name.as_str() {
            "pos" | "in_training" => ColumnKind::Integer,
            _ if self.columns.contains(name) => ColumnKind::Number,
            _ => ColumnKind::Text,
        };
        names.iter().map(kind).collect()
    }

    /// The rows of a record: one an alternative and pair.
    fn rows(&self, record: &Record, entries: &[Vec<Entry<'_>>], kept: &[usize]) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let place = record.place();
        for (alternative, of_variant) in record.alternatives().iter().zip(entries) {
            for entry in of_variant {
                let mut row = place.to_vec();
                row.push(alternative.to_string());
                row.extend(self.of_entry(entry));
                row.extend(kept.iter().map(|&at| record.columns()[at].clone()));
                rows.push(row);
            }
        }
        rows
    }

    /// Pair, status, values, the genome's allele, and whether it was trained on.
    fn of_entry(&self, entry: &Entry<'_>) -> Vec<String> {
        let scored = entry.scored;
        let mut fields = Vec::with_capacity(self.columns.len() + 4);
        fields.extend(self.pairs.then(|| entry.pair.unwrap_or(".").to_owned()));
        fields.push(scored.status.name().to_owned());
        fields.extend((0..self.columns.len()).map(|column| self.number(scored, column, "NA")));
        fields.push(match &scored.status {
            Status::ReferenceMismatch { genome } => genome.clone(),
            _ => ".".to_owned(),
        });
        fields.extend(self.training.then(|| match scored.in_training {
            Some(inside) => u8::from(inside).to_string(),
            None => "NA".to_owned(),
        }));
        fields
    }

    /// A value as text. What a model gave is of 32 bits, and has no more digits than that.
    fn number(&self, scored: &ScoredVariant, column: usize, missing: &str) -> String {
        let name = &self.columns[column];
        let raw = name.ends_with("_ref") || name.ends_with("_alt");
        match scored.values.get(column) {
            Some(value) if raw && value.is_finite() && f64::from(*value as f32) == *value => {
                (*value as f32).to_string()
            }
            Some(value) if value.is_finite() => value.to_string(),
            _ => missing.to_owned(),
        }
    }

    /// Keys of INFO.
    fn keys(&self) -> Vec<String> {
        let mut keys = vec!["CISKIT_STATUS".to_owned()];
        keys.extend(self.pairs.then(|| "CISKIT_PAIR".to_owned()));
        for column in &self.columns {
            let plain =
                |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
            let key: String = format!("CISKIT_{}", column.chars().map(plain).collect::<String>());
            // Names that differ in other letters only.
            let same = keys.iter().filter(|other| **other == key || other.starts_with(&format!("{key}.")));
            let same = same.count();
            keys.push(if same == 0 { key } else { format!("{key}.{}", same + 1) });
        }
        keys.extend(self.training.then(|| "CISKIT_IN_TRAINING".to_owned()));
        keys
    }

    fn kinds(&self) -> Vec<&'static str> {
        let mut kinds = vec!["String"];
        kinds.extend(self.pairs.then_some("String"));
        kinds.extend(self.columns.iter().map(|_| "Float"));
        kinds.extend(self.training.then_some("Integer"));
        kinds
    }

    fn descriptions(&self) -> Vec<String> {
        let mut texts =
            vec!["What became of the allele: scored, ref-mismatch, out-of-bounds, ...".to_owned()];
        texts.extend(self.pairs.then(|| {
            format!("Enhancer-promoter pair with the largest absolute {}", self.columns[self.lead])
        }));
        texts.extend(self.columns.iter().map(|column| format!("Score {column} of ciskit")));
        texts.extend(self.training.then(|| "1 if the model was trained on this place, 0 if not".to_owned()));
        texts
    }

    /// The values of a record's INFO, in the order of the keys.
    fn info(&self, entries: &[Vec<Entry<'_>>]) -> Vec<String> {
        let size = |entry: &&Entry<'_>| {
            let value = entry.scored.values.get(self.lead).copied().unwrap_or(f64::NAN).abs();
            if value.is_nan() { -1.0 } else { value }
        };
        // The first of equal ones, so that the choice depends on nothing else.
        let strongest = entries.iter().filter_map(|of_variant| {
            of_variant.iter().reduce(|a, b| if size(&b) > size(&a) { b } else { a })
        });
        let strongest: Vec<&Entry<'_>> = strongest.collect();
        let joined = |of: &dyn Fn(&Entry<'_>) -> String| {
            strongest.iter().map(|entry| of(entry)).collect::<Vec<_>>().join(",")
        };
        let mut values = vec![joined(&|entry| entry.scored.status.name().to_owned())];
        // INFO has no place for these letters in a value.
        let plain = |text: &str| text.replace([' ', ';', '=', ','], "_");
        values.extend(self.pairs.then(|| joined(&|entry| plain(entry.pair.unwrap_or(".")))));
        values.extend(
            (0..self.columns.len()).map(|column| joined(&|entry| self.number(entry.scored, column, "."))),
        );
        values.extend(self.training.then(|| {
            joined(&|entry| {
                entry.scored.in_training.map_or(".".to_owned(), |inside| u8::from(inside).to_string())
            })
        }));
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(columns: &[&str]) -> Layout {
        Layout {
            pairs: false,
            training: false,
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            lead: 0,
            input: Vec::new(),
        }
    }

    #[test]
    fn keys_of_info_are_legal_and_distinct() {
        let keys = layout(&["DNASE:K562 (+)", "DNASE:K562 (-)", "logit_ref", "DNASE:K562_(+)"]).keys();
        assert_eq!(
            keys,
            [
                "CISKIT_STATUS",
                "CISKIT_DNASE_K562____",
                "CISKIT_DNASE_K562____.2",
                "CISKIT_LOGIT_REF",
                "CISKIT_DNASE_K562____.3"
            ]
        );
    }

    #[test]
    fn of_several_pairs_the_strongest_is_told_and_the_first_of_equals() {
        let of =
            |value: f64| ScoredVariant { status: Status::Scored, values: vec![value], in_training: None };
        let (weak, strong, equal) = (of(0.1), of(-0.5), of(0.5));
        let mut layout = layout(&["logit_difference"]);
        layout.pairs = true;
        let entries = vec![vec![
            Entry { pair: Some("a"), scored: &weak },
            Entry { pair: Some("b;c"), scored: &strong },
            Entry { pair: Some("d"), scored: &equal },
        ]];
        assert_eq!(layout.info(&entries), ["scored", "b_c", "-0.5"]);
    }
}
