//! The last column of GTF: `key "value"; key value; …`.

/// A text that is no list of attributes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// The first value of a key. A quoted value may hold semicolons, one without quotes ends at the next.
///
/// The list is read up to the key: of the millions of lines of an annotation most are asked for their first keys.
pub(super) fn attribute<'a>(text: &'a str, wanted: &str) -> Result<Option<&'a str>, Malformed> {
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() {
        let (key, behind) = rest.split_once(' ').ok_or(Malformed)?;
        let behind = behind.trim_ascii_start();
        let value;
        (value, rest) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(Malformed)?,
            None => {
                let end = behind.find(';').unwrap_or(behind.len());
                (behind[..end].trim_ascii_end(), &behind[end..])
            }
        };
        if key == wanted {
            return Ok(Some(value));
        }
        rest = rest.trim_ascii_start();
        rest = match rest.strip_prefix(';') {
            Some(next) => next.trim_ascii_start(),
            None if rest.is_empty() => rest,
            None => return Err(Malformed),
        };
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let text = "gene_id \"a;b\";  level 2;tag \"x\" ; empty \"\"; last 3";
        for (key, value) in [
            ("gene_id", Some("a;b")),
            ("level", Some("2")),
            ("tag", Some("x")),
            ("empty", Some("")),
            ("last", Some("3")),
            ("id", None),
        ] {
            assert_eq!(attribute(text, key), Ok(value), "{key}");
        }
        assert_eq!(attribute("", "gene_id"), Ok(None));
        assert_eq!(attribute("tag \"a\"; tag \"b\";", "tag"), Ok(Some("a")));
    }

    #[test]
    fn lists_that_are_none() {
        for text in ["ID=gene1;Name=x", "gene_id \"open", "gene_id \"a\" \"b\"; tag 1;", "gene_id"] {
            assert_eq!(attribute(text, "tag"), Err(Malformed), "{text}");
        }
    }
}
