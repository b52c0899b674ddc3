//! Lines of data, in data units and in pixels.

use super::frame::Frame;
use super::polyline::Point;

/// A named line of points in data units.
///
/// A point that is not finite leaves a gap; a point between gaps is a dot.
///
/// ```
/// use ciskit_report::Series;
///
/// let loss = Series::line("validation", [(1.0, 0.69), (2.0, f64::NAN), (3.0, 0.41)]);
/// assert_eq!((loss.name(), loss.points().len()), ("validation", 3));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    name: String,
    points: Vec<Point>,
    steps: bool,
}

impl Series {
    /// Points joined by straight lines, in their order.
    #[must_use]
    pub fn line(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { name: name.into(), points: points.into_iter().collect(), steps: false }
    }

    /// Steps: the y of each point holds from the x of the point before it.
    ///
    /// This is how a precision-recall curve is drawn, so that the area under it is the average precision.
    ///
    /// ```
    /// use ciskit_report::{Axis, LineChart, Series};
    ///
    /// let steps = Series::steps("steps", [(0.0, 1.0), (0.5, 0.0), (1.0, 1.0)]);
    /// let svg = LineChart::new("", Axis::new("x"), Axis::new("y")).series(steps).to_svg();
    /// let line = svg.as_str().split("<polyline").nth(1).and_then(|rest| rest.split("points=\"").nth(1)).unwrap_or("");
    /// assert_eq!(line.split('"').next().map(|points| points.split(' ').count()), Some(5));
    /// ```
    #[must_use]
    pub fn steps(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { steps: true, ..Self::line(name, points) }
    }

    /// The name in the legend.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The points.
    #[must_use]
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// Whether it is drawn as steps.
    pub(super) fn is_steps(&self) -> bool {
        self.steps
    }

    /// The points in pixels, cut where one is not finite, with the corners of steps.
    pub(super) fn pieces(&self, frame: &Frame) -> Vec<Vec<Point>> {
        let finite = |point: &Point| point.0.is_finite() && point.1.is_finite();
        let runs = self.points.split(|point| !finite(point)).filter(|run| !run.is_empty());
        let in_pixels = |run: &[Point]| -> Vec<Point> {
            let mut pixels: Vec<Point> = Vec::with_capacity(run.len() * (1 + usize::from(self.steps)));
            for &(x, y) in run {
                let (x, y) = (frame.across(x), frame.up(y));
                if let Some(&(before, _)) = pixels.last().filter(|_| self.steps) {
                    pixels.push((before, y));
                }
                pixels.push((x, y));
            }
            pixels
        };
        runs.map(in_pixels).collect()
    }
}
