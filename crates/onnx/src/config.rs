//! What an ONNX file does not say of its model.

use std::path::Path;

use ciskit_core::Scale;
use serde::{Deserialize, Serialize};

use crate::OnnxError;

/// The newest format of configurations.
const FORMAT: u32 = 1;

/// What an ONNX file does not say of its model: how bases are numbers, and what the results mean.
///
/// ```
/// use ciskit_onnx::{Layout, OnnxConfig, OutputScale};
///
/// let config = OnnxConfig::from_toml(
///     r#"
///     format = 1
///     scale = "logit"            # logit, probability, log or raw: the only setting without a default
///     layout = "channels-last"   # (batch, length, 4) as Keras has it; channels-first is (batch, 4, length)
///     letters = "AGCT"           # the channels' order; ACGT unless said otherwise
///     unknown = 0.25             # the four channels of N; 0 unless said otherwise
///     length = 1000              # only for a model that leaves it open
///     outputs = ["K562", "HepG2"]
///     axes = ["batch", "outputs", "bins"]
///     bins = { width = 128, first = 0 }
///     "#,
///     "model.toml",
/// )?;
/// assert_eq!((config.layout, config.scale), (Layout::ChannelsLast, OutputScale::Logit));
/// assert_eq!(config.batch, OnnxConfig::new(OutputScale::Raw).batch);
/// # Ok::<(), ciskit_onnx::OnnxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OnnxConfig {
    /// Format of the configuration; 1.
    pub format: u32,
    /// Scale of every output.
    pub scale: OutputScale,
    /// Order of the input's axes; PyTorch's unless said otherwise.
    #[serde(default)]
    pub layout: Layout,
    /// The letters of the four channels: A, C, G and T in any order.
    #[serde(default = "acgt")]
    pub letters: String,
    /// Value of the four channels for a letter other than A, C, G and T.
    #[serde(default)]
    pub unknown: f32,
    /// Length of the sequence in bp; needed if the model leaves it open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
    /// The base that a variant is centred on (0-based); the middle unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<usize>,
    /// How many sequences the model runs on at a time, if it leaves that open; one unless said otherwise, as several
    /// batches run in parallel and a larger one gains little.
    #[serde(default = "one")]
    pub batch: usize,
    /// Name of the result to read, if the model gives several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Axes of the result; `["batch"]` or `["batch", "outputs"]` unless said otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub axes: Vec<Axis>,
    /// Names of the outputs; `score`, or `output1` and so on, unless said otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// Where the bins lie, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bins: Option<Bins>,
}

/// Order of the axes of the one-hot input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// (batch, 4, length), as PyTorch has it.
    #[default]
    ChannelsFirst,
    /// (batch, length, 4), as Keras has it.
    ChannelsLast,
}

/// Scale of the outputs; see [`Scale`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputScale {
    /// A probability in [0, 1].
    Probability,
    /// Log odds.
    Logit,
    /// A natural logarithm.
    Log,
    /// Anything else.
    Raw,
}

impl From<OutputScale> for Scale {
    fn from(scale: OutputScale) -> Self {
        match scale {
            OutputScale::Probability => Self::Probability,
            OutputScale::Logit => Self::Logit,
            OutputScale::Log => Self::Log,
            OutputScale::Raw => Self::Raw,
        }
    }
}

/// What an axis of the result stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// One sequence each.
    Batch,
    /// One place each.
    Bins,
    /// One quantity each.
    Outputs,
}

/// Where the bins lie in the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bins {
    /// Width in bp.
    pub width: u32,
    /// Where the first one starts, in bp from the sequence's first base.
    #[serde(default)]
    pub first: i64,
}

fn acgt() -> String {
    "ACGT".into()
}

fn one() -> usize {
    1
}

impl OnnxConfig {
    /// The configuration of a model from PyTorch whose outputs have this scale.
    #[must_use]
    pub fn new(scale: OutputScale) -> Self {
        Self {
            format: FORMAT,
            scale,
            layout: Layout::default(),
            letters: acgt(),
            unknown: 0.0,
            length: None,
            anchor: None,
            batch: one(),
            result: None,
            axes: Vec::new(),
            outputs: Vec::new(),
            bins: None,
        }
    }

