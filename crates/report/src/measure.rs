//! One number, or why there is none.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One number of an evaluation: a value, undefined (`null`, with a reason beside it), or not asked for (no key).
///
/// ```
/// use ciskit_report::Measure;
///
/// assert_eq!(Measure::from(0.5).value(), Some(0.5));
/// assert_eq!(Measure::from(f64::NAN), Measure::Undefined);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Measure {
    /// The measure was not asked for, or makes no sense on the scale of the scores.
    #[default]
    NotComputed,
    /// The measure has no value for these labels and scores.
    Undefined,
    /// The value, finite.
    Value(f64),
}

impl Measure {
    /// The value, if there is one.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        if let Self::Value(value) = self { Some(value) } else { None }
    }

    pub(crate) fn is_not_computed(&self) -> bool {
        *self == Self::NotComputed
    }
}

impl From<f64> for Measure {
    fn from(value: f64) -> Self {
        if value.is_finite() { Self::Value(value) } else { Self::Undefined }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Undefined, Self::Value))
    }
}
