//! Who may read what is written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{KEEP, assert_clean_run, put, shell, small};

#[test]
fn an_output_is_shared_with_no_more_than_its_input_and_any_new_file() {
    for (input, umask, expected) in [
        (0o644, "022", 0o644),
        (0o600, "022", 0o600),
        (0o640, "022", 0o640),
        (0o660, "002", 0o660),
        (0o666, "022", 0o644),
        (0o644, "077", 0o600),
        (0o755, "022", 0o644),
        (0o400, "022", 0o400),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let photos = dir.path().join("in");
        let photo = put(&photos, "a.jpg", &small());
        set_mode(&photo, input);
        let [file, folder, anonymous] = ["out.jpg", "out", "anonymous"].map(|name| dir.path().join(name));
        let script = format!(r#"umask {umask}; exec "$0" "$@""#);
        assert_clean_run(&shell(&script, &[&photo, KEEP.as_ref(), "-o".as_ref(), &file]));
        assert_clean_run(&shell(&script, &[&photos, KEEP.as_ref(), "-o".as_ref(), &folder]));
        assert_clean_run(&shell(&script, &[&photo, KEEP.as_ref(), "--anonymous-names".as_ref(), "-o".as_ref(), &anonymous]));
        let anonymous = anonymous.join(super::names(&anonymous).remove(0));
        for output in [file, folder.join("a.jpg"), anonymous] {
            assert_eq!(mode(&output), expected, "input {input:o}, umask {umask}: {}", output.display());
        }
    }
}

#[test]
fn what_comes_through_standard_input_is_shared_as_its_file_or_any_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    set_mode(&input, 0o600);
    let [from_file, from_pipe] = ["file.jpg", "pipe.jpg"].map(|name| dir.path().join(name));
    for (script, output) in
        [(r#"umask 022; "$0" - -o "$2" "$3" <"$1""#, &from_file), (r#"umask 022; cat "$1" | "$0" - -o "$2" "$3""#, &from_pipe)]
    {
        assert_clean_run(&shell(script, &[&input, output, KEEP.as_ref()]));
    }
    assert_eq!((mode(&from_file), mode(&from_pipe)), (0o600, 0o644));
}

#[test]
fn what_replaces_a_file_is_shared_with_no_more_than_that_was() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (put(dir.path(), "a.jpg", &small()), put(dir.path(), "out.jpg", b"older"));
    set_mode(&input, 0o644);
    set_mode(&output, 0o600);
    assert_clean_run(&shell(r#"umask 022; exec "$0" "$@""#, &[&input, KEEP.as_ref(), "-o".as_ref(), &output]));
    assert_eq!(mode(&output), 0o600);
}

#[test]
fn a_report_is_its_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let report = dir.path().join("report.jsonl");
    for _ in ["new", "replaced"] {
        assert_clean_run(&shell(
            r#"umask 022; exec "$0" "$@""#,
            &[&input, KEEP.as_ref(), "--dry-run".as_ref(), "--report".as_ref(), &report],
        ));
        assert_eq!(mode(&report), 0o600);
        set_mode(&report, 0o644);
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
