//! Columns of a Parquet file: what they hold, and their values until these are written.

use ::parquet::basic::{LogicalType, Repetition, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::writer::SerializedRowGroupWriter;
use ::parquet::schema::types::Type;

use crate::text::Destination;

/// What a column of a Parquet file holds; every value may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// UTF-8 text.
    Text,
    /// Whole numbers (`int64`).
    Integer,
    /// Numbers (`double`); NaN is a number, not a missing value.
    Number,
}

/// One value of a row of a [`ParquetWriter`](crate::ParquetWriter).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParquetValue<'a> {
    /// In a column of [`ColumnKind::Text`].
    Text(&'a str),
    /// In a column of [`ColumnKind::Integer`].
    Integer(i64),
    /// In a column of [`ColumnKind::Number`].
    Number(f64),
    /// In any column.
    Missing,
}

/// The schema of a column.
pub(super) fn field(name: &str, kind: ColumnKind) -> Result<Type, ParquetError> {
    let (physical, logical) = match kind {
        ColumnKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Integer => (Physical::INT64, None),
        ColumnKind::Number => (Physical::DOUBLE, None),
    };
    let builder = Type::primitive_type_builder(name, physical);
    builder.with_logical_type(logical).with_repetition(Repetition::OPTIONAL).build()
}

/// The values of a column that are in memory: those that are there, and which are (1) and are not (0).
pub(super) enum Column {
    Text(Vec<ByteArray>, Vec<i16>),
    Integer(Vec<i64>, Vec<i16>),
    Number(Vec<f64>, Vec<i16>),
}

impl Column {
    pub(super) fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Text => Self::Text(Vec::new(), Vec::new()),
            ColumnKind::Integer => Self::Integer(Vec::new(), Vec::new()),
            ColumnKind::Number => Self::Number(Vec::new(), Vec::new()),
        }
    }

    pub(super) fn holds(&self) -> &'static str {
        match self {
            Self::Text(..) => "text",
            Self::Integer(..) => "whole numbers",
            Self::Number(..) => "numbers",
        }
    }

    pub(super) fn takes(&self, value: &ParquetValue<'_>) -> bool {
        matches!(
            (self, value),
            (_, ParquetValue::Missing)
                | (Self::Text(..), ParquetValue::Text(_))
                | (Self::Integer(..), ParquetValue::Integer(_))
                | (Self::Number(..), ParquetValue::Number(_))
        )
    }

    /// Keeps a value that the column takes, and says how many bytes of text it is.
    pub(super) fn push(&mut self, value: &ParquetValue<'_>) -> usize {
        match (&mut *self, value) {
            (Self::Text(values, _), ParquetValue::Text(text)) => values.push(ByteArray::from(*text)),
            (Self::Integer(values, _), ParquetValue::Integer(number)) => values.push(*number),
            (Self::Number(values, _), ParquetValue::Number(number)) => values.push(*number),
            _ => {}
        }
        let (Self::Text(_, there) | Self::Integer(_, there) | Self::Number(_, there)) = self;
        there.push(i16::from(*value != ParquetValue::Missing));
        match value {
            ParquetValue::Text(text) => text.len(),
            _ => 0,
        }
    }

    /// Writes the values as the next column of a group, and forgets them.
    pub(super) fn write(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, Destination>,
    ) -> Result<(), ParquetError> {
        match self {
            Self::Text(values, there) => write::<ByteArrayType>(group, values, there),
            Self::Integer(values, there) => write::<Int64Type>(group, values, there),
            Self::Number(values, there) => write::<DoubleType>(group, values, there),
        }
    }
}

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Destination>,
    values: &mut Vec<T::T>,
    there: &mut Vec<i16>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(values, Some(there), None)?;
    values.clear();
    there.clear();
    column.close()
}
