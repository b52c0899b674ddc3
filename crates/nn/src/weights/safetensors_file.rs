//! Safetensors files read tensor by tensor, so that a file never lies in memory beside its tensors.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use candle_core::DType;
use safetensors::tensor::Metadata;

use super::Weights;

/// Headers longer than this are no headers: the format's own limit.
const LONGEST_HEADER: u64 = 100_000_000;

/// The content of a file of `length` bytes, each tensor rounded to `dtype` if one is given; or what is wrong, in a clause.
pub(super) fn read(mut file: impl Read + Seek, length: u64, dtype: Option<DType>) -> Result<Weights, String> {
    let damaged = |error: &dyn std::fmt::Display| format!("the file is damaged or cut short ({error})");
    let mut size = [0u8; 8];
    file.read_exact(&mut size).map_err(|error| damaged(&error))?;
    let size = u64::from_le_bytes(size);
    if size > LONGEST_HEADER.min(length.saturating_sub(8)) {
        return Err(damaged(&"its header is longer than the file"));
    }
    let mut header = vec![0u8; size as usize];
    file.read_exact(&mut header).map_err(|error| damaged(&error))?;
    let header: Metadata = serde_json::from_slice(&header).map_err(|error| damaged(&error))?;
    let end = header.tensors().values().map(|info| info.data_offsets.1 as u64).max().unwrap_or(0);
    if end.checked_add(8 + size) != Some(length) {
        return Err(damaged(&"its tensors do not fill it"));
    }

    let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
    let (mut tensors, mut bytes) = (BTreeMap::new(), Vec::new());
    for (name, info) in header.tensors() {
        let (start, stop) = info.data_offsets;
        let of_candle = DType::try_from(info.dtype).map_err(|error| format!("parameter {name}: {error}"))?;
        let count =
            info.shape.iter().try_fold(of_candle.size_in_bytes(), |count, &axis| count.checked_mul(axis));
        if stop.checked_sub(start) != count {
            return Err(damaged(&format!("parameter {name} has another size than its shape")));
        }
        bytes.resize(stop - start, 0);
        file.seek(SeekFrom::Start(8 + size + start as u64)).map_err(|error| damaged(&error))?;
        file.read_exact(&mut bytes).map_err(|error| damaged(&error))?;
        let tensor = super::tensor(&bytes, of_candle, &info.shape, dtype);
        tensors.insert(name.clone(), tensor.map_err(|problem| format!("parameter {name} {problem}"))?);
    }
    Ok(Weights { tensors, metadata })
}
