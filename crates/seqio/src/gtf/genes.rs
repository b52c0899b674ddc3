//! Genes put together from the lines of a GTF file.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ciskit_core::{ContigName, Interval, Strand};

use super::Gene;

/// What the lines said so far.
#[derive(Default)]
pub(super) struct Genes {
    genes: Vec<Gene>,
    /// Identifiers of the genes that have a line.
    known: HashSet<Arc<str>>,
    /// Transcripts of other genes in file order.
    transcripts: Vec<Transcript>,
    /// Where a transcript stands in the list; a copy of it on another contig is another one.
    places: HashMap<(Arc<str>, ContigName), usize>,
}

/// A transcript, told as its gene with the transcript's interval.
struct Transcript {
    gene: Gene,
    /// Whether it has a line of its own, which the exons' lines then add nothing to.
    stated: bool,
}

impl Genes {
    pub(super) fn add_gene(&mut self, gene: Gene) {
        self.known.insert(gene.id.clone());
        self.genes.push(gene);
    }

    /// Whether there was a line of this gene; what its transcripts say is then not needed.
    pub(super) fn has_line(&self, gene: &str) -> bool {
        self.known.contains(gene)
    }

    pub(super) fn add_transcript(&mut self, gene: Gene, transcript: &str) {
        self.add(gene, transcript, true);
    }

    pub(super) fn add_exon(&mut self, gene: Gene, transcript: &str) {
        self.add(gene, transcript, false);
    }

    fn add(&mut self, gene: Gene, transcript: &str, stated: bool) {
        let next = self.transcripts.len();
        let place = *self.places.entry((transcript.into(), gene.interval.contig().clone())).or_insert(next);
        match self.transcripts.get_mut(place) {
            None => self.transcripts.push(Transcript { gene, stated }),
            Some(old) if stated && !old.stated => *old = Transcript { gene, stated },
            Some(old) if stated == old.stated => old.gene.interval = span(&old.gene.interval, &gene.interval),
            Some(_) => {}
        }
    }

    /// Genes with a line in file order, then the others by their first line.
    pub(super) fn finish(self) -> Vec<Gene> {
        let Self { mut genes, known, transcripts, .. } = self;
        let mut groups: Vec<Vec<Gene>> = Vec::new();
        let mut places: HashMap<(Arc<str>, ContigName, Strand), usize> = HashMap::new();
        for Transcript { gene, .. } in transcripts {
            if known.contains(&gene.id) {
                continue;
            }
            let key = (gene.id.clone(), gene.interval.contig().clone(), gene.strand);
            let place = *places.entry(key).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(gene),
                None => groups.push(vec![gene]),
            }
        }
        genes.extend(groups.into_iter().flat_map(joined));
        genes
    }
}

/// The genes that transcripts of one identifier on one strand are, by start.
fn joined(mut transcripts: Vec<Gene>) -> Vec<Gene> {
    transcripts.sort_by_key(|transcript| (transcript.interval.start(), transcript.interval.end()));
    let mut genes: Vec<Gene> = Vec::new();
    for transcript in transcripts {
        match genes.last_mut() {
            Some(gene) if gene.interval.gap(&transcript.interval) == Some(0) => {
                gene.interval = span(&gene.interval, &transcript.interval);
                gene.name = gene.name.take().or(transcript.name);
                gene.biotype = gene.biotype.take().or(transcript.biotype);
            }
            _ => genes.push(transcript),
        }
    }
    genes
}

/// The smallest interval that holds both, which lie on one contig.
fn span(one: &Interval, other: &Interval) -> Interval {
    let (start, end) = (one.start().min(other.start()), one.end().max(other.end()));
    Interval::new(one.contig().clone(), start, end).expect("both ends are ends of intervals")
}
