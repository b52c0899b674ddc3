//! # 1. From a FASTA file to numbers
//!
//! Writes a small genome, reads windows of it from the file, at its ends too, and encodes them.
//!
//! ```sh
//! cargo run --example 01_windows
//! ```

#![allow(clippy::print_stdout, reason = "a tutorial shows what it finds")]

use anyhow::Result;
use ciskit::core::{Edge, Interval, ReferenceGenome};
use ciskit::encode::{ChannelOrder, Layout, base_codes, kmer_ids, one_hot, reverse_complement};
use ciskit::seqio::{Assembly, FastaGenome, FastaWriter};

fn main() -> Result<()> {
    // A genome of two contigs. In practice this is hg19.fa or hg19.fa.gz (bgzip).
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("genome.fa");
    let mut fasta = FastaWriter::new(std::fs::File::create(&path)?).line_width(20);
    fasta.write_record("chr1 the first contig", &b"TTGACCATAACCGCTAGCTAGGCTTAACCG".repeat(4))?;
    fasta.write_record("chr2", b"acgtnnACGT")?;

    // Opening reads the index, or builds it and puts it beside the file. The genome can be shared by threads.
    let genome = FastaGenome::open(&path)?;
    for contig in genome.contigs() {
        println!("{:6} {:>4} bp", contig.name, contig.length);
    }
    println!("assembly: {:?}", Assembly::identify(genome.contigs()));

    // Coordinates are 0-based and half-open; `1` means `chr1` because there is no contig `1`.
    let element = Interval::new("1", 40, 52)?;
    let sequence = genome.fetch(element.contig(), element.range(), Edge::Error)?;
    println!("\n{element} is {}", String::from_utf8_lossy(&sequence));
    println!("its other strand: {}", String::from_utf8_lossy(&reverse_complement(&sequence)));

    // A window may hang over a contig's end. Either that is an error …
    let error = genome.fetch("chr2", -3..7, Edge::Error).expect_err("position -3 does not exist");
    println!("\nwithout padding: {error}");
    // … or what lies outside is N.
    let window = genome.fetch("chr2", -3..7, Edge::PadN)?;
    println!("with padding:    {}", String::from_utf8_lossy(&window));

    // Numbers for models: four channels, base codes, overlapping 3-mers. What is not A, C, G or T is never guessed.
    println!("\none-hot, channels A C G T:");
    for channel in one_hot(&window, ChannelOrder::Acgt, Layout::ChannelMajor).rows() {
        println!(
            "  {}",
            channel.iter().map(|&value| if value == 1.0 { '1' } else { '·' }).collect::<String>()
        );
    }
    println!("base codes: {:?}", base_codes(&window));
    println!("3-mer ids:  {:?}", kmer_ids(&window, 3)?);
    Ok(())
}
