//! The reruns of one record: a race that was lost, or a handler that writes an entity without loading it.

use crate::{handler::Failure, row::state, table::Refusal};

/// The tries that a condition on state refused.
#[derive(Default)]
pub(super) struct Race {
    pub(super) tries: u32,
    /// The entities that refused the last try, as they were stored then.
    standing: Vec<Refusal>,
}

impl Race {
    /// Notes a try that was refused.
    ///
    /// # Errors
    /// Where an entity refuses that has not changed since it refused the try before. A handler that had loaded it in between
    /// would have written on what is stored, so no further try can help.
    pub(super) fn lost(&mut self, refusals: Vec<Refusal>) -> Result<(), Failure> {
        self.tries += 1;
        let entities: Vec<Refusal> =
            refusals.into_iter().filter(|refusal| state::is_key(&refusal.key)).collect();
        if let Some(Refusal { key, stored }) = entities.iter().find(|refusal| self.standing.contains(refusal))
        {
            return Err(Failure::NotLoaded { entity: key.to_string(), exists: stored.is_some() });
        }
        self.standing = entities;
        Ok(())
    }

    /// The failure of a record that has no try left.
    pub(super) fn contended(&self) -> Failure {
        Failure::Contended { tries: self.tries }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Item, Key};

    fn refused(sort: &str, version: Option<i64>) -> Vec<Refusal> {
        let key = Key::of("hat", &["1"], sort.to_owned());
        vec![Refusal {
            stored: version.map(|version| Item::new(key.clone()).number("version", version)),
            key,
        }]
    }

    #[test]
    fn c2_an_entity_that_stands_as_it_stood_was_not_loaded() {
        let mut race = Race::default();
        for version in [1, 2, 1, 2] {
            assert!(race.lost(refused("state", Some(version))).is_ok(), "others write it: a race");
        }
        let failure = race.lost(refused("state", Some(2))).unwrap_err();
        assert!(matches!(failure, Failure::NotLoaded { exists: true, .. }), "{failure}");
        assert_eq!(race.tries, 5);

        let mut race = Race::default();
        assert!(race.lost(refused("state", None)).is_ok());
        let failure = race.lost(refused("state", None)).unwrap_err();
        assert!(matches!(failure, Failure::NotLoaded { exists: false, .. }), "{failure}");
    }

    #[test]
    fn c2_a_cursor_is_no_entity() {
        let mut race = Race::default();
        for _ in 0..3 {
            assert!(race.lost(refused("cursor", Some(1))).is_ok());
        }
        assert!(matches!(race.contended(), Failure::Contended { tries: 3 }));
    }
}
