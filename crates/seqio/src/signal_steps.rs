//! A number for each of many intervals, in memory: what bedGraph and bigWig come to.

use std::ops::Range;

use ciskit_core::{Contigs, SignalError, SignalTrack};

/// An interval and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) value: f32,
}

/// The steps of every contig.
#[derive(Clone, Debug)]
pub(crate) struct SignalSteps {
    pub(crate) contigs: Contigs,
    /// Of each contig, ascending and without overlap.
    pub(crate) steps: Vec<Vec<Step>>,
}

impl SignalTrack for SignalSteps {
    fn contigs(&self) -> &Contigs {
        &self.contigs
    }

    fn fetch_into(&self, contig: &str, range: Range<i64>, values: &mut Vec<f32>) -> Result<(), SignalError> {
        values.clear();
        values.resize(usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0), 0.0);
        let Ok(index) = self.contigs.resolve_index(contig) else { return Ok(()) };
        let steps = &self.steps[index];
        let first = steps.partition_point(|step| i64::from(step.end) <= range.start);
        for step in &steps[first..] {
            let (start, end) = (i64::from(step.start).max(range.start), i64::from(step.end).min(range.end));
            if start >= range.end {
                break;
            }
            values[(start - range.start) as usize..(end - range.start) as usize].fill(step.value);
        }
        Ok(())
    }
}
