//! Cloudflare.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use hookward_copyleaks::{Event, Route, RouteSegment};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::aws_waf::pretty;
use crate::path::{Encoding, methods};
use crate::rules::{AddressRule, HeaderRule};
use crate::text::push;
use crate::{FirewallError, RuleText, Rules};

/// The longest expression, in characters
/// (<https://developers.cloudflare.com/ruleset-engine/rules-language/expressions/>).
const MAX_EXPRESSION: usize = 4096;

/// The names by which [`cloudflare`]'s rules refer to themselves.
const HEADER_RULE: &str = "hookward_header_secret";
const ADDRESS_RULE: &str = "hookward_source_address";

/// Custom rules of a zone as JSON, in the form of the Rulesets API (phase
/// `http_request_firewall_custom`).
///
/// Webhooks with the header skip the managed rules, Super Bot Fight Mode and the Browser Integrity
/// Check. From addresses that are not listed, the routes are blocked. Patterns (`matches`) are for
/// few plans, so paths are said by wildcards; a repeated header is seen in the array of its values.
///
/// # Errors
/// [`FirewallError::TooLong`] where an expression would be longer than Cloudflare takes,
/// [`FirewallError::NothingToSay`] and [`FirewallError::SecretsMissing`].
pub fn cloudflare(rules: &Rules<'_>) -> Result<RuleText, FirewallError> {
    let made = rules_of(rules)?;
    let document = Value::Array(made.iter().map(Rule::json).collect());
    Ok(RuleText::new(pretty(&document), rules.header.is_some()))
}

/// The same as a resource of the Terraform provider `cloudflare/cloudflare`, version 5.
///
/// # Errors
/// As [`cloudflare`].
pub fn cloudflare_terraform(rules: &Rules<'_>) -> Result<RuleText, FirewallError> {
    let made = rules_of(rules)?;
    let mut text = Zeroizing::new(String::new());
    text.push_str(
        "variable \"zone_id\" {\n  type = string\n}\n\n\
         resource \"cloudflare_ruleset\" \"hookward\" {\n  \
         zone_id = var.zone_id\n  \
         name    = \"hookward\"\n  \
         kind    = \"zone\"\n  \
         phase   = \"http_request_firewall_custom\"\n\n  \
         rules = [\n",
    );
    for rule in &made {
        rule.push_terraform(&mut text);
    }
    text.push_str("  ]\n}\n");
    Ok(RuleText::new(text, rules.header.is_some()))
}

struct Rule {
    name: &'static str,
    description: &'static str,
    action: Action,
    expression: Zeroizing<String>,
}

#[derive(Clone, Copy)]
enum Action {
    Skip,
    Block,
}

/// What is skipped: phases, and products that are none.
const SKIPPED_PHASES: [&str; 2] = ["http_request_firewall_managed", "http_request_sbfm"];
const SKIPPED_PRODUCTS: [&str; 1] = ["bic"];

impl Rule {
    fn json(&self) -> Value {
        let mut rule = json!({
            "ref": self.name,
            "description": self.description,
            "expression": self.expression.as_str(),
            "enabled": true,
        });
        match self.action {
            Action::Block => rule["action"] = "block".into(),
            Action::Skip => {
                rule["action"] = "skip".into();
                rule["action_parameters"] =
                    json!({ "phases": SKIPPED_PHASES, "products": SKIPPED_PRODUCTS });
                rule["logging"] = json!({ "enabled": true });
            }
        }
        rule
    }

    fn push_terraform(&self, text: &mut String) {
        let expression = terraform_string(&self.expression);
        let (name, description) = (self.name, self.description);
        let action = match self.action {
            Action::Skip => format!(
                "action      = \"skip\"\n      \
                 action_parameters = {{\n        \
                 phases   = {SKIPPED_PHASES:?}\n        \
                 products = {SKIPPED_PRODUCTS:?}\n      \
                 }}\n      \
                 logging = {{\n        \
                 enabled = true\n      \
                 }}"
            ),
            Action::Block => "action      = \"block\"".into(),
        };
        push(
            text,
            format_args!(
                "    {{\n      \
             ref         = \"{name}\"\n      \
             description = \"{description}\"\n      \
             enabled     = true\n      \
             expression  = {expression}\n      \
             {action}\n    \
             }},\n",
                expression = expression.as_str()
            ),
        );
    }
}

fn rules_of(rules: &Rules<'_>) -> Result<Vec<Rule>, FirewallError> {
    rules.check()?;
    let mut made = Vec::new();
    if let Some(addresses) = &rules.addresses
        && !addresses.routes.is_empty()
    {
        made.push(Rule {
            name: ADDRESS_RULE,
            description: "Webhooks from other addresses than those of Copyleaks",
            action: Action::Block,
            expression: checked(outside(addresses))?,
        });
    }
    if let Some(header) = rules.header()? {
        made.push(Rule {
            name: HEADER_RULE,
            description: "Webhooks with the secret header",
            action: Action::Skip,
            expression: checked(with_header(header))?,
        });
    }
    if made.is_empty() {
        return Err(FirewallError::NothingToSay);
    }
    Ok(made)
}

fn checked(expression: Zeroizing<String>) -> Result<Zeroizing<String>, FirewallError> {
    if expression.len() <= MAX_EXPRESSION {
        return Ok(expression);
    }
    Err(FirewallError::TooLong {
        target: "Cloudflare",
        what: "an expression",
        found: expression.len(),
        limit: MAX_EXPRESSION,
        unit: "characters",
    })
}

