//! Windows of enhancers and controls, by chromosome.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use ciskit_core::{Edge, ReferenceGenome};
use ciskit_seqio::BedReader;
use ciskit_train::LabelledSequences;

use crate::progress::say;

/// Where the windows are, and which chromosomes are held out.
#[derive(clap::Args)]
pub(super) struct WindowArgs {
    /// Enhancers (BED)
    #[arg(long, value_name = "BED")]
    positives: PathBuf,
    /// Controls (BED)
    #[arg(long, value_name = "BED")]
    negatives: PathBuf,
    /// Length of the windows, in bp
    #[arg(long, default_value_t = 1000, value_name = "BP", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) window: u32,
    /// Chromosomes whose windows say when to stop
    #[arg(long, default_value = "chr7", value_delimiter = ',', value_name = "LIST")]
    validation_chromosomes: Vec<String>,
    /// Chromosomes whose windows are tested on
    #[arg(long, default_value = "chr8,chr9", value_delimiter = ',', value_name = "LIST")]
    test_chromosomes: Vec<String>,
}

/// Windows of one part, and where they lie.
#[derive(Default)]
pub(super) struct Part {
    /// Contig and 0-based start of each window.
    places: Vec<(String, i64)>,
    pub(super) data: LabelledSequences,
}

/// All windows.
pub(super) struct Parts {
    pub(super) training: Part,
    pub(super) validation: Part,
    pub(super) test: Part,
    /// Windows that hold an N or leave their contig.
    unknown: usize,
}

impl Parts {
    pub(super) fn read(args: &WindowArgs, genome: &dyn ReferenceGenome) -> Result<Self> {
        let (validation, test) = (&args.validation_chromosomes, &args.test_chromosomes);
        if let Some(both) = validation.iter().find(|name| test.contains(name)) {
            bail!("{both} is validated on and tested on: it must be one of the two");
        }
        let mut parts: [Part; 3] = Default::default();
        let mut data: [Vec<(Vec<u8>, bool)>; 3] = Default::default();
        let mut unknown = 0;
        for (path, label) in [(&args.positives, true), (&args.negatives, false)] {
            for (contig, start, sequence) in windows(path, i64::from(args.window), genome)? {
                if sequence.iter().any(|base| !b"ACGTacgt".contains(base)) {
                    unknown += 1;
                    continue;
                }
                let holds = |names: &[String]| names.contains(&contig);
                let part = if holds(test) { 2 } else { usize::from(holds(validation)) };
                parts[part].places.push((contig, start));
                data[part].push((sequence, label));
            }
        }
        for (name, chromosomes, part) in [("validation", validation, 1), ("test", test, 2)] {
            ensure!(
                !data[part].is_empty(),
                "no window lies on the {name} chromosomes ({}): name others with --{name}-chromosomes",
                chromosomes.join(", ")
            );
        }
        for (part, data) in parts.iter_mut().zip(data) {
            part.data = data.into_iter().collect();
        }
        let [training, validation, test] = parts;
        Ok(Self { training, validation, test, unknown })
    }

    pub(super) fn say(&self) {
        for (name, part) in
            [("training", &self.training), ("validation", &self.validation), ("test", &self.test)]
        {
            let positives = part.data.labels().iter().filter(|label| **label).count();
            say(format!("{name}: {positives} enhancers, {} controls", part.data.len() - positives));
        }
        if self.unknown > 0 {
            say(format!("{} windows with unknown bases are left out", self.unknown));
        }
    }
}

impl Part {
    /// The windows with their log odds before and after.
    pub(super) fn scores_tsv(&self, before: &[f32], after: &[f32]) -> String {
        let mut table =
            String::from("##ciskit fine-tuning-scores format=1\nchrom\tstart\tlabel\tone_shot\tfine_tuned\n");
        let rows = self.places.iter().zip(self.data.labels()).zip(before.iter().zip(after));
        for (((contig, start), &label), (before, after)) in rows {
            // Writing to a string cannot fail.
            let _ = writeln!(table, "{contig}\t{start}\t{}\t{before}\t{after}", u8::from(label));
        }
        table
    }
}

/// The windows around the middles of a BED file's intervals: contig, 0-based start, letters.
fn windows(path: &Path, length: i64, genome: &dyn ReferenceGenome) -> Result<Vec<(String, i64, Vec<u8>)>> {
    let mut windows = Vec::new();
    for record in BedReader::open(path)? {
        let interval = record?.element.interval;
        let start = ((interval.start() + interval.end()) / 2) as i64 - length / 2;
        let (contig, mut sequence) = (interval.contig(), Vec::new());
        genome
            .fetch_into(contig, start..start + length, Edge::PadN, &mut sequence)
            .with_context(|| format!("{}: {interval}", path.display()))?;
        windows.push((contig.to_string(), start, sequence));
    }
    Ok(windows)
}
