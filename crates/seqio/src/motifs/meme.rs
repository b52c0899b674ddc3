//! MEME's probability matrices.

use super::{Lines, MotifRecord, numbers, title};
use crate::TableError;

/// Sites of a motif that does not tell its own: MEME's default.
const SITES: f64 = 20.0;

/// The most positions that are read.
const WIDEST: usize = 1000;

/// All motifs; the first line has been read.
pub(super) fn read(mut lines: Lines) -> Result<Vec<MotifRecord>, TableError> {
    let mut motifs: Vec<MotifRecord> = Vec::new();
    let mut background = None;
    let mut named = None;
    while let Some((number, text)) = lines.next()? {
        if let Some(alphabet) = text.strip_prefix("ALPHABET=") {
            if alphabet.trim() != "ACGT" {
                return Err(lines.refuse(number, "ALPHABET= ACGT", &text));
            }
        } else if text.starts_with("Background letter frequencies") {
            background = Some(shares(&mut lines)?);
        } else if let Some(text) = text.strip_prefix("MOTIF ") {
            named = title(text);
        } else if text.starts_with("letter-probability matrix") {
            let Some((id, name)) = named.take() else {
                return Err(lines.refuse(number, "'MOTIF ID NAME' before its matrix", &text));
            };
            let counts = matrix(&mut lines, number, &text)?;
            motifs.push(MotifRecord { id, name, counts, background });
        }
    }
    if motifs.is_empty() { Err(lines.0.empty("a motif")) } else { Ok(motifs) }
}

/// `A 0.25 C 0.25 G 0.25 T 0.25`
fn shares(lines: &mut Lines) -> Result<[f64; 4], TableError> {
    const EXPECTED: &str = "shares as 'A 0.25 C 0.25 G 0.25 T 0.25'";
    let Some((number, text)) = lines.next()? else { return Err(lines.ended(EXPECTED)) };
    let words: Vec<&str> = text.split_whitespace().collect();
    let letters: Vec<&str> = words.iter().copied().step_by(2).collect();
    let values = numbers(words.iter().copied().skip(1).step_by(2));
    match values.as_deref() {
        Some(&[a, c, g, t]) if letters == ["A", "C", "G", "T"] => Ok([a, c, g, t]),
        _ => Err(lines.refuse(number, EXPECTED, &text)),
    }
}

/// The rows that a matrix's first line announces, as counts.
fn matrix(lines: &mut Lines, number: u64, first: &str) -> Result<Vec<[f64; 4]>, TableError> {
    let key = |key: &str| {
        let at = first.find(key)? + key.len();
        first[at..].split_whitespace().next()?.parse::<f64>().ok()
    };
    let width = key("w=").filter(|width| (1.0..=WIDEST as f64).contains(width) && width.fract() == 0.0);
    let Some(width) = width.filter(|_| key("alength=").is_none_or(|letters| letters == 4.0)) else {
        return Err(lines.refuse(number, format!("alength= 4 and w= of 1 to {WIDEST}"), first));
    };
    let sites = key("nsites=").filter(|sites| *sites > 0.0 && sites.is_finite()).unwrap_or(SITES);
    let row = |lines: &mut Lines| {
        const EXPECTED: &str = "four shares of 1";
        let Some((number, text)) = lines.next()? else { return Err(lines.ended(EXPECTED)) };
        match numbers(text.split_whitespace()).as_deref() {
            Some(&[a, c, g, t]) if (a + c + g + t - 1.0).abs() < 0.01 => {
                Ok([a, c, g, t].map(|share| share * sites))
            }
            _ => Err(lines.refuse(number, EXPECTED, &text)),
        }
    };
    (0..width as usize).map(|_| row(lines)).collect()
}

#[cfg(test)]
mod tests {
    use crate::{LineReader, MotifRecord, read_motifs_from};

    fn read(text: String) -> Result<Vec<MotifRecord>, String> {
        let lines = LineReader::new(std::io::Cursor::new(text), "x.meme").unwrap();
        read_motifs_from(lines).map_err(|error| error.to_string())
    }

    const HEAD: &str = "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n";

    #[test]
    fn shares_become_counts_of_their_sites() {
        let background = "Background letter frequencies\nA 0.3 C 0.2 G 0.2 T 0.3\n";
        let matrix = "letter-probability matrix: alength= 4 w= 2 nsites= 10 E= 0\n1 0 0 0\n 0.5 0.5 0 0\n";
        let other = "MOTIF M2\nletter-probability matrix: alength= 4 w= 1\n0 0 0 1\nURL http://x\n";
        let motifs = read(format!("{HEAD}{background}MOTIF M1 one\n{matrix}\n{other}")).unwrap();
        assert_eq!((&*motifs[0].id, &*motifs[0].name, &*motifs[1].name), ("M1", "one", "M2"));
        assert_eq!(motifs[0].counts, [[10., 0., 0., 0.], [5., 5., 0., 0.]]);
        assert_eq!(motifs[1].counts, [[0., 0., 0., 20.]]);
        assert_eq!(motifs[1].background, Some([0.3, 0.2, 0.2, 0.3]));
    }

    #[test]
    fn hostile_files_are_refused_by_line() {
        for (text, message) in [
            ("", "x.meme: expected a motif, found none in its 6 lines"),
            (
                "letter-probability matrix: w= 1\n1 0 0 0\n",
                "x.meme, line 7: expected 'MOTIF ID NAME' before its matrix, found \
                 \"letter-probability matrix: w= 1\"",
            ),
            (
                "MOTIF M\nletter-probability matrix: alength= 20 w= 1\n",
                "x.meme, line 8: expected alength= 4 and w= of 1 to 1000, found \
                 \"letter-probability matrix: alength= 20 w= 1\"",
            ),
            (
                "MOTIF M\nletter-probability matrix: w= 99999999999\n",
                "x.meme, line 8: expected alength= 4 and w= of 1 to 1000, found \
                 \"letter-probability matrix: w= 99999999999\"",
            ),
            (
                "MOTIF M\nletter-probability matrix: w= 2\n1 0 0 0\n",
                "x.meme, line 9: expected four shares of 1, found \"the end of the file\"",
            ),
            (
                "MOTIF M\nletter-probability matrix: w= 1\n1 1 0 0\n",
                "x.meme, line 9: expected four shares of 1, found \"1 1 0 0\"",
            ),
            (
                "Background letter frequencies\nA 1 C 0\n",
                "x.meme, line 8: expected shares as 'A 0.25 C 0.25 G 0.25 T 0.25', found \"A 1 C 0\"",
            ),
            ("ALPHABET= ACGU\n", "x.meme, line 7: expected ALPHABET= ACGT, found \"ALPHABET= ACGU\""),
        ] {
            assert_eq!(read(format!("{HEAD}{text}")).unwrap_err(), message);
        }
    }
}
