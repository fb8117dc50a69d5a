//! AWS WAF.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};
use hookward_copyleaks::Route;
use hookward_ip::IpNet;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::nginx::halves_of_everything;
use crate::path::{Encoding, methods, pattern};
use crate::pattern::push_text;
use crate::rules::{AddressRule, HeaderRule};
use crate::{FirewallError, RuleText, Rules};

const TARGET: &str = "AWS WAF";

/// The longest header name that can be matched, in bytes
/// (<https://docs.aws.amazon.com/waf/latest/APIReference/API_SingleHeader.html>).
const MAX_HEADER: usize = 64;

/// The longest value that can be matched, in bytes
/// (<https://docs.aws.amazon.com/waf/latest/APIReference/API_ByteMatchStatement.html>).
const MAX_VALUE: usize = 200;

/// The longest pattern, in characters
/// (<https://docs.aws.amazon.com/waf/latest/APIReference/API_RegexMatchStatement.html>).
const MAX_PATTERN: usize = 512;

/// The most networks of an IP set (<https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>).
const MAX_NETWORKS: usize = 10_000;

/// JSON for AWS WAF: under `IPSets`, what `create-ip-set` takes, and under `Rules`, rules of a web
/// ACL or rule group, in the form of the API.
///
/// The first rule allows webhooks with the header. Each service is asked for the names of the
/// headers in their order, because a match on the value alone does not say how often the header
/// occurs. Where `ip_sets` names the sets by their ARNs, which AWS gives when they are made, a rule
/// before it blocks the routes for all other addresses, however their paths are encoded. A set takes no network of prefix 0, so that
/// one is written as its halves.
///
/// Samples of requests are off: they would show the secret in the console.
///
/// # Errors
/// [`FirewallError::TooLong`] for a header, secret, path or list beyond what AWS takes,
/// [`FirewallError::NotAnIpSet`], [`FirewallError::NothingToSay`] and
/// [`FirewallError::SecretsMissing`].
pub fn aws_waf(rules: &Rules<'_>, ip_sets: &[&str]) -> Result<RuleText, FirewallError> {
    rules.check()?;
    let mut wanted = Vec::new();
    let header = rules.header()?;
    let mut sets = Vec::new();
    if let Some(addresses) = &rules.addresses {
        sets = address_sets(addresses)?;
        if !ip_sets.is_empty() && !addresses.routes.is_empty() {
            wanted.push((
                "hookward-source-address",
                "Block",
                outside(addresses, ip_sets)?,
            ));
        }
    }
    if let Some(header) = header {
        wanted.push(("hookward-header-secret", "Allow", with_header(header)?));
    }
    let rules: Vec<_> = wanted
        .into_iter()
        .enumerate()
        .map(|(priority, (name, action, statement))| {
            json!({
                "Name": name,
                "Priority": priority,
                "Statement": statement,
                "Action": { action: {} },
                "VisibilityConfig": {
                    "SampledRequestsEnabled": false,
                    "CloudWatchMetricsEnabled": true,
                    "MetricName": name,
                },
            })
        })
        .collect();
    let document = json!({ "IPSets": sets, "Rules": rules });
    Ok(RuleText::new(pretty(&document), header.is_some()))
}

pub(crate) fn pretty(document: &Value) -> Zeroizing<String> {
    let mut text = Zeroizing::new(
        serde_json::to_string_pretty(document).expect("every key of the document is a string"),
    );
    text.push('\n');
    text
}

/// A set for each family that has networks.
fn address_sets(addresses: &AddressRule<'_>) -> Result<Vec<Value>, FirewallError> {
    let mut sets = Vec::new();
    for (name, version, wants_v4) in [
        ("hookward-ipv4", "IPV4", true),
        ("hookward-ipv6", "IPV6", false),
    ] {
        let networks: Vec<String> = addresses
            .networks
            .iter()
            .filter(|network| matches!(network, IpNet::V4(_)) == wants_v4)
            .flat_map(|network| halves_of_everything(*network))
            .map(|network| network.to_string())
            .collect();
        within("an IP set", networks.len(), MAX_NETWORKS, "networks")?;
        if !networks.is_empty() {
            sets.push(json!({
                "Name": name,
                "Description": "Where Copyleaks sends webhooks from",
                "IPAddressVersion": version,
                "Addresses": networks,
            }));
        }
    }
    Ok(sets)
}

