//! The drawing as a Mermaid diagram.

use std::fmt::Write as _;

use crate::explore::machine::Machine;

/// Words that Mermaid keeps for itself in a state diagram.
const KEPT_WORDS: [&str; 6] = ["state", "end", "note", "direction", "class", "style"];

/// The machine as a `stateDiagram-v2`.
pub(super) fn mermaid(machine: &Machine) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut text = String::from("stateDiagram-v2\n");
    // A write to a text cannot fail.
    for (n, place) in machine.places.iter().enumerate() {
        let name = if n == 0 { "[*]".to_owned() } else { unique(&place.name, &names) };
        if n > 0 && name != place.name {
            let _ = writeln!(text, "    state \"{}\" as {name}", words(&place.name));
        }
        names.push(name);
    }
    for moved in &machine.moves {
        let mut label = words(&moved.label);
        if !moved.emitted.is_empty() {
            let _ = write!(label, " / {}", words(&moved.emitted.join(", ")));
        }
        let _ = writeln!(text, "    {} --> {} : {label}", names[moved.from], names[moved.to]);
    }
    for (_, name) in machine.places.iter().zip(&names).filter(|(place, _)| place.is_end) {
        let _ = writeln!(text, "    {name} --> [*]");
    }
    text
}

/// A name that Mermaid takes, and that no other place has.
fn unique(place: &str, taken: &[String]) -> String {
    let parts = place.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let mut name = parts.collect::<Vec<_>>().join("_");
    let is_taken = |name: &String| {
        name.is_empty() || taken.contains(name) || KEPT_WORDS.contains(&name.to_lowercase().as_str())
    };
    while is_taken(&name) {
        name.push('_');
    }
    name
}

/// A text without the characters that end a label in Mermaid.
fn words(text: &str) -> String {
    text.replace(['"', '`'], "'").replace([':', ';', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_tell_places_apart() {
        let taken = ["Open".to_owned(), "Wait_3".to_owned()];
        assert_eq!(unique("Reserving", &taken), "Reserving");
        assert_eq!(unique("Open", &taken), "Open_");
        assert_eq!(unique("{\"Wait\":3}", &taken), "Wait_3_");
        assert_eq!(unique("End", &taken), "End_");
        assert_eq!(unique("undoing reserve-stock", &taken), "undoing_reserve_stock");
        assert_eq!(words("{\"Wait\":3}; `x`"), "{'Wait' 3}  'x'");
    }
}
