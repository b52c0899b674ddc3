//! `docs/tutorial.md`: every command prints what stands below it.

use std::path::Path;
use std::process::Command;

/// Folders of the shared data whose files the tutorial calls by their names.
const DATA: [&str; 4] = ["elements", "genome", "targetfinder", "variants"];

/// The commands of a text, each block with the block of output that follows it at once.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let fenced = |text: &'static str| move |rest: &str| rest.find(text).map(|at| at + text.len());
    let (mut rest, mut found) = (text, Vec::new());
    while let Some(start) = fenced("```sh\n")(rest) {
        rest = &rest[start..];
        let (commands, behind) = rest.split_once("```\n").expect("a block ends");
        rest = behind;
        if let Some(output) = rest.strip_prefix("\n```text\n") {
            let (output, behind) = output.split_once("```\n").expect("a block ends");
            found.push((commands, output));
            rest = behind;
        }
    }
    found
}

/// Lines without blanks at their ends and without empty lines at the end of all.
fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

#[cfg(unix)]
#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn the_tutorial_prints_what_it_says() {
    // What training comes to depends on the last bits, and they on the instructions.
    if ciskit_nn::instructions() != "avx512" {
        eprintln!("left out: the tutorial was written on a processor with AVX-512");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for data in DATA {
        for entry in ciskit_fixtures::shared(&format!("data/{data}")).read_dir().expect("the shared data") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name");
            std::os::unix::fs::symlink(&path, folder.path().join(name)).expect("a link");
        }
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let text = std::fs::read_to_string(docs.join("tutorial.md")).expect("the tutorial");
    let program = Path::new(env!("CARGO_BIN_EXE_ciskit")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("a PATH"));
    let blocks = blocks(&text);
    assert!(blocks.len() >= 9, "{} blocks", blocks.len());
    for (commands, expected) in blocks {
        let run = Command::new("bash")
            .args(["-c", &format!("exec 2>&1\n{commands}")])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("LC_ALL", "C")
            .output()
            .expect("bash runs");
        let printed = String::from_utf8(run.stdout).expect("text");
        assert_eq!(lines(&printed), lines(expected), "{commands}\nprinted\n{printed}");
    }
    let [picture, shown] = [folder.path().join("run/report.svg"), docs.join("demo.svg")]
        .map(|path| std::fs::read(path).expect("a picture"));
    assert!(picture == shown, "docs/demo.svg is not the report.svg of ciskit demo --seed 1");
}

#[test]
fn blocks_are_commands_with_what_follows() {
    let text = "a\n```sh\none\n```\n\n```text\n1\n```\n```sh\ntwo\n```\n\nb\n\n```sh\nthree\n```\n\n```text\n3\n```\n";
    assert_eq!(blocks(text), [("one\n", "1\n"), ("three\n", "3\n")]);
    assert_eq!(lines("a \n\nb\n\n"), ["a", "", "b"]);
}
