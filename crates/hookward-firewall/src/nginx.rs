//! nginx, without modules.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::net::{IpAddr, Ipv4Addr};

use hookward_ip::IpNet;
use zeroize::Zeroizing;

use crate::path::{Encoding, method_pattern, pattern};
use crate::pattern::push_text;
use crate::text::push;
use crate::{FirewallError, RuleText, Rules};

/// The longest line, in bytes. What nginx cannot keep whole in its buffer, a quoted string or a comment,
/// it does not read (`NGX_CONF_BUFFER`).
const MAX_LINE: usize = 4095;

/// Variables for the `http` block: `$hookward_header_secret`, `$hookward_route` and
/// `$hookward_source_address` are 1 where the header, the method and path, and the address are
/// right, and 0 everywhere else.
///
/// nginx joins repeated lines of a header by a comma from 1.23.0 on
/// (<https://nginx.org/en/CHANGES>); before, it shows the first alone. There `$hookward_header_secret`
/// is always 0, because nobody can tell whether the header occurs once. Strings in a `map` are
/// compared without regard to case, so the secret is a pattern.
///
/// The rules leave 255.255.255.255 out where it stands alone: no packet has it as its source
/// ([RFC 1122, section 3.2.1.3](https://www.rfc-editor.org/rfc/rfc1122#section-3.2.1.3)), and nginx
/// takes it for a mistake and does not start.
///
/// # Errors
/// [`FirewallError::NotExpressible`] for a secret with a comma and a space, which two lines could
/// make up; [`FirewallError::TooLong`] for a path, or all labels together, beyond what nginx reads;
/// [`FirewallError::NothingToSay`] and [`FirewallError::SecretsMissing`].
pub fn nginx(rules: &Rules<'_>) -> Result<RuleText, FirewallError> {
    rules.check()?;
    let mut text = Zeroizing::new(String::new());
    text.push_str("# For the http block.\n");
    let header = rules.header()?;
    if let Some(header) = header {
        let refused = header
            .secrets
            .iter()
            .find(|secret| secret.text.contains(", "));
        if let Some(secret) = refused {
            return Err(FirewallError::NotExpressible {
                target: "nginx",
                label: secret.label.to_owned(),
                reason: "it has a comma and a space, by which nginx joins repeated headers",
            });
        }
        let variable = header.name.as_str().replace('-', "_");
        push(
            &mut text,
            format_args!(
                "# It holds secrets ({labels}): only the firewall may read it.\n\
             \n\
             # Before 1.23.0 nginx shows the first line of a header alone.\n\
             map $nginx_version $hookward_sees_every_line {{\n    \
             default 1;\n    \
             \"~\\A(?:0|1\\.(?:[0-9]|1[0-9]|2[0-2]))\\.\" 0;\n\
             }}\n\
             map \"$hookward_sees_every_line:$http_{variable}\" $hookward_header_secret {{\n    \
             default 0;\n",
                labels = header.labels()
            ),
        );
        for secret in &header.secrets {
            text.push_str("    \"~\\A1:");
            push_text(&mut text, &secret.text);
            text.push_str("\\z\" 1;\n");
        }
        text.push_str(
            "}\nmap \"$request_method $request_uri\" $hookward_route {\n    default 0;\n",
        );
        for route in &header.routes {
            push(
                &mut text,
                format_args!(
                    "    \"~\\A{methods} {path}(?:\\?|\\z)\" 1;\n",
                    methods = method_pattern(route),
                    path = pattern(route, Encoding::Sent)
                ),
            );
        }
        text.push_str("}\n");
    }
    if let Some(addresses) = &rules.addresses {
        text.push_str("\ngeo $hookward_source_address {\n    default 0;\n");
        let broadcast = IpNet::from(IpAddr::from(Ipv4Addr::BROADCAST));
        let sources = addresses.networks.iter();
        for network in sources.filter(|network| **network != broadcast) {
            for network in halves_of_everything(*network) {
                push(&mut text, format_args!("    {network} 1;\n"));
            }
        }
        text.push_str("}\n");
    }
    let longest = text.lines().map(str::len).max().unwrap_or_default();
    if longest > MAX_LINE {
        return Err(FirewallError::TooLong {
            target: "nginx",
            what: "a line, be it the pattern of a path or a comment,",
            found: longest,
            limit: MAX_LINE,
            unit: "bytes",
        });
    }
    Ok(RuleText::new(text, header.is_some()))
}

/// A network that is not its whole family, or the two halves of that: `default` is a network of both
/// families, which nginx would have replaced.
pub(crate) fn halves_of_everything(network: IpNet) -> impl Iterator<Item = IpNet> {
    let shortest = network.prefix_len().max(1);
    network
        .subnets(shortest)
        .expect("no shorter than the prefix, and no longer than an address")
}
