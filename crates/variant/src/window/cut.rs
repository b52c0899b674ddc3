//! The letters of a variant's windows, checked against the genome.

use std::ops::Range;

use ciskit_core::{Contig, Edge, GenomeError, ReferenceGenome, Strand, Variant};
use ciskit_encode::reverse_complement_in_place;

use super::placement::{Locus, Starts};
use super::plan::{Place, WindowPlan};
use crate::seen::Identity;
use crate::{OnMismatch, Status};

/// One window and where the allele lies in it, both read on the same strand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) bases: Vec<u8>,
    pub(crate) allele: Range<usize>,
}

/// The windows of a variant on one strand and at one shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// The genome's own.
    pub(crate) plain: Window,
    /// With the other allele.
    pub(crate) edited: Window,
    /// With the other allele and the right edge pinned, where bins are stitched.
    pub(crate) right: Option<Window>,
}

/// All windows of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) views: Vec<View>,
    /// Whether the genome has the alternative allele.
    pub(crate) swapped: bool,
    /// What makes the variant the same as another one.
    pub(crate) identity: Identity,
}

/// What cutting needs to know beside the variant.
pub(crate) struct Cutter<'a> {
    pub(crate) genome: &'a dyn ReferenceGenome,
    pub(crate) plan: &'a WindowPlan,
    /// Strand and shift of each view.
    pub(crate) views: &'a [(Strand, i64)],
    pub(crate) on_mismatch: OnMismatch,
    /// Largest fraction of unknown bases.
    pub(crate) max_unknown: f64,
}

impl Cutter<'_> {
    /// The windows of a variant, or why there are none.
    pub(crate) fn cut(&self, variant: &Variant) -> Result<Result<Cut, Status>, GenomeError> {
        let known = |bases: &[u8]| bases.iter().all(|base| b"ACGTacgt".contains(base));
        let (reference, alternative) = match variant.alternative().bases() {
            Some(alternative) if known(alternative) && known(variant.reference()) => {
                (variant.reference().to_ascii_uppercase(), alternative.to_ascii_uppercase())
            }
            _ => return Ok(Err(Status::UnsupportedAllele)),
        };
        let contigs = self.genome.contigs();
        let Ok(index) = contigs.resolve_index(variant.contig()) else {
            return Ok(Err(Status::UnknownContig));
        };
        let contig = &contigs.as_slice()[index];
        if !self.same_contig(contig) {
            return Ok(Err(Status::OutOfBounds));
        }
        let start = variant.start() as i64;
        let views =
            |genome: &[u8], edited: &[u8]| match variant.start() + genome.len() as u64 <= contig.length {
                true => self.views_of(contig, start, genome, edited),
                false => Ok(Err(Status::OutOfBounds)),
            };
        let mut swapped = false;
        let mut windows = views(&reference, &alternative)?;
        // A reference allele that the contig cannot hold is as wrong as one that it does not have. One that only leaves a
        // fixed window may be right, and says nothing about the alternative.
        let leaves_contig = variant.start() + reference.len() as u64 > contig.length;
        let misfit = leaves_contig || matches!(windows, Err(Status::ReferenceMismatch { .. }));
        if misfit && self.on_mismatch == OnMismatch::Swap {
            // Where the alternative allele is not there either, what was found in place of the reference is told.
            match views(&alternative, &reference)? {
                Err(Status::ReferenceMismatch { .. } | Status::OutOfBounds) => {}
                other => (windows, swapped) = (other, true),
            }
        }
        let identity = Identity::of(&(index, start, reference, alternative));
        Ok(windows.map(|views| Cut { views, swapped, identity }))
    }

    fn same_contig(&self, contig: &Contig) -> bool {
        match &self.plan.place {
            Place::Anchored { .. } => true,
            Place::Fixed { contig: window, .. } => {
                self.genome.contigs().resolve(window).is_ok_and(|window| window.name == contig.name)
            }
        }
    }

    /// The windows of going from `genome` to `edited` at a place where the genome should have `genome`.
    fn views_of(
        &self,
        contig: &Contig,
        start: i64,
        genome: &[u8],
        edited: &[u8],
    ) -> Result<Result<Vec<View>, Status>, GenomeError> {
        let locus = Locus {
            contig: contig.length as i64,
            start,
            genome: genome.len() as i64,
            edited: edited.len() as i64,
        };
        let starts: Option<Vec<Starts>> = self
            .views
            .iter()
            .map(|&(strand, shift)| match strand {
                Strand::Reverse => self.plan.starts(locus.mirrored(), strand, shift),
                _ => self.plan.starts(locus, strand, shift),
            })
            .collect();
        let Some(starts) = starts else { return Ok(Err(Status::OutOfBounds)) };
        let length = self.plan.length() as i64;
        let ranges = || {
            self.views.iter().zip(&starts).map(|((strand, _), starts)| starts.forward(locus, *strand, length))
        };
        // Everything that any window may need, read once.
        let moved = locus.edited - locus.genome;
        let from = ranges().flat_map(|(plain, edited, right)| [plain, edited, right.unwrap_or(plain)]);
        let (mut first, mut last) = (start, start + locus.genome);
        for position in from {
            first = first.min(position).min(position - moved);
            last = last.max(position + length).max(position + length - moved);
        }
        let mut bases = self.genome.fetch(&contig.name, first..last, Edge::PadN)?;
        bases.make_ascii_uppercase();
        let stretch = Stretch { bases, first, start, genome: genome.len(), edited };
        let found = stretch.between(start, start + locus.genome);
        if found != genome {
            let genome = String::from_utf8_lossy(found).into_owned();
            return Ok(Err(Status::ReferenceMismatch { genome }));
        }
        let views =
            ranges().zip(&starts).zip(self.views).map(|(((plain, edited, right), starts), (strand, _))| {
                let window = |at: i64, changed: bool, pin: Option<i64>| {
                    let (mut bases, allele) = match changed {
                        true => stretch.edited(at, length),
                        false => stretch.plain(at, length),
                    };
                    let allele = match strand {
                        Strand::Reverse => {
                            reverse_complement_in_place(&mut bases);
                            bases.len() - allele.end..bases.len() - allele.start
                        }
                        _ => allele,
                    };
                    self.plan.mask(&mut bases, pin.map(|pin| pin as usize));
                    Window { bases, allele }
                };
                let pins = starts.pins;
                View {
                    plain: window(plain, false, pins.map(|pins| pins[0])),
                    edited: window(edited, true, pins.map(|pins| pins[1])),
                    right: right.map(|right| window(right, true, pins.map(|pins| pins[0]))),
                }
            });
        let views: Vec<View> = views.collect();
        let too_many = views.iter().zip(&starts).any(|(view, starts)| {
            let pin = starts.pins.map(|pins| pins[0] as usize);
            too_many_unknown(&view.plain.bases[self.plan.real(view.plain.bases.len(), pin)], self.max_unknown)
        });
        Ok(if too_many { Err(Status::TooManyN) } else { Ok(views) })
    }
}

