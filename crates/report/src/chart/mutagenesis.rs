//! Maps of saturation mutagenesis: a logo of what each base is worth above a heat map of every change.

use super::palette::{GRID, INK, MUTED, Stroke};
use super::scale::{Scale, Step};
use super::svg::{Canvas, Px, Svg};
use super::{lettering, letters};
use crate::{escape, number};

const PADDING: f64 = 14.0;
const TITLE: f64 = 15.0;
const FONT: f64 = 12.0;
/// Left edge of both plots.
const LEFT: f64 = 76.0;
/// Width of both plots unless there are too many positions for it.
const WIDE: f64 = 800.0;
/// Widest and narrowest cell.
const CELL: (f64, f64) = (18.0, 1.0);
/// Cells at least so wide hold letters and dots.
const LEGIBLE: f64 = 5.0;
/// Height of the logo.
const LOGO: f64 = 110.0;
/// Top of the logo, below title and colours.
const TOP: f64 = 70.0;
/// Height of a row of the heat map.
const ROW: f64 = 18.0;
const GAP: f64 = 16.0;
/// Pixels between labels of positions.
const BETWEEN: f64 = 110.0;

/// What every change of a base does along a sequence.
///
/// Above, a logo: the height of each base is its importance, below the line where it is negative. Below, a heat map with a row
/// for each letter: blue where the change lowers the value, orange where it raises it, stronger where it does so more; a dot marks
/// the base that is there, grey what has no value. The rows' names have the colours of the bases in the logo. Colours reach from minus to plus the largest finite size.
///
/// ```
/// use ciskit_report::MutagenesisChart;
///
/// let nan = f64::NAN;
/// let svg = MutagenesisChart::new("chr1:101-103", 101, b"ACN")
///     .row("A", [0.0, -0.5, nan])
///     .row("C", [-2.0, 0.0, nan])
///     .row("del", [-1.0, 0.25, nan])
///     .importance([2.0, 0.5, nan])
///     .named("logit difference", "position on chr1")
///     .to_svg();
/// assert!(svg.as_str().contains(">del</text>") && svg.as_str().contains(">logit difference</text>"));
/// assert!(svg.as_str().contains("strongest change -2.00 at 101 (A to C)"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MutagenesisChart {
    title: String,
    first: i64,
    bases: Vec<u8>,
    rows: Vec<(String, Vec<f64>)>,
    importance: Vec<f64>,
    value: String,
    across: String,
}

impl MutagenesisChart {
    /// A chart of bases whose first one has a position as it is to be shown (1-based, as browsers count).
    #[must_use]
    pub fn new(title: impl Into<String>, first: i64, bases: &[u8]) -> Self {
        let (value, across) = ("effect".into(), "position".into());
        let (rows, importance) = (Vec::new(), Vec::new());
        Self { title: title.into(), first, bases: bases.to_vec(), rows, importance, value, across }
    }

    /// Adds a row of the heat map: a value for each position, or NaN. A row called like a base marks that base by a dot.
    #[must_use]
    pub fn row(mut self, name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        self.rows.push((name.into(), values.into_iter().collect()));
        self
    }

    /// Heights of the bases in the logo.
    #[must_use]
    pub fn importance(mut self, values: impl IntoIterator<Item = f64>) -> Self {
        self.importance = values.into_iter().collect();
        self
    }

    /// What the values and the positions are called.
    #[must_use]
    pub fn named(mut self, value: impl Into<String>, positions: impl Into<String>) -> Self {
        (self.value, self.across) = (value.into(), positions.into());
        self
    }

