//! What each proxy is asked about and told.

use hookward_forwarded::{BodySupport, ForwardAuthError, ForwardAuthForm, OriginalRequest};

/// What the guard answers, besides acceptance.
const ANSWERS: [u16; 9] = [400, 403, 404, 405, 408, 413, 415, 431, 503];

fn original<'a>(
    form: ForwardAuthForm,
    request: (&'a str, &'a str),
    headers: &'a [(&'a str, &'a str)],
) -> Result<OriginalRequest<'a>, ForwardAuthError> {
    form.original(request.0, request.1, |wanted| {
        let of_name = headers.iter().filter(move |(name, _)| *name == wanted);
        of_name.map(|(_, value)| value.as_bytes())
    })
}

#[test]
fn names_read_back() {
    for form in ForwardAuthForm::ALL {
        assert_eq!(form.to_string().parse(), Ok(form));
    }
    assert_eq!(
        "Nginx".parse::<ForwardAuthForm>(),
        Err(ForwardAuthError::UnknownForm)
    );
}

#[test]
fn only_acceptance_admits() {
    for form in ForwardAuthForm::ALL {
        for status in 0..=u16::MAX {
            let relay = form.relay(status);
            let accepted = (200..300).contains(&status);
            assert_eq!(relay.to_sender.is_none(), accepted, "{form} {status}");
            // Envoy admits by 200 and nothing else.
            assert_eq!(relay.to_proxy == 200, accepted, "{form} {status}");
            assert!(
                accepted || (400..600).contains(&relay.to_proxy),
                "{form} {status}"
            );
        }
    }
}

#[test]
fn each_answer_reaches_the_sender_as_the_proxy_understands_it() {
    for (form, to_proxy, to_sender) in [
        (
            ForwardAuthForm::Nginx,
            [403, 403, 403, 403, 403, 403, 403, 403, 503],
            [403, 403, 403, 403, 403, 403, 403, 403, 500],
        ),
        (ForwardAuthForm::Traefik, ANSWERS, ANSWERS),
        (ForwardAuthForm::Caddy, ANSWERS, ANSWERS),
        (
            ForwardAuthForm::Haproxy,
            ANSWERS,
            [403, 403, 403, 403, 403, 403, 403, 403, 503],
        ),
        (ForwardAuthForm::Envoy, ANSWERS, ANSWERS),
    ] {
        for (index, status) in ANSWERS.into_iter().enumerate() {
            let relay = form.relay(status);
            assert_eq!(relay.to_proxy, to_proxy[index], "{form} {status}");
            assert_eq!(relay.to_sender, Some(to_sender[index]), "{form} {status}");
        }
        // "Try again" stays "try again".
        assert!(form.relay(503).to_sender >= Some(500));
    }
}

#[test]
fn bodies_come_where_the_proxy_can_send_them() {
    for form in ForwardAuthForm::ALL {
        let can = matches!(form, ForwardAuthForm::Traefik | ForwardAuthForm::Envoy);
        assert_eq!(form.body() != BodySupport::Never, can, "{form}");
    }
}

#[test]
fn the_original_request_is_in_the_headers_of_the_form() {
    for form in ForwardAuthForm::ALL {
        let (question, headers) = match form.headers() {
            Some((method, uri)) => (
                ("GET", "/auth"),
                vec![(method, "PUT"), (uri, "/a/b%2e?c?d")],
            ),
            None => (("PUT", "/a/b%2e?c?d"), vec![]),
        };
        let found = original(form, question, &headers).unwrap();
        assert_eq!(
            (found.method, found.path, found.query),
            ("PUT", "/a/b%2e", Some("c?d")),
            "{form}"
        );
    }
    let headers = [("x-original-method", "POST"), ("x-original-uri", "/")];
    let found = original(ForwardAuthForm::Nginx, ("GET", "/auth?a"), &headers).unwrap();
    assert_eq!((found.path, found.query), ("/", None));
}

#[test]
fn missing_and_repeated_headers_are_refused() {
    let form = ForwardAuthForm::Traefik;
    let (method, uri) = (("x-forwarded-method", "POST"), ("x-forwarded-uri", "/a"));
    for (headers, expected) in [
        (vec![uri], ForwardAuthError::Missing { header: method.0 }),
        (vec![method], ForwardAuthError::Missing { header: uri.0 }),
        (
            vec![method, uri, method],
            ForwardAuthError::Repeated { header: method.0 },
        ),
        (
            vec![uri, method, (uri.0, "/b")],
            ForwardAuthError::Repeated { header: uri.0 },
        ),
    ] {
        assert_eq!(original(form, ("GET", "/auth"), &headers), Err(expected));
    }
}

#[test]
fn malformed_requests_are_refused() {
    let ask = |method, uri| original(ForwardAuthForm::Envoy, (method, uri), &[]);
    for method in ["", "PO ST", "POST\n", "P\u{d6}ST", "a/b"] {
        assert_eq!(
            ask(method, "/"),
            Err(ForwardAuthError::Method),
            "{method:?}"
        );
    }
    for (uri, offset) in [
        ("", 0),
        ("*", 0),
        ("http://a/b", 0),
        ("a", 0),
        ("/a b", 2),
        ("/a#b", 2),
        ("/a?b#c", 4),
        ("/\u{e4}", 1),
        ("/a\0", 2),
    ] {
        assert_eq!(
            ask("POST", uri),
            Err(ForwardAuthError::Uri { offset }),
            "{uri:?}"
        );
    }
}

#[test]
fn a_part_of_a_body_is_refused() {
    let name = "x-envoy-auth-partial-body";
    let ask = |headers: &[(&str, &str)]| {
        original(ForwardAuthForm::Envoy, ("POST", "/a"), headers).map(|found| found.path.len())
    };
    assert_eq!(ask(&[(name, "false")]), Ok(2));
    for value in ["true", "TRUE", "", "no", "false, true"] {
        assert_eq!(
            ask(&[(name, value)]),
            Err(ForwardAuthError::PartialBody),
            "{value}"
        );
    }
    // The client's word beside Envoy's.
    let twice = ask(&[(name, "false"), (name, "true")]);
    assert_eq!(twice, Err(ForwardAuthError::Repeated { header: name }));
}
