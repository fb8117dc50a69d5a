//! What cannot be said exactly is an error that names it, and never shows a secret.

use hookward_copyleaks::{Event, Route};
use hookward_firewall::{
    AddressRule, FirewallError, HeaderRule, Rules, aws_waf, cloudflare, cloudflare_terraform,
    haproxy, modsecurity, nftables, nginx,
};
use hookward_ip::Allowlist;

fn random() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
        .iter()
        .map(|byte| char::from(b'a' + byte % 26))
        .collect()
}

fn route() -> Route {
    Route::parse("/copyleaks/{status}/{scan_id}", None).unwrap()
}

fn header<'r>(route: &'r Route, secret: &str) -> HeaderRule<'r> {
    let rule = HeaderRule::new("x-firewall-secret".parse().unwrap(), [route]).unwrap();
    rule.secret("2026-11", secret).unwrap()
}

fn list(entries: usize) -> Allowlist {
    let networks = (0..entries).map(|index| format!("2001:db8:{index:x}::1"));
    let list = networks.fold(Allowlist::builder(), |list, text| list.text(&text));
    list.build().unwrap()
}

#[test]
fn a_target_that_has_nothing_to_match_with_says_so() {
    let nothing = Rules::new();
    for refused in [
        nginx(&nothing),
        haproxy(&nothing),
        aws_waf(&nothing, &[]),
        cloudflare(&nothing),
        cloudflare_terraform(&nothing),
    ] {
        assert_eq!(refused.unwrap_err(), FirewallError::NothingToSay);
    }
    let (route, list) = (route(), list(1));
    let addresses = Rules::new().with_addresses(AddressRule::new(&list, [&route]));
    assert!(matches!(
        modsecurity(&addresses),
        Err(FirewallError::HeaderMissing { .. })
    ));
    let header = Rules::new().with_header(header(&route, &random()));
    assert!(matches!(
        nftables(&header, 443),
        Err(FirewallError::AddressesMissing { .. })
    ));
    // Nobody is to be kept from any route.
    let everywhere = Rules::new().with_addresses(AddressRule::new(&list, []));
    assert_eq!(
        cloudflare(&everywhere).unwrap_err(),
        FirewallError::NothingToSay
    );
}

#[test]
fn a_header_rule_needs_routes_and_secrets() {
    let name = || "x-firewall-secret".parse().unwrap();
    assert_eq!(
        HeaderRule::new(name(), []).unwrap_err(),
        FirewallError::RoutesMissing
    );
    let route = route();
    let rules = Rules::new().with_header(HeaderRule::new(name(), [&route]).unwrap());
    for refused in [
        modsecurity(&rules),
        nginx(&rules),
        haproxy(&rules),
        aws_waf(&rules, &[]),
        cloudflare(&rules),
        cloudflare_terraform(&rules),
    ] {
        assert_eq!(refused.unwrap_err(), FirewallError::SecretsMissing);
    }
}

#[test]
fn secrets_and_labels_are_what_headers_and_comments_can_hold() {
    let (route, secret) = (route(), random());
    let rule = || HeaderRule::new("x-firewall-secret".parse().unwrap(), [&route]).unwrap();
    for broken in [
        String::new(),
        format!(" {secret}"),
        format!("{secret}\t"),
        format!("{secret}\n{secret}"),
        format!("{secret}é"),
    ] {
        let error = rule().secret("2026-11", &broken).unwrap_err();
        assert!(matches!(error, FirewallError::SecretForm { .. }), "{error}");
        assert!(!error.to_string().contains(&secret));
    }
    for label in ["a b", "a\nSecRuleEngine Off", "é"] {
        let error = rule().secret(label, &secret).unwrap_err();
        assert_eq!(error, FirewallError::LabelForm);
    }
}

#[test]
fn what_a_target_cannot_express_names_the_secret_by_its_label() {
    let (route, secret) = (route(), random());
    let joined = format!("{secret}, {secret}");
    let rules = Rules::new().with_header(header(&route, &joined));
    let error = nginx(&rules).unwrap_err();
    assert!(error.to_string().contains("2026-11"), "{error}");
    assert!(!error.to_string().contains(&secret));
    assert!(haproxy(&rules).is_ok());

    let long = random().repeat(7);
    let rules = Rules::new().with_header(header(&route, &long));
    assert!(matches!(
        aws_waf(&rules, &[]),
        Err(FirewallError::TooLong {
            found: 224,
            limit: 200,
            ..
        })
    ));
}

#[test]
fn lists_and_paths_that_a_service_does_not_take_are_refused() {
    let (route, long) = (route(), list(200));
    let rules = Rules::new().with_addresses(AddressRule::new(&long, [&route]));
    for refused in [cloudflare(&rules), cloudflare_terraform(&rules)] {
        assert!(matches!(
            refused,
            Err(FirewallError::TooLong { limit: 4096, .. })
        ));
    }
    let most = list(10_000);
    let rules = Rules::new().with_addresses(AddressRule::new(&most, [&route]));
    assert!(aws_waf(&rules, &[]).is_ok());
    let more = list(10_001);
    let rules = Rules::new().with_addresses(AddressRule::new(&more, [&route]));
    assert!(matches!(
        aws_waf(&rules, &[]),
        Err(FirewallError::TooLong { found: 10_001, .. })
    ));
    let path = format!("/{}", "/%C3%A9".repeat(60).trim_start_matches('/'));
    let accented = Route::parse(&path, Some(Event::NewResult)).unwrap();
    let rules = Rules::new().with_header(header(&accented, &random()));
    assert!(matches!(
        aws_waf(&rules, &[]),
        Err(FirewallError::TooLong {
            what: "a pattern",
            ..
        })
    ));
}

