//! Windows as BED and FASTA.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use ciskit_core::Edge;
use ciskit_dataset::GcWindow;
use ciskit_file::WholeFile;
use ciskit_seqio::{BedRecord, BedWriter, FastaGenome, FastaWriter};

/// BED6 and the GC content; the name is that of the FASTA record.
pub(super) fn write_bed(path: &Path, windows: &[GcWindow]) -> Result<()> {
    let mut writer = BedWriter::create(path)?;
    for window in windows {
        let mut record = BedRecord::from(window.interval.clone());
        record.element.name = Some(window.interval.to_string().into());
        record.extra.push(window.gc.to_string());
        writer.write(&record)?;
    }
    Ok(writer.finish()?)
}

/// Windows that are held in memory at once.
const BATCH: usize = 8_192;

/// The bases as the genome has them, in either case.
pub(super) fn write_fasta(path: &Path, windows: &[GcWindow], genome: &FastaGenome) -> Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let file = WholeFile::create(path).with_context(cannot)?;
    let mut writer = FastaWriter::new(BufWriter::new(file));
    for batch in windows.chunks(BATCH) {
        let mut sequences: Vec<Vec<u8>> = vec![Vec::new(); batch.len()];
        let places = batch.iter().map(|window| &window.interval).zip(&mut sequences);
        let wanted = places.map(|(place, bases)| (place.contig().as_str(), place.range(), bases));
        genome.fetch_each(wanted, Edge::Error, |bases, sequence| sequence.extend_from_slice(bases))?;
        for (window, bases) in batch.iter().zip(&sequences) {
            writer.write_record(&window.interval.to_string(), bases)?;
        }
    }
    let mut writer = writer.into_inner();
    writer.flush().with_context(cannot)?;
    writer.into_inner().map_err(|error| error.into_error()).and_then(WholeFile::finish).with_context(cannot)
}
