//! How is a file written so that nobody ever meets half of it?
//!
//! A [`WholeFile`] has a temporary name in the folder where it belongs until [`WholeFile::finish`] renames it. Whatever
//! interrupts the writing, the file of that name is the old one or the new one, or there is none:
//!
//! - an error or a panic drops the [`WholeFile`], which removes the temporary file;
//! - Ctrl-C: a program that handles it calls [`remove_unfinished`] before it leaves;
//! - a killed process (SIGKILL, power) cannot clean up; what stays ends in [`SUFFIX`], is never read by anything, and
//!   [`remove_leftovers`] takes it away.
//!
//! ```
//! use std::io::Write;
//! use ciskit_file::WholeFile;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("scores.tsv");
//! let mut file = WholeFile::create(&path)?;
//! file.write_all(b"name\tlogit\n")?;
//! assert!(!path.exists());
//! file.finish()?;
//! assert_eq!(std::fs::read(&path)?, b"name\tlogit\n");
//! # Ok::<(), std::io::Error>(())
//! ```

mod unfinished;
mod whole_file;

pub use unfinished::remove_unfinished;
pub use whole_file::{SUFFIX, WholeFile, remove_leftovers, write};
