//! What scores of ordinary variants look like.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::EffectScoreError;
use crate::Status;

/// How a table of scored variants begins.
const SCORED: &str = "##ciskit variant-scores ";

/// Values of a score for a background of variants (common ones, say), column by column.
///
/// ```
/// use ciskit_variant::scores::Background;
///
/// let background = Background::new([("ATAC", vec![0.3, -0.1, 0.1, 0.1])]);
/// assert_eq!(background.quantile("ATAC", 0.2), Some(0.75));
/// assert_eq!(background.quantile("ATAC", 0.1), Some(0.5)); // ties count by half: one below, two equal
/// assert_eq!(background.quantile("CAGE", 0.1), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Background {
    /// Sorted values of each column; none is NaN.
    columns: BTreeMap<String, Vec<f64>>,
}

impl Background {
    /// A background of named columns. NaN counts as missing and is left out.
    pub fn new(columns: impl IntoIterator<Item = (impl Into<String>, Vec<f64>)>) -> Self {
        let sorted = |mut values: Vec<f64>| {
            values.retain(|value| !value.is_nan());
            values.sort_by(f64::total_cmp);
            values
        };
        Self { columns: columns.into_iter().map(|(name, values)| (name.into(), sorted(values))).collect() }
    }

    /// Reads a table, plain or gzip: a line of column names set apart by tabs, then a line a variant with a number for each, or
    /// `NA`, `.` or nothing where there is none. Lines that start with `##` are passed over.
    ///
    /// A table of scored variants, which its first line calls `##ciskit variant-scores`, gives the columns of its scores (those from
    /// `status` to `genome_allele`) for its variants, each once: of status `scored` or `alleles-swapped`.
    ///
    /// # Errors
    ///
    /// [`EffectScoreError::Read`], or [`EffectScoreError::Background`] for a file without a header, a name that occurs twice, a
    /// row of another length, and anything that is no number.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, EffectScoreError> {
        let path = path.as_ref();
        let file =
            File::open(path).map_err(|source| EffectScoreError::Read { path: path.to_path_buf(), source })?;
        let mut file = BufReader::new(file);
        let first =
            file.fill_buf().map_err(|source| EffectScoreError::Read { path: path.to_path_buf(), source })?;
        match first.starts_with(&[0x1f, 0x8b]) {
            true => Self::from_reader(BufReader::new(MultiGzDecoder::new(file)), path),
            false => Self::from_reader(file, path),
        }
    }

    /// Reads a table from anything that messages call `name`: as [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    ///
    /// ```
    /// use ciskit_variant::scores::Background;
    ///
    /// let table = "ATAC\tCAGE\n0.5\t1\n-0.5\tNA\n";
    /// let background = Background::from_reader(table.as_bytes(), "common.tsv")?;
    /// assert_eq!((background.values("ATAC"), background.values("CAGE")), (&[-0.5, 0.5][..], &[1.0][..]));
    /// let error = Background::from_reader("ATAC\nhigh\n".as_bytes(), "common.tsv").unwrap_err();
    /// assert_eq!(error.to_string(), "common.tsv, line 2: expected a number or NA as ATAC, found \"high\"");
    /// # Ok::<(), ciskit_variant::scores::EffectScoreError>(())
    /// ```
    pub fn from_reader(reader: impl BufRead, name: impl AsRef<Path>) -> Result<Self, EffectScoreError> {
        let path = name.as_ref();
        let refuse = |line, expected: String, found: &str| EffectScoreError::Background {
            path: path.to_path_buf(),
            line,
            expected,
            found: found.chars().take(60).collect(),
        };
        let (mut names, mut columns) = (Vec::<String>::new(), Vec::<Vec<f64>>::new());
        // Of a table of scored variants, the index of the status; the columns behind it are those that count.
        let (mut scored, mut status, mut used) = (false, None, 0..0);
        for (number, line) in (1..).zip(reader.lines()) {
            let line = line.map_err(|source| EffectScoreError::Read { path: path.to_path_buf(), source })?;
            if line.starts_with("##") {
                scored |= line.starts_with(SCORED);
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            if names.is_empty() {
                for (index, name) in fields.iter().enumerate() {
                    if name.is_empty() || fields[..index].contains(name) {
                        return Err(refuse(number, "column names, each once".into(), name));
                    }
                }
                names = fields.into_iter().map(str::to_owned).collect();
                columns = vec![Vec::new(); names.len()];
                used = 0..names.len();
                if scored {
                    let at = |wanted: &str| names.iter().position(|name| name == wanted);
                    let (Some(first), Some(end)) = (at("status"), at("genome_allele")) else {
                        return Err(refuse(number, "the columns status and genome_allele".into(), &line));
                    };
                    (status, used) = (Some(first), first + 1..end);
                }
                continue;
            }
            if fields.len() != names.len() {
                let found = format!("{} columns", fields.len());
                return Err(refuse(number, format!("{} columns", names.len()), &found));
            }
            if status.is_some_and(|status| !counts(fields[status])) {
                continue;
            }
            let fields = fields.into_iter().zip(&names).zip(&mut columns);
            for ((field, name), column) in fields.take(used.end).skip(used.start) {
                match field.parse::<f64>() {
                    Ok(value) => column.push(value),
                    Err(_) if ["NA", ".", ""].contains(&field) => {}
                    Err(_) => return Err(refuse(number, format!("a number or NA as {name}"), field)),
                }
            }
        }
        if names.is_empty() {
            return Err(refuse(1, "a line of column names".into(), ""));
        }
        Ok(Self::new(names.into_iter().zip(columns).take(used.end).skip(used.start)))
    }

    /// The values of a column, ascending; empty for one that is not there.
    #[must_use]
    pub fn values(&self, column: &str) -> &[f64] {
        self.columns.get(column).map_or(&[], Vec::as_slice)
    }

    /// Which of some columns have no values here.
    pub fn missing<'a>(&self, columns: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        columns.into_iter().filter(|column| self.values(column).is_empty()).collect()
    }

    /// The share of a column's values that lie below `value`, those equal to it counted by half; from 0 to 1, and never less
    /// for a larger value. `None` without values, or for NaN.
    ///
    /// *Cost*: two binary searches.
    #[must_use]
    pub fn quantile(&self, column: &str, value: f64) -> Option<f64> {
        let values = self.values(column);
        if values.is_empty() || value.is_nan() {
            return None;
        }
        let below = values.partition_point(|other| *other < value);
        let not_above = values.partition_point(|other| *other <= value);
        Some((below + not_above) as f64 / (2 * values.len()) as f64)
    }
}

