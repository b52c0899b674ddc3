//! Whether a signal track and a genome belong together.

use ciskit_core::{Contigs, SignalTrack};

use crate::DatasetError;

/// Refuses a track that is not of a genome, as far as its contigs tell: one of another assembly would read as zeros, or as
/// the signal of other places.
///
/// # Errors
///
/// [`DatasetError::ForeignTrack`] for a track without a contig of the genome, [`DatasetError::TrackOutside`] for one that
/// reaches over a contig's end, and [`DatasetError::TrackLength`] for one that [knows](SignalTrack::knows_lengths) another length
/// of a contig, as a bigWig of another assembly does.
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
        if track.knows_lengths() && contig.length != ours.length {
            let (contig, found, length) = (contig.name.clone(), contig.length, ours.length);
            return Err(DatasetError::TrackLength { contig, found, length });
        }
        if contig.length > ours.length {
            let (contig, end, length) = (contig.name.clone(), contig.length, ours.length);
            return Err(DatasetError::TrackOutside { contig, end, length });
        }
    }
    let names = || theirs.iter().take(3).map(|contig| contig.name.as_str()).collect::<Vec<_>>().join(", ");
    if shared { Ok(()) } else { Err(DatasetError::ForeignTrack { found: names() }) }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use ciskit_core::SignalError;

    use super::*;

    /// A track of an assembly, as a bigWig is.
    #[derive(Debug)]
    struct OfAssembly(Contigs);

    impl SignalTrack for OfAssembly {
        fn contigs(&self) -> &Contigs {
            &self.0
        }
        fn knows_lengths(&self) -> bool {
            true
        }
        fn fetch_into(&self, _: &str, _: Range<i64>, _: &mut Vec<f32>) -> Result<(), SignalError> {
            Ok(())
        }
    }

    #[test]
    fn a_track_that_knows_its_assembly_is_told_by_lengths() {
        let check = |length, genome| {
            let track: Box<dyn SignalTrack> =
                Box::new(OfAssembly(Contigs::new([("1", length), ("x", 7)]).unwrap()));
            let checked = check_track(&track, &Contigs::new([("chr1", genome)]).unwrap());
            checked.map_err(|error| error.to_string())
        };
        assert_eq!(check(100, 100), Ok(()));
        let message = "the track is of a genome whose 1 has 90 bp, not 100: is it of another assembly?";
        assert_eq!(check(90, 100), Err(message.to_owned()));
        assert!(check(101, 100).is_err());
    }
}
