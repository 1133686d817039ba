//! The writes of a table: alone and in a transaction.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use waxseal::table::{Action, Item, Key};

use super::{
    capacity::Capacity,
    expression::parse,
    protocol::{
        OneWrite, Refused, TransactItem, Transaction, cancelled, item, key, placeholders, read, wire,
    },
    state::State,
    timers::entry,
};

/// A write that was read, with the result of its condition.
struct Prepared {
    action: Action,
    holds: bool,
    capacity: Capacity,
    /// What the index of timers bills where the write is applied.
    in_index: Capacity,
    /// The item that the answer shows where the condition fails.
    shown: Option<Item>,
}

impl State {
    pub(super) fn one_write(&mut self, body: Json, puts: bool) -> Result<Json, Refused> {
        let request: OneWrite = read(body)?;
        let asked = request.return_consumed_capacity.clone();
        let Prepared { action, holds, mut capacity, in_index, shown } =
            self.prepare(request, if puts { Kind::Put } else { Kind::Delete })?;
        if holds {
            capacity.add(in_index);
        }
        let answer = self.bill(capacity, asked.as_deref(), |used| used)?;
        if !holds {
            let more = shown.map_or_else(|| json!({}), |item| json!({"Item": wire(&item)}));
            let message = "The conditional request failed".to_owned();
            return Err(Refused { code: "ConditionalCheckFailedException", message, more });
        }
        self.apply(action);
        Ok(answer)
    }

    pub(super) fn transact(&mut self, body: Json) -> Result<Json, Refused> {
        let request: Transaction = read(body.clone())?;
        if let (Some(tokens), Some(token)) = (&self.tokens, &request.client_request_token)
            && let Some(first) = tokens.get(token)
        {
            return if *first == body {
                self.read_again(request)
            } else {
                Err(Refused::new(
                    "IdempotentParameterMismatchException",
                    "The request uses the same client token as a previous, but non-identical request",
                ))
            };
        }
        if request.transact_items.is_empty() || request.transact_items.len() > 100 {
            return Err(Refused::invalid("Member must have length less than or equal to 100"));
        }
        let mut prepared = Vec::new();
        for item in request.transact_items {
            prepared.push(match item {
                TransactItem { put: Some(put), delete: None, condition_check: None } => {
                    self.prepare(put, Kind::Put)?
                }
                TransactItem { put: None, delete: Some(delete), condition_check: None } => {
                    self.prepare(delete, Kind::Delete)?
                }
                TransactItem { put: None, delete: None, condition_check: Some(check) } => {
                    self.prepare(check, Kind::Check)?
                }
                _ => {
                    return Err(Refused::invalid(
                        "TransactItems can only contain one of Check, Put, Update or Delete",
                    ));
                }
            });
        }
        let keys: BTreeSet<Key> = prepared.iter().map(|prepared| prepared.key().clone()).collect();
        if keys.len() < prepared.len() {
            return Err(Refused::invalid(
                "Transaction request cannot include multiple operations on one item",
            ));
        }
        let mut used = Capacity::default();
        prepared.iter().for_each(|prepared| used.add(prepared.capacity.twice()));
        let holds = prepared.iter().all(|prepared| prepared.holds);
        if holds {
            prepared.iter().for_each(|prepared| used.add(prepared.in_index));
        }
        let answer = self.bill(used, request.return_consumed_capacity.as_deref(), |used| json!([used]))?;
        if !holds {
            let reasons: Vec<Json> = prepared.iter().map(Prepared::reason).collect();
            return Err(cancelled(&reasons));
        }
        prepared.into_iter().for_each(|prepared| self.apply(prepared.action));
        if let (Some(tokens), Some(token)) = (&mut self.tokens, request.client_request_token) {
            tokens.insert(token, body);
        }
        Ok(answer)
    }

    /// A transaction that was committed before, by its client token.
    fn read_again(&mut self, request: Transaction) -> Result<Json, Refused> {
        let mut used = Capacity::default();
        for TransactItem { put, delete, condition_check } in request.transact_items {
            for OneWrite { item: put, key: named, .. } in [put, delete, condition_check].into_iter().flatten()
            {
                let key = match (put, named) {
                    (Some(attributes), _) => item(attributes)?.key,
                    (None, Some(attributes)) => key(attributes)?,
                    (None, None) => continue,
                };
                used.add(Capacity::of_item(self.items.get(&key)).twice());
            }
        }
        self.bill(used, request.return_consumed_capacity.as_deref(), |used| json!([used]))
    }

    fn prepare(&self, request: OneWrite, kind: Kind) -> Result<Prepared, Refused> {
        self.check_table(&request.table_name)?;
        let action = match (kind, request.item, request.key) {
            (Kind::Put, Some(attributes), None) => Action::Put(item(attributes)?),
            (Kind::Delete, None, Some(attributes)) => Action::Delete(key(attributes)?),
            (Kind::Check, None, Some(attributes)) => Action::Check(key(attributes)?),
            _ => return Err(Refused::invalid("either Item or Key is missing, or one is too many")),
        };
        if let Action::Put(item) = &action
            && item.size() > 400 * 1024
        {
            return Err(Refused::invalid("Item size has exceeded the maximum allowed size"));
        }
        let placeholders =
            placeholders(request.expression_attribute_names, request.expression_attribute_values)?;
        let stored = match &action {
            Action::Put(item) => self.items.get(&item.key),
            Action::Delete(key) | Action::Check(key) => self.items.get(key),
        };
        let holds = match &request.condition_expression {
            Some(text) => parse(text, &placeholders).map_err(Refused::invalid)?.holds(stored),
            None => true,
        };
        let shows = match request.return_values_on_condition_check_failure.as_deref() {
            Some("ALL_OLD") => true,
            Some("NONE") | None => false,
            Some(other) => {
                return Err(Refused::invalid(format!("ReturnValuesOnConditionCheckFailure: {other}")));
            }
        };
        let after = match &action {
            Action::Put(item) => Some(item),
            Action::Delete(_) | Action::Check(_) => None,
        };
        let capacity = Capacity::of_write(stored, after);
        let in_index = match &action {
            Action::Check(_) => Capacity::default(),
            Action::Put(_) | Action::Delete(_) => {
                let [before, after] = [stored, after].map(|item| item.and_then(entry));
                Capacity::of_index(before.as_ref(), after.as_ref())
            }
        };
        Ok(Prepared { shown: stored.filter(|_| shows).cloned(), capacity, in_index, action, holds })
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Put,
    Delete,
    Check,
}

impl Prepared {
    fn key(&self) -> &Key {
        match &self.action {
            Action::Put(item) => &item.key,
            Action::Delete(key) | Action::Check(key) => key,
        }
    }

    fn reason(&self) -> Json {
        if self.holds {
            return json!({"Code": "None"});
        }
        let mut reason =
            json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"});
        if let Some(item) = &self.shown {
            reason["Item"] = wire(item);
        }
        reason
    }
}