#[test]
fn lines_that_nginx_does_not_read_are_refused() {
    let written = |segments: usize| {
        let path = "/!".repeat(segments);
        let route = Route::parse(&path, Some(Event::NewResult)).unwrap();
        let rules = Rules::new().with_header(header(&route, &random()));
        nginx(&rules).map(|text| text.as_str().lines().map(str::len).max().unwrap())
    };
    let (short, longer) = (written(200).unwrap(), written(201).unwrap());
    let most = 200 + (4095 - short) / (longer - short);
    assert!(written(most).unwrap() <= 4095);
    assert!(matches!(
        written(most + 1),
        Err(FirewallError::TooLong { limit: 4095, .. })
    ));
    // A comment is read like any other word.
    let route = route();
    let labelled = HeaderRule::new("x-firewall-secret".parse().unwrap(), [&route]).unwrap();
    let labelled = labelled.secret(&"l".repeat(4096), &random()).unwrap();
    assert!(matches!(
        nginx(&Rules::new().with_header(labelled)),
        Err(FirewallError::TooLong { limit: 4095, .. })
    ));
}

#[test]
fn cloudflare_matches_paths_as_it_shows_them() {
    let list = list(1);
    let expressions = |path: &str| {
        let route = Route::parse(path, Some(Event::NewResult)).unwrap();
        let rules = Rules::new()
            .with_header(header(&route, &random()))
            .with_addresses(AddressRule::new(&list, [&route]));
        let text = cloudflare(&rules).unwrap();
        let document: serde_json::Value = serde_json::from_str(text.as_str()).unwrap();
        [0, 1].map(|rule| document[rule]["expression"].as_str().unwrap().to_owned())
    };
    let [outside, with_header] = expressions("/a%20b!/%c3%a9%22%3F");
    let shown = r#"http.request.uri.path eq "/a%20b!/%C3%A9%22%3F""#;
    assert!(with_header.contains(shown), "{with_header}");
    assert!(outside.contains(shown), "{outside}");
    let decoded = r#"url_decode(http.request.uri.path) eq "/a b!/é\"?""#;
    assert!(outside.contains(decoded), "{outside}");
    let [outside, with_header] = expressions("/a%20*/{scan_id}");
    let shown = r#"http.request.uri.path strict wildcard "/a%20\\*/*""#;
    assert!(with_header.contains(shown), "{with_header}");
    assert!(
        outside.contains(r#"strict wildcard "/a \\*/*""#),
        "{outside}"
    );
}

#[test]
fn ip_sets_are_named_by_their_arns() {
    let (route, list) = (route(), list(1));
    let rules = Rules::new().with_addresses(AddressRule::new(&list, [&route]));
    for broken in [
        "",
        "hookward-ipv4",
        "arn:aws:s3:::bucket",
        "arn:aws:wafv2:x:1:y/ipset/a\nb",
    ] {
        assert_eq!(
            aws_waf(&rules, &[broken]).unwrap_err(),
            FirewallError::NotAnIpSet
        );
    }
}

#[test]
fn nothing_but_the_text_shows_a_secret() {
    let (route, secret) = (route(), random());
    let rules = Rules::new().with_header(header(&route, &secret));
    assert!(!format!("{rules:?}").contains(&secret));
    let text = haproxy(&rules).unwrap();
    assert!(text.as_str().contains(&secret) && text.holds_secret());
    assert!(!format!("{text:?}").contains(&secret));
}

#[test]
fn a_path_is_blocked_however_it_is_encoded() {
    let (route, list) = (route(), list(1));
    let rules = Rules::new().with_addresses(AddressRule::new(&list, [&route]));
    let arn = "arn:aws:wafv2:eu-west-1:1:regional/ipset/hookward-ipv6/1";
    let text = aws_waf(&rules, &[arn]).unwrap();
    let document: serde_json::Value = serde_json::from_str(text.as_str()).unwrap();
    let path = &document["Rules"][0]["Statement"]["AndStatement"]["Statements"][0];
    let transformation = &path["RegexMatchStatement"]["TextTransformations"][0]["Type"];
    assert_eq!(transformation, "URL_DECODE");

    let text = cloudflare(&rules).unwrap();
    let document: serde_json::Value = serde_json::from_str(text.as_str()).unwrap();
    let expression = document[0]["expression"].as_str().unwrap();
    assert!(
        expression.contains("url_decode(http.request.uri.path) strict wildcard"),
        "{expression}"
    );
}

#[test]
fn nginx_reads_no_network_of_the_broadcast_address_alone() {
    let route = route();
    let written = |network: &str| {
        let list = Allowlist::builder().text(network).text("192.0.2.7");
        let list = list.build().unwrap();
        let rules = Rules::new().with_addresses(AddressRule::new(&list, [&route]));
        nginx(&rules).unwrap().as_str().to_owned()
    };
    let pair = written("255.255.255.254/31");
    assert!(pair.contains("255.255.255.254/31 1;") && pair.contains("192.0.2.7/32 1;"));
    let alone = written("255.255.255.255");
    assert!(!alone.contains("255.255.255.255") && alone.contains("192.0.2.7/32 1;"));
}
