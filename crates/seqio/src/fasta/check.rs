//! Whether an index fits the text that it is to describe.
//!
//! Modification times say little: copying a file changes them. So the text itself is asked, at the few places of a
//! contig where a wrong index shows.

use super::fai::FaiRecord;
use super::letters::excerpt;
use super::lines::BYTE_ORDER_MARK;
use super::source::Source;
use crate::FastaError;

/// How an index and the text differ at one contig.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub(crate) expected: String,
    pub(crate) found: String,
}

/// Bytes looked at behind a contig: blank lines may stand there.
const BEHIND: u64 = 256;

/// Looks for a contig's header before its first base, for a line end before its last line, and for the next header or
/// the end of the text behind its last base; `last` says that the text must end there.
///
/// *Cost*: three small reads.
pub(crate) fn check(source: &Source, record: &FaiRecord, last: bool) -> Result<Option<Mismatch>, FastaError> {
    let end = record.end();
    if end > source.len() {
        let expected = format!("bases up to byte {end}");
        return Ok(Some(Mismatch { expected, found: format!("{} bytes in all", source.len()) }));
    }
    let header = header_before(source, record.offset)?;
    let whole = header.ends_with(b"\n") || record.offset == source.len();
    if !whole || name_of(&header) != Some(record.name.as_bytes()) {
        let found = format!("\"{}\"", excerpt(header.strip_suffix(b"\n").unwrap_or(&header)));
        let expected = format!("header \">{}\" up to byte {}", record.name, record.offset);
        return Ok(Some(Mismatch { expected, found }));
    }
    if record.length > record.line_bases {
        let (line, end_bytes) = ((record.length - 1) / record.line_bases, record.line_end());
        let last_line = record.offset_of(line * record.line_bases);
        let text = source.text(last_line - end_bytes.len() as u64, last_line)?;
        if text != end_bytes {
            let (expected, found) = (end_bytes.escape_ascii(), text.escape_ascii());
            let expected = format!("\"{expected}\" behind {} bases of line {line}", record.line_bases);
            return Ok(Some(Mismatch { expected, found: format!("\"{found}\"") }));
        }
    }
    let behind = source.text(end, end + BEHIND)?;
    let rest = behind.trim_ascii_start();
    let line_ends = record.length == 0 || rest.len() < behind.len();
    let fits = match rest.first() {
        None => !last || end + BEHIND >= source.len(),
        Some(b'>') => line_ends && !last,
        Some(_) => false,
    };
    if !fits {
        let next = if last { "the end of the text" } else { "a line end and a header" };
        let expected = format!("{next} behind {} bases", record.length);
        return Ok(Some(Mismatch { expected, found: format!("\"{}\"", excerpt(&behind)) }));
    }
    Ok(None)
}

/// The line that ends where a contig's first base is; as much of it as there is where the text is no header.
fn header_before(source: &Source, offset: u64) -> Result<Vec<u8>, FastaError> {
    // Headers are short, but nothing forbids a long one.
    const REACHES: [u64; 3] = [256, 1 << 14, 1 << 20];
    let mut header = Vec::new();
    for reach in REACHES {
        let start = offset.saturating_sub(reach);
        let text = source.text(start, offset)?;
        let inner = text.strip_suffix(b"\n").unwrap_or(&text);
        let line_start = memchr::memrchr(b'\n', inner).map(|index| index + 1);
        header = text[line_start.unwrap_or(0)..].to_vec();
        if line_start.is_some() || start == 0 {
            break;
        }
    }
    if header.starts_with(BYTE_ORDER_MARK) {
        header.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(header)
}

/// The name in a header.
fn name_of(header: &[u8]) -> Option<&[u8]> {
    let text = header.strip_prefix(b">")?.trim_ascii_start();
    text.split(u8::is_ascii_whitespace).next()
}
