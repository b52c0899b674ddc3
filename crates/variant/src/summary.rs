//! How many variants became what.

use std::collections::BTreeMap;
use std::fmt;

use crate::{ScoredVariant, Status};

/// How many variants have which status.
///
/// ```
/// use ciskit_variant::{Status, Summary};
///
/// let mut summary = Summary::default();
/// summary.count(&Status::Scored);
/// summary.count(&Status::UnknownContig);
/// summary.count(&Status::Scored);
/// assert_eq!(summary.to_string(), "3 variants: 2 scored, 1 unknown-contig");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    of: BTreeMap<&'static str, usize>,
    audited: bool,
    in_training: usize,
}

impl Summary {
    /// Counts a variant by its status alone.
    pub fn count(&mut self, status: &Status) {
        *self.of.entry(status.name()).or_default() += 1;
    }

    /// Counts a variant by its status and by whether it lies in the training data.
    pub fn add(&mut self, scored: &ScoredVariant) {
        self.count(&scored.status);
        self.audited |= scored.in_training.is_some();
        self.in_training += usize::from(scored.in_training == Some(true));
    }

    /// Counts all variants of another summary too.
    pub fn join(&mut self, other: &Self) {
        for (name, count) in &other.of {
            *self.of.entry(name).or_default() += count;
        }
        self.audited |= other.audited;
        self.in_training += other.in_training;
    }

    /// Number of variants with the status of this [name](Status::name).
    #[must_use]
    pub fn of(&self, name: &str) -> usize {
        self.of.get(name).copied().unwrap_or(0)
    }

    /// Number of variants.
    #[must_use]
    pub fn total(&self) -> usize {
        self.of.values().sum()
    }

    /// Number of variants in the training data, of any status; `None` if that was not looked for.
    #[must_use]
    pub fn in_training(&self) -> Option<usize> {
        self.audited.then_some(self.in_training)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} variants", self.total())?;
        // Scored first, whatever the alphabet says.
        let mut counts: Vec<_> = self.of.iter().collect();
        counts.sort_by_key(|(name, _)| (**name != Status::Scored.name(), **name));
        for (index, (name, count)) in counts.into_iter().enumerate() {
            write!(f, "{} {count} {name}", if index == 0 { ":" } else { "," })?;
        }
        match self.in_training() {
            Some(count) => write!(f, "; {count} in the training data"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_training_data_are_named_only_where_they_were_looked_for() {
        let mut summary = Summary::default();
        let scored = |in_training| ScoredVariant { status: Status::Duplicate, values: vec![], in_training };
        summary.add(&scored(None));
        assert_eq!((summary.in_training(), summary.to_string().as_str()), (None, "1 variants: 1 duplicate"));
        summary.add(&scored(Some(true)));
        summary.add(&scored(Some(false)));
        assert_eq!(summary.in_training(), Some(1));
        assert_eq!(summary.to_string(), "3 variants: 3 duplicate; 1 in the training data");
        let mut joined = Summary::default();
        joined.count(&Status::Scored);
        joined.join(&summary);
        assert_eq!(joined.to_string(), "4 variants: 1 scored, 3 duplicate; 1 in the training data");
        assert_eq!((summary.of("duplicate"), summary.of("scored"), summary.total()), (3, 0, 3));
    }
}
