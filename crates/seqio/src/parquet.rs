//! Parquet: tables in columns that know their types, for pandas, polars, R and DuckDB.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::Type;

use crate::TableError;
use crate::text::{Destination, failed};

mod column;

use column::{Column, field};
pub use column::{ColumnKind, ParquetValue};

/// Most rows and most bytes of text in memory before they are written as a group.
const GROUP: Size = Size { rows: 1 << 16, bytes: 1 << 25 };

/// Writes a Parquet file row by row.
///
/// The file has a temporary name until [`finish`](Self::finish), as with [`TextWriter`](crate::TextWriter); `-` is
/// standard output. Columns are compressed by Snappy, which every reader knows. The same rows give the same bytes.
///
/// # Cost
///
/// Memory of one group of rows: at most 65,536 of them, or 32 MiB of text.
///
/// ```
/// use ciskit_seqio::{ColumnKind, ParquetValue, ParquetWriter};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("scores.parquet");
/// let columns = [("chrom", ColumnKind::Text), ("pos", ColumnKind::Integer), ("logit", ColumnKind::Number)];
/// let mut writer = ParquetWriter::create(&path, &columns)?;
/// writer.row(&[ParquetValue::Text("chr1"), ParquetValue::Integer(7), ParquetValue::Number(-0.5)])?;
/// writer.row(&[ParquetValue::Text("chr1"), ParquetValue::Integer(9), ParquetValue::Missing])?;
/// let error = writer.row(&[ParquetValue::Text("chr1"), ParquetValue::Text("9"), ParquetValue::Missing]).unwrap_err();
/// assert!(error.to_string().ends_with("column \"pos\" holds whole numbers"));
/// assert!(!path.exists());
/// writer.finish()?;
/// assert_eq!(std::fs::read(&path)?[..4], *b"PAR1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ParquetWriter {
    path: PathBuf,
    file: SerializedFileWriter<Destination>,
    names: Vec<String>,
    columns: Vec<Column>,
    /// What is in memory.
    held: Size,
    most: Size,
}

#[derive(Clone, Copy, Default)]
struct Size {
    rows: usize,
    bytes: usize,
}

impl ParquetWriter {
    /// Starts a file of columns of these names and kinds.
    ///
    /// # Errors
    ///
    /// [`TableError::Unwritable`] without a column, or for two of one name; [`TableError::Write`] if the folder is
    /// missing or cannot be written, or if the path is a folder.
    pub fn create<N: AsRef<str>>(
        path: impl AsRef<Path>,
        columns: &[(N, ColumnKind)],
    ) -> Result<Self, TableError> {
        Self::with_groups(path.as_ref(), columns, GROUP)
    }

    fn with_groups<N: AsRef<str>>(
        path: &Path,
        columns: &[(N, ColumnKind)],
        most: Size,
    ) -> Result<Self, TableError> {
        let names: Vec<String> = columns.iter().map(|(name, _)| name.as_ref().to_owned()).collect();
        if names.is_empty() {
            return Err(TableError::unwritable(path, "", "a table has at least one column"));
        }
        if let Some(twice) = (1..names.len()).find(|&index| names[..index].contains(&names[index])) {
            return Err(TableError::unwritable(path, &names[twice], "another column has this name"));
        }
        let kinds = columns.iter().map(|(_, kind)| *kind);
        let broken = |error| TableError::unwritable(path, names.join(", "), format!("{error}"));
        let fields = names.iter().zip(kinds.clone()).map(|(name, kind)| field(name, kind).map(Arc::new));
        let fields = fields.collect::<Result<_, _>>().map_err(broken)?;
        let schema = Type::group_type_builder("schema").with_fields(fields).build().map_err(broken)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let (destination, path) = Destination::create(path)?;
        let file = SerializedFileWriter::new(destination, Arc::new(schema), Arc::new(properties))
            .map_err(|error| failed(&path)(cause(error)))?;
        Ok(Self { path, file, names, columns: kinds.map(Column::new).collect(), held: Size::default(), most })
    }

