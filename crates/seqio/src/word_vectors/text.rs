//! word2vec's text format.

use ciskit_encode::kmer_ids;

use super::WIDEST;
use crate::{LineReader, Row, TableError};

/// Width and numbers of the vectors of `k`-mers, row 0 included.
pub(super) fn read(mut lines: LineReader, k: usize, words: usize) -> Result<(usize, Vec<f32>), TableError> {
    let path = lines.path().clone();
    let Some(first) = lines.next_line()? else { return Err(lines.empty("word vectors")) };
    let refused = TableError::Line {
        path: path.to_path_buf(),
        line: first.number,
        expected: format!("the number of words and of columns (1 to {WIDEST}), or a .npy file"),
        found: crate::table_error::shown(first.text),
    };
    let row = Row::blanks(first);
    let number = |column: usize| row.fields().get(column).and_then(|field| field.parse::<usize>().ok());
    let (Some(count), Some(width), 2) = (number(0), number(1), row.fields().len()) else {
        return Err(refused);
    };
    if !(1..=WIDEST).contains(&width) {
        return Err(refused);
    }
    // A vector takes room once its line has been read, whatever the first line says.
    let mut rows: Vec<Option<Box<[f32]>>> = vec![None; words];
    let mut seen = 0usize;
    while let Some(line) = lines.next_line()? {
        let row = Row::blanks(line);
        let Some(&word) = row.fields().first() else { continue };
        seen += 1;
        let id = kmer_ids(word.as_bytes(), k).ok().filter(|ids| ids.len() == 1).map_or(0, |ids| ids[0]);
        if id == 0 {
            continue;
        }
        row.expect_columns(1 + width)?;
        if rows[id as usize].is_some() {
            return Err(row.refuse(0, "word", "each word once"));
        }
        let values = (1..=width).map(|column| match row.fields()[column].parse::<f32>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(row.refuse(column, "vector", "a finite number")),
        });
        rows[id as usize] = Some(values.collect::<Result<_, _>>()?);
    }
    if seen != count {
        let (line, expected) = (1, format!("the number of words, {seen}"));
        return Err(TableError::Line { path: path.to_path_buf(), line, expected, found: count.to_string() });
    }
    let missing = rows.iter().skip(1).filter(|row| row.is_none()).count();
    if let Some(first) = rows.iter().skip(1).position(Option::is_none) {
        let word = spelt(first, k);
        return Err(TableError::Words { path: path.to_path_buf(), missing, of: words - 1, k, first: word });
    }
    let zero = vec![0.0; width];
    let values = rows.iter().flat_map(|row| row.as_deref().unwrap_or(&zero).iter().copied()).collect();
    Ok((width, values))
}

/// The k-mer of a rank in alphabetical order.
fn spelt(rank: usize, k: usize) -> String {
    (0..k).rev().map(|place| char::from(b"ACGT"[rank >> (2 * place) & 3])).collect()
}

#[cfg(test)]
mod tests {
    use crate::WordVectors;

    fn read(text: &'static str, k: usize) -> Result<WordVectors, String> {
        WordVectors::from_reader(text.as_bytes(), "x.w2v", k).map_err(|error| error.to_string())
    }

    #[test]
    fn words_of_one_length_are_taken_out_of_many_in_any_order() {
        let text = "8 2\nAAA 9 9\nT 7 8\nA\t1 -2e-1\n</s> 0 0\nAC 1 1\nG 5 6\n\nc 3 4\nN 0 0\n";
        let vectors = read(text, 1).unwrap();
        assert_eq!((vectors.k(), vectors.words(), vectors.width()), (1, 5, 2));
        assert_eq!(vectors.values(), [0., 0., 1., -0.2, 3., 4., 5., 6., 7., 8.]);
    }

    #[test]
    fn hostile_files_are_refused() {
        let first =
            "x.w2v, line 1: expected the number of words and of columns (1 to 65536), or a .npy file, found ";
        for (text, message) in [
            ("", "x.w2v: expected word vectors, found an empty file".to_owned()),
            ("A 1 2\n", format!("{first}\"A 1 2\"")),
            ("4\n", format!("{first}\"4\"")),
            ("4 0\n", format!("{first}\"4 0\"")),
            ("4 99999999\n", format!("{first}\"4 99999999\"")),
            ("-4 1\n", format!("{first}\"-4 1\"")),
            ("4 2\nA 1\n", "x.w2v, line 2: expected 3 columns, found 2".to_owned()),
            (
                "4 1\nA x\n",
                r#"x.w2v, line 2, column 2 (vector): expected a finite number, found "x""#.to_owned(),
            ),
            (
                "4 1\nA 1e99\n",
                r#"x.w2v, line 2, column 2 (vector): expected a finite number, found "1e99""#.to_owned(),
            ),
            (
                "4 1\nA 1\na 2\n",
                r#"x.w2v, line 3, column 1 (word): expected each word once, found "a""#.to_owned(),
            ),
            (
                "5 1\nA 1\nC 2\nG 3\nT 4\n",
                r#"x.w2v, line 1: expected the number of words, 4, found "5""#.to_owned(),
            ),
            (
                "3 1\nA 1\nC 2\nT 4\n",
                "x.w2v has no vector for 1 of 4 1-mers, the first of which is G".to_owned(),
            ),
        ] {
            assert_eq!(read(text, 1).unwrap_err(), message);
        }
        assert_eq!(
            read("1 1\nAA 1\n", 2).unwrap_err(),
            "x.w2v has no vector for 15 of 16 2-mers, the first of which is AC"
        );
        let truncated = WordVectors::from_reader(&b"\x1f\x8b\x08\x00"[..], "x.gz", 1).unwrap_err();
        assert!(truncated.to_string().starts_with("x.gz"), "{truncated}");
    }
}
