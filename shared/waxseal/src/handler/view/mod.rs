//! Reads of a service's table: entities, histories, and the rows of projections.
//!
//! A view only reads, strongly consistent. The engine gives the same reads to the code around it.

mod entities;
mod past;
mod rows;

pub use entities::View;
pub use rows::RowPage;
