//! Line charts: ROC and precision-recall curves, loss histories.

use super::Axis;
use super::frame::{Frame, Plan, Vertical};
use super::legend::{Entry, Sample};
use super::palette::Stroke;
use super::polyline::{Point, simplified};
use super::series::Series;
use super::svg::{Px, Svg};
use crate::escape;

/// Lines of so many points or fewer show each of them as a dot.
const FEW: usize = 30;

/// A line that data are compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reference {
    Diagonal,
    AtX(f64),
    AtY(f64),
}

/// Lines over two axes, with grey reference lines behind them.
///
/// Curves of any number of points become a few hundred that look the same, extremes included. Series differ in colour
/// and dash.
///
/// *Cost*: O(n) for n points whose x ascend.
///
/// ```
/// use ciskit_report::{Axis, LineChart, Series};
///
/// let svg = LineChart::new("Loss", Axis::new("epoch").whole_numbers(), Axis::new("loss").covering(0.0, 0.7))
///     .series(Series::line("training", [(1.0, 0.69), (2.0, 0.45), (3.0, 0.31)]))
///     .series(Series::line("validation", [(1.0, 0.68), (2.0, 0.52), (3.0, 0.55)]))
///     .at_x(2.0, "chosen epoch")
///     .to_svg();
/// assert!(svg.as_str().contains("<title>Loss</title>"));
/// assert!(svg.as_str().contains(">chosen epoch</text>"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LineChart {
    title: String,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
    references: Vec<(String, Reference)>,
    square: bool,
}

impl LineChart {
    /// A chart without lines.
    #[must_use]
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self { title: title.into(), x, y, series: Vec::new(), references: Vec::new(), square: false }
    }

    /// Makes the plotting area a square, for axes of one unit.
    #[must_use]
    pub fn square(mut self) -> Self {
        self.square = true;
        self
    }

    /// Adds a line.
    #[must_use]
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Adds the reference line from the lower left to the upper right corner.
    #[must_use]
    pub fn diagonal(mut self, name: impl Into<String>) -> Self {
        self.references.push((name.into(), Reference::Diagonal));
        self
    }

    /// Adds a vertical reference line; one that is not finite is left out.
    #[must_use]
    pub fn at_x(mut self, x: f64, name: impl Into<String>) -> Self {
        self.references.extend(x.is_finite().then(|| (name.into(), Reference::AtX(x))));
        self
    }

    /// Adds a horizontal reference line; one that is not finite is left out.
    #[must_use]
    pub fn at_y(mut self, y: f64, name: impl Into<String>) -> Self {
        self.references.extend(y.is_finite().then(|| (name.into(), Reference::AtY(y))));
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
        let mut frame = Frame::draw(&Plan {
            title: &self.title,
            x: (&self.x, self.x.range(self.xs())),
            y: Vertical::Values(&self.y, self.y.range(self.ys())),
            legend: &legend,
            square: self.square,
        });
        for (entry, (_, reference)) in legend[self.series.len()..].iter().zip(&self.references) {
            draw_reference(&mut frame, entry, *reference);
        }
        for (entry, series) in legend.iter().zip(&self.series).rev() {
            draw_series(&mut frame, entry, series); // the first, which matters most, on top
        }
        frame.finish(&self.description())
    }

    fn legend(&self) -> Vec<Entry> {
        let entry = |name: &str, stroke| Entry { name: name.into(), stroke, sample: Sample::Line };
        let series =
            self.series.iter().enumerate().map(|(i, series)| entry(series.name(), Stroke::series(i)));
        let references =
            self.references.iter().enumerate().map(|(i, (name, _))| entry(name, Stroke::reference(i)));
        series.chain(references).collect()
    }

    fn xs(&self) -> impl Iterator<Item = f64> {
        let at = |(_, reference): &(String, Reference)| {
            if let Reference::AtX(x) = reference { Some(*x) } else { None }
        };
        self.drawn().map(|point| point.0).chain(self.references.iter().filter_map(at))
    }

    fn ys(&self) -> impl Iterator<Item = f64> {
        let at = |(_, reference): &(String, Reference)| {
            if let Reference::AtY(y) = reference { Some(*y) } else { None }
        };
        self.drawn().map(|point| point.1).chain(self.references.iter().filter_map(at))
    }

    fn drawn(&self) -> impl Iterator<Item = &Point> {
        self.series.iter().flat_map(Series::points).filter(|point| point.0.is_finite() && point.1.is_finite())
    }

    fn description(&self) -> String {
        let names =
            self.series.iter().map(Series::name).chain(self.references.iter().map(|(name, _)| name.as_str()));
        let names: Vec<&str> = names.collect();
        format!("Line chart of {} against {}: {}.", self.y.title(), self.x.title(), names.join("; "))
    }
}

