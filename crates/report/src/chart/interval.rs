//! Interval charts (forest plots): several estimates of one quantity, one a row.

use super::Axis;
use super::frame::{Frame, Plan, Vertical};
use super::legend::{Entry, Sample};
use super::palette::Stroke;
use super::svg::{Px, Svg};
use crate::{escape, number};

/// Half the height of the strokes that end an interval, in pixels.
const END: f64 = 5.0;
/// Decimals of the values in words.
const DECIMALS: usize = 3;

/// One estimate.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    name: String,
    group: String,
    value: f64,
    interval: Option<[f64; 2]>,
}

/// Estimates with their intervals, one a row from the top down, over an axis that they share; grey reference lines
/// behind them. Rows of one group have one colour, which the legend explains if there are several groups.
///
/// An interval that is not known, or not finite, is not drawn; a value that is not finite leaves its row empty.
///
/// ```
/// use ciskit_report::{Axis, IntervalChart};
///
/// let svg = IntervalChart::new("AUROC by model", Axis::new("AUROC"))
///     .row("EPIPAM", "network", 0.62, Some([0.58, 0.66]))
///     .row("distance", "label-free", 0.51, None)
///     .at_x(0.5, "random, 0.500")
///     .to_svg();
/// assert!(svg.as_str().contains("<title>EPIPAM: 0.620 [0.580, 0.660]</title>"));
/// assert!(svg.as_str().contains(">random, 0.500</text>"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalChart {
    title: String,
    axis: Axis,
    groups: Vec<String>,
    rows: Vec<Row>,
    references: Vec<(String, f64)>,
}

impl IntervalChart {
    /// A chart without rows.
    #[must_use]
    pub fn new(title: impl Into<String>, axis: Axis) -> Self {
        Self { title: title.into(), axis, groups: Vec::new(), rows: Vec::new(), references: Vec::new() }
    }

    /// Names a group before its rows, so that its colour does not depend on their order; without rows it is not shown.
    ///
    /// ```
    /// use ciskit_report::{Axis, IntervalChart};
    ///
    /// let chart = || IntervalChart::new("AUROC", Axis::new("AUROC")).group("network").group("rule");
    /// let svg = chart().row("distance", "rule", 0.51, None).to_svg();
    /// assert!(svg.as_str().contains("class=\"plot-area-1\""));
    /// ```
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !self.groups.contains(&name) {
            self.groups.push(name);
        }
        self
    }

    /// Adds a row below the others: a name, the group that it belongs to, a value, and its interval.
    #[must_use]
    pub fn row(
        mut self,
        name: impl Into<String>,
        group: impl Into<String>,
        value: f64,
        interval: Option<[f64; 2]>,
    ) -> Self {
        let (group, interval) =
            (group.into(), interval.filter(|bounds| bounds.iter().all(|bound| bound.is_finite())));
        self = self.group(&group);
        self.rows.push(Row { name: name.into(), group, value, interval });
        self
    }

    /// Adds a vertical reference line; one that is not finite is left out.
    #[must_use]
    pub fn at_x(mut self, x: f64, name: impl Into<String>) -> Self {
        self.references.extend(x.is_finite().then(|| (name.into(), x)));
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
        let legend = self.legend();
        let names: Vec<String> = self.rows.iter().map(|row| row.name.clone()).collect();
        let bounds = self.rows.iter().flat_map(|row| row.interval.into_iter().flatten().chain([row.value]));
        let values = bounds.chain(self.references.iter().map(|(_, x)| *x));
        let mut frame = Frame::draw(&Plan {
            title: &self.title,
            x: (&self.axis, self.axis.range(values)),
            y: Vertical::Rows(&names),
            legend: &legend,
            square: false,
        });
        let references = &legend[legend.len() - self.references.len()..];
        for (entry, (_, x)) in references.iter().zip(&self.references) {
            draw_reference(&mut frame, entry, *x);
        }
        for (index, row) in self.rows.iter().enumerate().filter(|(_, row)| row.value.is_finite()) {
            let group = self.groups.iter().position(|group| *group == row.group).unwrap_or(0);
            draw_row(&mut frame, index, row, Stroke::series(group).solid());
        }
        let words: Vec<String> = self.rows.iter().map(words).collect();
        frame.finish(&format!("Intervals of {}: {}.", self.axis.title(), words.join("; ")))
    }

    /// Groups, if there are several with rows, then reference lines.
    fn legend(&self) -> Vec<Entry> {
        let entry = |name: &str, stroke| Entry { name: name.into(), stroke, sample: Sample::Line };
        let groups = self.groups.iter().enumerate();
        let mut shown: Vec<Entry> = groups
            .filter(|(_, group)| self.rows.iter().any(|row| row.group == **group))
            .map(|(i, group)| entry(group, Stroke::series(i).solid()))
            .collect();
        if shown.len() == 1 {
            shown.clear();
        }
        let references = self.references.iter().enumerate();
        shown.extend(references.map(|(i, (name, _))| entry(name, Stroke::reference(i))));
        shown
    }
}

