//! The shortest input that still fails.

/// Leaves out steps while the rest still fails: first all steps behind the failure, then ever
/// smaller parts. The order of the steps is kept. `fails` must depend on its argument alone.
///
/// Each call of `fails` is one run of the simulation, so there are at most a few hundred of them.
///
/// ```
/// let steps: Vec<u32> = (0..100).collect();
/// let shrunk = waxseal_testing::simulation::shrink(&steps, |steps| steps.contains(&17) && steps.contains(&40));
/// assert_eq!(shrunk, [17, 40]);
/// ```
pub fn shrink<S: Clone>(steps: &[S], fails: impl Fn(&[S]) -> bool) -> Vec<S> {
    /// The largest number of runs.
    const MOST: usize = 400;
    let runs = std::cell::Cell::new(0);
    let fails = |steps: &[S]| {
        runs.set(runs.get() + 1);
        runs.get() <= MOST && fails(steps)
    };
    let mut left = steps.to_vec();
    let mut part = left.len() / 2;
    while part > 0 {
        let mut start = left.len();
        while start > 0 {
            // The removal begins at the end, since later steps depend on earlier ones.
            let from = start.saturating_sub(part);
            let without: Vec<S> = left[..from].iter().chain(&left[start..]).cloned().collect();
            if fails(&without) {
                left = without;
            }
            start = from.min(left.len());
        }
        part = if part == 1 { 0 } else { part.div_ceil(2) };
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_one_step_shrinks_to_that_step() {
        for count in [1, 2, 3, 7, 64, 100] {
            for bad in 0..count {
                let steps: Vec<usize> = (0..count).collect();
                assert_eq!(shrink(&steps, |steps| steps.contains(&bad)), [bad], "{bad} of {count}");
            }
        }
    }

    #[test]
    fn a_failure_that_needs_all_steps_keeps_them() {
        let steps: Vec<usize> = (0..40).collect();
        assert_eq!(shrink(&steps, |rest| rest.len() == 40), steps);
    }
}
