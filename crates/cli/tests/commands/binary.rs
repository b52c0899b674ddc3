//! The real binary, driven as scripts do.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A finished run of the program in a folder.
pub(crate) fn ciskit(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ciskit"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().expect("the program starts")
}

/// What a command that must succeed prints, and what it says.
pub(crate) fn told(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = ciskit(folder, arguments);
    let [printed, said] =
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("it is text"));
    assert!(output.status.success(), "{arguments:?} failed: {said}");
    (printed, said)
}

/// What a command that must succeed prints.
pub(crate) fn succeed(folder: &Path, arguments: &[&str]) -> String {
    told(folder, arguments).0
}

/// The last thing that a command says that must fail, with exit code 1.
pub(crate) fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = ciskit(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    let said = String::from_utf8(output.stderr).expect("messages are text");
    said.lines().last().expect("a failure says why").to_owned()
}

/// A text file of a folder.
pub(crate) fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).expect(file)
}
