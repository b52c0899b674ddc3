//! Windows letter by letter: every place of a contig, every kind of variant, every rule, both strands, shifts and both
//! ends, against a naive way: apply the edit to the whole contig and cut by hand.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod toys;

use std::ops::Range;

use ciskit_core::*;
use ciskit_variant::{AtEdge, Averaging, IndelWindow, VariantScoring, WindowPlan};
use toys::{Got, Recorder, edited, genome_of, on_the_other_strand, random_dna, reverse_complement, variant};

/// Letters `start..start + length` of a contig, N outside.
fn cut(contig: &[u8], start: i64, length: usize) -> String {
    let letter = |position: i64| usize::try_from(position).ok().and_then(|at| contig.get(at)).copied();
    (start..start + length as i64).map(|position| char::from(letter(position).unwrap_or(b'N'))).collect()
}

/// The positions of an allele that a window shows.
fn shown(start: i64, allele: Range<usize>, length: usize) -> Vec<usize> {
    (0..length).filter(|&place| allele.contains(&((start + place as i64).max(-1) as usize))).collect()
}

struct Rule {
    length: usize,
    /// `None` for a fixed window.
    anchor: Option<usize>,
    fixed: Range<i64>,
    indels: IndelWindow,
    at_edge: AtEdge,
}

/// What a model must get for a variant on the forward strand of `contig`: all windows, each pair a step.
fn expected(rule: &Rule, contig: &[u8], variant: &Variant, shift: i64) -> Vec<Got> {
    let changed = edited(contig, variant);
    let (start, from) = (variant.start() as i64, variant.reference().len() as i64);
    let to = variant.alternative().bases().unwrap().len() as i64;
    let centred = rule.indels == IndelWindow::Centred;
    let reference = match rule.anchor {
        Some(anchor) if centred => start + from / 2 - anchor as i64 + shift,
        Some(anchor) => start - anchor as i64 + shift,
        None => rule.fixed.start + shift,
    };
    // Where the same place is on the edited contig.
    let alternative = if centred { reference - from / 2 + to / 2 } else { reference };
    let stitch = rule.indels == IndelWindow::ShiftStitch && from != to;
    let mut windows = vec![(reference, contig), (alternative, &changed[..])];
    windows.extend(stitch.then_some((reference + to - from, &changed[..])));
    if rule.at_edge == AtEdge::Shift && rule.anchor.is_some() {
        let inside =
            |start: i64, contig: &[u8]| start >= 0 && start + rule.length as i64 <= contig.len() as i64;
        let all = |step: &i64| windows.iter().all(|(start, contig)| inside(start + step, contig));
        let nearest =
            |wanted: &dyn Fn(&i64) -> bool| (0..400).flat_map(|step| [step, -step]).find(|step| wanted(step));
        match nearest(&all) {
            Some(step) => windows.iter_mut().for_each(|(start, _)| *start += step),
            None => {
                for (start, contig) in &mut windows {
                    let alone = |step: &i64| inside(*start + step, contig);
                    *start = nearest(&alone).map_or(0, |step| *start + step);
                }
            }
        }
    }
    let reference = windows[0].0;
    let range = |places: Vec<usize>, otherwise: i64| {
        let empty = otherwise.clamp(0, rule.length as i64) as usize;
        places.first().map_or(empty..empty, |first| *first..first + places.len())
    };
    let allele = |window: i64, length: i64| {
        let allele = start as usize..(start + length) as usize;
        range(shown(window, allele, rule.length), start - window)
    };
    let got = |(alternative, changed): &(i64, &[u8])| Got {
        reference: cut(contig, reference, rule.length),
        reference_range: allele(reference, from),
        alternative: cut(changed, *alternative, rule.length),
        alternative_range: allele(*alternative, to),
    };
    windows[1..].iter().map(got).collect()
}

/// Alleles: (bases replaced, what replaces them).
const ALLELES: [(usize, &str); 12] = [
    (1, "A"),
    (1, "g"),
    (3, "CAT"),
    (2, "GT"),
    (1, "AT"),
    (1, "GATTACA"),
    (1, "ACGTTGCAAGCTTCGATCGGATTTACG"),
    (2, "A"),
    (7, "C"),
    (30, "T"),
    (3, "GGAAC"),
    (5, "CT"),
];

