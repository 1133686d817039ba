//! A filter has an operator that the mapping of a stream does not know.

use waxseal::Filter;

const GERMAN: Filter = Filter::new(r#"{"country":[{"wildcard":"D*"}]}"#);

fn main() {
    let _ = GERMAN;
}
