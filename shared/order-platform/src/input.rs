//! The two input files.

use std::{collections::BTreeMap, fs, path::Path};

use inventory::stock_file::{StockLine, parse_lines};

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct Unreadable {
    path: String,
    source: std::io::Error,
}

/// Reads a whole file.
///
/// # Errors
/// Where it cannot be read, naming it.
pub fn read(path: &Path) -> Result<Vec<u8>, Unreadable> {
    fs::read(path).map_err(|source| Unreadable { path: path.display().to_string(), source })
}

/// A file of stock.
#[derive(Debug, Clone, Default)]
pub struct Stock {
    /// The readable lines.
    pub lines: Vec<StockLine>,
    /// The other lines, with number and reason.
    pub refused: Vec<(usize, String)>,
}

impl Stock {
    /// Reads the lines of a file.
    #[must_use]
    pub fn parse(file: &[u8]) -> Self {
        let mut stock = Self::default();
        for (number, line) in parse_lines(file) {
            match line {
                Ok(line) => stock.lines.push(line),
                Err(error) => stock.refused.push((number, error.to_string())),
            }
        }
        stock
    }

    /// The quantity of each SKU.
    #[must_use]
    pub fn initial(&self) -> BTreeMap<String, u64> {
        let mut initial = BTreeMap::new();
        for line in &self.lines {
            *initial.entry(line.sku.clone()).or_default() += line.on_hand;
        }
        initial
    }
}
