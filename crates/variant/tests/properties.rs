//! What holds for every variant: swapped alleles, the other strand, neighbours, chunks and threads.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod toys;

use ciskit_core::*;
use ciskit_variant::{
    AtEdge, Averaging, EffectScore, IndelWindow, OnMismatch, ScoredVariant, Status, Symmetry, VariantScoring,
    VariantScoringError, WindowPlan, scores,
};
use proptest::prelude::*;
use toys::{Both, Differences, Largest, Tracks, edited, genome_of, on_the_other_strand, random_dna, variant};

const INDELS: [IndelWindow; 3] = [IndelWindow::LeftPinned, IndelWindow::Centred, IndelWindow::ShiftStitch];
const EDGES: [AtEdge; 2] = [AtEdge::PadN, AtEdge::Shift];

fn plan(indels: IndelWindow, at_edge: AtEdge) -> WindowPlan {
    WindowPlan::centred(InputWindow::fixed(40), None).unwrap().indels(indels).at_edge(at_edge)
}

fn all_scores() -> Vec<Box<dyn EffectScore>> {
    vec![Box::new(Differences), Box::new(Largest), Box::new(Both)]
}

/// Scores variants of one contig.
fn scored<'a>(
    model: &'a dyn VariantScorer,
    contig: &[u8],
    variants: &[Variant],
    settings: impl Fn(VariantScoring<'a>) -> VariantScoring<'a>,
) -> Vec<ScoredVariant> {
    let scoring = VariantScoring::new(model).scores(all_scores()).max_unknown(1.0);
    settings(scoring).build().unwrap().score(&genome_of(contig), variants).unwrap()
}

fn dna(length: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(proptest::sample::select(b"ACGT".to_vec()), length)
}

/// A contig and variants of it.
fn contig_and_variants() -> impl Strategy<Value = (Vec<u8>, Vec<Variant>)> {
    let alleles = (any::<proptest::sample::Index>(), 1usize..9, dna(1..=8));
    (dna(45..=160), proptest::collection::vec(alleles, 1..12)).prop_map(|(contig, alleles)| {
        let of = |(start, length, alternative): (proptest::sample::Index, usize, Vec<u8>)| {
            variant(&contig, start.index(contig.len() - length), length, &alternative)
        };
        let variants = alleles.into_iter().map(of).collect();
        (contig, variants)
    })
}

/// The values of all scores once the alleles are swapped: differences (4 bins of 3 outputs), the largest one, both blocks.
fn negated(values: &[f64]) -> Vec<f64> {
    let differences = values[..12].iter().map(|value| -value);
    differences
        .chain([values[12]])
        .chain(values[25..].iter().copied())
        .chain(values[13..25].iter().copied())
        .collect()
}

