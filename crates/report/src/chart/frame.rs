//! What every chart with two axes shares: title, legend, grid, ticks, axis titles, and the area between them.

use super::legend::{Entry, Legend};
use super::palette::{GRID, INK, MUTED};
use super::scale::Scale;
use super::svg::{Canvas, Px, Svg};
use super::{Axis, lettering};
use crate::escape;

/// Outer width of a wide chart: that of two square ones and their gap.
const WIDE: f64 = 896.0;
/// Outer width of a square chart; two of them fit side by side.
const SQUARE: f64 = 440.0;
/// Height of a wide chart's plotting area.
const LOW: f64 = 300.0;
/// Height of a named row.
const ROW: f64 = 26.0;
/// Room for the names of rows at most.
const NAMES: f64 = 260.0;
const PADDING: f64 = 14.0;
const TITLE: f64 = 15.0;
const FONT: f64 = 12.0;

/// The plotting area: where values lie in pixels.
pub(super) struct Frame {
    pub(super) canvas: Canvas,
    title: String,
    x: Scale,
    y: Scale,
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// What a chart says about itself before it draws.
pub(super) struct Plan<'a> {
    pub(super) title: &'a str,
    /// The axis across, with the range that it must show.
    pub(super) x: (&'a Axis, (f64, f64)),
    pub(super) y: Vertical<'a>,
    pub(super) legend: &'a [Entry],
    /// Whether the plotting area is a square.
    pub(super) square: bool,
}

/// What lies along the vertical axis.
pub(super) enum Vertical<'a> {
    /// Numbers, with the range that must be shown.
    Values(&'a Axis, (f64, f64)),
    /// Named rows from the top down; row i lies at the value −i.
    Rows(&'a [String]),
}

impl Vertical<'_> {
    fn title(&self) -> &str {
        match self {
            Self::Values(axis, _) => axis.title(),
            Self::Rows(_) => "",
        }
    }

    fn scale(&self) -> Scale {
        match self {
            Self::Values(axis, range) => axis.scale(*range, 5),
            Self::Rows(names) => {
                Scale::of_rows(names.iter().map(|name| lettering::shortened(name, FONT, NAMES)))
            }
        }
    }

    /// Height of the plotting area of a wide chart.
    fn height(&self) -> f64 {
        match self {
            Self::Values(..) => LOW,
            Self::Rows(names) => ROW * names.len().max(1) as f64,
        }
    }
}

impl Frame {
    /// Lays the chart out and draws everything but the data.
    pub(super) fn draw(plan: &Plan<'_>) -> Self {
        let width = if plan.square { SQUARE } else { WIDE };
        let y = plan.y.scale();
        let x = plan.x.0.scale(plan.x.1, if plan.square { 5 } else { 10 });
        let label_width = y.ticks.iter().map(|tick| lettering::width(&tick.label, FONT)).fold(0.0, f64::max);
        let left = PADDING + FONT + 10.0 + label_width + 8.0;
        let last_label = x.ticks.last().map_or(0.0, |tick| lettering::width(&tick.label, FONT) / 2.0);
        let right = width - PADDING - last_label.max(6.0);
        let legend = Legend::lay(plan.legend, width - 2.0 * PADDING);
        let legend_top = PADDING + TITLE + 9.0;
        let top = legend_top + legend.height() + 9.0;
        let bottom = top + if plan.square { right - left } else { plan.y.height() };
        let height = bottom + 20.0 + FONT + 10.0 + PADDING;
        let title = plan.title.to_owned();
        let mut frame =
            Self { canvas: Canvas::default(), title, x, y, width, height, left, right, top, bottom };
        frame.draw_title();
        legend.draw(plan.legend, &mut frame.canvas, PADDING, legend_top);
        frame.draw_y(plan.y.title());
        frame.draw_x(plan.x.0.title()); // its axis lies on the grid
        frame
    }

    /// Pixel of a value on the x axis.
    pub(super) fn across(&self, x: f64) -> f64 {
        self.left + self.x.fraction(x) * (self.right - self.left)
    }

    /// Pixel of a value on the y axis.
    pub(super) fn up(&self, y: f64) -> f64 {
        self.bottom - self.y.fraction(y) * (self.bottom - self.top)
    }

    /// The ends of the x and of the y axis.
    pub(super) fn ends(&self) -> [(f64, f64); 2] {
        [(self.x.low(), self.x.high()), (self.y.low(), self.y.high())]
    }

    /// The finished picture, described in words for those who cannot see it.
    pub(super) fn finish(self, description: &str) -> Svg {
        self.canvas.finish(self.width, self.height, &self.title, description)
    }

    fn draw_title(&mut self) {
        let shown = lettering::shortened(&self.title, TITLE, self.width - 2.0 * PADDING);
        self.canvas.add(format_args!(
            "<text class=\"plot-ink\" x=\"{PADDING}\" y=\"{}\" fill=\"{INK}\" font-size=\"{TITLE}\" \
             font-weight=\"600\">{}</text>",
            Px(PADDING + 12.0),
            escape::markup(&shown)
        ));
    }

    fn draw_x(&mut self, title: &str) {
        let (top, bottom) = (Px(self.top), Px(self.bottom));
        for tick in &self.x.ticks.clone() {
            let x = Px(self.across(tick.value));
            self.canvas.add(format_args!(
                "<line class=\"plot-grid\" x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{bottom}\" stroke=\"{GRID}\"/>"
            ));
            self.label("middle", x.0, self.bottom + 17.0, &tick.label);
        }
        self.canvas.add(format_args!(
            "<line class=\"plot-axis\" x1=\"{}\" y1=\"{bottom}\" x2=\"{}\" y2=\"{bottom}\" stroke=\"{MUTED}\"/>",
            Px(self.left),
            Px(self.right)
        ));
        let shown = lettering::shortened(title, FONT, self.right - self.left);
        self.label("middle", (self.left + self.right) / 2.0, self.height - PADDING, &shown);
    }

    fn draw_y(&mut self, title: &str) {
        let (left, right) = (Px(self.left), Px(self.right));
        for tick in &self.y.ticks.clone() {
            let y = Px(self.up(tick.value));
            self.canvas.add(format_args!(
                "<line class=\"plot-grid\" x1=\"{left}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\" stroke=\"{GRID}\"/>"
            ));
            self.label("end", self.left - 8.0, y.0 + 4.0, &tick.label);
        }
        if title.is_empty() {
            return;
        }
        let shown = lettering::shortened(title, FONT, self.bottom - self.top);
        let (x, y) = (Px(PADDING + FONT - 2.0), Px((self.top + self.bottom) / 2.0));
        self.canvas.add(format_args!(
            "<text class=\"plot-muted\" x=\"{x}\" y=\"{y}\" fill=\"{MUTED}\" text-anchor=\"middle\" \
             transform=\"rotate(-90 {x} {y})\">{}</text>",
            escape::markup(&shown)
        ));
    }

    fn label(&mut self, anchor: &str, x: f64, y: f64, text: &str) {
        self.canvas.add(format_args!(
            "<text class=\"plot-muted\" x=\"{}\" y=\"{}\" fill=\"{MUTED}\" text-anchor=\"{anchor}\">{}</text>",
            Px(x),
            Px(y),
            escape::markup(text)
        ));
    }
}