    /// Writes one row.
    ///
    /// # Errors
    ///
    /// [`TableError::Unwritable`] for a row of another number of values, or a value of another kind than its column's:
    /// the row is not written then. [`TableError::Write`] if writing fails.
    pub fn row(&mut self, values: &[ParquetValue<'_>]) -> Result<(), TableError> {
        if values.len() != self.columns.len() {
            let (found, why) =
                (format!("{} values", values.len()), format!("a row has {}", self.columns.len()));
            return Err(TableError::unwritable(&self.path, found, why));
        }
        for ((value, column), name) in values.iter().zip(&self.columns).zip(&self.names) {
            if !column.takes(value) {
                let why = format!("column {name:?} holds {}", column.holds());
                return Err(TableError::unwritable(&self.path, format!("{value:?}"), why));
            }
        }
        for (value, column) in values.iter().zip(&mut self.columns) {
            self.held.bytes += column.push(value);
        }
        self.held.rows += 1;
        match self.held.rows >= self.most.rows || self.held.bytes >= self.most.bytes {
            true => self.write_group(),
            false => Ok(()),
        }
    }

    /// Writes what is left and gives the file its name.
    ///
    /// # Errors
    ///
    /// [`TableError::Write`] if writing or renaming fails.
    pub fn finish(mut self) -> Result<(), TableError> {
        if self.held.rows > 0 {
            self.write_group()?;
        }
        let destination = self.file.into_inner().map_err(cause);
        destination.and_then(Destination::finish).map_err(failed(&self.path))
    }

    fn write_group(&mut self) -> Result<(), TableError> {
        self.held = Size::default();
        let written = self.file.next_row_group().and_then(|mut group| {
            self.columns.iter_mut().try_for_each(|column| column.write(&mut group))?;
            group.close().map(drop)
        });
        written.map_err(|error| failed(&self.path)(cause(error)))
    }
}

impl fmt::Debug for ParquetWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The system's own error, if that is what stopped the writing.
fn cause(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => {
            source.downcast::<io::Error>().map_or_else(io::Error::other, |error| *error)
        }
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::Field;

    use super::*;

    use ParquetValue::{Integer, Missing, Number, Text};

    const COLUMNS: [(&str, ColumnKind); 3] =
        [("name", ColumnKind::Text), ("count", ColumnKind::Integer), ("score", ColumnKind::Number)];

    /// The values of every row, and how many rows each group has.
    fn read(path: &Path) -> (Vec<Vec<Field>>, Vec<i64>) {
        let reader = SerializedFileReader::try_from(path).unwrap();
        let groups = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        let rows = reader.get_row_iter(None).unwrap().map(|row| {
            let row = row.unwrap();
            assert!(row.get_column_iter().map(|(name, _)| name).eq(COLUMNS.map(|(name, _)| name).iter()));
            row.get_column_iter().map(|(_, field)| field.clone()).collect()
        });
        (rows.collect(), groups)
    }

    fn field(value: &ParquetValue<'_>) -> Field {
        match *value {
            Text(text) => Field::Str(text.to_owned()),
            Integer(number) => Field::Long(number),
            Number(number) => Field::Double(number),
            Missing => Field::Null,
        }
    }

    #[test]
    fn what_is_written_reads_back_with_its_types() {
        let folder = tempfile::tempdir().unwrap();
        let rows = [
            [Text("chr1:5:A>G"), Integer(i64::MIN), Number(0.1)],
            [Missing, Missing, Missing],
            [Text(""), Integer(0), Number(-0.0)],
            [Text("ä\t\n\0\""), Integer(i64::MAX), Number(f64::INFINITY)],
            [Text("."), Missing, Number(f64::MIN_POSITIVE)],
        ];
        let write = |name: &str, most: usize| {
            let path = folder.path().join(name);
            let most = Size { rows: most, ..GROUP };
            let mut writer = ParquetWriter::with_groups(&path, &COLUMNS, most).unwrap();
            rows.iter().for_each(|row| writer.row(row).unwrap());
            writer.finish().unwrap();
            path
        };
        let expected: Vec<Vec<Field>> = rows.iter().map(|row| row.iter().map(field).collect()).collect();
        assert_eq!(read(&write("one", 100)), (expected.clone(), vec![5]));
        assert_eq!(read(&write("two", 2)), (expected.clone(), vec![2, 2, 1]));
        assert_eq!(read(&write("five", 5)), (expected, vec![5]));
        let bytes = |path: PathBuf| std::fs::read(path).unwrap();
        assert_eq!(bytes(write("again", 2)), bytes(folder.path().join("two")));
    }

    #[test]
    fn not_a_number_is_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nan.parquet");
        let mut writer = ParquetWriter::create(&path, &COLUMNS).unwrap();
        writer.row(&[Missing, Missing, Number(f64::NAN)]).unwrap();
        writer.finish().unwrap();
        assert!(matches!(read(&path).0[0][2], Field::Double(number) if number.is_nan()));
    }

