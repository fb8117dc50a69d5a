//! Bodies in the shape of Copyleaks' webhooks and of its exported results, with `developerPayload` last.

use core::fmt::Write;

use crate::random::Random;

/// How many bodies of one size there are at least. Fewer, and the branch predictor learns them by heart.
pub const DISTINCT: usize = 24;

/// The key that the bodies end with.
pub const KEY: &str = "developerPayload";

/// Small bodies are as many as make up this many bytes together, for the same reason.
const TOGETHER: usize = 512 * 1024;

/// From which size on bodies are exported results. Smaller ones have not been seen.
const EXPORTED: usize = 16 * 1024;

/// Distinct bodies of about `size` bytes: half of them `completed` webhooks; the others exported results, or webhooks that say
/// that an export is complete where the size is too small for results.
pub fn bodies(size: usize) -> Vec<String> {
    let count = DISTINCT.max(TOGETHER / size);
    (0..count)
        .map(|number| {
            let mut writer = Writer::new(number);
            match number % 2 {
                0 => writer.completed(size),
                _ if size < EXPORTED => writer.export_completed(size),
                _ => writer.exported(size),
            }
            writer.body
        })
        .collect()
}

/// The body with another payload, which is its last string.
///
/// # Panics
///
/// If there is none.
pub fn with_payload(body: &str, payload: &str) -> String {
    let (before, _) = body.rsplit_once(':').expect("a payload without colons");
    format!("{before}:\"{payload}\"}}")
}

