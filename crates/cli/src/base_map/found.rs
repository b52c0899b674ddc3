//! A map as files.

use std::path::Path;

use anyhow::{Result, bail};
use ciskit_report::{MutagenesisChart, Panel};
use ciskit_seqio::{Npz, TextWriter};
use ciskit_variant::MutagenesisMap;

/// What kind of file a name asks for.
pub(super) enum Format {
    Table,
    Npz,
    Svg,
}

impl Format {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let name = path.to_string_lossy();
        match () {
            () if name.ends_with(".tsv") || name.ends_with(".tsv.gz") => Ok(Self::Table),
            () if name.ends_with(".npz") => Ok(Self::Npz),
            () if name.ends_with(".svg") => Ok(Self::Svg),
            () => bail!("{name}: a map is written as .tsv, .tsv.gz, .npz or .svg"),
        }
    }
}

/// A map and where it lies.
pub(super) struct Found {
    pub(super) map: MutagenesisMap,
    pub(super) contig: String,
    /// 0-based place of the window's first base.
    pub(super) start: i64,
    /// The pair or the region.
    pub(super) title: String,
}

impl Found {
    /// Writes a file of the kind that its name asks for.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        match Format::of(path)? {
            Format::Table => self.write_table(path),
            Format::Npz => Ok(self.npz().write(path)?),
            Format::Svg => Ok(self.picture().write(path)?),
        }
    }

    /// 1-based place of a position of the window.
    fn place(&self, position: usize) -> i64 {
        self.start + position as i64 + 1
    }

    fn write_table(&self, path: &Path) -> Result<()> {
        let mut table = TextWriter::create(path)?;
        table.line(&format!("##ciskit mutagenesis format=1 score={} of={}", self.map.score(), self.title))?;
        table.row(["chrom", "pos", "ref", "alt", "output", "value"])?;
        for change in self.map.changes() {
            let [reference, alternative] =
                [change.reference, change.alternative].map(|base| char::from(base).to_string());
            for (value, output) in change.values.iter().zip(self.map.columns()) {
                let value = if value.is_nan() { "NA".to_owned() } else { value.to_string() };
                let place = self.place(change.position).to_string();
                table.row([&self.contig, &place, &reference, &alternative, output, &value])?;
            }
        }
        Ok(table.finish()?)
    }

    fn npz(&self) -> Npz {
        let letters: Vec<String> =
            self.map.letters().iter().map(|letter| char::from(*letter).to_string()).collect();
        let bases: Vec<String> = self.map.bases().iter().map(|base| char::from(*base).to_string()).collect();
        let places: Vec<i64> = self.map.positions().map(|position| self.place(position)).collect();
        Npz::new()
            .floats("values", &self.map.shape(), self.map.values())
            .texts("outputs", self.map.columns())
            .texts("letters", &letters)
            .texts("bases", &bases)
            .integers("positions", &[places.len()], &places)
            .texts("contig", &[&self.contig])
            .texts("score", &[self.map.score()])
    }

    fn picture(&self) -> ciskit_report::Svg {
        let charts: Vec<_> =
            (0..self.map.columns().len()).map(|column| self.chart(column).to_svg()).collect();
        match <[_; 1]>::try_from(charts) {
            Ok([chart]) => chart,
            Err(charts) => {
                charts.into_iter().fold(Panel::new(&self.title), |panel, chart| panel.row([chart])).to_svg()
            }
        }
    }

    fn chart(&self, column: usize) -> MutagenesisChart {
        let (map, letters) = (&self.map, self.map.letters());
        let first = self.place(map.positions().start);
        let value = format!("{} of {}", map.score(), map.columns()[column]);
        let chart = MutagenesisChart::new(&self.title, first, map.bases())
            .importance(map.importance(column))
            .named(value, format!("position on {}", self.contig));
        letters.iter().enumerate().fold(chart, |chart, (letter, name)| {
            let name = if *name == b'-' { "del".to_owned() } else { char::from(*name).to_string() };
            chart.row(name, map.column(column).iter().skip(letter).step_by(letters.len()).copied())
        })
    }

    /// How many mutants there are, and the one that changes the first output most.
    pub(super) fn summary(&self) -> String {
        let changes =
            self.map.changes().filter(|change| change.values.first().is_some_and(|value| value.is_finite()));
        let strongest = changes.reduce(|a, b| if b.values[0].abs() > a.values[0].abs() { b } else { a });
        let count = self.map.changes().count();
        match strongest {
            Some(change) => format!(
                "{count} mutants; the strongest is {}:{}:{}>{} ({} {:.4})",
                self.contig,
                self.place(change.position),
                char::from(change.reference),
                char::from(change.alternative),
                self.map.columns()[0],
                change.values[0]
            ),
            None => format!("{count} mutants"),
        }
    }
}
