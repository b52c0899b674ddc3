//! A simulation as a folder of files.

use std::path::Path;

use ciskit_core::{Edge, ReferenceGenome};
use ciskit_seqio::{BedRecord, BedWriter, FastaWriter, Gene, PairRecord, PairWriter, TextWriter};

use crate::{PlantedElement, SimulateError, Simulation, Truth};

impl Simulation {
    /// Writes all of it into a folder, which is made if it is not there.
    ///
    /// | file | content |
    /// |---|---|
    /// | `genome.fa` | the genome |
    /// | `enhancers.bed`, `promoters.bed` | the elements |
    /// | `controls.bed` | background beside each enhancer |
    /// | `genes.gtf` | genes, each with one transcript and one exon |
    /// | `pairs.bedpe` | the pairs with their labels |
    /// | `variants.vcf` | the variants, their true effect in INFO |
    /// | `sites.bed` | truth: all that was planted, named by factor; log-odds as score, then element and kind |
    /// | `truth.json` | truth: everything else, see [`Truth`]; written last |
    ///
    /// A file gets its name when it is complete, in place of an older one.
    ///
    /// # Units
    ///
    /// GTF and VCF count bases from 1, and GTF includes the end; BED and BEDPE are 0-based and half-open.
    ///
    /// # Errors
    ///
    /// [`SimulateError::Folder`] if the folder cannot be made; [`SimulateError::Table`], [`SimulateError::Fasta`] and
    /// [`SimulateError::Json`] if a file cannot be written.
    ///
    /// ```
    /// use ciskit_seqio::PairReader;
    /// use ciskit_simulate::{Simulation, SimulationConfig};
    ///
    /// let simulation = Simulation::generate(&SimulationConfig { pairs: 40, ..Default::default() })?;
    /// let folder = tempfile::tempdir()?;
    /// simulation.write(folder.path())?;
    /// let pairs: Vec<_> = PairReader::open(folder.path().join("pairs.bedpe"))?.collect::<Result<_, _>>()?;
    /// assert_eq!(pairs[0].pair, simulation.pairs()[0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<(), SimulateError> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder)
            .map_err(|source| SimulateError::Folder { path: folder.to_path_buf(), source })?;
        self.write_genome(&folder.join("genome.fa"))?;
        write_elements(&folder.join("enhancers.bed"), self.enhancers())?;
        write_elements(&folder.join("promoters.bed"), self.promoters())?;
        self.write_controls(&folder.join("controls.bed"))?;
        self.write_genes(&folder.join("genes.gtf"))?;
        self.write_pairs(&folder.join("pairs.bedpe"))?;
        self.write_variants(&folder.join("variants.vcf"))?;
        self.write_sites(&folder.join("sites.bed"))?;
        self.write_truth(&folder.join("truth.json"))
    }

    fn write_genome(&self, path: &Path) -> Result<(), SimulateError> {
        let mut records = FastaWriter::new(Vec::new());
        for contig in self.genome().contigs() {
            let sequence = self.genome().fetch(&contig.name, 0..contig.length as i64, Edge::Error)?;
            records.write_record(&contig.name, &sequence)?;
        }
        write_text(path, &String::from_utf8_lossy(&records.into_inner()))
    }

    fn write_controls(&self, path: &Path) -> Result<(), SimulateError> {
        let mut writer = BedWriter::create(path)?;
        for control in self.controls() {
            writer.write(&BedRecord::from(control))?;
        }
        Ok(writer.finish()?)
    }

    fn write_genes(&self, path: &Path) -> Result<(), SimulateError> {
        let mut writer = TextWriter::create(path)?;
        for gene in self.genes() {
            for feature in ["gene", "transcript", "exon"] {
                writer.row(gtf_row(gene, feature))?;
            }
        }
        Ok(writer.finish()?)
    }

    fn write_pairs(&self, path: &Path) -> Result<(), SimulateError> {
        let mut writer = PairWriter::create::<&str>(path, &[])?;
        for pair in self.pairs() {
            writer.write(&PairRecord::from(pair.clone()))?;
        }
        Ok(writer.finish()?)
    }

    fn write_variants(&self, path: &Path) -> Result<(), SimulateError> {
        let mut writer = TextWriter::create(path)?;
        writer.line("##fileformat=VCFv4.3")?;
        for contig in self.genome().contigs() {
            writer.line(&format!("##contig=<ID={},length={}>", contig.name, contig.length))?;
        }
        for (id, kind, description) in [
            ("EFFECT", "String", "What it does to the sites of its element: break, keep or create"),
            ("DELTA", "Float", "True change of the probability that the pair is labelled 1"),
            ("LOGODDS", "Float", "Change of the log-odds of the planted site or near-miss in bits"),
            ("PAIR", "String", "Name of the pair"),
            ("SIDE", "String", "Side of the pair: enhancer or promoter"),
            ("ELEMENT", "String", "Name of the element"),
        ] {
            writer.line(&format!("##INFO=<ID={id},Number=1,Type={kind},Description=\"{description}\">"))?;
        }
        writer.row(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"])?;
        for variant in self.variants() {
            let place = &variant.variant;
            let info = format!(
                "EFFECT={};DELTA={};LOGODDS={};PAIR={};SIDE={};ELEMENT={}",
                variant.effect.name(),
                rounded(variant.delta),
                rounded(variant.log_odds),
                self.pairs()[variant.pair].name.as_deref().unwrap_or("."),
                variant.side,
                self.element(variant.pair, variant.side).name(),
            );
            writer.row([
                place.contig().as_str(),
                &(place.start() + 1).to_string(),
                place.id.as_deref().unwrap_or("."),
                &String::from_utf8_lossy(place.reference()),
                &place.alternative().to_string(),
                ".",
                ".",
                &info,
            ])?;
        }
        Ok(writer.finish()?)
    }

    fn write_sites(&self, path: &Path) -> Result<(), SimulateError> {
        let elements = self.enhancers().iter().chain(self.promoters());
        let mut sites: Vec<_> =
            elements.flat_map(|element| element.sites.iter().map(move |site| (element, site))).collect();
        let contigs = self.genome().contigs();
        sites.sort_by_key(|(_, site)| {
            (contigs.resolve_index(site.interval.contig()).ok(), site.interval.start())
        });
        let mut writer = BedWriter::create(path)?;
        for (element, site) in sites {
            let mut record = BedRecord::from(site.interval.clone());
            record.element.name = Some(self.grammar().factors()[site.factor].name().into());
            record.element.strand = site.strand;
            record.score = Some(rounded(site.log_odds));
            record.extra = vec![element.name().to_owned(), site.kind.name().to_owned()];
            writer.write(&record)?;
        }
        Ok(writer.finish()?)
    }

    fn write_truth(&self, path: &Path) -> Result<(), SimulateError> {
        let json = serde_json::to_string_pretty(&Truth::of(self))
            .map_err(|source| SimulateError::Json { path: path.to_path_buf(), source })?;
        write_text(path, &json)
    }
}

