//! The plan: which commits share a request. It is a plain function over the items that they touch.

use foldhash::{HashSet, HashSetExt as _};

use crate::table::{Key, LARGEST_ACTIONS, LARGEST_COMMIT, Write};

/// The policy by which the commits of a batch become requests.
///
/// A record with nothing but its receipt is cheapest alone: 1 WCU, one round trip, all of them in
/// parallel. A record with state needs a transaction anyway (twice the WCU), and then a shared one
/// costs fewer requests and less CPU at the same price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Grouping {
    /// The fewest capacity units, then the fewest requests: receipts alone, records with state
    /// together.
    #[default]
    Cheapest,
    /// The fewest requests: receipts share transactions too, at twice the capacity units.
    FewestRequests,
    /// A request for each record, as outside of a batch.
    Apart,
}

/// The items that one commit touches.
#[derive(Debug)]
pub(super) struct Touched<'a> {
    pub(super) writes: &'a [Write],
    /// The other items on which the commit was decided.
    pub(super) reads: &'a [Key],
}

#[derive(Default)]
struct Bin<'a> {
    members: Vec<usize>,
    writes: HashSet<&'a Key>,
    reads: HashSet<&'a Key>,
    actions: usize,
    bytes: usize,
    /// A commit found no room in the request.
    full: bool,
}

impl<'a> Bin<'a> {
    fn has_room(&self, actions: usize, bytes: usize) -> bool {
        self.actions + actions <= LARGEST_ACTIONS && self.bytes + bytes <= LARGEST_COMMIT
    }

    fn is_disjoint(&self, commit: &Touched<'a>) -> bool {
        // Writes need no check: the planner keeps back every commit that writes an item which an
        // earlier one is about to write.
        !commit.writes.iter().any(|write| self.reads.contains(write.key()))
            && !commit.reads.iter().any(|key| self.writes.contains(key))
    }

    fn add(&mut self, index: usize, commit: &Touched<'a>, bytes: usize) {
        self.members.push(index);
        self.writes.extend(commit.writes.iter().map(Write::key));
        self.reads.extend(commit.reads);
        self.actions += commit.writes.len();
        self.bytes += bytes;
    }
}

