//! Tables and pictures: one way from results to TSV, JSON, Markdown, HTML and SVG.
//!
//! - **Tables.** A [`Table`] has typed, named [`Column`]s and rows of [`Cell`]s; it writes itself for programs (TSV,
//!   JSON: all digits) and for people (Markdown, HTML, terminal: rounded and aligned).
//! - **Pictures.** [`LineChart`], [`Histogram`], [`IntervalChart`] and [`HeatMap`] become [`Svg`]: real text, colours that colour-blind readers tell
//!   apart, a title for screen readers, curves of millions of points drawn by a few hundred. [`roc_chart`],
//!   [`pr_chart`] and [`score_distribution`] are the standard ones; a [`MutagenesisChart`] is a logo over a heat map; a [`Panel`] puts several into one picture.
//! - **Pages.** A [`Page`] of [`Section`]s is one HTML file that needs nothing else, neither script nor network.
//! - **Metrics.** [`Metrics`] is the schema of `metrics.json`; [`Evaluation`] the numbers of one set of scores.
//!   [`Selection`] says on which pairs a model was chosen, among how many, and what that did to its scores.
//!   [`evaluation_section`] turns labels and scores into all that a reader should see of them.
//!
//! Three promises hold for all of them:
//!
//! - *Text is only text.* No name, however hostile, changes the markup, the row or the terminal around it.
//! - *Same input, same bytes.* No clock, no hash order, no machine path.
//! - *A whole file or none.* Files are written under a temporary name and renamed.
//!
//! ```
//! use ciskit_core::Scale;
//! use ciskit_report::{Evaluation, Metrics, Page, evaluation_section};
//!
//! let (labels, probabilities) = ([false, false, true, true], [0.1, 0.4, 0.35, 0.8]);
//! let folder = tempfile::tempdir()?;
//!
//! let evaluation = Evaluation::of(&labels, &probabilities, Scale::Probability)?;
//! Metrics::of(evaluation).write(folder.path().join("metrics.json"))?;
//!
//! let section = evaluation_section("Test fold", "EPIPAM", &labels, &probabilities, Scale::Probability)?;
//! Page::new("A run").section(section).write(folder.path().join("report.html"))?;
//!
//! let metrics = Metrics::read(folder.path().join("metrics.json"))?;
//! assert_eq!(metrics.results.overall.auroc.value(), Some(0.75));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chart;
mod curves;
mod error;
mod escape;
mod evaluation;
mod file;
mod measure;
mod metrics;
mod number;
mod page;
mod results;
mod selection;
mod standard;
mod table;

pub use chart::{Axis, HeatMap, Histogram, IntervalChart, LineChart, MutagenesisChart, Panel, Series, Svg};
pub use curves::{calibration_chart, pr_chart, roc_chart, score_distribution};
pub use error::ReportError;
pub use evaluation::Evaluation;
pub use measure::Measure;
pub use metrics::Metrics;
pub use page::{Page, Section};
pub use results::{Baseline, Fold, Results, Spread};
pub use selection::{Choice, Selection};
pub use standard::evaluation_section;
pub use table::{Cell, Column, Table};
