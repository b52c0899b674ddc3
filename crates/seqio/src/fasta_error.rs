//! What can be wrong with a FASTA file and its indexes.

use std::io;
use std::path::PathBuf;

/// Why a FASTA file, one of its indexes or a table of contig lengths cannot be used.
///
/// Lines and columns are 1-based, as editors show them; bytes and positions of bases are 0-based. Bytes of bgzip
/// files are counted in the compressed file where blocks are named, in the uncompressed text elsewhere.
///
/// ```
/// use ciskit_seqio::{FastaError, read_fasta};
///
/// let file = tempfile::NamedTempFile::new()?;
/// std::fs::write(&file, ">e1\nACGT\n>e2\nAC:T\n")?;
/// let error = read_fasta(file.path()).unwrap_err();
/// assert!(matches!(error, FastaError::Letter { line: 4, column: 3, found: ':', .. }));
/// assert!(error.to_string().ends_with(r#"line 4, column 3: ':' in the sequence of "e2" is no base"#));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FastaError {
    /// The file cannot be opened.
    #[error("cannot open {path}")]
    Open {
        /// File.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Reading failed half-way.
    #[error("cannot read {path}")]
    Read {
        /// File.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A gzip file without blocks where random access is needed.
    #[error(
        "{path} is gzip, not bgzip, and cannot be read at random places: unpack it with gunzip or repack it with bgzip"
    )]
    Gzip {
        /// File.
        path: PathBuf,
    },
    /// The file stops too early.
    #[error("{path} is cut off: {found}")]
    Truncated {
        /// File.
        path: PathBuf,
        /// What is missing where.
        found: String,
    },
    /// A bgzip block that cannot be unpacked.
    #[error("{path}: the bgzip block at byte {offset} is damaged: {why}")]
    Block {
        /// File.
        path: PathBuf,
        /// First byte of the block in the compressed file.
        offset: u64,
        /// What is wrong with it.
        why: String,
    },
    /// No record in the file.
    #[error("{path} holds no FASTA record")]
    Empty {
        /// File.
        path: PathBuf,
    },
    /// Text where a header should be.
    #[error("{path}, line {line}: expected a header that starts with '>', found \"{found}\"")]
    NoHeader {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Start of the line.
        found: String,
    },
    /// A header without a name, or with a name that is no text.
    #[error("{path}, line {line}: expected a name behind '>', found \"{found}\"")]
    NoName {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Start of what follows the `>`.
        found: String,
    },
    /// Two records of one name.
    #[error("{path}, line {line}: record {name:?} occurs twice, first in line {first}")]
    Duplicate {
        /// File.
        path: PathBuf,
        /// Line of the second header.
        line: u64,
        /// The name.
        name: String,
        /// Line of the first header.
        first: u64,
    },
    /// A line of another length than the lines before it, so that no index can find its bases.
    #[error(
        "{path}, line {line}: {found} bases in a line of contig {contig:?}, whose lines have {expected}; only its last line may be shorter"
    )]
    UnevenLine {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Contig.
        contig: String,
        /// Bases in the contig's first line.
        expected: u64,
        /// Bases in this line.
        found: u64,
    },
    /// LF and CRLF in one record, so that no index can find its bases.
    #[error(
        "{path}, line {line}: the line ends in {found}, but the lines of contig {contig:?} before it in {expected}"
    )]
    MixedLineEnds {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Contig.
        contig: String,
        /// `LF` or `CRLF`.
        expected: &'static str,
        /// `LF` or `CRLF`.
        found: &'static str,
    },
    /// A CR that does not belong to a CRLF, as in files whose lines end in CR alone.
    #[error(
        "{path}, line {line}, column {column}: CR without LF; lines must end in LF or CRLF (convert CR with: tr '\\r' '\\n')"
    )]
    CarriageReturn {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Column of the CR.
        column: u64,
    },
    /// A character in a sequence that stands for no base.
    #[error("{path}, line {line}, column {column}: {found:?} in the sequence of {contig:?} is no base")]
    Letter {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Column.
        column: u64,
        /// Record.
        contig: String,
        /// The character.
        found: char,
    },
    /// A character met while fetching bases that stands for no base.
    #[error("{path}: {found:?} at {contig}:{position} is no base")]
    NotABase {
        /// File.
        path: PathBuf,
        /// Contig.
        contig: String,
        /// Position, 0-based.
        position: u64,
        /// The character.
        found: char,
    },
    /// A malformed line of a FASTA index or a table of contig lengths.
    #[error("{path}, line {line}: expected {expected}, found \"{found}\"")]
    BadIndex {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A block index that cannot be understood.
    #[error("cannot read the block index {path} (delete it to have it built again)")]
    BadBlockIndex {
        /// File.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An index that describes another state of the FASTA file.
    #[error(
        "{index} does not fit {path}: {place}: expected {expected}, found {found} (delete the index to have it built again)"
    )]
    StaleIndex {
        /// Index file.
        index: PathBuf,
        /// FASTA file.
        path: PathBuf,
        /// The contig or block that does not fit.
        place: String,
        /// What the index says.
        expected: String,
        /// What the FASTA file says.
        found: String,
    },
    /// A FASTA file that is no longer what it was when it was opened.
    #[error("{path} has changed since it was opened: {place}: expected {expected}, found {found}")]
    Changed {
        /// FASTA file.
        path: PathBuf,
        /// The contig or block that does not fit.
        place: String,
        /// What was there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A record that cannot be written in a form that reads back the same.
    #[error("cannot write FASTA record {name:?}: {why}")]
    Unwritable {
        /// Header of the record.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// Writing failed.
    #[error("cannot write FASTA record {name:?}")]
    Write {
        /// Header of the record.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}
