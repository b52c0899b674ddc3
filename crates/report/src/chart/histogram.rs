//! Histograms: how the scores of each class are distributed.

use super::Axis;
use super::frame::{Frame, Plan, Vertical};
use super::legend::{Entry, Sample};
use super::palette::Stroke;
use super::scale::Step;
use super::svg::{Px, Svg};
use crate::{escape, number};

/// Bins at most.
const BINS: f64 = 50.0;

/// Distributions of groups of values over one axis, overlaid: the share of each group that falls in each bin.
///
/// Shares, not counts, so that a rare class is as visible as a common one; the legend gives the counts. Bins are at
/// most 52, of a round width, at whole multiples of it; each holds its lower end and the last its upper end too. A
/// value that is not finite is in no bin but is counted in the legend.
///
/// ```
/// use ciskit_report::{Axis, Histogram};
///
/// let svg = Histogram::new("Scores", Axis::new("probability").covering(0.0, 1.0))
///     .group("negative", [0.1, 0.15, 0.4])
///     .group("positive", [0.7, f64::NAN])
///     .to_svg();
/// assert!(svg.as_str().contains(">negative (n = 3)</text>"));
/// assert!(svg.as_str().contains(">positive (n = 2, 1 not finite)</text>"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    title: String,
    axis: Axis,
    groups: Vec<(String, Vec<f64>)>,
}

impl Histogram {
    /// A histogram without groups.
    #[must_use]
    pub fn new(title: impl Into<String>, axis: Axis) -> Self {
        Self { title: title.into(), axis, groups: Vec::new() }
    }

    /// Adds a group of values.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        self.groups.push((name.into(), values.into_iter().collect()));
        self
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The picture.
    #[must_use]
    pub fn to_svg(&self) -> Svg {
        let bins =
            Bins::over(self.axis.range(self.groups.iter().flat_map(|(_, values)| values.iter().copied())));
        let shares: Vec<Vec<f64>> = self.groups.iter().map(|(_, values)| bins.shares(values)).collect();
        let legend: Vec<Entry> = self.groups.iter().enumerate().map(|(i, group)| entry(i, group)).collect();
        let y = Axis::new("share of the class").covering(0.0, 0.0);
        let mut frame = Frame::draw(&Plan {
            title: &self.title,
            x: (&self.axis, bins.range()),
            y: Vertical::Values(&y, y.range(shares.iter().flatten().copied())),
            legend: &legend,
            square: false,
        });
        for (entry, shares) in legend.iter().zip(&shares) {
            draw_group(&mut frame, entry, &bins, shares);
        }
        let names: Vec<&str> = legend.iter().map(|entry| entry.name.as_str()).collect();
        frame.finish(&format!("Histogram of {}: {}.", self.axis.title(), names.join("; ")))
    }
}

fn entry(index: usize, (name, values): &(String, Vec<f64>)) -> Entry {
    let not_finite = values.iter().filter(|value| !value.is_finite()).count();
    let count = |count: usize| number::grouped(count as i128);
    let strange = if not_finite == 0 { String::new() } else { format!(", {} not finite", count(not_finite)) };
    Entry {
        name: format!("{name} (n = {}{strange})", count(values.len())),
        stroke: Stroke::series(index).solid(),
        sample: Sample::Area,
    }
}

fn draw_group(frame: &mut Frame, entry: &Entry, bins: &Bins, shares: &[f64]) {
    if shares.is_empty() {
        return;
    }
    let mut outline = format!("M{},{}", Px(frame.across(bins.edges[0])), Px(frame.up(0.0)));
    for (bin, share) in shares.iter().enumerate() {
        outline.push_str(&format!("V{}H{}", Px(frame.up(*share)), Px(frame.across(bins.edges[bin + 1]))));
    }
    outline.push_str(&format!("V{}", Px(frame.up(0.0))));
    let (colour, title) = (entry.stroke.colour, escape::markup(&entry.name));
    let (line, area) = (entry.stroke.line_class(), entry.stroke.area_class());
    frame.canvas.add(format_args!(
        "<path class=\"{area}\" fill=\"{colour}\" fill-opacity=\"0.3\" d=\"{outline}Z\"/>"
    ));
    frame.canvas.add(format_args!(
        "<path class=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\" \
         d=\"{outline}\"><title>{title}</title></path>"
    ));
}