proptest! {
    #[test]
    fn swapping_the_alleles_negates(
        (contig, variants) in contig_and_variants(),
        indels in proptest::sample::select(INDELS.to_vec()),
        at_edge in proptest::sample::select(EDGES.to_vec()),
        reverse_complement: bool,
    ) {
        let model = ReferenceAlternative(Tracks::new(1));
        let averaging = Averaging { reverse_complement, shifts: vec![0, 2] };
        for variant in variants {
            let changed = edited(&contig, &variant);
            let alternative = variant.alternative().bases().unwrap();
            let back = Variant::new("chr1", variant.start(), alternative, Allele::Bases(variant.reference().to_vec()));
            let score = |contig: &[u8], variant: Variant, rule| {
                scored(&model, contig, &[variant], |scoring| {
                    scoring.plan(plan(indels, at_edge)).averaging(averaging.clone()).on_mismatch(rule)
                })
                .remove(0)
            };
            let there = score(&contig, variant.clone(), OnMismatch::Skip);
            let back = score(&changed, back.unwrap(), OnMismatch::Skip);
            prop_assert_eq!(there.values.len(), 12 + 1 + 24);
            // Stitched bins are those of the genome that is there, which an indel makes another one.
            if indels != IndelWindow::ShiftStitch || alternative.len() == variant.reference().len() {
                prop_assert_eq!(&there.values, &negated(&back.values));
            }
            // On the genome with the alternative allele, swapping gives the effect as stated.
            let swapped = score(&changed, variant.clone(), OnMismatch::Swap);
            if swapped.status == Status::AllelesSwapped {
                prop_assert_eq!(&swapped.values, &negated(&back.values));
            } else {
                // The reference allele is there as well (an insertion next to its like): it goes first.
                prop_assert_eq!(swapped.status, Status::Scored);
            }
        }
    }

    #[test]
    fn both_strands_agree(
        (contig, variants) in contig_and_variants(),
        indels in proptest::sample::select(INDELS.to_vec()),
        at_edge in proptest::sample::select(EDGES.to_vec()),
        selected in proptest::sample::select(vec![vec![0], vec![1, 2], vec![0, 1, 2], vec![2, 0]]),
        bins in proptest::sample::select(vec![0..4usize, 1..2, 2..4]),
    ) {
        let model = ReferenceAlternative(Tracks::new(2));
        let averaging = Averaging { reverse_complement: true, shifts: vec![-2, 0, 1] };
        let partner = [1, 0, 2];
        let partners: Vec<usize> = selected.iter().map(|&output| partner[output]).collect();
        let score = |contig: &[u8], variants: &[Variant], outputs: &[usize], bins: std::ops::Range<usize>| {
            let select = Selection::all().with_outputs(outputs.to_vec()).with_bins(bins);
            scored(&model, contig, variants, |scoring| {
                let scoring = scoring.plan(plan(indels, at_edge)).select(select.clone());
                scoring.averaging(averaging.clone()).scores(vec![Box::new(Both)])
            })
        };
        let backwards: Vec<Variant> = variants.iter().map(|variant| on_the_other_strand(&contig, variant)).collect();
        let forward = score(&contig, &variants, &selected, bins.clone());
        let opposite = toys::reverse_complement(&contig);
        let reverse = score(&opposite, &backwards, &partners, 4 - bins.end..4 - bins.start);
        for (forward, reverse) in forward.iter().zip(&reverse) {
            prop_assert_eq!(&forward.status, &reverse.status);
            let width = selected.len();
            for (forward, reverse) in forward.values.chunks(width * bins.len()).zip(reverse.values.chunks(width * bins.len())) {
                let mirrored: Vec<f64> = reverse.chunks(width).rev().flatten().copied().collect();
                prop_assert_eq!(forward, &mirrored[..]);
            }
        }
    }

    #[test]
    fn nothing_but_the_variant_matters(
        (contig, variants) in contig_and_variants(),
        indels in proptest::sample::select(INDELS.to_vec()),
        chunk in 1usize..7,
    ) {
        let model = ReferenceAlternative(Tracks::new(3));
        let settings = |chunk: usize| {
            let (model, contig, variants) = (&model, &contig, &variants);
            scored(model, contig, variants, |scoring| {
                scoring.plan(plan(indels, AtEdge::PadN)).averaging(Averaging::both_strands()).chunk(chunk)
            })
        };
        let together = settings(1000);
        prop_assert_eq!(&settings(chunk), &together);
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            prop_assert_eq!(&pool.install(|| settings(chunk)), &together);
        }
        for (variant, together) in variants.iter().zip(&together) {
            let alone = scored(&model, &contig, std::slice::from_ref(variant), |scoring| {
                scoring.plan(plan(indels, AtEdge::PadN)).averaging(Averaging::both_strands())
            });
            // Only that it is a duplicate is known from the others.
            prop_assert_eq!(&alone[0].values, &together.values);
        }
    }

    #[test]
    fn the_reference_itself_changes_nothing((contig, variants) in contig_and_variants()) {
        let model = ReferenceAlternative(Tracks::new(4));
        let same = |variant: &Variant| {
            let alternative = Allele::Bases(variant.reference().to_ascii_lowercase());
            Variant::new("chr1", variant.start(), variant.reference(), alternative).unwrap()
        };
        let variants: Vec<Variant> = variants.iter().map(same).collect();
        for indels in INDELS {
            let scored = scored(&model, &contig, &variants, |scoring| {
                scoring.plan(plan(indels, AtEdge::PadN)).averaging(Averaging::both_strands())
            });
            for scored in scored {
                prop_assert!(scored.status.has_values());
                prop_assert!(scored.values[..13].iter().all(|value| *value == 0.0));
            }
        }
    }

    #[test]
    fn stitched_bins_beside_an_indel_do_not_change((contig, variants) in contig_and_variants()) {
        let model = ReferenceAlternative(Tracks::new(5));
        let of = |indels| {
            scored(&model, &contig, &variants, |scoring| scoring.plan(plan(indels, AtEdge::PadN)))
        };
        let pinned = of(IndelWindow::LeftPinned);
        for ((variant, stitched), pinned) in variants.iter().zip(of(IndelWindow::ShiftStitch)).zip(pinned) {
            // The alleles start on base 20, which is base 0 of the third bin (20..28).
            let behind = 20 + variant.reference().len();
            for bin in 0..4 {
                let first = 4 + 8 * bin;
                let differences = &stitched.values[3 * bin..3 * bin + 3];
                if first + 8 <= 20 || first >= behind.max(28) {
                    prop_assert!(differences.iter().all(|value| *value == 0.0), "{} bin {}", variant, bin);
                }
                // Up to the variant's bin the left window counts.
                if bin <= 2 {
                    prop_assert_eq!(differences, &pinned.values[3 * bin..3 * bin + 3]);
                }
            }
        }
    }
}

