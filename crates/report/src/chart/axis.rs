//! What an axis shows, as its user says it.

use super::scale::Scale;

/// An axis: its title, and what it must show besides the data.
///
/// Nothing is ever cut off: an axis covers all finite values.
///
/// ```
/// use ciskit_report::{Axis, LineChart, Series};
///
/// let epochs = Axis::new("epoch").whole_numbers();
/// let loss = Axis::new("loss").covering(0.0, 1.0);
/// let chart = LineChart::new("Loss", epochs, loss).series(Series::line("training", [(1.0, 0.75), (2.0, 0.5)]));
/// assert!(chart.to_svg().as_str().contains(">epoch</text>"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    title: String,
    covering: Option<(f64, f64)>,
    whole: bool,
}

impl Axis {
    /// An axis over the range of the data.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), covering: None, whole: false }
    }

    /// Shows at least the range from `low` to `high`.
    #[must_use]
    pub fn covering(mut self, low: f64, high: f64) -> Self {
        self.covering = Some((low, high));
        self
    }

    /// Puts ticks at whole numbers only, as for epochs and counts.
    #[must_use]
    pub fn whole_numbers(mut self) -> Self {
        self.whole = true;
        self
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The range of the finite values and of what must be covered; without either, 0 to 1.
    pub(super) fn range(&self, values: impl IntoIterator<Item = f64>) -> (f64, f64) {
        let covered = self.covering.map_or(Vec::new(), |(low, high)| vec![low, high]);
        let finite = values.into_iter().chain(covered).filter(|value| value.is_finite());
        let (low, high) =
            finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (v.min(low), v.max(high)));
        if low > high { (0.0, 1.0) } else { (low, high) }
    }

    /// The scale over a range, with about so many ticks.
    pub(super) fn scale(&self, (low, high): (f64, f64), ticks: usize) -> Scale {
        Scale::over(low, high, ticks, self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_data_and_what_must_be_covered() {
        let axis = Axis::new("p").covering(0.0, 1.0);
        assert_eq!(axis.range([0.5, f64::NAN, -2.0, f64::INFINITY]), (-2.0, 1.0));
        assert_eq!(Axis::new("p").range([f64::NAN]), (0.0, 1.0));
        assert_eq!(Axis::new("p").range([3.0]), (3.0, 3.0));
    }
}
