//! A batch that is told to stop.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::{KEEP, assert_scrubbed, command, errors, put, small};

#[test]
fn a_batch_that_is_told_to_stop_leaves_whole_photos_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("in");
    for n in 0..PHOTOS {
        put(&photos, &format!("{n:04}.jpg"), &small());
    }
    // Each time at another moment, so that some writing is on its way.
    for round in 0..8 {
        for (signal, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
            let out = dir.path().join(format!("out-{round}-{signal}"));
            let report = dir.path().join("report.jsonl");
            let args = [&photos, Path::new(KEEP), "-j2".as_ref(), "-o".as_ref(), &out, "--report".as_ref(), &report];
            let child = command(&args).stderr(Stdio::piped()).spawn().unwrap();
            wait_for(|| listed(&out).len() > 4 * round);
            let run = told(child, signal);
            assert_eq!(run.status.code(), Some(status), "{}", errors(&run));
            assert_eq!(errors(&run), "darkslide: stopped by a signal: what is written is whole, the rest was not done\n");
            let done = listed(&out);
            assert!(!done.is_empty() && done.len() < PHOTOS, "{} were done", done.len());
            for name in done {
                assert!(name.ends_with(".jpg"), "{name} was left behind");
                assert_scrubbed(&fs::read(out.join(name)).unwrap());
            }
            assert!(!report.exists(), "a report of a part would pass for one of all");
        }
    }
}

#[test]
fn a_photo_that_waits_for_its_reader_can_be_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let (input, pipe) = (put(dir.path(), "a.jpg", &small()), dir.path().join("pipe"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for args in [[&input, Path::new("-o"), &pipe].as_slice(), &[&pipe, Path::new("--dry-run")]] {
        let child = command(args).arg(KEEP).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(told(child, "INT").status.code(), Some(130), "{args:?}");
    }
}

#[test]
fn a_signal_that_was_ignored_from_the_start_stays_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let (photos, out) = (dir.path().join("in"), dir.path().join("out"));
    for n in 0..PHOTOS {
        put(&photos, &format!("{n:04}.jpg"), &small());
    }
    let child = Command::new("sh")
        .args(["-c", r#"trap "" HUP; exec "$0" "$@""#, env!("CARGO_BIN_EXE_darkslide")])
        .args([&photos, Path::new(KEEP), Path::new("-o"), &out])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(|| !listed(&out).is_empty());
    assert!(told(child, "HUP").status.success());
    assert_eq!(listed(&out).len(), PHOTOS);
}

/// What is in a folder that may not be there as yet, and that others write to meanwhile.
fn listed(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().map(Result::unwrap);
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// Sends a signal, and waits for the end.
fn told(child: Child, signal: &str) -> Output {
    assert!(Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status().unwrap().success());
    child.wait_with_output().unwrap()
}

fn wait_for(is_there: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited too long");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// So many that the first are done long before the last.
const PHOTOS: usize = 400;
