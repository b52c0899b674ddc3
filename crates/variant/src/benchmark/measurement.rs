//! What is compared: measurements, predictions, and the groups that rows are taken in.

use std::fmt;

/// One measured effect.
///
/// ```
/// use ciskit_variant::benchmark::Measurement;
///
/// let measured = Measurement { cell: Some("hepg2".into()), ..Measurement::new("SORT1", -0.4) };
/// assert_eq!((measured.effect_log2, measured.p), (Some(-0.4), None));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Data set.
    pub dataset: String,
    /// Cell line.
    pub cell: Option<String>,
    /// log2 of the alternative's activity over the reference's; infinite ones are not compared.
    pub effect_log2: Option<f64>,
    /// p-value of the measurement.
    pub p: Option<f64>,
    /// Whether the place is an enhancer, where it is known.
    pub label: Option<bool>,
}

impl Measurement {
    /// An effect in a data set, of which nothing else is known.
    #[must_use]
    pub fn new(dataset: impl Into<String>, effect_log2: f64) -> Self {
        let (dataset, effect_log2) = (dataset.into(), Some(effect_log2));
        Self { dataset, cell: None, effect_log2, p: None, label: None }
    }

    /// The effect, where it can be compared.
    pub(super) fn finite(&self) -> Option<f64> {
        self.effect_log2.filter(|effect| effect.is_finite())
    }
}

/// What one model predicts for each measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelPredictions {
    /// The model's name.
    pub name: String,
    /// A prediction, or none, for each measurement; what is not finite counts as none.
    pub values: Vec<Option<f64>>,
}

impl ModelPredictions {
    /// The predictions of a model.
    #[must_use]
    pub fn new(name: impl Into<String>, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        Self { name: name.into(), values: values.into_iter().collect() }
    }

    pub(super) fn finite(&self, row: usize) -> Option<f64> {
        self.values[row].filter(|value| value.is_finite())
    }
}

/// The rows that are taken together.
///
/// ```
/// use ciskit_variant::benchmark::Group;
///
/// assert_eq!(Group::cell("k562").to_string(), "cell k562");
/// assert_eq!(Group::dataset("SORT1").to_string(), "SORT1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// A data set.
    Dataset(String),
    /// A cell line: all of its data sets.
    Cell(String),
}

impl Group {
    /// A data set.
    #[must_use]
    pub fn dataset(name: impl Into<String>) -> Self {
        Self::Dataset(name.into())
    }

    /// A cell line.
    #[must_use]
    pub fn cell(name: impl Into<String>) -> Self {
        Self::Cell(name.into())
    }

    /// `dataset` or `cell`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dataset(_) => "dataset",
            Self::Cell(_) => "cell",
        }
    }

    /// The data set's or the cell line's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Dataset(name) | Self::Cell(name) => name,
        }
    }

    /// Data sets in the order in which they occur, then cell lines.
    pub(super) fn all(measured: &[Measurement]) -> Vec<Self> {
        let mut groups = Vec::new();
        let datasets = measured.iter().map(|row| Self::Dataset(row.dataset.clone()));
        let cells = measured.iter().filter_map(|row| row.cell.clone().map(Self::Cell));
        for group in datasets.chain(cells) {
            // Few groups, and rows of one mostly follow each other.
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }

    /// Indices of its rows.
    pub(super) fn rows(&self, measured: &[Measurement]) -> Vec<usize> {
        let belongs = |row: &Measurement| match self {
            Self::Dataset(name) => row.dataset == *name,
            Self::Cell(name) => row.cell.as_ref() == Some(name),
        };
        (0..measured.len()).filter(|&row| belongs(&measured[row])).collect()
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dataset(name) => f.write_str(name),
            Self::Cell(name) => write!(f, "cell {name}"),
        }
    }
}
