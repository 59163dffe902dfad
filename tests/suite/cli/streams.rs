//! Standard output and error that cannot be written.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use super::{KEEP, assert_scrubbed, command, device, errors, lines, names, put, shell, small};

#[test]
fn what_cannot_be_said_changes_nothing_for_the_photos() {
    for (name, script) in [
        ("full", r#"exec "$0" "$@" 2>/dev/full"#),
        ("closed", r#"exec "$0" "$@" 2>&-"#),
        ("read only", r#"exec "$0" "$@" 2</dev/null"#),
        ("nobody reads", r#"{ "$0" "$@"; echo $? >"$2/status"; } 2>&1 >/dev/null | true; exit $(cat "$2/status")"#),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (photos, out) = (dir.path().join("in"), dir.path().join("out"));
        for n in 0..6 {
            put(&photos, &format!("good-{n}.jpg"), &small());
            put(&photos, &format!("broken-{n}.jpg"), b"no photo");
        }
        put(&photos, "notes.txt", b"passed over, which is said, too");
        fs::create_dir(&out).unwrap();
        let args = [Path::new("-o"), &out, &photos, Path::new(KEEP), Path::new("-j2")];
        assert_eq!(shell(script, &args).status.code(), Some(1), "{name}");
        let done: Vec<String> = names(&out).into_iter().filter(|name| name.ends_with(".jpg")).collect();
        assert_eq!(done, (0..6).map(|n| format!("good-{n}.jpg")).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn wrong_usage_that_cannot_be_told_is_wrong_usage() {
    for wrong in ["--nonsense", "/nowhere.jpg"] {
        assert_eq!(shell(r#"exec "$0" "$@" 2>/dev/full"#, &[wrong.as_ref()]).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn help_that_cannot_be_printed_is_an_error() {
    for asked in ["--help", "--version"] {
        let run = shell(r#"exec "$0" "$@" >/dev/full"#, &[asked.as_ref()]);
        assert_eq!(run.status.code(), Some(1), "{asked}");
        assert_eq!(errors(&run).lines().count(), 1, "{}", errors(&run));
        let run = command(&[asked.as_ref()]).output().unwrap();
        assert_eq!((run.status.code(), run.stderr.len()), (Some(0), 0), "{asked}");
        assert!(run.stdout.starts_with(if asked == "--help" { b"Scrubs photos" } else { b"darkslide " }), "{asked}");
    }
}

#[test]
fn what_cannot_be_written_to_a_full_device_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let output = dir.path().join("out.jpg");
    let full = &device(dir.path(), "full");
    let [keep, o, report, stdio] = [KEEP, "-o", "--report", "-"].map(Path::new);
    let cases: [(&[&Path], bool); 6] = [
        (&[&input, keep, Path::new("--dry-run")], false),
        (&[&input, keep, Path::new("--dry-run"), report, full], false),
        (&[&input, keep, o, stdio], false),
        (&[&input, keep, o, full], false),
        (&[&input, keep, o, &output, report, stdio], true),
        (&[&input, keep, o, &output, report, full], true),
    ];
    for (args, writes) in cases {
        let run = shell(r#"exec "$0" "$@" >/dev/full"#, args);
        assert_eq!(run.status.code(), Some(1), "{args:?}");
        let errors = errors(&run);
        assert_eq!(errors.lines().count(), 1, "{args:?}: {errors}");
        assert!(errors.starts_with("darkslide: ") && errors.contains("No space left"), "{args:?}: {errors}");
        assert_eq!(output.exists(), writes, "{args:?}");
        let _ = fs::remove_file(&output);
    }
}

#[test]
fn a_file_that_may_not_grow_leaves_what_was_there_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &crate::photos::phone());
    let (photo, report) = (put(dir.path(), "out.jpg", b"older"), put(dir.path(), "report.jsonl", b"older"));
    let [keep, o, to] = [KEEP, "-o", "--report"].map(Path::new);
    for args in [[&input, keep, Path::new("--dry-run"), to, &report].as_slice(), &[&input, keep, o, &photo]] {
        // A file may have 512 bytes.
        let run = shell(r#"ulimit -f 1; exec "$0" "$@""#, args);
        assert_eq!(run.status.code(), Some(1), "{args:?}: {}", errors(&run));
        assert_eq!(errors(&run).lines().count(), 1, "{args:?}: {}", errors(&run));
    }
    assert_eq!(names(dir.path()), ["a.jpg", "out.jpg", "report.jsonl"]);
    assert_eq!((fs::read(photo).unwrap(), fs::read(report).unwrap()), (b"older".to_vec(), b"older".to_vec()));
}

#[test]
fn a_reader_of_reports_who_leaves_is_an_error_and_photos_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let inputs: Vec<_> = (0..4).map(|n| put(dir.path(), &format!("{n}.jpg"), &small())).collect();
    let out = dir.path().join("out");
    let mut args = vec![Path::new("-")];
    args.extend(inputs.iter().map(std::path::PathBuf::as_path));
    args.extend([Path::new("-j1"), Path::new("--report=-")]);
    for last in [[Path::new("-o"), &out].as_slice(), &[Path::new("--dry-run")]] {
        let run = without_reader(&[&args, last].concat());
        assert_eq!(run.status.code(), Some(1), "{last:?}");
        assert_eq!(
            errors(&run),
            "darkslide: standard output: aborted: the report cannot be written: Broken pipe (os error 32)\n",
            "{last:?}"
        );
    }
    assert_eq!(names(&out).len(), 5);
    for name in names(&out) {
        assert_scrubbed(&fs::read(out.join(name)).unwrap());
    }
}

#[test]
fn a_photo_for_a_reader_who_left_is_an_error() {
    let run = without_reader(&["-", "-o", "-"].map(Path::new));
    assert_eq!((run.status.code(), errors(&run).lines().count()), (Some(1), 1), "{}", errors(&run));
}

#[test]
fn a_report_with_both_kinds_of_lines_is_in_the_order_of_the_inputs() {
    let dir = tempfile::tempdir().unwrap();
    let (good, broken) = (put(dir.path(), "good.jpg", &small()), put(dir.path(), "broken.jpg", b"no photo"));
    let report = dir.path().join("report.jsonl");
    let args = [&broken, &good, &broken, Path::new(KEEP), Path::new("--dry-run"), Path::new("--report"), &report];
    assert_eq!(super::darkslide(&args).status.code(), Some(1));
    let files: Vec<bool> = lines(&fs::read(report).unwrap()).iter().map(|line| line.get("error").is_some()).collect();
    assert_eq!(files, [true, false, true]);
}

/// The program, given a photo on standard input when nobody reads its standard output any more.
fn without_reader(args: &[&Path]) -> Output {
    let mut child = command(args).arg(KEEP).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    // Programs that other tests start at this moment have a copy of the reading end until they are started.
    std::thread::sleep(Duration::from_millis(300));
    child.stdin.take().unwrap().write_all(&small()).unwrap();
    child.wait_with_output().unwrap()
}
