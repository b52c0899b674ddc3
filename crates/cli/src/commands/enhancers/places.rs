//! Peaks, marks and genes as sets of places.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use ciskit_core::{Contigs, Element, Strand};
use ciskit_dataset::{IntervalSet, Peak, Promoter};
use ciskit_seqio::{BedReader, BedRecord, read_features, read_genes};

/// The places of a BED file, whatever else its columns say.
pub(super) fn read_set(path: impl AsRef<Path>) -> Result<IntervalSet> {
    let records = BedReader::open(path)?.standard_columns(3);
    Ok(records.map(|record| record.map(|record| record.element.interval)).collect::<Result<_, _>>()?)
}

/// Peaks with their summits, if the file is a narrowPeak file.
pub(super) fn read_peaks(path: &Path) -> Result<Vec<Peak>> {
    let records = BedReader::open(path)?.standard_columns(3);
    records.map(|record| peak(record?).with_context(|| path.display().to_string())).collect()
}

/// Columns of narrowPeak behind the place.
const NARROW_PEAK: usize = 7;

fn peak(record: BedRecord) -> Result<Peak> {
    let interval = record.element.interval;
    let [_, _, _, signal, p_value, q_value, offset] = &record.extra[..] else {
        // Neither narrowPeak nor BED with ten columns.
        debug_assert_ne!(record.extra.len(), NARROW_PEAK);
        return Ok(Peak::new(interval));
    };
    let numbers = [signal, p_value, q_value].iter().all(|text| text.parse::<f64>().is_ok());
    let summit = match offset.parse::<i64>() {
        Ok(offset) if numbers => offset,
        _ => return Ok(Peak::new(interval)),
    };
    match u64::try_from(summit) {
        Err(_) if summit == -1 => Ok(Peak::new(interval)),
        Ok(summit) if summit < interval.len() => {
            Ok(Peak { summit: Some(interval.start() + summit), interval })
        }
        _ => bail!("the summit of peak {interval}, {summit} bp behind its start, lies outside of it"),
    }
}

/// What a gene annotation keeps enhancers away from.
pub(super) struct Annotation {
    pub(super) exons: IntervalSet,
    pub(super) promoters: IntervalSet,
}

/// Exons, and the neighbourhood of the transcription starts of all genes and transcripts: `window` is in bp upstream
/// and downstream. Those of unknown strand have no start.
pub(super) fn read_annotation(path: &Path, contigs: &Contigs, window: (u64, u64)) -> Result<Annotation> {
    // Genes are also put together where a file has no lines of them, transcripts know alternative starts.
    let genes = read_genes(path)?;
    let [exons, transcripts] = read_features(path, ["exon", "transcript"])?;
    ensure!(!exons.is_empty(), "{} has no exons", path.display());
    let genes = genes.into_iter().map(|gene| Element { strand: gene.strand, ..gene.interval.into() });
    let mut promoters = Vec::new();
    for element in genes.chain(transcripts) {
        let tss = match element.strand {
            Strand::Forward => element.interval.start(),
            Strand::Reverse => element.interval.end() - 1,
            Strand::Unknown => continue,
        };
        let (contig, (upstream, downstream)) = (element.interval.contig(), window);
        let length = contigs.resolve(contig).ok().map(|contig| contig.length);
        let promoter = Promoter::around(contig.clone(), tss, element.strand, upstream, downstream, length);
        let promoter =
            promoter.with_context(|| format!("{}: transcript {}", path.display(), element.interval))?;
        promoters.push(promoter.element.interval);
    }
    Ok(Annotation {
        exons: exons.into_iter().map(|exon| exon.interval).collect(),
        promoters: promoters.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Interval;

    fn summit(extra: &[&str]) -> Result<Option<u64>, String> {
        let record = BedRecord::from(Interval::new("chr1", 100, 150).unwrap());
        let extra = extra.iter().map(ToString::to_string).collect();
        peak(BedRecord { extra, ..record }).map(|peak| peak.summit).map_err(|error| error.to_string())
    }

    #[test]
    fn summits_are_those_of_narrow_peaks_only() {
        assert_eq!(summit(&["n", "0", ".", "3.5", "-1", "-1", "49"]), Ok(Some(149)));
        assert_eq!(summit(&["n", "0", ".", "3.5", "-1", "-1", "-1"]), Ok(None));
        assert_eq!(summit(&["n", "0", ".", "1", "2", "255,0,0", "4"]), Ok(None));
        assert_eq!(summit(&["n", "0", ".", "1", "2", "0", "4", "1", "1"]), Ok(None));
        assert_eq!(summit(&[]), Ok(None));
        let outside = "the summit of peak chr1:100-150, 50 bp behind its start, lies outside of it";
        assert_eq!(summit(&["n", "0", ".", "3.5", "-1", "-1", "50"]), Err(outside.to_owned()));
    }
}
