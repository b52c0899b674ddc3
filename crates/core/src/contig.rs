//! Contigs: the named sequences that an assembly consists of.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Name of a contig (`chr1`, `1`, `GL000207.1`), cheap to clone: a million intervals share a few names.
///
/// ```
/// let name = ciskit_core::ContigName::from("chr1");
/// assert_eq!(&*name, "chr1");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContigName(Arc<str>);

impl ContigName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The other spelling of the name, with `chr` removed or put in front; none for the mitochondrion, because
    /// hg19's `chrM` (16,571 bp) and GRCh37's `MT` (16,569 bp) are different sequences.
    ///
    /// ```
    /// use ciskit_core::ContigName;
    /// assert_eq!(ContigName::from("chr7").alias(), Some("7".into()));
    /// assert_eq!(ContigName::from("X").alias(), Some("chrX".into()));
    /// assert_eq!(ContigName::from("MT").alias(), None);
    /// ```
    #[must_use]
    pub fn alias(&self) -> Option<Self> {
        let bare = self.0.strip_prefix("chr");
        match bare.unwrap_or(&self.0) {
            "" | "M" | "MT" => None,
            name if bare.is_some() => Some(name.into()),
            name => Some(format!("chr{name}").into()),
        }
    }
}

impl From<&str> for ContigName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for ContigName {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl Deref for ContigName {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ContigName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ContigName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for ContigName {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for ContigName {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Display for ContigName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ContigName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A contig: its name and its length in bp.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contig {
    /// Name as the assembly spells it.
    pub name: ContigName,
    /// Length in bp.
    pub length: u64,
}

/// The contigs of an assembly in file order, found by name.
///
/// # Names
///
/// [`Contigs::resolve`] has one rule: the exact name if it is there, otherwise the [alias](ContigName::alias)
/// (`chr1` for `1`, `1` for `chr1`) if that is there, otherwise an error. The mitochondrion has no alias.
///
/// ```
/// use ciskit_core::Contigs;
///
/// let contigs = Contigs::new([("chr1", 1_000), ("chr2", 500)])?;
/// assert_eq!(contigs.resolve("2")?.length, 500);
/// assert_eq!(
///     contigs.resolve("chr9").unwrap_err().to_string(),
///     r#"contig "chr9" is not in the genome, which has 2: chr1, chr2"#
/// );
/// # Ok::<(), ciskit_core::ContigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contigs {
    contigs: Vec<Contig>,
    by_name: HashMap<ContigName, usize>,
}

impl Contigs {
    /// Contigs in the given order, from names and lengths in bp.
    ///
    /// # Errors
    ///
    /// [`ContigError::Duplicate`] if a name occurs twice.
    pub fn new<N: Into<ContigName>>(
        contigs: impl IntoIterator<Item = (N, u64)>,
    ) -> Result<Self, ContigError> {
        let named = |(name, length): (N, u64)| Contig { name: name.into(), length };
        let contigs: Vec<Contig> = contigs.into_iter().map(named).collect();
        let mut by_name = HashMap::with_capacity(contigs.len());
        for (index, contig) in contigs.iter().enumerate() {
            if by_name.insert(contig.name.clone(), index).is_some() {
                return Err(ContigError::Duplicate { name: contig.name.clone() });
            }
        }
        Ok(Self { contigs, by_name })
    }

    /// All contigs in file order.
    #[must_use]
    pub fn as_slice(&self) -> &[Contig] {
        &self.contigs
    }

    /// The contigs in file order.
    pub fn iter(&self) -> std::slice::Iter<'_, Contig> {
        self.contigs.iter()
    }

    /// Number of contigs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contigs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contigs.is_empty()
    }

    /// The contig of exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Contig> {
        self.position(name).map(|index| &self.contigs[index])
    }

    /// Index in file order of the contig of exactly this name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The contig that a name means here, by the rule above.
    ///
    /// # Errors
    ///
    /// [`ContigError::Unknown`] if neither the name nor its alias is there.
    pub fn resolve(&self, name: &str) -> Result<&Contig, ContigError> {
        self.resolve_index(name).map(|index| &self.contigs[index])
    }

    /// Index in file order of the contig that a name means here, by the rule above.
    ///
    /// # Errors
    ///
    /// [`ContigError::Unknown`] if neither the name nor its alias is there.
    pub fn resolve_index(&self, name: &str) -> Result<usize, ContigError> {
        self.position(name)
            .or_else(|| ContigName::from(name).alias().and_then(|alias| self.position(&alias)))
            .ok_or_else(|| ContigError::Unknown { name: name.into(), known: self.summary() })
    }

    fn summary(&self) -> String {
        const SHOWN: usize = 5;
        let names: Vec<&str> = self.contigs.iter().take(SHOWN).map(|contig| contig.name.as_str()).collect();
        let more = if self.contigs.len() > SHOWN { ", …" } else { "" };
        format!("{}: {}{more}", self.contigs.len(), names.join(", "))
    }
}

impl<'a> IntoIterator for &'a Contigs {
    type Item = &'a Contig;
    type IntoIter = std::slice::Iter<'a, Contig>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What can be wrong with a contig's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContigError {
    /// Neither the name nor its alias is in the genome.
    #[error("contig {name:?} is not in the genome, which has {known}")]
    Unknown {
        /// The name that was asked for.
        name: ContigName,
        /// How many contigs there are and the first names.
        known: String,
    },
    /// A name occurs twice.
    #[error("contig {name:?} occurs twice")]
    Duplicate {
        /// The name.
        name: ContigName,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_names_win_over_aliases() {
        let contigs = Contigs::new([("chr1", 10), ("1", 20), ("MT", 16_569)]).unwrap();
        assert_eq!(contigs.resolve("1").unwrap().length, 20);
        assert_eq!(contigs.resolve("chr1").unwrap().length, 10);
        assert!(contigs.resolve("chrM").is_err());
        assert!(contigs.resolve("chrMT").is_err());
        assert!(contigs.resolve("").is_err());
    }

    #[test]
    fn duplicate_names_are_refused() {
        let twice = Contigs::new([("a", 1), ("b", 1), ("a", 2)]);
        assert_eq!(twice, Err(ContigError::Duplicate { name: "a".into() }));
    }

    #[test]
    fn long_lists_are_cut_in_messages() {
        let contigs = Contigs::new((1..=7).map(|n| (format!("c{n}"), 1))).unwrap();
        let message = contigs.resolve("z").unwrap_err().to_string();
        assert_eq!(message, r#"contig "z" is not in the genome, which has 7: c1, c2, c3, c4, c5, …"#);
    }
}
