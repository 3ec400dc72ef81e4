//! Counts the words of the standard input: a line `word count` for each, in order.
use std::io::{stdin, stdout, Read, Write};
use std::process::exit;

fn main() {
    let mut text = Vec::new();
    if stdin().read_to_end(&mut text).is_err() {
        exit(1);
    }
    text.make_ascii_lowercase();
    // Kept in order; a BTreeMap would bring more code.
    let mut counts: Vec<(&[u8], u32)> = Vec::new();
    for word in text.split(|byte| !byte.is_ascii_alphabetic()) {
        if word.is_empty() {
            continue;
        }
        match counts.binary_search_by(|(other, _)| (*other).cmp(word)) {
            Ok(at) => counts[at].1 += 1,
            Err(at) => counts.insert(at, (word, 1)),
        }
    }
    let mut lines = Vec::new();
    for (word, count) in counts {
        lines.extend_from_slice(word);
        lines.extend_from_slice(format!(" {count}\n").as_bytes());
    }
    if stdout().write_all(&lines).is_err() {
        exit(1);
    }
}
