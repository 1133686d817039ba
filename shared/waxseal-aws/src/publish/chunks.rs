//! Cutting a lane of entries into requests: by count and by bytes, in order (S-26).

use std::ops::Range;

/// What one request takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) count: usize,
    pub(super) bytes: usize,
}

/// Consecutive ranges over `sizes`, none over the limits. An entry over the limit of bytes has a range of its own: the
/// caller refuses it.
pub(super) fn chunks(sizes: &[usize], limits: Limits) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut start, mut bytes) = (0, 0_usize);
    for (index, size) in sizes.iter().enumerate() {
        let full = index - start >= limits.count || bytes.saturating_add(*size) > limits.bytes;
        if full && index > start {
            ranges.push(start..index);
            (start, bytes) = (index, 0);
        }
        bytes = bytes.saturating_add(*size);
    }
    if start < sizes.len() {
        ranges.push(start..sizes.len());
    }
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn s26_chunks_respect_count_and_bytes_and_lose_nothing(
            sizes in prop::collection::vec(0_usize..400, 0..60),
            count in 1_usize..12,
            bytes in 1_usize..1000,
        ) {
            let ranges = chunks(&sizes, Limits { count, bytes });
            prop_assert_eq!(ranges.iter().cloned().flatten().collect::<Vec<_>>(), (0..sizes.len()).collect::<Vec<_>>());
            for (at, range) in ranges.iter().enumerate() {
                let of = |range: &Range<usize>| sizes[range.clone()].iter().sum::<usize>();
                prop_assert!((1..=count).contains(&range.len()));
                prop_assert!(range.len() == 1 || of(range) <= bytes);
                // Greedy: the next entry would not have fitted.
                if let Some(next) = ranges.get(at + 1) {
                    prop_assert!(range.len() == count || of(range) + sizes[next.start] > bytes);
                }
            }
        }
    }
}
