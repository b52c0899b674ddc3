//! Several pictures as one.

use super::lettering;
use super::palette::{INK, MUTED};
use super::svg::{Canvas, Px, Svg};
use crate::escape;

const PADDING: f64 = 16.0;
/// Left edge of the text: where the titles of the pictures below it start.
const TEXT: f64 = PADDING + 14.0;
const GAP: f64 = 16.0;
const TITLE: f64 = 20.0;
const FONT: f64 = 14.0;
const LINE: f64 = 21.0;

/// Pictures in rows under a title and lines of text: one picture that sums a run up, as a README shows it.
///
/// ```
/// use ciskit_report::{Axis, Histogram, Panel};
///
/// let chart = Histogram::new("Scores", Axis::new("score")).group("all", [0.1, 0.7]).to_svg();
/// let panel = Panel::new("A run").line("AUROC 0.847").row([chart.clone(), chart.clone()]).row([chart]);
/// let svg = panel.to_svg();
/// assert_eq!(svg.as_str().matches("<svg").count(), 4);
/// assert!(svg.as_str().contains(">AUROC 0.847</text>"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    title: String,
    lines: Vec<String>,
    rows: Vec<Vec<Svg>>,
}

impl Panel {
    /// A panel without pictures.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), lines: Vec::new(), rows: Vec::new() }
    }

    /// Adds a line of text below the title.
    #[must_use]
    pub fn line(mut self, text: impl Into<String>) -> Self {
        self.lines.push(text.into());
        self
    }

    /// Adds a row of pictures.
    #[must_use]
    pub fn row(mut self, pictures: impl IntoIterator<Item = Svg>) -> Self {
        self.rows.push(pictures.into_iter().collect());
        self
    }

    /// The picture, as wide as its widest row.
    #[must_use]
    pub fn to_svg(&self) -> Svg {
        let row_width = |row: &Vec<Svg>| row.iter().map(|svg| svg.size().0 + GAP).sum::<f64>() - GAP;
        let inner = self.rows.iter().map(row_width).fold(400.0, f64::max);
        let mut canvas = Canvas::default();
        let mut y = PADDING + TITLE;
        let mut text = |y: f64, size: f64, weight: u32, (class, colour): (&str, &str), text: &str| {
            canvas.add(format_args!(
                "<text class=\"{class}\" x=\"{TEXT}\" y=\"{}\" fill=\"{colour}\" font-size=\"{size}\" \
                 font-weight=\"{weight}\">{}</text>",
                Px(y),
                escape::markup(&lettering::shortened(text, size, inner - TEXT))
            ));
        };
        text(y, TITLE, 600, ("plot-ink", INK), &self.title);
        for line in &self.lines {
            y += LINE;
            text(y, FONT, 400, ("plot-muted", MUTED), line);
        }
        y += GAP;
        for row in &self.rows {
            let mut x = PADDING;
            for svg in row {
                canvas.add(format_args!("{}", svg.placed(x, y).trim_end()));
                x += svg.size().0 + GAP;
            }
            y += row.iter().map(|svg| svg.size().1).fold(0.0, f64::max) + GAP;
        }
        canvas.finish(inner + 2.0 * PADDING, y - GAP + PADDING, &self.title, &self.lines.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_lie_inside_and_side_by_side() {
        let small = Canvas::default().finish(100.0, 50.0, "small", "");
        let tall = Canvas::default().finish(500.0, 80.0, "tall <&>", "");
        let svg = Panel::new("both").row([small.clone(), tall.clone()]).row([small]).to_svg();
        let document = roxmltree::Document::parse(svg.as_str()).unwrap();
        let places: Vec<(f64, f64)> = document
            .descendants()
            .filter(|node| node.has_tag_name("svg"))
            .filter_map(|node| Some((node.attribute("x")?.parse().ok()?, node.attribute("y")?.parse().ok()?)))
            .collect();
        assert_eq!(places, [(16.0, 52.0), (132.0, 52.0), (16.0, 148.0)]);
        assert_eq!(svg.size(), (16.0 + 100.0 + 16.0 + 500.0 + 16.0, 148.0 + 50.0 + 16.0));
    }

    #[test]
    fn an_empty_panel_is_its_title() {
        let svg = Panel::new("empty").to_svg();
        assert!(roxmltree::Document::parse(svg.as_str()).is_ok() && svg.as_str().contains(">empty</text>"));
    }
}