fn write_elements(path: &Path, elements: &[PlantedElement]) -> Result<(), SimulateError> {
    let mut writer = BedWriter::create(path)?;
    for planted in elements {
        let record = BedRecord { element: planted.element.clone(), score: None, extra: Vec::new() };
        writer.write(&record)?;
    }
    Ok(writer.finish()?)
}

fn write_text(path: &Path, text: &str) -> Result<(), SimulateError> {
    let mut writer = TextWriter::create(path)?;
    text.lines().try_for_each(|line| writer.line(line))?;
    Ok(writer.finish()?)
}

/// The columns of a GTF line: positions counted from 1, the end included.
fn gtf_row(gene: &Gene, feature: &str) -> [String; 9] {
    let (id, biotype) = (&gene.id, gene.biotype.as_deref().unwrap_or_default());
    let mut attributes = format!("gene_id \"{id}\"; ");
    if feature != "gene" {
        attributes += &format!("transcript_id \"{id}.1\"; ");
    }
    attributes += &format!("gene_type \"{biotype}\"; gene_name \"{}\";", gene.name.as_deref().unwrap_or(id));
    if feature == "exon" {
        attributes += " exon_number 1;";
    }
    [
        gene.interval.contig().to_string(),
        "ciskit".into(),
        feature.into(),
        (gene.interval.start() + 1).to_string(),
        gene.interval.end().to_string(),
        ".".into(),
        gene.strand.to_string(),
        ".".into(),
        attributes,
    ]
}

/// Six decimals are more than anybody reads, and hide what rounding left in the others.
fn rounded(value: f64) -> f64 {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded == 0.0 { 0.0 } else { rounded }
}
