//! Signal of either kind of file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ciskit_core::SignalTrack;

use crate::{BedGraph, BigWig, TableError};

/// Reads a [`BigWig`], which its first bytes tell, or else a [`BedGraph`].
///
/// # Errors
///
/// As [`BigWig::open`] or [`BedGraph::open`].
///
/// ```
/// use ciskit_core::SignalTrack;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("dnase.bedgraph");
/// std::fs::write(&path, "chr1 5 7 0.5\n")?;
/// let track: Box<dyn SignalTrack> = ciskit_seqio::read_signal(&path)?;
/// assert_eq!(track.contigs().resolve("chr1")?.length, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_signal(path: impl AsRef<Path>) -> Result<Box<dyn SignalTrack>, TableError> {
    let (path, mut start) = (path.as_ref(), [0; 4]);
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    // What cannot be read is the text reader's to refuse, by name.
    match read.is_ok() && BigWig::is_start(start) {
        true => Ok(Box::new(BigWig::open(path)?)),
        false => Ok(Box::new(BedGraph::open(path)?)),
    }
}
