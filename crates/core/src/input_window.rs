//! The sequence that a model reads.

use std::fmt;

use crate::SpecError;

/// Lengths in bp that a model accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputLength {
    /// Exactly this length.
    Fixed(usize),
    /// Any length from `min` to `max`, both included.
    Between {
        /// Shortest length.
        min: usize,
        /// Longest length.
        max: usize,
    },
    /// Any length of at least 1 bp.
    Any,
}

impl InputLength {
    /// Whether a sequence of `length` bp may be scored.
    #[must_use]
    pub fn accepts(self, length: usize) -> bool {
        match self {
            Self::Fixed(fixed) => length == fixed,
            Self::Between { min, max } => (min..=max).contains(&length),
            Self::Any => length > 0,
        }
    }
}

impl fmt::Display for InputLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(length) => write!(f, "{length} bp"),
            Self::Between { min, max } => write!(f, "{min} to {max} bp"),
            Self::Any => write!(f, "at least 1 bp"),
        }
    }
}

/// The sequence that a model reads: its length and the base that a variant is centred on.
///
/// ```
/// use ciskit_core::InputWindow;
///
/// assert_eq!(InputWindow::fixed(3000).anchor(3000), 1500);
/// assert_eq!(InputWindow::fixed(4096).anchored_at(2047).anchor(4096), 2047);
/// assert!(InputWindow::between(10, 20).accepts(20));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InputWindow {
    length: InputLength,
    anchor: Option<usize>,
}

impl InputWindow {
    /// A window of exactly `length` bp.
    #[must_use]
    pub fn fixed(length: usize) -> Self {
        Self { length: InputLength::Fixed(length), anchor: None }
    }

    /// A window of `min` to `max` bp, both included.
    #[must_use]
    pub fn between(min: usize, max: usize) -> Self {
        Self { length: InputLength::Between { min, max }, anchor: None }
    }

    /// A window of any length.
    #[must_use]
    pub fn any() -> Self {
        Self { length: InputLength::Any, anchor: None }
    }

    /// The same window with the variant on base `anchor` (0-based) whatever the length, instead of on the middle.
    #[must_use]
    pub fn anchored_at(mut self, anchor: usize) -> Self {
        self.anchor = Some(anchor);
        self
    }

    /// Accepted lengths.
    #[must_use]
    pub fn length(&self) -> InputLength {
        self.length
    }

    /// Whether a sequence of `length` bp may be scored.
    #[must_use]
    pub fn accepts(&self, length: usize) -> bool {
        self.length.accepts(length)
    }

    /// 0-based index of the base that a variant is centred on in a window of `length` bp: `length / 2` (the right
    /// one of two middle bases) unless the model says otherwise.
    #[must_use]
    pub fn anchor(&self, length: usize) -> usize {
        self.anchor.unwrap_or(length / 2)
    }

    pub(crate) fn check(&self) -> Result<(), SpecError> {
        let (min, max) = match self.length {
            InputLength::Fixed(length) => (length, length),
            InputLength::Between { min, max } => (min, max),
            InputLength::Any => (1, usize::MAX),
        };
        match self.anchor {
            _ if min == 0 || min > max => Err(SpecError::InputLength { length: self.length }),
            Some(anchor) if anchor >= max => Err(SpecError::Anchor { anchor, length: self.length }),
            _ => Ok(()),
        }
    }
}
