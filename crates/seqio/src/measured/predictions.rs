//! Predictions of any number of models, joined with measurements by key.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ciskit_core::Variant;

use super::column::{Column, table};
use super::columns::KEYS;
use crate::{Header, LineReader, MeasuredEffect, Row, TableError};

/// What `ciskit variants score` writes of a variant beside its scores.
const OF_SCORES: [&str; 4] = ["pair", "status", "genome_allele", "in_training"];

/// Whether a column of this name can be a model's: it belongs neither to the unified table nor to what a table of scored
/// variants says of them.
fn is_model(name: &str) -> bool {
    !name.is_empty() && !OF_SCORES.contains(&name) && KEYS.iter().all(|(_, known)| *known != name)
}

/// A table of predictions: a row a variant, a column a model.
///
/// Rows are told apart by `dataset` and `row` where the header has both, else by `chrom`, `pos`, `ref` and `alt`
/// (1-based; letters of either case, contigs with or without `chr`), else by `variant` or `id`. All further columns
/// are models, but for those of the unified table and what a table of scored variants says beside the scores (`status`, …);
/// `NA`, `NaN`, `.` and nothing are missing predictions; infinite ones are kept as they are, and who compares them with
/// measurements leaves them out as if they were missing.
///
/// ```
/// use ciskit_seqio::{LineReader, PredictionTable};
///
/// let text = "variant\tsei\tborzoi\nrs1\t0.5\tNA\nrs2\t-1\t2\n";
/// let table = PredictionTable::from_lines(LineReader::new(text.as_bytes(), "p.tsv")?)?;
/// assert_eq!(table.models(), ["sei", "borzoi"]);
/// assert_eq!(table.of_id("rs1").unwrap(), [Some(0.5), None]);
/// assert!(table.of_id("rs3").is_none());
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PredictionTable {
    path: PathBuf,
    kind: KeyKind,
    models: Vec<String>,
    /// Where the values of a key start.
    rows: HashMap<String, usize>,
    values: Vec<Option<f64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    Row,
    Place,
    Id,
}

