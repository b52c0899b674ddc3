//! The picture itself: SVG text, from the first element to the file.

use std::fmt;
use std::path::Path;

use super::palette::GROUND;
use crate::{ReportError, escape, file};

/// A finished picture: an SVG document whose text is text, with a title for screen readers, an explicit ground and
/// nothing from elsewhere (no script, font, style sheet or date).
///
/// Colours are attributes, so that it looks the same in any viewer; its classes let a [`Page`](crate::Page) recolour
/// it for dark screens.
///
/// ```
/// use ciskit_report::{Axis, LineChart, Series, Svg};
///
/// let chart = LineChart::new("Loss", Axis::new("epoch"), Axis::new("loss"))
///     .series(Series::line("training", [(1.0, 0.7), (2.0, 0.5)]));
/// let svg: Svg = chart.to_svg();
/// assert!(svg.as_str().starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
/// assert_eq!(svg, chart.to_svg());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Svg {
    document: String,
    width: f64,
    height: f64,
}

impl Svg {
    /// The document.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.document
    }

    /// Width and height in pixels at its natural size.
    #[must_use]
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    /// The document as an element at a place inside another one.
    pub(super) fn placed(&self, x: f64, y: f64) -> String {
        self.document.replacen("<svg ", &format!("<svg x=\"{}\" y=\"{}\" ", Px(x), Px(y)), 1)
    }

    /// Writes the document to a file, completely or not at all.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`].
    ///
    /// ```
    /// # use ciskit_report::{Axis, Histogram};
    /// let folder = tempfile::tempdir()?;
    /// let svg = Histogram::new("Scores", Axis::new("score")).group("all", [0.1, 0.7]).to_svg();
    /// svg.write(folder.path().join("scores.svg"))?;
    /// assert_eq!(std::fs::read_to_string(folder.path().join("scores.svg"))?, svg.as_str());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), ReportError> {
        file::write(path.as_ref(), &self.document)
    }
}

impl fmt::Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.document)
    }
}

/// A wider picture is not shrunk to a phone's width but scrolled.
const NARROW: f64 = 500.0;

/// An SVG document in the making: elements in drawing order.
#[derive(Default)]
pub(super) struct Canvas {
    elements: String,
}

impl Canvas {
    /// Adds one element, already marked up.
    pub(super) fn add(&mut self, element: fmt::Arguments<'_>) {
        self.elements.push_str(&element.to_string());
        self.elements.push('\n');
    }

    /// Closes the document: `title` names it, `description` says what it shows in words.
    pub(super) fn finish(self, width: f64, height: f64, title: &str, description: &str) -> Svg {
        let (title, description) = (escape::markup(title), escape::markup(description));
        let class = if width > NARROW { "plot plot-wide" } else { "plot" };
        let document = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" width=\"{w}\" height=\"{h}\" \
             viewBox=\"0 0 {w} {h}\" role=\"img\" aria-label=\"{title}\" font-size=\"12\" \
             font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif\">\n\
             <title>{title}</title>\n<desc>{description}</desc>\n\
             <rect class=\"plot-ground\" width=\"{w}\" height=\"{h}\" fill=\"{GROUND}\"/>\n\
             {}</svg>\n",
            self.elements,
            w = Px(width),
            h = Px(height),
        );
        Svg { document, width, height }
    }
}

/// A length or coordinate in pixels: at most two decimals, which also hides how platforms differ in the last digit.
#[derive(Clone, Copy)]
pub(super) struct Px(pub(super) f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:.2}", self.0);
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        f.write_str(if digits == "-0" { "0" } else { digits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_have_no_needless_digits() {
        assert_eq!(
            [1.0, 100.0, 0.5, 1.006, -0.001, -2.25].map(|v| Px(v).to_string()),
            ["1", "100", "0.5", "1.01", "0", "-2.25"]
        );
    }

    #[test]
    fn a_hostile_title_stays_in_its_attribute() {
        let svg = Canvas::default().finish(10.0, 10.0, "a\"/><script>&", "]]>\u{0}");
        let document = roxmltree::Document::parse(svg.as_str()).unwrap();
        assert_eq!(document.root_element().attribute("aria-label"), Some("a\"/><script>&"));
        assert_eq!(document.descendants().filter(|node| node.is_element()).count(), 4);
    }
}
