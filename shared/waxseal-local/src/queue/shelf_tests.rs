//! The shelf compared with the plain list that it replaces: each call walks over all messages.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use proptest::prelude::*;
use waxseal::Timestamp;

use super::shelf::{Receive, Received, Shelf};
use crate::message::NewMessage;

const VISIBILITY: Duration = Duration::from_secs(30);
const MAX_RECEIVES: u32 = 3;

/// The list, in the order of arrival.
#[derive(Default)]
struct Model {
    fifo: bool,
    messages: Vec<(Received, Timestamp)>,
    receipts: u64,
}

impl Model {
    fn receive(&mut self, most: usize, now: Timestamp) -> (Vec<Received>, Vec<Received>) {
        let (mut taken, mut dead) = (Vec::new(), Vec::new());
        let group = |message: &Received| message.content.group.clone().filter(|_| self.fifo);
        // A message that is hidden blocks its group.
        let hidden = self.messages.iter().filter(|(_, visible)| *visible > now);
        let mut blocked: BTreeSet<String> = hidden.filter_map(|(message, _)| group(message)).collect();
        self.messages.retain_mut(|(message, visible)| {
            let group = message.content.group.clone().filter(|_| self.fifo);
            let is_blocked = group.as_ref().is_some_and(|group| blocked.contains(group));
            if taken.len() >= most || *visible > now || is_blocked {
                blocked.extend(group);
                return true;
            }
            if message.receives >= MAX_RECEIVES {
                dead.push(message.clone());
                return false;
            }
            message.receives += 1;
            if message.receives == 1 {
                message.first_received = now;
            }
            self.receipts += 1;
            message.receipt = self.receipts;
            *visible = now + VISIBILITY;
            taken.push(message.clone());
            true
        });
        (taken, dead)
    }

    fn delete(&mut self, id: &str, receipt: u64) -> bool {
        let before = self.messages.len();
        self.messages.retain(|(message, _)| &*message.id != id || message.receipt != receipt);
        self.messages.len() < before
    }

    fn hide(&mut self, id: &str, receipt: u64, until: Timestamp) {
        let mut all = self.messages.iter_mut();
        if let Some((_, visible)) = all.find(|(message, _)| &*message.id == id && message.receipt == receipt)
        {
            *visible = until;
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// With a group, and hidden for these seconds.
    Send(u8, u64),
    Receive(usize),
    /// One of the receives so far, which may be worthless by now.
    Delete(usize),
    Hide(usize, u64),
    Pass(u64),
    TakeAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..4_u8, prop_oneof![3 => Just(0), 1 => 0..40_u64]).prop_map(|(group, delay)| Step::Send(group, delay)),
        4 => (0..5_usize).prop_map(Step::Receive),
        2 => any::<usize>().prop_map(Step::Delete),
        2 => (any::<usize>(), 0..60_u64).prop_map(|(which, delay)| Step::Hide(which, delay)),
        2 => (0..40_u64).prop_map(Step::Pass),
        1 => Just(Step::TakeAll),
    ];
    proptest::collection::vec(step, 0..80)
}

fn message(number: usize, group: u8, now: Timestamp) -> Received {
    // Group 0 is none.
    let group = (group > 0).then(|| group.to_string());
    let content = Arc::new(NewMessage { group, ..NewMessage::new(number.to_string()) });
    let id = number.to_string().into();
    Received { id, receives: 0, sent: now, first_received: now, content, receipt: 0 }
}

fn shown<'a>(messages: impl IntoIterator<Item = &'a Received>) -> Vec<String> {
    messages.into_iter().map(|message| format!("{message:?}")).collect()
}

proptest! {
    #[test]
    fn the_indexed_queue_behaves_as_a_plain_list(steps in steps(), fifo in any::<bool>()) {
        let (mut shelf, mut model) = (Shelf::new(fifo), Model { fifo, ..Model::default() });
        let (mut now, mut receives) = (Timestamp::UNIX_EPOCH, vec![("none".to_owned(), 0)]);
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Send(group, delay) => {
                    let (message, visible) = (message(number, group, now), now + Duration::from_secs(delay));
                    shelf.add(message.clone(), visible, now);
                    model.messages.push((message, visible));
                }
                Step::Receive(most) => {
                    let receive = Receive { most, now, visibility: VISIBILITY, max_receives: MAX_RECEIVES };
                    let next = shelf.next_visible();
                    let ((taken, dead), expected) = (shelf.receive(receive), model.receive(most, now));
                    prop_assert_eq!((shown(&taken), shown(&dead)), (shown(&expected.0), shown(&expected.1)));
                    // The poller waits for exactly this.
                    let due = next.is_some_and(|next| next <= now);
                    prop_assert!(due || taken.is_empty() && dead.is_empty(), "{next:?}");
                    prop_assert!(!due || most == 0 || !taken.is_empty() || !dead.is_empty() || fifo, "{next:?}");
                    receives.extend(taken.iter().map(|message| (message.id.to_string(), message.receipt)));
                }
                Step::Delete(which) => {
                    let (id, receipt) = &receives[which % receives.len()];
                    prop_assert_eq!(shelf.delete(id, *receipt), model.delete(id, *receipt));
                }
                Step::Hide(which, delay) => {
                    let (id, receipt) = &receives[which % receives.len()];
                    let until = now + Duration::from_secs(delay);
                    shelf.hide(id, *receipt, until, now);
                    model.hide(id, *receipt, until);
                }
                Step::Pass(seconds) => now = now + Duration::from_secs(seconds),
                Step::TakeAll => {
                    let all = std::mem::take(&mut model.messages);
                    let taken: Vec<Received> = shelf.take().collect();
                    prop_assert_eq!(shown(&taken), shown(all.iter().map(|(message, _)| message)));
                }
            }
            for known in [0, 1, 3] {
                let left = model.messages.iter().skip(known).map(|(message, _)| message);
                prop_assert_eq!(shown(shelf.after(known)), shown(left));
            }
            prop_assert_eq!(shelf.len(), model.messages.len());
        }
    }
}