impl PredictionTable {
    /// Reads a table, plain or gzip.
    ///
    /// # Errors
    ///
    /// [`TableError::MissingColumn`] without a key or without a model, [`TableError::DuplicateKey`] for a key that
    /// occurs twice, [`TableError::Value`] for what is no number.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads a table whose rows are told apart by `variant` or `id`, whatever other keys it has. Rows without an identifier
    /// are left out: nobody can ask for them.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    ///
    /// ```
    /// use ciskit_seqio::PredictionTable;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("scored.tsv");
    /// std::fs::write(&path, "chrom\tpos\tid\tref\talt\tstatus\tsei\n1\t5\trs1\tA\tC\tscored\t0.5\n1\t6\t.\tA\tC\tscored\t1\n")?;
    /// let table = PredictionTable::open_by_id(&path)?;
    /// assert_eq!((table.models(), table.len()), (&["sei".to_owned()][..], 1));
    /// assert_eq!(table.of_id("rs1"), Some(&[Some(0.5)][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_by_id(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::read(LineReader::open(path)?, true)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader) -> Result<Self, TableError> {
        Self::read(lines, false)
    }

    fn read(lines: LineReader, by_id: bool) -> Result<Self, TableError> {
        let path = lines.path().to_path_buf();
        let mut table = table(lines)?;
        let header = table.header();
        let (kind, keys) = keys(header, by_id)?;
        let is_key = |name: &String| keys.iter().any(|(key, _)| key == name);
        let models: Vec<String> =
            header.names().iter().filter(|name| !is_key(name) && is_model(name)).cloned().collect();
        if models.is_empty() {
            return Err(header.missing("MODEL"));
        }
        let columns: Vec<Column> =
            models.iter().map(|model| Column::require(header, model)).collect::<Result<_, _>>()?;
        let (mut rows, mut lines_of, mut values) = (HashMap::new(), Vec::new(), Vec::new());
        while let Some(row) = table.next_row()? {
            if by_id && keys.iter().any(|(_, key)| key.known(&row).is_none()) {
                continue;
            }
            let key = key_of(kind, &keys, &row)?;
            if let Some(start) = rows.insert(key.clone(), values.len()) {
                let (path, line) = (path.clone(), row.line());
                return Err(TableError::DuplicateKey {
                    path,
                    line,
                    key: key.replace('\t', " "),
                    first: lines_of[start / models.len()],
                });
            }
            lines_of.push(row.line());
            for column in &columns {
                values.push(column.number(&row)?);
            }
        }
        Ok(Self { path, kind, models, rows, values })
    }

    /// Names of the models in the order of their columns.
    #[must_use]
    pub fn models(&self) -> &[String] {
        &self.models
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether rows are told apart by identifiers.
    #[must_use]
    pub fn has_ids(&self) -> bool {
        self.kind == KeyKind::Id
    }

    /// The predictions for a variant's identifier, one a model; `None` if it has no row, or if rows are not told apart
    /// by identifiers.
    #[must_use]
    pub fn of_id(&self, id: &str) -> Option<&[Option<f64>]> {
        self.row((self.kind == KeyKind::Id).then_some(id)?)
    }

    /// The predictions for a measurement, one a model; `None` if it has no row.
    #[must_use]
    pub fn of(&self, effect: &MeasuredEffect) -> Option<&[Option<f64>]> {
        self.row(&self.key(effect)?)
    }

    /// The predictions of each model for each measurement: a vector a model, in the order of
    /// [`models`](Self::models).
    ///
    /// # Errors
    ///
    /// [`TableError::MissingKeys`] if a measurement has no row; with `partial` it has no predictions instead.
    ///
    /// ```
    /// # use ciskit_core::{Allele, Variant};
    /// # use ciskit_seqio::{LineReader, MeasuredEffect, PredictionTable};
    /// let text = "dataset,row,sei\na,0,0.5\n";
    /// let table = PredictionTable::from_lines(LineReader::new(text.as_bytes(), "p.csv")?)?;
    /// let variant = Variant::new("chr1", 9, b"A", Allele::from_vcf("C"))?;
    /// let first = MeasuredEffect::new(variant, Some(1.0), "a");
    /// let second = MeasuredEffect { row: 1, ..first.clone() };
    /// assert_eq!(table.join(&[first.clone()], false)?, [[Some(0.5)]]);
    /// assert_eq!(table.join(&[first.clone(), second.clone()], true)?, [[Some(0.5), None]]);
    /// let error = table.join(&[first, second], false).unwrap_err().to_string();
    /// assert_eq!(error, "p.csv has no row for 1 of 2 measurements, the first of which is a, row 1 (chr1:10:A>C)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn join(
        &self,
        effects: &[MeasuredEffect],
        partial: bool,
    ) -> Result<Vec<Vec<Option<f64>>>, TableError> {
        let missing = || effects.iter().filter(|effect| self.of(effect).is_none());
        if let (false, Some(first)) = (partial, missing().next()) {
            return Err(TableError::MissingKeys {
                path: self.path.clone(),
                missing: missing().count(),
                of: effects.len(),
                first: format!("{}, row {} ({})", first.dataset, first.row, first.variant),
            });
        }
        let mut joined = vec![Vec::with_capacity(effects.len()); self.models.len()];
        for effect in effects {
            let row = self.of(effect);
            for (model, values) in joined.iter_mut().enumerate() {
                values.push(row.and_then(|row| row[model]));
            }
        }
        Ok(joined)
    }

    fn row(&self, key: &str) -> Option<&[Option<f64>]> {
        let start = *self.rows.get(key)?;
        self.values.get(start..start + self.models.len())
    }

    fn key(&self, effect: &MeasuredEffect) -> Option<String> {
        let Variant { id, .. } = &effect.variant;
        let variant = &effect.variant;
        match self.kind {
            KeyKind::Row => Some(format!("{}\t{}", effect.dataset, effect.row)),
            KeyKind::Place => Some(place(
                variant.contig().as_str(),
                variant.start() + 1,
                &String::from_utf8_lossy(variant.reference()),
                &variant.alternative().to_string(),
            )),
            KeyKind::Id => id.as_deref().map(str::to_owned),
        }
    }
}

