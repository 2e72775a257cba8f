//! Whose turn it is: a free place goes to the workspace that has the fewest, and there to the destination that has the
//! fewest, so that a backlog of one delays nobody else (max-min fairness).

use std::collections::HashMap;

use crate::ids::WorkspaceId;

/// A destination with lanes that stand in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Deliveries under way there.
    pub busy: usize,
    /// Deliveries that may be under way there at once.
    pub budget: usize,
}

/// How many more deliveries each candidate may begin, in their order, out of `free` places. `workspaces` tells how many
/// are under way for a workspace, at destinations that are no candidates too; none has more than `workspace_budget`.
pub fn share(
    candidates: &[Candidate],
    free: usize,
    workspace_budget: usize,
    workspaces: impl Fn(WorkspaceId) -> usize,
) -> Vec<usize> {
    let mut given = vec![0; candidates.len()];
    let mut busy: HashMap<WorkspaceId, usize> =
        candidates.iter().map(|candidate| (candidate.workspace, workspaces(candidate.workspace))).collect();
    for _ in 0..free {
        let place = |(candidate, given): (&Candidate, &mut usize)| {
            let at_workspace = busy.get(&candidate.workspace).copied().unwrap_or_default();
            let at_destination = candidate.busy + *given;
            (at_workspace < workspace_budget && at_destination < candidate.budget)
                .then_some((at_workspace, at_destination))
        };
        let mut best: Option<((usize, usize), usize)> = None;
        for (index, pair) in candidates.iter().zip(&mut given).enumerate() {
            if let Some(rank) = place(pair)
                && best.is_none_or(|(least, _)| rank < least)
            {
                best = Some((rank, index));
            }
        }
        let Some((_, index)) = best else { break };
        if let (Some(candidate), Some(given)) = (candidates.get(index), given.get_mut(index)) {
            *given += 1;
            *busy.entry(candidate.workspace).or_default() += 1;
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EntityId;

    /// Candidates as (workspace, busy, budget); a workspace may have four under way, and has those of its candidates.
    fn check(candidates: &[(u128, usize, usize)], free: usize, expected: &[usize]) {
        let workspace = |number| WorkspaceId::from_uuid(uuid::Uuid::from_u128(number));
        let candidates: Vec<_> = candidates
            .iter()
            .map(|&(number, busy, budget)| Candidate { workspace: workspace(number), busy, budget })
            .collect();
        let under_way =
            |workspace| candidates.iter().filter(|one| one.workspace == workspace).map(|one| one.busy).sum();
        assert_eq!(share(&candidates, free, 4, under_way), expected);
    }

    #[test]
    fn a_workspace_with_many_destinations_gets_no_more_than_one_with_few() {
        check(&[(1, 0, 9), (1, 0, 9), (1, 0, 9), (2, 0, 9)], 4, &[1, 1, 0, 2]);
    }

    #[test]
    fn a_single_free_place_goes_to_who_has_the_fewest() {
        check(&[(1, 2, 9), (1, 0, 9), (2, 1, 9)], 1, &[0, 0, 1]);
        check(&[(1, 2, 9), (1, 0, 9), (2, 3, 9)], 1, &[0, 1, 0]);
    }

    #[test]
    fn what_nobody_else_wants_goes_to_who_does() {
        check(&[(1, 0, 1), (2, 0, 9)], 4, &[1, 3]);
        check(&[(1, 0, 9), (1, 0, 0)], 3, &[3, 0]);
    }

    #[test]
    fn no_budget_is_exceeded() {
        check(&[(1, 0, 2), (1, 1, 9), (2, 0, 3)], 100, &[2, 1, 3]);
        check(&[(1, 3, 2)], 100, &[0]);
        check(&[], 100, &[]);
        check(&[(1, 0, 5)], 0, &[0]);
    }
}
