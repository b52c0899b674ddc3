//! VCF files, written.

use std::path::Path;

use super::{VcfHeader, VcfRecord};
use crate::{TableError, TextWriter};

/// Writes VCF: a header, then records as they were read or with entries added to the column INFO.
///
/// A name that ends in `.gz` gets bgzip, as tabix needs it; `-` is standard output. A header that does not say so is
/// said to be VCF 4.2: htslib reads no other.
///
/// ```
/// use ciskit_seqio::{LineReader, VcfReader, VcfWriter};
///
/// let vcf = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t5\t.\tA\tG\t.\t.\t.\n";
/// let mut records = VcfReader::from_lines(LineReader::new(vcf.as_bytes(), "in.vcf")?)?;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("out.vcf.gz");
///
/// let mut header = records.header().clone();
/// header.add_info("LOG2", "A", "Float", "log2 ratio");
/// let mut writer = VcfWriter::create(&path, &header)?;
/// for record in &mut records {
///     writer.write_with_info(&record?, &[("LOG2", "0.25")])?;
/// }
/// writer.finish()?;
///
/// let record = VcfReader::open(&path)?.next().unwrap()?;
/// assert_eq!(record.as_str(), "1\t5\t.\tA\tG\t.\t.\tLOG2=0.25");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct VcfWriter(TextWriter);

impl VcfWriter {
    /// Starts a file with this header; see [`TextWriter::create`].
    ///
    /// # Errors
    ///
    /// As [`TextWriter::create`].
    pub fn create(path: impl AsRef<Path>, header: &VcfHeader) -> Result<Self, TableError> {
        Self::from_text(TextWriter::create(path)?, header)
    }

    /// Starts the format in a writer.
    ///
    /// # Errors
    ///
    /// [`TableError::Write`].
    pub fn from_text(mut writer: TextWriter, header: &VcfHeader) -> Result<Self, TableError> {
        if !header.states_version() {
            writer.line("##fileformat=VCFv4.2")?;
        }
        header.lines().try_for_each(|line| writer.line(line))?;
        Ok(Self(writer))
    }

    /// Writes a record as it was read.
    ///
    /// # Errors
    ///
    /// [`TableError::Write`].
    pub fn write(&mut self, record: &VcfRecord) -> Result<(), TableError> {
        self.0.line(record.as_str())
    }

    /// Writes a record with entries at the end of its column INFO; see [`VcfRecord::with_info`].
    ///
    /// # Errors
    ///
    /// [`TableError::Unwritable`] for a value that holds a blank, `;` or `=`, which INFO cannot;
    /// [`TableError::Write`].
    pub fn write_with_info(
        &mut self,
        record: &VcfRecord,
        entries: &[(&str, &str)],
    ) -> Result<(), TableError> {
        let breaks = |text: &str| text.is_empty() || text.contains([' ', '\t', '\n', '\r', ';', '=']);
        for text in entries.iter().flat_map(|(key, value)| [key, value]) {
            if breaks(text) {
                return Err(self
                    .0
                    .unwritable(text, "an entry of INFO holds no blank, ';' or '=' and is not empty"));
            }
        }
        self.0.line(&record.with_info(entries))
    }

    /// Gives the file its name; see [`TextWriter::finish`].
    ///
    /// # Errors
    ///
    /// [`TableError::Write`].
    pub fn finish(self) -> Result<(), TableError> {
        self.0.finish()
    }
}