fn draw_reference(frame: &mut Frame, entry: &Entry, reference: Reference) {
    let [(left, right), (low, high)] = frame.ends();
    let (from, to) = match reference {
        Reference::Diagonal => ((left, low), (right, high)),
        Reference::AtX(x) => ((x, low), (x, high)),
        Reference::AtY(y) => ((left, y), (right, y)),
    };
    let [x1, x2] = [from.0, to.0].map(|x| Px(frame.across(x)));
    let [y1, y2] = [from.1, to.1].map(|y| Px(frame.up(y)));
    let Stroke { colour, dash, .. } = entry.stroke;
    frame.canvas.add(format_args!(
        "<line class=\"{}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"{colour}\" \
         stroke-width=\"1.5\" stroke-dasharray=\"{dash}\"><title>{}</title></line>",
        entry.stroke.line_class(),
        escape::markup(&entry.name)
    ));
}

fn draw_series(frame: &mut Frame, entry: &Entry, series: &Series) {
    let Stroke { colour, dash, .. } = entry.stroke;
    let (line, area, title) =
        (entry.stroke.line_class(), entry.stroke.area_class(), escape::markup(&entry.name));
    let dotted = !series.is_steps() && series.points().len() <= FEW;
    for piece in series.pieces(frame) {
        if piece.len() > 1 {
            let points: Vec<String> =
                simplified(&piece).into_iter().map(|(x, y)| format!("{},{}", Px(x), Px(y))).collect();
            frame.canvas.add(format_args!(
                "<polyline class=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" \
                 stroke-linejoin=\"round\" stroke-dasharray=\"{dash}\" points=\"{}\"><title>{title}</title></polyline>",
                points.join(" ")
            ));
        }
        for &(x, y) in piece.iter().filter(|_| dotted || piece.len() == 1) {
            frame.canvas.add(format_args!(
                "<circle class=\"{area}\" cx=\"{}\" cy=\"{}\" r=\"3\" fill=\"{colour}\"/>",
                Px(x),
                Px(y)
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> LineChart {
        LineChart::new("Loss", Axis::new("epoch"), Axis::new("loss"))
    }

    fn count(svg: &Svg, tag: &str) -> usize {
        let document = roxmltree::Document::parse(svg.as_str()).unwrap();
        document.descendants().filter(|node| node.has_tag_name(tag)).count()
    }

    #[test]
    fn an_empty_chart_is_axes_only() {
        let svg = chart().to_svg();
        assert_eq!((count(&svg, "polyline"), count(&svg, "circle")), (0, 0));
        assert!(count(&svg, "text") > 5);
    }

    #[test]
    fn gaps_split_lines_and_lone_points_are_dots() {
        let many =
            (0..100).map(|i| (f64::from(i), if [50, 52].contains(&i) { f64::NAN } else { f64::from(i) }));
        let svg = chart().series(Series::line("many", many)).to_svg();
        assert_eq!((count(&svg, "polyline"), count(&svg, "circle")), (2, 1));
    }

    #[test]
    fn huge_values_stay_inside_the_picture() {
        let points = [(-1e308, f64::MAX), (0.0, f64::MIN), (1e308, 5e-324), (2.0, f64::INFINITY)];
        let svg = chart().series(Series::line("huge", points)).to_svg();
        assert!(!svg.as_str().contains("NaN") && !svg.as_str().contains("inf"), "{svg}");
        let document = roxmltree::Document::parse(svg.as_str()).unwrap();
        let circles: Vec<f64> =
            document.descendants().filter_map(|node| node.attribute("cy")?.parse().ok()).collect();
        assert_eq!(circles.len(), 3);
        assert!(circles.iter().all(|y| (0.0..400.0).contains(y)));
    }

    #[test]
    fn references_that_are_not_finite_are_left_out() {
        let svg = chart().at_x(f64::NAN, "nowhere").at_y(f64::INFINITY, "nowhere").at_y(0.5, "half").to_svg();
        assert!(svg.as_str().contains(">half</text>") && !svg.as_str().contains("nowhere"));
    }

    #[test]
    fn millions_of_points_make_a_small_picture() {
        let wave =
            (0..2_000_000).map(|i| (f64::from(i), (f64::from(i) / 1e4).sin() + f64::from(i % 13) / 50.0));
        let svg = chart().series(Series::line("wave", wave)).to_svg();
        assert!(svg.as_str().len() < 20_000, "{}", svg.as_str().len());
    }
}
