//! Whether a signal track and a genome belong together.

use ciskit_core::{Contigs, SignalTrack};

use crate::DatasetError;

/// Refuses a track that is not of a genome, as far as its contigs tell: one of another assembly would read as zeros, or as
/// the signal of other places.
///
/// # Errors
///
/// [`DatasetError::ForeignTrack`] for a track without a contig of the genome, [`DatasetError::TrackOutside`] for one that
/// reaches over a contig's end.
///
/// ```
/// use ciskit_core::{Contigs, InMemorySignal};
/// use ciskit_dataset::check_track;
///
/// let track = InMemorySignal::new([("1", vec![0.5; 90])])?;
/// assert!(check_track(&track, &Contigs::new([("chr1", 100)])?).is_ok());
/// assert!(check_track(&track, &Contigs::new([("chr1", 80)])?).is_err());
/// assert_eq!(
///     check_track(&track, &Contigs::new([("chr2", 100)])?).unwrap_err().to_string(),
///     "the track has values on no contig of the genome, but on 1"
/// );
/// # Ok::<(), ciskit_core::ContigError>(())
/// ```
pub fn check_track(track: &dyn SignalTrack, genome: &Contigs) -> Result<(), DatasetError> {
    let theirs = track.contigs();
    let mut shared = false;
    for contig in theirs {
        let Ok(ours) = genome.resolve(&contig.name) else { continue };
        shared = true;
        if contig.length > ours.length {
            let (contig, end, length) = (contig.name.clone(), contig.length, ours.length);
            return Err(DatasetError::TrackOutside { contig, end, length });
        }
    }
    let names = || theirs.iter().take(3).map(|contig| contig.name.as_str()).collect::<Vec<_>>().join(", ");
    if shared { Ok(()) } else { Err(DatasetError::ForeignTrack { found: names() }) }
}