/// Words of one language, some of them as JSON escapes them.
type Words = [&'static str];

const ENGLISH: &Words = &[
    "the",
    "of",
    "students",
    "originality",
    "report",
    "and",
    "a",
    "similarity",
    "in",
    "source",
    "was",
    "found",
    "paragraph",
    "to",
    "academic",
    "is",
    "publication",
    "that",
    "citation",
    "\\\"quoted\\\"",
    "with",
    "reference.\\n",
    "it",
    "however,",
    "university\\u2019s",
    "results;",
    "naïve",
    "1984",
    "–",
    "©",
];
const FRENCH: &Words = &[
    "le",
    "résumé",
    "été",
    "à",
    "où",
    "plagiat",
    "détecté",
    "élève",
    "université",
    "qu’il",
    "déjà",
    "français",
    "et",
    "garçon",
    "\\\"citation\\\"",
    "œuvre",
    "même",
    "phrase.\\n",
    "est",
    "très",
];
const RUSSIAN: &Words = &[
    "и",
    "студент",
    "работа",
    "источник",
    "найден",
    "в",
    "тексте",
    "университет",
    "на",
    "оригинальность",
    "отчёт.\\n",
    "не",
    "цитата",
    "\\\"слово\\\"",
];
const CHINESE: &Words = &[
    "学生",
    "原创性",
    "报告",
    "的",
    "文本",
    "大学",
    "来源",
    "在",
    "引用",
    "。\\n",
    "是",
    "😀",
    "相似度",
    "\\\"引文\\\"",
];
/// As .NET's `System.Text.Json` writes it by default.
const ESCAPED: &Words = &[
    "r\\u00E9sum\\u00E9",
    "\\u00E9t\\u00E9",
    "the",
    "it\\u0027s",
    "\\u0022quoted\\u0022",
    "a",
    "\\u003Cb\\u003E",
    "source",
    "\\u0026",
    "na\\u00EFve",
    "report.\\r\\n",
    "\\uD83D\\uDE00",
    "of",
    "student",
];

/// Which language each body is in: English as often as all others together.
const LANGUAGES: [&Words; 8] = [
    ENGLISH, FRENCH, ENGLISH, RUSSIAN, ENGLISH, CHINESE, ENGLISH, ESCAPED,
];

struct Writer {
    body: String,
    random: Random,
    words: &'static Words,
}

impl Writer {
    fn new(number: usize) -> Self {
        Self {
            body: String::new(),
            random: Random::new(number as u64),
            words: LANGUAGES[number / 2 % LANGUAGES.len()],
        }
    }

    /// `completed`: results in four lists, then alerts.
    fn completed(&mut self, size: usize) {
        let id = self.random.number();
        let words = self.random.below(100_000);
        self.push(format_args!(
            concat!(
                r#"{{"status":0,"scannedDocument":{{"scanId":"{:016x}","totalWords":{},"totalExcluded":0,"credits":{},"#,
                r#""expectedCredits":{},"creationTime":"2026-09-01T12:34:56.789012Z","metadata":{{"filename":"file.txt"}},"#,
                r#""enabled":{{"plagiarismDetection":true,"aiDetection":true,"writingFeedback":false,"cheatDetection":true}},"#,
                r#""detectedLanguage":"en"}},"results":{{"#
            ),
            id,
            words,
            words / 250 + 1,
            words / 250 + 1
        ));
        let end = size.saturating_sub(500);
        for (number, list) in ["internet", "database", "batch", "repositories"]
            .into_iter()
            .enumerate()
        {
            self.push(format_args!(r#""{list}":["#));
            let full = end * (number + 1) / 4;
            while self.body.len() < full {
                self.result();
                self.body.push(',');
            }
            self.close_list();
            self.body.push(',');
        }
        let (identical, score) = (self.random.below(words + 1), self.random.below(1000));
        self.push(format_args!(
            concat!(
                r#""score":{{"identicalWords":{},"minorChangedWords":{},"relatedMeaningWords":{},"aggregatedScore":{}.{}}}}},"#,
                r#""notifications":{{"alerts":[{{"category":2,"code":"suspected-ai-text","title":"Suspected AI text","#,
                r#""message":"We are unable to verify that the text was written by a human.","helpLink":"https://example.com/","#,
                r#""severity":3,"additionalData":"{{\"results\":[{{\"classification\":2,\"probability\":0.{}}}]}}"}}]}},"#
            ),
            identical,
            identical / 3,
            identical / 7,
            score / 10,
            score % 10,
            score
        ));
        self.payload();
    }

    /// One entry of a list of results.
    fn result(&mut self) {
        let (id, words) = (self.random.number(), self.random.below(5000));
        self.push(format_args!(
            r#"{{"url":"https://example.com/{:x}/{}.html?page={}","id":"{:010x}","title":""#,
            id >> 40,
            id % 1000,
            id % 7,
            id
        ));
        self.text(40);
        self.body.push_str(r#"","introduction":""#);
        self.text(160);
        self.push(format_args!(
            concat!(
                r#"","matchedWords":{},"identicalWords":{},"similarWords":{},"paraphrasedWords":{},"totalWords":{},"#,
                r#""metadata":{{"finalUrl":null,"canonicalUrl":null,"author":null,"organization":null,"filename":null,"#,
                r#""publishDate":"2020-05-06T00:00:00Z","creationDate":null}},"tags":[{{"code":"web","title":"Web","#,
                r#""description":""}}]}}"#
            ),
            words,
            words / 2,
            words / 5,
            words / 9,
            words * 3
        ));
    }

    /// The end of an export: what became of each of its requests.
    fn export_completed(&mut self, size: usize) {
        self.body.push_str(r#"{"completed":true,"tasks":["#);
        while self.body.len() < size.saturating_sub(150) {
            let (id, status) = (
                self.random.number(),
                self.random.pick(&[&200, &200, &201, &404, &503]),
            );
            self.push(format_args!(
                r#"{{"endpoint":"https://example.com/copyleaks/export/{:x}/results/{:010x}","httpStatusCode":{},"isHealthy":{}}},"#,
                id >> 40,
                id,
                status,
                *status < 300
            ));
        }
        self.close_list();
        self.body.push(',');
        self.payload();
    }

    /// An exported result: where texts agree, then the text, first as it is and then as HTML.
    fn exported(&mut self, size: usize) {
        let words = self.random.below(100_000);
        self.push(format_args!(
            r#"{{"statistics":{{"identical":{words},"minorChanges":{},"relatedMeaning":{}}},"#,
            words / 3,
            words / 7
        ));
        let end = size.saturating_sub(200);
        self.comparison("text", end * 3 / 10);
        self.body.push_str(r#","value":""#);
        self.text((end * 6 / 10).saturating_sub(self.body.len()));
        self.body.push_str(r#""},"#);
        self.comparison("html", end * 7 / 10);
        self.body.push_str(r#","value":""#);
        while self.body.len() < end {
            self.body.push_str(r#"<p class=\"paragraph\">"#);
            self.text(300.min(end.saturating_sub(self.body.len())));
            self.body.push_str(r"<\/p>\n");
        }
        self.body.push_str(r#""},"version":3,"#);
        self.payload();
    }

    /// An object that lists ranges until the body is as long as `end`, left open.
    fn comparison(&mut self, name: &str, end: usize) {
        self.push(format_args!(r#""{name}":{{"comparison":{{"#));
        let start = self.body.len();
        for (number, kind) in ["identical", "minorChanges", "relatedMeaning"]
            .into_iter()
            .enumerate()
        {
            let comma = if number == 0 { "" } else { "," };
            self.push(format_args!(r#"{comma}"{kind}":{{"#));
            for (side, name) in ["source", "suspected"].into_iter().enumerate() {
                let comma = if side == 0 { "" } else { "," };
                self.push(format_args!(r#"{comma}"{name}":{{"chars":{{"starts":["#));
                let parts = 2 * number + side;
                let full = |part| start + end.saturating_sub(start) * (2 * parts + part) / 12;
                let mut at = self.random.below(100);
                while self.body.len() < full(1) {
                    at += self.random.below(500);
                    self.push(format_args!("{at},"));
                }
                self.close_list();
                self.body.push_str(r#","lengths":["#);
                while self.body.len() < full(2) {
                    let length = self.random.below(300);
                    self.push(format_args!("{length},"));
                }
                self.close_list();
                self.body.push_str("}}");
            }
            self.body.push('}');
        }
        self.body.push('}');
    }

    /// The last member.
    fn payload(&mut self) {
        let (first, second) = (self.random.number(), self.random.number());
        self.push(format_args!(r#""{KEY}":"{first:016x}{second:016x}"}}"#));
    }

    /// About `len` bytes of words.
    fn text(&mut self, len: usize) {
        let end = self.body.len() + len;
        while self.body.len() < end {
            let word = self.random.pick(self.words);
            self.body.push_str(word);
            self.body.push(' ');
        }
    }

    /// Ends a list, each element of which has a comma behind it.
    fn close_list(&mut self) {
        if self.body.ends_with(',') {
            self.body.pop();
        }
        self.body.push(']');
    }

    fn push(&mut self, text: core::fmt::Arguments<'_>) {
        self.body
            .write_fmt(text)
            .expect("a string takes whatever is written to it");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn bodies_are_distinct_objects_of_about_the_size_with_the_key_last() {
        for size in [1 << 10, 4 << 10, 64 << 10] {
            let bodies = bodies(size);
            assert!(bodies.len() >= DISTINCT);
            assert_eq!(bodies.iter().collect::<HashSet<_>>().len(), bodies.len());
            for body in bodies {
                assert!(
                    body.len().abs_diff(size) < size / 2,
                    "{size}: {}",
                    body.len()
                );
                assert!(
                    serde_json::from_str::<serde_json::Value>(&body)
                        .is_ok_and(|body| body[KEY].is_string())
                );
                assert!(body.rfind(KEY) > Some(body.len() - 60));
            }
        }
    }
}
