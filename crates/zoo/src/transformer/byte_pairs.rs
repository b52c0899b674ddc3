//! Byte pairs, as a published `tokenizer.json` defines them.

use std::path::Path;

use super::{Tokenizer, Tokens};
use crate::ZooError;

/// What hides a token is called one of these.
const MASKS: [&str; 2] = ["[MASK]", "<mask>"];

/// A tokenizer read from a `tokenizer.json`: byte pairs mostly, but whatever the file says.
///
/// The file decides everything: letters that it knows, runs of `N`, special tokens at the ends. Truncation and padding that it
/// may ask for are left to [`LanguageModel`](super::LanguageModel).
#[derive(Clone, Debug)]
pub struct BytePairs {
    tokenizer: tokenizers::Tokenizer,
    mask: Option<u32>,
}

impl BytePairs {
    /// Reads a `tokenizer.json`, or the one in a folder.
    ///
    /// # Errors
    ///
    /// [`ZooError::File`] if it cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ZooError> {
        let path = path.as_ref();
        let path = &if path.is_dir() { path.join("tokenizer.json") } else { path.to_path_buf() };
        let file = |problem: String| ZooError::File { what: "tokenizer", path: path.clone(), problem };
        let bytes = std::fs::read(path).map_err(|error| file(error.to_string()))?;
        Self::from_json(&bytes).map_err(file)
    }

    /// Reads the text of a `tokenizer.json`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(json).map_err(|error| error.to_string())?;
        tokenizer.with_padding(None).with_truncation(None).map_err(|error| error.to_string())?;
        let mask = MASKS.iter().find_map(|name| tokenizer.token_to_id(name));
        Ok(Self { tokenizer, mask })
    }
}

impl Tokenizer for BytePairs {
    fn encode(&self, sequence: &[u8]) -> Result<Tokens, String> {
        let text = str::from_utf8(sequence).ok().filter(|text| text.is_ascii());
        let text = text.ok_or("the sequence holds what is no letter")?;
        let encoding = self.tokenizer.encode(text, true).map_err(|error| error.to_string())?;
        let mut tokens = Tokens::default();
        let special = encoding.get_special_tokens_mask();
        for ((&id, &(start, end)), &special) in
            encoding.get_ids().iter().zip(encoding.get_offsets()).zip(special)
        {
            tokens.push(id, if special == 1 { 0..0 } else { start..end });
        }
        Ok(tokens)
    }

    fn mask(&self) -> Option<u32> {
        self.mask
    }
}
