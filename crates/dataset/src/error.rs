//! Why a data set cannot be made, split or read.

use std::path::PathBuf;

use ciskit_core::{ContigName, GenomeError, Interval, ScoreError, Side, SignalError};

use crate::Part;

/// Why a data set cannot be made, split or read. Pairs are counted from 0.
///
/// ```
/// use ciskit_core::Interval;
/// use ciskit_dataset::{DatasetError, WindowRule};
///
/// let element = Interval::new("chr1", 900, 1_100)?;
/// let error = WindowRule::new(300).place(&element, 1_000, 0).unwrap_err();
/// assert!(matches!(error, DatasetError::ElementOutside { length: 1_000, .. }));
/// assert_eq!(error.to_string(), "element chr1:900-1100 leaves its contig, which has 1000 bp");
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// An element that its contig does not hold: most often coordinates of another assembly.
    #[error("element {element} leaves its contig, which has {length} bp")]
    ElementOutside {
        /// The element.
        element: Interval,
        /// Length of the contig in bp.
        length: u64,
    },
    /// A contig with fewer bases than the window, and no padding was asked for.
    #[error("contig {contig} has {length} bp, fewer than the window's {window} bp")]
    ShortContig {
        /// Name of the contig.
        contig: ContigName,
        /// Length of the contig in bp.
        length: u64,
        /// Length of the window in bp.
        window: usize,
    },
    /// The genome had no bases to give.
    #[error(transparent)]
    Genome(#[from] GenomeError),
    /// A signal track could not be read.
    #[error(transparent)]
    Signal(#[from] SignalError),
    /// A signal track without a contig of the genome.
    #[error("the track has values on no contig of the genome, but on {found}")]
    ForeignTrack {
        /// Some of its contigs.
        found: String,
    },
    /// A signal track that leaves a contig: most often one of another assembly.
    #[error(
        "the track reaches to {end} on {contig}, which has {length} bp in the genome: is it of another assembly?"
    )]
    TrackOutside {
        /// Name of the contig.
        contig: ContigName,
        /// Where the track ends.
        end: u64,
        /// Length of the contig in bp.
        length: u64,
    },
    /// A signal track that knows another length of a contig.
    #[error(
        "the track is of a genome whose {contig} has {found} bp, not {length}: is it of another assembly?"
    )]
    TrackLength {
        /// Name of the contig.
        contig: ContigName,
        /// Its length in bp as the track has it.
        found: u64,
        /// Its length in bp in the genome.
        length: u64,
    },
    /// A pair on two contigs, where its distance is needed.
    #[error("pair {pair} ({name}) has no distance: it lies on two contigs")]
    NoDistance {
        /// Index of the pair.
        pair: usize,
        /// Name of the pair.
        name: String,
    },
    /// A pair's window cannot be cut.
    #[error("cannot cut the {side} window of pair {pair} ({name})")]
    Window {
        /// Index of the pair.
        pair: usize,
        /// Name of the pair.
        name: String,
        /// Which window.
        side: Side,
        /// Why not.
        #[source]
        source: Box<DatasetError>,
    },
    /// A pair's window cannot be embedded.
    #[error("cannot embed the {side} window of pair {pair} ({name})")]
    Embed {
        /// Index of the pair.
        pair: usize,
        /// Name of the pair.
        name: String,
        /// Which window.
        side: Side,
        /// Why not.
        #[source]
        source: Box<DatasetError>,
    },
    /// A model that embeds sequences failed.
    #[error(transparent)]
    Embedder(#[from] ScoreError),
    /// A file of embeddings cannot be written or read.
    #[error("cannot {doing} {}", path.display())]
    EmbeddingFile {
        /// What was being done.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A file of embeddings that a newer version wrote.
    #[error("{} has format {found}, and this version reads format 1 only", path.display())]
    EmbeddingFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Two sequences of one name.
    #[error("two different {side} sequences are called {name:?}")]
    DuplicateRecord {
        /// Which set of sequences.
        side: Side,
        /// Their name.
        name: String,
    },
    /// A row that names a sequence that is not there.
    #[error("pair {pair} names the {side} {name:?}, which is not among the {known} {side} sequences")]
    UnknownRecord {
        /// Index of the pair.
        pair: usize,
        /// Which side.
        side: Side,
        /// The name.
        name: String,
        /// How many sequences there are.
        known: usize,
    },
    /// A name that does not tell where its element lies.
    #[error("pair {pair} names the {side} {name:?}, which is not of the form CELL|contig:start-end")]
    ElementName {
        /// Index of the pair.
        pair: usize,
        /// Which side.
        side: Side,
        /// The name.
        name: String,
    },
    /// Fewer folds than a split can be made of.
    #[error("{found} folds, but {why} takes at least {needed}")]
    TooFewFolds {
        /// How many were asked for.
        found: usize,
        /// The fewest that work.
        needed: usize,
        /// What takes so many.
        why: &'static str,
    },
    /// Fewer contigs than folds to spread them over.
    #[error("{contigs} contigs with enhancers cannot be spread over {folds} folds")]
    TooFewContigs {
        /// How many contigs the pairs lie on.
        contigs: usize,
        /// How many folds were asked for.
        folds: usize,
    },
    /// Fewer components than folds to spread them over.
    #[error(
        "{components} components of neighbouring elements, the largest with {largest} of {pairs} pairs, cannot be \
         spread over {folds} folds"
    )]
    TooFewComponents {
        /// How many components there are.
        components: usize,
        /// Number of pairs in the largest.
        largest: usize,
        /// Number of all pairs.
        pairs: usize,
        /// How many folds were asked for.
        folds: usize,
    },
    /// A pair that the rows of the pinned folds do not name.
    #[error("pair {pair} ({name}) is not among the pairs whose folds are pinned")]
    Unpinned {
        /// Index of the pair.
        pair: usize,
        /// Name of the pair.
        name: String,
    },
    /// A pair that is pinned to two parts of one fold.
    #[error("{name} is pinned to the {first} part and to the {second} part of fold {fold}")]
    PinnedTwice {
        /// Name of the pair.
        name: String,
        /// Name of the fold.
        fold: String,
        /// The part met first.
        first: Part,
        /// The part met second.
        second: Part,
    },
    /// A part of a fold by a name that is none.
    #[error("{name:?} is no part of a fold: expected train, validation or test")]
    UnknownPart {
        /// The name.
        name: String,
    },
    /// A contig that occurs twice among the contigs of the folds.
    #[error("contig {contig} occurs in fold {first} and again in fold {second}")]
    ContigTwice {
        /// The contig.
        contig: ContigName,
        /// Index of the first fold.
        first: usize,
        /// Index of the second fold, perhaps the same.
        second: usize,
    },
    /// Negatives were to be drawn against nothing.
    #[error("there are no positives to draw negatives against: no pair has the label 1")]
    NoSampledPositives,
    /// A part of a fold without positives: nothing can be learned from it, nor measured on it.
    #[error("the {part} part of fold {fold} has no positives")]
    NoPositives {
        /// Name of the fold.
        fold: String,
        /// Which part.
        part: Part,
    },
    /// A part of a fold without negatives: nothing can be learned from it, nor measured on it.
    #[error("the {part} part of fold {fold} has no negatives")]
    NoNegatives {
        /// Name of the fold.
        fold: String,
        /// Which part.
        part: Part,
    },
    /// A pair that must have a label and has none.
    #[error("pair {pair} ({name}) has no label")]
    Unlabelled {
        /// Index of the pair.
        pair: usize,
        /// Name of the pair.
        name: String,
    },
    /// An augmentation that would leave no examples.
    #[error("an augmentation of 0 copies leaves no examples: ask for at least 1")]
    NoCopies,
    /// A setting of an audit that makes no sense.
    #[error("audit setting {setting}: {why}")]
    AuditSetting {
        /// Name of the setting.
        setting: &'static str,
        /// What is expected.
        why: &'static str,
    },
    /// Sequences that are not those of the audited pairs.
    #[error("{pairs} pairs are audited, but the sequences are of {found} pairs")]
    AuditSource {
        /// How many pairs are audited.
        pairs: usize,
        /// How many pairs the source has.
        found: usize,
    },
    /// A number of an enhancer set's settings that makes no sense.
    #[error("an enhancer set's {name} is {found}, but must be {needed}")]
    EnhancerConfig {
        /// Which number.
        name: &'static str,
        /// What it is.
        found: u64,
        /// What it can be.
        needed: &'static str,
    },
    /// Places that do not lie on the genome.
    #[error("the {what} do not fit the genome")]
    Regions {
        /// Which places.
        what: &'static str,
        /// Why not.
        #[source]
        source: Box<DatasetError>,
    },
    /// No peak became an enhancer.
    #[error("none of {peaks} DNase peaks becomes an enhancer: the step {step} leaves none")]
    NoEnhancers {
        /// How many peaks there were.
        peaks: usize,
        /// Name of the step that took the last one.
        step: &'static str,
    },
    /// No window can be a control.
    #[error(
        "no control of {length} bp has the GC content of any of {enhancers} enhancers: {candidates} candidates"
    )]
    NoControls {
        /// How many enhancers want one.
        enhancers: usize,
        /// How many windows of any GC content there are.
        candidates: usize,
        /// Length of the windows in bp.
        length: u64,
    },
}
