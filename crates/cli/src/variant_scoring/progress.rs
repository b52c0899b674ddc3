//! How far the reading of variants has come: a bar on a terminal, a line now and then elsewhere.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ciskit_seqio::LineReader;
use indicatif::ProgressBar;

use crate::progress::{bar, say};

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(10);

/// How far a file was read, and for how many variants that was.
pub(super) struct Progress {
    read: Arc<AtomicU64>,
    /// Size of the file; `None` for standard input.
    size: Option<u64>,
    variants: u64,
    bar: ProgressBar,
    started: Instant,
    said: Instant,
}

/// Counts the bytes that are read.
struct Counting<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Progress {
    /// Opens a file of variants, or standard input for `-`.
    pub(super) fn open(path: &Path) -> Result<(LineReader, Self)> {
        let read = Arc::new(AtomicU64::new(0));
        let now = Instant::now();
        let progress = |size: Option<u64>| Self {
            read: read.clone(),
            size,
            variants: 0,
            bar: bar(size.unwrap_or(0), "bytes"),
            started: now,
            said: now,
        };
        if path == Path::new("-") {
            return Ok((LineReader::open(path)?, progress(None)));
        }
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let size = file.metadata().ok().map(|metadata| metadata.len()).filter(|size| *size > 0);
        let lines = LineReader::new(Counting { inner: file, read: read.clone() }, path)?;
        Ok((lines, progress(size)))
    }

    /// Counts variants that are done.
    pub(super) fn add(&mut self, variants: u64) {
        self.variants += variants;
        let read = self.read.load(Ordering::Relaxed);
        self.bar.set_position(read);
        if self.said.elapsed() < EVERY {
            return;
        }
        self.said = Instant::now();
        self.bar.set_message(format!("{} variants", self.variants));
        if std::io::stderr().is_terminal() {
            return;
        }
        // What was read is a little ahead of what was scored, which matters at the start only.
        let share = self.size.map(|size| read as f64 / size as f64).filter(|share| *share > 0.0);
        match share {
            Some(share) => {
                let left = self.started.elapsed().as_secs_f64() * (1.0 - share) / share;
                let left =
                    if left < 90.0 { format!("{left:.0} s") } else { format!("{:.0} min", left / 60.0) };
                say(format!(
                    "{} variants, {:.0} % of the file, about {left} left",
                    self.variants,
                    100.0 * share
                ));
            }
            None => say(format!("{} variants", self.variants)),
        }
    }

    /// Clears the bar.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
