//! The table of a model's tracks.

use std::collections::HashMap;
use std::path::Path;

use ciskit_core::{Output, Scale};

use super::{Squash, Untransform};
use crate::error::ZooError;

/// A track of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Identifier (`ENCFF136DBS`, `CNhs10752+`).
    pub identifier: String,
    /// What was measured (`DNASE:HepG2`), empty if the table does not say.
    pub description: String,
    /// `+`, `-` or `.`.
    pub strand: String,
    /// Row of the track of the other strand, if it is another one.
    pub strand_partner: Option<usize>,
    /// Where training coverage was clipped softly.
    pub clip_soft: Option<f64>,
    /// What training coverage was multiplied with.
    pub scale: f64,
    /// How coverage was summed in a bin (`sum_sqrt`).
    pub sum_stat: String,
}

impl Target {
    /// What undoes the scale that the network was trained on: `exponent` where the table's statistic is a root, else 1.
    #[must_use]
    pub fn untransform(&self, squash: Squash, exponent: f64, scaled: bool) -> Untransform {
        let root = self.sum_stat.contains("_sqrt");
        let scale = if scaled { self.scale } else { 1.0 };
        Untransform { squash, clip: self.clip_soft, exponent: if root { exponent } else { 1.0 }, scale }
    }
}

/// The table of a model's tracks, as Basenji, Enformer and Borzoi publish it: separated by tabs, a header, a row a track.
///
/// The first column numbers the tracks, and `strand_pair` refers to that number. Only `identifier` must be there.
///
/// ```
/// use ciskit_zoo::tracks::Targets;
///
/// let table = "\tidentifier\tstrand_pair\n7\tCAGE+\t8\n8\tCAGE-\t7\n9\tDNASE\t9\n";
/// let targets = Targets::parse(table)?;
/// assert_eq!(targets.rows()[0].strand_partner, Some(1));
/// assert_eq!(targets.rows()[2].strand_partner, None);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Targets {
    rows: Vec<Target>,
}

impl Targets {
    /// Reads a table.
    ///
    /// # Errors
    ///
    /// [`ZooError::File`] if it cannot be read or is no such table.
    pub fn read(path: &Path) -> Result<Self, ZooError> {
        let wrong = |problem: String| ZooError::File {
            what: "the table of targets",
            path: path.to_path_buf(),
            problem,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&text).map_err(wrong)
    }

