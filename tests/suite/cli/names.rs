//! Names and arguments that would drive a terminal, or forge lines of ours.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::{KEEP, command, darkslide, lines, put, small};

#[test]
fn names_of_refused_photos_are_one_readable_line_each() {
    let dir = tempfile::tempdir().unwrap();
    let inputs: Vec<PathBuf> = HOSTILE.iter().map(|name| dir.path().join(OsStr::from_bytes(name))).collect();
    for input in &inputs {
        fs::write(input, b"no photo").unwrap();
    }
    let out = dir.path().join("out");
    let mut args: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    args.extend([Path::new(KEEP), Path::new("-j1"), Path::new("-o"), &out]);
    let run = darkslide(&args);
    assert_eq!(run.status.code(), Some(1));
    let errors = assert_readable(&run);
    let named: Vec<&str> = errors.lines().collect();
    assert_eq!(named.len(), HOSTILE.len(), "{errors}");
    for (line, shown) in named.iter().zip(SHOWN) {
        let start = format!("darkslide: {}/{shown}: unknown-format: ", dir.path().display());
        assert!(line.starts_with(&start), "{line}");
    }
}

#[test]
fn names_that_are_passed_over_or_cannot_be_read_are_readable() {
    let dir = tempfile::tempdir().unwrap();
    for name in HOSTILE {
        let folder = dir.path().join(OsStr::from_bytes(name));
        put(&folder, "notes.txt", b"passed over");
        put(&folder.join(".hidden"), "a.jpg", b"passed over");
        let run = darkslide(&[&folder, Path::new("--dry-run")]);
        assert_eq!(assert_readable(&run).lines().count(), 2, "{name:?}");
        let missing = darkslide(&[&folder.join("missing"), Path::new("--dry-run")]);
        assert_eq!((missing.status.code(), assert_readable(&missing).lines().count()), (Some(1), 1), "{name:?}");
    }
}

#[test]
fn arguments_that_are_wrong_are_quoted_readably() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    for name in HOSTILE {
        let name = OsStr::from_bytes(name);
        let with = |option: &str| PathBuf::from([OsStr::new(option), name].join(OsStr::new("")));
        let named = dir.path().join(name);
        let cases: [(&[&Path], usize); 11] = [
            (&[&input, &with("--non")], 7),
            (&[&input, &with("-")], 7),
            (&[&input, Path::new("-o"), &named, Path::new("-o"), &named], 7),
            (&[&input, &with("--dry-run=")], 7),
            (&[&input, &with("--faces=")], 7),
            (&[&input, &with("--quality=")], 7),
            (&[&input, &with("--region=")], 7),
            (&[&input, Path::new("--dry-run"), Path::new("--sensitivity=thorough"), &with("--second-opinion=/")], 1),
            (&[&input, &input, Path::new("-o"), &input.join(name)], 1),
            (&[&input, Path::new("-o"), &input.join(name)], 1),
            (&[&input, Path::new("--dry-run"), Path::new("--report"), &input.join(name)], 1),
        ];
        for (case, most) in cases {
            let run = darkslide(case);
            assert_eq!(run.status.code(), Some(2), "{case:?}");
            let said = assert_readable(&run);
            let is_forged = said.lines().any(|line| line.starts_with("darkslide: forged"));
            assert!(!is_forged && said.lines().count() <= most, "{case:?}: a line too many: {said}");
        }
    }
}

#[test]
fn the_name_that_the_program_is_run_by_is_not_told() {
    let run = command(&["--nonsense".as_ref()]).arg0("dark\u{1b}[2Jslide\n").output().unwrap();
    assert!(assert_readable(&run).contains("Usage: darkslide "));
}

#[test]
fn a_report_drives_no_terminal_and_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let inputs: Vec<PathBuf> = HOSTILE.iter().map(|name| dir.path().join(OsStr::from_bytes(name))).collect();
    for (n, input) in inputs.iter().enumerate() {
        fs::write(input, if n % 2 == 0 { small() } else { b"no photo".to_vec() }).unwrap();
    }
    // What a photo says of itself is in the report, too.
    let comment = "by Anna\u{7f}\u{9b}2J\u{202e}\u{1b}]0;x\u{7}\n";
    let photo = crate::forge::jpeg_with(&crate::forge::jpeg(), &[crate::forge::segment(0xFE, comment.as_bytes())]);
    let spoken = put(dir.path(), "comment.jpg", &photo);
    let mut args: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    args.extend([&spoken, Path::new(KEEP), Path::new("--dry-run")]);
    let run = darkslide(&args);
    let text = String::from_utf8(run.stdout.clone()).unwrap();
    assert!(text.lines().all(|line| line.chars().all(is_harmless)), "{text:?}");
    let reports = lines(&run.stdout);
    for (report, input) in reports.iter().zip(&inputs) {
        assert_eq!(report["file"], input.display().to_string());
    }
    let said = reports.last().unwrap()["removed"][0]["value"].as_str().unwrap();
    assert!(said.contains("by Anna"), "the report has the comment: {said:?}");
}

/// What is said on standard error has nothing in it that a reader would not see.
fn assert_readable(run: &Output) -> String {
    let said = String::from_utf8(run.stderr.clone()).unwrap();
    assert!(said.lines().all(|line| line.chars().all(is_harmless)), "{said:?}");
    said
}

fn is_harmless(char: char) -> bool {
    !matches!(char, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

const HOSTILE: [&[u8]; 7] = [
    b"\x1b[2J\x1b]0;owned\x07.jpg",
    b"a\ndarkslide: forged.jpg: malformed: x.jpg",
    b"a\rb\tc\x7f.jpg",
    "\u{9b}31m\u{85}.jpg".as_bytes(),
    "a\u{202e}gpj.exe\u{2066}\u{2069}.jpg".as_bytes(),
    "a\u{2028}b\u{2029}\u{200f}.jpg".as_bytes(),
    b"not \xff\x9b text.jpg",
];

const SHOWN: [&str; 7] = [
    r"\u{1b}[2J\u{1b}]0;owned\u{7}.jpg",
    r"a\ndarkslide: forged.jpg: malformed: x.jpg",
    r"a\rb\tc\u{7f}.jpg",
    r"\u{9b}31m\u{85}.jpg",
    r"a\u{202e}gpj.exe\u{2066}\u{2069}.jpg",
    r"a\u{2028}b\u{2029}\u{200f}.jpg",
    r"not \xff\x9b text.jpg",
];
