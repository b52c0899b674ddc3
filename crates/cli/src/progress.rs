//! What the user sees while something runs: a bar on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};

use ciskit_train::{Event, Measured, Observer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The error and its causes in one line; a cause that the message before it already tells is left out.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(|cause| cause.to_string()) {
        if line.ends_with(&cause) {
            continue;
        }
        if !line.is_empty() {
            line += ": ";
        }
        line += &cause;
    }
    line
}

/// Says something on stderr, so that stdout holds results only.
pub(crate) fn say(message: impl AsRef<str>) {
    eprintln!("{}", message.as_ref());
}

/// Prints a result to stdout. A reader that has gone away (`| head`) is no error.
pub(crate) fn print(result: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout().lock(), "{result}");
}

/// A bar of `length` steps on a terminal, nothing elsewhere.
pub(crate) fn bar(length: u64, unit: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
    }
    let template = format!("{{msg}} {{wide_bar}} {{human_pos}}/{{human_len}} {unit} {{eta}} left");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

fn both(measured: &Measured) -> String {
    format!("AUROC {:.4}, AUPRC {:.4}", measured.auroc, measured.average_precision)
}

/// Shows training: a bar for the steps of an epoch on a terminal, a line an epoch everywhere.
pub(crate) struct TrainingProgress {
    folds: usize,
    bar: ProgressBar,
}

impl TrainingProgress {
    /// Progress of a training over so many folds.
    pub(crate) fn new(folds: usize) -> Self {
        Self { folds, bar: bar(0, "steps") }
    }
}

impl Observer for TrainingProgress {
    fn event(&mut self, event: Event) {
        match event {
            Event::Resumed { fold, trial, epochs, steps } => {
                say(format!(
                    "fold {fold} of {}, {trial}: goes on after {epochs} epochs and {steps} steps",
                    self.folds
                ));
            }
            Event::RunStarted { fold, trial, epochs, steps } => {
                say(format!(
                    "fold {fold} of {}, {trial}: up to {epochs} epochs of {steps} steps",
                    self.folds
                ));
                self.bar.reset();
            }
            Event::Step { step, steps, loss } => {
                self.bar.set_length(steps as u64);
                self.bar.set_position(step as u64);
                self.bar.set_message(format!("loss {loss:.4}"));
            }
            Event::EpochEnded(epoch) => {
                let [validation, test] =
                    [("validation", epoch.validation), ("test", epoch.test)].map(|(part, measured)| {
                        measured.map_or_else(String::new, |measured| format!(", {part} {}", both(&measured)))
                    });
                let (number, loss) = (epoch.epoch, epoch.loss);
                self.bar.suspend(|| say(format!("  epoch {number}: loss {loss:.4}{validation}{test}")));
            }
            Event::ReplicaTested { fold, replica, test } => {
                self.bar.reset();
                say(format!("  fold {fold}, network {replica} alone, test: {}", both(&test)));
            }
            Event::ReplicaDone { fold, replica, .. } => {
                say(format!("fold {fold} of {}, network {replica}: done already", self.folds));
            }
            Event::FoldDone { fold, test } => {
                say(format!("fold {fold} of {}: done already", self.folds));
                say(format!("  fold {fold} test: {}", both(&test)));
            }
            Event::FoldTested { fold, test } => {
                self.bar.reset();
                say(format!("  fold {fold} test: {}", both(&test)));
            }
            _ => (),
        }
    }
}
