//! Where weights and a model do not fit together.

use std::fmt;

/// How weights and model differ, by name.
///
/// ```
/// use ciskit_nn::WeightsMismatch;
///
/// assert_eq!(WeightsMismatch::default().to_string(), "");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WeightsMismatch {
    /// Names that the model has and the weights lack.
    pub missing: Vec<String>,
    /// Names that the weights have and the model lacks.
    pub unexpected: Vec<String>,
    /// Tensors of another shape: name, shape in the model, shape in the weights.
    pub misshapen: Vec<(String, Vec<usize>, Vec<usize>)>,
}

impl WeightsMismatch {
    pub(crate) fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.misshapen.is_empty()
    }

    pub(crate) fn misshapen(&mut self, name: &str, expected: &[usize], found: &[usize]) {
        self.misshapen.push((name.to_string(), expected.to_vec(), found.to_vec()));
    }
}

impl fmt::Display for WeightsMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |what: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
        };
        let shape = |(name, expected, found): &(String, Vec<usize>, Vec<usize>)| {
            format!("{name} has shape {found:?}, expected {expected:?}")
        };
        let mut parts: Vec<String> =
            list("missing", &self.missing).into_iter().chain(list("unexpected", &self.unexpected)).collect();
        parts.extend(self.misshapen.iter().map(shape));
        f.write_str(&parts.join("; "))
    }
}