    #[test]
    fn groups_are_bounded_by_rows_and_by_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.parquet");
        let rows = GROUP.rows + 1;
        let mut writer = ParquetWriter::create(&path, &COLUMNS).unwrap();
        (0..rows).for_each(|row| writer.row(&[Text("x"), Integer(row as i64), Missing]).unwrap());
        assert_eq!(writer.held.rows, 1);
        writer.finish().unwrap();
        assert_eq!(read(&path).1, [GROUP.rows as i64, 1]);

        let path = folder.path().join("wide.parquet");
        let text = "ACGT".repeat(GROUP.bytes / 16);
        let mut writer = ParquetWriter::create(&path, &COLUMNS).unwrap();
        (0..9).for_each(|_| writer.row(&[Text(&text), Missing, Missing]).unwrap());
        writer.finish().unwrap();
        assert_eq!(read(&path).1, [4, 4, 1]);
    }

    #[test]
    fn a_table_without_rows_has_its_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty.parquet");
        ParquetWriter::create(&path, &COLUMNS).unwrap().finish().unwrap();
        assert_eq!(read(&path), (vec![], vec![]));
        let schema = SerializedFileReader::try_from(path.as_path()).unwrap();
        assert_eq!(schema.metadata().file_metadata().schema_descr().num_columns(), 3);
    }

    #[test]
    fn a_forgotten_file_leaves_nothing_and_keeps_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        std::fs::write(&path, "old").unwrap();
        let mut writer = ParquetWriter::with_groups(&path, &COLUMNS, Size { rows: 1, bytes: 1 }).unwrap();
        writer.row(&[Missing; 3]).unwrap();
        drop(writer);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn rows_that_do_not_fit_are_refused_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut writer = ParquetWriter::create(&path, &COLUMNS).unwrap();
        let refused = |writer: &mut ParquetWriter, row: &[ParquetValue<'_>]| {
            let message = writer.row(row).unwrap_err().to_string();
            message.replace(&path.display().to_string(), "a")
        };
        assert_eq!(refused(&mut writer, &[Missing; 2]), "cannot write \"2 values\" to a: a row has 3");
        assert_eq!(
            refused(&mut writer, &[Text("x"), Number(1.0), Missing]),
            "cannot write \"Number(1.0)\" to a: column \"count\" holds whole numbers"
        );
        writer.row(&[Text("x"), Integer(1), Missing]).unwrap();
        writer.finish().unwrap();
        assert_eq!(read(&path).0.len(), 1);

        let none: [(&str, ColumnKind); 0] = [];
        assert!(matches!(ParquetWriter::create(&path, &none), Err(TableError::Unwritable { .. })));
        let twice = [("x", ColumnKind::Text), ("x", ColumnKind::Number)];
        assert!(matches!(ParquetWriter::create(&path, &twice), Err(TableError::Unwritable { .. })));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_device_says_so() {
        let mut writer = ParquetWriter::create("/dev/full", &COLUMNS).unwrap();
        writer.row(&[Missing; 3]).unwrap();
        let error = writer.finish().unwrap_err();
        assert!(
            matches!(&error, TableError::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull),
            "{error:?}"
        );
    }
}
