//! One cell, and the column that says what it may hold.

use ciskit_core::Interval;

use crate::number;

/// One value of a table.
///
/// Made from strings, whole numbers, floats, pairs of bounds, genomic intervals (their text, 0-based and half-open) and
/// options of these.
///
/// ```
/// use ciskit_core::Interval;
/// use ciskit_report::Cell;
///
/// assert_eq!(Cell::from(7_usize), Cell::Integer(7));
/// assert_eq!(Cell::from(None::<f64>), Cell::Missing);
/// assert_eq!(Cell::from(&Interval::new("chr1", 5, 9)?), Cell::Text("chr1:5-9".into()));
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// Nothing is known: `NA` in TSV, `null` in JSON, a dash for people.
    Missing,
    /// Any text.
    Text(String),
    /// A whole number.
    Integer(i128),
    /// A number; NaN and infinities are `null` in JSON and spelled out elsewhere.
    Float(f64),
    /// The bounds of a confidence interval: low, high.
    Interval([f64; 2]),
}

/// A named column: what its cells hold and how people read it.
///
/// ```
/// use ciskit_report::Column;
///
/// let column = Column::float("auprc", 3).titled("AUPRC");
/// assert_eq!((column.name(), column.title()), ("auprc", "AUPRC"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    name: String,
    title: Option<String>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Float { decimals: usize },
    Interval { decimals: usize },
}

impl Column {
    /// A column of text.
    #[must_use]
    pub fn text(name: impl Into<String>) -> Self {
        Self::of(name, Kind::Text)
    }

    /// A column of whole numbers.
    #[must_use]
    pub fn integer(name: impl Into<String>) -> Self {
        Self::of(name, Kind::Integer)
    }

    /// A column of floats, shown to people with so many decimals (in scientific notation where these would hide the
    /// value), with all digits to programs.
    ///
    /// ```
    /// use ciskit_report::{Column, Table};
    ///
    /// let mut table = Table::new([Column::float("p", 3)]);
    /// table.push([0.04999.into()]);
    /// table.push([1.5e-9.into()]);
    /// assert_eq!(table.to_text(), "     p\n──────\n 0.050\n1.5e-9\n");
    /// assert_eq!(table.to_tsv(), "p\n0.04999\n1.5e-9\n");
    /// ```
    #[must_use]
    pub fn float(name: impl Into<String>, decimals: usize) -> Self {
        Self::of(name, Kind::Float { decimals })
    }

    /// A column of confidence intervals: `[low, high]`, in TSV two columns `name_low` and `name_high`.
    #[must_use]
    pub fn interval(name: impl Into<String>, decimals: usize) -> Self {
        Self::of(name, Kind::Interval { decimals })
    }

    fn of(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), title: None, kind }
    }

    /// The heading for people, where the name will not do.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The name: the heading in TSV and the key in JSON.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The heading for people: the title if there is one, else the name.
    #[must_use]
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// Whether its cells are numbers, which are set flush right.
    pub(super) fn is_numeric(&self) -> bool {
        self.kind != Kind::Text
    }

    /// Its headings in TSV, unescaped.
    pub(super) fn tsv_names(&self) -> Vec<String> {
        match self.kind {
            Kind::Interval { .. } => ["low", "high"].map(|bound| format!("{}_{bound}", self.name)).to_vec(),
            _ => vec![self.name.clone()],
        }
    }

    pub(super) fn takes(&self, cell: &Cell) -> bool {
        matches!(
            (self.kind, cell),
            (_, Cell::Missing)
                | (Kind::Text, Cell::Text(_))
                | (Kind::Integer, Cell::Integer(_))
                | (Kind::Float { .. }, Cell::Float(_))
                | (Kind::Interval { .. }, Cell::Interval(_))
        )
    }

    /// A cell as people read it.
    pub(super) fn shown(&self, cell: &Cell) -> String {
        let rounded = |value| match self.kind {
            Kind::Float { decimals } | Kind::Interval { decimals } => number::fixed(value, decimals),
            Kind::Text | Kind::Integer => number::exact(value),
        };
        match cell {
            Cell::Missing => "–".into(),
            Cell::Text(text) => text.clone(),
            Cell::Integer(value) => number::grouped(*value),
            Cell::Float(value) => rounded(*value),
            Cell::Interval([low, high]) => format!("[{}, {}]", rounded(*low), rounded(*high)),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&Interval> for Cell {
    fn from(interval: &Interval) -> Self {
        Self::Text(interval.to_string())
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<[f64; 2]> for Cell {
    fn from(bounds: [f64; 2]) -> Self {
        Self::Interval(bounds)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Cell {
            fn from(value: $integer) -> Self {
                Self::Integer(value as i128) // lossless for each of the types below
            }
        }
    )*};
}

integers!(i32, u32, i64, u64, usize);