    /// The picture: 896 pixels wide, or a pixel a position where there are more than 800.
    #[must_use]
    pub fn to_svg(&self) -> Svg {
        let cell = (WIDE / self.bases.len().max(1) as f64).clamp(CELL.1, CELL.0);
        let largest = self.largest();
        let mut drawing = Drawing {
            canvas: Canvas::default(),
            cell,
            right: LEFT + (cell * self.bases.len() as f64).max(420.0),
            map: TOP + LOGO + GAP,
        };
        drawing.title(&self.title);
        drawing.colours(largest, &self.value);
        drawing.logo(self);
        for (index, row) in self.rows.iter().enumerate() {
            drawing.row(index, row, &self.bases, largest);
        }
        let bottom = drawing.map + ROW * self.rows.len() as f64;
        drawing.positions(self, bottom);
        let height = bottom + 20.0 + FONT + 10.0 + PADDING;
        let width = drawing.right + PADDING + 6.0;
        drawing.canvas.finish(width, height, &self.title, &self.description())
    }

    /// Every finite value with its row and position.
    fn values(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let finite = |(row, (_, values)): (usize, &'_ (String, Vec<f64>))| {
            let values: Vec<_> = values.iter().take(self.bases.len()).copied().enumerate().collect();
            values.into_iter().filter(|(_, value)| value.is_finite()).map(move |(at, value)| (row, at, value))
        };
        self.rows.iter().enumerate().flat_map(finite)
    }

    /// The largest size of a value; 1 if all are 0 or there are none.
    fn largest(&self) -> f64 {
        let largest = self.values().map(|(_, _, value)| value.abs()).fold(0.0, f64::max);
        if largest > 0.0 { largest } else { 1.0 }
    }

    fn description(&self) -> String {
        let strongest = self.values().reduce(|a, b| if b.2.abs() > a.2.abs() { b } else { a });
        let strongest = strongest.map_or_else(String::new, |(row, at, value)| {
            let (position, base, to) =
                (self.first.saturating_add(at as i64), char::from(self.bases[at]), &self.rows[row].0);
            format!("; strongest change {} at {position} ({base} to {to})", number::fixed(value, 2))
        });
        let (value, bases) = (&self.value, self.bases.len());
        format!("Map of {value} for every change of {bases} bases from {}{strongest}.", self.first)
    }
}

/// The chart in the making.
struct Drawing {
    canvas: Canvas,
    /// Width of a position.
    cell: f64,
    /// Right edge of both plots.
    right: f64,
    /// Top of the heat map.
    map: f64,
}

/// The look of lower and higher values.
fn tone(value: f64) -> Stroke {
    Stroke::series(if value < 0.0 { 0 } else { 1 })
}

impl Drawing {
    fn title(&mut self, title: &str) {
        let shown = lettering::shortened(title, TITLE, self.right - PADDING);
        self.canvas.add(format_args!(
            "<text class=\"plot-ink\" x=\"{PADDING}\" y=\"{}\" fill=\"{INK}\" font-size=\"{TITLE}\" \
             font-weight=\"600\">{}</text>",
            Px(PADDING + 12.0),
            escape::markup(&shown)
        ));
    }

