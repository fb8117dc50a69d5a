//! Completions, manual pages and the schema of the configuration.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::Site;
use jsonschema::Validator;
use serde_json::Value;

fn schema() -> Validator {
    let ran = Site::new().run(["schema"]);
    assert_eq!(ran.code, 0);
    let schema: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

/// What the validators of editors see: dates are strings to them.
fn as_json(text: &str) -> Value {
    fn convert(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => Value::String(date.to_string()),
            toml::Value::Array(array) => array.into_iter().map(convert).collect(),
            toml::Value::Table(table) => table
                .into_iter()
                .map(|(key, value)| (key, convert(value)))
                .collect(),
            other => serde_json::to_value(other).unwrap(),
        }
    }
    convert(toml::Value::Table(text.parse().unwrap()))
}

fn configurations(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            configurations(&path, found);
        } else if path.extension().is_some_and(|end| end == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_configuration_here_is_one_by_the_schema() {
    let schema = schema();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    configurations(&root.join("examples"), &mut files);
    configurations(&root.join("dist"), &mut files);
    let mut texts: Vec<(String, String)> = files
        .iter()
        .map(|path| {
            (
                path.display().to_string(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect();
    assert!(texts.len() >= 10, "{files:?}");
    texts.push((
        "what serve prints".to_owned(),
        Site::new().run(["serve"]).stdout,
    ));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let blocks: Vec<_> = readme.split("```toml\n").skip(1).collect();
    assert!(blocks.len() >= 4);
    for block in blocks {
        let (text, _) = block.split_once("```").unwrap();
        texts.push((format!("README.md: {text}"), text.to_owned()));
    }
    for (name, text) in texts {
        let errors: Vec<_> = schema
            .iter_errors(&as_json(&text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}\n{errors:#?}");
    }
}

#[test]
fn what_the_gate_would_not_understand_is_none_by_the_schema() {
    let schema = schema();
    for text in [
        "unknown = 1",
        "upstream = 1",
        "[listen]\nadress = \"127.0.0.1:1\"",
        "[listen]\ntls = { certificate = \"a\", key = \"b\", chain = \"c\" }",
        "[listen]\nprotocol = \"ftp\"",
        "[log]\nformat = \"JSON\"",
        "[limits]\nconnections = -1",
        "[limits]\nbody = 5",
        "[header_secret]\nsecrets = [{ label = \"a\", value = \"b\" }]",
        "[header_secret]\nsecrets = [{ label = \"a\", not_after = 5 }]",
        "[source_address]\nallow = \"192.0.2.1\"",
        "[source_address.list]\nurls = []",
        "[reload]\nwatch = \"yes\"",
        "[[route]]\npath = \"/{status}\"\nmethod = \"POST\"",
        "route = {}",
    ] {
        assert!(!schema.is_valid(&as_json(text)), "{text}");
    }
}

#[test]
fn every_shell_gets_completions_and_every_command_has_a_page() {
    let site = Site::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = site.run(["completions", shell]);
        assert_eq!(ran.code, 0);
        for word in ["hookward", "submission", "--scan-id"] {
            // Each shell has its own way to write a long option.
            let word = word.trim_start_matches('-');
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
    let page = site.run(["man"]).stdout;
    assert!(page.contains(".TH hookward 1"), "{page}");
    for command in ["serve", "check", "explain", "inspect", "submission"] {
        assert!(
            page.contains(&format!("hookward\\-{command}(1)")),
            "{command}: {page}"
        );
        let page = site.run(["man", command]).stdout;
        assert!(
            page.contains(&format!(".TH hookward-{command} 1")),
            "{page}"
        );
    }
    assert_eq!(site.run(["man", "nothing"]).code, 2);
}
