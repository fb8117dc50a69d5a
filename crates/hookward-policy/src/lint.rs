//! What is weak in a policy, before any request comes.

use alloc::vec::Vec;

use crate::policy::{Node, Policy, Rule};
use crate::{Expression, Level};

/// What is known of a check before any request comes.
#[derive(Clone, Copy, Eq, PartialEq, Hash, Debug)]
pub enum Prospect {
    /// It passes for some and fails for others.
    Open {
        /// How much it proves: the more, the harder it is to pass for somebody who should not. Only
        /// the order of these numbers counts.
        strength: u8,
    },
    /// It passes for nobody.
    Never,
    /// It passes for everybody, and so proves nothing.
    Always,
}

/// What is weak about a policy, and where.
#[derive(Clone, Eq, PartialEq, Hash, Debug)]
pub struct Lint<'p, C> {
    /// Where.
    pub expression: Expression,
    /// What.
    pub weakness: Weakness<'p, C>,
}

/// What is weak about an expression of a policy.
#[derive(Clone, Eq, PartialEq, Hash, Debug)]
#[non_exhaustive]
pub enum Weakness<'p, C> {
    /// The policy accepts nobody.
    AcceptsNobody,
    /// The policy accepts everybody.
    AcceptsEverybody,
    /// The expression is settled before any request comes, so that nothing in it ever matters to a
    /// policy that is not. It is in no larger expression that is settled.
    NeverMatters {
        /// Whether it always passes; otherwise it never does.
        passes: bool,
    },
    /// The expression is one of several of which one is enough, and the policy as a whole proves
    /// less because of it. There is none within it.
    Weakest {
        /// The checks that are pointless beside it, because the whole policy proves less than they
        /// do. At least one.
        pointless: Vec<&'p C>,
    },
    /// `k of (…)` where `and` or `or` says the same: all of its members have to pass, or any one.
    NeedlessCount {
        /// Whether it is all of them; otherwise it is any one.
        all: bool,
    },
}

