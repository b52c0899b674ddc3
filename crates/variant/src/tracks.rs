//! Tracks by name or pattern.

use ciskit_core::{ScorerSpec, Selection};

/// Which outputs of a model are wanted: names or patterns, set apart by commas.
///
/// `*` stands for any letters and `?` for any single one; case does not matter; a pattern must match the whole name. A comma
/// in a name is written `?`. The order is the model's, and no output is taken twice.
///
/// ```
/// use ciskit_core::{InputWindow, Output, Scale, ScorerSpec};
/// use ciskit_variant::TrackPattern;
///
/// let names = ["DNASE:K562", "DNASE:HepG2", "CAGE:K562"];
/// let outputs = names.map(|name| Output::new(name, Scale::Raw));
/// let spec = ScorerSpec::builder(InputWindow::fixed(1000)).outputs(outputs).build()?;
///
/// let select = TrackPattern::new("*:k562")?.select(&spec)?;
/// assert_eq!(select.outputs.indices("outputs", 3)?, [0, 2]);
/// let error = TrackPattern::new("dnase:*,ATAC*")?.select(&spec).unwrap_err();
/// assert_eq!(error.to_string(), "no output matches \"ATAC*\"; the model has DNASE:K562, DNASE:HepG2, CAGE:K562");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackPattern {
    patterns: Vec<String>,
}

impl TrackPattern {
    /// A comma list of patterns.
    ///
    /// # Errors
    ///
    /// [`TrackPatternError::Empty`] for an empty text or an empty item of the list.
    pub fn new(text: &str) -> Result<Self, TrackPatternError> {
        let patterns: Vec<String> = text.split(',').map(|pattern| pattern.trim().to_owned()).collect();
        if patterns.iter().any(String::is_empty) {
            return Err(TrackPatternError::Empty { text: text.to_owned() });
        }
        Ok(Self { patterns })
    }

    /// Whether any of the patterns matches a name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, name))
    }

    /// The selection of the outputs that match, in the model's order and with all bins: so that a model need not return the
    /// others.
    ///
    /// # Errors
    ///
    /// [`TrackPatternError::NoMatch`] for a pattern that matches no output.
    pub fn select(&self, spec: &ScorerSpec) -> Result<Selection, TrackPatternError> {
        let names = || spec.outputs.iter().map(|output| output.name.as_str());
        if let Some(pattern) =
            self.patterns.iter().find(|pattern| !names().any(|name| matches(pattern, name)))
        {
            return Err(TrackPatternError::NoMatch { pattern: pattern.clone(), outputs: listed(names()) });
        }
        let wanted = names().enumerate().filter(|(_, name)| self.matches(name)).map(|(index, _)| index);
        Ok(Selection::all().with_outputs(wanted.collect()))
    }
}

impl std::str::FromStr for TrackPattern {
    type Err = TrackPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

/// Why a pattern selects nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrackPatternError {
    /// An empty pattern.
    #[error("{text:?} holds an empty pattern of outputs")]
    Empty {
        /// The list.
        text: String,
    },
    /// A pattern that no output matches.
    #[error("no output matches {pattern:?}; the model has {outputs}")]
    NoMatch {
        /// The pattern.
        pattern: String,
        /// The model's outputs, the first ones if there are many.
        outputs: String,
    },
}

/// The first few names, and how many more there are.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let names: Vec<&str> = names.collect();
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Whether a pattern matches the whole of a name.
///
/// *Cost*: O(pattern · name) at worst, without recursion: after a mismatch only the last `*` takes one letter more.
fn matches(pattern: &str, name: &str) -> bool {
    let letters = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (pattern, name) = (letters(pattern), letters(name));
    let (mut p, mut n) = (0, 0);
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[n] => (p, n) = (p + 1, n + 1),
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (p, n) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, expected) in [
            ("", "", true),
            ("*", "", true),
            ("**", "anything", true),
            ("?", "", false),
            ("?", "é", true),
            ("DNASE", "dnase:K562", false),
            ("DNASE*", "dnase:K562", true),
            ("*K562", "DNASE:K562:K562", true),
            ("*a*b", "aab", true),
            ("*a*b", "aba", false),
            ("a?c*", "abcd", true),
            ("CAGE:CD4+ T Cells?", "CAGE:CD4+ T Cells,", true),
            ("[a]", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn hostile_patterns_end() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
        assert!(matches(&"*a".repeat(200), &"a".repeat(200)));
    }

    #[test]
    fn empty_patterns_are_refused() {
        for text in ["", ",", "a,", " , b"] {
            assert!(matches!(TrackPattern::new(text), Err(TrackPatternError::Empty { .. })), "{text:?}");
        }
        assert!(TrackPattern::new("a, b").unwrap().matches("B"));
    }

    proptest! {
        /// The plain definition: a star takes nothing, or one letter and stays.
        #[test]
        fn matching_is_what_its_definition_says(pattern in "[ab*?]{0,7}", name in "[ab]{0,7}") {
            fn defined(pattern: &[u8], name: &[u8]) -> bool {
                match (pattern, name) {
                    ([], name) => name.is_empty(),
                    ([b'*', rest @ ..], name) => {
                        defined(rest, name) || !name.is_empty() && defined(pattern, &name[1..])
                    }
                    ([letter, rest @ ..], [first, others @ ..]) => {
                        (*letter == b'?' || letter == first) && defined(rest, others)
                    }
                    _ => false,
                }
            }
            prop_assert_eq!(matches(&pattern, &name), defined(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
