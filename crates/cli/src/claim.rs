//! Whether a training may use a run folder: an unused one, or the one that it goes on with.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::files::{make_folder, remove_leftovers, write_whole};
use crate::model::{MODEL_FILE, fold_folder, replica_folder};
use crate::run_config::{Difference, EPOCHS, RunConfig, differences};

/// The file that a claim leaves.
pub(crate) const CONFIG: &str = "config.toml";

/// The file that is written last: a run that has it is finished.
pub(crate) const REPORT: &str = "report.html";

/// The scores of every candidate, where the test pairs chose.
pub(crate) const CANDIDATES: &str = "candidates.tsv";

/// The files of every run, and those of runs of one fold.
const FILES: [&str; 8] =
    [CONFIG, MODEL_FILE, "history.tsv", CANDIDATES, "scores.tsv", "metrics.json", "report.svg", REPORT];

/// How a training that is stopped goes on.
#[derive(clap::Args, Clone)]
pub(crate) struct ResumeArgs {
    /// Go on with what the folder holds, or start it
    #[arg(long)]
    pub(crate) resume: bool,
    /// Steps after which a checkpoint is written within an epoch; 0: after epochs only
    #[arg(long, default_value_t = 100, value_name = "STEPS")]
    checkpoint_every: usize,
}

impl ResumeArgs {
    /// Steps between checkpoints, where there are any within an epoch.
    pub(crate) fn checkpoint_every(&self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(self.checkpoint_every)
    }
}

/// Whether a training writes a file of this name.
fn is_ours(name: &str) -> bool {
    FILES.contains(&name) || [".checkpoint", ".outcome"].iter().any(|kind| name.ends_with(kind))
}

/// A run folder that one process trains in. The lock goes with the value, or with the process however it ends.
pub(crate) struct Claim {
    _lock: Option<File>,
    finished: bool,
}

impl Claim {
    /// Claims a folder for the training of a configuration. A new run's `config.toml` is written at once.
    ///
    /// Without `resume`, a folder that holds a training is refused. With it, the folder's configuration must be this
    /// one, except for more epochs where the learning rate does not depend on their number; a folder without a training
    /// is a new run's.
    pub(crate) fn new(folder: &Path, config: &RunConfig<'_>, resume: bool) -> Result<Self> {
        make_folder(folder)?;
        let lock = lock(folder)?;
        if let (false, Some(found)) = (resume, training_in(folder)?) {
            bail!(
                "{} holds a training already ({found}): --resume goes on with it, another --out leaves it alone",
                folder.display()
            );
        }
        let (path, ours) = (folder.join(CONFIG), config.to_toml()?);
        let theirs = match fs::read_to_string(&path) {
            Ok(theirs) => theirs,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                write_whole(&path, ours.as_bytes())?;
                remove_all_leftovers(folder, config)?;
                return Ok(Self { _lock: lock, finished: false });
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let different = differences(&theirs, &ours).with_context(|| path.display().to_string())?;
        let report = folder.join(REPORT);
        match &different[..] {
            [] => (),
            [only] if is_longer(only) && config.training.can_be_longer() => {
                // Without its report first, so that a run that is killed from here on does not look finished.
                if report.exists() {
                    fs::remove_file(&report)
                        .with_context(|| format!("cannot remove {}", report.display()))?;
                }
                write_whole(&path, ours.as_bytes())?;
            }
            different => {
                let different: Vec<String> = different.iter().map(ToString::to_string).collect();
                bail!("{} holds another training: {}", folder.display(), different.join("; "));
            }
        }
        remove_all_leftovers(folder, config)?;
        Ok(Self { _lock: lock, finished: report.exists() })
    }

    /// Whether everything is written already.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished
    }
}

fn is_longer(difference: &Difference) -> bool {
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<usize>().ok());
    difference.key == EPOCHS && number(&difference.theirs) < number(&difference.ours)
}

/// A file that only a training leaves, if there is one in the folder.
fn training_in(folder: &Path) -> Result<Option<String>> {
    if let Some(known) = FILES.iter().find(|name| folder.join(name).exists()) {
        return Ok(Some((*known).to_owned()));
    }
    let read = || -> std::io::Result<Option<String>> {
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with("fold-") || name.starts_with("replica-") {
                return Ok(Some(name));
            }
        }
        Ok(None)
    };
    read().with_context(|| format!("cannot read {}", folder.display()))
}

/// Removes what killed runs left unfinished, in the folders of folds and their networks too.
fn remove_all_leftovers(folder: &Path, config: &RunConfig<'_>) -> Result<()> {
    let folds = config.folds.iter().map(|fold| fold_folder(folder, *fold));
    let folds: Vec<PathBuf> = std::iter::once(folder.to_owned()).chain(folds).collect();
    let replicas = |fold: &PathBuf| {
        (0..config.training.replicas).map(|replica| replica_folder(fold, replica)).collect::<Vec<_>>()
    };
    let replicas: Vec<PathBuf> = folds.iter().flat_map(replicas).collect();
    folds
        .iter()
        .chain(&replicas)
        .filter(|folder| folder.is_dir())
        .try_for_each(|folder| remove_leftovers(folder, is_ours))
}

/// Locks a folder, before anything in it is read; nothing where the system has no such locks.
pub(crate) fn lock(folder: &Path) -> Result<Option<File>> {
    // Where a folder cannot be opened as a file, as on Windows, there is nothing to lock.
    let Ok(file) = File::open(folder) else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => bail!("another ciskit is training in {}", folder.display()),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}
