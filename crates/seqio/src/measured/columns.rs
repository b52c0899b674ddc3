//! What the columns of a table of measurements are called.

use std::str::FromStr;

/// On which scale a table's column of effects is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EffectScale {
    /// log2 of alternative over reference: taken as it is.
    #[default]
    Log2,
    /// Natural logarithm of alternative over reference.
    Ln,
    /// Alternative over reference.
    Ratio,
}

impl EffectScale {
    /// A value of this scale as log2 of alternative over reference; `None` for a negative ratio.
    ///
    /// ```
    /// use ciskit_seqio::EffectScale;
    ///
    /// assert_eq!(EffectScale::Ratio.log2(4.0), Some(2.0));
    /// assert_eq!(EffectScale::Ln.log2(std::f64::consts::LN_2), Some(1.0));
    /// assert_eq!(EffectScale::Ratio.log2(-1.0), None);
    /// ```
    #[must_use]
    pub fn log2(self, value: f64) -> Option<f64> {
        match self {
            Self::Log2 => Some(value),
            Self::Ln => Some(value * std::f64::consts::LOG2_E),
            Self::Ratio => (value >= 0.0).then(|| value.log2()),
        }
    }
}

/// Names of the columns of a [`MeasuredTableReader`](crate::MeasuredTableReader), those of the unified table by default.
///
/// `chrom`, `pos`, `ref`, `alt` and `effect` must be there. The others may be missing, unless they were named.
///
/// ```
/// use ciskit_seqio::MeasuredColumns;
///
/// let columns: MeasuredColumns = "chrom=chromosome (hg19),pos=coordinate (hg19)".parse()?;
/// assert_eq!((columns.name("pos"), columns.name("effect")), (Some("coordinate (hg19)"), Some("measured_log2")));
/// let error = "position=Pos".parse::<MeasuredColumns>().unwrap_err();
/// assert!(error.starts_with("\"position\" is none of chrom, pos, ref, alt, effect"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredColumns {
    names: [String; KEYS.len()],
    named: [bool; KEYS.len()],
}

/// What a column can be, and its name in the unified table. The first [`REQUIRED`] must be there.
pub(super) const KEYS: [(&str, &str); 12] = [
    ("chrom", "chrom"),
    ("pos", "pos"),
    ("ref", "ref"),
    ("alt", "alt"),
    ("effect", "measured_log2"),
    ("p", "p"),
    ("id", "id"),
    ("dataset", "dataset"),
    ("row", "row"),
    ("cell", "cell"),
    ("build", "build"),
    ("label", "label"),
];
const REQUIRED: usize = 5;

impl Default for MeasuredColumns {
    fn default() -> Self {
        Self { names: KEYS.map(|(_, name)| name.to_owned()), named: [false; KEYS.len()] }
    }
}

impl MeasuredColumns {
    /// The name of the column that is `key`; `None` if there is no such key.
    #[must_use]
    pub fn name(&self, key: &str) -> Option<&str> {
        let index = KEYS.iter().position(|(known, _)| *known == key)?;
        Some(&self.names[index])
    }

    /// Whether the column that is `key` has to be there.
    pub(super) fn is_required(&self, key: &str) -> bool {
        let index = KEYS.iter().position(|(known, _)| *known == key);
        index.is_some_and(|index| index < REQUIRED || self.named[index])
    }
}

impl FromStr for MeasuredColumns {
    type Err = String;

    /// Reads `KEY=NAME,KEY=NAME`; a name cannot hold a comma.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut columns = Self::default();
        for part in text.split(',') {
            let (key, name) = part
                .split_once('=')
                .ok_or_else(|| format!("{part:?} is no KEY=NAME, such as pos=Position"))?;
            let index = KEYS
                .iter()
                .position(|(known, _)| *known == key)
                .ok_or_else(|| format!("{key:?} is none of {}", KEYS.map(|(known, _)| known).join(", ")))?;
            if columns.named[index] {
                return Err(format!("{key} is named twice"));
            }
            columns.names[index] = name.to_owned();
            columns.named[index] = true;
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_that_are_none() {
        let parse = |text: &str| text.parse::<MeasuredColumns>().unwrap_err();
        assert_eq!(parse("pos"), "\"pos\" is no KEY=NAME, such as pos=Position");
        assert_eq!(parse("pos=a,pos=b"), "pos is named twice");
        assert!(parse("").contains("KEY=NAME"));
    }

    #[test]
    fn what_is_named_is_required() {
        let columns: MeasuredColumns = "p=P=x".parse().unwrap();
        assert_eq!(columns.name("p"), Some("P=x"));
        assert!(columns.is_required("p") && columns.is_required("chrom") && !columns.is_required("cell"));
        assert_eq!(columns.name("positions"), None);
    }
}
