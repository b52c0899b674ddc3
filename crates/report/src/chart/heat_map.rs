//! Heat maps: one value for each row and column, as a colour and in digits.

use super::lettering;
use super::palette::{INK, MUTED};
use super::svg::{Canvas, Px, Svg};
use crate::{escape, number};

const PADDING: f64 = 14.0;
const TITLE: f64 = 15.0;
const FONT: f64 = 12.0;
const ROW: f64 = 24.0;
const CELL: f64 = 64.0;
/// Room for names at most.
const NAMES: f64 = 300.0;
/// Decimals of the values.
const DECIMALS: usize = 2;

/// Colours of the largest negative and positive value; the scale goes through white at 0. Blue and orange are told
/// apart by colour-blind readers.
const ENDS: [[f64; 3]; 2] = [[0.0, 114.0, 178.0], [213.0, 94.0, 0.0]];
const MIDDLE: [f64; 3] = [255.0, 255.0, 255.0];

/// A matrix of values about 0, such as correlations of models and data sets: each cell is coloured by its value and
/// says it. Cells without a finite value are empty.
///
/// ```
/// use ciskit_report::HeatMap;
///
/// let svg = HeatMap::new("Pearson's r", ["raQTL", "SORT1"])
///     .row("sei", [Some(0.3), Some(-0.4)])
///     .row("borzoi", [Some(0.13), None])
///     .to_svg();
/// assert!(svg.as_str().contains("<title>sei, SORT1: -0.400</title>"));
/// assert!(svg.as_str().contains(">0.30</text>"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    title: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Option<f64>>)>,
}

