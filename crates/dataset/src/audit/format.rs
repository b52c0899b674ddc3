//! The version of the schema.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// The version of an audit's schema: 1. Reading refuses others by name.
///
/// ```
/// use ciskit_dataset::AuditFormat;
/// assert_eq!(AuditFormat::VERSION, 1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AuditFormat;

impl AuditFormat {
    /// What is written, and the newest that is read.
    pub const VERSION: u64 = 1;
}

impl Serialize for AuditFormat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(Self::VERSION)
    }
}

impl<'de> Deserialize<'de> for AuditFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = u64::deserialize(deserializer)?;
        if found == Self::VERSION {
            return Ok(Self);
        }
        let (known, newer) = (Self::VERSION, if found > Self::VERSION { "newer than" } else { "not" });
        Err(D::Error::custom(format!("format {found} is {newer} format {known} that this version reads")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_refused_by_name() {
        assert_eq!(serde_json::to_string(&AuditFormat).unwrap(), "1");
        assert!(serde_json::from_str::<AuditFormat>("1").is_ok());
        let newer = serde_json::from_str::<AuditFormat>("2").unwrap_err().to_string();
        assert!(newer.starts_with("format 2 is newer than format 1"), "{newer}");
        assert!(serde_json::from_str::<AuditFormat>("0").is_err());
    }
}
