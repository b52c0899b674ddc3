//! Which model is better, and how sure is that.
//!
//! In the order in which a comparison is made:
//!
//! 1. **Scores.** A [`ModelScores`] holds one model's scores of *all* test pairs, fold by fold; each fold's scores are
//!    those of a model that never met its test pairs.
//! 2. **Lists.** A [`TestList`] is what all models are measured on: every fold's positives with so many negatives for
//!    each ([`TestRatio`]), drawn once from the seed, the same rows for every model.
//! 3. **Estimates.** AUROC and average precision of each model ([`Measured`]): mean and standard deviation over folds,
//!    an interval by resampling chromosomes as blocks, the pooled value beside them.
//! 4. **Tests.** A [`Difference`] of each model and the reference: resampled chromosomes, on which both are measured
//!    alike, and DeLong's test by fold and of all rows.
//! 5. **Strata.** The same by distance, promoter degree and elements seen in training ([`Stratification`]), each cell
//!    with its size and prevalence, or the reason why it is undefined.
//! 6. **What needs no biology.** Label-free rules ([`LABEL_FREE`]) are among the rows always, and the findings of the
//!    [`Audit`](ciskit_dataset::Audit) of the same list are part of every report.
//!
//! A [`Comparison`] holds it all and writes itself as TSV, JSON, Markdown and HTML, and as pictures.
//!
//! # Means, not pools
//!
//! Every fold has a network of its own, with a scale of its own: a score of 0.7 need not mean the same in two folds.
//! Ranking rows of different folds against each other can make a set of good networks look bad, or a set of bad ones
//! good where folds differ in their share of positives. The mean over folds ranks within folds only; it is the number
//! to compare, and what is resampled. Pooled values and tests are there for comparison with papers that report them.
//!
//! ```
//! use ciskit_compare::{CompareConfig, Comparison, FoldScores, Metric, ModelKind, ModelScores, TestRatio};
//! use ciskit_core::{Interval, Pair};
//! use ciskit_dataset::{Audit, AuditConfig, ChromosomeFolds, Splitter};
//!
//! // Six contigs in three folds; one model knows the labels, the other one the row number.
//! let mut pairs = Vec::new();
//! for contig in ["c1", "c2", "c3", "c4", "c5", "c6"] {
//!     for n in 0..20 {
//!         let enhancer = Interval::new(contig, 1_000 * n, 1_000 * n + 200)?;
//!         let promoter = Interval::new(contig, 90_000, 91_000)?;
//!         pairs.push(Pair::new(enhancer, promoter).with_label(n % 4 == 0));
//!     }
//! }
//! let split = ChromosomeFolds::balanced(3).split(&pairs)?;
//! let model = |name: &str, score: &dyn Fn(usize) -> f64| {
//!     let of_fold = |(fold, parts): (usize, &ciskit_dataset::Fold)| {
//!         let scores = parts.test.iter().map(|row| score(*row)).collect();
//!         FoldScores { fold, rows: parts.test.clone(), scores }
//!     };
//!     let folds = split.folds.iter().enumerate().map(of_fold).collect();
//!     ModelScores { name: name.into(), kind: ModelKind::Network, folds }
//! };
//! let models = [
//!     model("oracle", &|row| f64::from(u8::from(pairs[row].label == Some(true)))),
//!     model("row", &|row| row as f64),
//! ];
//!
//! let audit = Audit::of(&pairs, &split, &AuditConfig::default(), None)?;
//! let config = CompareConfig { reference: "row".into(), ..CompareConfig::default() };
//! let comparison = Comparison::of(&pairs, &split, &audit, &models, &config)?;
//!
//! let oracle = comparison.result("oracle", TestRatio::All).ok_or("it is compared")?;
//! assert_eq!((oracle.measured.auroc.mean, oracle.measured.auroc.interval), (Some(1.0), Some([1.0, 1.0])));
//! let better = &comparison.differences[0];
//! assert_eq!((better.model.as_str(), better.metric, better.wins), ("oracle", Metric::Auroc, [3, 0]));
//! assert!(better.p_value.is_some_and(|p| p < 0.05));
//! assert!(comparison.result("distance", TestRatio::All).is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bootstrap;
mod comparison;
mod config;
mod difference;
mod error;
mod estimate;
mod label_free;
mod lists;
mod page;
mod pictures;
mod scores;
mod stratum;
mod tables;
mod walk;

pub use comparison::{Compared, Comparison, ModelResult, Stratum};
pub use config::{CompareConfig, TestRatio};
pub use difference::{DeLong, Difference, FoldDifference};
pub use error::CompareError;
pub use estimate::{Estimate, Measured, Metric};
pub use label_free::LABEL_FREE;
pub use lists::{ListFold, TestList};
pub use scores::{FoldScores, ModelKind, ModelScores};
pub use stratum::Stratification;
