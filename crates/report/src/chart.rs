//! Charts as SVG: one file a kind of chart, over shared axes, legend and colours.
//!
//! A new kind of chart takes its data, asks [`frame::Frame`] for a plotting area with scales, and draws into it.

mod axis;
mod frame;
mod heat_map;
mod histogram;
mod interval;
mod legend;
mod lettering;
mod letters;
mod line;
mod mutagenesis;
pub(crate) mod palette;
mod panel;
mod polyline;
mod scale;
mod series;
mod svg;

pub use axis::Axis;
pub use heat_map::HeatMap;
pub use histogram::Histogram;
pub use interval::IntervalChart;
pub use line::LineChart;
pub use mutagenesis::MutagenesisChart;
pub use panel::Panel;
pub use series::Series;
pub use svg::Svg;
