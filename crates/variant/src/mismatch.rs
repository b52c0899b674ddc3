//! Reference alleles that the genome does not have.

use ciskit_core::Variant;

use crate::{Status, VariantScoringError};

/// What to do with a variant whose reference allele is not what the genome has.
///
/// It is never scored in silence as if it fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnMismatch {
    /// It gets the status `ref-mismatch` and no values.
    #[default]
    Skip,
    /// Where the genome has the alternative allele, the genome's window is the alternative one and the reference allele is
    /// edited in; the status is `alleles-swapped` and the effect that of going from REF to ALT as given. Where it has
    /// neither, as `Skip`.
    Swap,
    /// Scoring stops with an error that names the variant.
    Fail,
}

/// Mismatches of a run: more of them than wrong lines can explain mean that the variants belong to another assembly.
#[derive(Clone, Debug)]
pub(crate) struct MismatchGuard {
    limit: f64,
    compared: usize,
    mismatches: usize,
    examples: Vec<String>,
}

/// The largest fraction of mismatches where none is asked for.
pub(crate) const DEFAULT_LIMIT: f64 = 0.05;
/// From this many compared variants on, the limit holds before the end is known.
const EARLY: usize = 100;
/// Fewer mismatches never stop a run, so that a short list keeps its odd line.
const FEWEST: usize = 5;
/// Mismatches shown in the error.
const SHOWN: usize = 3;

impl Default for MismatchGuard {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT, compared: 0, mismatches: 0, examples: Vec::new() }
    }
}

impl MismatchGuard {
    /// A guard that stops above a limit from 0 to 1, and never at 1.
    pub(crate) fn new(limit: f64) -> Result<Self, VariantScoringError> {
        if !(0.0..=1.0).contains(&limit) {
            let (what, expected) = ("the limit of mismatches", "between 0 and 1");
            return Err(VariantScoringError::Setting { what, expected, found: limit });
        }
        Ok(Self { limit, ..Self::default() })
    }

    /// Counts a variant, and looks at the limit if enough were compared.
    pub(crate) fn count(
        &mut self,
        variant: &Variant,
        status: &Status,
        genome: &str,
    ) -> Result<(), VariantScoringError> {
        match status {
            Status::ReferenceMismatch { genome } => {
                self.mismatches += 1;
                if self.examples.len() < SHOWN {
                    self.examples.push(format!("{} where the genome has {}", named(variant), short(genome)));
                }
            }
            status if status.has_values() || *status == Status::TooManyN => {}
            _ => return Ok(()),
        }
        self.compared += 1;
        if self.compared >= EARLY { self.check(genome) } else { Ok(()) }
    }

    /// Looks at the limit.
    pub(crate) fn check(&self, genome: &str) -> Result<(), VariantScoringError> {
        if self.mismatches < FEWEST || self.mismatches as f64 <= self.limit * self.compared as f64 {
            return Ok(());
        }
        Err(VariantScoringError::WrongGenome {
            mismatches: self.mismatches,
            compared: self.compared,
            genome: genome.to_owned(),
            examples: self.examples.clone(),
        })
    }
}

/// A variant as text, with long alleles cut short.
pub(crate) fn named(variant: &Variant) -> String {
    let reference = String::from_utf8_lossy(variant.reference());
    let alternative = variant.alternative().to_string();
    format!("{}:{}:{}>{}", variant.contig(), variant.start() + 1, short(&reference), short(&alternative))
}

fn short(allele: &str) -> String {
    const LONGEST: usize = 20;
    match allele.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bp)", &allele[..end], allele.len()),
        None => allele.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Allele;

    fn guard(fits: usize, mismatches: usize) -> (MismatchGuard, Result<(), VariantScoringError>) {
        let variant = Variant::new("chr1", 9, b"A", Allele::from_vcf("G")).unwrap();
        let mut guard = MismatchGuard::new(0.05).unwrap();
        let mismatch = Status::ReferenceMismatch { genome: "C".into() };
        let statuses =
            std::iter::repeat_n(&mismatch, mismatches).chain(std::iter::repeat_n(&Status::Scored, fits));
        let result = statuses.into_iter().try_for_each(|status| guard.count(&variant, status, "hg19"));
        (guard, result)
    }

    #[test]
    fn more_than_the_limit_stops_from_a_hundred_on_or_at_the_end() {
        assert!(guard(95, 5).1.is_ok());
        assert!(guard(94, 6).1.is_err());
        // Ten, most of them wrong: told at the end only.
        let (ten, running) = guard(3, 7);
        assert!(running.is_ok());
        assert_eq!(
            ten.check("hg19").unwrap_err().to_string(),
            "7 of 10 reference alleles are not what the genome has: the variants are probably of another assembly than \
             hg19 (chr1:10:A>G where the genome has C; chr1:10:A>G where the genome has C; \
             chr1:10:A>G where the genome has C)"
        );
        // A short list with odd lines is no wrong assembly.
        assert!(guard(2, 4).0.check("hg19").is_ok());
    }

    #[test]
    fn what_was_not_compared_does_not_count() {
        let variant = Variant::new("chr1", 9, b"A", Allele::from_vcf("<DEL>")).unwrap();
        let (mut guard, _) = guard(0, 5);
        for _ in 0..1000 {
            guard.count(&variant, &Status::UnsupportedAllele, "hg19").unwrap();
        }
        assert_eq!(guard.compared, 5);
        assert!(guard.check("hg19").is_err());
    }

    #[test]
    fn long_alleles_are_cut_short() {
        let variant = Variant::new("1", 0, &[b'A'; 30], Allele::from_vcf("T")).unwrap();
        assert_eq!(named(&variant), "1:1:AAAAAAAAAAAAAAAAAAAA… (30 bp)>T");
    }
}