/// The requests to send now, as indexes of `waiting`. All other commits wait.
///
/// `busy` are the items that requests under way write; `under_way` says whether a transaction is
/// among them.
///
/// - A commit waits where an earlier one is about to write the same item: two transactions on one
///   item would only cancel each other.
/// - A shared transaction holds only commits with disjoint reads and writes, so that a refusal
///   concerns exactly the commits that it names.
/// - A transaction with room waits while another is under way, and takes in commits that get ready
///   meanwhile. It never waits for a handler.
pub(super) fn plan(
    waiting: &[Touched<'_>],
    busy: &HashSet<Key>,
    under_way: bool,
    grouping: Grouping,
) -> Vec<Vec<usize>> {
    let mut claimed: HashSet<&Key> = HashSet::new();
    let mut alone: Vec<Vec<usize>> = Vec::new();
    let mut bins: Vec<Bin<'_>> = Vec::new();
    for (index, commit) in waiting.iter().enumerate() {
        let waits =
            commit.writes.iter().any(|write| claimed.contains(write.key()) || busy.contains(write.key()));
        // A commit that waits claims its items too, so that the commits behind it keep their order.
        claimed.extend(commit.writes.iter().map(Write::key));
        if waits {
            continue;
        }
        let apart = match grouping {
            Grouping::Apart => true,
            Grouping::Cheapest => commit.writes.len() < 2,
            Grouping::FewestRequests => false,
        };
        if apart {
            alone.push(vec![index]);
            continue;
        }
        let bytes = commit.writes.iter().map(Write::bytes).sum();
        let mut place = None;
        for (at, bin) in bins.iter_mut().enumerate() {
            if !bin.has_room(commit.writes.len(), bytes) {
                bin.full = true;
            } else if bin.is_disjoint(commit) {
                place = Some(at);
                break;
            }
        }
        let at = place.unwrap_or_else(|| {
            bins.push(Bin::default());
            bins.len() - 1
        });
        if let Some(bin) = bins.get_mut(at) {
            bin.add(index, commit, bytes);
        }
    }
    let ready = |bin: &Bin<'_>| !under_way || bin.full || bin.actions == LARGEST_ACTIONS;
    alone.extend(bins.into_iter().filter(ready).map(|bin| bin.members));
    alone
}

#[cfg(test)]
mod tests {
    use crate::table::{Action, Condition, Item};
    use proptest::prelude::*;
    use waxseal_message::Timestamp;

    use super::*;

    fn key(n: u8) -> Key {
        Key::of("stock", &[&n.to_string()], "state")
    }

    fn write(key: Key, bytes: usize) -> Write {
        Write {
            action: Action::Put(Item::new(key).text("data", "x".repeat(bytes))),
            condition: Condition::Absent { now: Timestamp::UNIX_EPOCH },
        }
    }

    #[derive(Debug)]
    struct Commit {
        writes: Vec<Write>,
        reads: Vec<Key>,
    }

    fn touched(commits: &[Commit]) -> Vec<Touched<'_>> {
        commits.iter().map(|commit| Touched { writes: &commit.writes, reads: &commit.reads }).collect()
    }

    /// A commit of a receipt and a state, each with a key of its own.
    fn stateful(n: usize, state: u8) -> Commit {
        let receipt = Key::of("receipt", &[&n.to_string()], "receipt");
        Commit { writes: vec![write(receipt, 10), write(key(state), 10)], reads: Vec::new() }
    }

    fn commits() -> impl Strategy<Value = Vec<Commit>> {
        let commit = (
            prop::collection::btree_set(0u8..40, 1..6),
            prop::collection::vec(0u8..40, 0..3),
            prop::sample::select(vec![1usize, 1000, 390_000]),
        );
        prop::collection::vec(commit, 0..120).prop_map(|commits| {
            let commit = |(writes, reads, bytes): (std::collections::BTreeSet<u8>, Vec<u8>, usize)| Commit {
                writes: writes.into_iter().map(|n| write(key(n), bytes)).collect(),
                reads: reads.into_iter().map(key).collect(),
            };
            commits.into_iter().map(commit).collect()
        })
    }

    #[test]
    fn c1_grouping_says_what_it_minimises() {
        let stateless: Vec<_> = (0..10)
            .map(|n| Commit {
                writes: vec![write(Key::of("receipt", &[&n.to_string()], "receipt"), 10)],
                reads: vec![],
            })
            .collect();
        let requests =
            |commits: &[Commit], grouping| plan(&touched(commits), &HashSet::new(), false, grouping).len();
        assert_eq!(requests(&stateless, Grouping::Cheapest), 10);
        assert_eq!(requests(&stateless, Grouping::FewestRequests), 1);
        let stateful: Vec<_> = (0..100).map(|n| stateful(n, u8::try_from(n).unwrap())).collect();
        assert_eq!(requests(&stateful, Grouping::Cheapest), 2, "200 actions");
        assert_eq!(requests(&stateful, Grouping::Apart), 100);
    }

    #[test]
    fn a_transaction_with_room_waits_for_the_one_under_way_and_a_full_one_does_not() {
        let commits: Vec<_> = (0..60).map(|n| stateful(n, u8::try_from(n).unwrap())).collect();
        let sent = plan(&touched(&commits), &HashSet::new(), true, Grouping::Cheapest);
        assert_eq!(sent.iter().map(Vec::len).collect::<Vec<_>>(), [50]);
        let busy = HashSet::from_iter([key(7)]);
        let sent = plan(&touched(&commits), &busy, false, Grouping::Cheapest);
        assert_eq!(sent.iter().map(Vec::len).collect::<Vec<_>>(), [50, 9], "one waits for what is under way");
    }

    proptest! {
        #[test]
        fn c2_a_shared_transaction_is_within_the_limits_and_holds_disjoint_commits(
            commits in commits(), busy in prop::collection::vec((0u8..40).prop_map(key), 0..3), under_way: bool,
        ) {
            let all = touched(&commits);
            let busy = HashSet::from_iter(busy);
            let sent = plan(&all, &busy, under_way, Grouping::Cheapest);
            let mut written = busy.clone();
            for request in &sent {
                let writes: Vec<Write> = request.iter().flat_map(|n| commits[*n].writes.clone()).collect();
                prop_assert!(crate::table::check_size(&writes).is_ok());
                for write in &writes {
                    prop_assert!(written.insert(write.key().clone()), "two requests write {}", write.key());
                }
                for (one, other) in request.iter().flat_map(|a| request.iter().map(move |b| (*a, *b))) {
                    let overlaps = one != other
                        && commits[one].reads.iter().any(|key| commits[other].writes.iter().any(|w| w.key() == key));
                    prop_assert!(!overlaps, "{one} reads what {other} writes");
                }
            }
        }

        #[test]
        fn something_is_sent_whenever_nothing_is_under_way(commits in commits()) {
            let sent = plan(&touched(&commits), &HashSet::new(), false, Grouping::Cheapest);
            prop_assert_eq!(sent.is_empty(), commits.is_empty());
        }

        #[test]
        fn commits_on_one_item_keep_their_order(commits in commits()) {
            let sent: HashSet<usize> =
                plan(&touched(&commits), &HashSet::new(), false, Grouping::Cheapest).into_iter().flatten().collect();
            for later in &sent {
                for earlier in 0..*later {
                    let shared = commits[earlier].writes.iter().any(|a| commits[*later].writes.iter().any(|b| a.key() == b.key()));
                    prop_assert!(!shared, "{later} overtakes {earlier}");
                }
            }
        }
    }
}