impl<C> Policy<C> {
    /// What is weak about the policy, by what is known of each check, in textual order.
    ///
    /// `prospect` is asked for every check once, in textual order.
    ///
    /// Each answer is exact, not a guess from the form of the text. As a check occurs at most once in
    /// a policy, one part of it never speaks against another; an expression is settled if and only if
    /// its level is the same with everything open failing and with everything open passing, and in
    /// an expression that is not settled, each member that is not settled matters. What a policy
    /// proves is the least that can be had: of all ways to pass it, the one whose hardest check is
    /// the easiest. The work is bounded by the square of the number of expressions.
    ///
    /// Members of `2 of (…)` and the like are not compared with each other: there the weaker ones
    /// have to come together.
    ///
    /// ```
    /// use hookward_policy::{Policy, Prospect, Weakness};
    ///
    /// let text = "payload and (address or certificate)";
    /// let (policy, places) = Policy::<String>::parse_with_places(text)?;
    /// let lints = policy.lint(|check| Prospect::Open {
    ///     strength: match check.as_str() {
    ///         "certificate" => 2,
    ///         _ => 1,
    ///     },
    /// });
    /// let [lint] = lints.as_slice() else { panic!() };
    /// assert_eq!(&text[places.span(lint.expression)], "address");
    /// assert!(matches!(&lint.weakness, Weakness::Weakest { pointless } if pointless == &["certificate"]));
    /// # Ok::<(), hookward_policy::PolicyError>(())
    /// ```
    pub fn lint(&self, prospect: impl FnMut(&C) -> Prospect) -> Vec<Lint<'_, C>> {
        let prospects: Vec<Prospect> = self.checks.iter().map(prospect).collect();
        let settled = self.settled(&prospects);
        let mut lints = Vec::new();
        match settled[0] {
            Some(passes) => lints.push(Lint {
                expression: Expression(0),
                weakness: if passes {
                    Weakness::AcceptsEverybody
                } else {
                    Weakness::AcceptsNobody
                },
            }),
            None => {
                self.add_settled(&settled, &mut lints);
                self.add_weakest(&prospects, &settled, &mut lints);
            }
        }
        self.add_needless_counts(&mut lints);
        // Stable, so that the order of the rules decides about one place.
        lints.sort_by_key(|lint| lint.expression);
        lints
    }

    /// For each node, what it comes to whatever the requests, if that is settled.
    fn settled(&self, prospects: &[Prospect]) -> Vec<Option<bool>> {
        let levels = |open: Level| {
            let mut levels = alloc::vec![Level::Fail; self.nodes.len()];
            let mut of_check = prospects.iter().map(|prospect| match prospect {
                Prospect::Open { .. } => open,
                Prospect::Never => Level::Fail,
                Prospect::Always => Level::Pass,
            });
            // As many prospects as checks, asked for in the same order.
            self.judge(
                |_| of_check.next().unwrap_or(Level::Fail),
                |node, level| levels[node] = level,
            );
            levels
        };
        let (low, high) = (levels(Level::Fail), levels(Level::Pass));
        let both = low.into_iter().zip(high);
        both.map(|(low, high)| (low == high).then_some(low == Level::Pass))
            .collect()
    }

    /// The largest settled expressions of a policy that is not settled itself.
    fn add_settled<'p>(&'p self, settled: &[Option<bool>], lints: &mut Vec<Lint<'p, C>>) {
        let mut node = 0;
        while node < self.nodes.len() {
            match settled[node] {
                Some(passes) => {
                    lints.push(Lint {
                        expression: Expression(node),
                        weakness: Weakness::NeverMatters { passes },
                    });
                    node = self.end_of(node);
                }
                None => node += 1,
            }
        }
    }

    /// The members without which the policy would prove more, and in which no other such member is.
    fn add_weakest<'p>(
        &'p self,
        prospects: &[Prospect],
        settled: &[Option<bool>],
        lints: &mut Vec<Lint<'p, C>>,
    ) {
        let whole = self.proves(prospects, None);
        let mut weakest: Vec<usize> = Vec::new();
        for (group, node) in self.nodes.iter().enumerate() {
            let members = match node {
                Node::Group { rule, members, .. } if rule.threshold(*members) == 1 => *members,
                _ => continue,
            };
            let mut member = group + 1;
            for _ in 0..members {
                let without = self.proves(prospects, Some(member));
                if settled[member].is_none() && without > whole && without < IMPOSSIBLE {
                    // A group comes before what is in it.
                    weakest.retain(|around| !(*around..self.end_of(*around)).contains(&member));
                    weakest.push(member);
                }
                member = self.end_of(member);
            }
        }
        let pointless = || {
            let checks = self.checks.iter().zip(prospects);
            checks.filter_map(|(check, prospect)| match prospect {
                Prospect::Open { strength } if u16::from(*strength) > whole => Some(check),
                _ => None,
            })
        };
        lints.extend(weakest.into_iter().map(|member| Lint {
            expression: Expression(member),
            weakness: Weakness::Weakest {
                pointless: pointless().collect(),
            },
        }));
    }

    fn add_needless_counts<'p>(&'p self, lints: &mut Vec<Lint<'p, C>>) {
        for (node, group) in self.nodes.iter().enumerate() {
            if let Node::Group {
                rule: Rule::AtLeast(k),
                members,
                ..
            } = *group
                && (k == 1 || k == members)
            {
                lints.push(Lint {
                    expression: Expression(node),
                    weakness: Weakness::NeedlessCount { all: k == members },
                });
            }
        }
    }

    /// What the policy proves if the expression `without` passes for nobody.
    fn proves(&self, prospects: &[Prospect], without: Option<usize>) -> u16 {
        self.proves_from(&mut 0, prospects, without)
    }

    /// What the expression at node `next` proves; moves `next` behind it. Calls itself at most
    /// `MAX_DEPTH` deep.
    fn proves_from(&self, next: &mut usize, prospects: &[Prospect], without: Option<usize>) -> u16 {
        let node = *next;
        *next += 1;
        let proves = match self.nodes[node] {
            Node::Check(check) => match prospects[check] {
                Prospect::Open { strength } => strength.into(),
                Prospect::Never => IMPOSSIBLE,
                Prospect::Always => 0,
            },
            Node::Group { rule, members, .. } => {
                let mut each: Vec<u16> = (0..members)
                    .map(|_| self.proves_from(next, prospects, without))
                    .collect();
                // The k easiest members are enough, and the hardest of them is what they prove.
                each.sort_unstable();
                each[rule.threshold(members) - 1]
            }
        };
        if without == Some(node) {
            IMPOSSIBLE
        } else {
            proves
        }
    }

    /// The node behind the expression at `node`.
    fn end_of(&self, node: usize) -> usize {
        let mut open = 1;
        let mut end = node;
        while open > 0 {
            open -= 1;
            if let Node::Group { members, .. } = self.nodes[end] {
                open += members;
            }
            end += 1;
        }
        end
    }
}

/// More than any check proves: nobody passes.
const IMPOSSIBLE: u16 = u16::MAX;
