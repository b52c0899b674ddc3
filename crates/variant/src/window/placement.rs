//! Where the windows of one variant start, on either strand.

use ciskit_core::Strand;

use super::plan::{AtEdge, IndelWindow, Place, WindowPlan};

/// A variant on one strand of its contig, in that strand's own coordinates.
///
/// Both strands obey the same rules: what holds for a variant read backwards is what holds for the reverse-complemented
/// variant in the reverse-complemented genome. Strand averages are therefore the same from either strand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Locus {
    /// Length of the contig.
    pub(super) contig: i64,
    /// First base of the alleles.
    pub(super) start: i64,
    /// Length of the allele that the genome has.
    pub(super) genome: i64,
    /// Length of the allele that is put in its place.
    pub(super) edited: i64,
}

impl Locus {
    /// The same variant on the other strand.
    pub(super) fn mirrored(self) -> Self {
        Self { start: self.contig - self.start - self.genome, ..self }
    }

    /// Length of the contig with the edited allele.
    pub(super) fn edited_contig(&self) -> i64 {
        self.contig + self.edited - self.genome
    }
}

/// Starts of a variant's windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Starts {
    /// Of the window of the genome, on the contig.
    pub(super) plain: i64,
    /// Of the window of the edited allele, on the edited contig.
    pub(super) edited: i64,
    /// The same with the right edge pinned, where bins are stitched.
    pub(super) right: Option<i64>,
    /// The bases of the first two windows that the variant is pinned to; `None` in a fixed window.
    pub(super) pins: Option<[i64; 2]>,
}

impl WindowPlan {
    /// Where the windows start if they are moved `shift` bp to the right; all in the coordinates of the strand that is read.
    /// `None` if the genome's allele leaves a fixed window.
    pub(super) fn starts(&self, locus: Locus, strand: Strand, shift: i64) -> Option<Starts> {
        let Locus { contig, start, genome, edited } = locus;
        let length = self.length() as i64;
        let middle = |allele: i64| if self.indels == IndelWindow::Centred { allele / 2 } else { 0 };
        let mut plain = match &self.place {
            Place::Anchored { anchor, .. } => start + middle(genome) - *anchor as i64 + shift,
            Place::Fixed { range, .. } => {
                let first = if strand == Strand::Reverse { contig - range.end } else { range.start } + shift;
                if start < first || start + genome > first + length {
                    return None;
                }
                first
            }
        };
        let mut changed = plain + middle(edited) - middle(genome);
        let mut right =
            (self.indels == IndelWindow::ShiftStitch && edited != genome).then_some(plain + edited - genome);
        let anchored = matches!(self.place, Place::Anchored { .. });
        if anchored && self.at_edge == AtEdge::Shift {
            let mut windows = vec![(&mut plain, contig), (&mut changed, locus.edited_contig())];
            windows.extend(right.as_mut().map(|right| (right, locus.edited_contig())));
            move_inside(&mut windows, length);
        }
        let pins = anchored.then_some([start + middle(genome) - plain, start + middle(edited) - changed]);
        Some(Starts { plain, edited: changed, right, pins })
    }
}

/// Moves windows, each (start, length of its contig), inside by one step for all, or by one each where there is none.
fn move_inside(windows: &mut [(&mut i64, i64)], length: i64) {
    let smallest = windows.iter().map(|(start, _)| -**start).max().unwrap_or(0);
    let largest = windows.iter().map(|(start, contig)| contig - length - **start).min().unwrap_or(0);
    for (start, contig) in windows {
        **start = if smallest <= largest {
            **start + 0.clamp(smallest, largest)
        } else {
            (**start).clamp(0, (*contig - length).max(0))
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::InputWindow;

    fn starts(plan: &WindowPlan, locus: Locus) -> Starts {
        plan.starts(locus, Strand::Forward, 0).unwrap()
    }

    #[test]
    fn indels_by_every_rule() {
        let plan = WindowPlan::centred(InputWindow::fixed(10), None).unwrap();
        let deletion = Locus { contig: 100, start: 50, genome: 4, edited: 1 };
        let found = starts(&plan, deletion);
        assert_eq!((found.plain, found.edited, found.right), (45, 45, None));
        let found = starts(&plan.clone().indels(IndelWindow::Centred), deletion);
        assert_eq!((found.plain, found.edited, found.pins), (47, 45, Some([5, 5])));
        let found = starts(&plan.clone().indels(IndelWindow::ShiftStitch), deletion);
        assert_eq!((found.plain, found.edited, found.right), (45, 45, Some(42)));
        let snv = Locus { genome: 1, edited: 1, ..deletion };
        assert_eq!(starts(&plan.indels(IndelWindow::ShiftStitch), snv).right, None);
    }

    #[test]
    fn windows_move_inside_together() {
        let plan = WindowPlan::centred(InputWindow::fixed(10), None).unwrap().at_edge(AtEdge::Shift);
        // The edited contig has 97 bp: its window fits from 87 on, and the other one goes with it.
        let found = starts(&plan, Locus { contig: 100, start: 95, genome: 4, edited: 1 });
        assert_eq!((found.plain, found.edited, found.pins), (87, 87, Some([8, 8])));
        let found = starts(&plan, Locus { contig: 100, start: 1, genome: 4, edited: 1 });
        assert_eq!((found.plain, found.edited), (0, 0));
        // A contig that is too short once edited: each by itself.
        let found = starts(&plan, Locus { contig: 30, start: 3, genome: 25, edited: 1 });
        assert_eq!((found.plain, found.edited), (0, 0));
        let found = starts(&plan, Locus { contig: 30, start: 20, genome: 1, edited: 1 });
        assert_eq!(found.plain, 15);
        let found = starts(&plan, Locus { contig: 6, start: 2, genome: 1, edited: 1 });
        assert_eq!((found.plain, found.edited), (0, 0));
    }

    #[test]
    fn the_whole_allele_lies_in_a_fixed_window_on_either_strand() {
        let plan = WindowPlan::fixed("1", 10..20);
        for (start, genome, inside) in
            [(10, 1, true), (9, 2, false), (18, 2, true), (19, 2, false), (10, 10, true)]
        {
            let locus = Locus { contig: 100, start, genome, edited: 1 };
            let found =
                [plan.starts(locus, Strand::Forward, 0), plan.starts(locus.mirrored(), Strand::Reverse, 0)];
            assert_eq!(
                found.map(|starts| starts.map(|starts| starts.plain)),
                [10, 80].map(|at| inside.then_some(at))
            );
        }
    }
}
