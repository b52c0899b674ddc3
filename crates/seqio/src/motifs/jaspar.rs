//! JASPAR's count matrices.

use super::{Lines, MotifRecord, numbers, title};
use crate::TableError;

/// All motifs, from the first title on, which has been read.
pub(super) fn read(mut lines: Lines, first: String) -> Result<Vec<MotifRecord>, TableError> {
    let mut motifs = Vec::new();
    let mut next = Some((lines.0.number(), first));
    while let Some((number, text)) = next {
        let named = text.strip_prefix('>').and_then(title);
        let Some((id, name)) = named else { return Err(lines.refuse(number, "'>ID NAME'", &text)) };
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(4);
        for letter in ["A", "C", "G", "T"] {
            let expected = match rows.first() {
                None => format!("counts of {letter}"),
                Some(row) => format!("{} counts of {letter}", row.len()),
            };
            let Some((number, text)) = lines.next()? else { return Err(lines.ended(&expected)) };
            let width = rows.first().map(Vec::len);
            let row = row(&text, letter)
                .filter(|row| !row.is_empty() && width.is_none_or(|width| row.len() == width));
            rows.push(row.ok_or_else(|| lines.refuse(number, expected, &text))?);
        }
        let counts = (0..rows[0].len()).map(|at| [rows[0][at], rows[1][at], rows[2][at], rows[3][at]]);
        motifs.push(MotifRecord { id, name, counts: counts.collect(), background: None });
        next = lines.next()?;
    }
    Ok(motifs)
}

/// The counts of `A [ 1 2 3 ]` or of `1 2 3`.
fn row(text: &str, letter: &str) -> Option<Vec<f64>> {
    let text = text.replace(['[', ']'], " ");
    let mut words = text.split_whitespace().peekable();
    if words.peek().is_some_and(|word| word.eq_ignore_ascii_case(letter)) {
        words.next();
    }
    numbers(words)
}

#[cfg(test)]
mod tests {
    use crate::{LineReader, MotifRecord, read_motifs_from};

    fn read(text: &'static str) -> Result<Vec<MotifRecord>, String> {
        let lines = LineReader::new(text.as_bytes(), "x.jaspar").unwrap();
        read_motifs_from(lines).map_err(|error| error.to_string())
    }

    #[test]
    fn letters_and_brackets_are_optional_and_there_may_be_many_motifs() {
        let motifs =
            read("\n>M1\n1 2\n3 4\n5 6\n7 8.5\n\n>M2 two\nA [ 1 ]\nC [1]\nG  1\n T [ 0 ]\n").unwrap();
        assert_eq!((&*motifs[0].id, &*motifs[0].name, &*motifs[1].name), ("M1", "M1", "two"));
        assert_eq!(motifs[0].counts, [[1., 3., 5., 7.], [2., 4., 6., 8.5]]);
        assert_eq!(motifs[1].counts, [[1., 1., 1., 0.]]);
    }

    #[test]
    fn hostile_files_are_refused_by_line() {
        for (text, message) in [
            ("", "x.jaspar: expected a motif, found an empty file"),
            (">\n1\n", r#"x.jaspar, line 1: expected '>ID NAME', found ">""#),
            (">M\n1 2\n", r#"x.jaspar, line 2: expected 2 counts of C, found "the end of the file""#),
            (">M\n1 2\n1\n", r#"x.jaspar, line 3: expected 2 counts of C, found "1""#),
            (">M\n1 -2\n", r#"x.jaspar, line 2: expected counts of A, found "1 -2""#),
            (">M\nA []\n", r#"x.jaspar, line 2: expected counts of A, found "A []""#),
            (">M\nC [1]\n", r#"x.jaspar, line 2: expected counts of A, found "C [1]""#),
            (">M\nNaN\n", r#"x.jaspar, line 2: expected counts of A, found "NaN""#),
            (">M\n1\n1\n1\n1\n1\n", r#"x.jaspar, line 6: expected '>ID NAME', found "1""#),
            ("A 1\n", r#"x.jaspar, line 1: expected '>ID NAME' (JASPAR) or 'MEME version 4', found "A 1""#),
        ] {
            assert_eq!(read(text).unwrap_err(), message);
        }
    }
}
