//! Folders that are walked, and folders that are written into.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags, RenameFlags, mkdirat, openat, renameat_with};

use super::{KEEP, assert_clean_run, assert_scrubbed, command, darkslide, errors, lines, names, put, shell, small};

#[test]
fn no_link_is_followed_below_the_folder_of_the_outputs() {
    let dir = tempfile::tempdir().unwrap();
    let (photos, out, elsewhere) = (dir.path().join("in"), dir.path().join("out"), dir.path().join("elsewhere"));
    for name in ["top.jpg", "linked/a.jpg", "linked/deep/b.jpg", "dangling/c.jpg", "sub/linked/d.jpg", "sub/e.jpg"] {
        put(&photos, name, &small());
    }
    fs::create_dir_all(&elsewhere).unwrap();
    fs::create_dir_all(out.join("sub")).unwrap();
    symlink(&elsewhere, out.join("linked")).unwrap();
    symlink("../../elsewhere", out.join("sub/linked")).unwrap();
    symlink("nowhere", out.join("dangling")).unwrap();
    // -o itself may be a link.
    let link = dir.path().join("link");
    symlink("out", &link).unwrap();
    let run = darkslide(&[&photos, KEEP.as_ref(), "-o".as_ref(), &link]);
    assert_eq!(run.status.code(), Some(1));
    assert_eq!(errors(&run).lines().count(), 4, "{}", errors(&run));
    assert!(errors(&run).lines().all(|line| line.contains("is a link, and no link is followed there")), "{}", errors(&run));
    assert_eq!(names(&elsewhere), Vec::<String>::new());
    assert_eq!(names(&out), ["sub/e.jpg", "top.jpg"]);
    assert!(!out.join("nowhere").exists() && fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn no_link_that_appears_meanwhile_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (photos, out, elsewhere) = (dir.path().join("in"), dir.path().join("out"), dir.path().join("elsewhere"));
    for n in 0..200 {
        put(&photos.join("sub"), &format!("{n}.jpg"), &small());
    }
    fs::create_dir_all(out.join("sub")).unwrap();
    fs::create_dir_all(&elsewhere).unwrap();
    let mut child = command(&[&photos, KEEP.as_ref(), "-o".as_ref(), &out]).stderr(Stdio::null()).spawn().unwrap();
    symlink(&elsewhere, out.join("link")).unwrap();
    let mut turns = 0;
    while child.try_wait().unwrap().is_none() {
        // At every moment it is the folder or the link that is called 'sub'.
        renameat_with(CWD, out.join("sub"), CWD, out.join("link"), RenameFlags::EXCHANGE).unwrap();
        turns += 1;
        std::thread::sleep(Duration::from_micros(300));
    }
    assert!(turns > 10, "{turns} turns are no race");
    assert_eq!(names(&elsewhere), Vec::<String>::new());
}

#[test]
fn a_folder_that_a_link_promises_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("in");
    put(&photos, "a.jpg", &small());
    let link = dir.path().join("link");
    symlink("far/out", &link).unwrap();
    assert_clean_run(&darkslide(&[&photos, KEEP.as_ref(), "-o".as_ref(), &link]));
    assert_scrubbed(&fs::read(dir.path().join("far/out/a.jpg")).unwrap());
}

#[test]
fn hidden_folders_are_passed_over_unless_they_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("in");
    for name in ["a.jpg", ".b.jpg", ".cache/c.jpg", ".cache/sub/d.jpg", "sub/.thumbnails/e.jpg"] {
        put(&photos, name, &small());
    }
    let run = |input: &Path, out: &str| {
        let out = dir.path().join(out);
        let run = darkslide(&[input, KEEP.as_ref(), "-o".as_ref(), &out]);
        assert_eq!(run.status.code(), Some(0));
        (names(&out), errors(&run))
    };
    let (done, said) = run(&photos, "out");
    assert_eq!(done, ["a.jpg"]);
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.contains(": 1 files ") && said.contains(": 2 hidden folders "), "{said}");
    assert_eq!(run(&photos.join(".cache"), "named").0, ["c.jpg", "sub/d.jpg"]);
    let inside = command(&[".", KEEP, "-o", "../out"].map(Path::new)).current_dir(photos.join(".cache")).output().unwrap();
    assert_clean_run(&inside);
    assert_eq!(names(&photos.join("out")), ["c.jpg", "sub/d.jpg"]);
}

#[test]
fn a_folder_that_cannot_be_read_is_one_error_and_the_others_are_done() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("in");
    for name in ["a.jpg", "deep/b.jpg", "z.jpg"] {
        put(&photos, name, &small());
    }
    // Who runs tests as root may read everything, but no path that is too long.
    let mut folder = fs::File::open(photos.join("deep")).unwrap();
    let name = "d".repeat(250);
    for _ in 0..20 {
        mkdirat(&folder, &name, Mode::RWXU).unwrap();
        folder = openat(&folder, &name, OFlags::DIRECTORY, Mode::empty()).unwrap().into();
    }
    for to in [["-o", "OUT"].as_slice(), &["--dry-run"]] {
        let out = dir.path().join("out");
        let to: Vec<&Path> = to.iter().map(|arg| if *arg == "OUT" { out.as_path() } else { Path::new(arg) }).collect();
        let run = darkslide(&[&[&photos, Path::new(KEEP), Path::new("--report=-")], to.as_slice()].concat());
        assert_eq!(run.status.code(), Some(1), "{}", errors(&run));
        assert_eq!(errors(&run).lines().count(), 1, "{}", errors(&run));
        assert!(errors(&run).contains(": invalid-option: cannot be read: File name too long"), "{}", errors(&run));
        let reports = lines(&run.stdout);
        assert_eq!(reports.iter().map(|report| report.get("error").is_some()).collect::<Vec<_>>(), [false, false, true, false]);
    }
    assert_eq!(names(&dir.path().join("out")), ["a.jpg", "deep/b.jpg", "z.jpg"]);
}

#[test]
fn pipes_in_a_folder_are_no_photos_and_named_ones_are_read_once() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("in");
    let photo = put(&photos, "a.jpg", &small());
    let pipe = photos.join("pipe.jpg");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let out = dir.path().join("out");
    assert_clean_run(&darkslide(&[&photos, KEEP.as_ref(), "-o".as_ref(), &out]));
    assert_eq!(names(&out), ["a.jpg"]);

    let two = dir.path().join("two");
    let script = r#"cat "$1" >"$2" & exec timeout 60 "$0" "$@""#;
    assert_clean_run(&shell(script, &[&photo, &pipe, KEEP.as_ref(), "-o".as_ref(), &two]));
    for name in ["a.jpg", "pipe.jpg"] {
        assert_scrubbed(&fs::read(two.join(name)).unwrap());
    }
}

#[test]
fn jobs_side_by_side_never_write_to_one_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut args = Vec::new();
    for n in 0..30 {
        // One name, in three spellings that some file systems take for one.
        let name = ["a.jpg", "A.jpg", "a.JPG"][n % 3];
        args.push(put(&dir.path().join(n.to_string()), name, &small()));
    }
    let out = dir.path().join("out");
    args.extend([KEEP, "-j8", "-o"].map(Into::into));
    args.push(out.clone());
    let run = command(&args.iter().map(std::path::PathBuf::as_path).collect::<Vec<_>>()).stdin(Stdio::null()).output().unwrap();
    assert_clean_run(&run);
    let mut written: Vec<String> = names(&out).iter().map(|name| name.to_lowercase()).collect();
    written.sort();
    written.dedup();
    assert_eq!(written.len(), 30);
}
