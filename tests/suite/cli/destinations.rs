//! What `-o` and `--report` lead to: links, pipes, devices, descriptors, other names of a file.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{KEEP, assert_clean_run, assert_scrubbed, command, darkslide, device, errors, lines, names, put, shell, small};

#[test]
fn a_link_stays_and_what_it_leads_to_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let (photo, report) = (put(dir.path(), "far/photo.jpg", b"older"), dir.path().join("far/new/report.jsonl"));
    fs::create_dir(dir.path().join("links")).unwrap();
    let [photo_link, report_link] = ["photo", "report"].map(|name| dir.path().join("links").join(name));
    // One link leads over another, and one to what is not there as yet.
    symlink("../far/hop", &photo_link).unwrap();
    symlink("photo.jpg", dir.path().join("far/hop")).unwrap();
    symlink(&report, &report_link).unwrap();
    assert_clean_run(&darkslide(&[&input, KEEP.as_ref(), "-o".as_ref(), &photo_link, "--report".as_ref(), &report_link]));
    assert_scrubbed(&fs::read(&photo).unwrap());
    assert_eq!(lines(&fs::read(&report).unwrap()).len(), 1);
    for link in [photo_link, report_link, dir.path().join("far/hop")] {
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{}", link.display());
    }
    assert_eq!(names(dir.path()), ["a.jpg", "far/new/report.jsonl", "far/photo.jpg"]);
}

#[test]
fn a_link_to_the_input_is_refused_as_the_input_is() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let (link, other) = (dir.path().join("link.jpg"), dir.path().join("other.jpg"));
    symlink("a.jpg", &link).unwrap();
    for args in [[&input, Path::new("-o"), &link].as_slice(), &[&link, Path::new("-o"), &input], &[&link, Path::new("-o"), &link]] {
        assert_refused(&[args, &[KEEP.as_ref()]].concat(), "would overwrite an input");
    }
    assert_refused(&[&input, KEEP.as_ref(), "-o".as_ref(), &other, "--report".as_ref(), &link], "would overwrite an input");
    assert_eq!(fs::read(&input).unwrap(), small());
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("a.jpg"));
    assert!(!other.exists(), "nothing is done");
}

#[test]
fn links_without_an_end_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let link = dir.path().join("link.jpg");
    symlink("link.jpg", &link).unwrap();
    assert_refused(&[&input, KEEP.as_ref(), "-o".as_ref(), &link], "too many links");
}

#[test]
fn devices_and_pipes_are_written_into_and_stay() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let null = device(dir.path(), "null");
    assert_clean_run(&darkslide(&[&input, KEEP.as_ref(), "-o".as_ref(), &null, "--report".as_ref(), &null]));
    assert!(fs::symlink_metadata(null).unwrap().file_type().is_char_device());

    let (photo, report) = (pipe(dir.path(), "photo"), pipe(dir.path(), "report"));
    let read = |path: &Path| {
        let path = path.to_path_buf();
        std::thread::spawn(move || fs::read(path).unwrap())
    };
    let (read_photo, read_report) = (read(&photo), read(&report));
    assert_clean_run(&darkslide(&[&input, KEEP.as_ref(), "-o".as_ref(), &photo, "--report".as_ref(), &report]));
    assert_scrubbed(&read_photo.join().unwrap());
    assert_eq!(lines(&read_report.join().unwrap()).len(), 1);
    for path in [photo, report] {
        assert!(fs::symlink_metadata(path).unwrap().file_type().is_fifo());
    }
}

#[test]
fn a_pipe_is_not_opened_for_a_photo_that_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", b"no photo");
    let pipe = pipe(dir.path(), "photo");
    // Nobody reads it: to open it would take for ever.
    let run = shell(r#"exec timeout 60 "$0" "$@""#, &[&input, KEEP.as_ref(), "-o".as_ref(), &pipe]);
    assert_eq!(run.status.code(), Some(1), "{}", errors(&run));
    assert!(fs::symlink_metadata(pipe).unwrap().file_type().is_fifo());
}