/// Whether a row of a table of scored variants counts: a duplicate is there already.
fn counts(status: &str) -> bool {
    [Status::Scored, Status::AllelesSwapped].iter().any(|counted| counted.name() == status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_are_none_say_where() {
        let message = |text: &str| Background::from_reader(text.as_bytes(), "b").unwrap_err().to_string();
        assert_eq!(message(""), "b, line 1: expected a line of column names, found \"\"");
        assert_eq!(message("a\ta\n"), "b, line 1: expected column names, each once, found \"a\"");
        assert_eq!(message("##x\na\tb\n1\n"), "b, line 3: expected 2 columns, found \"1 columns\"");
        assert!(Background::open("no such file").unwrap_err().to_string().contains("no such file"));
    }

    #[test]
    fn scored_variants_are_a_background_plain_or_packed() {
        let table = "##ciskit variant-scores format=1\nchrom\tpos\tstatus\tlogit_difference\tgenome_allele\tbeta\n\
                     chr1\t5\tscored\t0.5\t.\thigh\nchr1\t6\tref-mismatch\tNA\tA\t1\nchr1\t5\tduplicate\t0.5\t.\t2\n\
                     chr1\t7\talleles-swapped\t-1\t.\t3\n";
        let folder = tempfile::tempdir().unwrap();
        let (plain, packed) = (folder.path().join("b.tsv"), folder.path().join("b.tsv.gz"));
        std::fs::write(&plain, table).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, table.as_bytes()).unwrap();
        std::fs::write(&packed, encoder.finish().unwrap()).unwrap();
        for path in [plain, packed] {
            let background = Background::open(path).unwrap();
            assert_eq!(background.values("logit_difference"), [-1.0, 0.5]);
            assert!(["pos", "beta", "chrom"].iter().all(|column| background.values(column).is_empty()));
        }
        let other = table.replace("status", "state");
        let message = Background::from_reader(other.as_bytes(), "b").unwrap_err().to_string();
        assert!(message.starts_with("b, line 2: expected the columns status and genome_allele"), "{message}");
    }

    #[test]
    fn missing_values_are_left_out() {
        let background = Background::from_reader("a\tb\nNaN\t.\n2\tNA\ninf\t\n".as_bytes(), "b").unwrap();
        assert_eq!(background.values("a"), [2.0, f64::INFINITY]);
        assert_eq!(background.missing(["a", "b", "c"]), ["b", "c"]);
        assert_eq!(background.quantile("a", f64::NAN), None);
        // Zeros of either sign are one value.
        let zeros = Background::new([("a", vec![-0.0, 0.0])]);
        assert_eq!((zeros.quantile("a", 0.0), zeros.quantile("a", -0.0)), (Some(0.5), Some(0.5)));
    }
}
