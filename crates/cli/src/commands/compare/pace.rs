//! How far a comparison is, and how long the rest will take.

use std::time::Instant;

use ciskit_train::{Event, Observer};

use crate::progress::{TrainingProgress, say};

/// Steps that are left, and how long steps have taken so far.
pub(crate) struct Pace {
    /// Steps left, by model and place of the fold.
    left: Vec<Vec<u64>>,
    /// Steps made and seconds spent, validation included, by model.
    measured: Vec<(u64, f64)>,
}

impl Pace {
    /// The steps of every model in every fold; 0 where nothing is left to do.
    pub(crate) fn new(left: Vec<Vec<u64>>) -> Self {
        let measured = vec![(0, 0.0); left.len()];
        Self { left, measured }
    }

    /// A step is made.
    fn step(&mut self, model: usize, fold: usize, seconds: f64) {
        self.left[model][fold] = self.left[model][fold].saturating_sub(1);
        let (steps, spent) = &mut self.measured[model];
        (*steps, *spent) = (*steps + 1, *spent + seconds);
    }

    /// A fold is done, perhaps with fewer steps than planned.
    fn fold_done(&mut self, model: usize, fold: usize, seconds: f64) {
        self.left[model][fold] = 0;
        self.measured[model].1 += seconds;
    }

    /// Seconds that are left; `None` before anything is measured. A model that has not started yet is taken to be as
    /// fast as the measured ones on average.
    fn seconds_left(&self) -> Option<f64> {
        let rates: Vec<Option<f64>> = self
            .measured
            .iter()
            .map(|(steps, seconds)| (*steps > 0).then(|| seconds / *steps as f64))
            .collect();
        let known: Vec<f64> = rates.iter().copied().flatten().collect();
        if known.is_empty() {
            return None;
        }
        let usual = known.iter().sum::<f64>() / known.len() as f64;
        let of_model =
            |(left, rate): (&Vec<u64>, &Option<f64>)| left.iter().sum::<u64>() as f64 * rate.unwrap_or(usual);
        Some(self.left.iter().zip(&rates).map(of_model).sum())
    }
}

/// Tells of every fold which it is and how long the rest takes, and what training tells.
pub(crate) struct ComparisonProgress<'a> {
    training: TrainingProgress,
    /// Numbers of the folds.
    folds: &'a [usize],
    pace: Pace,
    model: usize,
    name: String,
    /// Place of the fold under way among the folds.
    place: Option<usize>,
    since: Instant,
}

impl<'a> ComparisonProgress<'a> {
    /// Progress over some folds of a split with so many.
    pub(crate) fn new(of: usize, folds: &'a [usize], pace: Pace) -> Self {
        let training = TrainingProgress::new(of);
        Self { training, folds, pace, model: 0, name: String::new(), place: None, since: Instant::now() }
    }

    /// The next model starts.
    pub(crate) fn start(&mut self, model: usize, name: String) {
        (self.model, self.name, self.place) = (model, name, None);
        self.since = Instant::now();
    }

    /// Seconds since this was asked last.
    fn elapsed(&mut self) -> f64 {
        let seconds = self.since.elapsed().as_secs_f64();
        self.since = Instant::now();
        seconds
    }

    fn fold_starts(&mut self, number: usize) {
        let place = self.folds.iter().position(|fold| *fold == number);
        if place.is_none() || place == self.place {
            return;
        }
        self.place = place;
        let left = match self.pace.seconds_left() {
            Some(seconds) => format!(": about {} left", spelled(seconds)),
            None => String::new(),
        };
        let (place, of) = (place.map_or(0, |place| place + 1), self.folds.len());
        say(format!("{}, fold {place} of {of}{left}", self.name));
    }
}

impl Observer for ComparisonProgress<'_> {
    fn event(&mut self, event: Event) {
        match &event {
            Event::RunStarted { fold, .. } | Event::Resumed { fold, .. } => self.fold_starts(*fold),
            Event::Step { .. } => {
                let seconds = self.elapsed();
                self.pace.step(self.model, self.place.unwrap_or(0), seconds);
            }
            Event::FoldTested { fold, .. } | Event::FoldDone { fold, .. } => {
                let seconds = self.elapsed();
                if let Some(place) = self.folds.iter().position(|number| number == fold) {
                    self.pace.fold_done(self.model, place, seconds);
                }
            }
            _ => (),
        }
        self.training.event(event);
    }
}

/// A time in the unit that suits it.
pub(crate) fn spelled(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5_400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_what_was_measured() {
        let mut pace = Pace::new(vec![vec![10, 20], vec![30, 30]]);
        assert_eq!(pace.seconds_left(), None);
        for _ in 0..10 {
            pace.step(0, 0, 2.0);
        }
        // 20 steps of this model, 60 of the next at the same rate.
        assert_eq!(pace.seconds_left(), Some(160.0));
        pace.fold_done(0, 1, 0.0);
        pace.step(1, 0, 4.0);
        assert_eq!(pace.seconds_left(), Some(59.0 * 4.0));
    }

    #[test]
    fn times_have_their_unit() {
        assert_eq!([5.4, 300.0, 7_200.0].map(spelled), ["5 s", "5 min", "2.0 h"]);
    }
}
