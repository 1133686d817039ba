//! The codes of findings.

use std::fmt;

/// A kind of finding, such as `WX0109`. A code keeps its meaning for ever; a new kind gets a new
/// code. The codes of failures at run time, `WX0001` and up, are [`waxseal::Code`].
///
/// ```
/// use waxseal_catalog::FindingCode;
/// assert_eq!(FindingCode::NotEmitted.to_string(), "WX0109");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingCode {
    #[doc = include_str!("../../errors/WX0101.md")]
    TwoServices,
    #[doc = include_str!("../../errors/WX0102.md")]
    TwoHandlers,
    #[doc = include_str!("../../errors/WX0103.md")]
    TwoDeclarations,
    #[doc = include_str!("../../errors/WX0104.md")]
    ForeignEvent,
    #[doc = include_str!("../../errors/WX0105.md")]
    WrongRecipient,
    #[doc = include_str!("../../errors/WX0106.md")]
    Cursor,
    #[doc = include_str!("../../errors/WX0107.md")]
    NoRecipient,
    #[doc = include_str!("../../errors/WX0108.md")]
    NotHandled,
    #[doc = include_str!("../../errors/WX0109.md")]
    NotEmitted,
    #[doc = include_str!("../../errors/WX0110.md")]
    NotRead,
    #[doc = include_str!("../../errors/WX0111.md")]
    UnknownOwner,
    #[doc = include_str!("../../errors/WX0112.md")]
    NoHandlers,
    #[doc = include_str!("../../errors/WX0113.md")]
    NoRule,
    #[doc = include_str!("../../errors/WX0114.md")]
    ReservedVariable,
}

impl FindingCode {
    /// Every code, in the order of its number.
    pub const ALL: [Self; 14] = [
        Self::TwoServices,
        Self::TwoHandlers,
        Self::TwoDeclarations,
        Self::ForeignEvent,
        Self::WrongRecipient,
        Self::Cursor,
        Self::NoRecipient,
        Self::NotHandled,
        Self::NotEmitted,
        Self::NotRead,
        Self::UnknownOwner,
        Self::NoHandlers,
        Self::NoRule,
        Self::ReservedVariable,
    ];

    /// The code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TwoServices => "WX0101",
            Self::TwoHandlers => "WX0102",
            Self::TwoDeclarations => "WX0103",
            Self::ForeignEvent => "WX0104",
            Self::WrongRecipient => "WX0105",
            Self::Cursor => "WX0106",
            Self::NoRecipient => "WX0107",
            Self::NotHandled => "WX0108",
            Self::NotEmitted => "WX0109",
            Self::NotRead => "WX0110",
            Self::UnknownOwner => "WX0111",
            Self::NoHandlers => "WX0112",
            Self::NoRule => "WX0113",
            Self::ReservedVariable => "WX0114",
        }
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("errors");
        let pages: BTreeSet<String> = fs::read_dir(folder)
            .expect("a folder of pages")
            .map(|file| file.expect("a page").file_name().to_string_lossy().replace(".md", ""))
            .collect();
        let codes: BTreeSet<String> = FindingCode::ALL.iter().map(FindingCode::to_string).collect();
        assert_eq!(pages, codes);
    }
}
