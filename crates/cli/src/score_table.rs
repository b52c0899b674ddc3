//! `scores.tsv`: one row a pair, its scores first, then the input's own columns.

use std::path::Path;

use anyhow::Result;
use ciskit_dataset::{PairSource, pair_name};
use ciskit_seqio::TextWriter;

use crate::pair_input::PairInput;

/// Scores of some rows of an input.
pub(crate) struct ScoreTable<'a> {
    pub(crate) input: &'a PairInput,
    /// Rows of the input, in the order in which they are written.
    pub(crate) rows: &'a [usize],
    /// Logits of these rows.
    pub(crate) logits: &'a [f32],
    /// Further columns, each a name and a value a row.
    pub(crate) further: &'a [(&'a str, Vec<String>)],
}

/// 1 / (1 + e^−x), in f64.
pub(crate) fn sigmoid(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

impl ScoreTable<'_> {
    /// Writes the table to a file.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        self.write_to(TextWriter::create(path)?)
    }

    /// Writes the table: a line with the format, a header, a line a row.
    pub(crate) fn write_to(&self, mut writer: TextWriter) -> Result<()> {
        writer.line("##ciskit scores format=1")?;
        let further = self.further.iter().map(|(name, _)| *name);
        let own = self.input.columns.iter().map(String::as_str);
        writer.row(["name", "logit", "probability"].into_iter().chain(further).chain(own))?;
        for (index, (&row, &logit)) in self.rows.iter().zip(self.logits).enumerate() {
            let scores =
                [pair_name(&self.input.source.pairs()[row]), logit.to_string(), sigmoid(logit).to_string()];
            let further = self.further.iter().map(|(_, values)| values[index].clone());
            writer.row(scores.into_iter().chain(further).chain(self.input.rows[row].iter().cloned()))?;
        }
        writer.finish()?;
        Ok(())
    }
}
