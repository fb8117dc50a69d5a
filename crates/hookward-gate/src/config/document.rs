//! A TOML document whose every mistake has a place.

use core::ops::Range;

use serde::Deserialize;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};
use toml::{Spanned, de};

/// A parsed document, and where in its text each key stands.
pub(crate) struct Document<'t> {
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

/// A mistake in the form of a document: its place as a byte range, and what was expected.
pub(crate) struct Mistake {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
}

impl Mistake {
    fn of(error: &de::Error) -> Self {
        Self {
            span: error.span().unwrap_or(0..0),
            message: error.message().to_owned(),
        }
    }
}

impl<'t> Document<'t> {
    /// Parses TOML, and reports every violation of its grammar that can be told apart.
    pub(crate) fn parse(text: &'t str) -> Result<Self, Vec<Mistake>> {
        let (root, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            Ok(Self { text, root })
        } else {
            Err(errors.iter().map(Mistake::of).collect())
        }
    }

    /// The text that was parsed.
    pub(crate) const fn text(&self) -> &'t str {
        self.text
    }

    /// Reads the document as a `T`, and reports every entry that is unknown or of the wrong type.
    ///
    /// What is wrong is left out of the `T`. So that nothing hides behind another mistake, every
    /// field of the tables in it has to be optional.
    pub(crate) fn read<T: Deserialize<'t> + Default>(&self) -> (T, Vec<Mistake>) {
        let mut rest = self.root.clone();
        let mut mistakes = Vec::new();
        loop {
            let error = match T::deserialize(Deserializer::from(rest.clone())) {
                Ok(value) => return (value, mistakes),
                Err(error) => error,
            };
            let mistake = Mistake::of(&error);
            let offset = mistake.span.start;
            mistakes.push(mistake);
            // Each round is one entry shorter, so this ends.
            if !remove_from_table(rest.get_mut(), offset) {
                return (T::default(), mistakes);
            }
        }
    }

    /// The path of the innermost key or value at a byte offset, such as `route[1].policy`.
    /// Empty where there is none.
    pub(crate) fn key_at(&self, offset: usize) -> String {
        key_in_table(self.root.get_ref(), offset).unwrap_or_default()
    }
}

fn key_in_table(table: &DeTable<'_>, offset: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref();
        match key_in_value(value.get_ref(), offset) {
            Some(inner) if inner.starts_with('[') => Some(format!("{name}{inner}")),
            Some(inner) => Some(format!("{name}.{inner}")),
            None => (key.span().contains(&offset) || value.span().contains(&offset))
                .then(|| name.to_string()),
        }
    })
}

fn key_in_value(value: &DeValue<'_>, offset: usize) -> Option<String> {
    match value {
        DeValue::Table(table) => key_in_table(table, offset),
        DeValue::Array(array) => array.iter().enumerate().find_map(|(index, element)| {
            match key_in_value(element.get_ref(), offset) {
                Some(inner) if inner.starts_with('[') => Some(format!("[{index}]{inner}")),
                Some(inner) => Some(format!("[{index}].{inner}")),
                None => element
                    .span()
                    .contains(&offset)
                    .then(|| format!("[{index}]")),
            }
        }),
        _ => None,
    }
}

/// Removes the innermost entry or element at `offset`. Whether there was one.
fn remove_from_table(table: &mut DeTable<'_>, offset: usize) -> bool {
    if table
        .iter_mut()
        .any(|(_, value)| remove_from_value(value.get_mut(), offset))
    {
        return true;
    }
    let found = table
        .iter()
        .find(|(key, value)| key.span().contains(&offset) || value.span().contains(&offset));
    let Some(key) = found.map(|(key, _)| key.get_ref().to_string()) else {
        return false;
    };
    table.remove(key.as_str()).is_some()
}

fn remove_from_value<'t>(value: &mut DeValue<'t>, offset: usize) -> bool {
    match value {
        DeValue::Table(table) => remove_from_table(table, offset),
        DeValue::Array(array) => {
            if array
                .iter_mut()
                .any(|element| remove_from_value(element.get_mut(), offset))
            {
                return true;
            }
            let before = array.len();
            let all: DeArray<'t> = core::mem::replace(array, DeArray::new());
            *array = all
                .into_iter()
                .filter(|element| !element.span().contains(&offset))
                .collect();
            array.len() < before
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Shape {
        name: Option<String>,
        numbers: Vec<u8>,
        item: Vec<Item>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Item {
        on: Option<bool>,
    }

    #[test]
    fn every_mistake_is_reported_with_its_key() {
        let text = "name = 5\nnumbers = [1, 'x', 300]\nextra = 1\n[[item]]\non = true\n[[item]]\non = 1\noff.deep = 2\n";
        let document = Document::parse(text).ok().unwrap();
        let (shape, mistakes) = document.read::<Shape>();
        let mut keys: Vec<_> = mistakes
            .iter()
            .map(|mistake| document.key_at(mistake.span.start))
            .collect();
        keys.sort();
        assert_eq!(
            keys,
            [
                "extra",
                "item[1].off",
                "item[1].on",
                "name",
                "numbers[1]",
                "numbers[2]"
            ]
        );
        assert_eq!((shape.name, shape.numbers), (None, vec![1]));
        assert_eq!(shape.item[0].on, Some(true));
    }

    #[test]
    fn every_violation_of_the_grammar_is_reported() {
        let mistakes = Document::parse("a = \nb = 1\nb = 2\n").err().unwrap();
        assert_eq!(mistakes.len(), 2);
    }
}
