//! Any line end as LF.

use std::io::{self, Read};

/// Bytes in which CR and CRLF have become LF, so that tables of old spreadsheets have lines.
pub(super) struct LineEnds<R> {
    inner: R,
    /// Whether the byte before was a CR, whose LF has been given already.
    after_return: bool,
}

impl<R> LineEnds<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, after_return: false }
    }
}

impl<R: Read> Read for LineEnds<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let found = self.inner.read(buffer)?;
            let mut kept = 0;
            for index in 0..found {
                let byte = buffer[index];
                let second_half = byte == b'\n' && self.after_return;
                self.after_return = byte == b'\r';
                if !second_half {
                    buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
            }
            // An LF whose CR came before is no end of the data.
            if found == 0 || kept > 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives one byte at a time, so that every CRLF is cut in two.
    struct Drop<'a>(&'a [u8]);

    impl Read for Drop<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(buffer.len()).min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    fn joined(reader: impl Read) -> String {
        let mut text = String::new();
        LineEnds::new(reader).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn every_end_is_one_line_feed() {
        assert_eq!(joined("a\rb\r\nc\n\rd\r\r\ne\r".as_bytes()), "a\nb\nc\n\nd\n\ne\n");
    }

    proptest! {
        #[test]
        fn where_reads_stop_does_not_matter(text in "[a\r\n]{0,40}") {
            let expected = text.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(joined(Drop(text.as_bytes())), expected.clone());
            prop_assert_eq!(joined(text.as_bytes()), expected);
        }
    }
}