    /// The scale of colours, from minus to plus `largest`, and what it measures.
    fn colours(&mut self, largest: f64, value: &str) {
        const STEPS: i32 = 10;
        let (width, y) = (7.0, 41.0);
        let mut x = LEFT;
        let low = number::fixed(-largest, 3);
        self.label("end", x - 6.0, y + 9.0, &low);
        for step in -STEPS..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            self.patch((x, y), (width, 10.0), share);
            x += width;
        }
        let high = number::fixed(largest, 3);
        self.label("start", x + 6.0, y + 9.0, &high);
        x += 6.0 + lettering::width(&high, FONT) + 14.0;
        let shown = lettering::shortened(value, FONT, (self.right - x).max(0.0));
        self.label("start", x, y + 9.0, &shown);
    }

    fn logo(&mut self, chart: &MutagenesisChart) {
        let heights: Vec<f64> = chart
            .importance
            .iter()
            .take(chart.bases.len())
            .map(|value| if value.is_finite() { *value } else { 0.0 })
            .collect();
        let ends =
            heights.iter().fold((0f64, 0f64), |(low, high), value| (low.min(*value), high.max(*value)));
        let scale = Scale::over(ends.0, ends.1, 4, false);
        let up = |value: f64| TOP + LOGO * (1.0 - scale.fraction(value));
        for tick in &scale.ticks {
            let (y, right) = (Px(up(tick.value)), Px(self.right));
            self.canvas.add(format_args!(
                "<line class=\"plot-grid\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\" stroke=\"{GRID}\"/>"
            ));
            self.label("end", LEFT - 8.0, y.0 + 4.0, &tick.label);
        }
        for (index, (height, base)) in heights.iter().zip(&chart.bases).enumerate() {
            let (top, bottom) = (up(height.max(0.0)), up(height.min(0.0)));
            if bottom - top < 0.05 {
                continue;
            }
            let (left, look) = (LEFT + self.cell * index as f64, letters::look(*base));
            // Where letters could not be read, boxes of their colours say as much in fewer bytes.
            let letter = if self.cell < LEGIBLE { b'.' } else { *base };
            let path = letters::outline(letter, left, top, self.cell * 0.94, bottom - top);
            self.canvas.add(format_args!(
                "<path class=\"{}\" fill=\"{}\" fill-rule=\"evenodd\" d=\"{path}\"/>",
                look.area_class(),
                look.colour
            ));
        }
        let (x, y) = (Px(PADDING + FONT - 2.0), Px(TOP + LOGO / 2.0));
        self.canvas.add(format_args!(
            "<text class=\"plot-muted\" x=\"{x}\" y=\"{y}\" fill=\"{MUTED}\" text-anchor=\"middle\" \
             transform=\"rotate(-90 {x} {y})\">importance</text>"
        ));
    }

    fn row(&mut self, index: usize, (name, values): &(String, Vec<f64>), bases: &[u8], largest: f64) {
        let top = self.map + ROW * index as f64;
        let shown = lettering::shortened(name, FONT, LEFT - PADDING - 8.0);
        let (class, colour) = match name.as_bytes() {
            // The rows' names say which colour is which base in the logo.
            [base] => (letters::look(*base).area_class(), letters::look(*base).colour),
            _ => ("plot-muted".to_owned(), MUTED),
        };
        self.canvas.add(format_args!(
            "<text class=\"{class}\" x=\"{}\" y=\"{}\" fill=\"{colour}\" text-anchor=\"end\" \
             font-weight=\"600\">{}</text>",
            Px(LEFT - 8.0),
            Px(top + ROW / 2.0 + 4.0),
            escape::markup(&shown)
        ));
        for (position, (value, base)) in values.iter().zip(bases).enumerate() {
            let left = LEFT + self.cell * position as f64;
            let there = name.len() == 1 && name.as_bytes()[0].eq_ignore_ascii_case(base);
            if there && self.cell >= LEGIBLE {
                self.canvas.add(format_args!(
                    "<circle class=\"plot-muted\" cx=\"{}\" cy=\"{}\" r=\"1.5\" fill=\"{MUTED}\"/>",
                    Px(left + self.cell / 2.0),
                    Px(top + ROW / 2.0)
                ));
            }
            if !there {
                self.patch((left, top), (self.cell, ROW), value / largest);
            }
        }
    }

    /// A box whose colour says how much of the largest size a value has; grey for NaN.
    fn patch(&mut self, (left, top): (f64, f64), (width, height): (f64, f64), share: f64) {
        let (class, colour, opacity) = match share.abs() {
            size if size.is_nan() => ("plot-muted".to_owned(), MUTED, 0.15),
            size => (tone(share).area_class(), tone(share).colour, size.min(1.0)),
        };
        if opacity < 0.005 {
            return; // it would not be seen
        }
        self.canvas.add(format_args!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\" fill-opacity=\"{}\"/>",
            Px(left),
            Px(top),
            Px(width),
            Px(height),
            Px(opacity)
        ));
    }

    /// Round positions below the heat map.
    fn positions(&mut self, chart: &MutagenesisChart, bottom: f64) {
        let count = chart.bases.len();
        let (first, last) = (chart.first as f64, chart.first as f64 + count.saturating_sub(1) as f64);
        let room = ((self.right - LEFT) / BETWEEN).max(1.0);
        let step = Step::at_least(((last - first) / room).max(1.0));
        for multiple in step.ceil(first)..=step.floor(last) {
            let position = step.times(multiple);
            let x = LEFT + self.cell * (position - first + 0.5);
            let (from, to) = (Px(bottom), Px(bottom + 4.0));
            self.canvas.add(format_args!(
                "<line class=\"plot-axis\" x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\" stroke=\"{MUTED}\"/>",
                x = Px(x)
            ));
            self.label("middle", x, bottom + 17.0, &number::grouped(position as i128));
        }
        let shown = lettering::shortened(&chart.across, FONT, self.right - LEFT);
        self.label("middle", (LEFT + self.right) / 2.0, bottom + 20.0 + FONT + 10.0, &shown);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn count(svg: &Svg, tag: &str) -> usize {
        let document = roxmltree::Document::parse(svg.as_str()).unwrap();
        document.descendants().filter(|node| node.has_tag_name(tag)).count()
    }

    /// `n` bases with rows of the same values each.
    fn chart(n: usize, value: f64) -> MutagenesisChart {
        let bases = b"ACGT".repeat(n.div_ceil(4));
        let chart = MutagenesisChart::new("t", 109_274_652, &bases[..n]).importance(vec![value; n]);
        ["A", "C", "G", "T", "del"].iter().fold(chart, |chart, row| chart.row(*row, vec![value; n]))
    }

    #[test]
    fn cells_are_the_changes_and_dots_the_bases() {
        // 20 colours in the scale (its middle is invisible), the ground, and 4 changes for each of 8 bases.
        let svg = chart(8, -0.5).to_svg();
        assert_eq!((count(&svg, "rect"), count(&svg, "circle"), count(&svg, "path")), (20 + 1 + 32, 8, 8));
        assert!(svg.as_str().contains(">109,274,65"), "positions are whole numbers, never rounded");
    }

    #[test]
    fn long_sequences_stay_a_picture() {
        let svg = chart(3000, 0.25).to_svg();
        assert_eq!(svg.size().0, LEFT + 3000.0 + PADDING + 6.0);
        assert_eq!(count(&svg, "circle"), 0);
        assert!(svg.as_str().len() < 3_000_000, "{}", svg.as_str().len());
    }

    #[test]
    fn strange_values_are_drawn_without_strange_numbers() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 5e-324, 0.0, -0.0] {
            for n in [0, 1, 7, 900] {
                let svg = chart(n, value).to_svg();
                roxmltree::Document::parse(svg.as_str()).unwrap();
                for strange in ["\"NaN", "\"inf", "\"-inf", ",NaN", ",inf"] {
                    assert!(!svg.as_str().contains(strange), "{n} {value}: {strange}");
                }
            }
        }
    }

    #[test]
    fn a_size_of_its_own_has_full_colour() {
        let svg = MutagenesisChart::new("t", 1, b"AA").row("C", [-4.0, 2.0]).to_svg();
        let document = roxmltree::Document::parse(svg.as_str()).unwrap();
        let cells: Vec<(&str, &str)> = document
            .descendants()
            .filter(|node| node.attribute("height") == Some("18"))
            .filter_map(|node| Some((node.attribute("class")?, node.attribute("fill-opacity")?)))
            .collect();
        assert_eq!(cells, [("plot-area-0", "1"), ("plot-area-1", "0.5")]);
    }

    #[test]
    fn fewer_values_than_bases_are_drawn_as_far_as_they_go() {
        let svg = MutagenesisChart::new("t", 1, b"ACGT").row("A", [1.0]).row("C", vec![1.0; 9]).to_svg();
        assert!(roxmltree::Document::parse(svg.as_str()).is_ok());
    }

    #[test]
    fn hostile_names_stay_text() {
        let svg = MutagenesisChart::new("</svg><x>", i64::MAX, b"AC")
            .row("<y>\"", [1.0, 2.0])
            .named("&<z>", "</desc>")
            .to_svg();
        assert_eq!(count(&svg, "x") + count(&svg, "y") + count(&svg, "z"), 0);
    }
}
