//! The warnings of `check`, each with its name, and what to do about it.

use core::fmt;
use core::str::FromStr;

macro_rules! rules {
    ($($variant:ident, $name:literal, $meaning:literal, $remedy:literal;)*) => {
        /// What a warning is about. A name never changes its meaning.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum Rule {
            $(#[doc = $meaning] $variant,)*
        }

        impl Rule {
            /// Every rule there is.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in reports and in `lint.allow`.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What to do about it.
            pub(crate) const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }

            /// What it means, for the table in the README.
            #[cfg(test)]
            const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

rules! {
    AddressAlone, "address-alone",
        "A source address is enough to be accepted.",
        "Ask for a secret or the client certificate as well: whoever can send from one of these addresses is let in.";
    CertificateAlone, "certificate-alone",
        "A client certificate is enough to be accepted, perhaps with a source address.",
        "Ask for a secret as well: Copyleaks sends for all of its customers, and each of them can have webhooks sent to your URL.";
    WeakAlternative, "weak-alternative",
        "One side of an `or` proves less than the policy would without it, so that a stronger check is pointless.",
        "Use `and`, or leave the weaker side out; a trial shows first what that would refuse.";
    NeverMatters, "never-matters",
        "A part of a policy always passes or never does, whatever the request.",
        "Leave it out, or make it possible.";
    AcceptsNobody, "accepts-nobody",
        "A policy can accept no request at all.",
        "Renew what has ended, or ask for something that requests can show.";
    AcceptsEverybody, "accepts-everybody",
        "A policy accepts every request.",
        "Ask for something that only Copyleaks can show.";
    NeedlessCount, "needless-count",
        "`k of (…)` says what `and` or `or` says.",
        "Write `and` or `or`, or another count if that was meant.";
    NoHeadCheck, "no-head-check",
        "Anyone can make the gate keep a body, because nothing in the head refuses a stranger.",
        "Ask for a check at the head as well, with `and`: client_certificate, header_secret or source_address.";
    StaticSecret, "static-secret",
        "A secret that is the same for every scan is enough to be accepted, perhaps with a source address.",
        "Use `derived` or `sealed` secrets, or ask for client_certificate as well: one that leaks opens every scan.";
    SharedSecret, "shared-secret",
        "Header and developer payload share a secret, so that whoever learns one has both.",
        "Give each its own: `hookward secret` makes one.";
    SecretEnds, "secret-ends",
        "Within a week a secret or key ends, or can seal nothing more, and no other one is valid then.",
        "Add the next one, and submit with it in time: what a key seals has to expire before the key ends.";
    SecretEnded, "secret-ended",
        "A secret or key has ended.",
        "Remove it, once another one is valid.";
    Sha1Only, "sha1-only",
        "Client certificates are recognised by their SHA-1 alone.",
        "Use SHA-256 thumbprints, or forward the whole certificate; then set sha1 = \"refuse\".";
    OpenNetwork, "open-network",
        "An address list admits every address of its kind.",
        "List the networks of your Copyleaks account manager.";
    PlainHttpList, "plain-http-list",
        "A list is fetched without TLS, so that anybody on the way decides who is let in.",
        "Use an https URL, and `authorities` or `pin` for a server of your own.";
    RoutesDifferInCase, "routes-differ-in-case",
        "Two routes differ only in upper and lower case, so that a slip in a URL changes the policy.",
        "Give them paths that nobody takes for each other.";
    LimitsContradict, "limits-contradict",
        "One limit keeps another from ever holding.",
        "Change one of the two.";
    UnusedSection, "unused-section",
        "A section configures a check that no policy has.",
        "Leave the section out, or use the check.";
    UnusedSetting, "unused-setting",
        "A setting has no effect beside another.",
        "Leave it out.";
    ReadableSecret, "readable-secret",
        "Every user of the machine can read a secret or a key.",
        "Take the right away: chmod o-r.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.iter().find(|rule| rule.name() == name);
        named.copied().ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|rule| rule.name()).collect();
            format!("expected the name of a warning: {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_every_rule_as_it_is() {
        let readme = include_str!("../../README.md");
        for rule in Rule::ALL {
            let row = format!("| `{rule}` | {} | {} |\n", rule.meaning(), rule.remedy());
            assert!(readme.contains(&row), "missing in the README:\n{row}");
            assert_eq!(rule.name().parse(), Ok(*rule));
        }
        let rows = readme
            .lines()
            .filter(|line| line.starts_with("| `") && line.contains("-"));
        let rules = rows.filter(|line| {
            let name = line.trim_start_matches("| `").split('`').next();
            name.is_some_and(|name| name.parse::<Rule>().is_ok())
        });
        assert_eq!(rules.count(), Rule::ALL.len());
    }
}