/// On a route, from an address that is in none of the sets.
fn outside(addresses: &AddressRule<'_>, ip_sets: &[&str]) -> Result<Value, FirewallError> {
    let mut listed = Vec::new();
    for arn in ip_sets {
        let is_ip_set = arn.starts_with("arn:")
            && arn.contains(":wafv2:")
            && arn.contains("/ipset/")
            && arn.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_ip_set {
            return Err(FirewallError::NotAnIpSet);
        }
        listed.push(json!({ "IPSetReferenceStatement": { "ARN": arn } }));
    }
    // Not as it was sent: what is written otherwise than expected would not be blocked.
    let path_is = |route| path_is(route, Encoding::Decoded, "URL_DECODE");
    let routes = addresses.routes.iter().map(|route| path_is(route));
    Ok(all_of([
        any_of(routes.collect::<Result<_, _>>()?),
        not(any_of(listed)),
    ]))
}

/// On a route, with one of its methods, and with the header once and exactly.
fn with_header(header: &HeaderRule<'_>) -> Result<Value, FirewallError> {
    let name = header.name.as_str();
    within("a header name", name.len(), MAX_HEADER, "bytes")?;
    let mut routes = Vec::new();
    for route in &header.routes {
        let methods = methods(route)
            .into_iter()
            .map(|method| equals(json!({ "Method": {} }), method.as_bytes()));
        routes.push(all_of([
            any_of(methods.collect()),
            path_is(route, Encoding::Sent, "NONE")?,
        ]));
    }
    let mut secrets = Vec::new();
    for secret in &header.secrets {
        within("a secret", secret.text.len(), MAX_VALUE, "bytes")?;
        let field = json!({ "SingleHeader": { "Name": name } });
        secrets.push(equals(field, secret.text.as_bytes()));
    }
    let mut pattern = String::new();
    push_text(&mut pattern, name);
    Ok(all_of([
        any_of(routes),
        // What is too long to be seen whole counts as not there, and as repeated.
        names_match(&["(?:^|:)", &pattern, "(?:$|:)"].concat(), "NO_MATCH")?,
        not(names_match(
            &["(?:^|:)", &pattern, ":(?:.*:)?", &pattern, "(?:$|:)"].concat(),
            "MATCH",
        )?),
        any_of(secrets),
    ]))
}

/// The names of all headers, joined by colons in the order in which they came.
fn names_match(pattern: &str, oversize: &str) -> Result<Value, FirewallError> {
    matches(
        json!({ "HeaderOrder": { "OversizeHandling": oversize } }),
        pattern,
        "LOWERCASE",
    )
}

fn path_is(
    route: &Route,
    encoding: Encoding,
    transformation: &str,
) -> Result<Value, FirewallError> {
    let pattern = ["^", &pattern(route, encoding), "$"].concat();
    matches(json!({ "UriPath": {} }), &pattern, transformation)
}

fn matches(field: Value, pattern: &str, transformation: &str) -> Result<Value, FirewallError> {
    within("a pattern", pattern.len(), MAX_PATTERN, "characters")?;
    Ok(json!({ "RegexMatchStatement": {
        "RegexString": pattern,
        "FieldToMatch": field,
        "TextTransformations": [{ "Priority": 0, "Type": transformation }],
    } }))
}

fn equals(field: Value, value: &[u8]) -> Value {
    json!({ "ByteMatchStatement": {
        "SearchString": Base64::encode_string(value),
        "FieldToMatch": field,
        "TextTransformations": [{ "Priority": 0, "Type": "NONE" }],
        "PositionalConstraint": "EXACTLY",
    } })
}

fn all_of<const N: usize>(statements: [Value; N]) -> Value {
    json!({ "AndStatement": { "Statements": statements.to_vec() } })
}

/// One alone cannot be said to be one of several.
fn any_of(mut statements: Vec<Value>) -> Value {
    match statements.len() {
        1 => statements.remove(0),
        _ => json!({ "OrStatement": { "Statements": statements } }),
    }
}

fn not(statement: Value) -> Value {
    json!({ "NotStatement": { "Statement": statement } })
}

fn within(
    what: &'static str,
    found: usize,
    limit: usize,
    unit: &'static str,
) -> Result<(), FirewallError> {
    if found <= limit {
        return Ok(());
    }
    Err(FirewallError::TooLong {
        target: TARGET,
        what,
        found,
        limit,
        unit,
    })
}