/// Bins of a round width, at whole multiples of it.
struct Bins {
    /// Ends of the bins, ascending, exactly the decimals that ticks there have: one more than bins.
    edges: Vec<f64>,
}

impl Bins {
    fn over((low, high): (f64, f64)) -> Self {
        let size = (high / 2.0 - low / 2.0) / (BINS / 2.0);
        let smallest = 1e-9 * low.abs().max(high.abs()).max(1e-290); // a width that the values can resolve
        let step = Step::at_least(size.max(smallest));
        let (mut first, mut last) = (step.floor(low), step.ceil(high));
        first -= i64::from(step.times(first) > low);
        last += i64::from(step.times(last) < high || last == first);
        Self { edges: (first..=last).map(|count| step.times(count).clamp(f64::MIN, f64::MAX)).collect() }
    }

    fn range(&self) -> (f64, f64) {
        (self.edges[0], self.edges[self.edges.len() - 1])
    }

    /// The bin of a value within the range: the last one that starts at or below it.
    fn of(&self, value: f64) -> usize {
        let inner = &self.edges[1..self.edges.len() - 1];
        inner.partition_point(|&edge| edge <= value)
    }

    /// The share of the finite values in each bin; nothing without finite values.
    fn shares(&self, values: &[f64]) -> Vec<f64> {
        let mut counts = vec![0_u64; self.edges.len() - 1];
        for &value in values.iter().filter(|value| value.is_finite()) {
            counts[self.of(value)] += 1;
        }
        let total: u64 = counts.iter().sum();
        if total == 0 {
            Vec::new()
        } else {
            counts.into_iter().map(|count| count as f64 / total as f64).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_on_an_edge_is_in_the_bin_that_starts_there() {
        let bins = Bins::over((0.0, 1.0));
        assert_eq!(bins.edges.len(), 51);
        for i in 0..50 {
            let edge: f64 = format!("{}e-2", 2 * i).parse().unwrap();
            assert_eq!(bins.of(edge), i, "{edge}");
            assert_eq!(bins.of(edge.next_down().max(0.0)), i.saturating_sub(1), "below {edge}");
        }
        assert_eq!(bins.of(1.0), 49);
    }

    #[test]
    fn strange_groups_are_drawn_without_strange_numbers() {
        for values in [
            vec![],
            vec![f64::NAN],
            vec![0.0],
            vec![f64::MIN, f64::MAX],
            vec![1e16, 1e16 + 2.0],
            vec![5e-324],
        ] {
            let svg = Histogram::new("t", Axis::new("x")).group("g", values.clone()).to_svg();
            roxmltree::Document::parse(svg.as_str()).unwrap();
            assert!(!svg.as_str().contains("NaN") && !svg.as_str().contains("inf\""), "{values:?}: {svg}");
        }
    }

    proptest! {
        #[test]
        fn every_value_is_in_its_bin(values in prop::collection::vec(-1e6..1e6_f64, 1..200), by in -9i32..9) {
            let values: Vec<f64> = values.iter().map(|value| value * 10f64.powi(by)).collect();
            let bins = Bins::over(Axis::new("").range(values.iter().copied()));
            prop_assert!(bins.edges.len() <= 53);
            for &value in &values {
                let bin = bins.of(value);
                prop_assert!(bins.edges[bin] <= value, "{} in bin {}", value, bin);
                prop_assert!(value < bins.edges[bin + 1] || bin + 2 == bins.edges.len() && value <= bins.edges[bin + 1]);
            }
            let total: f64 = bins.shares(&values).iter().sum();
            prop_assert!((total - 1.0).abs() < 1e-12);
        }
    }
}
