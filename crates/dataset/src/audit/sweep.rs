//! Overlaps between many spans, by sorted sweeps. Positions are 0-based and half-open; empty spans overlap nothing.

/// A piece of a numbered contig.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Span {
    pub(super) contig: usize,
    pub(super) start: i64,
    pub(super) end: i64,
}

/// Disjoint spans that cover what the given ones cover, sorted.
fn merged(spans: &[Span]) -> Vec<Span> {
    let mut sorted: Vec<Span> = spans.iter().copied().filter(|span| span.start < span.end).collect();
    sorted.sort_unstable();
    let mut merged: Vec<Span> = Vec::new();
    for span in sorted {
        match merged.last_mut().filter(|last| last.contig == span.contig && span.start <= last.end) {
            Some(last) => last.end = last.end.max(span.end),
            None => merged.push(span),
        }
    }
    merged
}

/// For each of `spans`, whether it shares a base with any of `others`. *Cost*: O((n + m) log m).
pub(super) fn overlapping(spans: &[Span], others: &[Span]) -> Vec<bool> {
    let covered = merged(others);
    let overlaps = |span: &Span| {
        // Disjoint and sorted: only the last that starts before the span's end can reach into it.
        let before = covered.partition_point(|other| (other.contig, other.start) < (span.contig, span.end));
        let last = before.checked_sub(1).map(|last| covered[last]);
        span.start < span.end && last.is_some_and(|last| last.contig == span.contig && last.end > span.start)
    };
    spans.iter().map(overlaps).collect()
}

/// Bases that both cover, each counted once.
pub(super) fn shared_bp(spans: &[Span], others: &[Span]) -> u64 {
    let (a, b) = (merged(spans), merged(others));
    let (mut i, mut j, mut bases) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        if x.contig == y.contig {
            bases += (x.end.min(y.end) - x.start.max(y.start)).max(0) as u64;
        }
        if (x.contig, x.end) <= (y.contig, y.end) { i += 1 } else { j += 1 }
    }
    bases
}

/// For each span, whether it shares a base with another one of the same list; equal spans overlap each other.
/// *Cost*: O(n log n).
pub(super) fn overlapping_within(spans: &[Span]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..spans.len()).filter(|i| spans[*i].start < spans[*i].end).collect();
    order.sort_unstable_by_key(|i| spans[*i]);
    let mut overlaps = vec![false; spans.len()];
    // The span that reaches farthest among those already seen on the contig.
    let mut farthest: Option<usize> = None;
    for &i in &order {
        let span = spans[i];
        match farthest.filter(|far| spans[*far].contig == span.contig) {
            Some(far) => {
                if spans[far].end > span.start {
                    overlaps[far] = true;
                    overlaps[i] = true;
                }
                if span.end > spans[far].end {
                    farthest = Some(i);
                }
            }
            None => farthest = Some(i),
        }
    }
    overlaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spans(raw: &[(usize, i64, i64)]) -> Vec<Span> {
        raw.iter().map(|&(contig, start, length)| Span { contig, start, end: start + length }).collect()
    }

    fn share(a: &Span, b: &Span) -> bool {
        a.contig == b.contig && a.start.max(b.start) < a.end.min(b.end)
    }

    #[test]
    fn touching_is_not_overlapping() {
        let touching = spans(&[(0, 0, 10), (0, 10, 5), (1, 12, 5)]);
        assert_eq!(overlapping_within(&touching), [false; 3]);
        assert_eq!(overlapping(&touching, &spans(&[(0, 14, 1)])), [false, true, false]);
    }

    #[test]
    fn a_long_span_overlaps_those_after_its_neighbour() {
        let nested = spans(&[(0, 0, 100), (0, 10, 5), (0, 50, 5), (0, 100, 5)]);
        assert_eq!(overlapping_within(&nested), [true, true, true, false]);
    }

    proptest! {
        #[test]
        fn sweeps_agree_with_brute_force(
            a in prop::collection::vec((0usize..3, -20i64..60, 0i64..15), 0..40),
            b in prop::collection::vec((0usize..3, -20i64..60, 0i64..15), 0..40),
        ) {
            let (a, b) = (spans(&a), spans(&b));
            let between: Vec<bool> = a.iter().map(|x| b.iter().any(|y| share(x, y))).collect();
            prop_assert_eq!(overlapping(&a, &b), between);
            let within: Vec<bool> = (0..a.len())
                .map(|i| (0..a.len()).any(|j| i != j && share(&a[i], &a[j])))
                .collect();
            prop_assert_eq!(overlapping_within(&a), within);
            let covers = |spans: &[Span], contig, base| {
                spans.iter().any(|span| span.contig == contig && (span.start..span.end).contains(&base))
            };
            let bases = (0..3).flat_map(|contig| (-20..80).map(move |base| (contig, base)));
            let shared = bases.filter(|&(c, p)| covers(&a, c, p) && covers(&b, c, p)).count();
            prop_assert_eq!(shared_bp(&a, &b), shared as u64);
        }
    }
}