    /// Reads a TOML file.
    ///
    /// # Errors
    ///
    /// [`OnnxError::Read`], and those of [`from_toml`](Self::from_toml).
    pub fn read(path: impl AsRef<Path>) -> Result<Self, OnnxError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| OnnxError::Read { path: path.to_path_buf(), source })?;
        Self::from_toml(&text, path)
    }

    /// Reads TOML from a text that messages call `name`.
    ///
    /// # Errors
    ///
    /// [`OnnxError::Config`] for another text, an unknown setting or one of another type, [`OnnxError::Newer`] for a
    /// format of the future, [`OnnxError::Setting`] for a value that describes no model.
    pub fn from_toml(text: &str, name: impl AsRef<Path>) -> Result<Self, OnnxError> {
        let path = || name.as_ref().to_path_buf();
        let refused = |source| OnnxError::Config { path: path(), source: Box::new(source) };
        // A format of the future may have settings that are unknown here.
        let Format { format } = toml::from_str(text).map_err(refused)?;
        if format > FORMAT {
            return Err(OnnxError::Newer { path: path(), found: format, known: FORMAT });
        }
        let config: Self = toml::from_str(text).map_err(refused)?;
        config.check()?;
        Ok(config)
    }

    /// Refuses settings that describe no model.
    pub(crate) fn check(&self) -> Result<(), OnnxError> {
        let refuse = |setting, expected: &str, found: String| {
            Err(OnnxError::Setting { setting, expected: expected.to_owned(), found })
        };
        if self.format != FORMAT {
            return refuse("format", "1", self.format.to_string());
        }
        let mut letters = self.letters.to_ascii_uppercase().into_bytes();
        letters.sort_unstable();
        if letters != b"ACGT" {
            return refuse("letters", "A, C, G and T in any order", format!("{:?}", self.letters));
        }
        if !self.unknown.is_finite() {
            return refuse("unknown", "a finite number", self.unknown.to_string());
        }
        if self.batch == 0 {
            return refuse("batch", "1 or more", "0".into());
        }
        let axes = &self.axes;
        let twice = (1..axes.len()).any(|index| axes[..index].contains(&axes[index]));
        if !axes.is_empty() && (axes[0] != Axis::Batch || twice) {
            let found = axis_names(axes);
            return refuse("axes", "batch first, then outputs, bins or both, each once", found);
        }
        Ok(())
    }

    /// The channel of each of A, C, G and T.
    pub(crate) fn channels(&self) -> [usize; 4] {
        let letters = self.letters.to_ascii_uppercase();
        // `check` has seen every letter there.
        [b'A', b'C', b'G', b'T'].map(|base| letters.bytes().position(|letter| letter == base).unwrap_or(0))
    }
}

/// The axes as the file spells them.
pub(crate) fn axis_names(axes: &[Axis]) -> String {
    let names = axes.iter().map(|axis| format!("{axis:?}").to_lowercase());
    format!("[{}]", names.collect::<Vec<_>>().join(", "))
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        OnnxConfig::from_toml(text, "m.toml").unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut config = OnnxConfig::new(OutputScale::Log);
        config.length = Some(100);
        config.bins = Some(Bins { width: 4, first: -2 });
        config.axes = vec![Axis::Batch, Axis::Bins];
        let text = toml::to_string(&config).unwrap();
        assert_eq!(OnnxConfig::from_toml(&text, "m.toml").unwrap(), config);
    }

    #[test]
    fn little_needs_to_be_said() {
        let config = OnnxConfig::from_toml("format = 1\nscale = \"raw\"", "m.toml").unwrap();
        assert_eq!(config, OnnxConfig::new(OutputScale::Raw));
        assert_eq!(config.channels(), [0, 1, 2, 3]);
        let config = OnnxConfig { letters: "tgac".into(), ..config };
        assert_eq!(config.channels(), [2, 3, 1, 0]);
    }

    #[test]
    fn faults_are_named() {
        for (text, message) in [
            ("scale = \"raw\"", "cannot read m.toml as the configuration of an ONNX model"),
            ("format = 1", "cannot read m.toml as the configuration of an ONNX model"),
            (
                "format = 1\nscale = \"raw\"\nlayuot = 1",
                "cannot read m.toml as the configuration of an ONNX model",
            ),
            (
                "format = 2\nnew = 1",
                "m.toml: configuration format 2 is newer than format 1, the newest known here",
            ),
            ("format = 0\nscale = \"raw\"", "format = 0: expected 1"),
            (
                "format = 1\nscale = \"raw\"\nletters = \"ACGU\"",
                "letters = \"ACGU\": expected A, C, G and T in any order",
            ),
            ("format = 1\nscale = \"raw\"\nunknown = nan", "unknown = NaN: expected a finite number"),
            ("format = 1\nscale = \"raw\"\nbatch = 0", "batch = 0: expected 1 or more"),
            (
                "format = 1\nscale = \"raw\"\naxes = [\"outputs\", \"batch\"]",
                "axes = [outputs, batch]: expected batch first, then outputs, bins or both, each once",
            ),
        ] {
            assert_eq!(refused(text), message);
        }
    }
}
