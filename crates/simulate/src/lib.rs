//! A genome, enhancer-promoter pairs and variants whose truth is known.
//!
//! Real pairs come without an answer to the question whether a model learned biology or the table's habits. Here the
//! answer is planted: [`Simulation::generate`] makes a genome, puts enhancers, promoters and genes on it, and labels
//! pairs by a [`Grammar`] that needs both elements: a pair is positive if its enhancer and its promoter have sites of
//! the same [`Factor`], CTCF or one that is made up.
//!
//! What cannot be used instead of the grammar:
//!
//! - **one element**: each has one partner of either class, so any score of one element alone, and how often it
//!   occurs, has an AUROC of exactly 0.5, on every contig;
//! - **distance and order**: which elements of a domain are paired, and which lies upstream, is drawn without
//!   regard to the factors;
//! - **composition**: all factors' motifs have the same base composition;
//! - **decoys**: scrambled sites and sites with one mismatch are as frequent in both classes, whatever their factor.
//!
//! A share of the labels is wrong on purpose, so the best AUROC that can be expected is below 1 and
//! [known](Simulation::best_auroc). The variants [break, keep or create](Effect) sites; their true effect is the
//! change of what the grammar says, and so is 0 for many a variant that a model may take for harmful.
//!
//! [`Simulation::write`] puts all of it into files. The same configuration gives the same bytes, on any number of
//! threads.
//!
//! ```
//! use ciskit_core::{Edge, ReferenceGenome};
//! use ciskit_simulate::{Simulation, SimulationConfig};
//!
//! let simulation = Simulation::generate(&SimulationConfig { pairs: 80, seed: 7, ..Default::default() })?;
//!
//! // The grammar itself is the best scorer: it reads the sequences and knows the sites.
//! let pair = &simulation.pairs()[0];
//! let read = |interval: &ciskit_core::Interval| {
//!     simulation.genome().fetch(interval.contig(), interval.range(), Edge::Error)
//! };
//! let (enhancer, promoter) = (read(&pair.enhancer.interval)?, read(&pair.promoter.interval)?);
//! assert_eq!(simulation.grammar().probability(&enhancer, &promoter), simulation.probability(0));
//!
//! let folder = tempfile::tempdir()?;
//! simulation.write(folder.path())?;
//! assert!(folder.path().join("pairs.bedpe").exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod background;
mod config;
mod element;
mod error;
mod factor;
mod generate;
mod grammar;
mod layout;
mod pairs;
mod planting;
mod pwm;
mod simulation;
mod truth;
mod variants;
mod write;

pub use background::composition;
pub use config::SimulationConfig;
pub use element::{PlantedElement, PlantedSite};
pub use error::SimulateError;
pub use factor::{CTCF, Factor};
pub use grammar::Grammar;
pub use planting::SiteKind;
pub use pwm::{Hit, Pwm};
pub use simulation::{ContigTruth, PairTruth, Simulation};
pub use truth::Truth;
pub use variants::{Effect, TrueVariant};
