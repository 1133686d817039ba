//! The drawing as a text of 80 columns.

use crate::explore::machine::Machine;

const WIDTH: usize = 80;
/// The column of the arrows, where the labels leave room for it.
const ARROWS: usize = 36;

/// The machine as a list: each place with the moves that leave it.
pub(super) fn text(machine: &Machine) -> String {
    let mut lines = vec![machine.process.to_owned()];
    for (n, place) in machine.places.iter().enumerate() {
        let name = if n == 0 { "begins" } else { &place.name };
        lines.push(String::new());
        wrap(&mut lines, name, "", "  ");
        if place.is_end {
            lines.push("  end".to_owned());
        }
        for moved in machine.moves.iter().filter(|moved| moved.from == n) {
            let to = if moved.to == n { "stays" } else { &machine.places[moved.to].name };
            let line = format!("  {:width$} -> {to}", moved.label, width = ARROWS - 2);
            if line.chars().count() <= WIDTH {
                lines.push(line);
            } else {
                wrap(&mut lines, &moved.label, "  ", "    ");
                wrap(&mut lines, &format!("-> {to}"), "      ", "         ");
            }
            if !moved.emitted.is_empty() {
                wrap(&mut lines, &format!("emits {}", moved.emitted.join(", ")), "      ", "            ");
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Adds a text in lines of the width; a word that is longer is cut.
fn wrap(lines: &mut Vec<String>, text: &str, first: &str, next: &str) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        let room = WIDTH - next.len().max(first.len());
        let pieces: Vec<char> = word.chars().collect();
        for piece in pieces.chunks(room) {
            let piece: String = piece.iter().collect();
            if !is_empty && line.chars().count() + 1 + piece.chars().count() > WIDTH {
                lines.push(std::mem::replace(&mut line, next.to_owned()));
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(&piece);
            is_empty = false;
        }
    }
    lines.push(line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::machine::{Move, Place};

    #[test]
    fn no_line_is_longer_than_80_columns() {
        let place = |name: &str, is_end| Place { name: name.to_owned(), is_end };
        let long = "w".repeat(170);
        let machine = Machine {
            process: "long",
            places: vec![place("", false), place(&format!("a {long}"), false), place("finished (b)", true)],
            moves: vec![
                Move { from: 0, to: 1, label: format!("begun {long}"), emitted: vec!["one".to_owned(); 40] },
                Move { from: 1, to: 2, label: "ended".to_owned(), emitted: Vec::new() },
            ],
        };
        let drawn = text(&machine);
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
        assert!(drawn.contains("\n  ended                              -> finished (b)\n"), "{drawn}");
        assert_eq!(drawn.matches('w').count(), 3 * 170, "{drawn}");
        assert_eq!(drawn.matches("one").count(), 40, "{drawn}");
    }
}
