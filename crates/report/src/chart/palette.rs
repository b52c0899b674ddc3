//! Colours and dashes. Series differ in both, so that neither colour blindness nor a grey printer joins them.

/// Colour of the picture's ground.
pub(super) const GROUND: &str = "#ffffff";
/// Colour of titles.
pub(super) const INK: &str = "#1f2328";
/// Colour of axis titles, tick labels and reference lines.
pub(super) const MUTED: &str = "#59636e";
/// Colour of grid lines.
pub(super) const GRID: &str = "#e4e7eb";

/// Colours of series on light and on dark ground.
///
/// Source: Okabe & Ito, "Color universal design" (2008), for the light ones; the dark ones are the same hues, lighter.
const SERIES: [(&str, &str); 6] = [
    ("#0072b2", "#4aa8e0"),
    ("#d55e00", "#ff8a4d"),
    ("#009e73", "#33c99b"),
    ("#cc79a7", "#e29ac4"),
    ("#e69f00", "#f5b942"),
    ("#56b4e9", "#8fd3ff"),
];

/// Dashes of series; as many as are told apart at a glance, and coprime with the colours.
const DASHES: [&str; 5] = ["none", "8 4", "2 3", "10 3 2 3", "14 5"];

/// How a series or a reference line looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    /// Colour on light ground.
    pub(super) colour: &'static str,
    /// Dash pattern.
    pub(super) dash: &'static str,
    /// Which colour, from 0; none for reference lines.
    series: Option<usize>,
}

impl Stroke {
    /// The look of the `index`th series.
    pub(super) fn series(index: usize) -> Self {
        let series = index % SERIES.len();
        Self { colour: SERIES[series].0, dash: DASHES[index % DASHES.len()], series: Some(series) }
    }

    /// The same without dashes, as for an outline.
    pub(super) fn solid(self) -> Self {
        Self { dash: DASHES[0], ..self }
    }

    /// The look of the `index`th reference line.
    pub(super) fn reference(index: usize) -> Self {
        Self { colour: MUTED, dash: ["5 4", "1 3"][index % 2], series: None }
    }

    /// The class by which a page recolours a line.
    pub(super) fn line_class(&self) -> String {
        self.series.map_or("plot-reference".into(), |series| format!("plot-line-{series}"))
    }

    /// The class by which a page recolours an area.
    pub(super) fn area_class(&self) -> String {
        self.series.map_or("plot-reference".into(), |series| format!("plot-area-{series}"))
    }
}

/// Style rules that recolour charts for a dark ground.
pub(crate) fn dark_style() -> String {
    let mut style = String::from(
        ".plot-ground{fill:#161b22}.plot-ink{fill:#e6edf3}.plot-muted{fill:#9da7b3}\
         .plot-grid{stroke:#2b323b}.plot-axis,.plot-reference{stroke:#9da7b3}",
    );
    for (index, (_, dark)) in SERIES.iter().enumerate() {
        style.push_str(&format!(".plot-line-{index}{{stroke:{dark}}}.plot-area-{index}{{fill:{dark}}}"));
    }
    style
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_series_look_different() {
        let looks: std::collections::BTreeSet<_> =
            (0..30).map(Stroke::series).map(|stroke| (stroke.colour, stroke.dash)).collect();
        assert_eq!(looks.len(), 30);
    }

    #[test]
    fn every_class_has_a_dark_rule() {
        let style = dark_style();
        for index in 0..SERIES.len() {
            let stroke = Stroke::series(index);
            assert!(style.contains(&format!(".{}{{stroke:", stroke.line_class())));
            assert!(style.contains(&format!(".{}{{fill:", stroke.area_class())));
        }
        assert!(style.contains(&Stroke::reference(0).line_class()));
    }
}
