//! Telling the caller how far training is.

use crate::{Epoch, Measured, Trial};

/// Something that happened in training.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A run (one fold, one trial) found its checkpoint and goes on from there.
    Resumed {
        /// Fold, from 0.
        fold: usize,
        /// The trial.
        trial: Trial,
        /// Epochs that are done already.
        epochs: usize,
        /// Steps of the next epoch that are done already.
        steps: usize,
    },
    /// A run (one fold, one trial) starts to train; not told of a resumed run that is complete.
    RunStarted {
        /// Fold, from 0.
        fold: usize,
        /// The trial.
        trial: Trial,
        /// Epochs that the run may have.
        epochs: usize,
        /// Steps of an epoch.
        steps: usize,
    },
    /// A step was made.
    Step {
        /// Step within the epoch, from 1.
        step: usize,
        /// Steps of the epoch.
        steps: usize,
        /// Loss of the batch.
        loss: f64,
    },
    /// An epoch is over and its checkpoint is written.
    EpochEnded(Epoch),
    /// The chosen model of one of a fold's several networks met the test part; the fold's own score is that of their mean.
    ReplicaTested {
        /// Fold, from 0.
        fold: usize,
        /// Network of the fold, from 0.
        replica: usize,
        /// How it did, alone.
        test: Measured,
    },
    /// One of a fold's several networks was done already: its outcome was read.
    ReplicaDone {
        /// Fold, from 0.
        fold: usize,
        /// Network of the fold, from 0.
        replica: usize,
        /// How it did, alone.
        test: Measured,
    },
    /// A fold was done already: its outcome was read, and nothing is trained or scored.
    FoldDone {
        /// Fold, from 0.
        fold: usize,
        /// How it did on the test part.
        test: Measured,
    },
    /// The chosen model of a fold, or the mean of its networks, met the test part.
    FoldTested {
        /// Fold, from 0.
        fold: usize,
        /// How it did.
        test: Measured,
    },
}

/// Who is told. Observers must not change results; `&mut |event| …` is one.
///
/// ```
/// use ciskit_train::{Event, Observer};
///
/// let mut losses = Vec::new();
/// let mut observer = |event| {
///     if let Event::Step { loss, .. } = event {
///         losses.push(loss);
///     }
/// };
/// observer.event(Event::Step { step: 1, steps: 1, loss: 0.7 });
/// assert_eq!(losses, [0.7]);
/// ```
pub trait Observer {
    /// Called for every event, on the thread that trains.
    fn event(&mut self, event: Event);
}

impl<F: FnMut(Event)> Observer for F {
    fn event(&mut self, event: Event) {
        self(event);
    }
}

/// An observer that does nothing.
///
/// ```
/// use ciskit_train::{Event, Observer, Silent};
///
/// Silent.event(Event::Step { step: 1, steps: 1, loss: 0.7 });
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _: Event) {}
}
