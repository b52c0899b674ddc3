//! Gzip and bgzip streams, recognised by their first bytes.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The empty block at the end of every bgzip file.
///
/// *Source*: SAM format specification, section 4.1.2 (end-of-file marker).
const BGZIP_END: [u8; 28] =
    [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, b'B', b'C', 2, 0, 0x1b, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The text of a stream that is plain, gzip or bgzip.
///
/// # Errors
///
/// The result's reading fails with [`io::ErrorKind::UnexpectedEof`] where packed data are cut off, be it between two
/// bgzip blocks.
pub(crate) fn unpack(mut reader: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    const BUFFER: usize = 1 << 16;
    let mut head = Vec::new();
    reader.by_ref().take(18).read_to_end(&mut head)?;
    let (is_gzip, is_bgzip) =
        (head.starts_with(&GZIP), head.len() == 18 && head[3] == 4 && head[12..14] == *b"BC");
    let whole = Cursor::new(head).chain(reader);
    if !is_gzip {
        return Ok(Box::new(BufReader::with_capacity(BUFFER, whole)));
    }
    let decoder = MultiGzDecoder::new(Tail { reader: whole, tail: Vec::new() });
    let end: &[u8] = if is_bgzip { &BGZIP_END } else { &[] };
    Ok(Box::new(BufReader::with_capacity(BUFFER, Unpacked { decoder, end })))
}

/// Unpacks a stream and checks that it ended with certain bytes.
struct Unpacked<R> {
    decoder: MultiGzDecoder<Tail<R>>,
    end: &'static [u8],
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(bytes)?;
        if count == 0 && !bytes.is_empty() && !self.decoder.get_ref().tail.ends_with(self.end) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(count)
    }
}

/// Passes a stream on and keeps its last bytes.
struct Tail<R> {
    reader: R,
    tail: Vec<u8>,
}

impl<R: Read> Read for Tail<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(bytes)?;
        let new = &bytes[count.saturating_sub(BGZIP_END.len())..count];
        let old = (self.tail.len() + new.len()).saturating_sub(BGZIP_END.len());
        self.tail.drain(..old);
        self.tail.extend_from_slice(new);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const TEXT: &[u8] = b"chr1\t5\t9\nchr2\t1\t2\n";

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn bgzip(text: &[u8]) -> Vec<u8> {
        let mut writer = noodles_bgzf::io::Writer::new(Vec::new());
        writer.write_all(text).unwrap();
        writer.finish().unwrap()
    }

    /// A stream that gives one byte at a time, as a slow pipe may.
    struct Slow(Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let count = bytes.len().min(1);
            self.0.read(&mut bytes[..count])
        }
    }

    fn text(packed: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        unpack(Slow(Cursor::new(packed)))?.read_to_end(&mut text).map(|_| text)
    }

    #[test]
    fn packing_is_told_from_the_content() {
        for packed in [TEXT.to_vec(), gzip(TEXT), bgzip(TEXT), [gzip(&TEXT[..7]), gzip(&TEXT[7..])].concat()]
        {
            assert_eq!(text(packed).unwrap(), TEXT);
        }
        for short in [b"".as_slice(), b"a", b"\x1f"] {
            assert_eq!(text(short.to_vec()).unwrap(), short);
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        for packed in [gzip(TEXT), bgzip(TEXT)] {
            for length in 2..packed.len() {
                let error = text(packed[..length].to_vec()).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{length} of {}", packed.len());
            }
        }
    }
}