#[test]
fn descriptors_are_written_into() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let file = put(dir.path(), "file", b"");
    // As /dev/stdout and /dev/stderr are.
    let [stdout, stderr] = ["stdout", "stderr"].map(|name| dir.path().join(name));
    symlink("/proc/self/fd/1", &stdout).unwrap();
    symlink("/proc/self/fd/2", &stderr).unwrap();
    for (path, script) in [
        (stdout.as_path(), r#""$0" "$@" | cat >FILE"#),
        ("/dev/fd/1".as_ref(), r#""$0" "$@" >>FILE"#),
        ("/proc/self/fd/1".as_ref(), r#""$0" "$@" >FILE"#),
        (&stderr, r#""$0" "$@" 2>FILE"#),
        ("/dev/fd/3".as_ref(), r#""$0" "$@" 3>FILE"#),
        ("/dev/fd/3".as_ref(), r#"{ "$0" "$@" 3>&1 >/dev/null | cat; } >FILE"#),
    ] {
        fs::write(&file, b"").unwrap();
        let inode = fs::metadata(&file).unwrap().ino();
        let args = [&input, Path::new(KEEP), Path::new("-o"), path];
        let script = script.replace("FILE", &file.display().to_string());
        let run = shell(&script, &args);
        assert!(run.status.success(), "{script}: {}", errors(&run));
        assert_scrubbed(&fs::read(&file).unwrap());
        assert_eq!(fs::metadata(&file).unwrap().ino(), inode, "{script}: the file is another");
    }
    let script = r#"exec "$0" "$@" 3>>FILE"#.replace("FILE", &file.display().to_string());
    fs::write(&file, b"before\n").unwrap();
    assert!(shell(&script, &[&input, KEEP.as_ref(), "--dry-run".as_ref(), "--report=/dev/fd/3".as_ref()]).status.success());
    let text = fs::read(&file).unwrap();
    assert_eq!(lines(text.strip_prefix(b"before\n").unwrap()).len(), 1);
    assert_refused(&[&input, KEEP.as_ref(), "-o".as_ref(), "/dev/fd/77".as_ref()], "no such descriptor");
}

#[test]
fn what_can_be_neither_replaced_nor_written_into_is_refused_before_anything_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let output = dir.path().join("out.jpg");
    let socket = dir.path().join("socket");
    let _listens = UnixListener::bind(&socket).unwrap();
    assert_refused(&[&input, KEEP.as_ref(), "-o".as_ref(), &socket], "socket");
    assert_refused(&[&input, KEEP.as_ref(), "-o".as_ref(), &output, "--report".as_ref(), &socket], "socket");
    assert_refused(&[&input, KEEP.as_ref(), "-o".as_ref(), &output, "--report".as_ref(), dir.path()], "is a folder");
    assert!(!output.exists(), "nothing is done");
    assert!(fs::symlink_metadata(socket).unwrap().file_type().is_socket());
}

#[test]
fn in_a_folder_nothing_is_replaced_but_regular_files() {
    let dir = tempfile::tempdir().unwrap();
    let (photos, out) = (dir.path().join("in"), dir.path().join("out"));
    for name in ["file.jpg", "folder.jpg", "link.jpg", "new.jpg", "pipe.jpg", "socket.jpg"] {
        put(&photos, name, &small());
    }
    let elsewhere = put(dir.path(), "elsewhere.jpg", b"elsewhere");
    put(&out, "file.jpg", b"older");
    fs::create_dir(out.join("folder.jpg")).unwrap();
    symlink(&elsewhere, out.join("link.jpg")).unwrap();
    pipe(&out, "pipe.jpg");
    let _listens = UnixListener::bind(out.join("socket.jpg")).unwrap();
    let run = darkslide(&[&photos, KEEP.as_ref(), "-o".as_ref(), &out]);
    assert_eq!(run.status.code(), Some(1));
    let mut said: Vec<String> = errors(&run).lines().map(str::to_owned).collect();
    said.sort();
    for (line, name) in said.iter().zip(["folder", "link", "pipe", "socket"]) {
        assert!(line.contains(&format!("{name}.jpg: aborted: the output cannot be written: ")), "{line}");
    }
    assert_eq!(said.len(), 4);
    assert_eq!(fs::read(elsewhere).unwrap(), b"elsewhere");
    assert_eq!(names(&out), ["file.jpg", "new.jpg"]);
    for name in names(&out) {
        assert_scrubbed(&fs::read(out.join(name)).unwrap());
    }
}

#[test]
fn another_name_of_a_replaced_file_keeps_what_was_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let other = put(dir.path(), "other.jpg", b"older");
    let [over_other, over_input] = ["1.jpg", "2.jpg"].map(|name| dir.path().join(name));
    fs::hard_link(&other, &over_other).unwrap();
    fs::hard_link(&input, &over_input).unwrap();
    for output in [&over_other, &over_input] {
        assert_clean_run(&darkslide(&[&input, KEEP.as_ref(), "-o".as_ref(), output]));
        assert_scrubbed(&fs::read(output).unwrap());
    }
    assert_eq!(fs::read(&other).unwrap(), b"older");
    assert_eq!(fs::read(&input).unwrap(), small());
}

#[test]
fn standard_output_is_never_an_input() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    for args in [["-o", "-"].as_slice(), &["--dry-run"], &["-o", "/dev/fd/1"], &["-o", "/dev/fd/2", "--report", "-"]] {
        let args: Vec<PathBuf> = [&input].into_iter().map(PathBuf::from).chain(args.iter().map(PathBuf::from)).collect();
        let file = fs::OpenOptions::new().append(true).open(&input).unwrap();
        let args: Vec<&Path> = args.iter().map(PathBuf::as_path).collect();
        let run = command(&args).arg(KEEP).stdout(file).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{args:?}");
        assert_eq!(fs::read(&input).unwrap(), small(), "{args:?}");
    }
}

fn pipe(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

fn assert_refused(args: &[&Path], why: &str) {
    let run = darkslide(args);
    assert_eq!(run.status.code(), Some(2), "{args:?}: {}", errors(&run));
    assert!(errors(&run).contains(why), "{args:?}: {}", errors(&run));
}