/// Compares every variant of a contig under a rule, and says how many there were.
fn compare(contig: &[u8], rule: &Rule, shifts: &[i64]) -> usize {
    let input = InputWindow::fixed(rule.length).anchored_at(rule.anchor.unwrap_or(0));
    // Two bins, wide enough to be symmetric around any anchor.
    let mirror = rule.anchor.map_or(rule.length as i64 - 1, |anchor| 2 * anchor as i64);
    let spec = ScorerSpec::builder(input)
        .bins(2, 1000, (mirror + 1) / 2 - 1000)
        .output(Output::new("o", Scale::Raw));
    let recorder = Recorder::new(spec.build().unwrap());
    let plan = match rule.anchor {
        Some(_) => WindowPlan::centred(input, None).unwrap(),
        None => WindowPlan::fixed("1", rule.fixed.clone()),
    };
    let averaging = Averaging { reverse_complement: true, shifts: shifts.to_vec() };
    let engine = VariantScoring::new(&recorder)
        .raw()
        .select(Selection::all().with_bins(0..1))
        .plan(plan.indels(rule.indels).at_edge(rule.at_edge))
        .averaging(averaging)
        .max_unknown(1.0)
        .duplicates_within(0);
    let engine = engine.build().unwrap();
    let genome = genome_of(&contig.to_ascii_lowercase());
    let backwards = reverse_complement(contig);
    let mut compared = 0;
    for (length, alternative) in ALLELES {
        for start in 0..=contig.len().saturating_sub(length) {
            if length > contig.len() {
                continue;
            }
            let variant = variant(contig, start, length, alternative.as_bytes());
            let scored = engine.score(&genome, std::slice::from_ref(&variant)).unwrap();
            let found = recorder.take();
            let whole = shifts.iter().all(|shift| {
                let of_strand = |start: i64, window: i64| {
                    start >= window && start + length as i64 <= window + rule.length as i64
                };
                let (start, window, contig) = (start as i64, rule.fixed.start, contig.len() as i64);
                of_strand(start, window + shift)
                    && of_strand(contig - start - length as i64, contig - rule.fixed.end + shift)
            });
            if rule.anchor.is_none() && !whole {
                assert_eq!((scored[0].status.name(), found.len()), ("out-of-bounds", 0), "{variant}");
                continue;
            }
            assert_eq!(scored[0].status.name(), "scored");
            let upper = Variant::new(
                "chr1",
                variant.start(),
                variant.reference(),
                Allele::Bases(alternative.to_ascii_uppercase().into_bytes()),
            );
            let upper = upper.unwrap();
            let other = on_the_other_strand(contig, &upper);
            let mirrored = contig.len() as i64 - rule.fixed.end..contig.len() as i64 - rule.fixed.start;
            let reverse = Rule { fixed: mirrored, ..*rule };
            let wanted: Vec<Got> = shifts
                .iter()
                .flat_map(|&shift| {
                    [expected(rule, contig, &upper, shift), expected(&reverse, &backwards, &other, shift)]
                        .concat()
                })
                .collect();
            assert_eq!(
                found,
                wanted,
                "{variant} of {} bp, {:?} {:?}",
                contig.len(),
                rule.indels,
                rule.at_edge
            );
            compared += 1;
        }
    }
    compared
}

#[test]
fn around_each_variant() {
    let mut compared = 0;
    for (length, anchor) in [(12, 6), (12, 5), (13, 6), (9, 0), (9, 8), (40, 20)] {
        for contig in [90, 30, 13] {
            let contig = random_dna(contig, contig as u64);
            for indels in [IndelWindow::LeftPinned, IndelWindow::Centred, IndelWindow::ShiftStitch] {
                for at_edge in [AtEdge::PadN, AtEdge::Shift] {
                    let rule = Rule { length, anchor: Some(anchor), fixed: 0..0, indels, at_edge };
                    compared += compare(&contig, &rule, &[0]);
                }
            }
        }
    }
    // Every place of every contig: 1,477 variants by 36 rules.
    assert_eq!(compared, 1_477 * 36);
}

#[test]
fn shifted_and_on_spelled_dna() {
    let contig = ciskit_fixtures::spelling(16 * 9)[16 * 3..].to_vec();
    for indels in [IndelWindow::LeftPinned, IndelWindow::Centred, IndelWindow::ShiftStitch] {
        for at_edge in [AtEdge::PadN, AtEdge::Shift] {
            let rule = Rule { length: 33, anchor: Some(16), fixed: 0..0, indels, at_edge };
            compare(&contig, &rule, &[0, -3, 5]);
        }
    }
}

#[test]
fn fixed_to_an_element() {
    for (contig, fixed) in [(90, 20..60), (50, -10..30), (50, 20..60), (20, -10..35)] {
        let contig = random_dna(contig, 7);
        for indels in [IndelWindow::LeftPinned, IndelWindow::Centred, IndelWindow::ShiftStitch] {
            let length = (fixed.end - fixed.start) as usize;
            let rule = Rule { length, anchor: None, fixed: fixed.clone(), indels, at_edge: AtEdge::PadN };
            assert!(compare(&contig, &rule, &[0]) > 0);
            assert!(compare(&contig, &rule, &[0, 2, -1]) > 0);
        }
    }
}

#[test]
fn only_the_context_is_real() {
    let contig = random_dna(200, 3);
    let input = InputWindow::fixed(64).anchored_at(31);
    let recorder = Recorder::new(ScorerSpec::scalar(input, "o", Scale::Raw));
    let plan = WindowPlan::centred(input, None).unwrap().context(20);
    let averaging = Averaging { reverse_complement: true, shifts: vec![0, 4] };
    let engine = VariantScoring::new(&recorder).raw().plan(plan).averaging(averaging).build().unwrap();
    let variant = variant(&contig, 100, 1, b"GATTACA");
    assert_eq!(
        engine.score(&genome_of(&contig), std::slice::from_ref(&variant)).unwrap()[0].status.name(),
        "scored"
    );
    let changed = edited(&contig, &variant);
    let padded = |real: String, left: usize| {
        format!("{}{real}{}", "N".repeat(left), "N".repeat(64 - left - real.len()))
    };
    let backwards = [reverse_complement(&contig), reverse_complement(&changed)];
    // Around the variant's base on either strand, whatever the shift: 10 bp in front, 10 from it on.
    let found: Vec<[String; 2]> =
        recorder.take().into_iter().map(|got| [got.reference, got.alternative]).collect();
    let forward = |left| [padded(cut(&contig, 90, 20), left), padded(cut(&changed, 90, 20), left)];
    let reverse = |left| [padded(cut(&backwards[0], 89, 20), left), padded(cut(&backwards[1], 89, 20), left)];
    assert_eq!(found, [forward(21), reverse(21), forward(17), reverse(17)]);
}
