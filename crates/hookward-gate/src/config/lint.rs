//! What is in order and weak all the same: the warnings of `check` that take the whole configuration.

use core::fmt::Display;
use core::ops::Range;
use core::time::Duration;

use crate::config::spanned::Spanned;
use hookward::{
    Algorithm, Allowlist, Check, Guard, GuardedRoute, Lists, Policy, PolicyKind, UnixTime,
};
use hookward_forwarded::{BodySupport, CertificateForm};
use hookward_policy::{Level, Prospect, Verdict, Weakness};

use crate::config::guard::kinds_of;
use crate::config::limits::Limits;
use crate::config::material;
use crate::config::rule::Rule;
use crate::config::value::{Size, Span};
use crate::config::{Entrances, Issuers, Reader, schema};
use crate::refreshed::Refresh;

/// What a policy is looked at with.
struct Known<'k> {
    file: &'k schema::File,
    entrances: &'k Entrances,
    lists: &'k Lists,
    now: UnixTime,
}

/// A policy, and where it stands.
struct Placed<'p> {
    kind: PolicyKind,
    policy: &'p Policy<Check>,
    text: &'p Spanned<String>,
}

impl Reader<'_, '_, '_> {
    /// Reads which warnings nobody wants.
    pub(super) fn allow(&mut self, section: Option<&Spanned<schema::Lint>>) {
        let mut allowed = Vec::new();
        for name in section.iter().flat_map(|section| &section.get_ref().allow) {
            match name.get_ref().parse() {
                Ok(rule) => allowed.push(rule),
                Err(error) => self.findings.error(&name.span(), error),
            }
        }
        self.findings.allow(allowed);
    }

    /// The lists as far as they are known: those that are fetched, as they were kept.
    pub(super) fn known_lists(
        &self,
        file: &schema::File,
        lists: &Lists,
        refreshed: &[Box<dyn Refresh>],
    ) -> Lists {
        let mut lists = lists.clone();
        for list in refreshed {
            // One that cannot be read is the gate's concern, not that of the configuration.
            let _ = list.load(&self.state(file.state.as_ref()), &mut lists, self.now);
        }
        lists
    }

    /// Looks at a configuration without errors.
    pub(super) fn lint(
        &mut self,
        file: &schema::File,
        limits: &Limits,
        entrances: &Entrances,
        guard: &Guard,
        issuers: Option<&Issuers>,
        lists: &Lists,
    ) {
        let known = Known {
            file,
            entrances,
            lists,
            now: self.now,
        };
        // Without errors there is a route for each section, in order.
        for (section, route) in file.route.iter().map(Spanned::get_ref).zip(guard.routes()) {
            for (kind, policy) in route.policies() {
                let text = match kind {
                    PolicyKind::Policy => &section.policy,
                    PolicyKind::Trial => &section.trial,
                };
                if let Some(text) = text {
                    self.lint_policy(&known, &Placed { kind, policy, text });
                }
            }
        }
        self.lint_secrets(file, entrances, issuers);
        self.lint_certificates(file, guard, lists);
        self.lint_sources(file);
        self.lint_routes(file, guard);
        self.lint_limits(file, limits, guard);
    }

    fn lint_policy(&mut self, known: &Known<'_>, placed: &Placed<'_>) {
        let Placed { kind, policy, .. } = *placed;
        let passing = |passes: &dyn Fn(Check) -> bool| {
            let level = |check: &Check| {
                if passes(*check) {
                    Level::Pass
                } else {
                    Level::Fail
                }
            };
            policy.decide(level) == Verdict::Accept
        };
        let is_address = |check| check == Check::SourceAddress;
        let is_static =
            |check| kinds_of(known.file, check).is_some_and(|kinds| kinds.secrets.is_some());
        let address_alone = passing(&is_address);
        if address_alone {
            let message = format!("the {kind} accepts by the address alone");
            self.warn_at_check(Rule::AddressAlone, placed, Check::SourceAddress, message);
        } else if passing(&|check| is_address(check) || is_static(check))
            && let Some(check) = policy.checks().find(|check| is_static(**check))
        {
            let message = format!(
                "the {kind} accepts by secrets that are the same for every scan, and needs nothing \
                 that is more"
            );
            self.warn_at_check(Rule::StaticSecret, placed, *check, message);
        }
        let is_of_sender = |check| matches!(check, Check::ClientCertificate | Check::SourceAddress);
        if !address_alone && passing(&is_of_sender) {
            let message =
                format!("the {kind} accepts whatever Copyleaks sends, also for somebody else");
            self.warn_at_check(
                Rule::CertificateAlone,
                placed,
                Check::ClientCertificate,
                message,
            );
        }
        let strangers = |check: &Check| match check {
            Check::DeveloperPayload => Level::Pending,
            _ => Level::Fail,
        };
        // A trial keeps nothing.
        if kind == PolicyKind::Policy && policy.decide(strangers) == Verdict::Undecided {
            let message =
                "nothing in the head of a request refuses a stranger before its body is kept";
            self.warn_at_check(Rule::NoHeadCheck, placed, Check::DeveloperPayload, message);
        }
        let Ok((_, places)) = Policy::<Check>::parse_with_places(placed.text.get_ref()) else {
            return;
        };
        for lint in policy.lint(|check| known.prospect(*check)) {
            let place = places.span(lint.expression);
            let shown = placed.text.get_ref().get(place.clone()).unwrap_or_default();
            let why = || known.why(policy);
            let (rule, message) = match lint.weakness {
                Weakness::AcceptsNobody => (
                    Rule::AcceptsNobody,
                    format!("no request can meet the {kind}: {}", why()),
                ),
                Weakness::AcceptsEverybody => (
                    Rule::AcceptsEverybody,
                    format!("every request meets the {kind}: {}", why()),
                ),
                Weakness::NeverMatters { passes } => {
                    let settled = if passes {
                        "always passes"
                    } else {
                        "never passes"
                    };
                    (
                        Rule::NeverMatters,
                        format!("{shown} can never matter, because it {settled}: {}", why()),
                    )
                }
                // Said above, and worse.
                Weakness::Weakest { .. }
                    if address_alone
                        && policy.find(&Check::SourceAddress) == Some(lint.expression) =>
                {
                    continue;
                }
                Weakness::Weakest { pointless } => {
                    let pointless: Vec<_> = pointless.iter().map(|check| check.name()).collect();
                    (
                        Rule::WeakAlternative,
                        format!(
                            "{shown} is enough here and proves less than {}, which is pointless \
                             beside it",
                            pointless.join(" and ")
                        ),
                    )
                }
                Weakness::NeedlessCount { all } => {
                    let operator = if all { "and" } else { "or" };
                    (
                        Rule::NeedlessCount,
                        format!("the count says the same as `{operator}`"),
                    )
                }
                _ => continue,
            };
            self.warn_in_policy(rule, placed, place, message);
        }
    }

    /// A warning at a check of a policy.
    fn warn_at_check(
        &mut self,
        rule: Rule,
        placed: &Placed<'_>,
        check: Check,
        message: impl Display,
    ) {
        let places = Policy::<Check>::parse_with_places(placed.text.get_ref());
        let found = places.ok().zip(placed.policy.find(&check));
        let place = found.map(|((_, places), expression)| places.span(expression));
        self.warn_in_policy(rule, placed, place.unwrap_or_default(), message);
    }

    fn warn_in_policy(
        &mut self,
        rule: Rule,
        placed: &Placed<'_>,
        place: Range<usize>,
        message: impl Display,
    ) {
        let text = placed.text;
        self.findings
            .warning_in_text(rule, &text.span(), text.get_ref(), place, message);
    }

    /// Secrets that open more than they should.
    fn lint_secrets(
        &mut self,
        file: &schema::File,
        entrances: &Entrances,
        issuers: Option<&Issuers>,
    ) {
        let issuers =
            issuers.and_then(|issuers| issuers.header.as_ref().zip(issuers.payload.as_ref()));
        let shared = issuers.and_then(|(header, payload)| payload.shared_with(header));
        let section = file.developer_payload.as_ref().map(Spanned::get_ref);
        let list = section.and_then(|section| section.secrets.as_ref());
        if let Some((index, list)) = shared.zip(list)
            && let Some(entry) = list.get_ref().get(index)
        {
            let message = "[header_secret] has this secret as well";
            self.findings
                .warning(Rule::SharedSecret, &entry.span(), message);
        }
        let header = file.header_secret.as_ref().map(Spanned::get_ref);
        if let Some(forward) = header.and_then(|section| section.forward.as_ref())
            && entrances.webhooks.is_none()
        {
            let message = "not used: the proxy that asks forwards, and this is up to it";
            self.findings
                .warning(Rule::UnusedSetting, &forward.span(), message);
        }
    }

    /// Certificates that are recognised by too little.
    fn lint_certificates(&mut self, file: &schema::File, guard: &Guard, lists: &Lists) {
        let mut policies = guard.routes().iter().flat_map(GuardedRoute::policies);
        if !policies.any(|(_, policy)| policy.find(&Check::ClientCertificate).is_some()) {
            return;
        }
        let only_sha1 = lists.thumbprints.as_ref().is_some_and(|snapshot| {
            let mut others = Algorithm::ALL
                .into_iter()
                .filter(|other| *other != Algorithm::Sha1);
            !others.any(|other| snapshot.list().algorithms().contains(other))
        });
        let thumbprints = (file.client_certificate.as_ref())
            .and_then(|section| section.get_ref().thumbprints.as_ref());
        let named = thumbprints.and_then(|table| table.get_ref().file.as_ref());
        let place = named.map(Spanned::span);
        let place = place.or_else(|| file.copyleaks.as_ref().map(Spanned::span));
        if let Some(place) = place.filter(|_| only_sha1) {
            let message = "every thumbprint of the list is a SHA-1";
            self.findings.warning(Rule::Sha1Only, &place, message);
        }
        let listen = file
            .listen
            .as_ref()
            .and_then(|section| section.get_ref().forwarded.as_ref());
        let asked =
            (file.forward_auth.as_ref()).and_then(|section| section.get_ref().forwarded.as_ref());
        for forwarded in listen.into_iter().chain(asked) {
            let certificate = forwarded.get_ref().certificate.as_ref();
            let form = certificate.and_then(|table| table.get_ref().form.as_ref());
            if let Some(form) = form
                && let Ok(parsed) = form.get_ref().parse::<CertificateForm>()
                && parsed.bare_thumbprint() == Some(Algorithm::Sha1)
            {
                let message = "the proxy forwards the SHA-1 of the certificate and no more";
                self.findings.warning(Rule::Sha1Only, &form.span(), message);
            }
        }
    }

    /// Lists that come from anybody, or have everybody on them.
    fn lint_sources(&mut self, file: &schema::File) {
        let addresses = file.source_address.as_ref().map(Spanned::get_ref);
        let allow = addresses.and_then(|section| section.allow.as_ref());
        for entry in allow.into_iter().flat_map(Spanned::get_ref) {
            let list = Allowlist::builder().text(entry.get_ref()).build();
            if list.is_ok_and(|list| list.entries().any(|network| network.prefix_len() == 0)) {
                let message = "the network has every address of its kind";
                self.findings
                    .warning(Rule::OpenNetwork, &entry.span(), message);
            }
        }
        let remotes = file.copyleaks.iter();
        for remote in remotes.chain(addresses.and_then(|section| section.list.as_ref())) {
            let fields = remote.get_ref();
            let login = fields
                .login
                .as_ref()
                .and_then(|login| login.get_ref().url.as_ref());
            for url in fields.url.iter().chain(login) {
                let scheme = url.get_ref().get(..7).unwrap_or_default();
                if scheme.eq_ignore_ascii_case("http://") {
                    let message = "anybody on the way can read and change what is fetched";
                    self.findings
                        .warning(Rule::PlainHttpList, &url.span(), message);
                }
            }
        }
    }

    /// Paths that are taken for each other.
    fn lint_routes(&mut self, file: &schema::File, guard: &Guard) {
        let template = |route: &GuardedRoute| route.route().template().to_owned();
        let templates: Vec<_> = guard.routes().iter().map(template).collect();
        for (index, section) in file.route.iter().enumerate() {
            let (Some(path), Some(own)) = (&section.get_ref().path, templates.get(index)) else {
                continue;
            };
            let mut earlier = templates[..index].iter();
            if let Some(other) = earlier.find(|other| other.eq_ignore_ascii_case(own)) {
                let message = format!("differs from {other} in upper and lower case alone");
                self.findings
                    .warning(Rule::RoutesDifferInCase, &path.span(), message);
            }
        }
    }

    /// Limits of which one makes the other pointless.
    fn lint_limits(&mut self, file: &schema::File, limits: &Limits, guard: &Guard) {
        fn place<T>(setting: &Option<Spanned<T>>) -> Option<Range<usize>> {
            setting.as_ref().map(Spanned::span)
        }
        let no_limits = schema::Limits::default();
        let set = file.limits.as_ref().map_or(&no_limits, Spanned::get_ref);
        let times: [(Named, Named, bool, &str); 4] = [
            (
                (
                    "body_idle_timeout",
                    limits.body_times.idle,
                    place(&set.body_idle_timeout),
                ),
                (
                    "body_timeout",
                    limits.body_times.total,
                    place(&set.body_timeout),
                ),
                limits.body_times.idle > limits.body_times.total,
                "so that silence alone never ends a body",
            ),
            (
                (
                    "body_timeout",
                    limits.body_times.total,
                    place(&set.body_timeout),
                ),
                (
                    "request_timeout",
                    limits.request_timeout,
                    place(&set.request_timeout),
                ),
                limits.body_times.total > limits.request_timeout,
                "so that a body that takes as long as it may is never answered in time",
            ),
            (
                (
                    "upstream_connect_timeout",
                    limits.upstream_connect_timeout,
                    place(&set.upstream_connect_timeout),
                ),
                (
                    "request_timeout",
                    limits.request_timeout,
                    place(&set.request_timeout),
                ),
                limits.upstream_connect_timeout >= limits.request_timeout,
                "so that it never ends an attempt to connect",
            ),
            (
                (
                    "request_timeout",
                    limits.request_timeout,
                    place(&set.request_timeout),
                ),
                (
                    "shutdown_timeout",
                    limits.server.shutdown,
                    place(&set.shutdown_timeout),
                ),
                limits.request_timeout > limits.server.shutdown,
                "so that requests in progress are cut off when the gate stops",
            ),
        ];
        for ((longer, long, one), (shorter, short, other), contradict, so) in times {
            if contradict {
                let message = format!(
                    "{longer} ({}) reaches beyond {shorter} ({}), {so}",
                    Span(long),
                    Span(short)
                );
                let place = one.or(other).unwrap_or_default();
                self.findings
                    .warning(Rule::LimitsContradict, &place, message);
            }
        }
        for (section, route) in file.route.iter().map(Spanned::get_ref).zip(guard.routes()) {
            let buffered = limits
                .buffered_bytes
                .min(limits.buffered_bytes_per_connection)
                .min(limits.buffered_bytes_per_source) as u64;
            let needs_body = route.policy().find(&Check::DeveloperPayload).is_some();
            if needs_body && route.body_limit() > buffered {
                let message = format!(
                    "bodies of {} may be sent to {}, but only {} are kept: larger ones are answered \
                     503 for ever",
                    Size(route.body_limit()),
                    route.route().template(),
                    Size(buffered)
                );
                let place = place(&section.body_limit)
                    .or_else(|| place(&set.body))
                    .or_else(|| place(&set.buffered_bytes_per_connection))
                    .or_else(|| place(&set.buffered_bytes_per_source))
                    .or_else(|| place(&set.buffered_bytes));
                self.findings
                    .warning(Rule::LimitsContradict, &place.unwrap_or_default(), message);
            }
        }
    }
}

