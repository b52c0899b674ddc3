//! How good are these scores? Ranking, correlation and classification metrics that state what they compute.
//!
//! - **Ranking** (any scale, larger is more positive): [`Ranking`] sorts once and gives AUROC, average
//!   precision (AUPRC without interpolation), ROC and precision-recall points, the best F1, the precision at
//!   a recall and the recall at a precision, weighted or not; [`auroc`] and [`average_precision`] are the
//!   shortcuts. [`delong`] gives the standard error of an AUROC, [`delong_test`] compares two scores of the
//!   same items.
//! - **One threshold**: [`Confusion`] counts calls; precision, recall, F1, balanced accuracy and MCC are made
//!   of it.
//! - **Probabilities**: [`brier`] and [`log_loss`]; [`Reliability`] is the calibration curve with its errors (ECE,
//!   MCE); [`PlattScaling`] and [`IsotonicRegression`] turn scores into probabilities.
//! - **Groups**: [`GroupedRanking`] ranks the candidates of each promoter alone and averages.
//! - **How sure**: [`Bootstrap`] gives any of these an interval, by items or by blocks such as chromosomes, and
//!   compares two scores of the same items; [`Resampled`] does the same for resamples that were drawn elsewhere.
//! - **Two series**: [`pearson`], [`spearman`] and [`kendall`], each with a `_test` that adds the p-value;
//!   [`pearson_interval`] and [`spearman_interval`] say how sure a coefficient is.
//!
//! Three promises hold for all of them:
//!
//! - *Ties are exact.* Equal scores, `-0.0` and `0.0` among them, are one threshold, and the order of the
//!   items never matters.
//! - *A number or a reason.* NaN, infinities, unequal lengths, empty input and what a metric is undefined for
//!   (one class, a constant side) are a [`MetricError`] that names the index and the value; never NaN, never
//!   a default.
//! - *The same bits for any number of threads.* Sums are compensated and added in a fixed order.
//!
//! Labels are `&[bool]` ([`labels_from`] reads 0 and 1), scores are slices of `f32` or `f64` ([`Score`]).
//! Millions of scores are ranked in parallel on rayon's threads.
//!
//! ```
//! use ciskit_metrics::{Confusion, Ranking, brier};
//!
//! let labels = [false, false, true, true];
//! let probabilities = [0.1, 0.4, 0.35, 0.8];
//!
//! let ranking = Ranking::new(&labels, &probabilities)?;
//! assert_eq!(ranking.auroc()?, 0.75);
//! assert!((ranking.average_precision()? - 5.0 / 6.0).abs() < 1e-15);
//! assert_eq!(Confusion::at(0.5, &labels, &probabilities)?.balanced_accuracy(), 0.75);
//! assert!((brier(&labels, &probabilities)? - 0.158125).abs() < 1e-15);
//! # Ok::<(), ciskit_metrics::MetricError>(())
//! ```

mod bootstrap;
mod bucket;
mod check;
mod confusion;
mod correlation;
mod curve;
mod delong;
mod draws;
mod error;
mod exact;
mod fisher;
mod grouped;
mod groups;
mod isotonic;
mod kendall;
mod label;
mod level;
mod operating_point;
mod platt;
mod probability;
mod ranking;
mod reliability;
mod resampled;
mod score;
mod spread_sort;
mod sum;
mod tail;

pub use bootstrap::{Bootstrap, BootstrapDifference, BootstrapInterval};
pub use confusion::Confusion;
pub use correlation::{Correlation, pearson, pearson_test, spearman, spearman_test};
pub use curve::{PrPoint, RocPoint};
pub use delong::{AurocDifference, AurocEstimate, delong, delong_test};
pub use error::MetricError;
pub use fisher::{pearson_interval, spearman_interval};
pub use grouped::GroupedRanking;
pub use isotonic::IsotonicRegression;
pub use kendall::{kendall, kendall_test};
pub use label::labels_from;
pub use level::Level;
pub use operating_point::OperatingPoint;
pub use platt::PlattScaling;
pub use probability::{brier, log_loss, weighted_brier, weighted_log_loss};
pub use ranking::{Ranking, auroc, average_precision};
pub use reliability::{Bins, Reliability, ReliabilityBin};
pub use resampled::Resampled;
pub use score::Score;
