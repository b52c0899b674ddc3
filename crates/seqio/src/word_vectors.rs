//! Vectors of k-mers that were learnt elsewhere, such as dna2vec's.

mod npy;
mod text;

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use ciskit_core::Fnv1a;
use ciskit_encode::kmer_vocabulary;

use crate::unpack::unpack;
use crate::{LineReader, TableError};

/// The most numbers in a vector that are read.
const WIDEST: usize = 1 << 16;

/// A vector for each k-mer, in the order of the k-mers' ids ([`ciskit_encode::kmer_ids`]).
///
/// Row 0 belongs to k-mers with an unknown base; it is zero unless the file gives it.
///
/// *Source*: Ng, "dna2vec: consistent vector representations of variable-length k-mers", arXiv 1701.06279 (2017), whose
/// files these are.
///
/// ```
/// use ciskit_seqio::WordVectors;
///
/// let text = "4 2\nt 7 8\nA 1 2\nG 5 6\nc 3 4\n";
/// let vectors = WordVectors::from_reader(text.as_bytes(), "mono.w2v", 1)?;
/// assert_eq!((vectors.words(), vectors.width()), (5, 2));
/// assert_eq!(vectors.values(), [0., 0., 1., 2., 3., 4., 5., 6., 7., 8.]);
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WordVectors {
    k: usize,
    width: usize,
    values: Vec<f32>,
}

impl WordVectors {
    /// Reads the vectors of all k-mers of one length, from either of two formats, each plain, gzip or bgzip:
    ///
    /// - NumPy's `.npy`: a matrix of f32 or f64 in C order with a row for each id, or for each id but 0;
    /// - word2vec's text: a line `COUNT WIDTH`, then a line a word with its `WIDTH` numbers, in any order and case.
    ///   Words of other lengths, or with other letters than A, C, G and T, are passed over.
    ///
    /// Numbers are rounded to f32. *Cost*: the file is read once; memory for the vectors.
    ///
    /// # Errors
    ///
    /// [`TableError::Array`] for a matrix of another kind or shape, and for the first number that is not finite;
    /// [`TableError::Line`], [`TableError::ColumnCount`] or [`TableError::Value`] for a line of another kind;
    /// [`TableError::Words`] where k-mers are missing; errors of reading.
    ///
    /// # Panics
    ///
    /// If k-mers of that length have no ids: `k` is 0 or above [`ciskit_encode::MAX_K`].
    pub fn open(path: impl AsRef<Path>, k: usize) -> Result<Self, TableError> {
        let path = path.as_ref();
        let file =
            File::open(path).map_err(|source| TableError::Open { path: path.to_path_buf(), source })?;
        Self::from_reader(file, path, k)
    }

    /// Reads from anything that messages call `name`: as [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    ///
    /// # Panics
    ///
    /// As [`open`](Self::open).
    ///
    /// ```
    /// let error = ciskit_seqio::WordVectors::from_reader("2 1\nA 1\nC 2\n".as_bytes(), "mono.w2v", 1).unwrap_err();
    /// assert_eq!(error.to_string(), "mono.w2v has no vector for 2 of 4 1-mers, the first of which is G");
    /// ```
    pub fn from_reader(
        reader: impl Read + Send + 'static,
        name: impl AsRef<Path>,
        k: usize,
    ) -> Result<Self, TableError> {
        let path = name.as_ref();
        let words = kmer_vocabulary(k).unwrap_or_else(|error| panic!("{error}"));
        let reading = |source| TableError::reading(path, 1, source);
        let mut reader = unpack(reader).map_err(reading)?;
        let mut head = Vec::new();
        reader.by_ref().take(npy::MAGIC.len() as u64).read_to_end(&mut head).map_err(reading)?;
        let (width, values) = if head == npy::MAGIC {
            npy::read(reader, path, words)?
        } else {
            text::read(LineReader::new(Cursor::new(head).chain(reader), path)?, k, words)?
        };
        Ok(Self { k, width, values })
    }

    /// Length of the k-mers in bp.
    #[must_use]
    pub fn k(&self) -> usize {
        self.k
    }

    /// Number of rows: 4^k, and one for id 0.
    #[must_use]
    pub fn words(&self) -> usize {
        self.values.len() / self.width
    }

    /// Numbers in a vector.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// All numbers, row after row: shape (words, width).
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// A hash of what the vectors are, in 16 hexadecimal digits: the same whatever file they were read from.
    ///
    /// ```
    /// use ciskit_seqio::WordVectors;
    ///
    /// let of = |text: &'static str| WordVectors::from_reader(text.as_bytes(), "x", 1).unwrap().fingerprint();
    /// let one = of("4 1\nA 1\nC 2\nG 3\nT 4\n");
    /// assert_eq!(one, of("4 1\nt 4.0\nc 2\ng 3\na 1\n"));
    /// assert_ne!(one, of("4 1\nA 1\nC 2\nG 3\nT 5\n"));
    /// ```
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut bytes = Vec::with_capacity(16 + 4 * self.values.len());
        bytes.extend((self.k as u64).to_le_bytes());
        bytes.extend((self.width as u64).to_le_bytes());
        bytes.extend(self.values.iter().flat_map(|value| value.to_le_bytes()));
        Fnv1a::of(&bytes).to_string()
    }
}
