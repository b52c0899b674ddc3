//! FASTA files through the public interface: right bases from whole files, one clear sentence from broken ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod genome;
mod hostile;
mod many;
mod packed;
mod properties;
mod real_data;
mod stale_index;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use ciskit_core::{InMemoryGenome, ReferenceGenome};
use ciskit_fixtures::spelled_base;
use tempfile::TempDir;

/// A folder of files that goes away with the test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The message of an error and of its causes, without the folder's name.
    fn message(&self, error: &dyn std::error::Error) -> String {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        message.replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// How FASTA text is laid out and packed.
#[derive(Clone, Copy, Debug)]
struct Style {
    width: usize,
    line_end: &'static str,
    /// Text bytes in a bgzip block; none for a plain file.
    block: Option<usize>,
}

impl Style {
    const PLAIN: Self = Self { width: 60, line_end: "\n", block: None };
    const BGZIP: Self = Self { block: Some(500), ..Self::PLAIN };

    fn fasta(self, records: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut text = Vec::new();
        for (name, sequence) in records {
            text.extend_from_slice(format!(">{name} a contig{}", self.line_end).as_bytes());
            for line in sequence.chunks(self.width) {
                text.extend_from_slice(line);
                text.extend_from_slice(self.line_end.as_bytes());
            }
        }
        self.pack(&text)
    }

    fn pack(self, text: &[u8]) -> Vec<u8> {
        let Some(block) = self.block else { return text.to_vec() };
        let mut writer = noodles_bgzf::io::Writer::new(Vec::new());
        for part in text.chunks(block) {
            writer.write_all(part).unwrap();
            writer.flush().unwrap();
        }
        writer.finish().unwrap()
    }
}

/// Contigs cut one after the other from one text that spells its offsets, so that a base from another place or
/// another contig is never the right one. Gives the contigs and their offsets in that text.
fn spelled_contigs(lengths: &[u64]) -> (Vec<(String, Vec<u8>)>, Vec<u64>) {
    let mut offset = 0;
    let mut offsets = Vec::new();
    let contigs = (1..).zip(lengths).map(|(number, &length)| {
        offsets.push(offset);
        offset += length;
        (format!("chr{number}"), (offset - length..offset).map(spelled_base).collect())
    });
    (contigs.collect(), offsets)
}

fn in_memory(records: &[(String, Vec<u8>)]) -> InMemoryGenome {
    InMemoryGenome::new(records.iter().map(|(name, sequence)| (name.as_str(), sequence.clone()))).unwrap()
}

/// The whole contigs of a genome.
fn all_contigs(genome: &dyn ReferenceGenome) -> Result<Vec<(String, Vec<u8>)>, ciskit_core::GenomeError> {
    let fetch = |contig: &ciskit_core::Contig| {
        let sequence = genome.fetch(&contig.name, 0..contig.length as i64, ciskit_core::Edge::Error)?;
        Ok((contig.name.to_string(), sequence))
    };
    genome.contigs().iter().map(fetch).collect()
}
