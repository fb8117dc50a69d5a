//! What a policy makes of the levels of its checks.

use crate::policy::{Node, Policy};
use crate::{Level, Verdict};

/// What one expression comes to, and because of what.
#[derive(Clone, Copy)]
pub(crate) struct Judgement {
    pub(crate) level: Level,
    /// The index of the check that decided.
    check: u16,
    /// The node of the smallest expression around that check that settles the level on its own.
    settled: u16,
}

impl Judgement {
    pub(crate) fn check(self) -> usize {
        usize::from(self.check)
    }

    pub(crate) fn settled(self) -> usize {
        usize::from(self.settled)
    }
}

impl<C> Policy<C> {
    /// The level of the whole policy: the minimum of all, the maximum of any, the k-th highest of `k of (…)`.
    ///
    /// Asks for every check exactly once, in textual order. Does not allocate.
    ///
    /// It also answers questions about the policy itself, such as whether it can do without a check:
    ///
    /// ```
    /// use hookward_policy::{Level, Policy};
    ///
    /// let policy: Policy<String> = "certificate and (payload or header)".parse()?;
    /// let needs = |name: &str| {
    ///     policy.level(|check| if check == name { Level::Fail } else { Level::Pass }) != Level::Pass
    /// };
    /// assert!(needs("certificate"));
    /// assert!(!needs("payload"));
    /// # Ok::<(), hookward_policy::PolicyError>(())
    /// ```
    pub fn level(&self, level: impl FnMut(&C) -> Level) -> Level {
        self.judge(level, |_, _| {}).level
    }

    /// What the policy decides, perhaps before every check has its evidence.
    ///
    /// A decision stands, whatever the checks that are pending turn out to be: after [`Verdict::Accept`] always accept,
    /// after [`Verdict::Refuse`] always refuse, after [`Verdict::Unavailable`] never accept.
    ///
    /// Asks for every check exactly once, in textual order. Does not allocate.
    pub fn decide(&self, level: impl FnMut(&C) -> Level) -> Verdict {
        Verdict::of(self.level(level))
    }

    /// The check that decided.
    ///
    /// From the policy down, it is in the first member whose level is that of its group: the first that fails, where
    /// all had to pass; the first that passes, where one was enough. While the policy is undecided, it is the first
    /// such check that is pending.
    ///
    /// Asks for every check exactly once, in textual order. Does not allocate.
    ///
    /// ```
    /// use hookward_policy::{Level, Policy};
    ///
    /// let policy: Policy<String> = "certificate and (payload or header)".parse()?;
    /// let decisive = policy.decisive(|check| match check.as_str() {
    ///     "certificate" => Level::Pass,
    ///     _ => Level::Fail,
    /// });
    /// assert_eq!(decisive, "payload");
    /// # Ok::<(), hookward_policy::PolicyError>(())
    /// ```
    pub fn decisive(&self, level: impl FnMut(&C) -> Level) -> &C {
        &self.checks[self.judge(level, |_, _| {}).check()]
    }

    /// Evaluates the policy; `seen` is told the level of every node, members before their group.
    pub(crate) fn judge(
        &self,
        mut ask: impl FnMut(&C) -> Level,
        mut seen: impl FnMut(usize, Level),
    ) -> Judgement {
        self.judge_from(&mut 0, &mut ask, &mut seen)
    }

    /// Evaluates the expression at node `next` and moves `next` behind it.
    #[inline(always)]
    fn judge_from(
        &self,
        next: &mut usize,
        ask: &mut impl FnMut(&C) -> Level,
        seen: &mut impl FnMut(usize, Level),
    ) -> Judgement {
        let node = *next;
        *next += 1;
        // No policy has more checks than MAX_CHECKS, nor more nodes than MAX_DEPTH groups around each.
        let judgement = match self.nodes[node] {
            Node::Check(check) => Judgement {
                level: ask(&self.checks[check]),
                check: check as u16,
                settled: node as u16,
            },
            Node::Group { rule, members, .. } => {
                let threshold = rule.threshold(members);
                let (member, alone) = self.judge_group(next, threshold, members, ask, seen);
                Judgement {
                    settled: if alone { member.settled } else { node as u16 },
                    ..member
                }
            }
        };
        seen(node, judgement.level);
        judgement
    }

