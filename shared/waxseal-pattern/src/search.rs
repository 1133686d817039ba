//! The search for one value of each field so that every field matches, and no two values come from
//! different elements of one list.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    event::{Field, Place, Places},
    matcher::Matcher,
};

/// One way to match: its fields by their number, in the order of their names.
pub(crate) type Alternative = Vec<(usize, Arc<[Matcher]>)>;

/// Whether an event with these fields matches.
///
/// The search follows all choices side by side, as the sets of elements that they are bound to. A
/// field binds the fields behind it, in the order of their names. So `{"exists": false}` looks only
/// at the elements that the fields before it have chosen, as in AWS's engine.
pub(crate) fn matches(alternative: &Alternative, fields: &[Vec<Field<'_>>]) -> bool {
    // Outside of lists no value binds another one, and most events have no list that is asked for.
    let is_flat = |(field, _): &(usize, _)| fields[*field].iter().all(|value| value.places.is_empty());
    if alternative.iter().all(is_flat) {
        return alternative.iter().all(|(field, matchers)| is_one_matched(&fields[*field], matchers));
    }
    let mut choices = BTreeSet::from([Places::new()]);
    for (step, (field, matchers)) in alternative.iter().enumerate() {
        let lists: BTreeSet<u32> = alternative[step + 1..]
            .iter()
            .flat_map(|(field, _)| &fields[*field])
            .flat_map(|field| field.places.iter().map(|place| place.list))
            .collect();
        choices = next(&choices, &fields[*field], matchers, &lists);
        if choices.is_empty() {
            return false;
        }
    }
    true
}

/// Whether one of a field's values matches, or the field may be absent and is.
fn is_one_matched(values: &[Field<'_>], matchers: &[Matcher]) -> bool {
    match values {
        [] => matchers.contains(&Matcher::Absent),
        values => values.iter().any(|value| matchers.iter().any(|matcher| matcher.matches(&value.leaf))),
    }
}

/// The choices with a value of one more field. Elements of lists that no later field stands in bind
/// no more.
fn next(
    choices: &BTreeSet<Places>,
    values: &[Field<'_>],
    matchers: &[Matcher],
    lists: &BTreeSet<u32>,
) -> BTreeSet<Places> {
    let may_be_absent = matchers.contains(&Matcher::Absent);
    let values: Vec<(&[Place], bool)> = values
        .iter()
        .map(|value| (&*value.places, matchers.iter().any(|matcher| matcher.matches(&value.leaf))))
        .collect();
    let values = Values::new(&values, choices);
    let bind = |places: Places| places.into_iter().filter(|place| lists.contains(&place.list)).collect();
    let mut found = BTreeSet::new();
    for choice in choices {
        let mut is_absent = true;
        for (places, matches) in values.near(choice) {
            let Some(with) = together(choice, places) else { continue };
            is_absent = false;
            if matches {
                found.insert(bind(with));
            }
        }
        if is_absent && may_be_absent {
            found.insert(bind(choice.clone()));
        }
    }
    found
}

/// The places of a field's values, and whether the value matches: by element, so that long lists
/// are not compared with themselves.
struct Values<'v> {
    all: &'v [(&'v [Place], bool)],
    lists: BTreeSet<u32>,
    by_place: BTreeMap<Place, Vec<usize>>,
    /// For each list that choices are looked up by, the values that do not stand in it.
    outside: BTreeMap<u32, Vec<usize>>,
}

impl<'v> Values<'v> {
    fn new(all: &'v [(&'v [Place], bool)], choices: &BTreeSet<Places>) -> Self {
        let mut by_place: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        for (number, (places, _)) in all.iter().enumerate() {
            places.iter().for_each(|place| by_place.entry(*place).or_default().push(number));
        }
        let lists = by_place.keys().map(|place| place.list).collect();
        let mut values = Self { all, lists, by_place, outside: BTreeMap::new() };
        let looked_up: BTreeSet<u32> =
            choices.iter().filter_map(|choice| values.place(choice)).map(|place| place.list).collect();
        let is_outside = |list: u32, number: &usize| all[*number].0.iter().all(|place| place.list != list);
        let outside = |list| (list, (0..all.len()).filter(|number| is_outside(list, number)).collect());
        values.outside = looked_up.into_iter().map(outside).collect();
        values
    }

    /// The element that a choice is looked up by.
    fn place<'c>(&self, choice: &'c Places) -> Option<&'c Place> {
        choice.iter().find(|place| self.lists.contains(&place.list))
    }

    /// All values that may stand together with a choice, and perhaps some more.
    fn near(&self, choice: &Places) -> Vec<(&'v [Place], bool)> {
        let Some(place) = self.place(choice) else { return self.all.to_vec() };
        let inside = self.by_place.get(place).into_iter().flatten();
        let outside = self.outside.get(&place.list).into_iter().flatten();
        inside.chain(outside).map(|number| self.all[*number]).collect()
    }
}

/// Both together; `None` where they are in different elements of one list.
fn together(choice: &Places, places: &[Place]) -> Option<Places> {
    let is_elsewhere = |place: &Place| choice.iter().any(|other| other.list == place.list && other != place);
    if places.iter().any(is_elsewhere) {
        return None;
    }
    let mut all = choice.clone();
    all.extend(places);
    Some(all)
}
