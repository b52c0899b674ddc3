//! The legend: rows of samples and names between the title and the plot.

use super::lettering;
use super::palette::{INK, Stroke};
use super::svg::{Canvas, Px};
use crate::escape;

/// One entry: what it looks like and what it is called.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) stroke: Stroke,
    pub(super) sample: Sample,
}

/// What stands before a name.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Sample {
    Line,
    Area,
}

/// Height of a row.
const ROW: f64 = 19.0;
/// Width of a sample with its gap.
const SAMPLE: f64 = 34.0;
/// Room behind an entry.
const GAP: f64 = 18.0;
const FONT: f64 = 12.0;

/// Entries laid out in rows.
pub(super) struct Legend {
    /// Name as shown, left edge and row of each entry.
    places: Vec<(String, f64, usize)>,
}

impl Legend {
    /// Fills rows of a width from left to right; a name longer than a row is shortened.
    pub(super) fn lay(entries: &[Entry], width: f64) -> Self {
        let (mut x, mut row) = (0.0, 0);
        let place = |entry: &Entry| {
            let name = lettering::shortened(&entry.name, FONT, width - SAMPLE);
            let needed = SAMPLE + lettering::width(&name, FONT);
            if x > 0.0 && x + needed > width {
                (x, row) = (0.0, row + 1);
            }
            let place = (name, x, row);
            x += needed + GAP;
            place
        };
        Self { places: entries.iter().map(place).collect() }
    }

    /// Height of all rows.
    pub(super) fn height(&self) -> f64 {
        self.places.last().map_or(0.0, |(_, _, row)| ROW * (row + 1) as f64)
    }

    /// Draws the entries with the upper left corner at (`left`, `top`).
    pub(super) fn draw(&self, entries: &[Entry], canvas: &mut Canvas, left: f64, top: f64) {
        for (entry, (name, x, row)) in entries.iter().zip(&self.places) {
            let (x, middle) = (left + x, top + ROW * (*row as f64 + 0.5));
            let Stroke { colour, dash, .. } = entry.stroke;
            let (line, area) = (entry.stroke.line_class(), entry.stroke.area_class());
            if entry.sample == Sample::Area {
                canvas.add(format_args!(
                    "<rect class=\"{area}\" x=\"{}\" y=\"{}\" width=\"26\" height=\"10\" fill=\"{colour}\" \
                     fill-opacity=\"0.3\"/>",
                    Px(x),
                    Px(middle - 5.0)
                ));
            }
            let y = if entry.sample == Sample::Area { middle - 5.0 } else { middle };
            canvas.add(format_args!(
                "<line class=\"{line}\" x1=\"{}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{colour}\" \
                 stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
                Px(x),
                Px(x + 26.0),
                y = Px(y)
            ));
            canvas.add(format_args!(
                "<text class=\"plot-ink\" x=\"{}\" y=\"{}\" fill=\"{INK}\">{}</text>",
                Px(x + SAMPLE),
                Px(middle + 4.0),
                escape::markup(name)
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(names: &[&str]) -> Vec<usize> {
        let entry =
            |name: &&str| Entry { name: (*name).into(), stroke: Stroke::series(0), sample: Sample::Line };
        let entries: Vec<Entry> = names.iter().map(entry).collect();
        Legend::lay(&entries, 300.0).places.into_iter().map(|(_, _, row)| row).collect()
    }

    #[test]
    fn entries_wrap_and_long_names_are_cut() {
        assert_eq!(rows(&["EPIPAM", "EPIVAN", "DeepTACT", "distance"]), [0, 0, 0, 1]);
        assert_eq!(rows(&["a", &"b".repeat(1000), "c"]), [0, 1, 2]);
        assert_eq!(rows(&[]), [] as [usize; 0]);
        assert_eq!(Legend::lay(&[], 300.0).height(), 0.0);
    }
}
