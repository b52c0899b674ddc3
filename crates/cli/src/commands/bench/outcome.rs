//! What a benchmark found: named numbers, as lines or as one JSON object.

use serde_json::{Map, Value};

use crate::progress::print;

/// Named results in the order in which they were added.
///
/// The names are those that the same measurement of another library prints, so that two objects can be laid side by
/// side.
pub(super) struct Outcome(Vec<(&'static str, Value)>);

impl Outcome {
    pub(super) fn new() -> Self {
        Self(vec![("peer", "ciskit".into())])
    }

    /// Adds a result.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Adds a measured number, rounded to so many decimals; what could not be measured is left out.
    pub(super) fn measured(self, name: &'static str, value: Option<f64>, decimals: i32) -> Self {
        let scale = 10f64.powi(decimals);
        match value {
            Some(value) => self.with(name, (value * scale).round() / scale),
            None => self,
        }
    }

    /// Prints one JSON object, or a line for each result.
    pub(super) fn print(self, json: bool) {
        if json {
            let object: Map<String, Value> =
                self.0.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            return print(Value::Object(object));
        }
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, value) in self.0 {
            match value {
                Value::String(text) => print(format_args!("{name:width$}  {text}")),
                value => print(format_args!("{name:width$}  {value}")),
            }
        }
    }
}
