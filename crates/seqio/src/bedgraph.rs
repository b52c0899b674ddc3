//! bedGraph: a number for each of many intervals.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use ciskit_core::{ContigName, Contigs, SignalError, SignalTrack};

use crate::bed::{fields, is_comment};
use crate::signal_steps::{SignalSteps, Step};
use crate::table_error::shown;
use crate::{LastName, LineReader, Row, TableError};

/// A bedGraph file in memory, a [`SignalTrack`].
///
/// Lines may stand in any order; blank lines, comments (`#`) and the lines `track …` and `browser …` are skipped. Columns
/// (contig, start, end, value) are separated by tabs, in lines without a tab by blanks.
///
/// # Units
///
/// bedGraph is 0-based half-open, as core is: positions are taken over unchanged.
///
/// *Cost*: 12 bytes an interval, 24 while reading, at the end of which each contig is copied; a range is found by bisection.
///
/// ```
/// use ciskit_core::SignalTrack;
/// use ciskit_seqio::{BedGraph, LineReader};
///
/// let text = "track type=bedGraph\nchr1\t100\t103\t2.5\nchr1\t98\t100\t1\n";
/// let track = BedGraph::from_lines(LineReader::new(text.as_bytes(), "dnase.bedgraph")?)?;
/// let mut values = Vec::new();
/// track.fetch_into("1", 97..105, &mut values)?;
/// assert_eq!(values, [0.0, 1.0, 1.0, 2.5, 2.5, 2.5, 0.0, 0.0]);
/// assert_eq!(track.contigs().resolve("chr1")?.length, 103);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct BedGraph(SignalSteps);

/// The lines of a contig as they come.
#[derive(Default)]
struct Read {
    steps: Vec<(Step, u64)>,
}

impl BedGraph {
    /// Reads a file, plain, gzip or bgzip.
    ///
    /// # Errors
    ///
    /// As [`BedGraph::from_lines`], and as [`LineReader::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads lines.
    ///
    /// # Errors
    ///
    /// [`TableError::ColumnCount`] or [`TableError::Value`] for a malformed line, [`TableError::Line`] for one whose
    /// interval overlaps that of another line, which it names; [`TableError::Empty`] for a file without intervals.
    ///
    /// ```
    /// use ciskit_seqio::{BedGraph, LineReader};
    ///
    /// let text = "chr1 100 103 2.5\nchr1 102 110 1\n";
    /// let lines = LineReader::new(text.as_bytes(), "x.bedgraph")?;
    /// assert_eq!(
    ///     BedGraph::from_lines(lines).unwrap_err().to_string(),
    ///     "x.bedgraph, line 2: expected an interval that does not overlap that of line 1, found \"chr1:102-110\""
    /// );
    /// # Ok::<(), ciskit_seqio::TableError>(())
    /// ```
    pub fn from_lines(mut lines: LineReader) -> Result<Self, TableError> {
        let mut names: LastName<ContigName> = LastName::default();
        let mut index: HashMap<ContigName, usize> = HashMap::new();
        let mut found: Vec<(ContigName, Read)> = Vec::new();
        // Neighbouring lines mostly share their contig.
        let mut last: Option<(ContigName, usize)> = None;
        let mut path = None;
        while let Some(line) = lines.next_where(|text| !text.trim_ascii().is_empty() && !is_comment(text))? {
            let row = fields(line);
            row.expect_columns(4)?;
            let interval = row.interval(0, ["contig", "start", "end"], &mut names)?;
            let [start, end] = [interval.start(), interval.end()].map(u32::try_from);
            let (Ok(start), Ok(end)) = (start, end) else {
                return Err(row.refuse(2, "end", format!("a position of at most {}", u32::MAX)));
            };
            let value = value(&row)?;
            let contig = match &last {
                Some((name, contig)) if name == interval.contig() => *contig,
                _ => *index.entry(interval.contig().clone()).or_insert_with(|| {
                    found.push((interval.contig().clone(), Read::default()));
                    found.len() - 1
                }),
            };
            last = Some((interval.contig().clone(), contig));
            if start < end {
                found[contig].1.steps.push((Step { start, end, value }, row.line()));
            }
            path.get_or_insert_with(|| row.path().clone());
        }
        let Some(path) = path else { return Err(lines.empty("intervals with values")) };
        let mut steps = Vec::with_capacity(found.len());
        let mut ends = Vec::with_capacity(found.len());
        for (name, Read { steps: mut of_contig }) in found {
            of_contig.sort_by_key(|(step, _)| step.start);
            for pair in of_contig.windows(2) {
                let [(first, first_line), (second, second_line)] = pair else { continue };
                if first.end > second.start {
                    let (step, line) =
                        if first_line > second_line { (first, first_line) } else { (second, second_line) };
                    let other = first_line.min(second_line);
                    return Err(TableError::Line {
                        path: path.to_path_buf(),
                        line: *line,
                        expected: format!("an interval that does not overlap that of line {other}"),
                        found: shown(&format!("{name}:{}-{}", step.start, step.end)),
                    });
                }
            }
            ends.push((name, of_contig.last().map_or(0, |(step, _)| u64::from(step.end))));
            steps.push(of_contig.into_iter().map(|(step, _)| step).collect());
        }
        let contigs = Contigs::new(ends).unwrap_or_else(|_| unreachable!("every name is listed once"));
        Ok(Self(SignalSteps { contigs, steps }))
    }
}

