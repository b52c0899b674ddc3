//! Exit codes beside success: 1 failed, 2 wrong usage (clap's), 3 done, but the result is what the user refuses.

use std::process::ExitCode;

use ciskit_dataset::Verdict;

/// An audit whose verdict is as bad as `--fail-on` says.
#[derive(Debug)]
pub(crate) struct BadVerdict(pub(crate) Verdict);

impl std::fmt::Display for BadVerdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the verdict is {:?}, which --fail-on does not let pass", self.0.to_string())
    }
}

impl std::error::Error for BadVerdict {}

/// The code of an error.
pub(crate) fn code(error: &anyhow::Error) -> ExitCode {
    if error.is::<BadVerdict>() { ExitCode::from(3) } else { ExitCode::FAILURE }
}
