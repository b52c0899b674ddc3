//! The path `-`: standard input, packed or not, and standard output.

use std::io::Write;
use std::process::{Command, Stdio};

use ciskit_seqio::{VcfReader, VcfWriter};

use super::packing::{VCF, bgzip, gzip};

/// Tells the copy of this program that it is the one with the piped streams.
const PIPED: &str = "CISKIT_TEST_PIPED";

/// Only does something in the copies that the test below starts.
#[test]
fn copy_of_standard_input() {
    if std::env::var_os(PIPED).is_none() {
        return;
    }
    let mut records = VcfReader::open("-").unwrap();
    let mut writer = VcfWriter::create("-", records.header()).unwrap();
    for record in &mut records {
        match record {
            Ok(record) => writer.write(&record).unwrap(),
            Err(error) => println!("error: {error}"),
        }
    }
    writer.finish().unwrap();
}

#[test]
fn a_dash_is_standard_input_and_standard_output() {
    let packed = bgzip(VCF);
    let cut = &packed[..packed.len() - 28];
    for (bytes, error) in [
        (VCF.as_bytes(), None),
        (&gzip(VCF), None),
        (&packed, None),
        (cut, Some("error: standard input is cut off: its compressed data stop in line 6")),
    ] {
        let mut copy = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "streams::copy_of_standard_input", "--nocapture", "--test-threads=1"])
            .env(PIPED, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        copy.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = copy.wait_with_output().unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        // The test harness writes around it.
        assert!(output.contains(VCF), "{output}");
        assert!(error.is_none_or(|error| output.contains(error)), "{output}");
        assert_eq!(output.contains("error"), error.is_some(), "{output}");
    }
}
