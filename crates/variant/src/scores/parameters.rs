//! The parameters behind a score's name.

use std::ops::Range;

use super::EffectScoreError;

/// `key=value` pairs behind a score's name, each taken once.
pub(super) struct Parameters<'a> {
    score: &'static str,
    /// What there is, for messages.
    known: &'static str,
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Parameters<'a> {
    /// Splits `key=value,key=value`; a value of `of` goes on to the end, for it is a score with parameters of its own.
    pub(super) fn new(
        score: &'static str,
        known: &'static str,
        mut text: &'a str,
    ) -> Result<Self, EffectScoreError> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        while !text.is_empty() {
            let end = if text.starts_with("of=") { text.len() } else { text.find(',').unwrap_or(text.len()) };
            let (key, value) = text[..end].split_once('=').unwrap_or((&text[..end], ""));
            if pairs.iter().any(|(other, _)| *other == key) {
                let parameter = format!("{key} a second time");
                return Err(EffectScoreError::Parameter { score, parameter, known });
            }
            pairs.push((key, value));
            text = text.get(end + 1..).unwrap_or_default();
        }
        Ok(Self { score, known, pairs })
    }

    /// The text of a parameter, which is then done.
    pub(super) fn take(&mut self, key: &str) -> Option<&'a str> {
        let at = self.pairs.iter().position(|(other, _)| *other == key)?;
        Some(self.pairs.remove(at).1)
    }

    /// The text of a parameter that must be there.
    pub(super) fn need(
        &mut self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<&'a str, EffectScoreError> {
        match self.take(key) {
            Some(value) if !value.is_empty() => Ok(value),
            _ => Err(self.wrong(key, expected, "nothing")),
        }
    }

    /// A finite number that is not negative.
    pub(super) fn number(&mut self, key: &'static str, default: f64) -> Result<f64, EffectScoreError> {
        let Some(text) = self.take(key) else { return Ok(default) };
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
            _ => Err(self.wrong(key, "a number of at least 0", text)),
        }
    }

    /// A range written `start-end`.
    pub(super) fn range(&mut self, key: &'static str) -> Result<Option<Range<usize>>, EffectScoreError> {
        let Some(text) = self.take(key) else { return Ok(None) };
        let ends = text.split_once('-').and_then(|(start, end)| Some(start.parse().ok()?..end.parse().ok()?));
        match ends {
            Some(range) if range.start < range.end => Ok(Some(range)),
            _ => Err(self.wrong(key, "bins from-to (0-based, the last not included, as 100-120)", text)),
        }
    }

    /// The error for a value that cannot be.
    pub(super) fn wrong(
        &self,
        parameter: &'static str,
        expected: &'static str,
        found: &str,
    ) -> EffectScoreError {
        EffectScoreError::Value { score: self.score, parameter, expected, found: found.to_owned() }
    }

    /// Makes sure that nothing is left.
    pub(super) fn finish(self) -> Result<(), EffectScoreError> {
        match self.pairs.first() {
            None => Ok(()),
            Some((key, _)) => {
                let (score, known) = (self.score, self.known);
                Err(EffectScoreError::Parameter { score, parameter: (*key).to_owned(), known })
            }
        }
    }
}