    /// Evaluates the members of a group, the first of which is at node `next`, and moves `next` behind them: the first
    /// member that has the level of the group, and whether that member settles it alone. Calls itself at most
    /// `MAX_DEPTH` deep.
    fn judge_group(
        &self,
        next: &mut usize,
        threshold: usize,
        members: usize,
        ask: &mut impl FnMut(&C) -> Level,
        seen: &mut impl FnMut(usize, Level),
    ) -> (Judgement, bool) {
        let mut tally = Tally::new(self.judge_from(next, ask, seen));
        for _ in 1..members {
            tally.add(self.judge_from(next, ask, seen));
        }
        let member = tally.highest(threshold);
        // One member that passes settles a group if it is enough; one that does not, if all are needed.
        let alone = if member.level == Level::Pass {
            threshold == 1
        } else {
            threshold == members
        };
        (member, alone)
    }
}

impl Verdict {
    /// The verdict for a policy of this level.
    ///
    /// A policy passes with everything pending taken as failed if and only if its level is `Pass`, because whether the
    /// k-th highest member is `Pass` depends only on which members are. And taking everything pending as passed keeps
    /// the order of the levels, so it takes the level of the policy along: `Fail` and `Unavailable` stay what they are.
    pub(crate) fn of(level: Level) -> Self {
        match level {
            Level::Pass => Self::Accept,
            Level::Fail => Self::Refuse,
            Level::Unavailable => Self::Unavailable,
            Level::Pending => Self::Undecided,
        }
    }
}

/// How many members of a group are at each level, and the first at each.
struct Tally {
    members: [u16; 4],
    first: [Judgement; 4],
}

impl Tally {
    fn new(first: Judgement) -> Self {
        let mut members = [0; 4];
        members[first.level as usize] = 1;
        Self {
            members,
            first: [first; 4],
        }
    }

    fn add(&mut self, member: Judgement) {
        let level = member.level as usize;
        if self.members[level] == 0 {
            self.first[level] = member;
        }
        self.members[level] += 1;
    }

    /// The first member whose level is that of the k-th highest.
    fn highest(&self, k: usize) -> Judgement {
        let mut at_least = 0;
        let level = [Level::Pass, Level::Pending, Level::Unavailable]
            .into_iter()
            .find(|level| {
                at_least += usize::from(self.members[*level as usize]);
                at_least >= k
            })
            .unwrap_or(Level::Fail);
        self.first[level as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Level::{Fail, Pass, Pending, Unavailable};

    const LEVELS: [Level; 4] = [Fail, Unavailable, Pending, Pass];

    fn members() -> impl Iterator<Item = Policy<usize>> {
        (0..3).map(Policy::check)
    }

    #[test]
    fn two_of_three_is_the_second_highest() {
        let policy = Policy::at_least(2, members()).unwrap();
        for a in LEVELS {
            for b in LEVELS {
                for c in LEVELS {
                    let mut levels = [a, b, c];
                    let found = policy.level(|check| [a, b, c][*check]);
                    levels.sort();
                    assert_eq!(found, levels[1], "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn unavailable_is_not_refused_while_it_could_still_matter() {
        let all = Policy::all(members()).unwrap();
        let any = Policy::any(members()).unwrap();
        let of = |policy: &Policy<usize>, levels: [Level; 3]| policy.decide(|check| levels[*check]);
        assert_eq!(of(&all, [Unavailable, Pass, Fail]), Verdict::Refuse);
        assert_eq!(of(&all, [Unavailable, Pass, Pass]), Verdict::Unavailable);
        assert_eq!(of(&all, [Unavailable, Pending, Pass]), Verdict::Unavailable);
        assert_eq!(of(&any, [Unavailable, Pending, Fail]), Verdict::Undecided);
        assert_eq!(of(&any, [Unavailable, Fail, Fail]), Verdict::Unavailable);
        assert_eq!(of(&any, [Unavailable, Pending, Pass]), Verdict::Accept);
    }

    #[test]
    fn the_first_member_at_the_level_of_its_group_is_decisive() {
        let all = Policy::all(members()).unwrap();
        let two = Policy::at_least(2, members()).unwrap();
        assert_eq!(all.decisive(|check| [Pass, Fail, Fail][*check]), &1);
        assert_eq!(two.decisive(|check| [Fail, Pass, Pass][*check]), &1);
        assert_eq!(two.decisive(|check| [Pass, Fail, Unavailable][*check]), &2);
        assert_eq!(two.decisive(|check| [Pass, Pending, Fail][*check]), &1);
    }

    #[test]
    fn every_check_is_asked_once_and_in_order() {
        let policy = Policy::any(members()).unwrap();
        let mut asked = alloc::vec::Vec::new();
        policy.decide(|check| {
            asked.push(*check);
            Pass
        });
        assert_eq!(asked, [0, 1, 2]);
    }
}