impl HeatMap {
    /// A map without rows.
    #[must_use]
    pub fn new<N: Into<String>>(title: impl Into<String>, columns: impl IntoIterator<Item = N>) -> Self {
        Self { title: title.into(), columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row below the others.
    ///
    /// # Panics
    ///
    /// If there are not as many values as columns.
    #[must_use]
    pub fn row(mut self, name: impl Into<String>, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let values: Vec<Option<f64>> =
            values.into_iter().map(|value| value.filter(|value| value.is_finite())).collect();
        assert_eq!(values.len(), self.columns.len(), "as many values as columns");
        self.rows.push((name.into(), values));
        self
    }

    /// The picture.
    #[must_use]
    pub fn to_svg(&self) -> Svg {
        let names = self.rows.iter().map(|(name, _)| lettering::width(name, FONT)).fold(0.0, f64::max);
        let left = PADDING + names.min(NAMES) + 10.0;
        let heads = self.columns.iter().map(|name| lettering::width(name, FONT)).fold(0.0, f64::max);
        let head = heads.min(NAMES);
        // Column names are turned by 45 degrees, so that the last one reaches beyond its column.
        let slant = head * std::f64::consts::FRAC_1_SQRT_2;
        let top = PADDING + TITLE + 14.0 + slant;
        let width = (left + CELL * self.columns.len() as f64 + slant + PADDING).max(320.0);
        let height = top + ROW * self.rows.len() as f64 + PADDING;
        let mut canvas = Canvas::default();
        canvas.add(format_args!(
            "<text class=\"plot-ink\" x=\"{PADDING}\" y=\"{}\" fill=\"{INK}\" font-size=\"{TITLE}\" \
             font-weight=\"600\">{}</text>",
            Px(PADDING + 12.0),
            escape::markup(&lettering::shortened(&self.title, TITLE, width - 2.0 * PADDING))
        ));
        for (index, name) in self.columns.iter().enumerate() {
            let (x, y) = (Px(left + CELL * (index as f64 + 0.4)), Px(top - 6.0));
            canvas.add(format_args!(
                "<text class=\"plot-muted\" x=\"{x}\" y=\"{y}\" fill=\"{MUTED}\" transform=\"rotate(-45 {x} {y})\">{}</text>",
                escape::markup(&lettering::shortened(name, FONT, NAMES))
            ));
        }
        let values = self.rows.iter().flat_map(|(_, values)| values.iter().flatten());
        let largest = values.fold(0.0_f64, |largest, value| largest.max(value.abs()));
        for (index, (name, values)) in self.rows.iter().enumerate() {
            let y = top + ROW * index as f64;
            canvas.add(format_args!(
                "<text class=\"plot-muted\" x=\"{}\" y=\"{}\" fill=\"{MUTED}\" text-anchor=\"end\">{}</text>",
                Px(left - 8.0),
                Px(y + ROW / 2.0 + 4.0),
                escape::markup(&lettering::shortened(name, FONT, NAMES))
            ));
            for (column, value) in values.iter().enumerate() {
                let Some(value) = *value else { continue };
                let place = (left + CELL * column as f64, y);
                draw_cell(&mut canvas, place, value, value / largest, (name, &self.columns[column]));
            }
        }
        let said = |value: &Option<f64>| value.map_or("none".into(), |value| number::fixed(value, DECIMALS));
        let words = self.rows.iter().map(|(name, values)| {
            let values = values.iter().zip(&self.columns);
            let values: Vec<String> =
                values.map(|(value, column)| format!("{column} {}", said(value))).collect();
            format!("{name}: {}", values.join(", "))
        });
        canvas.finish(width, height, &self.title, &words.collect::<Vec<_>>().join("; "))
    }
}

/// Draws a cell whose value is this share of the largest, NaN if that is 0.
fn draw_cell(canvas: &mut Canvas, (x, y): (f64, f64), value: f64, share: f64, names: (&str, &str)) {
    let share = if share.is_finite() { share } else { 0.0 };
    let end = ENDS[usize::from(share > 0.0)];
    let colour: [u8; 3] =
        std::array::from_fn(|i| (MIDDLE[i] + (end[i] - MIDDLE[i]) * share.abs()).round() as u8);
    let [red, green, blue] = colour;
    // White letters on the darker half of the scale.
    let letters = if share.abs() > 0.6 { "#ffffff" } else { "#1f2328" };
    canvas.add(format_args!(
        "<g><title>{}, {}: {}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" \
         fill=\"#{red:02x}{green:02x}{blue:02x}\"/><text x=\"{}\" y=\"{}\" fill=\"{letters}\" \
         text-anchor=\"middle\">{}</text></g>",
        escape::markup(names.0),
        escape::markup(names.1),
        number::fixed(value, 3),
        Px(x),
        Px(y),
        Px(CELL - 2.0),
        Px(ROW - 2.0),
        Px(x + CELL / 2.0 - 1.0),
        Px(y + ROW / 2.0 + 3.0),
        number::fixed(value, DECIMALS)
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fills(svg: &Svg) -> Vec<String> {
        let document = roxmltree::Document::parse(svg.as_str()).unwrap();
        let cells = document.descendants().filter(|node| node.has_tag_name("g"));
        cells
            .filter_map(|cell| {
                cell.children().find(|child| child.has_tag_name("rect"))?.attribute("fill").map(str::to_owned)
            })
            .collect()
    }

    #[test]
    fn the_largest_magnitude_has_the_full_colour_and_zero_none() {
        let map = HeatMap::new("m", ["a", "b", "c"]).row("r", [Some(-2.0), Some(0.0), Some(1.0)]);
        assert_eq!(fills(&map.to_svg()), ["#0072b2", "#ffffff", "#eaaf80"]);
    }

    #[test]
    fn values_that_are_none_leave_their_cell_empty() {
        let map = HeatMap::new("m", ["a", "b"]).row("r", [None, Some(f64::NAN)]).row("s", [Some(0.0), None]);
        assert_eq!(fills(&map.to_svg()), ["#ffffff"]);
        assert!(fills(&HeatMap::new("<&>", Vec::<String>::new()).to_svg()).is_empty());
    }

    #[test]
    #[should_panic(expected = "as many values as columns")]
    fn a_row_fills_every_column() {
        let _ = HeatMap::new("m", ["a"]).row("r", []);
    }
}