/// The columns that tell rows apart.
fn keys(header: &Header, by_id: bool) -> Result<(KeyKind, Vec<(String, Column)>), TableError> {
    let found = |names: &[&str]| -> Option<Vec<(String, Column)>> {
        names.iter().map(|name| Some(((*name).to_owned(), Column::find(header, name)?))).collect()
    };
    let kinds = [
        (KeyKind::Row, &["dataset", "row"][..]),
        (KeyKind::Place, &["chrom", "pos", "ref", "alt"]),
        (KeyKind::Id, &["variant"]),
        (KeyKind::Id, &["id"]),
    ];
    kinds
        .into_iter()
        .filter(|(kind, _)| !by_id || *kind == KeyKind::Id)
        .find_map(|(kind, names)| Some((kind, found(names)?)))
        .ok_or_else(|| match by_id {
            true => header.missing("id"),
            false => header.missing("dataset, row; chrom, pos, ref, alt; variant; or id"),
        })
}

fn key_of(kind: KeyKind, keys: &[(String, Column)], row: &Row<'_>) -> Result<String, TableError> {
    match (kind, keys) {
        (KeyKind::Row, [(_, dataset), (_, number)]) => {
            Ok(format!("{}\t{}", dataset.text(row)?, number.count(row)?))
        }
        (KeyKind::Place, [(_, chrom), (_, position), (_, reference), (_, alternative)]) => {
            Ok(place(chrom.text(row)?, position.count(row)?, reference.text(row)?, alternative.text(row)?))
        }
        (_, keys) => keys.iter().map(|(_, key)| key.text(row)).collect(),
    }
}

/// The key of a place: contigs without `chr`, letters upper-case.
fn place(chrom: &str, position: u64, reference: &str, alternative: &str) -> String {
    let chrom = chrom.strip_prefix("chr").unwrap_or(chrom);
    format!("{chrom}\t{position}\t{}\t{}", reference.to_ascii_uppercase(), alternative.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use ciskit_core::Allele;

    use super::*;

    fn table(text: &str) -> Result<PredictionTable, String> {
        let lines = LineReader::new(std::io::Cursor::new(text.to_owned()), "p.tsv").unwrap();
        PredictionTable::from_lines(lines).map_err(|error| error.to_string())
    }

    #[test]
    fn places_are_found_whatever_their_spelling() {
        let table = table("chrom\tpos\tref\talt\tid\tsei\n1\t10\ta\tc\trs1\t0.5\n").unwrap();
        assert_eq!(table.models(), ["sei"]);
        let effect = |alternative: &str| {
            let variant = Variant::new("chr1", 9, b"A", Allele::from_vcf(alternative)).unwrap();
            MeasuredEffect::new(variant, None, "any")
        };
        assert_eq!(table.of(&effect("C")), Some(&[Some(0.5)][..]));
        assert_eq!(table.of(&effect("T")), None);
        assert_eq!(table.of_id("rs1"), None);
    }

    #[test]
    fn tables_that_are_none() {
        for (text, message) in [
            ("chrom\tpos\tsei\n", "p.tsv, line 1: expected a column named \"dataset, row; chrom"),
            ("id\tp\n", "expected a column named \"MODEL\""),
            (
                "id\tsei\nrs1\t1\nrs2\t1\nrs1\t2\n",
                "p.tsv, line 4: rs1 has a row already, in line 2; keys must differ",
            ),
            (
                "id\tsei\nrs1\thigh\n",
                "p.tsv, line 2, column 2 (sei): expected a number or NA, found \"high\"",
            ),
            ("id\tsei\n.\t1\n", "column 1 (id): expected a value"),
        ] {
            let error = table(text).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
