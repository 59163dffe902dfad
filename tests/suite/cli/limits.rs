//! Files without an end.

use std::process::Command;

use super::{KEEP, command, darkslide, errors, put, shell, small};

#[test]
fn a_second_opinion_without_an_end_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let long = put(dir.path(), "long.bin", &vec![0; (16 << 20) + 1]);
    for model in [long.as_path(), "/dev/zero".as_ref()] {
        // Who reads on takes all memory there is; here that is 4 GB.
        let script = r#"ulimit -v 4000000; exec "$0" "$@""#;
        let run = shell(script, &[&input, "--sensitivity=thorough".as_ref(), "--dry-run".as_ref(), "--second-opinion".as_ref(), model]);
        assert_eq!(run.status.code(), Some(2), "{}", errors(&run));
        assert_eq!(errors(&run), format!("darkslide: {}: the second opinion cannot be read: longer than 16 MiB\n", model.display()));
    }
}

#[test]
fn photos_without_an_end_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe.jpg");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let endless = darkslide(&["/dev/zero".as_ref(), KEEP.as_ref(), "--dry-run".as_ref()]);
    let piped = shell(r#"cat /dev/zero >"$1" & "$0" "$@""#, &[&pipe, KEEP.as_ref(), "--dry-run".as_ref()]);
    let zero = std::fs::File::open("/dev/zero").unwrap();
    let streamed = command(&["-".as_ref(), KEEP.as_ref(), "--dry-run".as_ref()]).stdin(zero).output().unwrap();
    for run in [endless, piped, streamed] {
        assert_eq!(run.status.code(), Some(1));
        assert_eq!(errors(&run).lines().count(), 1, "{}", errors(&run));
    }
}
