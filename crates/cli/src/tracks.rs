//! `--track`: accessibility along the windows of pairs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use ciskit_core::{Contigs, SignalTrack};
use ciskit_dataset::check_track;
use ciskit_seqio::read_signal;

/// Refuses another number of files than a model reads.
pub(crate) fn check(files: &[PathBuf], model: &str, reads: usize) -> Result<()> {
    let given = files.len();
    let tracks = if reads == 1 { "track" } else { "tracks" };
    ensure!(reads > 0 || given == 0, "--track is given, but {model} reads no tracks");
    ensure!(
        reads == 0 || given > 0,
        "{model} reads {reads} accessibility {tracks} of each side: give --track FILE for each, in the order of its training"
    );
    ensure!(
        given == reads,
        "{model} reads {reads} accessibility {tracks} of each side, and --track is given {given} times"
    );
    Ok(())
}

/// Reads files as tracks of a genome.
pub(crate) fn open(files: &[PathBuf], genome: &Contigs) -> Result<Vec<Arc<dyn SignalTrack>>> {
    let read = |file: &PathBuf| -> Result<Arc<dyn SignalTrack>> {
        let track = read(file)?;
        check_track(&*track, genome)
            .with_context(|| format!("{} does not fit the genome", file.display()))?;
        Ok(track)
    };
    files.iter().map(read).collect()
}

fn read(file: &Path) -> Result<Arc<dyn SignalTrack>> {
    Ok(read_signal(file)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_gets_as_many_tracks_as_it_reads() {
        let message = |given: usize, reads| {
            let files = vec![PathBuf::from("a.bedgraph"); given];
            check(&files, "deeptact", reads).map_err(|error| error.to_string())
        };
        assert_eq!([message(0, 0), message(2, 2)], [Ok(()), Ok(())]);
        assert_eq!(message(1, 0).unwrap_err(), "--track is given, but deeptact reads no tracks");
        let missing = "deeptact reads 1 accessibility track of each side: give --track FILE for each";
        assert!(message(0, 1).unwrap_err().starts_with(missing));
        let other = "deeptact reads 3 accessibility tracks of each side, and --track is given 2 times";
        assert_eq!(message(2, 3).unwrap_err(), other);
    }
}
