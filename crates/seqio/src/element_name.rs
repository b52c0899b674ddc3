//! Names of elements that say where they lie.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use ciskit_core::Interval;

use crate::row::is_contig_name;

/// The name that TargetFinder gives an element: `CELL|contig:start-end`.
///
/// # Units
///
/// The name is 0-based half-open, as core is.
///
/// ```
/// use ciskit_seqio::ElementName;
///
/// let name: ElementName = "GM12878|chr1:9685722-9686400".parse()?;
/// assert_eq!((&*name.cell, name.interval.start()), ("GM12878", 9_685_722));
/// assert_eq!(name.to_string(), "GM12878|chr1:9685722-9686400");
/// # Ok::<(), ciskit_seqio::ElementNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ElementName {
    /// Cell line.
    pub cell: Arc<str>,
    /// Where the element lies.
    pub interval: Interval,
}

/// A text that is no [`ElementName`].
///
/// ```
/// let error = "enhancer_1".parse::<ciskit_seqio::ElementName>().unwrap_err();
/// assert_eq!(error.to_string(), r#"expected a name of the form CELL|contig:start-end, found "enhancer_1""#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {FORM}, found {found:?}")]
#[non_exhaustive]
pub struct ElementNameError {
    /// The text.
    pub found: String,
}

/// What messages expect.
pub(crate) const FORM: &str = "a name of the form CELL|contig:start-end";

impl FromStr for ElementName {
    type Err = ElementNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parts(text).ok_or_else(|| ElementNameError { found: text.to_owned() })
    }
}

fn parts(text: &str) -> Option<ElementName> {
    // Cells and contigs (HLA-A*01:01) may hold the marks that separate them, positions cannot.
    let (rest, end) = text.rsplit_once('-')?;
    let (rest, start) = rest.rsplit_once(':')?;
    let (cell, contig) = rest.rsplit_once('|')?;
    let interval = Interval::new(contig, digits(start)?, digits(end)?).ok()?;
    (!cell.is_empty() && is_contig_name(contig)).then(|| ElementName { cell: cell.into(), interval })
}

/// A number as it is printed, so that a name equals its interval's text.
fn digits(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

impl fmt::Display for ElementName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}", self.cell, self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_no_names() {
        for text in [
            "",
            "|",
            "c|chr1",
            "c|chr1:5",
            "c|chr1:5-",
            "c|chr1:-5-6",
            "c|chr1:6-5",
            "c|:5-6",
            "|chr1:5-6",
            "chr1:5-6",
            "c|chr1:05-6",
            "c|chr1:+5-6",
            "c|chr 1:5-6",
            "c|chr1:5-99999999999999999999",
        ] {
            assert!(text.parse::<ElementName>().is_err(), "{text}");
        }
    }

    #[test]
    fn marks_inside_parts() {
        for text in ["K562|rep-1|HLA-A*01:01:0-5", "a:b-c|chr1:7-7"] {
            assert_eq!(text.parse::<ElementName>().unwrap().to_string(), text);
        }
    }
}