/// On a route, from an address that is not listed.
fn outside(addresses: &AddressRule<'_>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    push_any(
        &mut text,
        addresses.routes.iter().flat_map(|route| {
            // Decoded as well: what is written otherwise than expected would not be blocked.
            [Encoding::Sent, Encoding::Decoded].map(|encoding| path_is(route, encoding))
        }),
    );
    text.push_str(" and not ip.src in {");
    for (index, network) in addresses.networks.iter().enumerate() {
        let space = if index > 0 { " " } else { "" };
        push(&mut text, format_args!("{space}{network}"));
    }
    text.push('}');
    text
}

/// On a route, with one of its methods, and with the header once and exactly.
fn with_header(header: &HeaderRule<'_>) -> Zeroizing<String> {
    let name = literal(header.name.as_str());
    let name = name.as_str();
    let mut text = Zeroizing::new(String::new());
    let routes = header.routes.iter().map(|route| {
        let methods: Vec<_> = methods(route).into_iter().map(literal).collect();
        let methods: Vec<_> = methods.iter().map(|method| method.as_str()).collect();
        format!(
            "(http.request.method in {{{methods}}} and {path})",
            methods = methods.join(" "),
            path = path_is(route, Encoding::Sent),
        )
    });
    push_any(&mut text, routes);
    push(
        &mut text,
        format_args!(
            " and not http.request.headers.truncated \
         and len(http.request.headers[{name}]) eq 1 \
         and http.request.headers[{name}][0] in {{"
        ),
    );
    for (index, secret) in header.secrets.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        text.push_str(&literal(&secret.text));
    }
    text.push('}');
    text
}

/// Adds that one of these holds.
fn push_any(text: &mut String, conditions: impl Iterator<Item = String>) {
    text.push('(');
    for (index, condition) in conditions.enumerate() {
        if index > 0 {
            text.push_str(" or ");
        }
        text.push_str(&condition);
    }
    text.push(')');
}

/// The field that shows a path in this encoding.
const fn field(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Sent => "http.request.uri.path",
        Encoding::Decoded => "url_decode(http.request.uri.path)",
    }
}

/// That the path in this encoding is one of the route's.
///
/// A wildcard stands for slashes as well, so their number is said apart. `wildcard` takes every
/// case, as statuses may be written; `strict wildcard` holds the rest to its own. No scan id has a
/// slash or a backslash that is percent-encoded, and what decodes it could read another path.
fn path_is(route: &Route, encoding: Encoding) -> String {
    let field = field(encoding);
    let has_status = route
        .segments()
        .any(|segment| segment == RouteSegment::Status);
    if !has_status && !route.has_scan_id() {
        return format!(
            "{field} eq {}",
            literal(&path(route, |text| shown(text, encoding), "")).as_str()
        );
    }
    // An asterisk and a backslash are written with a backslash
    // (<https://developers.cloudflare.com/ruleset-engine/rules-language/operators/>).
    let escape = |text: &str| {
        shown(text, encoding)
            .replace('\\', r"\\")
            .replace('*', r"\*")
    };
    let exact = literal(&path(route, escape, "*"));
    let mut text = format!("{field} strict wildcard {}", exact.as_str());
    if has_status {
        let statuses = Event::STATUSES.into_iter().map(|event| {
            let shape = literal(&path(route, escape, event.name()));
            format!("{field} wildcard {}", shape.as_str())
        });
        text.push_str(" and ");
        push_any(&mut text, statuses);
    }
    let more = "*/".repeat(route.segments().count() + 1);
    push(
        &mut text,
        format_args!(
            " and not {field} wildcard \"{more}*\" \
             and not {field} wildcard \"*%2f*\" and not {field} wildcard \"*%5c*\""
        ),
    );
    text
}

/// The path of the route, with `status` in its place and any scan id.
fn path(route: &Route, escape: impl Fn(&str) -> String, status: &str) -> String {
    let mut path = String::new();
    for segment in route.segments() {
        path.push('/');
        match segment {
            RouteSegment::Literal(text) => path.push_str(&escape(text)),
            RouteSegment::Status => path.push_str(status),
            RouteSegment::ScanId => path.push('*'),
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    path
}

/// A literal segment as a path in this encoding has it. What is sent is shown normalized: all but
/// unreserved and reserved characters percent-encoded, in upper case
/// (<https://developers.cloudflare.com/rules/normalization/how-it-works/>).
fn shown(text: &str, encoding: Encoding) -> String {
    if encoding == Encoding::Decoded {
        return text.to_owned();
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:[]@!$&'()*+,;=".contains(&byte) {
            encoded.push(byte.into());
        } else {
            push(&mut encoded, format_args!("%{byte:02X}"));
        }
    }
    encoded
}

/// A quoted string: a quote and a backslash are written with a backslash
/// (<https://developers.cloudflare.com/ruleset-engine/rules-language/values/>).
fn literal(text: &str) -> Zeroizing<String> {
    let mut quoted = Zeroizing::new(String::with_capacity(text.len() + 2));
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// A quoted template without a template in it: what could begin one is written by its number
/// (<https://developer.hashicorp.com/terraform/language/expressions/strings>).
fn terraform_string(text: &str) -> Zeroizing<String> {
    let mut quoted = Zeroizing::new(String::with_capacity(text.len() + 2));
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str(r#"\""#),
            '\\' => quoted.push_str(r"\\"),
            '$' => quoted.push_str(r"\u0024"),
            '%' => quoted.push_str(r"\u0025"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
