//! What is said on standard error: one line each, readable, and never a reason to stop.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

/// Says one line. What cannot be said is not said: photos do not wait for a reader, and their fate is in the exit status too.
pub(crate) fn line(text: &str) {
    block(&format!("darkslide: {}\n", readable(text)));
}

/// Says lines of our own making; what was quoted in them is [`readable`] already.
pub(crate) fn block(lines: &str) {
    let shown: String = lines.split_inclusive('\n').map(|line| readable(line.trim_end_matches('\n')) + "\n").collect();
    let _ = io::stderr().lock().write_all(shown.as_bytes());
}

/// A text in one line that drives no terminal: whatever a reader would not see as a character of its own is spelt out.
pub(crate) fn readable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match is_seen(char) {
            true => shown.push(char),
            false => shown.extend(char.escape_default()),
        }
    }
    shown
}

/// A file's name, [`readable`], bytes that are no text spelt out.
pub(crate) fn name(path: &Path) -> String {
    let mut shown = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        shown += &readable(chunk.valid());
        for byte in chunk.invalid() {
            // Writing into a string does not fail.
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// Whether a character shows itself, and neither drives a terminal, ends a line nor turns the order in which others are read.
pub(crate) fn is_seen(char: char) -> bool {
    !char.is_control() && !matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn what_drives_a_terminal_is_spelt_out_and_the_rest_is_left() {
        assert_eq!(readable("Zoë’s 写真 👩‍👩‍👧.jpg"), "Zoë’s 写真 👩‍👩‍👧.jpg");
        assert_eq!(readable("a\u{1b}[2Jb\nc\r\t\0"), r"a\u{1b}[2Jb\nc\r\t\u{0}");
        assert_eq!(readable("\u{7f}\u{9b}31m\u{202e}gpj\u{2066}\u{2028}"), r"\u{7f}\u{9b}31m\u{202e}gpj\u{2066}\u{2028}");
        assert_eq!(readable(&readable("\u{1b}")), readable("\u{1b}"), "what is readable stays as it is");
    }
}