/// The number of a row, which must be finite.
fn value(row: &Row<'_>) -> Result<f32, TableError> {
    let value = row.text(3)?.parse().ok().filter(|value: &f32| value.is_finite());
    value.ok_or_else(|| row.refuse(3, "value", "a finite number"))
}

impl SignalTrack for BedGraph {
    fn contigs(&self) -> &Contigs {
        self.0.contigs()
    }

    fn fetch_into(&self, contig: &str, range: Range<i64>, values: &mut Vec<f32>) -> Result<(), SignalError> {
        self.0.fetch_into(contig, range, values)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<BedGraph, String> {
        let lines = LineReader::new(std::io::Cursor::new(text.to_owned()), "x.bg").unwrap();
        BedGraph::from_lines(lines).map_err(|error| error.to_string())
    }

    fn fetch(track: &BedGraph, contig: &str, range: Range<i64>) -> Vec<f32> {
        let mut values = vec![9.0; 3];
        track.fetch_into(contig, range, &mut values).unwrap();
        values
    }

    #[test]
    fn what_is_no_line_of_values_is_refused_by_line() {
        let refused = |text: &str| read(text).unwrap_err();
        assert_eq!(refused(""), "x.bg: expected intervals with values, found an empty file");
        assert!(refused("track a\n#b\n").starts_with("x.bg: expected intervals with values, found none in"));
        assert_eq!(refused("browser x\nc\t1\t2\n"), "x.bg, line 2: expected 4 columns, found 3");
        assert_eq!(refused("c 1 2 3 4\n"), "x.bg, line 1: expected 4 columns, found 5");
        for text in ["x", ".", "nan", "inf", "", "1e99"] {
            let expected =
                format!("x.bg, line 2, column 4 (value): expected a finite number, found {text:?}");
            assert_eq!(refused(&format!("c\t1\t2\t3\nc\t4\t5\t{text}\n")), expected);
        }
        assert!(refused("c\t5\t4\t1\n").contains("a position not before the start, 5"));
        assert!(refused("c\t5\t4294967296\t1\n").contains("a position of at most 4294967295"));
        assert!(refused("c\t-1\t4\t1\n").contains("column 2 (start)"));
    }

    #[test]
    fn an_overlap_names_both_lines() {
        let text = "track\nc\t10\t20\t1\nd\t0\t99\t1\nc\t0\t11\t1\n";
        assert_eq!(
            read(text).unwrap_err(),
            "x.bg, line 4: expected an interval that does not overlap that of line 2, found \"c:0-11\""
        );
        // Neighbours do not overlap, nor does an interval without bases.
        assert!(read("c\t10\t20\t1\nc\t20\t21\t1\nc\t0\t10\t1\nc\t15\t15\t3\n").is_ok());
    }

    #[test]
    fn what_lies_outside_is_zero() {
        let track = read("chr1\t0\t2\t1\nchr1\t4\t6\t-3\nM\t0\t5\t7\n").unwrap();
        assert_eq!(fetch(&track, "chr1", -2..8), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, -3.0, -3.0, 0.0, 0.0]);
        assert_eq!(fetch(&track, "1", 1..5), [1.0, 0.0, 0.0, -3.0]);
        assert_eq!(fetch(&track, "chrM", 0..2), [0.0, 0.0], "the mitochondrion has no other name");
        assert_eq!(fetch(&track, "chr2", 0..2), [0.0, 0.0]);
        assert!(fetch(&track, "chr1", 5..5).is_empty());
        assert!(fetch(&track, "chr1", Range { start: 5, end: 1 }).is_empty());
    }

    proptest! {
        #[test]
        fn any_order_of_lines_gives_the_same_values(
            pieces in prop::collection::vec((0u32..4, 1u32..5, -9i32..9), 1..30),
            order in any::<u64>(),
            range in (-5i64..200, 0i64..60),
        ) {
            let mut expected = vec![0f32; 300];
            let (mut at, mut lines) = (0u32, Vec::new());
            for (gap, length, value) in pieces {
                let start = at + gap;
                at = start + length;
                expected[start as usize..at as usize].fill(value as f32 / 4.0);
                lines.push(format!("chr1\t{start}\t{at}\t{}\n", value as f32 / 4.0));
            }
            ciskit_core::random::Stream::new(order, "order").draws().shuffle(&mut lines);
            let track = read(&lines.concat()).unwrap();
            let range = range.0..range.0 + range.1;
            let value = |base: i64| usize::try_from(base).map_or(0.0, |base| expected[base]);
            prop_assert_eq!(fetch(&track, "chr1", range.clone()), range.map(value).collect::<Vec<_>>());
        }
    }
}