/// A row in words.
fn words(row: &Row) -> String {
    let fixed = |value| number::fixed(value, DECIMALS);
    let interval =
        row.interval.map_or_else(String::new, |[low, high]| format!(" [{}, {}]", fixed(low), fixed(high)));
    format!("{}: {}{interval}", row.name, fixed(row.value))
}

fn draw_reference(frame: &mut Frame, entry: &Entry, x: f64) {
    let [_, (low, high)] = frame.ends();
    let (x, y1, y2) = (Px(frame.across(x)), Px(frame.up(low)), Px(frame.up(high)));
    frame.canvas.add(format_args!(
        "<line class=\"{}\" x1=\"{x}\" y1=\"{y1}\" x2=\"{x}\" y2=\"{y2}\" stroke=\"{}\" stroke-width=\"1.5\" \
         stroke-dasharray=\"{}\"><title>{}</title></line>",
        entry.stroke.line_class(),
        entry.stroke.colour,
        entry.stroke.dash,
        escape::markup(&entry.name)
    ));
}

fn draw_row(frame: &mut Frame, index: usize, row: &Row, stroke: Stroke) {
    let (y, x, colour) = (frame.up(-(index as f64)), Px(frame.across(row.value)), stroke.colour);
    if let Some(bounds) = row.interval {
        let [low, high] = bounds.map(|bound| Px(frame.across(bound)));
        let (middle, top, bottom) = (Px(y), Px(y - END), Px(y + END));
        frame.canvas.add(format_args!(
            "<path class=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" \
             d=\"M{low},{top}V{bottom}M{high},{top}V{bottom}M{low},{middle}H{high}\"/>",
            stroke.line_class()
        ));
    }
    frame.canvas.add(format_args!(
        "<circle class=\"{}\" cx=\"{x}\" cy=\"{}\" r=\"5\" fill=\"{colour}\"><title>{}</title></circle>",
        stroke.area_class(),
        Px(y),
        escape::markup(&words(row))
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(svg: &Svg, tag: &str, name: &str) -> Vec<f64> {
        let document = roxmltree::Document::parse(svg.as_str()).unwrap();
        let nodes = document.descendants().filter(|node| node.has_tag_name(tag));
        nodes.filter_map(|node| node.attribute(name)?.parse().ok()).collect()
    }

    #[test]
    fn rows_lie_from_the_top_down_and_values_from_left_to_right() {
        let svg = IntervalChart::new("t", Axis::new("x").covering(0.0, 1.0))
            .row("a", "g", 0.75, Some([0.5, 1.0]))
            .row("b", "g", 0.25, None)
            .row("c", "h", f64::NAN, None)
            .to_svg();
        let (x, y) = (attributes(&svg, "circle", "cx"), attributes(&svg, "circle", "cy"));
        assert_eq!((x.len(), y.len()), (2, 2));
        assert!(x[0] > x[1] && y[0] < y[1]);
        assert!((y[1] - y[0] - 26.0).abs() < 0.02, "{y:?}");
        assert!(svg.as_str().contains(">c</text>"), "a row without value keeps its name");
        assert!(svg.as_str().contains(">h</text>"), "two groups are explained");
    }

    #[test]
    fn strange_numbers_and_names_do_no_harm() {
        for (value, interval) in
            [(f64::NAN, None), (0.5, Some([f64::NAN, 1.0])), (1e300, Some([-1e300, 1e300])), (0.0, None)]
        {
            let chart = IntervalChart::new("<t>", Axis::new("&")).row("\"<&>\"", "g", value, interval);
            let svg = chart.at_x(f64::INFINITY, "nowhere").to_svg();
            roxmltree::Document::parse(svg.as_str()).unwrap();
            assert!(!svg.as_str().contains("nowhere"));
            assert!(attributes(&svg, "circle", "cx").iter().all(|x| x.is_finite()));
        }
        roxmltree::Document::parse(IntervalChart::new("", Axis::new("")).to_svg().as_str()).unwrap();
    }

    #[test]
    fn one_group_needs_no_legend() {
        let svg = IntervalChart::new("t", Axis::new("x")).row("a", "only", 0.1, None).to_svg();
        assert!(!svg.as_str().contains("only"));
    }
}