/// How many values of a score are defined for SNVs at every place, each of which keeps the score's promise; none of a score that
/// is refused for outputs of such a scale.
fn defined_values(name: &str, scale: Scale) -> usize {
    let contig = random_dna(70, 9);
    let model = ReferenceAlternative(Tracks::of_scale(scale, 6));
    let score = scores::named(name).unwrap();
    let symmetry = score.symmetry();
    assert_ne!(symmetry, Symmetry::None, "{name}");
    // The two-class score wants two outputs and one bin.
    let select = match name {
        "two-class" => Selection::all().with_outputs(vec![0, 1]).with_bins(2..3),
        _ => Selection::all(),
    };
    let scoring = VariantScoring::new(&model).scores(vec![score]).averaging(Averaging::both_strands());
    let engine = match scoring.select(select).max_unknown(1.0).build() {
        Ok(engine) => engine,
        Err(VariantScoringError::EffectScore(_)) => return 0,
        Err(error) => panic!("{name}: {error}"),
    };
    let of = |contig: &[u8], variant| engine.score(&genome_of(contig), &[variant]).unwrap().remove(0).values;
    let mut defined = 0;
    for start in 0..contig.len() {
        let there = variant(&contig, start, 1, if contig[start] == b'A' { b"G" } else { b"A" });
        let changed = edited(&contig, &there);
        let back = variant(&changed, start, 1, there.reference());
        for (there, back) in of(&contig, there).into_iter().zip(of(&changed, back)) {
            defined += usize::from(there.is_finite());
            let expected = if symmetry == Symmetry::Antisymmetric { -back } else { back };
            assert!(there == expected || there.is_nan() && back.is_nan(), "{name}: {there} and {back}");
        }
    }
    assert!(defined > 0, "{name} has no value of {scale:?} and is not refused");
    defined
}

#[test]
fn every_named_score_keeps_its_promise_when_alleles_are_swapped() {
    for name in scores::all().map(|score| score.name).filter(|name| *name != "quantile") {
        let scales = [Scale::Raw, Scale::Logit, Scale::Log, Scale::Probability];
        assert!(scales.iter().map(|scale| defined_values(name, *scale)).sum::<usize>() > 0, "{name}");
    }
}

#[test]
fn an_insertion_without_stitching_changes_the_bins_behind_it() {
    // What the test of stitching tests does not hold by itself.
    let contig = random_dna(120, 1);
    let model = ReferenceAlternative(Tracks::new(5));
    let variants = [variant(&contig, 60, 1, b"GATTA")];
    let pinned = scored(&model, &contig, &variants, |scoring| {
        scoring.plan(plan(IndelWindow::LeftPinned, AtEdge::PadN))
    });
    assert!(pinned[0].values[9..12].iter().all(|value| *value != 0.0));
}
