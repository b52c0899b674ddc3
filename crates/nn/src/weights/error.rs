//! Why a weight file cannot be read.

use std::path::PathBuf;

/// Why a weight file cannot be read, naming the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightFileError {
    /// The file cannot be opened or read.
    #[error("cannot read weight file {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of another kind.
    #[error("{} is not a weight file: neither safetensors nor a PyTorch .pth nor a Keras .h5 file", path.display())]
    NotWeights {
        /// The file.
        path: PathBuf,
    },
    /// A `.pth` file as PyTorch wrote them before version 1.6 of 2020.
    #[error(
        "{path} has the .pth format from before 2020; convert it with: python -c \"import torch; \
         torch.save(torch.load('{path}', map_location='cpu'), '{converted}')\" (if torch refuses with a word on \
         weights_only, and only for a file from someone you trust, add weights_only=False to torch.load)",
        path = path.display(),
        converted = path.with_extension("new.pth").display()
    )]
    LegacyPth {
        /// The file.
        path: PathBuf,
    },
    /// A weight file that is cut short, broken, or holds what is not read.
    #[error("{} cannot be read as {format}: {problem}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it looked like at its start.
        format: &'static str,
        /// Why it cannot be read.
        problem: String,
    },
    /// A `.pth` file without a state dict, such as one of a whole module.
    #[error("{} holds no tensors by name: save the model's state_dict() instead of the model", path.display())]
    NoStateDict {
        /// The file.
        path: PathBuf,
    },
    /// A folder without weights of a name that is known.
    #[error("{} holds no weights: expected one of {}", path.display(), expected.join(", "))]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
        /// The names that were looked for.
        expected: &'static [&'static str],
    },
}