/// A limit: its name, its value, and where it is set.
type Named = (&'static str, Duration, Option<Range<usize>>);

impl Known<'_> {
    /// What requests can show, and how much that proves.
    fn prospect(&self, check: Check) -> Prospect {
        if check == Check::DeveloperPayload && self.no_body_comes() || self.all_have_ended(check) {
            return Prospect::Never;
        }
        let strength = match check {
            Check::SourceAddress if self.every_address_is_listed() => return Prospect::Always,
            // Proves where it comes from, not from whom.
            Check::SourceAddress => 1,
            Check::HeaderSecret | Check::DeveloperPayload => {
                let kinds = kinds_of(self.file, check);
                // One that leaks opens every scan, and not only its own.
                if kinds.is_some_and(|kinds| kinds.secrets.is_some()) {
                    2
                } else {
                    3
                }
            }
            // A key that never leaves its owner, over this very connection.
            Check::ClientCertificate => 4,
        };
        Prospect::Open { strength }
    }

    /// Why some of the checks of a policy are settled.
    fn why(&self, policy: &Policy<Check>) -> String {
        let checks = policy.checks().copied();
        let reasons: Vec<_> = checks
            .filter_map(|check| match self.prospect(check) {
                Prospect::Open { .. } => None,
                Prospect::Always => Some(format!("[{check}] admits every address")),
                Prospect::Never if check == Check::DeveloperPayload && self.no_body_comes() => {
                    Some("the proxy sends no body".to_owned())
                }
                Prospect::Never => Some(format!("every secret of [{check}] has ended")),
            })
            .collect();
        reasons.join(", and ")
    }

    /// Whether requests come from a proxy that asks without their bodies, and from nobody else.
    fn no_body_comes(&self) -> bool {
        let asked = self.entrances.forward_auth.as_ref();
        self.entrances.webhooks.is_none()
            && asked.is_some_and(|auth| auth.form.body() == BodySupport::Never)
    }

    /// Whether the windows of all secrets and keys of a check have ended.
    fn all_have_ended(&self, check: Check) -> bool {
        let Some(kinds) = kinds_of(self.file, check) else {
            return false;
        };
        let derived = kinds
            .derived
            .and_then(|table| table.get_ref().keys.as_ref());
        let sealed = kinds.sealed.and_then(|table| table.get_ref().keys.as_ref());
        let lists = [kinds.secrets, derived, sealed];
        let mut entries = lists.into_iter().flatten().flat_map(Spanned::get_ref);
        entries.all(|entry| {
            let not_after = entry.get_ref().not_after.as_ref();
            let end = not_after.and_then(|date| material::moment(date.get_ref()));
            end.is_some_and(|end| end < self.now)
        })
    }

    fn every_address_is_listed(&self) -> bool {
        self.lists.addresses.as_ref().is_some_and(|snapshot| {
            let list = snapshot.list();
            let everything = |v4: bool| {
                let mut entries = list.entries();
                entries.any(|network| network.prefix_len() == 0 && network.addr().is_ipv4() == v4)
            };
            everything(true) && everything(false) && list.exceptions().len() == 0
        })
    }
}