/// Whether more than a fraction of the bases are unknown.
pub(crate) fn too_many_unknown(bases: &[u8], limit: f64) -> bool {
    let unknown = bases.iter().filter(|base| !b"ACGTacgt".contains(base)).count();
    unknown as f64 > limit * bases.len() as f64
}

impl Starts {
    /// Starts on the forward strand of the windows of the genome, of the edited contig, and of the latter with the right edge
    /// pinned.
    fn forward(&self, locus: Locus, strand: Strand, length: i64) -> (i64, i64, Option<i64>) {
        let mirror = |contig: i64, start: i64| match strand {
            Strand::Reverse => contig - start - length,
            _ => start,
        };
        let edited = |start| mirror(locus.edited_contig(), start);
        (mirror(locus.contig, self.plain), edited(self.edited), self.right.map(edited))
    }
}

/// A stretch of a contig with a variant in it, on the forward strand.
struct Stretch<'a> {
    bases: Vec<u8>,
    /// Position of the first base.
    first: i64,
    /// Position of the alleles.
    start: i64,
    /// Length of the genome's allele.
    genome: usize,
    edited: &'a [u8],
}

impl Stretch<'_> {
    fn between(&self, start: i64, end: i64) -> &[u8] {
        &self.bases[(start - self.first) as usize..(end - self.first) as usize]
    }

    /// The window of the contig that starts at `at`.
    fn plain(&self, at: i64, length: i64) -> (Vec<u8>, Range<usize>) {
        (self.between(at, at + length).to_vec(), within(self.start - at, self.genome, length))
    }

    /// The window of the edited contig that starts at `at`, in the edited contig's coordinates.
    fn edited(&self, at: i64, length: i64) -> (Vec<u8>, Range<usize>) {
        let allele = within(self.start - at, self.edited.len(), length);
        let mut window = Vec::with_capacity(length as usize);
        // Left of the alleles both contigs agree; right of them they are `moved` apart.
        window.extend_from_slice(self.between(at, (at + length).min(self.start).max(at)));
        let shown = within(at - self.start, length as usize, self.edited.len() as i64);
        window.extend_from_slice(&self.edited[shown]);
        let moved = self.edited.len() as i64 - self.genome as i64;
        let behind = at + window.len() as i64 - moved;
        window.extend_from_slice(self.between(behind, at + length - moved));
        (window, allele)
    }
}

/// The part of `start..start + length` that lies within `0..of`.
fn within(start: i64, length: usize, of: i64) -> Range<usize> {
    start.clamp(0, of) as usize..(start + length as i64).clamp(0, of) as usize
}
