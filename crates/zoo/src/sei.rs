//! Sei.

use crate::catalogue::Entry;
use crate::error::ZooError;
use crate::registry::{LoadOptions, ZooModel};

pub(crate) const ENTRIES: &[Entry] = &[];

pub(crate) fn load(entry: &'static Entry, _: &LoadOptions) -> Result<ZooModel, ZooError> {
    Ok(ZooModel::new(entry))
}