    /// The table in a text.
    ///
    /// # Errors
    ///
    /// What is wrong, with the line's number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
        let (header, _) = lines.next().ok_or("it is empty")?;
        let names: Vec<&str> = header.split('\t').map(str::trim).collect();
        let column = |name: &str| names.iter().position(|column| *column == name);
        let identifier = column("identifier").ok_or("it has no column \"identifier\"")?;
        let (mut rows, mut numbers, mut partners) = (Vec::new(), HashMap::new(), Vec::new());
        for (line, number) in lines {
            let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
            if fields.len() != names.len() {
                return Err(format!(
                    "line {number} has {} columns, the header {}",
                    fields.len(),
                    names.len()
                ));
            }
            let text = |name: &str| column(name).map_or(String::new(), |column| fields[column].to_owned());
            let value = |name: &str| match column(name).map(|column| fields[column]) {
                None | Some("" | "nan" | "NaN") => Ok(None),
                Some(field) => match field.parse::<f64>() {
                    Ok(value) if value.is_finite() => Ok(Some(value)),
                    _ => Err(format!("line {number}, column {name}: {field:?} is no number")),
                },
            };
            let scale = value("scale")?.unwrap_or(1.0);
            if scale == 0.0 {
                return Err(format!("line {number}, column scale: nothing is divided by 0"));
            }
            // A table whose first column is the identifier has its rows for numbers.
            let own = if identifier == 0 { rows.len().to_string() } else { fields[0].to_owned() };
            if numbers.insert(own.clone(), rows.len()).is_some() {
                return Err(format!("line {number}: number {own} occurs twice"));
            }
            partners.push((text("strand_pair"), number));
            rows.push(Target {
                identifier: fields[identifier].to_owned(),
                description: text("description"),
                strand: text("strand"),
                strand_partner: None,
                clip_soft: value("clip_soft")?,
                scale,
                sum_stat: text("sum_stat"),
            });
        }
        for (row, (partner, line)) in partners.into_iter().enumerate() {
            if !partner.is_empty() {
                let found = numbers.get(&partner);
                let found = found.ok_or_else(|| format!("line {line}: there is no track {partner}"))?;
                rows[row].strand_partner = Some(*found).filter(|found| *found != row);
            }
        }
        Ok(Self { rows })
    }

    /// The tracks, in order.
    #[must_use]
    pub fn rows(&self) -> &[Target] {
        &self.rows
    }

    /// As outputs of a model, by identifier or by description and strand; a name that occurs before has its number behind
    /// it.
    #[must_use]
    pub fn outputs(&self, by_description: bool) -> Vec<Output> {
        let mut seen = std::collections::HashSet::new();
        let output = |(index, target): (usize, &Target)| {
            let name = match (by_description && !target.description.is_empty(), target.strand.as_str()) {
                (true, strand @ ("+" | "-")) => format!("{} ({strand})", target.description),
                (true, _) => target.description.clone(),
                (false, _) => target.identifier.clone(),
            };
            let name = if seen.insert(name.clone()) { name } else { format!("{name} | {}", index + 1) };
            let output = Output::new(name, Scale::Raw);
            match target.strand_partner {
                Some(partner) => output.with_strand_partner(partner),
                None => output,
            }
        };
        self.rows.iter().enumerate().map(output).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_tells_names_strands_and_scales() {
        let table = "\tidentifier\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\tstrand\n\
                     0\ta+\t384\t0.3\tsum_sqrt\t1\tRNA:x\t+\n1\ta-\t384\t0.3\tsum_sqrt\t0\tRNA:x\t-\n\
                     2\tb\t\t2\tmean\t2\tDNASE:y\t.\n3\tb\t32\t2\tmean\t3\tDNASE:y\t.\n";
        let targets = Targets::parse(table).unwrap();
        let names = |by| targets.outputs(by).into_iter().map(|output| output.name).collect::<Vec<_>>();
        assert_eq!(names(false), ["a+", "a-", "b", "b | 4"]);
        assert_eq!(names(true), ["RNA:x (+)", "RNA:x (-)", "DNASE:y", "DNASE:y | 4"]);
        assert_eq!(targets.outputs(true)[1].strand_partner, Some(0));
        let old = targets.rows()[0].untransform(Squash::Old, 0.75, true);
        assert_eq!((old.clip, old.exponent, old.scale), (Some(384.0), 0.75, 0.3));
        let new = targets.rows()[2].untransform(Squash::New, 0.5, false);
        assert_eq!((new.clip, new.exponent, new.scale), (None, 1.0, 1.0));
    }

    #[test]
    fn tables_that_are_none_say_where() {
        let message = |text: &str| Targets::parse(text).unwrap_err();
        assert_eq!(message(""), "it is empty");
        assert_eq!(message("a\tb\n"), "it has no column \"identifier\"");
        assert_eq!(message("\tidentifier\n0\n"), "line 2 has 1 columns, the header 2");
        assert_eq!(message("\tidentifier\tscale\n0\ta\tx\n"), "line 2, column scale: \"x\" is no number");
        assert_eq!(
            message("\tidentifier\tscale\n0\ta\t0\n"),
            "line 2, column scale: nothing is divided by 0"
        );
        assert_eq!(message("\tidentifier\tstrand_pair\n0\ta\t5\n"), "line 2: there is no track 5");
        assert_eq!(message("\tidentifier\n0\ta\n0\tb\n"), "line 3: number 0 occurs twice");
    }
}
